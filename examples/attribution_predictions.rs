//! Prints what is found in annotated articles in the form that attribution scorers read: one JSON object a
//! line, offsets in code points, the statements of one utterance joined.
//!
//! `cargo run --release --example attribution_predictions -- ARTICLES.jsonl [--join] > PREDICTIONS.jsonl`
//!
//! With `--join` the sentences of a quotation that only punctuation parts become one span: so do corpora
//! that annotate a quotation as one stretch, while our own articles have one span a sentence.

use demarche::{
    segment,
    span::{CharIndex, Span},
    statement,
};
use std::io::{BufRead, Write};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("usage: attribution_predictions ARTICLES.jsonl [--join]")?;
    let join = std::env::args().any(|a| a == "--join");
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for line in std::io::BufReader::new(std::fs::File::open(path)?).lines() {
        let record: serde_json::Value = serde_json::from_str(&line?)?;
        let text = record["text"].as_str().unwrap_or_default();
        writeln!(out, "{}", serde_json::json!({"id": record["id"], "statements": predictions(text, join)}))?;
    }
    Ok(())
}

fn predictions(text: &str, join: bool) -> Vec<serde_json::Value> {
    let found = statement::extract(text, &segment::segment(text));
    let index = CharIndex::new(text);
    let mut numbers: Vec<usize> = found.iter().map(|s| s.utterance).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let of = |n| found.iter().filter(move |s| s.utterance == n);
    let row = |n| {
        let mut spans: Vec<Span> = of(n).flat_map(|s| s.content.iter().copied()).collect();
        if join {
            spans = joined(text, &spans);
        }
        let spans: Vec<[usize; 2]> = spans.into_iter().map(|c| index.char_range(c)).collect();
        let first = of(n).find(|s| s.holder.mention.is_some()).or_else(|| of(n).next())?;
        let mention = first.holder.mention.map(|m| index.char_range(m));
        Some(serde_json::json!({
            "start": spans.first()?[0], "end": spans.last()?[1], "spans": spans, "kind": first.kind.name(),
            "speaker": first.holder.name, "speaker_start": mention.map(|m| m[0]), "speaker_end": mention.map(|m| m[1]),
            "found_by": first.found_by, "cue": first.cue.map(|c| c.of(text)), "resolved_by": first.holder.resolved_by,
        }))
    };
    numbers.into_iter().filter_map(row).collect()
}

/// `spans` with those merged that no letter or figure parts.
fn joined(text: &str, spans: &[Span]) -> Vec<Span> {
    let mut out: Vec<Span> = Vec::new();
    for &span in spans {
        match out.last_mut() {
            Some(last) if Span::clamped(text, last.end()..span.start()).of(text).chars().all(|c| !c.is_alphanumeric()) => {
                *last = last.cover(span)
            }
            _ => out.push(span),
        }
    }
    out
}
