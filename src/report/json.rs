//! The report record: one JSON object an article, every span with bytes, code points and text.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

use super::{PROGRAM, SCHEMA, chosen_labels, main_label, rounded};
use crate::{
    pipeline::{ArticleReport, LabelledStatement},
    span::{CharIndex, Span},
    statement::Holder,
    summarize::{Explanation, merge::MergedSummary},
};

/// The report of one article. Fields that are unknown are null.
#[derive(Debug, Serialize)]
pub struct Record<'r> {
    schema: u32,
    program: &'static str,
    model: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'r str>,
    title: Option<&'r str>,
    date: Option<&'r str>,
    dateline: Option<SpanRecord<'r>>,
    summary: &'r [usize],
    /// Best sentence of each stance, where asked for.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    by_stance: BTreeMap<&'r str, usize>,
    sentences: Vec<SentenceRecord<'r>>,
    statements: Vec<StatementRecord<'r>>,
    warnings: &'r [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'r str>,
}

/// A span: half-open ranges in bytes and in code points, and the text between.
#[derive(Debug, Serialize)]
struct SpanRecord<'r> {
    bytes: [usize; 2],
    chars: [usize; 2],
    text: &'r str,
}

#[derive(Debug, Serialize)]
struct SentenceRecord<'r> {
    span: SpanRecord<'r>,
    paragraph: usize,
    score: f64,
    rank: usize,
    /// What the summary shows of it, where it is shortened.
    #[serde(skip_serializing_if = "Option::is_none")]
    trimmed: Option<SpanRecord<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<ExplanationRecord>,
}

#[derive(Debug, Serialize)]
struct HolderRecord<'r> {
    mention: Option<SpanRecord<'r>>,
    name: Option<&'r str>,
    role: Option<&'r str>,
    resolved_by: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct StatementRecord<'r> {
    content: Vec<SpanRecord<'r>>,
    cue: Option<SpanRecord<'r>>,
    holder: HolderRecord<'r>,
    reported_by: Option<HolderRecord<'r>>,
    target: Option<SpanRecord<'r>>,
    kind: &'static str,
    speech: bool,
    found_by: &'static str,
    sentence: usize,
    utterance: usize,
    stance: &'r str,
    stances: Vec<&'r str>,
    probabilities: Map<String, Value>,
}

/// Why a sentence has its place (`--scores`).
#[derive(Debug, Serialize)]
struct ExplanationRecord {
    /// What similarity to sentences picked before took off the score.
    redundancy: Value,
    waits: bool,
    half_quotation: bool,
    /// What each feature adds to the score.
    features: Map<String, Value>,
}

impl ExplanationRecord {
    fn new(it: &Explanation) -> Self {
        Self {
            redundancy: rounded(it.redundancy).into(),
            waits: it.waits,
            half_quotation: it.half_quotation,
            features: it.parts.iter().map(|part| (part.name.to_string(), rounded(part.value).into())).collect(),
        }
    }
}

/// The summary of several articles. Sentences are numbered within their article.
#[derive(Debug, Serialize)]
pub struct MergedRecord<'r> {
    schema: u32,
    program: &'static str,
    model: String,
    articles: Vec<SourceRecord<'r>>,
    summary: Vec<ToldRecord<'r>>,
    warnings: &'r [String],
}

#[derive(Debug, Serialize)]
struct SourceRecord<'r> {
    id: Option<&'r str>,
    title: Option<&'r str>,
    date: Option<&'r str>,
}

#[derive(Debug, Serialize)]
struct ToldRecord<'r> {
    /// Number of the article in `articles`.
    article: usize,
    sentence: usize,
    span: SpanRecord<'r>,
}

impl<'r> MergedRecord<'r> {
    /// The record of `merged`, the summary of `reports`.
    pub fn new(reports: &'r [ArticleReport], merged: &'r MergedSummary, model: String) -> Self {
        let article = |it: &'r ArticleReport| SourceRecord { id: it.article.id.as_deref(), title: it.title(), date: it.date() };
        let told = |&(article, sentence): &(usize, usize)| {
            let report: &'r ArticleReport = reports.get(article)?;
            let span = report.segmentation.sentences.get(sentence)?.span;
            let text = report.article.text.as_str();
            let writer = Writer { text, index: &CharIndex::new(text), labels: &[] };
            Some(ToldRecord { article, sentence, span: writer.span(span) })
        };
        Self {
            schema: SCHEMA,
            program: PROGRAM,
            model,
            articles: reports.iter().map(article).collect(),
            summary: merged.chosen.iter().filter_map(told).collect(),
            warnings: &merged.warnings,
        }
    }
}

/// The record of `report`; `labels` and `model` are those of the stance model that labelled it.
pub fn record<'r>(report: &'r ArticleReport, labels: &'r [String], model: String) -> Record<'r> {
    let text = report.article.text.as_str();
    let index = CharIndex::new(text);
    let writer = Writer { text, index: &index, labels };
    let dateline = report.segmentation.dateline.as_ref();
    Record {
        schema: SCHEMA,
        program: PROGRAM,
        model,
        id: report.article.id.as_deref(),
        title: report.title(),
        date: report.date(),
        dateline: dateline.map(|d| writer.span(d.span)),
        summary: &report.summary.chosen,
        by_stance: report.summary.by_stance.iter().map(|(label, sentence)| (label.as_str(), *sentence)).collect(),
        sentences: writer.sentences(report),
        statements: report.statements.iter().map(|s| writer.statement(s)).collect(),
        warnings: &report.warnings,
        text: report.article.extracted.then_some(text),
    }
}

struct Writer<'r, 'i> {
    text: &'r str,
    index: &'i CharIndex<'r>,
    labels: &'r [String],
}

impl<'r> Writer<'r, '_> {
    fn span(&self, span: Span) -> SpanRecord<'r> {
        SpanRecord { bytes: [span.start(), span.end()], chars: self.index.char_range(span), text: span.of(self.text) }
    }

    fn sentences(&self, report: &'r ArticleReport) -> Vec<SentenceRecord<'r>> {
        let pairs = report.segmentation.sentences.iter().zip(&report.summary.scored);
        let record = |(sentence, scored): (&crate::segment::Sentence, &crate::summarize::Scored)| SentenceRecord {
            span: self.span(sentence.span),
            paragraph: sentence.paragraph,
            score: rounded(scored.score),
            rank: scored.rank,
            trimmed: None,
            explanation: None,
        };
        let mut records: Vec<SentenceRecord> = pairs.map(record).collect();
        for (record, explanation) in records.iter_mut().zip(&report.summary.explanations) {
            record.explanation = Some(ExplanationRecord::new(explanation));
        }
        for &(number, span) in &report.summary.trimmed {
            if let Some(record) = records.get_mut(number) {
                record.trimmed = Some(self.span(span));
            }
        }
        records
    }

    fn holder(&self, holder: &'r Holder) -> HolderRecord<'r> {
        HolderRecord {
            mention: holder.mention.map(|s| self.span(s)),
            name: holder.name.as_deref(),
            role: holder.role.as_deref(),
            resolved_by: Some(holder.resolved_by).filter(|how| !how.is_empty()),
        }
    }

    fn statement(&self, labelled: &'r LabelledStatement) -> StatementRecord<'r> {
        let LabelledStatement { statement, prediction } = labelled;
        let probabilities = self.labels.iter().zip(&prediction.probabilities);
        StatementRecord {
            content: statement.content.iter().map(|&s| self.span(s)).collect(),
            cue: statement.cue.map(|s| self.span(s)),
            holder: self.holder(&statement.holder),
            reported_by: statement.reported_by.as_ref().map(|h| self.holder(h)),
            target: statement.target.map(|s| self.span(s)),
            kind: statement.kind.name(),
            speech: statement.speech,
            found_by: statement.found_by,
            sentence: statement.sentence,
            utterance: statement.utterance,
            stance: main_label(self.labels, prediction),
            stances: chosen_labels(self.labels, prediction),
            probabilities: probabilities.map(|(label, &p)| (label.clone(), rounded(p).into())).collect(),
        }
    }
}
