//! `demarche man`: the manual page, in roff.

use std::io::Write;

use clap::CommandFactory;
use clap_mangen::Man;

use super::{Outcome, args::Args};

/// Arguments of `demarche man`.
#[derive(Debug, clap::Args)]
pub(crate) struct ManArgs {
    /// The command whose page is wanted [default: the program's]
    command: Option<String>,
}

/// Prints the page on standard output.
pub(crate) fn run(args: &ManArgs) -> anyhow::Result<Outcome> {
    let mut program = Args::command();
    program.build();
    let page = match &args.command {
        None => program,
        Some(name) => {
            let known = || program.get_subcommands().map(|c| c.get_name().to_owned()).collect::<Vec<_>>().join(", ");
            let Some(command) = program.find_subcommand(name) else {
                anyhow::bail!("no command `{name}`; there are {}", known());
            };
            command.clone()
        }
    };
    let mut out = Vec::new();
    Man::new(page).render(&mut out)?;
    std::io::stdout().write_all(&out)?;
    Ok(Outcome::Done)
}
