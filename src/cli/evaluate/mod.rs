//! `demarche evaluate`: measures a model; one file per task.

mod labels;
pub(crate) mod predictions;
mod statements;
mod summary;

use std::path::PathBuf;

use super::Outcome;

/// What is measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Task {
    /// A classifier of texts: stances, or any other labels.
    #[default]
    Labels,
    /// A scorer of sentences for summaries: JSONL with `text` and `reference`
    Summary,
    /// The extraction of statements and speakers: annotated articles, JSONL with `text` and `attributions`
    Statements,
}

/// How a report is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// Tables to read
    #[default]
    Text,
    /// One JSON object
    Json,
    /// A page to read and to send on (labels only)
    Html,
}

/// Arguments of `demarche evaluate`.
#[derive(Debug, clap::Args)]
#[command(after_help = super::labelled_input::EXIT_CODES)]
pub(crate) struct EvaluateArgs {
    /// Labelled data: JSONL, CSV, TSV (also .gz and .zst), Parquet or Arrow; several files are read one after the other
    #[arg(required = true, value_name = "DATA")]
    pub(crate) data: Vec<PathBuf>,
    /// What is measured
    #[arg(long, value_enum, default_value_t)]
    pub(crate) task: Task,
    /// Folder of the model [default: the built-in one]
    #[arg(long, value_name = "FOLDER")]
    pub(crate) model: Option<PathBuf>,
    /// Seed of everything that is drawn by chance
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// How the report is written
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
    #[command(flatten, next_help_heading = "Labels")]
    labels: labels::Options,
    #[command(flatten, next_help_heading = "Summaries")]
    summary: summary::Options,
    #[command(flatten, next_help_heading = "Statements")]
    statements: statements::Options,
}

/// Runs the command.
pub(crate) fn run(args: &EvaluateArgs) -> anyhow::Result<Outcome> {
    match args.task {
        Task::Labels => labels::run(args, &args.labels),
        Task::Summary => summary::run(args, &args.summary),
        Task::Statements => statements::run(args, &args.statements),
    }
}
