//! `demarche explain`: the features that made a label.

use super::Outcome;

/// Arguments of `demarche explain`.
#[derive(Debug, clap::Args)]
pub(crate) struct ExplainArgs {}

/// Runs the command.
pub(crate) fn run(args: &ExplainArgs) -> anyhow::Result<Outcome> {
    let _ = args;
    anyhow::bail!("not there yet")
}
