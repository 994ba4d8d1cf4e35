//! A summary model's folder: `weights.json` and `manifest.json`.

use std::{collections::BTreeMap, path::Path};

use serde::{Deserialize, Serialize};

use super::{
    SummaryModel,
    score::{FORMAT, WEIGHTS_FILE},
    train::TrainOptions,
};
use crate::{
    error::{Error, Result},
    evaluate::{bootstrap::Estimate, summary::SummaryEvaluation},
};

/// One training file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainingSet {
    /// Name of the file.
    pub file: String,
    /// Articles read from it.
    pub articles: usize,
    /// Weight of one of them in training.
    pub weight: f64,
    /// BLAKE3 of the file.
    pub blake3: String,
    /// Mean of ROUGE-1, -2 and -L over lead by cross-validation, cut to words.
    pub over_lead_words: Estimate,
    /// The same, cut to sentences.
    pub over_lead_sentences: Estimate,
}

/// `manifest.json`: what a summary model was made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Format version.
    pub format: u32,
    /// Always `summary`.
    pub kind: String,
    /// Name of the model.
    pub name: String,
    /// Version of the program that trained it.
    pub program: String,
    /// Penalty of the weights.
    pub l2: f64,
    /// Weight of redundancy in selection.
    pub redundancy: f32,
    /// Share of an article's weight that its copy without a title got.
    #[serde(default)]
    pub without_title: f64,
    /// Folds of the cross-validation.
    pub folds: usize,
    /// Training files in order.
    pub training: Vec<TrainingSet>,
    /// BLAKE3 of the other files of the model.
    pub hashes: BTreeMap<String, String>,
}

impl TrainingSet {
    /// A training file of these bytes, with its measures at equal words and at equal sentences.
    pub fn new(file: String, weight: f64, bytes: &[u8], words: &SummaryEvaluation, sentences: &SummaryEvaluation) -> Self {
        let over_lead = |found: &SummaryEvaluation| found.systems.first().map(|it| rounded(it.over_lead)).unwrap_or_default();
        Self {
            file,
            articles: words.n_articles,
            weight,
            blake3: blake3::hash(bytes).to_hex().to_string(),
            over_lead_words: over_lead(words),
            over_lead_sentences: over_lead(sentences),
        }
    }
}

fn rounded(it: Estimate) -> Estimate {
    let hundredths = |x: f64| (x * 100.0).round() / 100.0;
    Estimate { value: hundredths(it.value), low: hundredths(it.low), high: hundredths(it.high) }
}

impl SummaryModel {
    /// Writes the model into `folder`, which is made where it is missing.
    ///
    /// # Errors
    /// [`Error::Io`] where a file cannot be written.
    pub fn save(&self, folder: &Path, options: &TrainOptions, folds: usize, training: Vec<TrainingSet>) -> Result<()> {
        let weights = self.to_json()?;
        let manifest = Manifest {
            format: FORMAT,
            kind: "summary".into(),
            name: options.name.clone(),
            program: format!("demarche {}", env!("CARGO_PKG_VERSION")),
            l2: options.l2,
            redundancy: options.redundancy,
            without_title: options.without_title,
            folds,
            training,
            hashes: BTreeMap::from([(WEIGHTS_FILE.into(), blake3::hash(weights.as_bytes()).to_hex().to_string())]),
        };
        let manifest = serde_json::to_string_pretty(&manifest).map_err(|e| Error::model(&options.name, e.to_string()))?;
        std::fs::create_dir_all(folder).map_err(|e| Error::io(folder, e))?;
        for (name, content) in [(WEIGHTS_FILE, weights), ("manifest.json", manifest + "\n")] {
            let path = folder.join(name);
            std::fs::write(&path, content).map_err(|e| Error::io(&path, e))?;
        }
        Ok(())
    }
}
