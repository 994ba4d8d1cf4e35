//! Why a sentence has its place.

use super::{SummaryModel, select};
use crate::{
    article::Article,
    features::{Context, FEATURES},
    segment::Segmentation,
    statement::Statement,
};

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

impl SummaryModel {
    /// Explains the place of every sentence, in article order.
    pub fn explain(&self, article: &Article, segmentation: &Segmentation, statements: &[Statement]) -> Vec<Explanation> {
        let context = Context::new(article, segmentation, statements);
        let matrix = context.matrix();
        let scores = self.scorer.scores(&matrix);
        let contributions = self.scorer.contributions(&matrix);
        let (dependent, half) = (context.dependent(), context.half_quotations());
        let order = select::order(&self.candidates(&context, &scores, &dependent, &half));
        let mut out: Vec<Explanation> = (0..scores.len())
            .map(|i| Explanation {
                score: scores[i],
                rank: 0,
                redundancy: 0.0,
                waits: dependent[i],
                half_quotation: half[i],
                parts: parts(contributions.row(i).iter().copied()),
            })
            .collect();
        for (rank, place) in order.iter().enumerate() {
            out[place.sentence].rank = rank + 1;
            out[place.sentence].redundancy = place.penalty;
        }
        out
    }
}

fn parts(contributions: impl Iterator<Item = f32>) -> Vec<Part> {
    let names = FEATURES.iter().map(|f| f.name).chain([OPENING]);
    let mut parts: Vec<Part> = names.zip(contributions).map(|(name, value)| Part { name, value }).collect();
    parts.sort_by(|a, b| b.value.abs().total_cmp(&a.value.abs()));
    parts
}
