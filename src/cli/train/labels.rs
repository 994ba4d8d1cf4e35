//! `demarche train --task labels`: trains a classifier of texts.

use std::{
    collections::BTreeMap,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::Context;
use demarche::{
    corpus::labelled::{self, Labelled, LabelledText, Reading},
    evaluate::classification::{self, Evaluation, Judged},
    model::Manifest,
    stance::{self, Example, NONE, Pieces, Prediction, Prior, TrainSettings},
};

use serde_json::Value;

use super::{
    TrainArgs,
    card::{self, CurveLine},
};
use crate::cli::{Outcome, labelled_input, message};

/// Arguments of this task alone.
#[derive(Debug, clap::Args)]
#[group(id = "labels")]
pub(crate) struct Options {
    /// Field of the text
    #[arg(long, value_name = "FIELD", default_value = "text")]
    text_field: String,
    /// Field of the label, or of a list of labels [default: labels, parted by `;` where it is text, else label]
    #[arg(long, value_name = "FIELD")]
    label_field: Option<String>,
    /// Texts with the same value of this field (a document) never stand on both sides of a fold
    #[arg(long, value_name = "FIELD")]
    group_field: Option<String>,
    /// Folder of texts by id, for labels that stand off from their texts
    #[arg(long, value_name = "FOLDER")]
    texts: Option<PathBuf>,
    /// JSON file of training settings; what it does not name keeps its default
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// Weight of the texts whose FIELD has VALUE, beside 1 for the others
    #[arg(long, value_name = "FIELD=VALUE:WEIGHT")]
    weigh: Vec<Weigh>,
    /// Folds of the cross-validation; 0 trains without, and calibrates nothing
    #[arg(long)]
    folds: Option<usize>,
    /// Texts from which subword pieces are learnt; without it the model has none
    #[arg(long, value_name = "FILE")]
    pieces_from: Vec<PathBuf>,
    /// Also cross-validate on an eighth, a quarter and half of the data: would more help?
    #[arg(long)]
    learning_curve: bool,
    /// Name of the model [default: the name of its folder]
    #[arg(long)]
    name: Option<String>,
    /// Codebook that says what the labels mean; its hash is stored with the model
    #[arg(long, value_name = "FILE")]
    codebook: Option<PathBuf>,
}

/// `--weigh source=gum:2`
#[derive(Clone, Debug)]
struct Weigh {
    field: String,
    value: String,
    weight: f32,
}

impl std::str::FromStr for Weigh {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parse = || {
            let (field, rest) = text.split_once('=')?;
            let (value, weight) = rest.rsplit_once(':')?;
            let weight = weight.parse::<f32>().ok().filter(|w| w.is_finite() && *w >= 0.0)?;
            Some(Self { field: field.into(), value: value.into(), weight })
        };
        parse().ok_or_else(|| "expected FIELD=VALUE:WEIGHT, such as source=news:2".into())
    }
}

/// Subword pieces that are learnt.
const N_PIECES: usize = 4096;

/// Runs the task.
pub(crate) fn run(args: &TrainArgs, options: &Options) -> anyhow::Result<Outcome> {
    let settings = settings(args, options)?;
    let (texts, n_rejects) = read(args, options)?;
    let wanted = options.group_field.iter().chain(options.weigh.iter().map(|it| &it.field));
    labelled_input::check_fields(&texts, wanted)?;
    // Before the work, not after it.
    std::fs::create_dir_all(&args.output).with_context(|| args.output.display().to_string())?;
    let labels = label_names(&texts);
    let examples: Vec<Example> = texts.iter().map(|text| example(text, &labels, options)).collect();
    let pieces = pieces(&options.pieces_from)?;
    let name = options.name.clone().unwrap_or_else(|| folder_name(&args.output));
    let mut trained = stance::train(&name, &labels, &examples, &settings, pieces, &mut |line| message::line(line))?;
    let record = &mut trained.stored.manifest.training;
    record.data = hashes(&args.data)?;
    record.codebook = options.codebook.as_deref().map(labelled_input::hash_file).transpose()?;
    let judge = |held_out: &[(usize, Prediction)]| evaluation(&trained.stored.manifest, held_out, &examples, &labels, args.seed);
    let evaluation = judge(&trained.held_out);
    let curve = match options.learning_curve {
        true => {
            let record = &trained.stored.manifest.training;
            let chosen = (Prior { idf: record.idf, ratio: record.ratio }, record.l2);
            let pieces = Pieces::from_json(trained.stored.tokenizer.to_vec());
            let say = &mut |line: &str| message::line(line);
            let points = stance::learning_curve(&labels, &examples, &settings, chosen, &pieces, say)?;
            points.iter().filter_map(|point| Some(CurveLine::new(point, &judge(&point.held_out)?))).collect()
        }
        false => Vec::new(),
    };
    trained.stored.manifest.metrics = evaluation.as_ref().map(card::metrics).unwrap_or_default();
    trained.stored.write(&args.output)?;
    let report = card::write(&args.output, &trained, evaluation.as_ref(), &curve, &texts, n_rejects)?;
    message::line(&format!("wrote {}", args.output.display()));
    // A closed pipe is no failure: the report stands in the folder too.
    let _ = write!(std::io::stdout().lock(), "{report}");
    Ok(if n_rejects > 0 { Outcome::Partly } else { Outcome::Done })
}

/// Measures of the held-out predictions, where there are any.
fn evaluation(
    manifest: &Manifest,
    held_out: &[(usize, Prediction)],
    examples: &[Example],
    labels: &[String],
    seed: u64,
) -> Option<Evaluation> {
    let none = labels.iter().position(|label| label == NONE);
    let judge = |(number, prediction): &(usize, Prediction)| {
        let gold = examples.get(*number).map(|e| e.labels.clone()).unwrap_or_default();
        let threshold = manifest.abstain.thresholds.get(prediction.main).copied().unwrap_or_default();
        Judged {
            gold: gold.first().copied().unwrap_or_default(),
            gold_set: gold.into_iter().filter(|&label| Some(label) != none).collect(),
            unsure: prediction.probabilities.get(prediction.main).is_some_and(|&p| p < threshold),
            main: prediction.main,
            chosen: prediction.chosen.clone(),
            probabilities: prediction.probabilities.clone(),
        }
    };
    let judged: Vec<Judged> = held_out.iter().map(judge).collect();
    (!judged.is_empty()).then(|| classification::evaluate("held-out folds", labels, &judged, RESAMPLES, seed))
}

/// Resamples of the bootstrap behind the intervals of the report.
const RESAMPLES: usize = 1000;

fn settings(args: &TrainArgs, options: &Options) -> anyhow::Result<TrainSettings> {
    let mut merged = serde_json::to_value(TrainSettings::default())?;
    if let Some(path) = &options.settings {
        let place = || path.display().to_string();
        let given: Value = serde_json::from_slice(&std::fs::read(path).with_context(place)?).with_context(place)?;
        merge(&mut merged, given);
    }
    let place = || options.settings.as_deref().map_or_else(String::new, |path| path.display().to_string());
    let mut settings: TrainSettings = serde_json::from_value(merged).with_context(place)?;
    settings.seed = args.seed;
    settings.folds = options.folds.unwrap_or(settings.folds);
    Ok(settings)
}

/// Puts the fields of `given` in the place of those of `into`: what a file of settings does not name keeps its default.
fn merge(into: &mut Value, given: Value) {
    match (into, given) {
        (Value::Object(into), Value::Object(given)) => {
            given.into_iter().for_each(|(name, value)| merge(into.entry(name).or_insert(Value::Null), value));
        }
        (into, given) => *into = given,
    }
}

/// The texts to learn from, and how many records were left out.
fn read(args: &TrainArgs, options: &Options) -> anyhow::Result<(Vec<LabelledText>, usize)> {
    let reading = Reading {
        text_field: Some(options.text_field.clone()),
        label_field: options.label_field.clone(),
        texts: options.texts.as_deref().map(labelled::read_texts).transpose()?.unwrap_or_default(),
        test_articles: false,
    };
    let Labelled { texts, rejects } = labelled_input::read(&args.data, &reading)?;
    let (texts, gone, contradicting) = labelled::without_duplicates(texts);
    if gone > 0 {
        message::line(&format!("{gone} texts stand in the data before and are left out"));
    }
    if contradicting > 0 {
        message::warning(&format!("{contradicting} texts stand in the data before with other labels; the first ones count"));
    }
    Ok((texts, rejects.len()))
}

/// All labels: the stances in their own order, others by name, `none` last.
fn label_names(texts: &[LabelledText]) -> Vec<String> {
    const STANCES: [&str; 3] = ["support", "concern", "expectation"];
    let mut names: Vec<String> = texts.iter().flat_map(|text| text.labels.iter().cloned()).collect();
    names.extend(texts.iter().filter_map(|t| t.probabilities.as_ref()).flatten().map(|(name, _)| name.clone()));
    names.sort_by_key(|name| (name == NONE, STANCES.iter().position(|s| s == name).unwrap_or(STANCES.len()), name.clone()));
    names.dedup();
    names
}

fn example(text: &LabelledText, labels: &[String], options: &Options) -> Example {
    let index = |name: &String| labels.iter().position(|label| label == name);
    let soft = text.probabilities.as_ref().map(|probabilities| {
        let mut row = vec![0.0; labels.len()];
        probabilities.iter().filter_map(|(name, p)| Some((index(name)?, p))).for_each(|(i, &p)| row[i] = p);
        row
    });
    let factor = |w: &Weigh| if text.field(&w.field).as_deref() == Some(&w.value) { w.weight } else { 1.0 };
    Example {
        text: text.text.clone(),
        labels: text.labels.iter().filter_map(index).collect(),
        probabilities: soft,
        weight: text.weight * options.weigh.iter().map(factor).product::<f32>(),
        group: options.group_field.as_ref().and_then(|field| text.field(field)),
    }
}

/// Learns subword pieces from the texts of `paths`, where there are any.
fn pieces(paths: &[PathBuf]) -> anyhow::Result<Pieces> {
    if paths.is_empty() {
        return Ok(Pieces::default());
    }
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for path in paths {
        for text in labelled::read(path, &Reading::default())?.texts {
            stance::words(&text.text, |word| *counts.entry(word).or_default() += 1);
        }
    }
    Ok(Pieces::learn(counts.into_iter(), N_PIECES)?)
}

fn folder_name(folder: &Path) -> String {
    folder.file_name().map_or_else(|| "model".into(), |name| name.to_string_lossy().into_owned())
}

fn hashes(paths: &[PathBuf]) -> anyhow::Result<BTreeMap<String, String>> {
    let named = |path: &PathBuf| Ok((folder_name(path), labelled_input::hash_file(path)?));
    paths.iter().filter(|path| path.as_os_str() != "-").map(named).collect()
}
