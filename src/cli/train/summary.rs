//! `demarche train --task summary`: trains the scorer of sentences.

use std::path::Path;

use anyhow::Context;
use demarche::{
    corpus::summaries::{self, Part, SummarizedArticle},
    evaluate::summary::{Cut, cross_validate},
    summarize::{
        store::TrainingSet,
        train::{self, TrainOptions},
    },
};

use super::TrainArgs;
use crate::cli::{Outcome, message};

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
}

/// Folds of the cross-validation.
const FOLDS: usize = 5;

fn positive(typed: &str) -> Result<f64, String> {
    typed.parse().ok().filter(|x: &f64| *x > 0.0 && x.is_finite()).ok_or_else(|| "must be a number above 0".into())
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
    };
    let words = cross_validate(&sets, &settings, FOLDS, Cut::Words(None), args.seed)?;
    let sentences = cross_validate(&sets, &settings, FOLDS, Cut::Sentences(None), args.seed)?;
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
