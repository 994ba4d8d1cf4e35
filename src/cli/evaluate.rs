//! `demarche evaluate`: measures a model.

use super::Outcome;

/// Arguments of `demarche evaluate`.
#[derive(Debug, clap::Args)]
pub(crate) struct EvaluateArgs {}

/// Runs the command.
pub(crate) fn run(args: &EvaluateArgs) -> anyhow::Result<Outcome> {
    let _ = args;
    anyhow::bail!("not there yet")
}
