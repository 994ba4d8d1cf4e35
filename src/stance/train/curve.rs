//! The learning curve: what shares of the data would have given.

use super::{
    Calibration, Example, Pieces, Prediction, Prior, Progress, Run, TextRows, TrainSettings, check_examples, folds, targets,
};
use crate::{error::Result, stance::NONE};

/// Held-out answers of models that learnt from a share of the data.
#[derive(Clone, Debug, PartialEq)]
pub struct CurvePoint {
    /// Share of the data, 0 to 1.
    pub share: f64,
    /// Texts that a model learnt from, on average over the folds.
    pub texts: usize,
    /// Held-out predictions, not calibrated: (number of the example, prediction).
    pub held_out: Vec<(usize, Prediction)>,
}

/// Shares of the data on a learning curve.
const SHARES: [f64; 4] = [0.125, 0.25, 0.5, 1.0];

/// Cross-validates models with one prior and penalty on an eighth, a quarter, half and all of the data: if the last step still
/// helps, more data will. Groups stay whole, smaller shares are parts of larger ones, and all are judged on the same texts.
///
/// # Errors
/// As [`train`](super::train).
pub fn learning_curve(
    labels: &[String],
    examples: &[Example],
    settings: &TrainSettings,
    (prior, l2): (Prior, f32),
    pieces: &Pieces,
    say: &mut Progress<'_>,
) -> Result<Vec<CurvePoint>> {
    settings.check()?;
    check_examples(labels, examples)?;
    let texts: Vec<&str> = examples.iter().map(|e| e.text.as_str()).collect();
    let rows = TextRows::new(&texts, &settings.features, pieces);
    let targets = targets(labels.len(), examples, settings);
    let run = Run { labels, examples, settings, rows: &rows, targets: &targets };
    let folds = folds::assign(examples, labels.len(), settings.folds.max(2), settings.seed);
    let places: Vec<f64> =
        examples.iter().enumerate().map(|(i, example)| folds::place(&folds::name(i, example), settings.seed)).collect();
    let point = |share: f64| {
        say(&format!("learning curve: {share} of the data"));
        run.curve_point(share, (prior, l2), &folds, &places)
    };
    SHARES.into_iter().map(point).collect()
}

impl Run<'_> {
    fn curve_point(&self, share: f64, (prior, l2): (Prior, f32), folds: &[Option<usize>], places: &[f64]) -> Result<CurvePoint> {
        let (n, n_folds) = (self.labels.len(), self.settings.folds.max(2));
        let mut folded: Vec<_> = (0..n_folds).map(|fold| self.fold(folds, fold, prior, |i| places[i] < share)).collect();
        let texts = folded.iter().map(|fold| fold.targets.weights.iter().filter(|w| **w > 0.0).count()).sum::<usize>() / n_folds;
        let logits = self.held_out_logits(l2, &mut folded)?;
        let none = self.labels.iter().position(|label| label == NONE);
        let calibration = Calibration::none(n);
        let judged = (0..self.examples.len()).filter(|&i| folds[i].is_some() && self.is_judged(i));
        let held_out = judged.map(|i| (i, self.prediction(&logits, i, none, &calibration))).collect();
        Ok(CurvePoint { share, texts, held_out })
    }
}
