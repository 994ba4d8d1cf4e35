//! `demarche summarize`: one article in, summary and statements out.

use super::Outcome;

/// Arguments of `demarche summarize`.
#[derive(Debug, clap::Args)]
pub(crate) struct SummarizeArgs {}

/// Runs the command.
pub(crate) fn run(args: &SummarizeArgs) -> anyhow::Result<Outcome> {
    let _ = args;
    anyhow::bail!("not there yet")
}
