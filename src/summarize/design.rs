//! A feature matrix in; the columns of the linear scorer out.
//!
//! Each feature stands three times: as it is, standardised within the article, and, for the opening
//! sentence, times how near the start a sentence is. The last says how far position may be trusted: an
//! article that opens with names, indefinite articles and the words it comes back to opens with its
//! point; one that opens with "the four" and bare surnames has lost its lead, and its middle counts.

use ndarray::{Array1, Array2, ArrayView2, Axis};

use crate::features::{FEATURES, FeatureMatrix};

/// Features of the opening sentence that say nothing of whether it is a lead: position itself, and what only
/// articles with a title have (with them in, the fit took "has a title" for "has a lead").
const NOT_OF_OPENING: [&str; 11] = [
    "position_inverse",
    "position_log",
    "position_relative",
    "first",
    "second",
    "third",
    "last",
    "first_tenth",
    "title_coverage",
    "title_weight",
    "title_bigrams",
];

/// Positions by which the opening sentence's features are multiplied.
const NEARNESS: [&str; 2] = ["position_inverse", "position_log"];

/// Standard deviation below which a column counts as constant.
const CONSTANT: f32 = 1e-6;

/// Names of the columns, in order.
pub(super) fn names() -> Vec<String> {
    let within = FEATURES.iter().map(|f| format!("{} within the article", f.name));
    let opening =
        NEARNESS.iter().flat_map(|near| opening_features().map(move |f| format!("{near} × {} of the opening", FEATURES[f].name)));
    FEATURES.iter().map(|f| f.name.to_string()).chain(within).chain(opening).collect()
}

/// The feature of a column; `None` for a position times a feature of the opening sentence.
pub(super) fn feature_of(column: usize) -> Option<usize> {
    (column < 2 * FEATURES.len()).then(|| column % FEATURES.len())
}

fn index(name: &str) -> Option<usize> {
    FEATURES.iter().position(|f| f.name == name)
}

fn opening_features() -> impl Iterator<Item = usize> {
    (0..FEATURES.len()).filter(|&f| !NOT_OF_OPENING.contains(&FEATURES[f].name))
}

/// The scorer's columns for the sentences of one article, `(n_sentences, names().len())`.
pub(super) fn expand(matrix: &FeatureMatrix, scale: &Scale) -> Array2<f32> {
    let raw = &matrix.values;
    let standard = scale.apply(raw.view());
    let within = Scale::of(raw.view()).apply(raw.view());
    let opening: Vec<f32> = match standard.outer_iter().next() {
        Some(first) => opening_features().map(|f| first[f]).collect(),
        None => Vec::new(),
    };
    let near: Vec<usize> = NEARNESS.iter().filter_map(|name| index(name)).collect();
    let mut cells = Vec::with_capacity(raw.nrows() * names_len());
    for (i, row) in raw.outer_iter().enumerate() {
        cells.extend(standard.row(i));
        cells.extend(within.row(i));
        near.iter().for_each(|&f| cells.extend(opening.iter().map(|value| row[f] * value)));
    }
    Array2::from_shape_vec((raw.nrows(), names_len()), cells).unwrap_or_else(|_| Array2::zeros((0, names_len())))
}

fn names_len() -> usize {
    2 * FEATURES.len() + NEARNESS.len() * opening_features().count()
}

/// Mean and standard deviation of each column.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scale {
    pub(super) mean: Array1<f32>,
    pub(super) deviation: Array1<f32>,
}

impl Scale {
    /// The scale of the rows of `values`; a constant column gets deviation 1.
    pub(super) fn of(values: ArrayView2<f32>) -> Self {
        let n = values.nrows().max(1) as f64;
        let sum = |f: &dyn Fn(f32) -> f64, column: ndarray::ArrayView1<f32>| column.iter().map(|x| f(*x)).sum::<f64>();
        let mut mean = Vec::with_capacity(values.ncols());
        let mut deviation = Vec::with_capacity(values.ncols());
        for column in values.axis_iter(Axis(1)) {
            let centre = sum(&f64::from, column) / n;
            let spread = (sum(&|x| (f64::from(x) - centre) * (f64::from(x) - centre), column) / n).sqrt() as f32;
            mean.push(centre as f32);
            deviation.push(if spread > CONSTANT { spread } else { 1.0 });
        }
        Self { mean: mean.into(), deviation: deviation.into() }
    }

    /// The rows of `values`, each column less its mean and divided by its deviation.
    pub(super) fn apply(&self, values: ArrayView2<f32>) -> Array2<f32> {
        (&values - &self.mean) / &self.deviation
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn scale_by_hand() {
        let values = array![[1.0, 5.0], [3.0, 5.0]];
        let scale = Scale::of(values.view());
        assert_eq!(scale.mean, array![2.0, 5.0]);
        assert_eq!(scale.deviation, array![1.0, 1.0]);
        assert_eq!(scale.apply(values.view()), array![[-1.0, 0.0], [1.0, 0.0]]);
    }

    #[test]
    fn there_is_a_name_for_every_column() {
        assert_eq!(names().len(), names_len());
        assert!(NOT_OF_OPENING.iter().chain(&NEARNESS).all(|name| index(name).is_some()));
    }
}
