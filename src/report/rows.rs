//! Statements as rows of a table: one row a statement, the article's text not repeated.

use serde::Serialize;

use super::{chosen_labels, content_text, main_label, rounded};
use crate::{
    pipeline::{ArticleReport, LabelledStatement},
    span::{CharIndex, Span},
};

/// One statement of one article. In CSV, lists are joined by `;` and spans written `start-end`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StatementRow {
    /// Identifier of the article, or its number in the input where it has none.
    pub article: String,
    /// Title of the article.
    pub title: Option<String>,
    /// Date of the article.
    pub date: Option<String>,
    /// Number of the quotation, from 0 on.
    pub utterance: usize,
    /// Number of the sentence, from 0 on.
    pub sentence: usize,
    /// The words of the statement.
    pub text: String,
    /// The words that attribute it.
    pub cue: Option<String>,
    /// The holder as named beside the cue.
    pub holder_mention: Option<String>,
    /// The holder as fully as the article names them.
    pub holder: Option<String>,
    /// The holder's role.
    pub role: Option<String>,
    /// How the mention became the holder; `None` where it did not.
    pub resolved_by: Option<&'static str>,
    /// Who reports the holder's words, where the source is nested.
    pub reported_by: Option<String>,
    /// Whom or what the statement is about.
    pub target: Option<String>,
    /// `direct`, `indirect` or `mixed`.
    pub kind: &'static str,
    /// Said or written, not only believed or wished.
    pub speech: bool,
    /// The rule or tag that found it.
    pub found_by: &'static str,
    /// The most probable label.
    pub stance: String,
    /// All labels given, main first.
    pub stances: Vec<String>,
    /// Probability of each label, in the order of the model's labels; not a column by itself.
    #[serde(skip)]
    pub probabilities: Vec<f64>,
    /// Content as code point ranges into the article's text.
    pub spans: Vec<[usize; 2]>,
}

/// The rows of one article, in reading order; `number` names an article without identifier.
pub fn rows(report: &ArticleReport, labels: &[String], number: usize) -> Vec<StatementRow> {
    let index = CharIndex::new(&report.article.text);
    report.statements.iter().map(|labelled| row(report, labelled, labels, &index, number)).collect()
}

fn row(
    report: &ArticleReport,
    labelled: &LabelledStatement,
    labels: &[String],
    index: &CharIndex,
    number: usize,
) -> StatementRow {
    let text = report.article.text.as_str();
    let owned = |span: Span| span.of(text).to_owned();
    let LabelledStatement { statement, prediction } = labelled;
    StatementRow {
        article: report.article.id.clone().unwrap_or_else(|| number.to_string()),
        title: report.title().map(str::to_owned),
        date: report.date().map(str::to_owned),
        utterance: statement.utterance,
        sentence: statement.sentence,
        text: content_text(text, labelled),
        cue: statement.cue.map(owned),
        holder_mention: statement.holder.mention.map(owned),
        holder: statement.holder.name.clone(),
        role: statement.holder.role.clone(),
        resolved_by: Some(statement.holder.resolved_by).filter(|how| !how.is_empty()),
        reported_by: statement.reported_by.as_ref().and_then(|h| h.shown(text)).map(str::to_owned),
        target: statement.target.map(owned),
        kind: statement.kind.name(),
        speech: statement.speech,
        found_by: statement.found_by,
        stance: main_label(labels, prediction).to_owned(),
        stances: chosen_labels(labels, prediction).into_iter().map(str::to_owned).collect(),
        probabilities: prediction.probabilities.iter().map(|&p| rounded(p)).collect(),
        spans: statement.content.iter().map(|&s| index.char_range(s)).collect(),
    }
}

/// The column names of [`csv_fields`]: the row's own, then `p_<label>` for each label.
pub fn csv_header(labels: &[String]) -> Vec<String> {
    let own = [
        "article",
        "title",
        "date",
        "utterance",
        "sentence",
        "text",
        "cue",
        "holder_mention",
        "holder",
        "role",
        "resolved_by",
        "reported_by",
        "target",
        "kind",
        "speech",
        "found_by",
        "stance",
        "stances",
        "spans",
    ];
    own.iter().map(|&name| name.to_owned()).chain(labels.iter().map(|label| format!("p_{label}"))).collect()
}

/// The row as fields of a CSV record, in the order of [`csv_header`].
pub fn csv_fields(row: &StatementRow) -> Vec<String> {
    let or_empty = |field: &Option<String>| field.clone().unwrap_or_default();
    let spans: Vec<String> = row.spans.iter().map(|[a, b]| format!("{a}-{b}")).collect();
    let mut fields = vec![
        row.article.clone(),
        or_empty(&row.title),
        or_empty(&row.date),
        row.utterance.to_string(),
        row.sentence.to_string(),
        row.text.clone(),
        or_empty(&row.cue),
        or_empty(&row.holder_mention),
        or_empty(&row.holder),
        or_empty(&row.role),
        row.resolved_by.unwrap_or_default().to_owned(),
        or_empty(&row.reported_by),
        or_empty(&row.target),
        row.kind.to_owned(),
        row.speech.to_string(),
        row.found_by.to_owned(),
        row.stance.clone(),
        row.stances.join(";"),
        spans.join(";"),
    ];
    fields.extend(row.probabilities.iter().map(|p| format!("{p:.4}")));
    fields
}
