//! Logistic regression on dense standardised columns with a weight for every row.
//!
//! `linfa-logistic` has no row weights, and they matter here (`docs/summary-ablation.md`): every article counts the same however long,
//! and picked sentences as much as the rest. Newton's method; the loss is convex, so any solver agrees.

use ndarray::{Array1, Array2};
use rayon::prelude::*;

use crate::error::{Error, Result};

/// Rows of a block whose sums are formed apart, so that any number of threads adds in the same order.
const BLOCK: usize = 1024;
/// Newton steps at most; from zero, eight suffice.
const MAX_STEPS: usize = 30;
/// Largest entry of the last step at which the fit has converged.
const TOLERANCE: f64 = 1e-8;

/// Rows to fit: columns, target 0 to 1, weight.
pub(super) struct Problem {
    /// `(n_rows, n_columns)`.
    pub(super) columns: Array2<f32>,
    /// Weight of each row as picked, times its target.
    pub(super) positive: Vec<f64>,
    /// Weight of each row as left out.
    pub(super) negative: Vec<f64>,
    /// λ of the penalty λ/2 |w|²; the bias is free.
    pub(super) l2: f64,
}

/// Weights of the columns, the bias last.
pub(super) fn fit(problem: &Problem) -> Result<Array1<f64>> {
    let n = problem.columns.ncols() + 1;
    let mut weights = Array1::<f64>::zeros(n);
    for _ in 0..MAX_STEPS {
        let (mut gradient, mut hessian) = problem.derivatives(&weights);
        for i in 0..n - 1 {
            gradient[i] += problem.l2 * weights[i];
            hessian[[i, i]] += problem.l2;
        }
        hessian[[n - 1, n - 1]] += 1e-12;
        let step = solve(hessian, gradient)
            .ok_or_else(|| Error::Data("the sentence features give no unique optimum; use a larger penalty".into()))?;
        weights -= &step;
        if step.iter().all(|x| x.abs() < TOLERANCE) {
            return Ok(weights);
        }
    }
    Err(Error::Data("the sentence scorer did not converge; use a larger penalty".into()))
}

impl Problem {
    /// Gradient and Hessian of the loss without its penalty.
    fn derivatives(&self, weights: &Array1<f64>) -> (Array1<f64>, Array2<f64>) {
        let starts: Vec<usize> = (0..self.columns.nrows()).step_by(BLOCK).collect();
        let blocks: Vec<_> = starts.into_par_iter().map(|from| self.block(from, weights)).collect();
        let n = weights.len();
        blocks.into_iter().fold((Array1::zeros(n), Array2::zeros((n, n))), |(g, h), (dg, dh)| (g + dg, h + dh))
    }

    fn block(&self, from: usize, weights: &Array1<f64>) -> (Array1<f64>, Array2<f64>) {
        let to = (from + BLOCK).min(self.columns.nrows());
        let n = weights.len();
        let cell = |(i, j)| if j + 1 < n { f64::from(self.columns[[from + i, j]]) } else { 1.0 };
        let rows = Array2::from_shape_fn((to - from, n), cell);
        let margin = rows.dot(weights);
        let mut residual = Array1::zeros(to - from);
        let mut curved = rows.clone();
        for (i, mut row) in curved.rows_mut().into_iter().enumerate() {
            let p = 1.0 / (1.0 + libm::exp(-margin[i]));
            let (positive, negative) = (self.positive[from + i], self.negative[from + i]);
            residual[i] = p * (positive + negative) - positive;
            row *= p * (1.0 - p) * (positive + negative);
        }
        (rows.t().dot(&residual), rows.t().dot(&curved))
    }
}

/// Solves `matrix · x = right` for a symmetric positive definite matrix by Cholesky's method.
fn solve(mut matrix: Array2<f64>, mut right: Array1<f64>) -> Option<Array1<f64>> {
    let n = right.len();
    for j in 0..n {
        for k in 0..j {
            let factor = matrix[[j, k]];
            for i in j..n {
                matrix[[i, j]] -= matrix[[i, k]] * factor;
            }
        }
        let pivot = matrix[[j, j]];
        if pivot <= 0.0 || !pivot.is_finite() {
            return None;
        }
        let root = pivot.sqrt();
        (j..n).for_each(|i| matrix[[i, j]] /= root);
    }
    for i in 0..n {
        let known: f64 = (0..i).map(|k| matrix[[i, k]] * right[k]).sum();
        right[i] = (right[i] - known) / matrix[[i, i]];
    }
    for i in (0..n).rev() {
        let known: f64 = (i + 1..n).map(|k| matrix[[k, i]] * right[k]).sum();
        right[i] = (right[i] - known) / matrix[[i, i]];
    }
    Some(right)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn solves_by_hand() {
        assert_eq!(solve(array![[4.0, 2.0], [2.0, 5.0]], array![8.0, 12.0]), Some(array![1.0, 2.0]));
        assert_eq!(solve(array![[1.0, 2.0], [2.0, 1.0]], array![1.0, 1.0]), None);
    }

    /// Without columns the bias is the log odds of the weights: ln(3 / 1).
    #[test]
    fn bias_is_the_log_odds() {
        let problem = Problem { columns: Array2::zeros((2, 1)), positive: vec![3.0, 0.0], negative: vec![0.0, 1.0], l2: 1.0 };
        let weights = fit(&problem).unwrap();
        assert!((weights[1] - 3.0_f64.ln()).abs() < 1e-9 && weights[0].abs() < 1e-12);
    }

    /// At the optimum of a fit with one column the gradient is zero: checked by the formula.
    #[test]
    fn gradient_is_zero_at_the_optimum() {
        let columns = array![[1.0_f32], [-1.0], [2.0]];
        let problem = Problem { columns, positive: vec![1.0, 0.0, 1.0], negative: vec![0.0, 1.0, 0.5], l2: 0.1 };
        let w = fit(&problem).unwrap();
        let p = |x: f64| 1.0 / (1.0 + (-(w[0] * x + w[1])).exp());
        let slope = (p(1.0) - 1.0) - p(-1.0) + (p(2.0) * 1.5 - 1.0) * 2.0 + 0.1 * w[0];
        assert!(slope.abs() < 1e-9, "{slope}");
    }
}
