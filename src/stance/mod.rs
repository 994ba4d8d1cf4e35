//! Statements in; stances with probabilities out.
//!
//! A multinomial logistic regression over hashed features. Training passes the features to a sparse solver of our own;
//! labelling sums stored weights. Both read texts by the same functions ([`features`](self)).

mod context_sums;
mod design;
mod explain;
mod features;
mod labeller;
mod lists;
mod pieces;
mod rows;
mod softmax;
mod token;
mod train;
mod word_table;

use std::{borrow::Cow, path::Path, sync::Arc};

pub use design::{Design, Power, SparseRows};
pub use explain::{Evidence, Explanation};
pub use labeller::Labeller;
pub use pieces::Pieces;
pub use rows::TextRows;
pub use softmax::{SoftTargets, SoftmaxModel, SoftmaxParams, SoftmaxValidParams};
pub use train::{
    Calibration, CurvePoint, Example, PathPoint, Prior, Progress, TrainSettings, Trained, learning_curve, predict_all, train,
};

use crate::{
    error::Result,
    model::{Manifest, StoredModel, Weights},
};

/// The label that means no label.
pub const NONE: &str = "none";

/// What the classifier says of one text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Prediction {
    /// Calibrated probability of each label, in the order of [`StanceModel::labels`]; they sum to 1.
    pub probabilities: Vec<f32>,
    /// Index of the most probable label, `none` included.
    pub main: usize,
    /// Indices of the labels given, main first, `none` left out: empty means none.
    pub chosen: Vec<usize>,
    /// Words of the text.
    pub words: u32,
    /// Words of the text that the training texts did not have: many are a sign of drift.
    pub unknown_words: u32,
}

/// A trained linear classifier of statements. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct StanceModel {
    parts: Arc<Parts>,
}

#[derive(Debug)]
struct Parts {
    manifest: Manifest,
    weights: Weights,
    pieces: Pieces,
    none: Option<usize>,
}

impl StanceModel {
    /// The model that is compiled into the library.
    ///
    /// # Errors
    /// [`crate::Error::Model`] if it does not fit this build (a bug).
    pub fn builtin() -> Result<Self> {
        let manifest = include_bytes!("../../models/stance-en/manifest.json");
        let tensors = Cow::Borrowed(include_bytes!("../../models/stance-en/model.safetensors").as_slice());
        let tokenizer = Cow::Borrowed(include_bytes!("../../models/stance-en/tokenizer.json").as_slice());
        Ok(Self::from_stored(StoredModel::parse("the built-in model", manifest, tensors, tokenizer, false)?))
    }

    /// Reads a model folder.
    ///
    /// # Errors
    /// [`crate::Error::Model`] if it is no model, damaged, or of a format that this build does not read.
    pub fn load(folder: &Path) -> Result<Self> {
        let stored = StoredModel::read(folder)?;
        Pieces::from_json(stored.tokenizer.to_vec())
            .check()
            .map_err(|e| crate::Error::Model { name: folder.display().to_string(), reason: e.to_string() })?;
        Ok(Self::from_stored(stored))
    }

    /// A model from checked parts.
    pub fn from_stored(stored: StoredModel) -> Self {
        let none = stored.manifest.labels.iter().position(|label| label == NONE);
        let pieces = Pieces::from_json(stored.tokenizer);
        Self { parts: Arc::new(Parts { manifest: stored.manifest, weights: stored.weights, pieces, none }) }
    }

    /// What the model says of itself.
    pub fn manifest(&self) -> &Manifest {
        &self.parts.manifest
    }

    /// Label names in the order of the probabilities; the label `none` means no label.
    pub fn labels(&self) -> &[String] {
        &self.parts.manifest.labels
    }

    /// Index of the label `none`, where the model has it.
    pub fn none(&self) -> Option<usize> {
        self.parts.none
    }

    /// Short identifier of the model: its name and the first digits of its hash.
    pub fn id(&self) -> String {
        let hash = self.parts.manifest.hashes.get("model.safetensors").map_or("", String::as_str);
        format!("{}-{}", self.parts.manifest.name, hash.get(..8).unwrap_or(hash))
    }

    /// A labeller of this model, with its own table of words: one for each thread.
    pub fn labeller(&self) -> Labeller {
        Labeller::new(self.clone())
    }

    /// Whether `prediction` is too doubtful for `--abstain`: its probability stays below what its label needs
    /// for the precision that was wanted at training.
    pub fn is_unsure(&self, prediction: &Prediction) -> bool {
        let threshold = self.parts.manifest.abstain.thresholds.get(prediction.main);
        let found = prediction.probabilities.get(prediction.main);
        matches!((found, threshold), (Some(p), Some(t)) if p < t)
    }

    /// Labels one text. For many texts use a [`Labeller`].
    pub fn predict(&self, text: &str) -> Prediction {
        self.labeller().predict(text).clone()
    }

    /// Turns logits into probabilities and labels, in place of what `out` held.
    fn decide(&self, logits: &[f32], out: &mut Prediction) {
        let manifest = &self.parts.manifest;
        out.probabilities.clear();
        out.probabilities.extend(logits.iter().map(|z| z / manifest.temperature));
        softmax::softmax(&mut out.probabilities);
        choose(out, self.parts.none, &manifest.thresholds);
    }
}

/// Sets main and chosen labels from the probabilities; of equal ones the first is the main label.
fn choose(out: &mut Prediction, none: Option<usize>, thresholds: &[f32]) {
    let p = &out.probabilities;
    out.main = (0..p.len()).fold(0, |best, k| if p[k] > p[best] { k } else { best });
    out.chosen.clear();
    if Some(out.main) == none {
        return;
    }
    out.chosen.push(out.main);
    let further = |&k: &usize| k != out.main && Some(k) != none && thresholds.get(k).is_some_and(|&t| p[k] >= t);
    out.chosen.extend((0..p.len()).filter(further));
    if let Some(rest) = out.chosen.get_mut(1..) {
        rest.sort_by(|&a, &b| p[b].total_cmp(&p[a]).then(a.cmp(&b)));
    }
}

/// Calls `act` with each word of `text` in lower case; marks and numbers are left out.
pub fn words(text: &str, mut act: impl FnMut(String)) {
    let is_word = |token: &token::Token| token.kind == token::TokenKind::Word;
    token::Tokens::new(text).filter(is_word).for_each(|token| act(features::normalise(&text[token.start..token.end])));
}

/// How many words of each label's stance classes `text` has: all that a lexicon can say of it.
pub fn lexicon_counts(text: &str) -> std::collections::BTreeMap<&'static str, usize> {
    let lists = lists::Lists::builtin();
    let mut counts = std::collections::BTreeMap::new();
    words(text, |word| {
        if let Some(class) = lists.class(lists.get(&word).class) {
            *counts.entry(class.label.as_str()).or_insert(0) += 1;
        }
    });
    counts
}
