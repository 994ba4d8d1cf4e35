//! `demarche report`: the HTML page of a labelled corpus.

use super::Outcome;

/// Arguments of `demarche report`.
#[derive(Debug, clap::Args)]
pub(crate) struct ReportArgs {}

/// Runs the command.
pub(crate) fn run(args: &ReportArgs) -> anyhow::Result<Outcome> {
    let _ = args;
    anyhow::bail!("not there yet")
}
