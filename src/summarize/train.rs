//! Articles with reference summaries in; the weights of the scorer out.
//!
//! Sentences are labelled by the greedy oracle: those that, added one by one, raise ROUGE-1 + ROUGE-2 F1
//! against the reference most, up to three (Nallapati, Zhai and Zhou 2017). Logistic regression learns to
//! tell them from the rest.

use ndarray::{Array2, ArrayView2, Axis, concatenate};
use rayon::prelude::*;

use super::{
    SummaryModel,
    design::{self, Scale},
    logistic::{self, Problem},
    score::Scorer,
};
use crate::{
    article::Article,
    corpus::summaries::SummarizedArticle,
    error::{Error, Result},
    evaluate::rouge::{self, Stems},
    features::{Context, FeatureMatrix},
    segment::{self, Segmentation},
};

/// Most sentences that the oracle picks.
const ORACLE_SENTENCES: usize = 3;

/// Settings of training.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainOptions {
    /// Name of the model.
    pub name: String,
    /// Penalty λ of λ/2 |w|², the loss being a mean over articles.
    pub l2: f64,
    /// λ of selection: weight of similarity to what is picked against the standardised score.
    pub redundancy: f32,
    /// Weight of an article of each set; 1 where there is none.
    pub article_weights: Vec<f64>,
    /// Share of the weight of an article with a title that goes to a copy of it without, 0 to 1.
    pub without_title: f64,
}

impl Default for TrainOptions {
    fn default() -> Self {
        Self { name: "summary".into(), l2: 0.025, redundancy: 1.0, article_weights: Vec::new(), without_title: 0.2 }
    }
}

/// An article, read.
struct Prepared {
    matrix: FeatureMatrix,
    picked: Vec<bool>,
    /// Weight of the article.
    weight: f64,
}

/// Trains a scorer; the same articles in the same order give the same weights on any machine.
///
/// # Errors
/// [`Error::Data`] if no article has a sentence that shares a word with its reference.
pub fn train(sets: &[Vec<SummarizedArticle>], options: &TrainOptions) -> Result<SummaryModel> {
    let prepared = prepare_sets(sets, options);
    fit(&prepared.iter().map(|(_, it)| it).collect::<Vec<_>>(), options)
}

/// Trains one scorer for each of `folds` folds, without the articles whose number in their set leaves the fold's
/// number as remainder.
///
/// # Errors
/// As [`train`].
pub fn cross_train(sets: &[Vec<SummarizedArticle>], options: &TrainOptions, folds: usize) -> Result<Vec<SummaryModel>> {
    let prepared = prepare_sets(sets, options);
    let of_fold = |fold: usize| {
        let kept = prepared.iter().filter(|(i, _)| i % folds != fold);
        fit(&kept.map(|(_, it)| it).collect::<Vec<_>>(), options)
    };
    (0..folds).map(of_fold).collect()
}

/// The articles of every set with their numbers in it. One with a title stands twice, as it is and without, so that the
/// scorer works where no title is given: without that, it leans on titles wherever it is taught on articles that have them.
fn prepare_sets(sets: &[Vec<SummarizedArticle>], options: &TrainOptions) -> Vec<(usize, Prepared)> {
    let share = options.without_title;
    let views = |it: &SummarizedArticle, weight: f64| match it.article.title {
        Some(_) if share > 0.0 => {
            let untitled = Article { title: None, ..it.article.clone() };
            vec![prepare(it, &it.article, weight * (1.0 - share)), prepare(it, &untitled, weight * share)]
        }
        _ => vec![prepare(it, &it.article, weight)],
    };
    let set = |(number, set): (usize, &Vec<SummarizedArticle>)| -> Vec<(usize, Prepared)> {
        let weight = options.article_weights.get(number).copied().unwrap_or(1.0);
        let views = set.par_iter().enumerate().flat_map_iter(|(i, it)| views(it, weight).into_iter().map(move |view| (i, view)));
        views.collect()
    };
    sets.iter().enumerate().flat_map(set).collect()
}

fn fit(prepared: &[&Prepared], options: &TrainOptions) -> Result<SummaryModel> {
    let prepared: Vec<&Prepared> = prepared.iter().copied().filter(|p| p.picked.contains(&true)).collect();
    if prepared.is_empty() {
        return Err(Error::Data("no article has a sentence in common with its reference summary".into()));
    }
    let stack = |blocks: &[ArrayView2<f32>]| concatenate(Axis(0), blocks).map_err(|e| Error::Data(e.to_string()));
    let raw: Vec<_> = prepared.iter().map(|p| p.matrix.values.view()).collect();
    let scale = Scale::of(stack(&raw)?.view());
    let expanded: Vec<Array2<f32>> = prepared.par_iter().map(|p| design::expand(&p.matrix, &scale)).collect();
    let columns = stack(&expanded.iter().map(Array2::view).collect::<Vec<_>>())?;
    let spread = Scale::of(columns.view());
    let (positive, negative) = row_weights(&prepared);
    let problem = Problem { columns: spread.apply(columns.view()), positive, negative, l2: options.l2 };
    let fitted = logistic::fit(&problem)?;
    // Columns were standardised for the penalty; the stored weights apply to them as they are.
    let weights = spread.deviation.iter().zip(&fitted).map(|(deviation, w)| rounded(w / f64::from(*deviation))).collect();
    Ok(SummaryModel::new(Scorer { name: options.name.clone(), scale, weights, redundancy: options.redundancy }))
}

/// `weight` to six decimals: processors with and without fused multiplication then store the same bytes.
fn rounded(weight: f64) -> f32 {
    ((weight * 1e6).round() / 1e6) as f32
}

fn prepare(example: &SummarizedArticle, article: &Article, weight: f64) -> Prepared {
    let segmentation = segment::segment(&article.text);
    let matrix = Context::new(article, &segmentation, &[]).matrix();
    let mut picked = vec![false; segmentation.sentences.len()];
    for sentence in oracle(&article.text, &segmentation, &example.reference) {
        picked[sentence] = true;
    }
    Prepared { matrix, picked, weight }
}

/// The sentences that the greedy oracle picks for `reference`, in the order of picking.
pub fn oracle(text: &str, segmentation: &Segmentation, reference: &[String]) -> Vec<usize> {
    let mut stems = Stems::default();
    let reference: Vec<u32> = reference.iter().flat_map(|s| stems.read(s)).collect();
    let sentences: Vec<Vec<u32>> = segmentation.sentences.iter().map(|s| stems.read(s.span.of(text))).collect();
    let mut picked: Vec<usize> = Vec::new();
    let mut best = 0.0;
    while picked.len() < ORACLE_SENTENCES {
        let value = |i: usize| {
            let mut with = picked.clone();
            with.push(i);
            with.sort_unstable();
            let summary: Vec<u32> = with.iter().flat_map(|&j| sentences[j].iter().copied()).collect();
            rouge::ngram_overlap(&reference, &summary, 1).f1 + rouge::ngram_overlap(&reference, &summary, 2).f1
        };
        let left = (0..sentences.len()).filter(|i| !picked.contains(i));
        let next = left.map(|i| (value(i), i)).reduce(|a, b| if b.0 > a.0 { b } else { a });
        match next {
            Some((value, i)) if value > best => {
                best = value;
                picked.push(i);
            }
            _ => break,
        }
    }
    picked
}

/// Weights of the rows as picked and as left out: those of an article sum to its weight, the two classes to
/// a half each.
fn row_weights(prepared: &[&Prepared]) -> (Vec<f64>, Vec<f64>) {
    let share = |picked: bool| -> Vec<f64> {
        let rows = prepared.iter().flat_map(|p| p.picked.iter().map(move |it| (*it == picked, p.weight / p.picked.len() as f64)));
        let weights: Vec<f64> = rows.map(|(has, weight)| if has { weight } else { 0.0 }).collect();
        let total: f64 = weights.iter().sum();
        weights.into_iter().map(|w| 0.5 * w / total.max(f64::MIN_POSITIVE)).collect()
    };
    (share(true), share(false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oracle_takes_what_the_reference_has() {
        let text = "The bridge was closed. Nobody was hurt in the storm. Repairs will take a year.";
        let segmentation = segment::segment(text);
        let reference = ["Repairs of the bridge will take a year".to_string(), "The bridge was closed".to_string()];
        let mut picked = oracle(text, &segmentation, &reference);
        picked.sort_unstable();
        assert_eq!(picked, [0, 2]);
        assert!(oracle(text, &segmentation, &[]).is_empty());
    }
}
