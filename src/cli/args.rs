//! What was typed: the commands and what they share. Each command's own arguments stand in its file.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// Summaries, statements and stances from diplomatic and political news.
#[derive(Debug, Parser)]
#[command(name = "demarche", version, propagate_version = true, max_term_width = 100)]
pub(crate) struct Args {
    /// Say nothing but errors.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Say more about what is done.
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Summarise articles: key sentences, and who says what with which stance.
    Summarize(super::summarize::SummarizeArgs),
    /// Label a corpus of statements or articles.
    Label(super::label::LabelArgs),
    /// Count the stances of a labelled corpus, by group.
    Tally(super::tally::TallyArgs),
    /// Write the HTML page of a labelled corpus.
    Report(super::report::ReportArgs),
    /// Train a model on labelled data.
    Train(super::train::TrainArgs),
    /// Measure a model on labelled data, beside simple baselines.
    Evaluate(super::evaluate::EvaluateArgs),
    /// Show the features that made a label, or how the statements of an article were found.
    Explain(super::explain::ExplainArgs),
    /// Show what is in a model.
    Inspect(super::inspect::InspectArgs),
    /// Print the completion script of a shell.
    Completions(super::completions::CompletionsArgs),
    /// Print the manual page.
    Man(super::man::ManArgs),
}

/// Which stance model labels.
#[derive(Debug, clap::Args)]
pub(crate) struct ModelArg {
    /// Folder of a trained stance model [default: the built-in English model]
    #[arg(long, value_name = "FOLDER")]
    pub(crate) model: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    /// Clap finds clashes of names between arguments only when a command is built.
    #[test]
    fn the_arguments_of_all_commands_fit_together() {
        super::Args::command().debug_assert();
    }
}
