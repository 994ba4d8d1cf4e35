//! Multinomial logistic regression on sparse rows with soft targets, behind linfa's traits.
//!
//! Truncated Newton with a diagonal preconditioner and backtracking on the logits, as liblinear's primal solver (Lin,
//! Weng and Keerthi 2008; Galli and Lin 2021). Two labels need one logit, the rest one for each.

use linfa::{
    DatasetBase, ParamGuard,
    dataset::Records,
    traits::{Fit, Predict},
};
use ndarray::Array2;
use rayon::prelude::*;

use super::design::{Design, Power};
use crate::error::{Error, Result};

/// Settings of the solver, not yet checked.
#[derive(Clone, Debug, PartialEq)]
pub struct SoftmaxParams(SoftmaxValidParams);

/// Settings of the solver, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct SoftmaxValidParams {
    l2: f32,
    tolerance: f64,
    max_steps: usize,
}

impl Default for SoftmaxParams {
    fn default() -> Self {
        Self(SoftmaxValidParams { l2: 1.0, tolerance: 1e-3, max_steps: 100 })
    }
}

impl SoftmaxParams {
    /// Strength of the penalty ½ · l2 · ‖weights‖² beside the sum of the losses; biases are free.
    #[must_use]
    pub fn l2(mut self, l2: f32) -> Self {
        self.0.l2 = l2;
        self
    }

    /// Stops when the norm of the gradient falls below this share of its norm at zero weights.
    #[must_use]
    pub fn tolerance(mut self, tolerance: f64) -> Self {
        self.0.tolerance = tolerance;
        self
    }

    /// Most Newton steps.
    #[must_use]
    pub fn max_steps(mut self, steps: usize) -> Self {
        self.0.max_steps = steps;
        self
    }
}

impl ParamGuard for SoftmaxParams {
    type Checked = SoftmaxValidParams;
    type Error = Error;

    fn check_ref(&self) -> Result<&Self::Checked> {
        let it = &self.0;
        if !(it.l2.is_finite() && it.l2 > 0.0) {
            return Err(Error::Parameter(format!("the L2 penalty must be above 0 (got {})", it.l2)));
        }
        if !(it.tolerance > 0.0 && it.tolerance < 1.0) {
            return Err(Error::Parameter(format!("the tolerance must lie between 0 and 1 (got {})", it.tolerance)));
        }
        Ok(it)
    }

    fn check(self) -> Result<Self::Checked> {
        self.check_ref()?;
        Ok(self.0)
    }
}

/// What the rows should be labelled: a distribution over labels and a weight for each row.
#[derive(Clone, Debug, Default)]
pub struct SoftTargets {
    /// Row-major `(n_rows, n_labels)`; each row sums to 1.
    pub shares: Vec<f32>,
    /// One for each row, 0 or more; rows of weight 0 are left out.
    pub weights: Vec<f32>,
    /// Number of labels, at least 2.
    pub n_labels: usize,
}

/// Fitted weights.
#[derive(Clone, Debug, PartialEq)]
pub struct SoftmaxModel {
    /// Row-major `(n_columns, n_outputs)`.
    pub weights: Vec<f32>,
    /// One for each output.
    pub biases: Vec<f64>,
    /// 1 for two labels (the logit of the second), else the number of labels.
    pub n_outputs: usize,
    /// Sum of weighted losses and penalty at the end.
    pub objective: f64,
    /// Newton steps taken.
    pub steps: usize,
    /// Norm of the gradient over its norm at zero weights.
    pub relative_gradient: f64,
}

impl SoftmaxModel {
    /// Number of labels.
    pub fn n_labels(&self) -> usize {
        self.n_outputs.max(2)
    }

    /// Logits of every row, row-major `(n_rows, n_labels)`.
    pub fn logits<D: Design>(&self, rows: &D) -> Vec<f32> {
        let mut outputs = vec![0.0; rows.n_rows() * self.n_outputs];
        rows.forward(&self.weights, self.n_outputs, &mut outputs);
        if self.n_outputs == 1 {
            let bias = self.biases.first().copied().unwrap_or_default() as f32;
            return outputs.iter().flat_map(|z| [-0.5 * (z + bias), 0.5 * (z + bias)]).collect();
        }
        for row in outputs.chunks_exact_mut(self.n_outputs) {
            row.iter_mut().zip(&self.biases).for_each(|(z, b)| *z += *b as f32);
        }
        outputs
    }

    /// Weights of every label, `(n_columns, n_labels)`, and biases; two labels share one vector with opposite signs.
    pub fn by_label(&self) -> (Vec<f32>, Vec<f32>) {
        if self.n_outputs > 1 {
            return (self.weights.clone(), self.biases.iter().map(|&b| b as f32).collect());
        }
        let both = |w: f32| [-0.5 * w, 0.5 * w];
        (self.weights.iter().flat_map(|&w| both(w)).collect(), self.biases.iter().flat_map(|&b| both(b as f32)).collect())
    }
}

impl<D: Design + Records> Predict<&D, Array2<f32>> for SoftmaxModel {
    /// Probabilities `(n_rows, n_labels)`.
    fn predict(&self, rows: &D) -> Array2<f32> {
        let mut values = self.logits(rows);
        values.chunks_exact_mut(self.n_labels()).for_each(softmax);
        Array2::from_shape_vec((rows.n_rows(), self.n_labels()), values).unwrap_or_default()
    }
}

impl<D: Design + Records> Fit<D, SoftTargets, Error> for SoftmaxValidParams {
    type Object = SoftmaxModel;

    /// Fits weights to `dataset`.
    ///
    /// # Errors
    /// [`Error::Data`] if targets and rows do not fit, or the loss becomes infinite.
    fn fit(&self, dataset: &DatasetBase<D, SoftTargets>) -> Result<SoftmaxModel> {
        self.fit_from(&dataset.records, &dataset.targets, None, None)
    }
}

impl SoftmaxValidParams {
    /// Fits weights, beginning from those of `start` where given: a neighbour on the path of penalties. `penalties` are
    /// factors of the penalty of each weight, `(n_columns, n_outputs)`: the inverse variances of their prior.
    ///
    /// # Errors
    /// As [`Fit::fit`].
    pub fn fit_from<D: Design>(
        &self,
        rows: &D,
        targets: &SoftTargets,
        penalties: Option<&[f32]>,
        start: Option<&SoftmaxModel>,
    ) -> Result<SoftmaxModel> {
        let n_labels = targets.n_labels;
        let n_rows = rows.n_rows();
        if n_labels < 2 || targets.weights.len() != n_rows || targets.shares.len() != n_rows * n_labels {
            return Err(Error::Data(format!(
                "{n_rows} rows, but {} weights and {} shares of {n_labels} labels",
                targets.weights.len(),
                targets.shares.len()
            )));
        }
        let mut problem = Problem::new(rows, targets, self.l2, penalties);
        if penalties.is_some_and(|it| it.len() != problem.penalised()) {
            return Err(Error::Data(format!(
                "{} penalties, but {} weights",
                penalties.map_or(0, <[f32]>::len),
                problem.penalised()
            )));
        }
        problem.solve(self, start)
    }
}

/// Turns logits into probabilities, in place. Exponentials by `libm`: the same bits on every machine.
pub(crate) fn softmax(row: &mut [f32]) {
    let top = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    for z in row.iter_mut() {
        *z = libm::expf(*z - top);
        sum += *z;
    }
    row.iter_mut().for_each(|z| *z /= sum);
}

/// Elements that one partial sum covers: fixed, so that sums do not depend on the number of threads.
const BLOCK: usize = 4096;

/// Running sums of one block: several, so that they do not wait for each other.
const LANES: usize = 8;

/// `Σ a · b` of one block, in fixed order.
fn block_dot(a: &[f32], b: &[f32]) -> f64 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut sums = [0.0f64; LANES];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            sums[lane] += f64::from(a[lane]) * f64::from(b[lane]);
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum();
    sums.iter().sum::<f64>() + rest
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    let parts: Vec<f64> = a.par_chunks(BLOCK).zip(b.par_chunks(BLOCK)).map(|(a, b)| block_dot(a, b)).collect();
    parts.iter().sum()
}

/// `Σ factors · a · b`
fn weighted_dot(a: &[f32], b: &[f32], factors: &[f32]) -> f64 {
    let parts: Vec<f64> = a
        .par_chunks(BLOCK)
        .zip(b.par_chunks(BLOCK))
        .zip(factors.par_chunks(BLOCK))
        .map(|((a, b), f)| a.iter().zip(b).zip(f).map(|((&x, &y), &f)| f64::from(f) * f64::from(x) * f64::from(y)).sum())
        .collect();
    parts.iter().sum()
}

/// `y = x * factor + y`
fn add_multiple(y: &mut [f32], x: &[f32], factor: f32) {
    y.par_chunks_mut(BLOCK).zip(x.par_chunks(BLOCK)).for_each(|(y, x)| y.iter_mut().zip(x).for_each(|(y, &x)| *y += factor * x));
}

/// State of the inner solver, kept from one Newton step to the next.
struct Inner {
    /// Diagonal of the Hessian, inverted.
    inverse: Vec<f32>,
    solution: Vec<f32>,
    residual: Vec<f32>,
    direction: Vec<f32>,
    product: Vec<f32>,
}

impl Inner {
    fn new(size: usize) -> Self {
        let zeros = || vec![0.0f32; size];
        Self { inverse: zeros(), solution: zeros(), residual: zeros(), direction: zeros(), product: zeros() }
    }

    /// Begins at zero: the residual is `-gradient`. Gives its squared norm under the preconditioner.
    fn begin(&mut self, gradient: &[f32]) -> f64 {
        self.solution.fill(0.0);
        self.residual.par_iter_mut().zip(gradient).for_each(|(r, g)| *r = -g);
        let blocks =
            self.direction.par_chunks_mut(BLOCK).zip(self.residual.par_chunks(BLOCK)).zip(self.inverse.par_chunks(BLOCK));
        let parts: Vec<f64> = blocks
            .map(|((d, r), m)| {
                d.iter_mut().zip(r).zip(m).for_each(|((d, r), m)| *d = r * m);
                block_dot(d, r)
            })
            .collect();
        parts.iter().sum()
    }

    /// Goes `step` along the direction; gives the squared norm of the new residual under the preconditioner.
    fn advance(&mut self, step: f32) -> f64 {
        let blocks = self.solution.par_chunks_mut(BLOCK).zip(self.residual.par_chunks_mut(BLOCK));
        let blocks =
            blocks.zip(self.direction.par_chunks(BLOCK)).zip(self.product.par_chunks(BLOCK)).zip(self.inverse.par_chunks(BLOCK));
        let parts: Vec<f64> = blocks
            .map(|((((s, r), d), p), m)| {
                s.iter_mut().zip(d).for_each(|(s, d)| *s += step * d);
                r.iter_mut().zip(p).for_each(|(r, p)| *r -= step * p);
                block_norm(r, m)
            })
            .collect();
        parts.iter().sum()
    }

    /// The next direction, conjugate to those before.
    fn turn(&mut self, share: f32) {
        let blocks =
            self.direction.par_chunks_mut(BLOCK).zip(self.residual.par_chunks(BLOCK)).zip(self.inverse.par_chunks(BLOCK));
        blocks.for_each(|((d, r), m)| d.iter_mut().zip(r).zip(m).for_each(|((d, r), m)| *d = r * m + share * *d));
    }
}

/// `Σ m · r²` of one block, in fixed order.
fn block_norm(r: &[f32], m: &[f32]) -> f64 {
    let ((r, r_rest), (m, m_rest)) = (r.as_chunks::<LANES>(), m.as_chunks::<LANES>());
    let mut sums = [0.0f64; LANES];
    for (r, m) in r.iter().zip(m) {
        for lane in 0..LANES {
            sums[lane] += f64::from(r[lane]) * f64::from(r[lane] * m[lane]);
        }
    }
    let rest: f64 = r_rest.iter().zip(m_rest).map(|(&r, &m)| f64::from(r) * f64::from(r * m)).sum();
    sums.iter().sum::<f64>() + rest
}

/// One fit: data, and state in the shapes of weights (columns, then the biases as a last row) and of logits.
struct Problem<'a, D> {
    rows: &'a D,
    targets: &'a SoftTargets,
    l2: f32,
    penalties: Option<&'a [f32]>,
    n_outputs: usize,
}

impl<'a, D: Design> Problem<'a, D> {
    fn new(rows: &'a D, targets: &'a SoftTargets, l2: f32, penalties: Option<&'a [f32]>) -> Self {
        let n_outputs = if targets.n_labels == 2 { 1 } else { targets.n_labels };
        // Two vectors w and -w under ½·l2·(‖w‖²+‖w‖²) are one vector v = 2w under ½·(l2/2)·‖v‖².
        let l2 = if n_outputs == 1 { l2 / 2.0 } else { l2 };
        Self { rows, targets, l2, penalties, n_outputs }
    }

    /// `Σ penalty · a · b` over the weights, without the common factor.
    fn penalty_product(&self, a: &[f32], b: &[f32]) -> f64 {
        match self.penalties {
            None => dot(a, b),
            Some(factors) => weighted_dot(a, b, factors),
        }
    }

    /// Adds the gradient of the penalty at `weights` to `out`.
    fn add_penalty(&self, weights: &[f32], out: &mut [f32]) {
        let n = self.penalised();
        let (weights, out) = (&weights[..n], &mut out[..n]);
        let Some(factors) = self.penalties else { return add_multiple(out, weights, self.l2) };
        let l2 = self.l2;
        out.par_chunks_mut(BLOCK).zip(weights.par_chunks(BLOCK)).zip(factors.par_chunks(BLOCK)).for_each(|((y, x), f)| {
            y.iter_mut().zip(x).zip(f).for_each(|((y, &x), &f)| *y += l2 * f * x);
        });
    }

    fn size(&self) -> usize {
        (self.rows.n_columns() + 1) * self.n_outputs
    }

    fn penalised(&self) -> usize {
        self.rows.n_columns() * self.n_outputs
    }

    fn forward(&self, weights: &[f32], logits: &mut [f32]) {
        let (columns, biases) = weights.split_at(self.penalised());
        self.rows.forward(columns, self.n_outputs, logits);
        logits.par_chunks_mut(BLOCK * self.n_outputs).for_each(|chunk| {
            chunk.chunks_exact_mut(self.n_outputs).for_each(|z| z.iter_mut().zip(biases).for_each(|(z, b)| *z += b));
        });
    }

    fn backward(&self, residuals: &[f32], power: Power, out: &mut [f32]) {
        let (columns, biases) = out.split_at_mut(self.penalised());
        self.rows.backward(residuals, self.n_outputs, power, columns);
        let n = self.n_outputs;
        let parts: Vec<Vec<f64>> = residuals
            .par_chunks(BLOCK * n)
            .map(|chunk| {
                let mut sums = vec![0.0f64; n];
                chunk.chunks_exact(n).for_each(|r| sums.iter_mut().zip(r).for_each(|(s, &r)| *s += f64::from(r)));
                sums
            })
            .collect();
        for (k, bias) in biases.iter_mut().enumerate() {
            *bias = parts.iter().map(|sums| sums[k]).sum::<f64>() as f32;
        }
    }

    /// Sum of the weighted losses at `logits`.
    fn loss(&self, logits: &[f32]) -> f64 {
        let (n, n_labels) = (self.n_outputs, self.targets.n_labels);
        let parts: Vec<f64> = logits
            .par_chunks(BLOCK * n)
            .zip(self.targets.shares.par_chunks(BLOCK * n_labels))
            .zip(self.targets.weights.par_chunks(BLOCK))
            .map(|((z, shares), weights)| {
                let rows = z.chunks_exact(n).zip(shares.chunks_exact(n_labels)).zip(weights);
                rows.filter(|(_, w)| **w > 0.0).map(|((z, t), &w)| f64::from(w) * row_loss(z, t)).sum()
            })
            .collect();
        parts.iter().sum()
    }

    fn objective(&self, weights: &[f32], logits: &[f32]) -> f64 {
        let columns = &weights[..self.penalised()];
        self.loss(logits) + 0.5 * f64::from(self.l2) * self.penalty_product(columns, columns)
    }

    /// Probabilities of the outputs, from logits.
    fn probabilities(&self, logits: &[f32], out: &mut [f32]) {
        out.copy_from_slice(logits);
        let n = self.n_outputs;
        out.par_chunks_mut(BLOCK * n).for_each(|chunk| {
            if n == 1 {
                chunk.iter_mut().for_each(|z| *z = 1.0 / (1.0 + libm::expf(-*z)));
            } else {
                chunk.chunks_exact_mut(n).for_each(softmax);
            }
        });
    }

    /// Gradient of the objective. `residuals` is room for `(n_rows, n_outputs)`.
    fn gradient(&self, weights: &[f32], probabilities: &[f32], residuals: &mut [f32], out: &mut [f32]) {
        let (n, n_labels) = (self.n_outputs, self.targets.n_labels);
        residuals
            .par_chunks_mut(BLOCK * n)
            .zip(probabilities.par_chunks(BLOCK * n))
            .zip(self.targets.shares.par_chunks(BLOCK * n_labels))
            .zip(self.targets.weights.par_chunks(BLOCK))
            .for_each(|(((r, p), t), w)| {
                let rows = r.chunks_exact_mut(n).zip(p.chunks_exact(n)).zip(t.chunks_exact(n_labels)).zip(w);
                for (((r, p), t), &w) in rows {
                    // With one output the share of the second label counts.
                    let shares = &t[n_labels - n..];
                    r.iter_mut().zip(p).zip(shares).for_each(|((r, p), t)| *r = w * (p - t));
                }
            });
        self.backward(residuals, Power::One, out);
        self.add_penalty(weights, out);
    }

    /// Diagonal of the Hessian (Jacobi preconditioner), inverted.
    fn preconditioner(&self, probabilities: &[f32], room: &mut [f32], out: &mut [f32]) {
        let n = self.n_outputs;
        room.par_chunks_mut(n * BLOCK)
            .zip(probabilities.par_chunks(n * BLOCK))
            .zip(self.targets.weights.par_chunks(BLOCK))
            .for_each(|((h, p), w)| {
                for ((h, p), &w) in h.chunks_exact_mut(n).zip(p.chunks_exact(n)).zip(w) {
                    h.iter_mut().zip(p).for_each(|(h, &p)| *h = w * p * (1.0 - p));
                }
            });
        self.backward(room, Power::Two, out);
        let l2 = self.l2;
        let (columns, biases) = out.split_at_mut(self.penalised());
        match self.penalties {
            None => columns.par_iter_mut().for_each(|d| *d = 1.0 / (*d + l2)),
            Some(factors) => columns.par_iter_mut().zip(factors).for_each(|(d, f)| *d = 1.0 / (*d + l2 * f)),
        }
        biases.iter_mut().for_each(|d| *d = 1.0 / (*d + 1e-6));
    }

    /// Product of the Hessian with `direction`; gives the curvature along it. `room` is for `(n_rows, n_outputs)`.
    fn hessian_product(&self, direction: &[f32], probabilities: &[f32], room: &mut [f32], out: &mut [f32]) -> f64 {
        let n = self.n_outputs;
        self.forward(direction, room);
        room.par_chunks_mut(n * BLOCK)
            .zip(probabilities.par_chunks(n * BLOCK))
            .zip(self.targets.weights.par_chunks(BLOCK))
            .for_each(|((u, p), w)| {
                for ((u, p), &w) in u.chunks_exact_mut(n).zip(p.chunks_exact(n)).zip(w) {
                    curvature(u, p, w);
                }
            });
        self.backward(room, Power::One, out);
        self.add_penalty(direction, out);
        dot(direction, out)
    }

    /// Newton steps until the gradient is small enough.
    fn solve(&mut self, params: &SoftmaxValidParams, start: Option<&SoftmaxModel>) -> Result<SoftmaxModel> {
        let n_logits = self.rows.n_rows() * self.n_outputs;
        let mut room = vec![0.0f32; n_logits];
        let mut probabilities = vec![0.0f32; n_logits];
        let mut gradient = vec![0.0f32; self.size()];
        let mut logits = vec![0.0f32; n_logits];
        let mut weights = vec![0.0f32; self.size()];
        self.probabilities(&logits, &mut probabilities);
        self.gradient(&weights, &probabilities, &mut room, &mut gradient);
        let first_norm = dot(&gradient, &gradient);
        if let Some(start) = start.filter(|s| s.weights.len() == self.penalised()) {
            weights[..start.weights.len()].copy_from_slice(&start.weights);
            weights[start.weights.len()..].iter_mut().zip(&start.biases).for_each(|(w, &b)| *w = b as f32);
            self.forward(&weights, &mut logits);
        }
        let mut objective = self.objective(&weights, &logits);
        let mut inner = Inner::new(self.size());
        let mut steps = 0;
        let mut relative = 1.0;
        while steps < params.max_steps {
            self.probabilities(&logits, &mut probabilities);
            self.gradient(&weights, &probabilities, &mut room, &mut gradient);
            relative = ratio_root(dot(&gradient, &gradient), first_norm);
            if relative <= params.tolerance {
                break;
            }
            self.find_direction(&gradient, &probabilities, &mut room, relative, &mut inner);
            let direction = &inner.solution;
            self.forward(direction, &mut room);
            let Some((step, next)) = self.step_length(&weights, direction, &logits, &room, &gradient, objective) else { break };
            add_multiple(&mut weights, direction, step);
            add_multiple(&mut logits, &room, step);
            objective = next;
            steps += 1;
        }
        if !objective.is_finite() {
            return Err(Error::Data("training diverged: the loss is not finite".into()));
        }
        let biases = weights.split_off(self.penalised()).into_iter().map(f64::from).collect();
        Ok(SoftmaxModel { weights, biases, n_outputs: self.n_outputs, objective, steps, relative_gradient: relative })
    }

    /// Solves `H d = -g` roughly by preconditioned conjugate gradients; `d` is then the solution of `inner`.
    fn find_direction(&self, gradient: &[f32], probabilities: &[f32], room: &mut [f32], relative: f64, inner: &mut Inner) {
        self.preconditioner(probabilities, room, &mut inner.inverse);
        let mut norm = inner.begin(gradient);
        // Loose at first, tighter near the optimum: superlinear convergence (Dembo and Steihaug 1983).
        let forcing = relative.sqrt().min(MAX_FORCING);
        let goal = norm * forcing * forcing;
        for _ in 0..MAX_INNER {
            let curvature = self.hessian_product(&inner.direction, probabilities, room, &mut inner.product);
            if curvature <= 0.0 {
                break;
            }
            let next = inner.advance((norm / curvature) as f32);
            if next <= goal {
                break;
            }
            inner.turn((next / norm) as f32);
            norm = next;
        }
    }

    /// Halves the step until the objective falls enough (Armijo); `None` if it never does: the optimum is reached. No logit
    /// moves farther than [`MAX_MOVE`].
    fn step_length(
        &self,
        weights: &[f32],
        direction: &[f32],
        logits: &[f32],
        change: &[f32],
        gradient: &[f32],
        objective: f64,
    ) -> Option<(f32, f64)> {
        let n = self.penalised();
        let slope = dot(gradient, direction);
        let (w, d) = (&weights[..n], &direction[..n]);
        let (ww, wd, dd) = (self.penalty_product(w, w), self.penalty_product(w, d), self.penalty_product(d, d));
        let largest = change.par_iter().map(|u| u.abs()).reduce(|| 0.0, f32::max);
        let mut step = f64::from(MAX_MOVE / largest.max(MAX_MOVE));
        for _ in 0..MAX_HALVINGS {
            let moved: Vec<f32> = logits.par_iter().zip(change).map(|(z, u)| z + step as f32 * u).collect();
            let penalty = 0.5 * f64::from(self.l2) * (ww + 2.0 * step * wd + step * step * dd);
            let next = self.loss(&moved) + penalty;
            if next <= objective + SUFFICIENT * step * slope {
                return Some((step as f32, next));
            }
            step /= 2.0;
        }
        None
    }
}

/// Largest relative residual at which the inner solver stops.
const MAX_FORCING: f64 = 0.3;
/// Most steps of the inner solver.
const MAX_INNER: usize = 60;
/// Most halvings of a Newton step.
const MAX_HALVINGS: usize = 40;
/// Farthest that a step moves a logit. With many labels and a weak penalty the first Newton step would make every
/// probability 0 or 1, where single precision knows no curvature and no step helps.
const MAX_MOVE: f32 = 8.0;
/// Share of the expected decrease that a step must bring (Armijo).
const SUFFICIENT: f64 = 1e-4;

/// √(a/b), 0 if b is 0. The root is exact in IEEE arithmetic, so it needs no `libm`.
fn ratio_root(a: f64, b: f64) -> f64 {
    if b > 0.0 { (a / b).sqrt() } else { 0.0 }
}

/// Cross-entropy of one row: −Σ t·log p.
fn row_loss(logits: &[f32], shares: &[f32]) -> f64 {
    if let ([z], [_, t]) = (logits, shares) {
        let z = f64::from(*z);
        return libm::log1p(libm::exp(-z.abs())) + z.max(0.0) - f64::from(*t) * z;
    }
    let top = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = logits.iter().map(|&z| f64::from(libm::expf(z - top))).sum();
    let expected: f64 = logits.iter().zip(shares).map(|(&z, &t)| f64::from(t) * f64::from(z - top)).sum();
    libm::log(sum) - expected
}

/// Replaces logits `u` of a direction by the row's part of the Hessian product.
fn curvature(u: &mut [f32], p: &[f32], weight: f32) {
    if let ([u], [p]) = (&mut *u, p) {
        *u *= weight * p * (1.0 - p);
        return;
    }
    let mean: f32 = u.iter().zip(p).map(|(u, p)| u * p).sum();
    u.iter_mut().zip(p).for_each(|(u, p)| *u = weight * p * (*u - mean));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stance::design::SparseRows;

    /// 60 rows of 12 columns by a formula, and labels by another: the reference fits below read the same.
    fn data() -> (SparseRows, Vec<usize>) {
        let row = |i: u32| {
            let filled = (0..12u32).filter(|j| (7 * i + 3 * j).is_multiple_of(5));
            filled.map(|j| (j, ((i * j) % 7 + 1) as f32 / 4.0)).collect::<Vec<_>>()
        };
        let rows: Vec<Vec<(u32, f32)>> = (0..60).map(row).collect();
        let labels = (0..60usize).map(|i| (i * i + i / 3) % 3).collect();
        (SparseRows::new(&rows, 12).unwrap(), labels)
    }

    fn targets(labels: &[usize], n_labels: usize) -> SoftTargets {
        let shares = labels.iter().flat_map(|&l| (0..n_labels).map(move |k| f32::from(u8::from(k == l)))).collect();
        SoftTargets { shares, weights: vec![1.0; labels.len()], n_labels }
    }

    fn fit(rows: SparseRows, targets: SoftTargets, l2: f32) -> SoftmaxModel {
        SoftmaxParams::default().l2(l2).tolerance(1e-6).fit(&DatasetBase::new(rows, targets)).unwrap()
    }

    fn close(found: f64, expected: f64, relative: f64) {
        assert!((found - expected).abs() <= relative * expected.abs(), "{found} instead of {expected}");
    }

    /// Reference: scikit-learn 1.9, `LogisticRegression(C=1, solver="newton-cg", tol=1e-12)`.
    #[test]
    fn three_labels_reach_the_optimum_of_scikit_learn() {
        let (rows, labels) = data();
        let fitted = fit(rows, targets(&labels, 3), 1.0);
        close(fitted.objective, 60.897_378_191_938_415, 1e-6);
        for (k, expected) in [-0.229_400_79, 0.269_173_13, -0.039_772_34].into_iter().enumerate() {
            // scikit-learn centres the biases; only their differences matter.
            let mean = fitted.biases.iter().sum::<f64>() / 3.0;
            assert!((fitted.biases[k] - mean - expected).abs() < 2e-3, "{:?}", fitted.biases);
        }
        let first: Vec<f32> = fitted.weights.iter().step_by(3).take(3).copied().collect();
        for (found, expected) in first.iter().zip([0.233_213_86, -0.323_697_7, 0.426_882_9]) {
            assert!((found - expected).abs() < 1e-3, "{first:?}");
        }
    }

    /// Reference: scikit-learn 1.9, `LogisticRegression(C=1, solver="lbfgs", tol=1e-12)`, label 1 against the others.
    /// Its one vector v under ½‖v‖² is our pair ±v/2 at l2 = 2.
    #[test]
    fn two_labels_reach_the_optimum_of_scikit_learn() {
        let (rows, labels) = data();
        let labels: Vec<usize> = labels.iter().map(|&l| usize::from(l == 1)).collect();
        let fitted = fit(rows, targets(&labels, 2), 2.0);
        close(fitted.objective, 36.569_508_290_522_58, 1e-6);
        assert!((fitted.weights[0] + 0.129_930_12).abs() < 1e-3, "{:?}", &fitted.weights[..3]);
        assert!((fitted.biases[0] + 0.346_732_14).abs() < 2e-3, "{:?}", fitted.biases);
    }

    #[test]
    fn the_same_bits_for_any_number_of_threads() {
        let run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let (rows, labels) = data();
            pool.install(|| fit(rows, targets(&labels, 3), 0.5))
        };
        assert_eq!(run(1), run(3));
    }

    #[test]
    fn a_weight_counts_as_so_many_copies_and_zero_as_absence() {
        let rows = |copies: &[(u32, f32)]| SparseRows::new(&copies.iter().map(|&x| vec![x]).collect::<Vec<_>>(), 3).unwrap();
        let twice = fit(rows(&[(0, 1.0), (0, 1.0), (1, 1.0), (2, 1.0)]), targets(&[0, 0, 1, 2], 3), 1.0);
        let mut weighted = targets(&[0, 1, 2, 2], 3);
        weighted.weights = vec![2.0, 1.0, 1.0, 0.0];
        let once = fit(rows(&[(0, 1.0), (1, 1.0), (2, 1.0), (0, 1.0)]), weighted, 1.0);
        close(once.objective, twice.objective, 1e-6);
    }

    #[test]
    fn soft_targets_are_met_on_average() {
        // No column: the biases alone must give the mean target.
        let rows = SparseRows::new(&[vec![], vec![]], 1).unwrap();
        let soft = SoftTargets { shares: vec![0.7, 0.2, 0.1, 0.5, 0.2, 0.3], weights: vec![1.0; 2], n_labels: 3 };
        let fitted = fit(rows, soft, 1.0);
        let mut p: Vec<f32> = fitted.biases.iter().map(|&b| b as f32).collect();
        softmax(&mut p);
        for (found, expected) in p.iter().zip([0.6, 0.2, 0.2]) {
            assert!((found - expected).abs() < 1e-4, "{p:?}");
        }
    }

    /// A penalty of f on a column of x is a penalty of 1 on a column of x/√f.
    #[test]
    fn a_penalty_of_its_own_is_a_scale_of_the_column() {
        let rows = |scale: f32| {
            SparseRows::new(&[vec![(0, scale)], vec![(1, 1.0)], vec![(0, scale), (1, 1.0)], vec![(1, 1.0)]], 2).unwrap()
        };
        let labels = targets(&[0, 1, 0, 1], 2);
        let params = SoftmaxParams::default().tolerance(1e-6).check().unwrap();
        let scaled = params.fit_from(&rows(0.5), &labels, None, None).unwrap();
        let weighted = params.fit_from(&rows(1.0), &labels, Some(&[4.0, 1.0]), None).unwrap();
        close(weighted.objective, scaled.objective, 1e-6);
        assert!((weighted.weights[0] - 0.5 * scaled.weights[0]).abs() < 1e-4);
        assert!(params.fit_from(&rows(1.0), &labels, Some(&[1.0]), None).is_err());
    }

    /// 40 labels, two words for each, next to no penalty: the first step overshoots.
    #[test]
    fn a_weak_penalty_reaches_the_optimum_from_zero_as_from_a_neighbour() {
        let row = |i: u32| vec![(i % 40, 1.0), (40 + (i * 7 + i / 40) % 23, 1.0), (63 + i % 80, 0.5)];
        let rows = SparseRows::new(&(0..400).map(row).collect::<Vec<_>>(), 143).unwrap();
        let labels: Vec<usize> = (0..400).map(|i| if i % 11 == 0 { i % 7 } else { i % 40 }).collect();
        let labels = targets(&labels, 40);
        let fit = |l2: f32, start: Option<&SoftmaxModel>| {
            SoftmaxParams::default().l2(l2).tolerance(1e-5).check().unwrap().fit_from(&rows, &labels, None, start).unwrap()
        };
        let neighbour = fit(0.004, Some(&fit(0.06, Some(&fit(1.0, None)))));
        let cold = fit(0.004, None);
        close(cold.objective, neighbour.objective, 1e-4);
        assert!(cold.relative_gradient <= 1e-5, "{}", cold.relative_gradient);
    }

    #[test]
    fn bad_parameters_and_shapes_are_errors() {
        let (rows, labels) = data();
        assert!(SoftmaxParams::default().l2(0.0).check_ref().is_err());
        assert!(SoftmaxParams::default().tolerance(2.0).check_ref().is_err());
        let params = SoftmaxParams::default().check().unwrap();
        assert!(params.fit_from(&rows, &targets(&labels[1..], 3), None, None).is_err());
    }
}
