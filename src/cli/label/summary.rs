//! What a run did: a table on standard error, and a JSON file.

use std::{path::Path, time::Duration};

use anyhow::Context;
use demarche::{
    corpus::batch::{End, Finish},
    stance::StanceModel,
};
use serde_json::{Map, Value, json};

use super::message;

/// The figures of a finished run.
pub(super) struct Summary {
    json: Value,
}

impl Summary {
    /// The figures of `finish`.
    pub(super) fn new(finish: &Finish, model: &StanceModel, took: Duration) -> Self {
        let counts = &finish.counts;
        let by_label = |values: &[u64]| -> Map<String, Value> {
            model.labels().iter().zip(values).map(|(label, &count)| (label.clone(), json!(count))).collect()
        };
        let rounded = |value: f64| (value * 10_000.0).round() / 10_000.0;
        let share = |part: u64, of: u64| rounded(part as f64 / of.max(1) as f64);
        let json = json!({
            "schema": 1,
            "program": concat!("demarche ", env!("CARGO_PKG_VERSION")),
            "model": model.id(),
            "whole": matches!(finish.end, End::Whole | End::AlreadyWhole),
            "records": counts.records,
            "rows": counts.rows,
            "rejected": counts.rejected,
            "lost_inputs": counts.lost_inputs,
            "main": by_label(&counts.main),
            "given": by_label(&counts.given),
            "unsure": counts.unsure,
            "mean_confidence": rounded(counts.mean_confidence()),
            "share_under_half": share(counts.under_half, counts.rows),
            "words": counts.words,
            "share_unknown_words": share(counts.unknown_words, counts.words),
            "seconds": rounded(took.as_secs_f64()),
        });
        Self { json }
    }

    /// Writes the JSON file.
    pub(super) fn write(&self, path: &Path) -> anyhow::Result<()> {
        let text = serde_json::to_string_pretty(&self.json)? + "\n";
        std::fs::write(path, text).with_context(|| format!("{}: cannot be written", path.display()))
    }

    /// Prints the table; silent under `--quiet`.
    pub(super) fn print(&self, finish: &Finish) {
        let counts = &finish.counts;
        if matches!(finish.end, End::AlreadyWhole) || counts.records == 0 {
            return;
        }
        let seconds = self.json.get("seconds").and_then(Value::as_f64).unwrap_or(0.0);
        message::line(&format!(
            "{:<12} {:>12}  {:.1} s, {:.0}/s",
            "records",
            counts.records,
            seconds,
            counts.records as f64 / seconds.max(1e-3)
        ));
        if counts.rows != counts.records {
            message::line(&format!("{:<12} {:>12}", "rows", counts.rows));
        }
        let labels = self.json.get("main").and_then(Value::as_object);
        for (label, count) in labels.into_iter().flatten() {
            row(label, count.as_u64().unwrap_or(0), counts.rows);
        }
        if counts.unsure > 0 {
            row("unsure", counts.unsure, counts.rows);
        }
        if counts.rejected > 0 {
            row("rejected", counts.rejected, counts.records);
        }
        message::line(&format!("{:<12} {:>12.3}  under 0.5: {} rows", "confidence", counts.mean_confidence(), counts.under_half));
    }
}

fn row(name: &str, count: u64, of: u64) {
    message::line(&format!("{name:<12} {count:>12}  {:.1} %", 100.0 * count as f64 / of.max(1) as f64));
}
