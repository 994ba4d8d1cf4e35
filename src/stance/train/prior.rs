//! How far each weight may go: variances of its prior, from counts of its feature.
//!
//! To multiply a feature by s is to divide the penalty of its weight by s². Inverse document frequencies (Spärck Jones
//! 1972) and naive-Bayes log-count ratios (Wang and Manning 2012) thus cost nothing when texts are labelled.

use rayon::prelude::*;

use serde::{Deserialize, Serialize};

use crate::stance::{
    design::{Design, Power},
    softmax::SoftTargets,
};

/// How the variances of the weights follow from counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Prior {
    /// Power of the inverse document frequency: 0 none, 1 as if features were multiplied by it.
    pub idf: f32,
    /// Share of the squared log-count ratio: 0 none, 1 nothing else.
    pub ratio: f32,
}

impl std::fmt::Display for Prior {
    /// `idf 0.5, ratio 0.9, `; nothing for weights that are all alike.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self == Self::default() {
            true => Ok(()),
            false => write!(f, "idf {}, ratio {}, ", self.idf, self.ratio),
        }
    }
}

/// Factors of the penalty of each weight, `(n_columns, n_outputs)`; `None` if all are 1.
///
/// Rows of weight 0 are not looked at: a fold that is left out says nothing of its features.
pub(super) fn penalties<D: Design>(rows: &D, targets: &SoftTargets, prior: Prior) -> Option<Vec<f32>> {
    if prior.idf == 0.0 && prior.ratio == 0.0 {
        return None;
    }
    let n = targets.n_labels;
    let n_outputs = if n == 2 { 1 } else { n };
    let counts = counts(rows, targets);
    let texts: f64 = targets.weights.iter().map(|&w| f64::from(w)).sum();
    let mut variances = vec![1.0f32; rows.n_columns() * n_outputs];
    if prior.idf > 0.0 {
        let power = 2.0 * f64::from(prior.idf);
        let fill = |counts: &[f32], out: &mut [f32]| out.fill(libm::pow(idf(counts, texts), power) as f32);
        multiply(&mut variances, n_outputs, &counts, n, 1.0, fill);
    }
    if prior.ratio > 0.0 {
        let all = totals(&counts, n);
        multiply(&mut variances, n_outputs, &counts, n, prior.ratio, |counts, out| ratios(counts, &all, out));
    }
    variances.par_iter_mut().for_each(|v| *v = 1.0 / v.clamp(LEAST, MOST));
    Some(variances)
}

/// Bounds of a variance: a feature without any evidence may still move a little.
const LEAST: f32 = 1e-3;
const MOST: f32 = 1e3;

/// How often each feature stands in texts of each label, `(n_columns, n_labels)`.
fn counts<D: Design>(rows: &D, targets: &SoftTargets) -> Vec<f32> {
    let n = targets.n_labels;
    let mut mass = targets.shares.clone();
    mass.chunks_exact_mut(n).zip(&targets.weights).for_each(|(row, w)| row.iter_mut().for_each(|t| *t *= w));
    let mut counts = vec![0.0f32; rows.n_columns() * n];
    rows.backward(&mass, n, Power::Zero, &mut counts);
    counts
}

/// Multiplies `variances` by a mixture: `share` of what `fill` gives, scaled to a mean of 1 over all occurrences, and 1
/// for the rest.
fn multiply(
    variances: &mut [f32],
    n_outputs: usize,
    counts: &[f32],
    n: usize,
    share: f32,
    fill: impl Fn(&[f32], &mut [f32]) + Sync,
) {
    let mut factors = vec![0.0f32; variances.len()];
    factors.par_chunks_exact_mut(n_outputs).zip(counts.par_chunks_exact(n)).for_each(|(out, counts)| fill(counts, out));
    let (mut sum, mut weight) = (0.0f64, 0.0f64);
    for (factors, counts) in factors.chunks_exact(n_outputs).zip(counts.chunks_exact(n)) {
        let count = f64::from(counts.iter().sum::<f32>());
        sum += count * factors.iter().map(|&x| f64::from(x)).sum::<f64>() / n_outputs as f64;
        weight += count;
    }
    let scale = if sum > 0.0 { share * (weight / sum) as f32 } else { 0.0 };
    let rest = if sum > 0.0 { 1.0 - share } else { 1.0 };
    variances.par_iter_mut().zip(&factors).for_each(|(v, x)| *v *= rest + scale * x);
}

/// ln((1+N)/(1+n)) + 1 of a feature that stands in n of N texts.
fn idf(counts: &[f32], texts: f64) -> f64 {
    let count = counts.iter().map(|&c| f64::from(c)).sum::<f64>().min(texts);
    libm::log((1.0 + texts) / (1.0 + count)) + 1.0
}

/// Occurrences of all features in texts of each label, one more for each feature.
fn totals(counts: &[f32], n: usize) -> Vec<f64> {
    let mut all = vec![(counts.len() / n) as f64; n];
    counts.chunks_exact(n).for_each(|row| all.iter_mut().zip(row).for_each(|(all, &c)| *all += f64::from(c)));
    all
}

/// Squares of the log-ratios of a feature's share among each label's occurrences and among those of all other labels.
fn ratios(counts: &[f32], all: &[f64], out: &mut [f32]) {
    let (sum, total) = (counts.iter().map(|&c| f64::from(c)).sum::<f64>(), all.iter().sum::<f64>());
    // With one output its label is the second.
    let skip = counts.len() - out.len();
    for ((out, &count), &of_label) in out.iter_mut().zip(&counts[skip..]).zip(&all[skip..]) {
        let inside = (1.0 + f64::from(count)) / of_label;
        let outside = (1.0 + sum - f64::from(count)) / (total - of_label).max(1.0);
        let ratio = libm::log(inside / outside);
        *out = (ratio * ratio) as f32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stance::design::SparseRows;

    fn found(idf: f32, ratio: f32) -> Vec<f32> {
        // Column 0 stands in every text, 1 in the texts of label 0, 2 in one of label 1.
        let rows = [vec![(0, 0.5), (1, 0.5)], vec![(0, 0.5), (1, 0.5)], vec![(0, 0.5), (2, 0.5)], vec![(0, 1.0)]];
        let rows = SparseRows::new(&rows, 3).unwrap();
        let shares = vec![1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0];
        let targets = SoftTargets { shares, weights: vec![1.0; 4], n_labels: 2 };
        penalties(&rows, &targets, Prior { idf, ratio }).unwrap()
    }

    #[test]
    fn rare_features_are_penalised_less() {
        // idf: ln(5/5)+1 = 1, ln(5/3)+1 = 1.5108, ln(5/2)+1 = 1.9163; squares 1, 2.2826, 3.6722;
        // mean over 4, 2 and 1 occurrences (4 + 4.5652 + 3.6722)/7 = 1.7482.
        let expected = [1.7482, 0.7659, 0.4761];
        found(1.0, 0.0).iter().zip(expected).for_each(|(a, b)| assert!((a - b).abs() < 1e-3, "{a} {b}"));
    }

    #[test]
    fn features_that_tell_labels_apart_are_penalised_less() {
        // Of label 1: (1+2)/(3+3) over (1+2)/(3+4) = 7/6; (1+0)/6 over 3/7 = 7/18; (1+1)/6 over 1/7 = 7/3.
        let penalties = found(0.0, 1.0);
        let squares = [7.0f32 / 6.0, 7.0 / 18.0, 7.0 / 3.0].map(|x| x.ln().powi(2));
        let mean = (4.0 * squares[0] + 2.0 * squares[1] + squares[2]) / 7.0;
        penalties.iter().zip(squares).for_each(|(p, s)| assert!((p - mean / s).abs() < 1e-2 * p, "{p} {}", mean / s));
    }
}
