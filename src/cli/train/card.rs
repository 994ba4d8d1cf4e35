//! What is written beside a model: its card and the report of its training.

use std::path::Path;

use anyhow::Context;
use demarche::{
    evaluate::{classification::Evaluation, figure},
    stance::Trained,
};
use serde_json::{Value, json};

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

/// Writes `README.md` (the model card, kept if there is one), `report.json` and `report.txt`; gives the text of the last.
pub(super) fn write(folder: &Path, trained: &Trained, evaluation: Option<&Evaluation>) -> anyhow::Result<String> {
    let put = |name: &str, content: &str| {
        let path = folder.join(name);
        std::fs::write(&path, content).with_context(|| path.display().to_string())
    };
    let path: Vec<Value> = trained.path.iter().map(|(l2, loss)| json!({"l2": l2, "held_out_log_loss": loss})).collect();
    let report = json!({"schema": 1, "l2_path": path, "features": trained.n_features, "near_duplicates": trained.near_duplicates,
        "held_out": evaluation});
    put("report.json", &(serde_json::to_string_pretty(&report)? + "\n"))?;
    let text = report_text(trained, evaluation);
    put("report.txt", &text)?;
    if !folder.join("README.md").exists() {
        put("README.md", &card(trained, evaluation))?;
    }
    Ok(text)
}

fn report_text(trained: &Trained, evaluation: Option<&Evaluation>) -> String {
    let mut out = format!("{}\n\n", trained.stored.manifest.name);
    for (l2, loss) in &trained.path {
        out += &format!("l2 {l2}: held-out log-loss {loss:.4}\n");
    }
    if let Some(e) = evaluation {
        out += &format!("\n{}\n{}\n", figure::overview_text(std::iter::once(e)), figure::labels_text(e));
        out += &format!("{}\n\n{}\n", figure::confusion_text(e), figure::reliability_text(e));
        out += &format!("\n{} pairs of near-duplicates stand on two sides of a fold.\n", trained.near_duplicates);
    }
    out
}

fn card(trained: &Trained, evaluation: Option<&Evaluation>) -> String {
    let manifest = &trained.stored.manifest;
    let training = &manifest.training;
    let mut out = format!("# {}\n\nA linear classifier of texts, trained by demarche {}.\n\n", manifest.name, manifest.program);
    out += "| label | texts |\n| --- | ---: |\n";
    for label in &manifest.labels {
        out += &format!("| {label} | {} |\n", training.counts.get(label).copied().unwrap_or_default());
    }
    out += &format!(
        "\n## Training\n\n{} texts, {} features, l2 {}, {} folds, seed {}.\n\n",
        training.texts, trained.n_features, training.l2, training.folds, training.seed
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
    out + "\n## Limits\n\nMeasured on texts like those it was trained on; measure it on yours with `demarche evaluate` before use.\n"
}
