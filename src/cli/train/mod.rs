//! `demarche train`: trains a model; one file per task.

mod card;
mod labels;
mod statements;
mod summary;

use std::path::PathBuf;

use super::Outcome;

/// What is learnt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Task {
    /// A classifier of texts: stances, or any other labels.
    #[default]
    Labels,
    /// A scorer of sentences for summaries: JSONL with `text` and `reference`
    Summary,
    /// The tagger of statements: annotated articles, JSONL with `text` and `statements`
    Statements,
}

/// Arguments of `demarche train`.
#[derive(Debug, clap::Args)]
#[command(after_help = super::labelled_input::EXIT_CODES)]
pub(crate) struct TrainArgs {
    /// Training data: JSONL, CSV, TSV (also .gz and .zst), Parquet or Arrow; several files are read one after the other
    #[arg(required = true, value_name = "DATA")]
    pub(crate) data: Vec<PathBuf>,
    /// Folder of the new model
    #[arg(short, long, value_name = "MODEL")]
    pub(crate) output: PathBuf,
    /// What is learnt
    #[arg(long, value_enum, default_value_t)]
    pub(crate) task: Task,
    /// Seed of everything that is drawn by chance
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    #[command(flatten, next_help_heading = "Labels")]
    labels: labels::Options,
    #[command(flatten, next_help_heading = "Summaries")]
    summary: summary::Options,
}

/// Runs the command.
pub(crate) fn run(args: &TrainArgs) -> anyhow::Result<Outcome> {
    match args.task {
        Task::Labels => labels::run(args, &args.labels),
        Task::Summary => summary::run(args, &args.summary),
        Task::Statements => statements::run(args),
    }
}
