//! Labelled texts in; a calibrated model out.

mod calibrate;
mod curve;
mod folds;
mod near;
mod prior;

use std::collections::BTreeMap;

use linfa::ParamGuard;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

pub use calibrate::Calibration;
pub use curve::{CurvePoint, learning_curve};
pub use prior::Prior;

use super::{
    NONE, Pieces, Prediction, StanceModel, choose,
    design::Design,
    labeller,
    rows::TextRows,
    softmax::{SoftTargets, SoftmaxModel, SoftmaxParams, softmax},
};
use crate::{
    error::{Error, Result},
    model::{self, Abstain, FeatureSettings, Manifest, N_BLOCKS, StoredModel, TrainingRecord, Weights},
};

/// Settings of a training run; the manifest keeps them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainSettings {
    /// Which features the model has.
    pub features: FeatureSettings,
    /// Penalties to choose from by cross-validation, strongest first.
    pub l2: Vec<f32>,
    /// Folds of the cross-validation; 0 trains without: then the first penalty is taken and nothing calibrated.
    pub folds: usize,
    /// Folds that are really held out, 0 for all: fewer are enough to calibrate on large data.
    pub fold_limit: usize,
    /// Classes weigh as their inverse frequency to this power: 0 all texts alike, 1 all classes alike.
    pub balance: f32,
    /// Share of the main label where a text has several; the others divide the rest.
    pub main_share: f32,
    /// Share of every target that is spread evenly over all labels.
    pub smoothing: f32,
    /// Weight of texts with soft labels (`probs`) beside those with plain ones.
    pub soft_weight: f32,
    /// Temperature of the soft labels: above 1 makes them softer.
    pub soft_temperature: f32,
    /// Soft labels whose highest probability is lower are left out.
    pub soft_minimum: f32,
    /// Priors of the weights to choose from by cross-validation; none: all weights alike.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub priors: Vec<Prior>,
    /// Precision that answers shall have under `--abstain`.
    pub precision: f32,
    /// Solver stops at this relative gradient.
    pub tolerance: f64,
    /// Seed of the folds.
    pub seed: u64,
}

impl Default for TrainSettings {
    fn default() -> Self {
        Self {
            features: FeatureSettings::default(),
            l2: vec![1.0, 0.25, 0.06, 0.015, 0.004],
            folds: 5,
            fold_limit: 0,
            balance: 0.0,
            main_share: 0.65,
            smoothing: 0.0,
            soft_weight: 1.0,
            soft_temperature: 1.0,
            soft_minimum: 0.0,
            priors: vec![Prior { idf: 0.0, ratio: 0.9 }, Prior { idf: 0.5, ratio: 0.0 }],
            precision: 0.85,
            tolerance: 1e-3,
            seed: 1,
        }
    }
}

impl TrainSettings {
    /// Checks ranges.
    ///
    /// # Errors
    /// [`Error::Parameter`] naming the setting.
    pub fn check(&self) -> Result<()> {
        self.features.check()?;
        let positive = |name: &str, x: f32| match x.is_finite() && x > 0.0 {
            true => Ok(()),
            false => Err(Error::Parameter(format!("setting `{name}` must be above 0 (got {x})"))),
        };
        let share = |name: &str, x: f32| match (0.0..=1.0).contains(&x) {
            true => Ok(()),
            false => Err(Error::Parameter(format!("setting `{name}` must be 0 to 1 (got {x})"))),
        };
        self.l2.iter().try_for_each(|&l2| positive("l2", l2))?;
        if self.l2.is_empty() || self.folds == 1 {
            return Err(Error::Parameter("settings `l2` needs a value, `folds` must be 0 or at least 2".into()));
        }
        positive("soft_weight", self.soft_weight)?;
        positive("soft_temperature", self.soft_temperature)?;
        self.priors.iter().try_for_each(|prior| share("idf", prior.idf).and(share("ratio", prior.ratio)))?;
        let shares = [
            ("balance", self.balance),
            ("main_share", self.main_share),
            ("smoothing", self.smoothing),
            ("soft_minimum", self.soft_minimum),
            ("precision", self.precision),
        ];
        shares.into_iter().try_for_each(|(name, x)| share(name, x))
    }
}

/// One text to learn from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Example {
    /// The text.
    pub text: String,
    /// Indices of its labels, main first; `none` stands as the label it is.
    pub labels: Vec<usize>,
    /// Soft labels, one for each label, where it has them: then `labels` is not looked at.
    pub probabilities: Option<Vec<f32>>,
    /// Its weight beside the others.
    pub weight: f32,
    /// Texts of one group (a document) never stand on both sides of a fold.
    pub group: Option<String>,
}

/// A fit on all data, and what cross-validation found.
#[derive(Debug)]
pub struct Trained {
    /// The model, ready to be written.
    pub stored: StoredModel,
    /// Held-out predictions of the texts with plain labels: (number of the example, prediction). Empty without folds.
    pub held_out: Vec<(usize, Prediction)>,
    /// What was tried, in order.
    pub path: Vec<PathPoint>,
    /// Columns of the design matrix.
    pub n_features: usize,
    /// Pairs of near-duplicate texts on two sides of a fold: numbers of the examples.
    pub near_duplicates: Vec<(usize, usize)>,
}

/// What cross-validation found at one penalty.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PathPoint {
    /// Prior of the weights.
    #[serde(flatten)]
    pub prior: Prior,
    /// Penalty.
    pub l2: f32,
    /// Held-out log-loss, temperature fitted.
    pub held_out_log_loss: f64,
}

/// What training says while it runs.
pub type Progress<'a> = dyn FnMut(&str) + 'a;

/// Trains a model named `name` on `examples`.
///
/// # Errors
/// [`Error::Parameter`] for settings out of range, [`Error::Data`] if there is nothing to learn from.
pub fn train(
    name: &str,
    labels: &[String],
    examples: &[Example],
    settings: &TrainSettings,
    pieces: Pieces,
    say: &mut Progress<'_>,
) -> Result<Trained> {
    settings.check()?;
    check_examples(labels, examples)?;
    let texts: Vec<&str> = examples.iter().map(|e| e.text.as_str()).collect();
    let rows = TextRows::new(&texts, &settings.features, &pieces);
    say(&format!("{} texts, {} features, {} entries", rows.n_rows(), rows.n_columns(), rows.n_entries()));
    let targets = targets(labels.len(), examples, settings);
    let run = Run { labels, examples, settings, rows: &rows, targets: &targets };
    let choice = if settings.folds > 0 { run.cross_validate(say)? } else { Choice::without(settings, labels.len()) };
    let penalties = prior::penalties(&rows, &targets, choice.prior);
    let fitted = run.fit(choice.l2, settings.tolerance / 10.0, &targets, penalties.as_deref(), None)?;
    say(&format!("fitted with l2 {} in {} steps, objective {:.3}", choice.l2, fitted.steps, fitted.objective));
    let stored = assemble(name, labels, examples, settings, &rows, &fitted, &choice, pieces);
    let near_duplicates = choice.near_duplicates;
    Ok(Trained { stored, held_out: choice.held_out, path: choice.path, n_features: rows.n_columns(), near_duplicates })
}

fn check_examples(labels: &[String], examples: &[Example]) -> Result<()> {
    if labels.len() < 2 {
        return Err(Error::Data(format!("{} label in the data; a classifier needs at least 2", labels.len())));
    }
    if labels.len() > model::MAX_LABELS {
        return Err(Error::Data(format!("{} labels in the data; at most {} are possible", labels.len(), model::MAX_LABELS)));
    }
    let fits = |e: &Example| {
        let soft = e.probabilities.as_ref().is_none_or(|p| p.len() == labels.len());
        soft && e.labels.iter().all(|&l| l < labels.len()) && (e.probabilities.is_some() || !e.labels.is_empty())
    };
    match examples.iter().position(|e| !fits(e)) {
        Some(number) => Err(Error::Data(format!("example {number} has no label, or one that is not among the {}", labels.len()))),
        None if examples.is_empty() => Err(Error::Data("no texts to train on".into())),
        None => Ok(()),
    }
}

/// Soft targets and weights of all examples.
fn targets(n_labels: usize, examples: &[Example], settings: &TrainSettings) -> SoftTargets {
    let mut shares = Vec::with_capacity(examples.len() * n_labels);
    for example in examples {
        shares.extend(target(n_labels, example, settings));
    }
    let mut mass = vec![0.0f64; n_labels];
    for (row, example) in shares.chunks_exact(n_labels).zip(examples) {
        mass.iter_mut().zip(row).for_each(|(m, &t)| *m += f64::from(t) * f64::from(example.weight));
    }
    let mean = mass.iter().sum::<f64>() / n_labels as f64;
    let of_class: Vec<f32> = mass.iter().map(|&m| libm::pow(mean / m.max(1e-9), f64::from(settings.balance)) as f32).collect();
    let weights =
        examples.iter().zip(shares.chunks_exact(n_labels)).map(|(e, row)| weight(e, row, &of_class, settings)).collect();
    SoftTargets { shares, weights, n_labels }
}

fn weight(example: &Example, shares: &[f32], of_class: &[f32], settings: &TrainSettings) -> f32 {
    let class: f32 = shares.iter().zip(of_class).map(|(t, c)| t * c).sum();
    let soft = match &example.probabilities {
        Some(p) if p.iter().copied().fold(0.0, f32::max) < settings.soft_minimum => 0.0,
        Some(_) => settings.soft_weight,
        None => 1.0,
    };
    example.weight * class * soft
}

fn target(n_labels: usize, example: &Example, settings: &TrainSettings) -> Vec<f32> {
    let mut row = vec![0.0f32; n_labels];
    if let Some(probabilities) = &example.probabilities {
        let power = 1.0 / f64::from(settings.soft_temperature);
        row.iter_mut().zip(probabilities).for_each(|(t, &p)| *t = libm::pow(f64::from(p.max(0.0)), power) as f32);
    } else {
        let rest = (1.0 - settings.main_share) / (example.labels.len().max(2) - 1) as f32;
        for (i, &label) in example.labels.iter().enumerate() {
            row[label] += match (example.labels.len(), i) {
                (1, _) => 1.0,
                (_, 0) => settings.main_share,
                _ => rest,
            };
        }
    }
    let sum: f32 = row.iter().sum();
    let even = settings.smoothing / n_labels as f32;
    row.iter_mut()
        .for_each(|t| *t = even + (1.0 - settings.smoothing) * if sum > 0.0 { *t / sum } else { 1.0 / n_labels as f32 });
    row
}

/// What cross-validation chose.
#[derive(Debug)]
struct Choice {
    l2: f32,
    prior: Prior,
    calibration: Calibration,
    held_out: Vec<(usize, Prediction)>,
    path: Vec<PathPoint>,
    near_duplicates: Vec<(usize, usize)>,
}

impl Choice {
    fn without(settings: &TrainSettings, n_labels: usize) -> Self {
        let l2 = settings.l2.first().copied().unwrap_or(1.0);
        let prior = settings.priors.first().copied().unwrap_or_default();
        let calibration = Calibration::none(n_labels);
        Self { l2, prior, calibration, held_out: Vec::new(), path: Vec::new(), near_duplicates: Vec::new() }
    }
}

/// Numbers that the fits of all folds may keep at once, for each of about ten vectors: 32 million are 1.3 GB.
const SIDE_BY_SIDE: usize = 32_000_000;

/// A penalty that keeps more than this share of the loss of the one before ends the path: weaker ones take longer to fit
/// and bring nothing.
const ENOUGH: f64 = 0.999;

/// One fold of the cross-validation: what is left out, what is fitted, and the fit at the penalty before.
struct Fold {
    left_out: Vec<usize>,
    targets: SoftTargets,
    penalties: Option<Vec<f32>>,
    fitted: Option<SoftmaxModel>,
}

/// The parts that all fits of one training share.
struct Run<'a> {
    labels: &'a [String],
    examples: &'a [Example],
    settings: &'a TrainSettings,
    rows: &'a TextRows,
    targets: &'a SoftTargets,
}

impl Run<'_> {
    fn fit(
        &self,
        l2: f32,
        tolerance: f64,
        targets: &SoftTargets,
        penalties: Option<&[f32]>,
        start: Option<&SoftmaxModel>,
    ) -> Result<SoftmaxModel> {
        SoftmaxParams::default().l2(l2).tolerance(tolerance).check()?.fit_from(self.rows, targets, penalties, start)
    }

    /// Walks the penalties of one prior from strong to weak and stops where the held-out loss falls no more.
    fn walk(
        &self,
        prior: Prior,
        judged: &[usize],
        folded: &mut [Fold],
        path: &mut Vec<PathPoint>,
        best: &mut Option<(PathPoint, Vec<f32>)>,
        say: &mut Progress<'_>,
    ) -> Result<()> {
        let mut last = f64::INFINITY;
        for &l2 in &self.settings.l2 {
            let logits = self.held_out_logits(l2, folded)?;
            let loss = calibrate::calibrated_loss(&logits, judged, self.examples, self.labels.len());
            say(&format!("{prior}l2 {l2}: held-out log-loss {loss:.4}"));
            let point = PathPoint { prior, l2, held_out_log_loss: loss };
            path.push(point);
            if best.as_ref().is_none_or(|(best, _)| loss < best.held_out_log_loss) {
                *best = Some((point, logits));
            }
            if loss >= last * ENOUGH {
                break;
            }
            last = loss;
        }
        Ok(())
    }

    /// Chooses prior and penalty by the held-out loss, and calibrates.
    fn cross_validate(&self, say: &mut Progress<'_>) -> Result<Choice> {
        let folds = folds::assign(self.examples, self.labels.len(), self.settings.folds, self.settings.seed);
        let n_held_out =
            if self.settings.fold_limit == 0 { self.settings.folds } else { self.settings.fold_limit.min(self.settings.folds) };
        let is_held_out = |i: usize| folds[i].is_some_and(|fold| fold < n_held_out);
        let judged: Vec<usize> = (0..self.examples.len()).filter(|&i| self.is_judged(i) && is_held_out(i)).collect();
        if judged.len() < 2 * self.settings.folds {
            return Err(Error::Data(format!("{} labelled texts are too few for {} folds", judged.len(), self.settings.folds)));
        }
        let mut path = Vec::new();
        let mut best: Option<(PathPoint, Vec<f32>)> = None;
        let plain = [Prior::default()];
        for &prior in if self.settings.priors.is_empty() { &plain } else { self.settings.priors.as_slice() } {
            let mut folded: Vec<Fold> = (0..n_held_out).map(|fold| self.fold(&folds, fold, prior, |_| true)).collect();
            self.walk(prior, &judged, &mut folded, &mut path, &mut best, say)?;
        }
        let (PathPoint { l2, prior, .. }, logits) = best.ok_or_else(|| Error::Data("no penalty to try".into()))?;
        let none = self.labels.iter().position(|l| l == NONE);
        let calibration = Calibration::fit(&logits, &judged, self.examples, self.labels.len(), none, self.settings.precision);
        let held_out = judged.iter().map(|&i| (i, self.prediction(&logits, i, none, &calibration))).collect();
        let near_duplicates = near::across(self.examples, &folds);
        if !near_duplicates.is_empty() {
            say(&format!(
                "{} pairs of near-duplicates stand on two sides of a fold: held-out measures may flatter",
                near_duplicates.len()
            ));
        }
        Ok(Choice { l2, prior, calibration, held_out, path, near_duplicates })
    }

    /// Whether the example counts when a fit is judged: soft labels are a teacher's, not the truth.
    fn is_judged(&self, number: usize) -> bool {
        let example = &self.examples[number];
        example.probabilities.is_none() && example.weight > 0.0
    }

    /// The data without fold number `fold`, and without the examples that are not `wanted`.
    fn fold(&self, folds: &[Option<usize>], fold: usize, prior: Prior, wanted: impl Fn(usize) -> bool) -> Fold {
        let left_out: Vec<usize> = (0..folds.len()).filter(|&i| folds[i] == Some(fold)).collect();
        let mut targets = self.targets.clone();
        let leave_out = |(i, weight): (usize, &mut f32)| {
            if folds[i] == Some(fold) || !wanted(i) {
                *weight = 0.0;
            }
        };
        targets.weights.iter_mut().enumerate().for_each(leave_out);
        let penalties = prior::penalties(self.rows, &targets, prior);
        Fold { left_out, targets, penalties, fitted: None }
    }

    /// Logits of every row from the fit that left its fold out; folds are fitted side by side where memory allows.
    fn held_out_logits(&self, l2: f32, folds: &mut [Fold]) -> Result<Vec<f32>> {
        let n = self.labels.len();
        let fit = |fold: &mut Fold| -> Result<Vec<f32>> {
            let start = fold.fitted.take();
            let fitted = self.fit(l2, self.settings.tolerance, &fold.targets, fold.penalties.as_deref(), start.as_ref())?;
            let logits = fitted.logits(self.rows);
            fold.fitted = Some(fitted);
            Ok(fold.left_out.iter().flat_map(|&i| logits[i * n..(i + 1) * n].iter().copied()).collect())
        };
        let found: Vec<Vec<f32>> = match folds.len() * (self.rows.n_columns() + self.rows.n_rows()) * n <= SIDE_BY_SIDE {
            true => folds.par_iter_mut().map(fit).collect::<Result<_>>()?,
            false => folds.iter_mut().map(fit).collect::<Result<_>>()?,
        };
        let mut out = vec![0.0f32; self.examples.len() * n];
        for (fold, logits) in folds.iter().zip(&found) {
            fold.left_out.iter().zip(logits.chunks_exact(n)).for_each(|(&i, z)| out[i * n..(i + 1) * n].copy_from_slice(z));
        }
        Ok(out)
    }

    fn prediction(&self, logits: &[f32], number: usize, none: Option<usize>, calibration: &Calibration) -> Prediction {
        let n = self.labels.len();
        let mut probabilities: Vec<f32> =
            logits[number * n..(number + 1) * n].iter().map(|z| z / calibration.temperature).collect();
        softmax(&mut probabilities);
        let mut out = Prediction { probabilities, ..Prediction::default() };
        choose(&mut out, none, &calibration.thresholds);
        out
    }
}

/// Puts the model together.
#[expect(clippy::too_many_arguments, reason = "called once, with everything that a model is made of")]
fn assemble(
    name: &str,
    labels: &[String],
    examples: &[Example],
    settings: &TrainSettings,
    rows: &TextRows,
    fitted: &SoftmaxModel,
    choice: &Choice,
    pieces: Pieces,
) -> StoredModel {
    let training = TrainingRecord {
        texts: examples.len(),
        counts: counts(labels, examples),
        l2: choice.l2,
        idf: choice.prior.idf,
        ratio: choice.prior.ratio,
        folds: settings.folds,
        seed: settings.seed,
        settings: serde_json::to_value(settings).unwrap_or_default(),
        ..TrainingRecord::default()
    };
    let manifest = Manifest {
        format: model::FORMAT,
        kind: "labels".into(),
        name: name.into(),
        program: env!("CARGO_PKG_VERSION").into(),
        labels: labels.to_vec(),
        features: settings.features.clone(),
        lists: super::lists::Lists::hash(),
        temperature: choice.calibration.temperature,
        thresholds: choice.calibration.thresholds.clone(),
        abstain: Abstain { precision: settings.precision, thresholds: choice.calibration.abstain.clone() },
        training,
        hashes: BTreeMap::new(),
        metrics: serde_json::Value::Null,
    };
    let weights = quantise(rows, fitted, &settings.features);
    StoredModel { manifest, weights, tokenizer: pieces.json().to_vec().into() }
}

/// Texts with each main label; of soft labels the most probable counts.
fn counts(labels: &[String], examples: &[Example]) -> BTreeMap<String, usize> {
    let mut out: BTreeMap<String, usize> = labels.iter().map(|l| (l.clone(), 0)).collect();
    for example in examples {
        if let Some(count) = labels.get(example.main()).and_then(|label| out.get_mut(label)) {
            *count += 1;
        }
    }
    out
}

impl Example {
    /// Index of its main label; of soft labels the most probable.
    pub fn main(&self) -> usize {
        match &self.probabilities {
            Some(p) => (0..p.len()).fold(0, |best, k| if p[k] > p[best] { k } else { best }),
            None => self.labels.first().copied().unwrap_or_default(),
        }
    }
}

/// Rounds the weights of each block to signed bytes.
fn quantise(rows: &TextRows, fitted: &SoftmaxModel, settings: &FeatureSettings) -> Weights {
    let (values, biases) = fitted.by_label();
    let n = biases.len();
    let places = rows.table_places(settings);
    let mut largest = [0.0f32; N_BLOCKS];
    for ((block, _), row) in places.iter().zip(values.chunks_exact(n)) {
        let top = &mut largest[*block as usize];
        *top = row.iter().fold(*top, |top, w| top.max(w.abs()));
    }
    let units = largest.map(|top| if top > 0.0 { top / 127.0 } else { 0.0 });
    let byte = |w: f32, unit: f32| if unit > 0.0 { (w / unit).round() as i8 as u8 } else { 0 };
    let bytes = places.iter().zip(values.chunks_exact(n)).map(|((block, place), row)| {
        let unit = units[*block as usize];
        (*place, row.iter().map(|&w| byte(w, unit)).collect())
    });
    let (table, filled) = Weights::table_of(settings.total_buckets(), n, bytes);
    Weights { table: table.into(), filled, units, biases, vocabulary: vocabulary(rows).into() }
}

fn vocabulary(rows: &TextRows) -> Vec<u8> {
    let mut bits = vec![0u8; model::VOCABULARY_BYTES];
    for word in rows.vocabulary() {
        let place = labeller::vocabulary_place(word, bits.len());
        bits[place / 8] |= 1 << (place % 8);
    }
    bits
}

/// Predictions of many texts, in order, on all threads.
pub fn predict_all<S: AsRef<str> + Sync>(model: &StanceModel, texts: &[S]) -> Vec<Prediction> {
    let chunk = |texts: &[S]| {
        let mut labeller = model.labeller();
        texts.iter().map(|text| labeller.predict(text.as_ref()).clone()).collect::<Vec<_>>()
    };
    texts.par_chunks(4096).flat_map_iter(chunk).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn settings(folds: usize) -> TrainSettings {
        let features = FeatureSettings { bits: [8, 8, 0, 8, 0, 0], ..FeatureSettings::default() };
        TrainSettings { features, folds, l2: vec![1.0, 0.1], ..TrainSettings::default() }
    }

    fn example(text: &str, labels: &[usize]) -> Example {
        Example { text: text.into(), labels: labels.to_vec(), weight: 1.0, ..Example::default() }
    }

    fn trained(n_labels: usize, examples: &[Example], settings: &TrainSettings) -> Result<Trained> {
        let labels: Vec<String> = (0..n_labels).map(|k| format!("l{k:03}")).collect();
        train("x", &labels, examples, settings, Pieces::default(), &mut |_| ())
    }

    fn label_of(model: &StanceModel, text: &str) -> usize {
        model.predict(text).main
    }

    #[test]
    fn two_hundred_labels_are_told_apart() {
        let text = |k: usize, i: usize| format!("w{k}x matter number {i} of w{k}x");
        let examples: Vec<Example> = (0..600).map(|i| example(&text(i % 200, i / 200), &[i % 200])).collect();
        let mut settings = settings(3);
        settings.features.bits = [12, 0, 0, 0, 0, 0];
        settings.l2 = vec![0.01];
        let found = trained(200, &examples, &settings).unwrap();
        let right = found.held_out.iter().filter(|(i, p)| examples[*i].labels[0] == p.main).count();
        assert!(right > 560, "{right} of 600");
        let model = StanceModel::from_stored(found.stored);
        assert_eq!(label_of(&model, "the matter of w137x"), 137);
    }

    #[test]
    fn a_label_with_one_example_is_kept() {
        let mut examples: Vec<Example> =
            (0..40).map(|i| example(if i % 2 == 0 { "bread and milk" } else { "rain and wind" }, &[i % 2])).collect();
        examples.push(example("the orbit of a comet", &[2]));
        let found = trained(3, &examples, &settings(5)).unwrap();
        assert_eq!(found.held_out.len(), 41);
        let model = StanceModel::from_stored(found.stored);
        assert_eq!(model.labels().len(), 3);
        assert_eq!(label_of(&model, "rain and wind"), 1);
    }

    #[test]
    fn texts_without_a_difference_give_the_shares_of_the_labels() {
        for text in ["the same text", "", "\u{1f600}"] {
            let examples: Vec<Example> = (0..40).map(|i| example(text, &[usize::from(i % 4 == 0)])).collect();
            let model = StanceModel::from_stored(trained(2, &examples, &settings(4)).unwrap().stored);
            let p = model.predict(text).probabilities;
            assert!((p[0] - 0.75).abs() < 0.02, "{text:?}: {p:?}");
        }
    }

    #[test]
    fn the_curve_ends_with_the_models_of_cross_validation() {
        let words = ["bread", "rain", "milk", "wind"];
        let examples: Vec<Example> = (0..80).map(|i| example(&format!("{} number {i}", words[i % 4]), &[i % 2])).collect();
        let settings = TrainSettings { tolerance: 1e-5, ..settings(4) };
        let found = trained(2, &examples, &settings).unwrap();
        let labels = ["l000".to_string(), "l001".to_string()];
        let record = &found.stored.manifest.training;
        let chosen = (Prior { idf: record.idf, ratio: record.ratio }, record.l2);
        let curve = learning_curve(&labels, &examples, &settings, chosen, &Pieces::default(), &mut |_| ()).unwrap();
        let main = |held_out: &[(usize, Prediction)]| held_out.iter().map(|(i, p)| (*i, p.main)).collect::<Vec<_>>();
        assert_eq!(main(&curve[3].held_out), main(&found.held_out));
        assert_eq!(curve.iter().map(|point| point.share).collect::<Vec<_>>(), [0.125, 0.25, 0.5, 1.0]);
        assert!(curve[0].texts < curve[1].texts && curve[1].texts < curve[2].texts && curve[3].texts == 60);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn any_texts_and_labels_give_a_model_or_an_error(
            data in proptest::collection::vec(("\\PC{0,20}", 0usize..4), 0..30),
            folds in prop_oneof![Just(0usize), Just(2), Just(3)],
        ) {
            let examples: Vec<Example> = data.iter().map(|(text, label)| example(text, &[*label])).collect();
            if let Ok(found) = trained(4, &examples, &settings(folds)) {
                let model = StanceModel::from_stored(found.stored);
                for (text, _) in &data {
                    let p = model.predict(text).probabilities;
                    prop_assert!(p.iter().all(|p| p.is_finite()) && (p.iter().sum::<f32>() - 1.0).abs() < 1e-4);
                }
            }
        }
    }
}
