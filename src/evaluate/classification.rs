//! Gold labels and predictions in; measures with intervals out.

use serde::{Deserialize, Serialize};

use super::bootstrap::{Estimate, estimates};

/// One text: what it is, and what was said of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Judged {
    /// Index of the main gold label.
    pub gold: usize,
    /// All gold labels but `none`.
    pub gold_set: Vec<usize>,
    /// Index of the predicted main label.
    pub main: usize,
    /// All predicted labels but `none`.
    pub chosen: Vec<usize>,
    /// Probability of each label; empty for a predictor that gives none.
    pub probabilities: Vec<f32>,
    /// Whether the answer was withheld under `--abstain`.
    pub unsure: bool,
}

/// Precision, recall and F1 of one label as main label.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabelScores {
    /// The label.
    pub label: String,
    /// Texts whose main label it is.
    pub texts: usize,
    /// Right answers among those given; 0 if none was given.
    pub precision: Estimate,
    /// Right answers among those due; 0 if none was due.
    pub recall: Estimate,
    /// Harmonic mean of the two.
    pub f1: Estimate,
    /// F1 among all labels given, further ones included.
    pub f1_of_sets: f64,
    /// Precision of the answers that `--abstain` lets through; `None` if it lets none.
    pub precision_when_sure: Option<f64>,
}

/// One bin of the reliability curve.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ReliabilityBin {
    /// Lower edge of the bin; its width is one bin of all.
    pub from: f64,
    /// Answers in it.
    pub texts: usize,
    /// Mean probability of the answers.
    pub confidence: f64,
    /// Share of right answers.
    pub accuracy: f64,
}

/// Everything measured of one predictor on one set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// What was measured: a model, a baseline, a group.
    pub name: String,
    /// Texts.
    pub texts: usize,
    /// Share of right main labels.
    pub accuracy: Estimate,
    /// Mean F1 over the labels.
    pub macro_f1: Estimate,
    /// Matthews correlation of the main labels (Gorodkin 2004).
    pub mcc: Estimate,
    /// Mean negative log-probability of the gold label; `None` without probabilities.
    pub log_loss: Option<Estimate>,
    /// Mean squared distance of the probabilities from the truth, 0 to 2.
    pub brier: Option<Estimate>,
    /// Expected calibration error over [`BINS`] bins of equal width (Naeini et al. 2015).
    pub ece: Option<Estimate>,
    /// The same over bins of equally many texts.
    pub ece_equal_mass: Option<f64>,
    /// What `ece_equal_mass` would be on average if outcomes were drawn from the probabilities themselves.
    pub ece_of_perfect: Option<f64>,
    /// Share of answers that `--abstain` lets through.
    pub coverage: f64,
    /// Each label.
    pub labels: Vec<LabelScores>,
    /// Gold label by predicted label, in the order of `labels`.
    pub confusion: Vec<Vec<usize>>,
    /// Reliability curve; empty without probabilities.
    pub reliability: Vec<ReliabilityBin>,
}

/// Bins of the calibration error.
pub const BINS: usize = 15;

/// A row that can be drawn again and again: gold, answer, and what the probabilities say.
#[derive(Clone, Copy, Debug)]
struct Row {
    gold: usize,
    main: usize,
    log_loss: f64,
    brier: f64,
    confidence: f64,
}

impl Row {
    fn new(judged: &Judged) -> Self {
        let p = &judged.probabilities;
        let of_gold = f64::from(p.get(judged.gold).copied().unwrap_or_default());
        let squares = p.iter().enumerate().map(|(k, &p)| (f64::from(p) - f64::from(u8::from(k == judged.gold))).powi(2)).sum();
        Self {
            gold: judged.gold,
            main: judged.main,
            log_loss: 0.0 - libm::log(of_gold.max(1e-12)),
            brier: squares,
            confidence: f64::from(p.get(judged.main).copied().unwrap_or_default()),
        }
    }
}

/// Measures predictions; `labels` are the names of the indices. Texts without probabilities lack calibration measures.
pub fn evaluate(name: &str, labels: &[String], judged: &[Judged], resamples: usize, seed: u64) -> Evaluation {
    let rows: Vec<Row> = judged.iter().map(Row::new).collect();
    let n = labels.len();
    let occurring = occurring(&rows, n);
    let found = estimates(&rows, resamples, seed, |sample| measures(sample, &occurring));
    let at = |i: usize| found.get(i).copied().unwrap_or_default();
    let has_probabilities = !judged.is_empty() && judged.iter().all(|j| j.probabilities.len() == n);
    let calibrated = |i: usize| has_probabilities.then(|| at(i));
    let sets = |k: usize| f1_of_sets(judged, k);
    let scores = |(k, label): (usize, &String)| LabelScores {
        label: label.clone(),
        texts: rows.iter().filter(|row| row.gold == k).count(),
        precision: at(6 + 3 * k),
        recall: at(7 + 3 * k),
        f1: at(8 + 3 * k),
        f1_of_sets: sets(k),
        precision_when_sure: precision_when_sure(judged, k),
    };
    Evaluation {
        name: name.into(),
        texts: rows.len(),
        accuracy: at(0),
        macro_f1: at(1),
        mcc: at(2),
        log_loss: calibrated(3),
        brier: calibrated(4),
        ece: calibrated(5),
        ece_equal_mass: has_probabilities.then(|| ece_equal_mass(&rows)),
        ece_of_perfect: has_probabilities.then(|| ece_of_perfect(&rows, seed)),
        coverage: ratio(judged.iter().filter(|j| !j.unsure).count(), judged.len()),
        labels: labels.iter().enumerate().map(scores).collect(),
        confusion: confusion(&rows, n),
        reliability: if has_probabilities { reliability(&rows) } else { Vec::new() },
    }
}

fn ratio(a: usize, b: usize) -> f64 {
    if b == 0 { 0.0 } else { a as f64 / b as f64 }
}

fn confusion(rows: &[Row], n: usize) -> Vec<Vec<usize>> {
    let mut counts = vec![vec![0; n]; n];
    for row in rows {
        if let Some(count) = counts.get_mut(row.gold).and_then(|line| line.get_mut(row.main)) {
            *count += 1;
        }
    }
    counts
}

/// Which of `n` labels are gold or given anywhere.
fn occurring(rows: &[Row], n: usize) -> Vec<bool> {
    let mut out = vec![false; n];
    for label in rows.iter().flat_map(|row| [row.gold, row.main]) {
        if let Some(occurs) = out.get_mut(label) {
            *occurs = true;
        }
    }
    out
}

/// Accuracy, macro-F1, MCC, log-loss, Brier score, ECE; then precision, recall and F1 of each label. A label that is
/// `occurring` in the data but not in this sample of them has no scores here (NaN), and does not count in the mean.
fn measures(rows: &[Row], occurring: &[bool]) -> Vec<f64> {
    let n = occurring.len();
    let counts = confusion(rows, n);
    let right = |k: usize| counts[k][k];
    let due = |k: usize| counts[k].iter().sum::<usize>();
    let given = |k: usize| counts.iter().map(|line| line[k]).sum::<usize>();
    let total = rows.len().max(1) as f64;
    let is_missed = |k: usize| occurring[k] && given(k) + due(k) == 0;
    let scores = |k: usize| match is_missed(k) {
        true => [f64::NAN; 3],
        false => [ratio(right(k), given(k)), ratio(right(k), due(k)), ratio(2 * right(k), given(k) + due(k))],
    };
    let of_labels: Vec<[f64; 3]> = (0..n).map(scores).collect();
    let f1: Vec<f64> = of_labels.iter().map(|scores| scores[2]).filter(|f1| !f1.is_nan()).collect();
    let macro_f1 = f1.iter().sum::<f64>() / f1.len().max(1) as f64;
    let mut out = vec![
        (0..n).map(right).sum::<usize>() as f64 / total,
        macro_f1,
        mcc(&counts),
        rows.iter().map(|row| row.log_loss).sum::<f64>() / total,
        rows.iter().map(|row| row.brier).sum::<f64>() / total,
        reliability(rows).iter().map(|bin| bin.texts as f64 * (bin.confidence - bin.accuracy).abs()).sum::<f64>() / total,
    ];
    out.extend(of_labels.into_iter().flatten());
    out
}

/// Matthews correlation coefficient of a confusion matrix; 0 where it is not defined.
fn mcc(counts: &[Vec<usize>]) -> f64 {
    let n = counts.len();
    let due: Vec<f64> = counts.iter().map(|line| line.iter().sum::<usize>() as f64).collect();
    let given: Vec<f64> = (0..n).map(|k| counts.iter().map(|line| line[k]).sum::<usize>() as f64).collect();
    let total: f64 = due.iter().sum();
    let right: f64 = (0..n).map(|k| counts[k][k] as f64).sum();
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    let spread = (total * total - dot(&given, &given)) * (total * total - dot(&due, &due));
    if spread <= 0.0 { 0.0 } else { (right * total - dot(&due, &given)) / spread.sqrt() }
}

fn reliability(rows: &[Row]) -> Vec<ReliabilityBin> {
    let mut bins = vec![ReliabilityBin::default(); BINS];
    for row in rows {
        let at = ((row.confidence * BINS as f64) as usize).min(BINS - 1);
        bins[at].texts += 1;
        bins[at].confidence += row.confidence;
        bins[at].accuracy += f64::from(u8::from(row.gold == row.main));
    }
    for (number, bin) in bins.iter_mut().enumerate() {
        bin.from = number as f64 / BINS as f64;
        bin.confidence /= bin.texts.max(1) as f64;
        bin.accuracy /= bin.texts.max(1) as f64;
    }
    bins
}

fn ece_equal_mass(rows: &[Row]) -> f64 {
    let mut answers: Vec<(f64, f64)> = rows.iter().map(|r| (r.confidence, f64::from(u8::from(r.gold == r.main)))).collect();
    answers.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    binned_error(&answers)
}

fn binned_error(sorted: &[(f64, f64)]) -> f64 {
    let size = (sorted.len() / BINS).max(1);
    let error = |bin: &[(f64, f64)]| bin.iter().map(|(p, hit)| p - hit).sum::<f64>().abs();
    sorted.chunks(size).map(error).sum::<f64>() / sorted.len().max(1) as f64
}

/// Draws of outcomes behind [`Evaluation::ece_of_perfect`].
const DRAWS: usize = 50;

fn ece_of_perfect(rows: &[Row], seed: u64) -> f64 {
    let mut random = super::bootstrap::Random::new(seed);
    let mut confidences: Vec<f64> = rows.iter().map(|row| row.confidence).collect();
    confidences.sort_by(f64::total_cmp);
    let mut draw = |&p: &f64| (p, f64::from(u8::from((random.draw() >> 11) as f64 / (1u64 << 53) as f64 <= p)));
    (0..DRAWS).map(|_| binned_error(&confidences.iter().map(&mut draw).collect::<Vec<_>>())).sum::<f64>() / DRAWS as f64
}

fn f1_of_sets(judged: &[Judged], label: usize) -> f64 {
    let gold = judged.iter().filter(|j| j.gold_set.contains(&label)).count();
    let given = judged.iter().filter(|j| j.chosen.contains(&label)).count();
    let both = judged.iter().filter(|j| j.gold_set.contains(&label) && j.chosen.contains(&label)).count();
    ratio(2 * both, gold + given)
}

fn precision_when_sure(judged: &[Judged], label: usize) -> Option<f64> {
    let given = judged.iter().filter(|j| !j.unsure && j.main == label).count();
    let right = judged.iter().filter(|j| !j.unsure && j.main == label && j.gold == label).count();
    (given > 0).then(|| ratio(right, given))
}

/// A paired comparison of two predictors on the same texts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Texts that only the first has right.
    pub only_first: usize,
    /// Texts that only the second has right.
    pub only_second: usize,
    /// Probability of so unequal counts if both were equally good (McNemar 1947, exact).
    pub p_value: f64,
    /// Macro-F1 of the first less that of the second.
    pub macro_f1_difference: Estimate,
}

/// Compares two predictors on the same texts, in the same order.
pub fn compare(first: &[Judged], second: &[Judged], n_labels: usize, resamples: usize, seed: u64) -> Comparison {
    let pairs: Vec<(Row, Row)> = first.iter().zip(second).map(|(a, b)| (Row::new(a), Row::new(b))).collect();
    let right = |row: &Row| row.gold == row.main;
    let only_first = pairs.iter().filter(|(a, b)| right(a) && !right(b)).count();
    let only_second = pairs.iter().filter(|(a, b)| right(b) && !right(a)).count();
    let both: Vec<Row> = pairs.iter().flat_map(|&(a, b)| [a, b]).collect();
    let occurring = occurring(&both, n_labels);
    let difference = estimates(&pairs, resamples, seed, |sample| {
        let of = |pick: fn(&(Row, Row)) -> Row| measures(&sample.iter().map(pick).collect::<Vec<_>>(), &occurring)[1];
        vec![of(|pair| pair.0) - of(|pair| pair.1)]
    });
    let macro_f1_difference = difference.first().copied().unwrap_or_default();
    Comparison { only_first, only_second, p_value: mcnemar(only_first, only_second), macro_f1_difference }
}

/// Two-sided exact binomial test of `a` against `b` at even odds.
fn mcnemar(a: usize, b: usize) -> f64 {
    let (n, k) = ((a + b) as f64, a.min(b));
    let log_choose = |i: usize| libm::lgamma(n + 1.0) - libm::lgamma(i as f64 + 1.0) - libm::lgamma(n - i as f64 + 1.0);
    let tail: f64 = (0..=k).map(|i| libm::exp(log_choose(i) - n * std::f64::consts::LN_2)).sum();
    (2.0 * tail).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(gold: usize, p: [f32; 3]) -> Judged {
        let main = (0..3).fold(0, |best, k| if p[k] > p[best] { k } else { best });
        let set = |k: usize| if k == 2 { vec![] } else { vec![k] };
        Judged { gold, gold_set: set(gold), main, chosen: set(main), probabilities: p.to_vec(), unsure: p[main] < 0.6 }
    }

    fn names() -> Vec<String> {
        ["a", "b", "c"].map(String::from).to_vec()
    }

    #[test]
    fn measures_of_four_texts() {
        let set =
            [judged(0, [0.8, 0.1, 0.1]), judged(0, [0.2, 0.5, 0.3]), judged(1, [0.1, 0.9, 0.0]), judged(1, [0.1, 0.7, 0.2])];
        let found = evaluate("x", &names(), &set, 100, 1);
        assert_eq!(found.accuracy.value, 0.75);
        // F1 of a: 2·1/(1+2) = 2/3; of b: 2·2/(3+2) = 4/5; c is absent and counts 0.
        assert!((found.macro_f1.value - (2.0 / 3.0 + 0.8) / 3.0).abs() < 1e-12);
        assert_eq!(found.confusion, [[1, 1, 0], [0, 2, 0], [0, 0, 0]]);
        // scikit-learn's matthews_corrcoef([0,0,1,1], [0,1,1,1]) is 0.5773502691896258
        assert!((found.mcc.value - 0.577_350_269_189_625_8).abs() < 1e-12);
        let expected = -(0.8f64.ln() + 0.2f64.ln() + 0.9f64.ln() + 0.7f64.ln()) / 4.0;
        assert!((found.log_loss.unwrap().value - expected).abs() < 1e-6);
        // |0.8-1| + |0.5-0| + |0.9-1| + |0.7-1|, each alone in its bin.
        assert!((found.ece.unwrap().value - (0.2 + 0.5 + 0.1 + 0.3) / 4.0).abs() < 1e-6);
        assert_eq!(found.coverage, 0.75);
        assert_eq!(found.labels[1].precision_when_sure, Some(1.0));
        assert_eq!(found.labels[2].precision_when_sure, None);
    }

    #[test]
    fn rare_labels_do_not_pull_intervals_below_the_measure() {
        let labels: Vec<String> = (0..60).map(|k| format!("l{k}")).collect();
        let all: Vec<Judged> = (0..120).map(|i| Judged { gold: i % 60, main: i % 60, ..Judged::default() }).collect();
        let found = evaluate("x", &labels, &all, 50, 1);
        assert_eq!((found.macro_f1.low, found.macro_f1.value, found.macro_f1.high), (1.0, 1.0, 1.0));
        assert!(found.labels.iter().all(|l| l.f1.low == 1.0 && l.f1.value == 1.0));
    }

    #[test]
    fn nothing_gives_zeros_not_nan() {
        let found = evaluate("x", &names(), &[], 10, 1);
        assert_eq!((found.accuracy.value, found.macro_f1.value, found.mcc.value), (0.0, 0.0, 0.0));
        assert_eq!(found.log_loss, None);
    }

    #[test]
    fn mcnemar_is_the_binomial_test() {
        // scipy.stats.binomtest(2, 10).pvalue
        assert!((mcnemar(2, 8) - 0.109_375).abs() < 1e-9);
        assert_eq!(mcnemar(0, 0), 1.0);
        assert_eq!(mcnemar(5, 5), 1.0);
    }
}
