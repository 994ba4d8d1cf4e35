//! What a stored classifier says of itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::settings::FeatureSettings;

/// Format of models whose tables have a row for each bucket.
pub const FORMAT: u32 = 1;
/// Format of models whose tables leave out rows of zeros: `filled` tells which buckets have one.
pub const FILLED_FORMAT: u32 = 2;
/// Newest format that this build reads.
pub const NEWEST_FORMAT: u32 = FILLED_FORMAT;
/// Oldest format that this build reads.
pub const OLDEST_FORMAT: u32 = 1;

/// `manifest.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Format version.
    pub format: u32,
    /// Always `labels`: a classifier of texts.
    pub kind: String,
    /// Name of the model.
    pub name: String,
    /// Version of the program that trained it.
    pub program: String,
    /// Label names in the order of the weights; `none` means no label.
    pub labels: Vec<String>,
    /// Which features it has.
    pub features: FeatureSettings,
    /// Fingerprint of the word lists that its features rest on.
    pub lists: String,
    /// Logits are divided by it (Guo et al. 2017), fitted on held-out folds.
    pub temperature: f32,
    /// Probability from which a label is given beside the main one, for each label.
    pub thresholds: Vec<f32>,
    /// When `--abstain` does not answer.
    pub abstain: Abstain,
    /// How it was trained.
    pub training: TrainingRecord,
    /// BLAKE3 of the other files of the model, by name.
    pub hashes: BTreeMap<String, String>,
    /// Measures on held-out folds.
    pub metrics: serde_json::Value,
}

/// Probabilities below which an answer is `unsure`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Abstain {
    /// Precision that was wanted.
    pub precision: f32,
    /// Least probability of the main label, for each label.
    pub thresholds: Vec<f32>,
}

/// How a model was trained.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TrainingRecord {
    /// Texts of all files, after duplicates were left out.
    pub texts: usize,
    /// Texts with each main label.
    pub counts: BTreeMap<String, usize>,
    /// Penalty of the weights.
    pub l2: f32,
    /// Power of the inverse document frequency in the prior of the weights.
    #[serde(default, skip_serializing_if = "is_off")]
    pub idf: f32,
    /// Share of the naive-Bayes log-count ratio in the prior of the weights.
    #[serde(default, skip_serializing_if = "is_off")]
    pub ratio: f32,
    /// Folds of the cross-validation.
    pub folds: usize,
    /// Seed of what is drawn by chance.
    pub seed: u64,
    /// BLAKE3 of the training files, by file name.
    pub data: BTreeMap<String, String>,
    /// BLAKE3 of the codebook, where one was given.
    pub codebook: Option<String>,
    /// All settings of the training.
    pub settings: serde_json::Value,
}

fn is_off(x: &f32) -> bool {
    *x == 0.0
}
