//! How many rows truly carry each label, given how many were labelled so and how the classifier errs.
//!
//! Counting a classifier's answers is biased: it moves towards the labels that it favours. The held-out confusion
//! matrix tells how often each true label gets each answer; solving for the true shares undoes the bias on average
//! (Rogan and Gladen 1978 for two classes; "adjusted count", Forman 2008; the matrix method for several). The
//! intervals are by the delta method, with the sampling error of the answers and that of the matrix.
//! It holds as far as the classifier errs on this corpus as it did on the held-out texts.

/// Two-sided 95 % quantile of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;
/// Pivots below this make the matrix useless: its rows hardly differ.
const LEAST_PIVOT: f64 = 1e-6;

/// An estimated share with its 95 % interval, all from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Estimate {
    /// The share.
    pub share: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

/// Held-out answers of a classifier: a row for each true label, a column for each answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Confusion {
    counts: Vec<Vec<f64>>,
    /// The inverse of its transposed rates: answers to truths.
    inverse: Vec<Vec<f64>>,
}

impl Confusion {
    /// The confusion of `counts`, `(n_labels, n_labels)`; `None` where it is not square, has a label without texts,
    /// or cannot be inverted.
    pub fn new(counts: &[Vec<u64>]) -> Option<Self> {
        let n = counts.len();
        if n == 0 || counts.iter().any(|row| row.len() != n || row.iter().sum::<u64>() == 0) {
            return None;
        }
        let counts: Vec<Vec<f64>> = counts.iter().map(|row| row.iter().map(|&count| count as f64).collect()).collect();
        let rates: Vec<Vec<f64>> = counts.iter().map(|row| shares(row)).collect();
        Some(Self { inverse: inverted(&transposed(&rates))?, counts })
    }

    /// The confusion in a manifest's metrics, its labels in the order of `labels`.
    pub fn from_metrics(metrics: &serde_json::Value, labels: &[String]) -> Option<Self> {
        let counts: Vec<Vec<u64>> = serde_json::from_value(metrics.get("confusion")?.clone()).ok()?;
        let named: Vec<&String> = metrics.get("labels")?.as_object()?.keys().collect();
        let order: Vec<usize> = labels.iter().map(|label| named.iter().position(|name| *name == label)).collect::<Option<_>>()?;
        let row = |&i: &usize| order.iter().map(|&j| counts.get(i)?.get(j).copied()).collect::<Option<Vec<u64>>>();
        Self::new(&order.iter().map(row).collect::<Option<Vec<_>>>()?)
    }

    /// Shares of the true labels among rows of which `answers` got each label, `(n_labels)`; all zero without rows.
    pub fn corrected(&self, answers: &[u64]) -> Vec<Estimate> {
        let counts: Vec<f64> = answers.iter().map(|&count| count as f64).collect();
        if counts.iter().sum::<f64>() <= 0.0 || counts.len() != self.counts.len() {
            return vec![Estimate::default(); self.counts.len()];
        }
        let raw = product(&self.inverse, &shares(&counts));
        let kept: Vec<f64> = raw.iter().map(|share| share.max(0.0)).collect();
        let variances = self.variances(&counts, &raw);
        let estimates = shares(&kept).into_iter().zip(&raw).zip(variances);
        estimates
            .map(|((share, raw), variance)| {
                let reach = Z * variance.max(0.0).sqrt();
                // A share at the edge of what is possible stays inside its interval.
                Estimate { share, low: (raw - reach).clamp(0.0, share), high: (raw + reach).clamp(share, 1.0) }
            })
            .collect()
    }

    /// Variances of the solved shares: of the answers drawn, and of each row of the matrix weighted by its share.
    fn variances(&self, answers: &[f64], raw: &[f64]) -> Vec<f64> {
        let drawn = multinomial(answers);
        let rows: Vec<Vec<Vec<f64>>> = self.counts.iter().map(|row| multinomial(row)).collect();
        let of = |line: &Vec<f64>| {
            let matrix: f64 = rows.iter().zip(raw).map(|(row, share)| share * share * spread(row, line)).sum();
            spread(&drawn, line) + matrix
        };
        self.inverse.iter().map(of).collect()
    }
}

/// Covariance of the shares of a multinomial sample. Half a count is added to each class (Jeffreys), so that a class
/// that was not seen is not taken for impossible.
fn multinomial(counts: &[f64]) -> Vec<Vec<f64>> {
    let counts: Vec<f64> = counts.iter().map(|count| count + 0.5).collect();
    let n: f64 = counts.iter().sum();
    let p = shares(&counts);
    let cell = |i: usize, j: usize, a: f64, b: f64| (if i == j { a } else { 0.0 } - a * b) / n;
    p.iter().enumerate().map(|(i, &a)| p.iter().enumerate().map(|(j, &b)| cell(i, j, a, b)).collect()).collect()
}

/// The variance of `line` · x, for x of that covariance.
fn spread(covariance: &[Vec<f64>], line: &[f64]) -> f64 {
    covariance.iter().zip(line).map(|(row, a)| a * row.iter().zip(line).map(|(c, b)| c * b).sum::<f64>()).sum()
}

fn shares(counts: &[f64]) -> Vec<f64> {
    let sum: f64 = counts.iter().sum();
    counts.iter().map(|count| if sum > 0.0 { count / sum } else { 0.0 }).collect()
}

fn product(matrix: &[Vec<f64>], vector: &[f64]) -> Vec<f64> {
    matrix.iter().map(|row| row.iter().zip(vector).map(|(a, b)| a * b).sum()).collect()
}

fn transposed(matrix: &[Vec<f64>]) -> Vec<Vec<f64>> {
    (0..matrix.len()).map(|j| matrix.iter().filter_map(|row| row.get(j).copied()).collect()).collect()
}

/// The inverse, by Gauss-Jordan elimination with row pivots; `None` for a (nearly) singular matrix.
fn inverted(matrix: &[Vec<f64>]) -> Option<Vec<Vec<f64>>> {
    let n = matrix.len();
    let unit = |i: usize| (0..n).map(move |j| if i == j { 1.0 } else { 0.0 });
    let mut rows: Vec<Vec<f64>> =
        matrix.iter().enumerate().map(|(i, row)| row.iter().copied().chain(unit(i)).collect()).collect();
    for column in 0..n {
        let size = |row: usize| rows.get(row).and_then(|row| row.get(column)).map_or(0.0, |x| x.abs());
        // The first of equals, so that ties break by position.
        let pivot = (column..n).fold(column, |best, row| if size(row) > size(best) { row } else { best });
        if size(pivot) < LEAST_PIVOT {
            return None;
        }
        rows.swap(column, pivot);
        let scale = *rows.get(column)?.get(column)?;
        let pivot_row: Vec<f64> = rows.get(column)?.iter().map(|x| x / scale).collect();
        for (i, row) in rows.iter_mut().enumerate() {
            let factor = if i == column { 0.0 } else { *row.get(column)? };
            row.iter_mut().zip(&pivot_row).for_each(|(x, p)| *x -= factor * p);
        }
        *rows.get_mut(column)? = pivot_row;
    }
    Some(rows.into_iter().map(|row| row.into_iter().skip(n).collect()).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn two_classes_are_rogan_and_gladen() {
        // Sensitivity .9, specificity .8: (.5 + .8 - 1) / (.9 + .8 - 1) = .428571; the matrix is known so well that only
        // the sample's error sqrt(.25 / 400) / .7 = .035714 is left.
        let confusion = Confusion::new(&[vec![90_000_000, 10_000_000], vec![20_000_000, 80_000_000]]).unwrap();
        let found = confusion.corrected(&[200, 200]);
        assert!((found[0].share - 0.428_571).abs() < 1e-6);
        assert!((found[0].high - found[0].share - Z * 0.035_714).abs() < 2e-4, "{found:?}");
        let surer = Confusion::new(&[vec![90, 10], vec![20, 80]]).unwrap().corrected(&[200, 200]);
        assert!(surer[0].high - surer[0].low > found[0].high - found[0].low, "a small matrix is less sure");
    }

    #[test]
    fn a_perfect_classifier_is_left_as_it_is() {
        let found = Confusion::new(&[vec![50, 0, 0], vec![0, 50, 0], vec![0, 0, 50]]).unwrap().corrected(&[10, 30, 0]);
        let shares: Vec<f64> = found.iter().map(|e| e.share).collect();
        assert_eq!(shares, [0.25, 0.75, 0.0]);
        assert!(found[2].low <= 0.0 && found[2].high > 0.0);
    }

    #[test]
    fn useless_matrices_are_refused() {
        assert_eq!(Confusion::new(&[vec![5, 5], vec![7, 7]]), None);
        assert_eq!(Confusion::new(&[vec![5, 5], vec![0, 0]]), None);
        assert_eq!(Confusion::new(&[]), None);
    }

    #[test]
    fn the_manifest_tells_the_order_of_labels() {
        let metrics = serde_json::json!({"labels": {"b": {}, "a": {}}, "confusion": [[8, 2], [1, 9]]});
        let found = Confusion::from_metrics(&metrics, &["a".into(), "b".into()]).unwrap();
        assert_eq!(found, Confusion::new(&[vec![9, 1], vec![2, 8]]).unwrap());
        assert_eq!(Confusion::from_metrics(&serde_json::Value::Null, &["a".into()]), None);
    }

    proptest! {
        #[test]
        fn expected_answers_lead_back_to_the_truth(truth in prop::collection::vec(1u64..1000, 3), wrong in 1u64..20) {
            let matrix: Vec<Vec<u64>> = (0..3).map(|i| (0..3).map(|j| if i == j { 100 } else { wrong + j }).collect()).collect();
            let rates: Vec<Vec<f64>> = matrix.iter().map(|row| shares(&row.iter().map(|&c| c as f64).collect::<Vec<_>>())).collect();
            let answers: Vec<u64> =
                (0..3).map(|j| (0..3).map(|i| truth[i] as f64 * 1e6 * rates[i][j]).sum::<f64>().round() as u64).collect();
            let found = Confusion::new(&matrix).unwrap().corrected(&answers);
            let total: u64 = truth.iter().sum();
            for (estimate, &count) in found.iter().zip(&truth) {
                prop_assert!((estimate.share - count as f64 / total as f64).abs() < 1e-4);
                prop_assert!(estimate.low <= estimate.share && estimate.share <= estimate.high);
            }
        }
    }
}
