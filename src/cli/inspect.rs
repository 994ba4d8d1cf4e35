//! `demarche inspect`: what is in a model.

use super::Outcome;

/// Arguments of `demarche inspect`.
#[derive(Debug, clap::Args)]
pub(crate) struct InspectArgs {}

/// Runs the command.
pub(crate) fn run(args: &InspectArgs) -> anyhow::Result<Outcome> {
    let _ = args;
    anyhow::bail!("not there yet")
}
