//! Sentences and statements in; scores, ranks and the sentences of the summary out.
//!
//! 1. [`crate::features`] describe each sentence.
//! 2. `design`, `score`: a linear scorer, standardised within the article.
//! 3. `select`: maximal marginal relevance gives an order over all sentences.
//! 4. `budget`: the order is cut to the length asked for.
//!
//! [`train`] learns the weights from articles with reference summaries.

mod budget;
mod design;
pub mod explain;
mod logistic;
mod score;
mod select;
pub mod store;
pub mod train;

use std::path::Path;

use crate::{
    article::Article,
    error::{Error, Result},
    features::Context,
    segment::Segmentation,
    statement::Statement,
};
use score::Scorer;
use select::Candidates;

pub use budget::Budget;

/// A sentence's score and place in the order of selection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scored {
    /// Score of the linear model, standardised within the article.
    pub score: f32,
    /// Order of selection over all sentences, 1 first.
    pub rank: usize,
}

/// The key sentences of one article.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// Chosen sentences, in reading order.
    pub chosen: Vec<usize>,
    /// Score and rank of every sentence, in article order.
    pub scored: Vec<Scored>,
    /// What the reader should know ("no sentence fits 5 words").
    pub warnings: Vec<String>,
}

/// Weights of the sentence scorer.
#[derive(Clone, Debug, PartialEq)]
pub struct SummaryModel {
    scorer: Scorer,
}

impl SummaryModel {
    fn new(scorer: Scorer) -> Self {
        Self { scorer }
    }

    /// The model that is compiled into the library.
    ///
    /// # Errors
    /// [`crate::Error::Model`] if it does not fit this build (a bug).
    pub fn builtin() -> Result<Self> {
        let json = include_bytes!("../../models/summary-en/weights.json");
        Ok(Self::new(Scorer::from_json(json, "summary-en")?))
    }

    /// Loads the model in `folder`.
    ///
    /// # Errors
    /// [`crate::Error::Io`] if it cannot be read, [`crate::Error::Model`] if it is damaged or foreign.
    pub fn load(folder: &Path) -> Result<Self> {
        Ok(Self::new(Scorer::load(folder)?))
    }

    /// The stored form of the weights: JSON with a row a column, the same bytes for the same weights.
    ///
    /// # Errors
    /// [`crate::Error::Model`] if it cannot be written as JSON (a bug).
    pub fn to_json(&self) -> Result<String> {
        let json = serde_json::to_string_pretty(&self.scorer.to_stored());
        json.map(|json| json + "\n").map_err(|e| Error::model(&self.scorer.name, e.to_string()))
    }

    /// The model's name.
    pub fn name(&self) -> &str {
        &self.scorer.name
    }

    /// Scores all sentences and picks the summary.
    pub fn summarize(&self, article: &Article, segmentation: &Segmentation, statements: &[Statement], budget: Budget) -> Summary {
        let context = Context::new(article, segmentation, statements);
        let scores = self.scorer.scores(&context.matrix());
        let (dependent, half) = (context.dependent(), context.half_quotations());
        let candidates = self.candidates(&context, &scores, &dependent, &half);
        let order: Vec<usize> = select::order(&candidates).iter().map(|place| place.sentence).collect();
        let mut scored: Vec<Scored> = scores.iter().map(|&score| Scored { score, rank: 0 }).collect();
        for (rank, &sentence) in order.iter().enumerate() {
            scored[sentence].rank = rank + 1;
        }
        let (chosen, warnings) = budget.choose(&order, &context.word_counts(), candidates.dependent);
        Summary { chosen, scored, warnings }
    }

    fn candidates<'a>(&self, context: &'a Context, scores: &'a [f32], dependent: &'a [bool], half: &'a [bool]) -> Candidates<'a> {
        Candidates { scores, rows: context.rows(), dependent, half, redundancy: self.scorer.redundancy }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment;

    const TEXT: &str = "Lake ministers agreed on Monday to share the water of the Orvel basin. He was pleased. \
        Farmers in the basin had asked for a share of the water since the dry years. \"We lost half our fields. \
        Nobody came,\" a farmer said. The agreement on the basin runs for ten years. Rain fell on the capital.";

    #[test]
    fn ranks_are_a_permutation_that_every_cut_reads_well() {
        let model = SummaryModel::builtin().unwrap();
        let segmentation = segment::segment(TEXT);
        let article = Article::from_text(TEXT);
        let summary = model.summarize(&article, &segmentation, &[], Budget::default());
        let mut ranks: Vec<usize> = summary.scored.iter().map(|s| s.rank).collect();
        assert!(ranks[1] > ranks[0], "the pronoun waits: {ranks:?}");
        assert!(ranks[3].min(ranks[4]) > 5, "half quotations come last: {ranks:?}");
        ranks.sort_unstable();
        assert_eq!(ranks, (1..=segmentation.sentences.len()).collect::<Vec<_>>());
        assert_eq!(summary.chosen.len(), 3);
    }

    #[test]
    fn parts_sum_to_the_score() {
        let model = SummaryModel::builtin().unwrap();
        let segmentation = segment::segment(TEXT);
        let explanations = model.explain(&Article::from_text(TEXT), &segmentation, &[]);
        let summary = model.summarize(&Article::from_text(TEXT), &segmentation, &[], Budget::default());
        for (it, scored) in explanations.iter().zip(&summary.scored) {
            assert_eq!((it.rank, it.score), (scored.rank, scored.score));
            let sum: f32 = it.parts.iter().map(|part| part.value).sum();
            assert!((sum - it.score).abs() < 1e-3, "{sum} {}", it.score);
        }
    }

    #[test]
    fn an_empty_article_has_an_empty_summary() {
        let model = SummaryModel::builtin().unwrap();
        let summary = model.summarize(&Article::default(), &Segmentation::default(), &[], Budget::Words(10));
        assert_eq!(summary, Summary::default());
    }
}
