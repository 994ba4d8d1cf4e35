//! `demarche evaluate --task labels`: measures a classifier of texts.

use super::EvaluateArgs;
use crate::cli::Outcome;

/// Arguments of this task alone.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {}

/// Runs the task.
pub(crate) fn run(args: &EvaluateArgs, options: &Options) -> anyhow::Result<Outcome> {
    let _ = (args, options);
    anyhow::bail!("not there yet")
}
