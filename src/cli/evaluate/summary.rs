//! `demarche evaluate --task summary`: measures a scorer of sentences.

use std::io::{self, Write};

use demarche::{
    corpus::summaries::{self, Part},
    evaluate::{
        bootstrap::Estimate,
        summary::{Cut, SummaryEvaluation, evaluate},
    },
    summarize::SummaryModel,
};

use super::EvaluateArgs;
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
}

impl Options {
    fn cut(&self) -> Cut {
        match self.cut_sentences {
            Some(n) => Cut::Sentences(Some(n).filter(|n| *n > 0)),
            None => Cut::Words(self.cut_words),
        }
    }
}

/// Runs the task: a table for each file.
pub(crate) fn run(args: &EvaluateArgs, options: &Options) -> anyhow::Result<Outcome> {
    let model = match &args.model {
        Some(folder) => SummaryModel::load(folder)?,
        None => SummaryModel::builtin()?,
    };
    let mut out = io::stdout().lock();
    for path in &args.data {
        let articles = summaries::read(path, Part::Test)?;
        let found = evaluate(&model, &articles, options.cut(), args.seed);
        write!(out, "{}", table(&path.display().to_string(), &found))?;
    }
    Ok(Outcome::Done)
}

fn table(name: &str, found: &SummaryEvaluation) -> String {
    let mut text = format!("{name}: {} articles\n", found.n_articles);
    text += &format!("{:8}{:>22}{:>22}{:>22}{:>22}{:>22}\n", "", "ROUGE-1", "ROUGE-2", "ROUGE-L", "ROUGE-Lsum", "over lead");
    for system in &found.systems {
        let cells: String = system.rouge.iter().chain([&system.over_lead]).map(cell).collect();
        text += &format!("{:8}{cells}\n", system.name);
    }
    text
}

fn cell(it: &Estimate) -> String {
    format!("{:>22}", format!("{:.2} [{:.2}, {:.2}]", it.value, it.low, it.high))
}
