//! `demarche tally`: counts over a labelled corpus.

use super::Outcome;

/// Arguments of `demarche tally`.
#[derive(Debug, clap::Args)]
pub(crate) struct TallyArgs {}

/// Runs the command.
pub(crate) fn run(args: &TallyArgs) -> anyhow::Result<Outcome> {
    let _ = args;
    anyhow::bail!("not there yet")
}
