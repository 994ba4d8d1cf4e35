//! `demarche explain`: the features that made a label; the cues and rules that made the statements of an article.

mod article;

use std::{
    io::{Read, Write},
    path::PathBuf,
};

use anstyle::{AnsiColor, Style};
use anyhow::{Context, ensure};
use demarche::{
    report::html::{self, Explained},
    stance::{Evidence, Explanation, StanceModel},
};
use serde_json::json;

use crate::cli::{Outcome, args::ModelArg};

/// Arguments of `demarche explain`.
#[derive(Debug, clap::Args)]
pub(crate) struct ExplainArgs {
    /// Texts to explain; `-`, or none, reads one text a line from standard input
    #[arg(value_name = "TEXT")]
    texts: Vec<String>,
    /// File of texts, one a line
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Article whose statements are explained instead: cue, rule or tagger that found each, and how its holder was
    /// resolved; plain text, Markdown or HTML, `-` is standard input
    #[arg(long, value_name = "ARTICLE", conflicts_with_all = ["texts", "file", "label", "top"])]
    article: Option<PathBuf>,
    #[command(flatten)]
    model: ModelArg,
    /// Label to explain [default: the one the model gives]
    #[arg(long)]
    label: Option<String>,
    /// Features shown
    #[arg(long, default_value_t = 12, value_name = "N")]
    top: usize,
    /// How the explanation is written
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// How an explanation is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// A table to read, and the text with its evidence marked.
    #[default]
    Text,
    /// One JSON object for each text, with every feature; one for an article, with every statement.
    Json,
    /// A page to read and to send on, of all texts.
    Html,
}

/// Runs the command.
pub(crate) fn run(args: &ExplainArgs) -> anyhow::Result<Outcome> {
    let model = args.model.model.as_deref().map_or_else(StanceModel::builtin, StanceModel::load)?;
    let mut out = anstream::stdout().lock();
    if let Some(path) = &args.article {
        ensure!(
            args.format != Format::Html,
            "--article writes text or json; `summarize --format html` makes a page of an article"
        );
        let id = model.id().to_owned();
        let (name, report, labels) = article::read(path, model)?;
        match args.format {
            Format::Json => writeln!(out, "{}", article::as_json(&name, &report, &id, &labels))?,
            Format::Text | Format::Html => write!(out, "{}", article::as_text(&report, &labels))?,
        }
        return Ok(Outcome::Done);
    }
    if args.format == Format::Html {
        write!(out, "{}", page(args, &model)?)?;
        return Ok(Outcome::Done);
    }
    for text in texts(args)? {
        let explanation = model.explain(&text);
        let label = label(args, &model, &explanation)?;
        match args.format {
            Format::Json => writeln!(out, "{}", as_json(&model, &text, &explanation))?,
            Format::Text | Format::Html => writeln!(out, "{}", as_text(&model, &text, &explanation, label, args.top))?,
        }
    }
    Ok(Outcome::Done)
}

/// All texts on one page.
fn page(args: &ExplainArgs, model: &StanceModel) -> anyhow::Result<String> {
    let explained = |text: String| {
        let explanation = model.explain(&text);
        let label = label(args, model, &explanation)?;
        let unsure = model.is_unsure(&explanation.prediction);
        Ok(Explained { text, explanation, label, unsure })
    };
    let all = texts(args)?.into_iter().map(explained).collect::<anyhow::Result<Vec<_>>>()?;
    Ok(html::explanation(&model.id(), model.labels(), &all, args.top)?)
}

fn texts(args: &ExplainArgs) -> anyhow::Result<Vec<String>> {
    let lines = |content: String| content.lines().map(str::trim).filter(|line| !line.is_empty()).map(String::from).collect();
    if let Some(path) = &args.file {
        return Ok(lines(std::fs::read_to_string(path).with_context(|| path.display().to_string())?));
    }
    if args.texts.is_empty() || args.texts == ["-"] {
        let mut content = String::new();
        std::io::stdin().read_to_string(&mut content).context("standard input")?;
        return Ok(lines(content));
    }
    Ok(args.texts.clone())
}

fn label(args: &ExplainArgs, model: &StanceModel, explanation: &Explanation) -> anyhow::Result<usize> {
    let Some(name) = &args.label else { return Ok(explanation.prediction.main) };
    let found = model.labels().iter().position(|label| label == name);
    found.with_context(|| format!("unknown label \"{name}\"; the model has {}", model.labels().join(", ")))
}

fn as_json(model: &StanceModel, text: &str, explanation: &Explanation) -> serde_json::Value {
    let by_label = |values: &[f32]| -> serde_json::Map<String, serde_json::Value> {
        model.labels().iter().cloned().zip(values.iter().map(|&v| json!(five_decimals(v)))).collect()
    };
    let evidence: Vec<_> = explanation
        .evidence
        .iter()
        .map(|e| json!({"block": e.block.name(), "name": e.name, "bytes": [e.bytes.start, e.bytes.end], "contributions": by_label(&e.contributions)}))
        .collect();
    json!({"schema": 1, "model": model.id(), "text": text, "label": model.labels().get(explanation.prediction.main),
        "probabilities": by_label(&explanation.prediction.probabilities), "temperature": model.manifest().temperature,
        "logits": by_label(&explanation.logits), "biases": by_label(&explanation.biases), "evidence": evidence})
}

/// Five decimals: more than a sum over all features loses.
fn five_decimals(value: f32) -> f64 {
    (f64::from(value) * 1e5).round() / 1e5
}

fn as_text(model: &StanceModel, text: &str, explanation: &Explanation, label: usize, top: usize) -> String {
    let prediction = &explanation.prediction;
    let name = model.labels().get(label).map_or("", String::as_str);
    let mut out = marked(text, explanation, label);
    out += &probabilities_text(model.labels(), &prediction.probabilities);
    if model.is_unsure(prediction) {
        out += "\n  too doubtful to answer under --abstain";
    }
    let mut order: Vec<&Evidence> = explanation.evidence.iter().collect();
    order.sort_by(|a, b| b.weight(label).abs().total_cmp(&a.weight(label).abs()).then(a.bytes.start.cmp(&b.bytes.start)));
    out += &format!("\nfor (+) and against (-) {name}, beside the mean of the labels:");
    for e in order.iter().take(top) {
        out += &format!("\n  {:+.3}  {:<8} {}", e.weight(label), e.block.name(), e.name);
    }
    let rest: f32 = order.iter().skip(top).map(|e| e.weight(label)).sum();
    let mean = |values: &[f32]| values.iter().sum::<f32>() / values.len().max(1) as f32;
    let bias = explanation.biases.get(label).copied().unwrap_or_default() - mean(&explanation.biases);
    let logit = explanation.logits.get(label).copied().unwrap_or_default() - mean(&explanation.logits);
    out + &format!(
        "\n  {rest:+.3}  {} further features\n  {bias:+.3}  bias\n  {logit:+.3}  logit in all\n",
        order.len().saturating_sub(top)
    )
}

/// Labels whose probabilities are all shown, in the model's order; of more the likeliest.
const SHOWN_LABELS: usize = 10;

fn probabilities_text(labels: &[String], probabilities: &[f32]) -> String {
    let mut rows: Vec<(&String, f32)> = labels.iter().zip(probabilities.iter().copied()).collect();
    let rest = rows.len().saturating_sub(SHOWN_LABELS);
    if rest > 0 {
        rows.sort_by(|a, b| b.1.total_cmp(&a.1));
        rows.truncate(SHOWN_LABELS);
    }
    let width = rows.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0).max(16);
    let mut out: String = rows.iter().map(|(label, p)| format!("\n  {label:<width$} {p:.4}")).collect();
    if rest > 0 {
        let sum: f32 = rows.iter().map(|(_, p)| p).sum();
        out += &format!("\n  {:<width$} {:.4}", format!("{rest} more labels"), (1.0 - sum).max(0.0));
    }
    out
}

/// The text with the words that speak for `label` marked: bold on a terminal, in `*…*` elsewhere.
fn marked(text: &str, explanation: &Explanation, label: usize) -> String {
    let style = Style::new().bold().fg_color(Some(AnsiColor::Yellow.into()));
    let (mut out, mut at) = (String::new(), 0);
    for word in explanation.marked_words(label) {
        out += text.get(at..word.start).unwrap_or_default();
        out += &format!("{style}*{}*{style:#}", text.get(word.clone()).unwrap_or_default());
        at = word.end;
    }
    out + text.get(at..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_labels_the_likeliest_are_shown() {
        let labels: Vec<String> = (0..12).map(|k| format!("l{k}")).collect();
        let mut p = vec![0.01; 12];
        p[7] = 0.89;
        let text = probabilities_text(&labels, &p);
        assert!(text.starts_with("\n  l7               0.8900\n  l0"), "{text}");
        assert!(text.ends_with("\n  2 more labels    0.0200"), "{text}");
        assert!(probabilities_text(&labels[..2], &[0.1, 0.9]).starts_with("\n  l0 "));
    }
}
