//! The page of a measured classifier.

use askama::Template;

use super::{
    Evidence, SCRIPT, STYLE, bar_class,
    chart::{Share, thousands},
    hundredths,
    label::{Label, looks},
    percent, sealed, signed,
};
use crate::{
    error::Result,
    evaluate::{
        bootstrap::Estimate,
        classification::{Evaluation, Judged, LabelScores, ReliabilityBin},
    },
    report::{PROGRAM, rounded},
};

/// More labels than this make no matrix that can be read; the commonest mistakes are listed alone.
const MOST_IN_MATRIX: usize = 16;
/// Mistakes that are listed.
const N_MISTAKES: usize = 12;
/// Steps of shade in the matrix.
const SHADES: f64 = 10.0;

/// What was measured.
#[derive(Clone, Debug)]
pub struct Measured<'e> {
    /// Identifier of the model.
    pub model: &'e str,
    /// What the texts are, for the page's title.
    pub title: &'e str,
    /// The model on all texts.
    pub overall: &'e Evaluation,
    /// Simple predictors and other models on the same texts.
    pub beside: Vec<&'e Evaluation>,
    /// The model on groups of the texts.
    pub groups: &'e [Evaluation],
    /// The wrong answers that the model was surest of.
    pub errors: Vec<WorstError>,
}

/// A wrong answer.
#[derive(Clone, Debug, PartialEq)]
pub struct WorstError {
    /// Where the text stands.
    pub place: String,
    /// The text.
    pub text: String,
    /// Number of its label.
    pub gold: usize,
    /// Number of the answer.
    pub answer: usize,
    /// Probability of each label.
    pub probabilities: Vec<f32>,
    /// What spoke for the answer.
    pub evidence: Evidence,
}

/// The numbers of at most `n` wrong answers, the surest first; of equal ones the first.
pub fn worst(judged: &[Judged], n: usize) -> Vec<usize> {
    let sure = |at: usize| judged.get(at).and_then(|j| j.probabilities.get(j.main)).copied().unwrap_or(0.0);
    let mut wrong: Vec<usize> = (0..judged.len()).filter(|&at| judged.get(at).is_some_and(|j| j.main != j.gold)).collect();
    wrong.sort_by(|&a, &b| sure(b).total_cmp(&sure(a)).then(a.cmp(&b)));
    wrong.truncate(n);
    wrong
}

/// The page of `measured` as one HTML document without anything to load.
///
/// # Errors
/// [`crate::Error::Data`] if the page cannot be put together (a bug).
pub fn evaluation(measured: &Measured<'_>) -> Result<String> {
    let names: Vec<String> = measured.overall.labels.iter().map(|scores| scores.label.clone()).collect();
    let looks = looks(&names);
    let page = Page::new(measured, &looks);
    sealed(|nonce| EvaluationPage { nonce, page: &page }.render())
}

#[derive(Template)]
#[template(path = "evaluation.html")]
struct EvaluationPage<'p> {
    nonce: &'p str,
    page: &'p Page<'p>,
}

struct Page<'e> {
    measured: &'e Measured<'e>,
    n_texts: String,
    /// The model first, then what stands beside it.
    compared: Vec<&'e Evaluation>,
    labels: Vec<(&'e Label, &'e LabelScores)>,
    matrix: Vec<MatrixLine<'e>>,
    mistakes: Vec<Mistake<'e>>,
    bins: Vec<Bin>,
    errors: Vec<ErrorRow<'e>>,
}

struct MatrixLine<'e> {
    look: &'e Label,
    total: usize,
    cells: Vec<Cell>,
}

struct Cell {
    count: usize,
    share: Share,
    shade: u32,
    right: bool,
}

struct Mistake<'e> {
    gold: &'e Label,
    answer: &'e Label,
    count: usize,
    share: Share,
}

/// A bin of the reliability diagram, in units of the plot (0 to 100, downwards).
struct Bin {
    name: String,
    texts: usize,
    stated: f64,
    right: Share,
    x: f64,
    y: f64,
    top: f64,
    bottom: f64,
    radius: f64,
}

struct ErrorRow<'e> {
    error: &'e WorstError,
    gold: &'e Label,
    answer: &'e Label,
    sure: String,
    heaviest: f64,
}

impl<'e> Page<'e> {
    fn new(measured: &'e Measured<'e>, looks: &'e [Label]) -> Self {
        let overall = measured.overall;
        let matrix = if looks.len() <= MOST_IN_MATRIX { matrix(overall, looks) } else { Vec::new() };
        Self {
            measured,
            n_texts: thousands(overall.texts as u64),
            compared: std::iter::once(overall).chain(measured.beside.iter().copied()).collect(),
            labels: looks.iter().zip(&overall.labels).collect(),
            matrix,
            mistakes: mistakes(overall, looks),
            bins: overall.reliability.iter().filter(|bin| bin.texts > 0).map(|bin| plotted(bin, overall)).collect(),
            errors: measured.errors.iter().filter_map(|error| error_row(error, looks)).collect(),
        }
    }
}

fn matrix<'e>(overall: &Evaluation, looks: &'e [Label]) -> Vec<MatrixLine<'e>> {
    let line = |(gold, (look, counts)): (usize, (&'e Label, &Vec<usize>))| {
        let total: usize = counts.iter().sum();
        let cell = |(answer, &count): (usize, &usize)| {
            let share = Share::new(count as u64, total as u64);
            Cell { count, share, shade: (share.value * SHADES).round() as u32, right: answer == gold }
        };
        MatrixLine { look, total, cells: counts.iter().enumerate().map(cell).collect() }
    };
    looks.iter().zip(&overall.confusion).enumerate().map(line).collect()
}

/// The commonest wrong answers, by count, then in the order of the labels.
fn mistakes<'e>(overall: &Evaluation, looks: &'e [Label]) -> Vec<Mistake<'e>> {
    let mut all: Vec<Mistake<'e>> = Vec::new();
    for (gold, counts) in looks.iter().zip(&overall.confusion) {
        let total: usize = counts.iter().sum();
        for (answer, &count) in looks.iter().zip(counts) {
            if gold != answer && count > 0 {
                all.push(Mistake { gold, answer, count, share: Share::new(count as u64, total as u64) });
            }
        }
    }
    all.sort_by_key(|mistake| std::cmp::Reverse(mistake.count));
    all.truncate(N_MISTAKES);
    all
}

fn plotted(bin: &ReliabilityBin, overall: &Evaluation) -> Bin {
    let right = Share::new((bin.accuracy * bin.texts as f64).round() as u64, bin.texts as u64);
    let down = |share: f64| two_decimals(100.0 * (1.0 - share));
    Bin {
        name: format!("from {:.2}", bin.from),
        texts: bin.texts,
        stated: bin.confidence,
        right,
        x: two_decimals(100.0 * bin.confidence),
        y: down(bin.accuracy),
        top: down(right.high),
        bottom: down(right.low),
        radius: two_decimals(1.0 + 5.0 * (bin.texts as f64 / overall.texts.max(1) as f64).sqrt()),
    }
}

fn two_decimals(x: f64) -> f64 {
    (100.0 * x).round() / 100.0
}

fn error_row<'e>(error: &'e WorstError, looks: &'e [Label]) -> Option<ErrorRow<'e>> {
    Some(ErrorRow {
        error,
        gold: looks.get(error.gold)?,
        answer: looks.get(error.answer)?,
        sure: percent(error.probabilities.get(error.answer).map_or(0.0, |&p| rounded(p))),
        heaviest: error.evidence.iter().map(|c| c.weight.abs()).fold(f64::MIN_POSITIVE, f64::max),
    })
}

/// "0.712"
fn plain(estimate: &Estimate) -> String {
    format!("{:.3}", estimate.value)
}

/// "0.690–0.734"
fn range(estimate: &Estimate) -> String {
    format!("{:.3}–{:.3}", estimate.low, estimate.high)
}

fn count(n: &usize) -> String {
    thousands(*n as u64)
}

fn optional(estimate: &Option<Estimate>) -> String {
    estimate.as_ref().map_or_else(|| "–".to_owned(), plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_surest_mistakes_come_first() {
        let judged = |gold: usize, p: f32| Judged { gold, main: 0, probabilities: vec![p, 1.0 - p], ..Judged::default() };
        let all = [judged(1, 0.6), judged(0, 0.9), judged(1, 0.8), judged(1, 0.8), judged(1, 0.7)];
        assert_eq!(worst(&all, 3), [2, 3, 4]);
        assert_eq!(worst(&all[1..2], 3), [0usize; 0]);
    }
}
