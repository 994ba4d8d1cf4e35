//! `demarche train --task summary`: trains the scorer of sentences.

use std::path::{Path, PathBuf};

use anyhow::Context;
use demarche::{
    corpus::summaries::{self, Part, SummarizedArticle},
    evaluate::summary::{Cut, SummaryEvaluation, cross_rank, measure},
    summarize::{
        store::TrainingSet,
        train::{self, TrainOptions},
    },
};

use super::TrainArgs;
use crate::cli::{Outcome, evaluate::predictions, message};

/// Arguments of this task alone.
#[derive(Debug, clap::Args)]
#[group(id = "summary")]
pub(crate) struct Options {
    /// Penalty of the weights: larger is smoother
    #[arg(long, value_name = "L2", default_value_t = 0.025, value_parser = positive)]
    summary_l2: f64,
    /// What similarity to a sentence already picked takes off a score
    #[arg(long, value_name = "WEIGHT", default_value_t = 1.0)]
    redundancy: f32,
    /// Weight of an article of each file, in the order of the files [default: 1 each]
    #[arg(long, value_name = "WEIGHT", value_delimiter = ',', value_parser = positive)]
    article_weights: Vec<f64>,
    /// Share of the weight of an article with a title that a copy of it without gets, 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = 0.2, value_parser = share)]
    without_title: f64,
    /// Folder for the summaries of the cross-validation: `DATA.words.jsonl` and `DATA.sentences.jsonl` with `id` and
    /// `summary`, a list of sentences, for each file of data
    #[arg(long, value_name = "FOLDER")]
    predictions: Option<PathBuf>,
}

/// Folds of the cross-validation.
const FOLDS: usize = 5;

fn positive(typed: &str) -> Result<f64, String> {
    typed.parse().ok().filter(|x: &f64| *x > 0.0 && x.is_finite()).ok_or_else(|| "must be a number above 0".into())
}

fn share(typed: &str) -> Result<f64, String> {
    typed.parse().ok().filter(|x: &f64| (0.0..=1.0).contains(x)).ok_or_else(|| "must be a number from 0 to 1".into())
}

/// Runs the task.
pub(crate) fn run(args: &TrainArgs, options: &Options) -> anyhow::Result<Outcome> {
    let sets: Vec<Vec<SummarizedArticle>> =
        args.data.iter().map(|path| summaries::read(path, Part::Train)).collect::<demarche::Result<_>>()?;
    let name = args.output.file_name().map_or_else(|| "summary".into(), |name| name.to_string_lossy().into_owned());
    let settings = TrainOptions {
        name,
        l2: options.summary_l2,
        redundancy: options.redundancy,
        article_weights: options.article_weights.clone(),
        without_title: options.without_title,
    };
    let rankings = cross_rank(&sets, &settings, FOLDS)?;
    let measured = |cut: Cut| -> Vec<SummaryEvaluation> {
        sets.iter().zip(&rankings).map(|(set, rankings)| measure(set, rankings, cut, args.seed)).collect()
    };
    let (words, sentences) = (measured(Cut::Words(None)), measured(Cut::Sentences(None)));
    if let Some(folder) = &options.predictions {
        for (path, (set, rankings)) in args.data.iter().zip(sets.iter().zip(&rankings)) {
            predictions::write(folder, path, set, rankings, &[Cut::Words(None), Cut::Sentences(None)])?;
        }
    }
    let measured = args.data.iter().zip(words.iter().zip(&sentences)).enumerate();
    let training: Vec<TrainingSet> = measured
        .map(|(number, (path, (words, sentences)))| {
            let weight = settings.article_weights.get(number).copied().unwrap_or(1.0);
            Ok(TrainingSet::new(file_name(path), weight, &bytes_of(path)?, words, sentences))
        })
        .collect::<anyhow::Result<_>>()?;
    for set in &training {
        let [w, s] = [set.over_lead_words, set.over_lead_sentences];
        message::line(&format!(
            "{}: {} articles; ROUGE over lead in {FOLDS} folds: {:+.2} [{:+.2}, {:+.2}] at equal words, {:+.2} [{:+.2}, {:+.2}] at equal sentences",
            set.file, set.articles, w.value, w.low, w.high, s.value, s.low, s.high
        ));
    }
    train::train(&sets, &settings)?.save(&args.output, &settings, FOLDS, training)?;
    Ok(Outcome::Done)
}

fn bytes_of(path: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).with_context(|| path.display().to_string())
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}
