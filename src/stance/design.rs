//! Rows of features in; products with weights out. What the solver needs to know of its data.

use linfa::dataset::Records;
use rayon::prelude::*;

use crate::error::{Error, Result};

/// A design matrix, seen through its two products.
///
/// Weights are row-major `(n_columns, n_outputs)`, logits `(n_rows, n_outputs)`. Every entry of a result is a sum in
/// fixed order, so that results do not depend on the number of threads.
pub trait Design: Sync {
    /// Number of rows (texts).
    fn n_rows(&self) -> usize;
    /// Number of columns (features).
    fn n_columns(&self) -> usize;
    /// `logits = X · weights`; overwrites `logits`.
    fn forward(&self, weights: &[f32], n_outputs: usize, logits: &mut [f32]);
    /// `gradient = Xᵀ · residuals`, with every entry of X raised to `power`; overwrites `gradient`.
    fn backward(&self, residuals: &[f32], n_outputs: usize, power: Power, gradient: &mut [f32]);
}

/// What becomes of the entries of a matrix in a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Power {
    /// Each counts as 1: the product counts.
    Zero,
    /// As they are.
    One,
    /// Squared.
    Two,
}

impl Power {
    /// `x` raised to it; 0 stays 0.
    #[inline]
    pub(crate) fn of(self, x: f32) -> f32 {
        match self {
            Self::Zero => f32::from(u8::from(x != 0.0)),
            Self::One => x,
            Self::Two => x * x,
        }
    }
}

/// Which lists hold which members: a compressed sparse pattern, by list.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lists {
    starts: Vec<usize>,
    members: Vec<u32>,
}

impl Lists {
    /// Lists from their ends (`starts` begins with 0) and members.
    pub(crate) fn new(starts: Vec<usize>, members: Vec<u32>) -> Self {
        Self { starts, members }
    }

    pub(crate) fn len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    pub(crate) fn get(&self, list: usize) -> &[u32] {
        &self.members[self.range(list)]
    }

    pub(crate) fn range(&self, list: usize) -> std::ops::Range<usize> {
        self.starts[list]..self.starts[list + 1]
    }

    /// For each of `n_members` members the lists that hold it, in order, and where in `self` it stood.
    pub(crate) fn inverted(&self, n_members: usize) -> (Lists, Vec<u32>) {
        let mut starts = vec![0usize; n_members + 1];
        for &member in &self.members {
            starts[member as usize + 1] += 1;
        }
        for i in 0..n_members {
            starts[i + 1] += starts[i];
        }
        let mut next = starts.clone();
        let mut members = vec![0u32; self.members.len()];
        let mut places = vec![0u32; self.members.len()];
        for list in 0..self.len() {
            for place in self.range(list) {
                let slot = &mut next[self.members[place] as usize];
                members[*slot] = list as u32;
                places[*slot] = place as u32;
                *slot += 1;
            }
        }
        (Lists { starts, members }, places)
    }
}

/// A plain sparse matrix, kept by row and by column.
#[derive(Clone, Debug, Default)]
pub struct SparseRows {
    rows: Lists,
    row_values: Vec<f32>,
    columns: Lists,
    column_values: Vec<f32>,
}

impl SparseRows {
    /// A matrix of `n_columns` columns from rows of (column, value).
    ///
    /// # Errors
    /// [`Error::Data`] if a column is not below `n_columns` or a value is not finite.
    pub fn new(rows: &[Vec<(u32, f32)>], n_columns: usize) -> Result<Self> {
        let mut starts = vec![0];
        let mut members = Vec::new();
        let mut row_values = Vec::new();
        for (number, row) in rows.iter().enumerate() {
            for &(column, value) in row {
                if column as usize >= n_columns || !value.is_finite() {
                    return Err(Error::Data(format!("row {number}: value {value} in column {column} of {n_columns}")));
                }
                members.push(column);
                row_values.push(value);
            }
            starts.push(members.len());
        }
        let rows = Lists::new(starts, members);
        let (columns, places) = rows.inverted(n_columns);
        let column_values = places.iter().map(|&place| row_values[place as usize]).collect();
        Ok(Self { rows, row_values, columns, column_values })
    }
}

/// Rows, or columns, that one task of the thread pool works through.
pub(crate) const CHUNK: usize = 256;

/// Runs `$body` with the constant `$k` equal to the number of outputs where it is small, else 0: loops over a
/// constant number of outputs are unrolled.
macro_rules! with_outputs {
    ($n:expr, $k:ident => $body:expr) => {
        match $n {
            1 => {
                const $k: usize = 1;
                $body
            }
            3 => {
                const $k: usize = 3;
                $body
            }
            4 => {
                const $k: usize = 4;
                $body
            }
            6 => {
                const $k: usize = 6;
                $body
            }
            _ => {
                const $k: usize = 0;
                $body
            }
        }
    };
}
pub(crate) use with_outputs;

/// `sum += factor * row`, for K outputs (0: as many as `row` has).
#[inline(always)]
pub(crate) fn add_scaled<const K: usize>(sum: &mut [f32], row: &[f32], factor: f32) {
    if K == 0 {
        for (s, r) in sum.iter_mut().zip(row) {
            *s += factor * r;
        }
    } else if let (Some(sum), Some(row)) = (sum.first_chunk_mut::<K>(), row.first_chunk::<K>()) {
        for k in 0..K {
            sum[k] += factor * row[k];
        }
    }
}

fn multiply<const K: usize>(lists: &Lists, values: &[f32], input: &[f32], n: usize, power: Power, output: &mut [f32]) {
    match power {
        Power::Zero => multiply_by::<K>(lists, values, input, n, &|x| Power::Zero.of(x), output),
        Power::One => multiply_by::<K>(lists, values, input, n, &|x| x, output),
        Power::Two => multiply_by::<K>(lists, values, input, n, &|x| x * x, output),
    }
}

#[inline(always)]
fn multiply_by<const K: usize>(
    lists: &Lists,
    values: &[f32],
    input: &[f32],
    n: usize,
    power: &(impl Fn(f32) -> f32 + Sync),
    output: &mut [f32],
) {
    output.par_chunks_mut(CHUNK * n).enumerate().for_each(|(chunk, output)| {
        let first = chunk * CHUNK;
        let starts = &lists.starts[first..];
        if K == 1 {
            // A running end instead of two look-ups of the bounds: most lists are short.
            let mut rest = (&lists.members[starts[0]..], &values[starts[0]..]);
            for (sum, bounds) in output.iter_mut().zip(starts.array_windows::<2>()) {
                let length = bounds[1] - bounds[0];
                let (members, values);
                ((members, rest.0), (values, rest.1)) = (rest.0.split_at(length), rest.1.split_at(length));
                *sum = members.iter().zip(values).map(|(&member, &value)| power(value) * input[member as usize]).sum();
            }
            return;
        }
        for (i, sum) in output.chunks_exact_mut(n).enumerate() {
            sum.fill(0.0);
            let range = lists.range(first + i);
            for (&member, &value) in lists.members[range.clone()].iter().zip(&values[range]) {
                let at = member as usize * n;
                add_scaled::<K>(sum, &input[at..at + n], power(value));
            }
        }
    });
}

impl Design for SparseRows {
    fn n_rows(&self) -> usize {
        self.rows.len()
    }

    fn n_columns(&self) -> usize {
        self.columns.len()
    }

    fn forward(&self, weights: &[f32], n: usize, logits: &mut [f32]) {
        with_outputs!(n, K => multiply::<K>(&self.rows, &self.row_values, weights, n, Power::One, logits));
    }

    fn backward(&self, residuals: &[f32], n: usize, power: Power, gradient: &mut [f32]) {
        with_outputs!(n, K => multiply::<K>(&self.columns, &self.column_values, residuals, n, power, gradient));
    }
}

impl Records for SparseRows {
    type Elem = f32;

    fn nsamples(&self) -> usize {
        self.n_rows()
    }

    fn nfeatures(&self) -> usize {
        self.n_columns()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_of_a_small_matrix() {
        // X = [[1, 2, 0], [0, 0, 3]]
        let x = SparseRows::new(&[vec![(0, 1.0), (1, 2.0)], vec![(2, 3.0)]], 3).unwrap();
        let mut logits = [0.0; 4];
        x.forward(&[1.0, 10.0, 2.0, 20.0, 3.0, 30.0], 2, &mut logits);
        assert_eq!(logits, [5.0, 50.0, 9.0, 90.0]);
        let mut gradient = [0.0; 3];
        x.backward(&[1.0, -1.0], 1, Power::One, &mut gradient);
        assert_eq!(gradient, [1.0, 2.0, -3.0]);
        x.backward(&[1.0, -1.0], 1, Power::Two, &mut gradient);
        assert_eq!(gradient, [1.0, 4.0, -9.0]);
        x.backward(&[1.0, -1.0], 1, Power::Zero, &mut gradient);
        assert_eq!(gradient, [1.0, 1.0, -1.0]);
    }

    #[test]
    fn a_column_out_of_range_is_an_error() {
        assert!(SparseRows::new(&[vec![(3, 1.0)]], 3).is_err());
        assert!(SparseRows::new(&[vec![(0, f32::NAN)]], 3).is_err());
    }
}
