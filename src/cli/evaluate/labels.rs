//! `demarche evaluate --task labels`: measures a classifier of texts.

use std::{
    collections::BTreeMap,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use demarche::{
    corpus::labelled::{self, Labelled, LabelledText, Reading},
    evaluate::{
        baseline,
        classification::{self, Comparison, Evaluation, Judged},
        figure,
    },
    report::html,
    stance::{self, StanceModel},
};
use serde::Serialize;

use super::{EvaluateArgs, Format};
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
    /// Folder of texts by id, for labels that stand off from their texts
    #[arg(long, value_name = "FOLDER")]
    texts: Option<PathBuf>,
    /// Measure each group of texts with the same value of this field too
    #[arg(long, value_name = "FIELD")]
    by: Option<String>,
    /// A second model, compared on the same texts
    #[arg(long, value_name = "FOLDER")]
    against: Option<PathBuf>,
    /// Folder for confusion matrix and reliability curve as SVG
    #[arg(long, value_name = "FOLDER")]
    svg: Option<PathBuf>,
    /// Resamples of the bootstrap behind the intervals
    #[arg(long, default_value_t = 1000, value_name = "N")]
    resamples: usize,
    /// Of annotated articles, measure on the test ones instead of the others
    #[arg(long)]
    test_articles: bool,
}

/// The whole report.
#[derive(Debug, Serialize)]
struct Report {
    schema: u32,
    program: String,
    model: String,
    /// Records that could not be used.
    left_out: usize,
    overall: Evaluation,
    baselines: Vec<Evaluation>,
    groups: Vec<Evaluation>,
    against: Option<Against>,
}

#[derive(Debug, Serialize)]
struct Against {
    model: String,
    overall: Evaluation,
    comparison: Comparison,
}

/// Runs the task.
pub(crate) fn run(args: &EvaluateArgs, options: &Options) -> anyhow::Result<Outcome> {
    let model = load(args.model.as_deref())?;
    let (texts, left_out) = read(args, options)?;
    let by = options.by.iter().filter(|name| Some(*name) != options.label_field.as_ref());
    labelled_input::check_fields(&texts, by)?;
    warn_of_training_data(&model, &args.data)?;
    let report = Report { left_out, ..report(&model, &texts, args, options)? };
    if let Some(folder) = &options.svg {
        write_figures(folder, &report.overall)?;
    }
    let mut out = std::io::stdout().lock();
    match args.format {
        Format::Json => writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?,
        Format::Text => write!(out, "{}", text(&report))?,
        Format::Html => write!(out, "{}", page(&report, &model, &texts, args)?)?,
    }
    Ok(if left_out > 0 { Outcome::Partly } else { Outcome::Done })
}

fn load(folder: Option<&Path>) -> anyhow::Result<StanceModel> {
    Ok(folder.map_or_else(StanceModel::builtin, StanceModel::load)?)
}

/// The texts to measure on, and how many records were left out.
fn read(args: &EvaluateArgs, options: &Options) -> anyhow::Result<(Vec<LabelledText>, usize)> {
    let reading = Reading {
        text_field: Some(options.text_field.clone()),
        label_field: options.label_field.clone(),
        texts: options.texts.as_deref().map(labelled::read_texts).transpose()?.unwrap_or_default(),
        test_articles: options.test_articles,
    };
    let Labelled { mut texts, rejects } = labelled_input::read(&args.data, &reading)?;
    texts.retain(|text| !text.labels.is_empty());
    if texts.is_empty() {
        bail!("no labelled texts in the data");
    }
    Ok((texts, rejects.len()))
}

fn report(model: &StanceModel, texts: &[LabelledText], args: &EvaluateArgs, options: &Options) -> anyhow::Result<Report> {
    let labels = model.labels();
    let measure = |name: &str, judged: &[Judged]| classification::evaluate(name, labels, judged, options.resamples, args.seed);
    let judged = judge(model, texts)?;
    let mut baselines = vec![measure("commonest label", &baseline::majority(&judged, labels.len(), model.none()))];
    let plain: Vec<&str> = texts.iter().map(|text| text.text.as_str()).collect();
    baselines.extend(baseline::lexicon(&plain, &judged, labels).map(|answers| measure("lexicon", &answers)));
    // The field of the label goes by that name.
    let by = options.by.as_deref().map(|name| if Some(name) == options.label_field.as_deref() { "label" } else { name });
    let groups = groups(texts, &judged, by);
    let against = options.against.as_deref().map(|folder| against(folder, labels, texts, &judged, args, options)).transpose()?;
    Ok(Report {
        schema: 1,
        program: concat!("demarche ", env!("CARGO_PKG_VERSION")).into(),
        model: model.id(),
        left_out: 0,
        overall: measure(&model.id(), &judged),
        baselines,
        groups: groups.iter().map(|(name, judged)| measure(name, judged)).collect(),
        against,
    })
}

/// Predictions beside the gold labels; a label that the model does not have is an error.
fn judge(model: &StanceModel, texts: &[LabelledText]) -> anyhow::Result<Vec<Judged>> {
    let labels = model.labels();
    let plain: Vec<&str> = texts.iter().map(|text| text.text.as_str()).collect();
    let predictions = stance::predict_all(model, &plain);
    let of_text = |(text, prediction): (&LabelledText, stance::Prediction)| {
        let index = |label: &String| {
            let place = &text.place;
            let find = labels.iter().position(|l| l == label);
            find.with_context(|| format!("{place}: unknown label \"{label}\"; the model has {}", labels.join(", ")))
        };
        let gold = text.labels.iter().map(index).collect::<anyhow::Result<Vec<usize>>>()?;
        Ok(Judged {
            gold: gold.first().copied().unwrap_or_default(),
            gold_set: gold.into_iter().filter(|&label| Some(label) != model.none()).collect(),
            unsure: model.is_unsure(&prediction),
            main: prediction.main,
            chosen: prediction.chosen,
            probabilities: prediction.probabilities,
        })
    };
    texts.iter().zip(predictions).map(of_text).collect()
}

/// Measures on what a model learnt from say little of it.
fn warn_of_training_data(model: &StanceModel, data: &[PathBuf]) -> anyhow::Result<()> {
    for path in data.iter().filter(|path| path.is_file()) {
        let hash = labelled_input::hash_file(path)?;
        if model.manifest().training.data.values().any(|other| *other == hash) {
            message::warning(&format!("{}: the model was trained on this file; these measures flatter", path.display()));
        }
    }
    Ok(())
}

fn groups(texts: &[LabelledText], judged: &[Judged], field: Option<&str>) -> BTreeMap<String, Vec<Judged>> {
    let mut groups: BTreeMap<String, Vec<Judged>> = BTreeMap::new();
    let Some(field) = field else { return groups };
    for (text, judged) in texts.iter().zip(judged) {
        groups.entry(text.field(field).unwrap_or_else(|| "(none)".into())).or_default().push(judged.clone());
    }
    groups
}

fn against(
    folder: &Path,
    labels: &[String],
    texts: &[LabelledText],
    judged: &[Judged],
    args: &EvaluateArgs,
    options: &Options,
) -> anyhow::Result<Against> {
    let model = load(Some(folder))?;
    if model.labels() != labels {
        bail!("{}: has the labels {}, but the first model {}", folder.display(), model.labels().join(", "), labels.join(", "));
    }
    let second = judge(&model, texts)?;
    let overall = classification::evaluate(&model.id(), labels, &second, options.resamples, args.seed);
    let comparison = classification::compare(judged, &second, labels.len(), options.resamples, args.seed);
    Ok(Against { model: model.id(), overall, comparison })
}

fn write_figures(folder: &Path, evaluation: &Evaluation) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let figures =
        [("confusion.svg", figure::confusion_svg(evaluation)), ("reliability.svg", figure::reliability_svg(evaluation))];
    figures.iter().try_for_each(|(name, svg)| {
        let path = folder.join(name);
        std::fs::write(&path, svg).with_context(|| path.display().to_string())
    })
}

/// The report as tables.
fn text(report: &Report) -> String {
    let overall = &report.overall;
    let left_out = if report.left_out > 0 { format!(", {} records left out", report.left_out) } else { String::new() };
    let mut out = format!("{} on {} texts{left_out} (95 % intervals by bootstrap)\n\n", report.model, overall.texts);
    let lines =
        std::iter::once(overall).chain(&report.baselines).chain(&report.groups).chain(report.against.iter().map(|a| &a.overall));
    out += &figure::overview_text(lines);
    out += &format!("\n{}", figure::labels_text(overall));
    if let Some(against) = &report.against {
        out += &compared(against);
    }
    out += &format!("\n{}\n\n{}\n", figure::confusion_text(overall), figure::reliability_text(overall));
    out
}

/// Wrong answers on the page.
const N_ERRORS: usize = 25;
/// Stretches of text that are shown as the evidence of one.
const N_FEATURES: usize = 6;

/// The report as a page, with the wrong answers that the model was surest of.
fn page(report: &Report, model: &StanceModel, texts: &[LabelledText], args: &EvaluateArgs) -> anyhow::Result<String> {
    let judged = judge(model, texts)?;
    let error = |at: usize| {
        let (text, judged) = texts.get(at).zip(judged.get(at))?;
        Some(html::WorstError {
            place: text.place.clone(),
            text: text.text.clone(),
            gold: judged.gold,
            answer: judged.main,
            probabilities: judged.probabilities.clone(),
            evidence: html::evidence(&model.explain(&text.text), &text.text, N_FEATURES),
        })
    };
    let against = report.against.iter().map(|against| &against.overall);
    let title = match args.data.as_slice() {
        [one] => one.file_name().unwrap_or(one.as_os_str()).to_string_lossy().into_owned(),
        data => format!("{} files", data.len()),
    };
    let measured = html::Measured {
        model: &report.model,
        title: &title,
        overall: &report.overall,
        beside: report.baselines.iter().chain(against).collect(),
        groups: &report.groups,
        errors: html::worst(&judged, N_ERRORS).into_iter().filter_map(error).collect(),
    };
    Ok(html::evaluation(&measured)?)
}

fn compared(against: &Against) -> String {
    let c = &against.comparison;
    let difference = figure::estimate_text(c.macro_f1_difference);
    let p = if c.p_value < 1e-4 { "p < 0.0001".into() } else { format!("p = {:.4}", c.p_value) };
    format!(
        "\nAgainst {}: {} texts right here alone, {} there alone, McNemar {p}; macro-F1 differs by {difference}.\n",
        against.model, c.only_first, c.only_second
    )
}
