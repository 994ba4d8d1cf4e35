//! `demarche completions`: the completion script of a shell.

use std::io::Write;

use clap::CommandFactory;
use clap_complete::Shell;

use super::{Outcome, args::Args};

/// Arguments of `demarche completions`.
#[derive(Debug, clap::Args)]
pub(crate) struct CompletionsArgs {
    /// The shell.
    shell: Shell,
}

/// Prints the script on standard output.
pub(crate) fn run(args: &CompletionsArgs) -> anyhow::Result<Outcome> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "demarche", &mut script);
    std::io::stdout().write_all(&script)?;
    Ok(Outcome::Done)
}
