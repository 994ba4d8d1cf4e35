//! Prints what is found in annotated articles in the form that attribution scorers read: one JSON object a
//! line, offsets in code points, the statements of one utterance joined.
//!
//! `cargo run --release --example attribution_predictions -- ARTICLES.jsonl [--join] [--plain-apostrophes] > PREDICTIONS.jsonl`
//!
//! With `--join` the sentences of a quotation that only punctuation parts become one span: so do corpora
//! that annotate a quotation as one stretch, while our own articles have one span a sentence. With `--plain-apostrophes` what
//! stands between doubled apostrophes ('') is no direct quotation: so for corpora that take these for plain text.

use demarche::{
    evaluate::attribution::{Prediction, predictions},
    segment::segment,
    statement::{ExtractSettings, extract_with},
};
use std::io::{BufRead, Write};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("usage: attribution_predictions ARTICLES.jsonl [--join] [--plain-apostrophes]")?;
    let given = |option: &str| std::env::args().any(|a| a == option);
    let join = given("--join");
    let settings = ExtractSettings { doubled_apostrophes: !given("--plain-apostrophes"), ..ExtractSettings::default() };
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for line in std::io::BufReader::new(std::fs::File::open(path)?).lines() {
        let record: serde_json::Value = serde_json::from_str(&line?)?;
        let text = record["text"].as_str().unwrap_or_default();
        let found = predictions(text, &extract_with(text, &segment(text), &settings), join);
        let rows: Vec<serde_json::Value> = found.iter().filter_map(row).collect();
        writeln!(out, "{}", serde_json::json!({"id": record["id"], "statements": rows}))?;
    }
    Ok(())
}

fn row(found: &Prediction) -> Option<serde_json::Value> {
    Some(serde_json::json!({
        "start": found.spans.first()?[0], "end": found.spans.last()?[1], "spans": found.spans, "kind": found.kind,
        "speaker": found.speaker, "speaker_start": found.mention.map(|m| m[0]), "speaker_end": found.mention.map(|m| m[1]),
    }))
}
