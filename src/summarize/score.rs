//! The linear scorer: one weight a column, stored as JSON.

use std::{collections::HashMap, path::Path};

use ndarray::{Array1, Array2, Axis};
use serde::{Deserialize, Serialize};

use super::design::{self, Scale};
use crate::{
    error::{Error, Result},
    features::{FEATURES, FeatureMatrix},
};

/// Version of the stored form; a build reads this one only.
pub(super) const FORMAT: u32 = 1;
/// File of the weights in a model's folder.
pub(super) const WEIGHTS_FILE: &str = "weights.json";
/// Largest file of weights that is read: the shipped one has 30 kB.
const MAX_WEIGHTS_BYTES: u64 = 4 << 20;

/// Scale of one feature over the training articles.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct FeatureScale {
    name: String,
    mean: f32,
    deviation: f32,
}

/// Weight of one column.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct ColumnWeight {
    name: String,
    weight: f32,
}

/// The stored form.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Stored {
    format: u32,
    name: String,
    redundancy: f32,
    features: Vec<FeatureScale>,
    columns: Vec<ColumnWeight>,
}

/// A scorer that fits this build's features.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scorer {
    pub(super) name: String,
    pub(super) scale: Scale,
    pub(super) weights: Array1<f32>,
    /// λ of selection.
    pub(super) redundancy: f32,
}

impl Scorer {
    /// Reads the stored form and checks that it fits the features of this build.
    pub(super) fn from_json(json: &[u8], name: &str) -> Result<Self> {
        let stored: Stored =
            serde_json::from_slice(json).map_err(|e| Error::model(name, format!("not the weights of a summary model: {e}")))?;
        if stored.format != FORMAT {
            let reason = format!("format version {}, but this build reads {FORMAT}; retrain or upgrade", stored.format);
            return Err(Error::model(name, reason));
        }
        stored.check(name)
    }

    /// Reads the weights in `folder`.
    pub(super) fn load(folder: &Path) -> Result<Self> {
        let path = folder.join(WEIGHTS_FILE);
        let size = std::fs::metadata(&path).map_err(|e| Error::io(&path, e))?.len();
        if size > MAX_WEIGHTS_BYTES {
            let reason = format!("{WEIGHTS_FILE} has {size} bytes, at most {MAX_WEIGHTS_BYTES} are read");
            return Err(Error::model(folder.display().to_string(), reason));
        }
        let json = std::fs::read(&path).map_err(|e| Error::io(&path, e))?;
        Self::from_json(&json, &folder.display().to_string())
    }

    /// The stored form.
    pub(super) fn to_stored(&self) -> Stored {
        let scales = self.scale.mean.iter().zip(&self.scale.deviation);
        let features = FEATURES.iter().zip(scales);
        let columns = design::names().into_iter().zip(&self.weights);
        Stored {
            format: FORMAT,
            name: self.name.clone(),
            redundancy: self.redundancy,
            features: features
                .map(|(f, (mean, deviation))| FeatureScale { name: f.name.into(), mean: *mean, deviation: *deviation })
                .collect(),
            columns: columns.map(|(name, weight)| ColumnWeight { name, weight: *weight }).collect(),
        }
    }

    /// Scores of the sentences, standardised within the article: mean 0, standard deviation 1.
    pub(super) fn scores(&self, matrix: &FeatureMatrix) -> Vec<f32> {
        let raw = design::expand(matrix, &self.scale).dot(&self.weights);
        standardise(&raw)
    }

    /// What each feature adds to the standardised score of each sentence, `(n_sentences, n_features + 1)`;
    /// the last column is what the opening sentence says of position. Rows sum to [`Scorer::scores`].
    pub(super) fn contributions(&self, matrix: &FeatureMatrix) -> Array2<f32> {
        let columns = design::expand(matrix, &self.scale) * &self.weights;
        let deviation = spread(&columns.sum_axis(Axis(1)));
        let mut parts = Array2::zeros((columns.nrows(), FEATURES.len() + 1));
        for ((i, column), value) in columns.indexed_iter() {
            parts[[i, design::feature_of(column).unwrap_or(FEATURES.len())]] += value / deviation;
        }
        let means = parts.mean_axis(Axis(0)).unwrap_or_else(|| Array1::zeros(parts.ncols()));
        parts - means
    }
}

fn spread(scores: &Array1<f32>) -> f32 {
    let deviation = scores.std(0.0);
    if deviation > 1e-6 { deviation } else { 1.0 }
}

fn standardise(scores: &Array1<f32>) -> Vec<f32> {
    let mean = scores.mean().unwrap_or(0.0);
    let deviation = spread(scores);
    scores.iter().map(|score| (score - mean) / deviation).collect()
}

impl Stored {
    fn check(self, name: &str) -> Result<Scorer> {
        let scales: HashMap<&str, &FeatureScale> = self.features.iter().map(|f| (f.name.as_str(), f)).collect();
        let weights: HashMap<&str, f32> = self.columns.iter().map(|c| (c.name.as_str(), c.weight)).collect();
        let missing = |what: &str| Error::model(name, format!("has nothing for feature \"{what}\"; retrain with this build"));
        let scale: Vec<&FeatureScale> =
            FEATURES.iter().map(|f| scales.get(f.name).copied().ok_or_else(|| missing(f.name))).collect::<Result<_>>()?;
        let weights: Vec<f32> =
            design::names().iter().map(|c| weights.get(c.as_str()).copied().ok_or_else(|| missing(c))).collect::<Result<_>>()?;
        let numbers = weights.iter().copied().chain(scale.iter().flat_map(|s| [s.mean, s.deviation])).chain([self.redundancy]);
        if numbers.into_iter().any(|x| !x.is_finite()) || scale.iter().any(|s| s.deviation <= 0.0) {
            return Err(Error::model(name, "has weights that are no numbers; retrain"));
        }
        let mean = scale.iter().map(|s| s.mean).collect();
        let deviation = scale.iter().map(|s| s.deviation).collect();
        Ok(Scorer { name: self.name, scale: Scale { mean, deviation }, weights: weights.into(), redundancy: self.redundancy })
    }
}
