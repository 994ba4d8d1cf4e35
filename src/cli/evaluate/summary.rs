//! `demarche evaluate --task summary`: measures a scorer of sentences.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use demarche::{
    corpus::summaries::{self, Part},
    evaluate::{
        bootstrap::Estimate,
        summary::{Cut, SummaryEvaluation, measure, rank},
    },
    summarize::SummaryModel,
};

use serde::Serialize;

use super::{EvaluateArgs, Format, predictions};
use crate::cli::Outcome;

/// Arguments of this task alone.
#[derive(Debug, clap::Args)]
#[group(id = "summary")]
pub(crate) struct Options {
    /// Compare summaries of so many words [default: as the records say, or 60]
    #[arg(long, value_name = "N", conflicts_with = "cut_sentences")]
    cut_words: Option<usize>,
    /// Compare summaries of so many sentences; 0 is as the records say, or 3
    #[arg(long, value_name = "N")]
    cut_sentences: Option<usize>,
    /// Of annotated articles, measure on the training ones instead of the test ones
    #[arg(long)]
    train_articles: bool,
    /// Folder for the summaries: `DATA.words.jsonl` or `DATA.sentences.jsonl` with `id` and `summary`, a list of
    /// sentences, for each file of data
    #[arg(long, value_name = "FOLDER")]
    predictions: Option<PathBuf>,
}

impl Options {
    fn cut(&self) -> Cut {
        match self.cut_sentences {
            Some(n) => Cut::Sentences(Some(n).filter(|n| *n > 0)),
            None => Cut::Words(self.cut_words),
        }
    }

    fn report(&self, model: &SummaryModel, sets: Vec<Set>) -> Report {
        let (unit, cut) = match self.cut() {
            Cut::Words(n) => ("words", n),
            Cut::Sentences(n) => ("sentences", n),
        };
        let program = concat!("demarche ", env!("CARGO_PKG_VERSION"));
        Report { schema: 1, program, model: model.name().to_string(), unit, cut, sets }
    }
}

/// The whole report.
#[derive(Debug, Serialize)]
struct Report {
    schema: u32,
    program: &'static str,
    model: String,
    /// What summaries are cut to: `words` or `sentences`, and how many; null is what each record says.
    cut: Option<usize>,
    unit: &'static str,
    sets: Vec<Set>,
}

/// The measures on one file.
#[derive(Debug, Serialize)]
struct Set {
    file: String,
    #[serde(flatten)]
    measured: SummaryEvaluation,
}

/// Runs the task: a table for each file, or one JSON object.
pub(crate) fn run(args: &EvaluateArgs, options: &Options) -> anyhow::Result<Outcome> {
    anyhow::ensure!(args.format != Format::Html, "--task summary writes text or json; choose one with --format");
    let model = match &args.model {
        Some(folder) => SummaryModel::load(folder)?,
        None => SummaryModel::builtin()?,
    };
    let part = if options.train_articles { Part::Train } else { Part::Test };
    let mut sets = Vec::new();
    for path in &args.data {
        let articles = summaries::read(path, part)?;
        anyhow::ensure!(!articles.is_empty(), "{}: no articles with reference summaries", path.display());
        let rankings = rank(&model, &articles);
        if let Some(folder) = &options.predictions {
            predictions::write(folder, path, &articles, &rankings, &[options.cut()])?;
        }
        sets.push(Set { file: path.display().to_string(), measured: measure(&articles, &rankings, options.cut(), args.seed) });
    }
    let mut out = io::stdout().lock();
    match args.format {
        Format::Json => writeln!(out, "{}", serde_json::to_string_pretty(&options.report(&model, sets))?)?,
        _ => write!(out, "{}", sets.iter().map(table).collect::<String>())?,
    }
    Ok(Outcome::Done)
}

fn table(set: &Set) -> String {
    let mut text = format!("{}: {} articles\n", set.file, set.measured.n_articles);
    text += &format!("{:8}{:>22}{:>22}{:>22}{:>22}{:>22}\n", "", "ROUGE-1", "ROUGE-2", "ROUGE-L", "ROUGE-Lsum", "over lead");
    for system in &set.measured.systems {
        let cells: String = system.rouge.iter().chain([&system.over_lead]).map(cell).collect();
        text += &format!("{:8}{cells}\n", system.name);
    }
    text
}

fn cell(it: &Estimate) -> String {
    format!("{:>22}", format!("{:.2} [{:.2}, {:.2}]", it.value, it.low, it.high))
}
