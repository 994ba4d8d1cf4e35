//! Held-out logits in; temperature and thresholds out.

use super::Example;
use crate::stance::softmax::softmax;

/// What is fitted on held-out folds.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration {
    /// Logits are divided by it.
    pub temperature: f32,
    /// Probability from which a label is given beside the main one.
    pub thresholds: Vec<f32>,
    /// Probability of the main label below which the answer is unsure.
    pub abstain: Vec<f32>,
}

/// A threshold that no probability reaches.
const NEVER: f32 = 1.1;
/// Fewest held-out answers on which a precision is judged.
const MIN_ANSWERS: usize = 20;

impl Calibration {
    /// No calibration: temperature 1, no further labels, never unsure.
    pub(super) fn none(n_labels: usize) -> Self {
        Self { temperature: 1.0, thresholds: vec![NEVER; n_labels], abstain: vec![0.0; n_labels] }
    }

    /// Fits all on the examples `judged`. `logits` is `(n_examples, n_labels)`.
    pub(super) fn fit(
        logits: &[f32],
        judged: &[usize],
        examples: &[Example],
        n: usize,
        none: Option<usize>,
        precision: f32,
    ) -> Self {
        let temperature = temperature(logits, judged, examples, n);
        let rows: Vec<(Vec<f32>, &Example)> = judged
            .iter()
            .map(|&i| {
                let mut p: Vec<f32> = logits[i * n..(i + 1) * n].iter().map(|z| z / temperature).collect();
                softmax(&mut p);
                (p, &examples[i])
            })
            .collect();
        let has_several = rows.iter().any(|(_, e)| e.labels.len() > 1);
        let further = |label| if has_several && Some(label) != none { further_threshold(&rows, label, none) } else { NEVER };
        Self {
            temperature,
            thresholds: (0..n).map(further).collect(),
            abstain: (0..n).map(|label| abstain_threshold(&rows, label, precision)).collect(),
        }
    }
}

/// Mean log-loss of the main labels at the best temperature.
pub(super) fn calibrated_loss(logits: &[f32], judged: &[usize], examples: &[Example], n: usize) -> f64 {
    loss_at(logits, judged, examples, n, temperature(logits, judged, examples, n))
}

fn loss_at(logits: &[f32], judged: &[usize], examples: &[Example], n: usize, temperature: f32) -> f64 {
    let mut sum = 0.0f64;
    for &i in judged {
        let row = &logits[i * n..(i + 1) * n];
        let top = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let total: f64 = row.iter().map(|&z| libm::exp(f64::from((z - top) / temperature))).sum();
        sum += libm::log(total) - f64::from((row[examples[i].main()] - top) / temperature);
    }
    sum / judged.len().max(1) as f64
}

/// The temperature of least log-loss, by golden section over its logarithm (the loss is convex in 1/T).
fn temperature(logits: &[f32], judged: &[usize], examples: &[Example], n: usize) -> f32 {
    let at = |x: f64| loss_at(logits, judged, examples, n, libm::exp(x) as f32);
    let (mut low, mut high) = (-2.5f64, 2.5f64);
    for _ in 0..GOLDEN_STEPS {
        let (a, b) = (high - GOLDEN * (high - low), low + GOLDEN * (high - low));
        if at(a) < at(b) { high = b } else { low = a }
    }
    // Rounded: the stored figure is then the one that is used.
    (libm::exp((low + high) / 2.0) as f32 * 1000.0).round() / 1000.0
}

const GOLDEN: f64 = 0.618_033_988_749_895;
const GOLDEN_STEPS: usize = 24;

/// The threshold at which giving `label` beside the main one has the best F1 among all labels given.
fn further_threshold(rows: &[(Vec<f32>, &Example)], label: usize, none: Option<usize>) -> f32 {
    let f1 = |threshold: f32| {
        let (mut both, mut either) = (0usize, 0usize);
        for (p, example) in rows {
            let main = (0..p.len()).fold(0, |best, k| if p[k] > p[best] { k } else { best });
            let given = main == label || (Some(main) != none && p[label] >= threshold);
            let gold = example.labels.contains(&label);
            both += usize::from(given && gold);
            either += usize::from(given) + usize::from(gold);
        }
        2 * both * 100_000 / either.max(1)
    };
    let steps = (2..=10).map(|step| step as f32 * 0.05);
    steps.fold((NEVER, f1(NEVER)), |(t, best), step| if f1(step) > best { (step, f1(step)) } else { (t, best) }).0
}

/// The least probability from which the answers `label` are right often enough.
fn abstain_threshold(rows: &[(Vec<f32>, &Example)], label: usize, precision: f32) -> f32 {
    let answer = |(p, e): &(Vec<f32>, &Example)| {
        let main = (0..p.len()).fold(0, |best, k| if p[k] > p[best] { k } else { best });
        (main == label).then(|| (p[label], e.main() == label))
    };
    let mut answers: Vec<(f32, bool)> = rows.iter().filter_map(answer).collect();
    answers.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut right, mut threshold) = (0usize, None);
    for (i, &(p, is_right)) in answers.iter().enumerate() {
        right += usize::from(is_right);
        if i + 1 >= MIN_ANSWERS.min(answers.len()) && right as f32 >= precision * (i + 1) as f32 {
            threshold = Some(p);
        }
    }
    // Rounded up, so that what was too doubtful stays so.
    threshold.map_or(1.0, |t| (t * 1000.0).ceil() / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn examples(labels: &[usize]) -> Vec<Example> {
        labels.iter().map(|&l| Example { labels: vec![l], weight: 1.0, ..Example::default() }).collect()
    }

    #[test]
    fn overconfident_logits_are_cooled() {
        // Right in three of four cases at logit ±4: the best temperature makes σ(4/T) = 3/4, T = 4/ln 3.
        let logits = [4.0, 0.0, 4.0, 0.0, 4.0, 0.0, 4.0, 0.0];
        let t = temperature(&logits, &[0, 1, 2, 3], &examples(&[0, 0, 0, 1]), 2);
        assert!((t - 3.641).abs() < 0.002, "{t}");
    }

    #[test]
    fn abstaining_keeps_the_wanted_precision() {
        let gold = examples(&[0, 0, 0, 1]);
        let rows: Vec<(Vec<f32>, &Example)> =
            [0.9f32, 0.8, 0.7, 0.6].iter().zip(&gold).map(|(&p, e)| (vec![p, 1.0 - p], e)).collect();
        assert_eq!(abstain_threshold(&rows, 0, 0.75), 0.6);
        assert_eq!(abstain_threshold(&rows, 0, 0.9), 1.0);
        assert_eq!(abstain_threshold(&rows, 1, 0.9), 1.0);
    }
}
