//! `demarche train`: trains a model.

use super::Outcome;

/// Arguments of `demarche train`.
#[derive(Debug, clap::Args)]
pub(crate) struct TrainArgs {}

/// Runs the command.
pub(crate) fn run(args: &TrainArgs) -> anyhow::Result<Outcome> {
    let _ = args;
    anyhow::bail!("not there yet")
}
