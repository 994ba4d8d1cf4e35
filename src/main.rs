//! `demarche`: the program. Parsing, then one file per command under `cli/`.

mod cli;

fn main() -> std::process::ExitCode {
    cli::run()
}
