//! Why a sentence has its place.

use super::{Reading, score::Scorer, select::Place};
use crate::features::{FEATURES, FeatureMatrix};

/// Name of the part that the opening sentence's features add to position.
pub const OPENING: &str = "opening";

/// What one feature adds to a score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Part {
    /// Name of the feature; [`OPENING`] for what the opening sentence says of how far position counts.
    pub name: &'static str,
    /// In standard deviations of the article's scores.
    pub value: f32,
}

/// Why a sentence has its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// Score, standardised within the article.
    pub score: f32,
    /// Place in the order of selection, 1 first.
    pub rank: usize,
    /// What similarity to sentences picked before took off the score.
    pub redundancy: f32,
    /// Points to the sentence before, and so waits for it.
    pub waits: bool,
    /// Shows half of a quotation, and so comes last.
    pub half_quotation: bool,
    /// What each feature adds, the strongest first; they sum to `score`.
    pub parts: Vec<Part>,
}

/// Explains the place of every sentence, in article order.
pub(super) fn explain(scorer: &Scorer, matrix: &FeatureMatrix, reading: &Reading, order: &[Place]) -> Vec<Explanation> {
    let contributions = scorer.contributions(matrix);
    let mut out: Vec<Explanation> = (0..reading.scores.len())
        .map(|i| Explanation {
            score: reading.scores[i],
            rank: 0,
            redundancy: 0.0,
            waits: reading.dependent[i],
            half_quotation: reading.half[i],
            parts: parts(contributions.row(i).iter().copied()),
        })
        .collect();
    for (rank, place) in order.iter().enumerate() {
        out[place.sentence].rank = rank + 1;
        out[place.sentence].redundancy = place.penalty;
    }
    out
}

fn parts(contributions: impl Iterator<Item = f32>) -> Vec<Part> {
    let names = FEATURES.iter().map(|f| f.name).chain([OPENING]);
    let mut parts: Vec<Part> = names.zip(contributions).map(|(name, value)| Part { name, value }).collect();
    parts.sort_by(|a, b| b.value.abs().total_cmp(&a.value.abs()));
    parts
}
