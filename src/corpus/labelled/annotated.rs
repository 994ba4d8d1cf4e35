//! An annotated article in; the texts that its statements give out.

use serde_json::{Map, Value};

use super::{LabelledText, Reason, tidy};
use crate::{
    article::Article,
    corpus::split,
    segment,
    span::Span,
    statement::{self, Holder, Kind, Statement},
};

/// The training texts of one annotated article: every statement as the pipeline hands it to the classifier, and the
/// sentences that hold none. Articles of the test part give none unless they are wanted; then the others give none.
pub(super) fn of_article(record: &Map<String, Value>, place: &str, want_test: bool) -> Result<Vec<LabelledText>, Reason> {
    let id = record.get("id").and_then(Value::as_str).unwrap_or_default();
    if split::is_test(id) != want_test {
        return Ok(Vec::new());
    }
    let text = record.get("text").and_then(Value::as_str).ok_or("field `text` is no text")?;
    let offsets: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let statements = record.get("statements").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut taken = Vec::new();
    let mut out = Vec::new();
    for (number, annotated) in statements.iter().enumerate() {
        let statement = of_annotation(annotated, text, &offsets).ok_or_else(|| format!("statement {number} has a bad span"))?;
        let labels = annotated.get("labels").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let labels = tidy(labels.iter().filter_map(Value::as_str).map(String::from).collect());
        taken.extend(statement.content.iter().copied());
        out.push((statement::stance_text(text, &statement), labels));
    }
    let segmentation = segment::segment(&Article::from_text(text).text);
    let is_free = |span: &Span| !taken.iter().any(|t| t.start() < span.end() && span.start() < t.end());
    out.extend(
        segmentation.sentences.iter().map(|s| s.span).filter(is_free).map(|span| (span.of(text).to_string(), tidy(Vec::new()))),
    );
    let fields: Map<String, Value> =
        [("doc", id), ("source", "article")].map(|(k, v)| (k.to_string(), Value::from(v))).into_iter().collect();
    let texts = out.into_iter().enumerate().map(|(i, (text, labels))| LabelledText {
        id: Some(format!("{id}#{i}")),
        text,
        labels,
        weight: 1.0,
        fields: fields.clone(),
        place: place.to_string(),
        ..LabelledText::default()
    });
    Ok(texts.collect())
}

fn of_annotation(annotated: &Value, text: &str, offsets: &[usize]) -> Option<Statement> {
    let span = |value: &Value| {
        let at = |i: usize| offsets.get(value.get(i)?.as_u64()? as usize).copied();
        Some(Span::clamped(text, at(0)?..at(1)?))
    };
    let content = annotated.get("content")?.as_array()?.iter().map(span).collect::<Option<Vec<_>>>()?;
    let holder = Holder { mention: annotated.get("source").and_then(span), ..Holder::default() };
    let cue = annotated.get("cue").and_then(span);
    let (kind, speech) = (Kind::Indirect, true);
    Some(Statement {
        sentence: 0,
        utterance: 0,
        content,
        cue,
        holder,
        kind,
        speech,
        reported_by: None,
        target: None,
        found_by: "annotated",
    })
}
