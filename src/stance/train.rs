//! Labelled texts in; a calibrated model out.

mod calibrate;
mod folds;
mod near;

use std::collections::BTreeMap;

use linfa::ParamGuard;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

pub use calibrate::Calibration;

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
            l2: vec![8.0, 4.0, 2.0, 1.0, 0.5, 0.25, 0.12, 0.06],
            folds: 5,
            fold_limit: 0,
            balance: 0.0,
            main_share: 0.65,
            smoothing: 0.0,
            soft_weight: 1.0,
            soft_temperature: 1.0,
            soft_minimum: 0.0,
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
    /// Penalties tried with the held-out log-loss of each, temperature fitted.
    pub path: Vec<(f32, f64)>,
    /// Columns of the design matrix.
    pub n_features: usize,
    /// Pairs of near-duplicate texts on two sides of a fold.
    pub near_duplicates: usize,
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
    let fitted = run.fit(choice.l2, settings.tolerance / 10.0, &targets, None)?;
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
    calibration: Calibration,
    held_out: Vec<(usize, Prediction)>,
    path: Vec<(f32, f64)>,
    near_duplicates: usize,
}

impl Choice {
    fn without(settings: &TrainSettings, n_labels: usize) -> Self {
        let l2 = settings.l2.first().copied().unwrap_or(1.0);
        Self { l2, calibration: Calibration::none(n_labels), held_out: Vec::new(), path: Vec::new(), near_duplicates: 0 }
    }
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
    fn fit(&self, l2: f32, tolerance: f64, targets: &SoftTargets, start: Option<&SoftmaxModel>) -> Result<SoftmaxModel> {
        SoftmaxParams::default().l2(l2).tolerance(tolerance).check()?.fit_from(self.rows, targets, start)
    }

    /// Walks the penalties from strong to weak and stops where the held-out loss rises.
    fn cross_validate(&self, say: &mut Progress<'_>) -> Result<Choice> {
        let folds = folds::assign(self.examples, self.labels.len(), self.settings.folds, self.settings.seed);
        let n_held_out =
            if self.settings.fold_limit == 0 { self.settings.folds } else { self.settings.fold_limit.min(self.settings.folds) };
        let is_held_out = |i: usize| folds[i].is_some_and(|fold| fold < n_held_out);
        let judged: Vec<usize> = (0..self.examples.len()).filter(|&i| self.is_judged(i) && is_held_out(i)).collect();
        if judged.len() < 2 * self.settings.folds {
            return Err(Error::Data(format!("{} labelled texts are too few for {} folds", judged.len(), self.settings.folds)));
        }
        let mut starts: Vec<Option<SoftmaxModel>> = vec![None; n_held_out];
        let mut best: Option<(f32, f64, Vec<f32>)> = None;
        let mut path = Vec::new();
        for &l2 in &self.settings.l2 {
            let logits = self.held_out_logits(l2, &folds, &mut starts)?;
            let loss = calibrate::calibrated_loss(&logits, &judged, self.examples, self.labels.len());
            say(&format!("l2 {l2}: held-out log-loss {loss:.4}"));
            path.push((l2, loss));
            if best.as_ref().is_some_and(|&(_, least, _)| loss >= least) {
                break;
            }
            best = Some((l2, loss, logits));
        }
        let (l2, _, logits) = best.ok_or_else(|| Error::Data("no penalty to try".into()))?;
        let none = self.labels.iter().position(|l| l == NONE);
        let calibration = Calibration::fit(&logits, &judged, self.examples, self.labels.len(), none, self.settings.precision);
        let held_out = judged.iter().map(|&i| (i, self.prediction(&logits, i, none, &calibration))).collect();
        let near_duplicates = near::count_across(self.examples, &folds);
        if near_duplicates > 0 {
            say(&format!(
                "{near_duplicates} pairs of near-duplicates stand on two sides of a fold: held-out measures may flatter"
            ));
        }
        Ok(Choice { l2, calibration, held_out, path, near_duplicates })
    }

    /// Whether the example counts when a fit is judged: soft labels are a teacher's, not the truth.
    fn is_judged(&self, number: usize) -> bool {
        let example = &self.examples[number];
        example.probabilities.is_none() && example.weight > 0.0
    }

    /// Logits of every row from the fit that left its fold out.
    fn held_out_logits(&self, l2: f32, folds: &[Option<usize>], starts: &mut [Option<SoftmaxModel>]) -> Result<Vec<f32>> {
        let n = self.labels.len();
        let mut out = vec![0.0f32; self.examples.len() * n];
        for (fold, start) in starts.iter_mut().enumerate() {
            let mut targets = self.targets.clone();
            let left_out: Vec<usize> = (0..folds.len()).filter(|&i| folds[i] == Some(fold)).collect();
            left_out.iter().for_each(|&i| targets.weights[i] = 0.0);
            let fitted = self.fit(l2, self.settings.tolerance, &targets, start.as_ref())?;
            let logits = fitted.logits(self.rows);
            for i in left_out {
                out[i * n..(i + 1) * n].copy_from_slice(&logits[i * n..(i + 1) * n]);
            }
            *start = Some(fitted);
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
    let mut table = vec![0u8; settings.total_buckets() * n];
    for ((block, place), row) in places.iter().zip(values.chunks_exact(n)) {
        let unit = units[*block as usize];
        for (byte, w) in table[place * n..(place + 1) * n].iter_mut().zip(row) {
            *byte = if unit > 0.0 { (w / unit).round() as i8 as u8 } else { 0 };
        }
    }
    Weights { table: table.into(), units, biases, vocabulary: vocabulary(rows).into() }
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
