//! `demarche label`: labels a corpus.

use super::Outcome;

/// Arguments of `demarche label`.
#[derive(Debug, clap::Args)]
pub(crate) struct LabelArgs {}

/// Runs the command.
pub(crate) fn run(args: &LabelArgs) -> anyhow::Result<Outcome> {
    let _ = args;
    anyhow::bail!("not there yet")
}
