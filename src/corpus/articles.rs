//! `--articles`: one row for each statement of an article.

use super::{
    columns::json_string,
    counts::Counts,
    delimited,
    json_record::{Field, ValueKind},
    layout::{Cell, Header, Layout, RowFormat, is_key, key, text_of, write_delimited_cell, write_json_cell},
};
use crate::{
    article::Article,
    pipeline::{ArticleReport, Pipeline},
    report::rows::{StatementRow, rows},
    stance::Labeller,
};

/// Columns of the article that each row has, whether its record has such fields or not.
pub(crate) const ARTICLE_COLUMNS: [&str; 3] = ["article", "title", "date"];

/// Columns of the statement, after the article's and before the label columns.
pub(crate) const STATEMENT_COLUMNS: [&str; 14] = [
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
    "spans",
];

/// Where rows and counts go.
pub(crate) struct Output<'o> {
    pub(crate) rows: &'o mut Vec<u8>,
    pub(crate) counts: &'o mut Counts,
}

/// What reads articles, and how their rows look.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    pub(crate) layout: &'a Layout,
    pub(crate) pipeline: &'a Pipeline,
    /// Stands for an article without identifier.
    pub(crate) place: &'a str,
}

impl Reader<'_> {
    /// Labels the statements of a JSON article.
    pub(crate) fn json(self, labeller: &mut Labeller, record: &str, fields: &[Field], text: &str, out: Output<'_>) {
        let value = |name: &str| {
            let field = fields.iter().rev().find(|field| is_key(record, field, name))?;
            match field.kind {
                // A number is a name too.
                ValueKind::Scalar => record.get(field.value.clone()).map(str::to_owned),
                _ => text_of(record, field, &mut String::new()).ok().map(str::to_owned),
            }
        };
        let article = Article { id: value("id"), title: value("title"), date: value("date"), ..Article::from_text(text) };
        let named: Vec<(String, Cell<'_>)> = fields
            .iter()
            .filter_map(|field| {
                let name = self.layout.row_name(&key(record, field)?)?;
                Some((name, Cell::Json(record.get(field.value.clone())?)))
            })
            .collect();
        self.rows(labeller, article, &named, out);
    }

    /// Labels the statements of an article in delimited form.
    pub(crate) fn delimited<'f>(
        self,
        labeller: &mut Labeller,
        header: &Header,
        field: &impl Fn(usize) -> &'f str,
        text: &str,
        out: Output<'_>,
    ) {
        let values: Vec<String> =
            (0..header.names.len()).map(|place| delimited::value(field(place), &mut String::new()).to_owned()).collect();
        let value = |name: &str| {
            let place = header.names.iter().position(|other| other == name)?;
            values.get(place).filter(|value| !value.is_empty()).cloned()
        };
        let article = Article { id: value("id"), title: value("title"), date: value("date"), ..Article::from_text(text) };
        let named: Vec<(String, Cell<'_>)> = header
            .names
            .iter()
            .zip(&values)
            .filter_map(|(name, value)| Some((self.layout.row_name(name)?, Cell::Text(value))))
            .collect();
        self.rows(labeller, article, &named, out);
    }

    /// Labels the statements of an article that stands alone.
    pub(crate) fn plain(self, labeller: &mut Labeller, article: Article, out: Output<'_>) {
        self.rows(labeller, article, &[], out);
    }

    fn rows(self, labeller: &mut Labeller, article: Article, named: &[(String, Cell<'_>)], out: Output<'_>) {
        let mut report = self.pipeline.read_with(labeller, article);
        let id = report.article.id.get_or_insert_with(|| self.place.to_owned()).clone();
        let mut prefix = Vec::new();
        self.prefix(&report, &id, named, &mut prefix);
        let labels = self.pipeline.stance.labels();
        for (labelled, row) in report.statements.iter().zip(rows(&report, labels, 0)) {
            let verdict = self.layout.verdict(&self.pipeline.stance, &labelled.prediction);
            out.counts.add(verdict);
            self.begin(&prefix, &row, out.rows);
            match self.layout.rows {
                RowFormat::Json => {
                    self.layout.labels.write_json(verdict, out.rows);
                    out.rows.extend_from_slice(b"}\n");
                }
                RowFormat::Delimited(delimiter) => {
                    // The label columns bring the delimiter that stands there already.
                    out.rows.pop();
                    self.layout.labels.write_csv(verdict, delimiter, out.rows);
                    out.rows.push(b'\n');
                }
            }
        }
    }

    /// The columns that all rows of one article share.
    fn prefix(self, report: &ArticleReport, id: &str, named: &[(String, Cell<'_>)], out: &mut Vec<u8>) {
        let own = |name: &str| match name {
            "article" => Some(Cell::Text(id)),
            "title" => Some(report.title().map_or(Cell::Json("null"), Cell::Text)),
            "date" => Some(report.date().map_or(Cell::Json("null"), Cell::Text)),
            _ => None,
        };
        let others = named.iter().map(|(name, _)| name.as_str()).filter(|name| !ARTICLE_COLUMNS.contains(name));
        let all = || ARTICLE_COLUMNS.into_iter().chain(others).collect();
        let names: Vec<&str> = self.layout.columns.as_ref().map_or_else(all, |names| names.iter().map(String::as_str).collect());
        for name in names {
            let given = || named.iter().rev().find(|(other, _)| other == name).map_or(Cell::Json("null"), |(_, cell)| *cell);
            put(name, own(name).unwrap_or_else(given), self.layout.rows, out);
        }
    }

    /// A row up to its label columns, each value with its separator behind it.
    fn begin(self, prefix: &[u8], row: &StatementRow, out: &mut Vec<u8>) {
        let json = self.layout.rows == RowFormat::Json;
        out.extend_from_slice(if json { b"{" } else { b"" });
        out.extend_from_slice(prefix);
        let spans = spans(&row.spans, json);
        let (utterance, sentence) = (row.utterance.to_string(), row.sentence.to_string());
        for name in STATEMENT_COLUMNS {
            let cell = match name {
                "utterance" => Cell::Json(&utterance),
                "sentence" => Cell::Json(&sentence),
                "text" => Cell::Text(&row.text),
                "kind" => Cell::Text(row.kind),
                "speech" => Cell::Json(if row.speech { "true" } else { "false" }),
                "spans" if json => Cell::Json(&spans),
                "spans" => Cell::Text(&spans),
                "cue" => or_null(&row.cue),
                "holder_mention" => or_null(&row.holder_mention),
                "holder" => or_null(&row.holder),
                "role" => or_null(&row.role),
                "resolved_by" => row.resolved_by.map_or(Cell::Json("null"), Cell::Text),
                "found_by" => Cell::Text(row.found_by),
                "reported_by" => or_null(&row.reported_by),
                _ => or_null(&row.target),
            };
            put(name, cell, self.layout.rows, out);
        }
    }
}

fn or_null(text: &Option<String>) -> Cell<'_> {
    text.as_deref().map_or(Cell::Json("null"), Cell::Text)
}

fn put(name: &str, cell: Cell<'_>, rows: RowFormat, out: &mut Vec<u8>) {
    match rows {
        RowFormat::Json => {
            out.extend_from_slice(json_string(name).as_bytes());
            out.push(b':');
            write_json_cell(cell, out);
            out.push(b',');
        }
        RowFormat::Delimited(delimiter) => {
            write_delimited_cell(cell, delimiter, out);
            out.push(delimiter);
        }
    }
}

/// Spans as `[[a,b],…]` in JSON, as `a-b;…` in delimited rows.
fn spans(spans: &[[usize; 2]], json: bool) -> String {
    let pair = |[start, end]: &[usize; 2]| if json { format!("[{start},{end}]") } else { format!("{start}-{end}") };
    let pairs: Vec<String> = spans.iter().map(pair).collect();
    if json { format!("[{}]", pairs.join(",")) } else { pairs.join(";") }
}
