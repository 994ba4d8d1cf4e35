//! Summaries against references: ROUGE of the model beside lead, random and the greedy oracle, at equal length.

use rayon::prelude::*;
use serde::{Serialize, Serializer};

use super::{
    bootstrap::{self, Estimate, Random},
    rouge,
};
use crate::{
    article::Article,
    corpus::summaries::SummarizedArticle,
    segment::{self, Segmentation},
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
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct System {
    /// `model`, `lead`, `random` or `oracle`.
    pub name: &'static str,
    /// F1 of ROUGE-1, ROUGE-2, ROUGE-L, ROUGE-Lsum.
    #[serde(flatten, serialize_with = "by_name")]
    pub rouge: [Estimate; 4],
    /// Mean of ROUGE-1, -2 and -L less that of lead.
    pub over_lead: Estimate,
}

fn by_name<S: Serializer>(rouge: &[Estimate; 4], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(["rouge_1", "rouge_2", "rouge_l", "rouge_lsum"].into_iter().zip(rouge))
}

/// A measured model.
#[derive(Clone, Debug, PartialEq, Serialize)]
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

/// The sentences of an article in the order in which a model takes them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ranking {
    /// The article's sentences.
    pub segmentation: Segmentation,
    /// Their numbers, the first to be taken first.
    pub order: Vec<usize>,
}

impl Ranking {
    fn new(model: &SummaryModel, article: &Article) -> Self {
        let segmentation = segment::segment(&article.text);
        let summary = model.summarize(article, &segmentation, &[], Budget::default());
        let mut order: Vec<usize> = (0..segmentation.sentences.len()).collect();
        order.sort_by_key(|&i| summary.scored[i].rank);
        Self { segmentation, order }
    }
}

/// The order in which `model` takes the sentences of each article.
pub fn rank(model: &SummaryModel, articles: &[SummarizedArticle]) -> Vec<Ranking> {
    articles.par_iter().map(|it| Ranking::new(model, &it.article)).collect()
}

/// As [`rank`] by cross-validation: articles whose number leaves the same remainder by `folds` are ranked by a model
/// trained on the others. One list for each set.
///
/// # Errors
/// As [`train::train`].
pub fn cross_rank(
    sets: &[Vec<SummarizedArticle>],
    options: &train::TrainOptions,
    folds: usize,
) -> crate::Result<Vec<Vec<Ranking>>> {
    let models = train::cross_train(sets, options, folds)?;
    let rank_one = |(i, it): (usize, &SummarizedArticle)| models.get(i % folds).map(|model| Ranking::new(model, &it.article));
    Ok(sets.iter().map(|set| set.par_iter().enumerate().filter_map(rank_one).collect()).collect())
}

/// Measures `model` on `articles`; articles without a sentence or reference score 0.
pub fn evaluate(model: &SummaryModel, articles: &[SummarizedArticle], cut: Cut, seed: u64) -> SummaryEvaluation {
    measure(articles, &rank(model, articles), cut, seed)
}

/// Measures the order of the sentences of each article, beside lead, random and the greedy oracle.
pub fn measure(articles: &[SummarizedArticle], rankings: &[Ranking], cut: Cut, seed: u64) -> SummaryEvaluation {
    let pairs = articles.par_iter().zip(rankings).enumerate();
    let scores: Vec<Scores> = pairs.map(|(i, (it, ranking))| score(it, ranking, cut, seed ^ i as u64)).collect();
    summarise(&scores, seed)
}

/// What `ranking` takes of an article for a summary of the length `cut`: sentences by rank up to and including the
/// one that reaches it, whole and in reading order.
pub fn taken<'a>(it: &'a SummarizedArticle, ranking: &Ranking, cut: Cut) -> Vec<&'a str> {
    let text = &it.article.text;
    let numbers = take(text, &ranking.segmentation, &ranking.order, limit(it, cut));
    numbers.into_iter().map(|i| sentence(text, &ranking.segmentation, i)).collect()
}

fn score(it: &SummarizedArticle, ranking: &Ranking, cut: Cut, seed: u64) -> Scores {
    let Ranking { segmentation, order } = ranking;
    let n = segmentation.sentences.len();
    let oracle = train::oracle(&it.article.text, segmentation, &it.reference);
    let orders = [order.clone(), (0..n).collect(), shuffled(n, seed), completed(oracle, n)];
    orders.map(|order| {
        let limit = limit(it, cut);
        let taken = take(&it.article.text, segmentation, &order, limit);
        let cut = shortened(taken.into_iter().map(|i| sentence(&it.article.text, segmentation, i)), limit);
        let found = rouge::rouge(&it.reference, &cut);
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

fn sentence<'t>(text: &'t str, segmentation: &Segmentation, i: usize) -> &'t str {
    segmentation.sentences.get(i).map_or("", |s| s.span.of(text))
}

/// The sentences of `order` up to the one that reaches `cut`, in reading order.
fn take(text: &str, segmentation: &Segmentation, order: &[usize], cut: Cut) -> Vec<usize> {
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
        words += sentence(text, segmentation, i).split_whitespace().count();
        taken.push(i);
    }
    taken.sort_unstable();
    taken
}

/// The sentences, cut short at a limit of words.
fn shortened<'t>(sentences: impl Iterator<Item = &'t str>, cut: Cut) -> Vec<String> {
    let mut left = match cut {
        Cut::Sentences(_) => usize::MAX,
        Cut::Words(n) => n.unwrap_or(DEFAULT_WORDS),
    };
    let shortened = sentences.map(|sentence| {
        let words: Vec<&str> = sentence.split_whitespace().take(left).collect();
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

    #[test]
    fn words_are_cut_in_reading_order() {
        let text = "One two three. Four five. Six seven eight nine.";
        let segmentation = segment::segment(text);
        let cut = |cut: Cut| {
            let taken = take(text, &segmentation, &[2, 0, 1], cut);
            shortened(taken.into_iter().map(|i| sentence(text, &segmentation, i)), cut)
        };
        assert_eq!(cut(Cut::Words(Some(6))), ["One two three.", "Six seven eight"]);
        assert_eq!(cut(Cut::Words(Some(4))), ["Six seven eight nine."]);
        assert_eq!(cut(Cut::Sentences(Some(2))), ["One two three.", "Six seven eight nine."]);
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
