//! A feature matrix in; scores, ranks and the sentences of the summary out.

use crate::{article::Article, error::Result, segment::Segmentation, statement::Statement};

/// How long the summary may be; never over, as near below as whole sentences allow.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Budget {
    /// At most so many sentences.
    Sentences(usize),
    /// At most so many words.
    Words(usize),
    /// At most this share (0 to 1) of the article's words.
    Ratio(f64),
}

impl Default for Budget {
    fn default() -> Self {
        Self::Sentences(3)
    }
}

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
#[derive(Clone, Debug)]
pub struct SummaryModel {}

impl SummaryModel {
    /// The model that is compiled into the library.
    ///
    /// # Errors
    /// [`crate::Error::Model`] if it does not fit this build (a bug).
    pub fn builtin() -> Result<Self> {
        Ok(Self {})
    }

    /// Scores all sentences and picks the summary.
    pub fn summarize(&self, article: &Article, segmentation: &Segmentation, statements: &[Statement], budget: Budget) -> Summary {
        let _ = (article, statements);
        let n = segmentation.sentences.len();
        let scored = (0..n).map(|i| Scored { score: 0.0, rank: i + 1 }).collect();
        let k = match budget {
            Budget::Sentences(k) => k.min(n),
            _ => n.min(3),
        };
        Summary { chosen: (0..k).collect(), scored, warnings: Vec::new() }
    }
}
