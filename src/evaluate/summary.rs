//! Summaries against references: ROUGE of the model beside lead, random and the greedy oracle, at equal length.

use rayon::prelude::*;

use super::{
    bootstrap::{self, Estimate, Random},
    rouge,
};
use crate::{
    corpus::summaries::SummarizedArticle,
    segment::{self, Segmentation},
    statement,
    summarize::{Budget, SummaryModel, train},
};

/// Resamples of the bootstrap.
const RESAMPLES: usize = 1000;
/// Budgets where the record gives none.
const DEFAULT_SENTENCES: usize = 3;
const DEFAULT_WORDS: usize = 60;

/// To which length summaries are cut before they are compared: longer ones have more words in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// So many sentences; `None` is what the record says, or 3.
    Sentences(Option<usize>),
    /// So many words: sentences by rank up to the one that crosses the limit, put in reading order, then cut;
    /// `None` is what the record says, or 60.
    Words(Option<usize>),
}

/// How one way of picking sentences did. Measures are means over articles, 0 to 100.
#[derive(Clone, Debug, PartialEq)]
pub struct System {
    /// `model`, `lead`, `random` or `oracle`.
    pub name: &'static str,
    /// F1 of ROUGE-1, ROUGE-2, ROUGE-L, ROUGE-Lsum.
    pub rouge: [Estimate; 4],
    /// Mean of ROUGE-1, -2 and -L less that of lead.
    pub over_lead: Estimate,
}

/// A measured model.
#[derive(Clone, Debug, PartialEq)]
pub struct SummaryEvaluation {
    /// Number of articles.
    pub n_articles: usize,
    /// The model first, then lead, random and oracle.
    pub systems: Vec<System>,
}

/// Names of the systems in order.
const SYSTEMS: [&str; 4] = ["model", "lead", "random", "oracle"];

/// ROUGE-1, -2, -L, -Lsum F1 of each system on one article.
type Scores = [[f64; 4]; 4];

/// Measures `model` on `articles`; articles without a sentence or reference score 0.
pub fn evaluate(model: &SummaryModel, articles: &[SummarizedArticle], cut: Cut, seed: u64) -> SummaryEvaluation {
    let scores: Vec<Scores> = articles.par_iter().enumerate().map(|(i, it)| score(model, it, cut, seed ^ i as u64)).collect();
    summarise(&scores, seed)
}

/// Measures by cross-validation: articles whose number leaves the same remainder by `folds` are scored by a
/// model trained on the others.
///
/// # Errors
/// As [`train::train`].
pub fn cross_validate(
    sets: &[Vec<SummarizedArticle>],
    options: &train::TrainOptions,
    folds: usize,
    cut: Cut,
    seed: u64,
) -> crate::Result<Vec<SummaryEvaluation>> {
    let mut scores: Vec<Vec<Scores>> = sets.iter().map(|set| vec![Scores::default(); set.len()]).collect();
    for fold in 0..folds {
        let kept = |set: &Vec<SummarizedArticle>| -> Vec<SummarizedArticle> {
            set.iter().enumerate().filter(|(i, _)| i % folds != fold).map(|(_, it)| it.clone()).collect()
        };
        let model = train::train(&sets.iter().map(kept).collect::<Vec<_>>(), options)?;
        for (set, scores) in sets.iter().zip(&mut scores) {
            scores.par_iter_mut().enumerate().filter(|(i, _)| i % folds == fold).for_each(|(i, it)| {
                *it = score(&model, &set[i], cut, seed ^ i as u64);
            });
        }
    }
    Ok(scores.iter().map(|set| summarise(set, seed)).collect())
}

fn score(model: &SummaryModel, it: &SummarizedArticle, cut: Cut, seed: u64) -> Scores {
    let segmentation = segment::segment(&it.article.text);
    let statements = statement::extract(&it.article.text, &segmentation);
    let n = segmentation.sentences.len();
    let summary = model.summarize(&it.article, &segmentation, &statements, Budget::default());
    let mut by_rank: Vec<usize> = (0..n).collect();
    by_rank.sort_by_key(|&i| summary.scored[i].rank);
    let oracle = train::oracle(&it.article.text, &segmentation, &it.reference);
    let orders = [by_rank, (0..n).collect(), shuffled(n, seed), completed(oracle, n)];
    orders.map(|order| {
        let taken = take(&it.article.text, &segmentation, &order, limit(it, cut));
        let found = rouge::rouge(&it.reference, &taken);
        [found.one.f1, found.two.f1, found.l.f1, found.l_sum.f1].map(|f1| 100.0 * f1)
    })
}

fn limit(it: &SummarizedArticle, cut: Cut) -> Cut {
    match cut {
        Cut::Sentences(n) => Cut::Sentences(Some(n.or(it.sentences).unwrap_or(DEFAULT_SENTENCES))),
        Cut::Words(n) => Cut::Words(Some(n.or(it.words).unwrap_or(DEFAULT_WORDS))),
    }
}

/// The picked sentences in reading order, then the others.
fn completed(mut picked: Vec<usize>, n: usize) -> Vec<usize> {
    let others: Vec<usize> = (0..n).filter(|i| !picked.contains(i)).collect();
    picked.extend(others);
    picked
}

/// Fisher and Yates's shuffle.
fn shuffled(n: usize, seed: u64) -> Vec<usize> {
    let mut random = Random::new(seed);
    let mut order: Vec<usize> = (0..n).collect();
    (1..n).rev().for_each(|i| order.swap(i, random.below(i + 1)));
    order
}

/// The sentences that `cut` takes from `order`, in reading order, the last one cut short at a limit of words.
fn take(text: &str, segmentation: &Segmentation, order: &[usize], cut: Cut) -> Vec<String> {
    let sentence = |i: usize| segmentation.sentences.get(i).map_or("", |s| s.span.of(text));
    let mut taken = Vec::new();
    let mut words = 0;
    for &i in order {
        let full = match cut {
            Cut::Sentences(n) => taken.len() >= n.unwrap_or(DEFAULT_SENTENCES),
            Cut::Words(n) => words >= n.unwrap_or(DEFAULT_WORDS),
        };
        if full {
            break;
        }
        words += sentence(i).split_whitespace().count();
        taken.push(i);
    }
    taken.sort_unstable();
    let mut left = match cut {
        Cut::Sentences(_) => usize::MAX,
        Cut::Words(n) => n.unwrap_or(DEFAULT_WORDS),
    };
    let shortened = taken.into_iter().map(|i| {
        let words: Vec<&str> = sentence(i).split_whitespace().take(left).collect();
        left -= words.len();
        words.join(" ")
    });
    shortened.filter(|s| !s.is_empty()).collect()
}

fn summarise(scores: &[Scores], seed: u64) -> SummaryEvaluation {
    let systems = (0..SYSTEMS.len()).map(|s| {
        let lead = 1;
        let rows: Vec<[f64; 5]> = scores
            .iter()
            .map(|it| {
                let mean = |r: [f64; 4]| (r[0] + r[1] + r[2]) / 3.0;
                let [one, two, l, l_sum] = it[s];
                [one, two, l, l_sum, mean(it[s]) - mean(it[lead])]
            })
            .collect();
        let found = bootstrap::estimates(&rows, RESAMPLES, seed, means);
        let at = |i: usize| found.get(i).copied().unwrap_or_default();
        System { name: SYSTEMS[s], rouge: [at(0), at(1), at(2), at(3)], over_lead: at(4) }
    });
    SummaryEvaluation { n_articles: scores.len(), systems: systems.collect() }
}

fn means(rows: &[[f64; 5]]) -> Vec<f64> {
    let n = rows.len().max(1) as f64;
    (0..5).map(|i| rows.iter().map(|row| row[i]).sum::<f64>() / n).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Article;

    #[test]
    fn words_are_cut_in_reading_order() {
        let text = "One two three. Four five. Six seven eight nine.";
        let segmentation = segment::segment(text);
        assert_eq!(take(text, &segmentation, &[2, 0, 1], Cut::Words(Some(6))), ["One two three.", "Six seven eight"]);
        assert_eq!(take(text, &segmentation, &[2, 0, 1], Cut::Words(Some(4))), ["Six seven eight nine."]);
        assert_eq!(take(text, &segmentation, &[2, 0, 1], Cut::Sentences(Some(2))), ["One two three.", "Six seven eight nine."]);
    }

    #[test]
    fn baselines_stand_beside_the_model() {
        let text = "The bridge was closed. Nobody was hurt in the storm. Repairs will take a year. It rained.";
        let it = SummarizedArticle {
            article: Article::from_text(text),
            reference: vec!["Repairs will take a year".into()],
            ..SummarizedArticle::default()
        };
        let found = evaluate(&SummaryModel::builtin().unwrap(), &[it], Cut::Sentences(Some(1)), 1);
        assert_eq!(found.systems.iter().map(|s| s.name).collect::<Vec<_>>(), SYSTEMS);
        assert_eq!(found.systems[3].rouge[0].value, 100.0);
        assert_eq!(found.systems[1].over_lead.value, 0.0);
        assert!(found.systems[1].rouge[0].value < 50.0);
    }

    #[test]
    fn shuffling_is_a_permutation_by_seed() {
        let mut order = shuffled(50, 3);
        assert_eq!(order, shuffled(50, 3));
        assert_ne!(order, shuffled(50, 4));
        order.sort_unstable();
        assert_eq!(order, (0..50).collect::<Vec<_>>());
    }
}
