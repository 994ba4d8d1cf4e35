//! Sentences and statements in; scores, ranks and the sentences of the summary out.
//!
//! 1. [`crate::features`] describe each sentence.
//! 2. `design`, `score`: a linear scorer, standardised within the article.
//! 3. `select`: maximal marginal relevance gives an order over all sentences.
//! 4. `budget`: the order is cut to the length asked for.
//!
//! [`train`] learns the weights from articles with reference summaries.

mod budget;
pub mod by_stance;
mod design;
mod explain;
mod logistic;
pub mod merge;
mod score;
mod select;
mod steer;
pub mod store;
pub mod train;
mod trim;

use std::path::Path;

use crate::{
    article::Article,
    error::{Error, Result},
    features::{Context, FeatureMatrix},
    segment::Segmentation,
    span::Span,
    statement::Statement,
};
use score::Scorer;
use select::Candidates;

pub use budget::Budget;
pub use explain::{Explanation, OPENING, Part};

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
    /// What is shown of chosen sentences that are shortened, in reading order; empty unless asked for.
    pub trimmed: Vec<(usize, Span)>,
    /// Score and rank of every sentence, in article order.
    pub scored: Vec<Scored>,
    /// Why every sentence has its place, in article order; empty unless asked for.
    pub explanations: Vec<Explanation>,
    /// The best sentence for each label, by label name in the order of the labels; empty unless asked for.
    pub by_stance: Vec<(String, usize)>,
    /// What the reader should know ("no sentence fits 5 words").
    pub warnings: Vec<String>,
}

/// What summary is wanted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Request {
    /// How long.
    pub budget: Budget,
    /// Words that it must speak of, where the article does.
    pub focus: Vec<String>,
    /// Whose statements it should give: a name, or part of one.
    pub holder: Option<String>,
    /// Whether leading connectives and attributions are left away where a quotation of the article is left that reads
    /// as a sentence.
    pub trim: bool,
    /// Whether it should say why each sentence has its place.
    pub explain: bool,
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
        self.summarize_for(article, segmentation, statements, &Request { budget, ..Request::default() })
    }

    /// [`SummaryModel::summarize`] for a reader with wishes.
    pub fn summarize_for(
        &self,
        article: &Article,
        segmentation: &Segmentation,
        statements: &[Statement],
        request: &Request,
    ) -> Summary {
        let context = Context::new(article, segmentation, statements);
        let matrix = context.matrix();
        let reading = Reading::new(&self.scorer, &context, &matrix);
        let mut steered = steer::steer(article, segmentation, statements, request, &reading);
        let mut words = context.word_counts();
        let trims = match request.trim {
            true => trim::find(&article.text, segmentation, statements, &reading.half),
            false => Vec::new(),
        };
        for (i, it) in trims.iter().enumerate() {
            words[i] = it.body.of(&article.text).split_whitespace().count();
            steered.dependent[i] &= it.without_connective.is_none();
        }
        let candidates = Candidates {
            scores: &reading.scores,
            rows: context.rows(),
            dependent: &steered.dependent,
            half: &reading.half,
            preferred: &steered.preferred,
            redundancy: self.scorer.redundancy,
        };
        let places = select::order(&candidates);
        let order: Vec<usize> = places.iter().map(|place| place.sentence).collect();
        let mut scored: Vec<Scored> = reading.scores.iter().map(|&score| Scored { score, rank: 0 }).collect();
        order.iter().enumerate().for_each(|(rank, &sentence)| scored[sentence].rank = rank + 1);
        let (chosen, mut warnings) = request.budget.choose(&order, &words, &steered.dependent);
        let trimmed = trim::shown(&trims, &chosen, segmentation);
        warnings.extend(steered.warnings);
        let explanations = if request.explain { explain::explain(&self.scorer, &matrix, &reading, &places) } else { Vec::new() };
        Summary { chosen, trimmed, scored, explanations, by_stance: Vec::new(), warnings }
    }
}

/// What is known of the sentences of an article before selection.
struct Reading {
    /// Standardised scores.
    scores: Vec<f32>,
    /// Points back to the sentence before.
    dependent: Vec<bool>,
    /// Shows half of a quotation.
    half: Vec<bool>,
}

impl Reading {
    fn new(scorer: &Scorer, context: &Context, matrix: &FeatureMatrix) -> Self {
        Self { scores: scorer.scores(matrix), dependent: context.dependent(), half: context.half_quotations() }
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
        let request = Request { explain: true, ..Request::default() };
        let summary = model.summarize_for(&Article::from_text(TEXT), &segmentation, &[], &request);
        assert_eq!(summary.explanations.len(), segmentation.sentences.len());
        for (it, scored) in summary.explanations.iter().zip(&summary.scored) {
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
