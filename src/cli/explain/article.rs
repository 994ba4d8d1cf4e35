//! `demarche explain --article`: how each statement of an article was found, and how its holder was resolved.

use std::{fmt::Write as _, path::Path};

use anstyle::Style;
use demarche::{
    Article, Pipeline,
    article::Format,
    pipeline::{ArticleReport, LabelledStatement, Options},
    report::{PROGRAM, content_text, main_label, rounded},
    span::Span,
    stance::StanceModel,
    statement::Holder,
};
use serde_json::{Value, json};

use crate::cli::{
    message,
    summarize::{printable, read_bytes},
};

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// Reads the article at `path` with its statements.
pub(super) fn read(path: &Path, model: StanceModel) -> anyhow::Result<(String, ArticleReport, Vec<String>)> {
    let (name, bytes) = read_bytes(path)?;
    let (article, notes) = Article::from_bytes(&name, bytes, Format::Detect)?;
    notes.iter().for_each(|note| message::warning(note));
    let mut pipeline = Pipeline::builtin(Options::default())?;
    pipeline.stance = model;
    let report = pipeline.read(article);
    report.warnings.iter().for_each(|warning| message::warning(warning));
    Ok((name, report, pipeline.stance.labels().to_vec()))
}

/// A few lines for each statement.
pub(super) fn as_text(report: &ArticleReport, labels: &[String]) -> String {
    let mut out = String::new();
    for (number, labelled) in report.statements.iter().enumerate() {
        let statement = &labelled.statement;
        let words = printable(&content_text(&report.article.text, labelled));
        let label = main_label(labels, &labelled.prediction);
        let _ = writeln!(out, "{BOLD}{}{BOLD:#}  {words}\n   {DIM}{}, {label}{DIM:#}", number + 1, statement.kind.name());
        let cue =
            statement.cue.map_or_else(|| "no cue".into(), |cue| format!("cue “{}”", printable(cue.of(&report.article.text))));
        let _ = writeln!(out, "   found     {}; {cue}", statement.found_by);
        let _ = writeln!(out, "   holder    {}", holder_line(report, &statement.holder));
        if let Some(reporter) = &statement.reported_by {
            let _ = writeln!(out, "   reported  {}", holder_line(report, reporter));
        }
        if let Some(target) = statement.target {
            let _ = writeln!(out, "   target    “{}”", printable(target.of(&report.article.text)));
        }
    }
    if out.is_empty() { "no statements\n".into() } else { out }
}

/// “he” is Sergey Lavrov (pronoun: last speaker)
fn holder_line(report: &ArticleReport, holder: &Holder) -> String {
    let mention = holder.mention.map(|m| format!("“{}”", printable(m.of(&report.article.text))));
    let role = holder.role.as_deref().filter(|_| holder.name.is_some()).map_or(String::new(), |r| format!(", {}", printable(r)));
    let by = holder.resolved_by;
    match (mention, &holder.name) {
        (Some(mention), Some(name)) => format!("{mention} is {}{role} ({by})", printable(name)),
        (None, Some(name)) => format!("{}{role} ({by})", printable(name)),
        (Some(mention), None) => format!("{mention}, not resolved"),
        (None, None) => "not named".into(),
    }
}

/// One object for the article.
pub(super) fn as_json(name: &str, report: &ArticleReport, model: &str, labels: &[String]) -> Value {
    let statements: Vec<Value> = report.statements.iter().map(|it| statement(&report.article.text, it, labels)).collect();
    json!({"schema": 1, "program": PROGRAM, "model": model, "article": name, "statements": statements})
}

fn statement(text: &str, labelled: &LabelledStatement, labels: &[String]) -> Value {
    let it = &labelled.statement;
    let piece = |span: Span| json!({"bytes": [span.start(), span.end()], "text": span.of(text)});
    let holder = |h: &Holder| {
        let by = Some(h.resolved_by).filter(|by| !by.is_empty());
        json!({"mention": h.mention.map(piece), "name": h.name, "role": h.role, "resolved_by": by})
    };
    let probabilities: serde_json::Map<String, Value> =
        labels.iter().cloned().zip(labelled.prediction.probabilities.iter().map(|&p| json!(rounded(p)))).collect();
    json!({"utterance": it.utterance, "content": it.content.iter().copied().map(piece).collect::<Vec<_>>(),
        "kind": it.kind.name(), "cue": it.cue.map(piece), "found_by": it.found_by, "holder": holder(&it.holder),
        "reported_by": it.reported_by.as_ref().map(holder), "target": it.target.map(piece),
        "stance": main_label(labels, &labelled.prediction), "probabilities": probabilities})
}
