//! What is written beside a model: its card and the report of its training.

use std::path::Path;

use anyhow::Context;
use demarche::{
    corpus::labelled::LabelledText,
    evaluate::{bootstrap::Estimate, classification::Evaluation, figure},
    model::TrainingRecord,
    stance::{CurvePoint, Prior, Trained},
};
use serde_json::{Value, json};

use crate::cli::message;

/// The measures that the manifest keeps.
pub(super) fn metrics(e: &Evaluation) -> Value {
    let round = |x: f64| (x * 1e4).round() / 1e4;
    let plain = |x: Option<demarche::evaluate::bootstrap::Estimate>| x.map(|x| round(x.value));
    let labels: serde_json::Map<String, Value> = e
        .labels
        .iter()
        .map(|l| {
            (
                l.label.clone(),
                json!({"precision": round(l.precision.value), "recall": round(l.recall.value), "f1": round(l.f1.value)}),
            )
        })
        .collect();
    json!({"texts": e.texts, "accuracy": round(e.accuracy.value), "macro_f1": round(e.macro_f1.value), "mcc": round(e.mcc.value),
        "log_loss": plain(e.log_loss), "brier": plain(e.brier), "ece": plain(e.ece), "coverage": round(e.coverage), "labels": labels,
        "confusion": e.confusion})
}

/// A line of the learning curve.
#[derive(Debug, serde::Serialize)]
pub(super) struct CurveLine {
    share: f64,
    texts: usize,
    accuracy: Estimate,
    macro_f1: Estimate,
}

impl CurveLine {
    pub(super) fn new(point: &CurvePoint, judged: &Evaluation) -> Self {
        Self { share: point.share, texts: point.texts, accuracy: judged.accuracy, macro_f1: judged.macro_f1 }
    }
}

fn curve_text(curve: &[CurveLine]) -> String {
    let line = |it: &CurveLine| {
        let (accuracy, f1) = (figure::estimate_text(it.accuracy), figure::estimate_text(it.macro_f1));
        format!("{:>6.1} %  {:>7}  {accuracy}  {f1}\n", 100.0 * it.share, it.texts)
    };
    let lines: String = curve.iter().map(line).collect();
    format!("\nLearning curve: held out, at the same penalty\n\n   share    texts  accuracy              macro-F1\n{lines}")
}

/// Texts with each main label: how even the labels are.
fn balance_text(training: &TrainingRecord, labels: &[String]) -> String {
    let count = |label: &String| training.counts.get(label).copied().unwrap_or_default();
    let width = labels.iter().map(|label| label.chars().count()).max().unwrap_or(0);
    let share = |n: usize| 100.0 * n as f64 / training.texts.max(1) as f64;
    let line = |label: &String| format!("{label:<width$}  {:>7}  {:>5.1} %\n", count(label), share(count(label)));
    let (least, most) = labels.iter().map(count).fold((usize::MAX, 0), |(low, high), n| (low.min(n), high.max(n)));
    let lines: String = labels.iter().map(line).collect();
    let ratio = most as f64 / least.max(1) as f64;
    format!("{} texts\n\n{lines}\nThe commonest label has {ratio:.1} times the texts of the rarest.\n", training.texts)
}

/// Last line of a card that nobody has written to: training writes over it.
const UNTOUCHED: &str = "<!-- Written by demarche train, which writes it anew; without this line it is kept. -->\n";

/// Writes `README.md` (the model card; one that somebody wrote is kept), `report.json` and `report.txt`; gives the text of
/// the last.
pub(super) fn write(
    folder: &Path,
    trained: &Trained,
    evaluation: Option<&Evaluation>,
    curve: &[CurveLine],
    texts: &[LabelledText],
    n_rejects: usize,
) -> anyhow::Result<String> {
    let put = |name: &str, content: &str| {
        let path = folder.join(name);
        std::fs::write(&path, content).with_context(|| path.display().to_string())
    };
    let report = json!({"schema": 1, "l2_path": trained.path, "features": trained.n_features, "near_duplicates": trained.near_duplicates.len(),
        "near_duplicate_pairs": near_duplicates(trained, texts),
        "counts": trained.stored.manifest.training.counts, "left_out": n_rejects, "learning_curve": curve, "held_out": evaluation});
    put("report.json", &(serde_json::to_string_pretty(&report)? + "\n"))?;
    let mut text = report_text(trained, evaluation, curve);
    for [first, second] in near_duplicates(trained, texts).iter().take(SHOWN_PAIRS) {
        text += &format!("{second} is nearly the text of {first}\n");
    }
    if n_rejects > 0 {
        text += &format!("\n{n_rejects} records of the data could not be used and are left out.\n");
    }
    put("report.txt", &text)?;
    match std::fs::read_to_string(folder.join("README.md")) {
        Ok(card) if !card.ends_with(UNTOUCHED) => {
            message::warning("the model card README.md is kept as it is; see that it is still true")
        }
        _ => put("README.md", &card(trained, evaluation))?,
    }
    Ok(text)
}

/// Pairs of near-duplicates that the report has; and that its text shows.
const KEPT_PAIRS: usize = 1000;
const SHOWN_PAIRS: usize = 5;

/// Where the near-duplicates on two sides of a fold stand.
fn near_duplicates<'t>(trained: &Trained, texts: &'t [LabelledText]) -> Vec<[&'t str; 2]> {
    let place = |number: usize| texts.get(number).map_or("", |text| text.place.as_str());
    trained.near_duplicates.iter().take(KEPT_PAIRS).map(|&(a, b)| [place(a), place(b)]).collect()
}

fn report_text(trained: &Trained, evaluation: Option<&Evaluation>, curve: &[CurveLine]) -> String {
    let manifest = &trained.stored.manifest;
    let mut out = format!("{}: {}\n", manifest.name, balance_text(&manifest.training, &manifest.labels));
    out += "\n";
    for it in &trained.path {
        out += &format!("{}l2 {}: held-out log-loss {:.4}\n", it.prior, it.l2, it.held_out_log_loss);
    }
    if let Some(e) = evaluation {
        out += &format!("\n{}\n{}\n", figure::overview_text(std::iter::once(e)), figure::labels_text(e));
        out += &format!("{}\n\n{}\n", figure::confusion_text(e), figure::reliability_text(e));
        out += &format!("\n{} pairs of near-duplicates stand on two sides of a fold.\n", trained.near_duplicates.len());
    }
    if !curve.is_empty() {
        out += &curve_text(curve);
    }
    out
}

fn card(trained: &Trained, evaluation: Option<&Evaluation>) -> String {
    let manifest = &trained.stored.manifest;
    let training = &manifest.training;
    let prior = Prior { idf: training.idf, ratio: training.ratio };
    let mut out = format!("# {}\n\nA linear classifier of texts, trained by demarche {}.\n\n", manifest.name, manifest.program);
    out += "| label | texts |\n| --- | ---: |\n";
    for label in &manifest.labels {
        out += &format!("| {label} | {} |\n", training.counts.get(label).copied().unwrap_or_default());
    }
    out += &format!(
        "\n## Training\n\n{} texts, {} features, {}l2 {}, {} folds, seed {}.\n\n",
        training.texts, trained.n_features, prior, training.l2, training.folds, training.seed
    );
    for (file, hash) in &training.data {
        out += &format!("- `{file}`: BLAKE3 {hash}\n");
    }
    match evaluation {
        Some(e) => {
            let f1 = figure::estimate_text(e.macro_f1);
            out += &format!(
                "\n## Measured on held-out folds\n\nAccuracy {}, macro-F1 {f1}.\n\n```text\n{}```\n",
                figure::estimate_text(e.accuracy),
                figure::labels_text(e)
            );
        }
        None => out += "\nTrained without cross-validation: probabilities are not calibrated.\n",
    }
    out + "\n## Limits\n\nMeasured on texts like those it was trained on; measure it on yours with `demarche evaluate` before use.\n\n"
        + UNTOUCHED
}
