//! Which fields of a record go out, in which order and form.

use super::{
    batch::Abstain,
    columnar::{self, Packing},
    columns::{LabelColumns, Verdict, confidence, json_string, ten_thousandths},
    delimited,
    format::Format,
    json_record::{Field, RecordScanner, ValueKind, unescape},
};
use crate::stance::{Prediction, StanceModel};

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RowFormat {
    Json,
    Delimited(u8),
}

impl RowFormat {
    pub(crate) fn of(format: Format) -> Self {
        format.delimiter().map_or(Self::Json, Self::Delimited)
    }
}

/// What holds for the whole run.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub(crate) rows: RowFormat,
    pub(crate) text_field: String,
    pub(crate) labels: LabelColumns,
    /// Whether fields with the names of label columns give way to them.
    pub(crate) replace: bool,
    /// The input fields that go out, in order; `None`: all of each record's.
    pub(crate) columns: Option<Vec<String>>,
    /// Whether `columns` was read off the first record, so that others are a fault.
    pub(crate) closed: bool,
    /// Whether the header ends in CR LF, as the first input's does.
    pub(crate) crlf: bool,
    /// Whether records are articles.
    pub(crate) articles: bool,
    /// When the main label is withheld.
    pub(crate) abstain: Option<Abstain>,
    /// Longest record, in bytes.
    pub(crate) max_record: usize,
    /// How rows are packed for columnar output; they are written as JSON before.
    pub(crate) packing: Option<Packing>,
}

impl Layout {
    /// Whether an input field of this name must make place for a label column, or stop the run.
    pub(crate) fn is_taken(&self, name: &str) -> bool {
        let of_statement = self.articles && super::articles::STATEMENT_COLUMNS.contains(&name) && name != self.text_field;
        of_statement || self.labels.names().iter().any(|taken| taken == name)
    }

    /// Whether an input of this format is one record: an article of plain text.
    pub(crate) fn is_whole(&self, format: Format) -> bool {
        self.articles && format == Format::Text
    }

    /// Name in the rows of the input field `name`; `None` where it does not go out.
    pub(crate) fn row_name(&self, name: &str) -> Option<String> {
        if self.is_taken(name) || (self.articles && name == self.text_field) {
            return None;
        }
        Some(if self.articles && name == "id" { "article" } else { name }.to_owned())
    }

    /// Whether the input field `name` is needed: the text, what goes out, and anything for articles.
    fn reads(&self, name: &str) -> bool {
        let goes_out = |row: String| self.columns.as_ref().is_none_or(|columns| columns.contains(&row));
        self.articles || name == self.text_field || self.row_name(name).is_some_and(goes_out)
    }

    /// `prediction` of `model`, withheld where that is wanted.
    pub(crate) fn verdict<'p>(&self, model: &StanceModel, prediction: &'p Prediction) -> Verdict<'p> {
        let unsure = match self.abstain {
            None => false,
            Some(Abstain::AsTrained) => model.is_unsure(prediction),
            Some(Abstain::Under(p)) => confidence(prediction) < ten_thousandths(p),
        };
        Verdict { prediction, unsure }
    }

    pub(crate) fn taken(name: &str) -> String {
        format!("field `{name}` is there already; --replace writes over it")
    }

    /// The header of delimited output: fields that go out, then the label columns.
    pub(crate) fn header(&self, delimiter: u8) -> Vec<u8> {
        let statement: &[&str] = if self.articles { &super::articles::STATEMENT_COLUMNS } else { &[] };
        let names = self.columns.iter().flatten().map(String::as_str).chain(statement.iter().copied());
        let mut out = Vec::new();
        for name in names.chain(self.labels.names().iter().map(String::as_str)) {
            if !out.is_empty() {
                out.push(delimiter);
            }
            delimited::write_field(name, delimiter, &mut out);
        }
        out.extend_from_slice(if self.crlf { b"\r\n" } else { b"\n" });
        out
    }
}

/// A field's value on its way out.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cell<'a> {
    /// A JSON value as it stands.
    Json(&'a str),
    /// Text, not escaped.
    Text(&'a str),
}

/// The header of one delimited input, and what is done with its fields.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    pub(crate) names: Vec<String>,
    pub(crate) text: usize,
    /// Whether records go out byte for byte, label columns appended.
    pub(crate) verbatim: bool,
    /// Fields that go out: key in JSON, and place in the record (`None` where this input has none).
    pub(crate) picks: Vec<(String, Option<usize>)>,
}

impl Header {
    /// The header of the fields `names`, delimited by `delimiter`.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub(crate) fn new(layout: &Layout, names: Vec<String>, delimiter: u8) -> Result<Self, String> {
        let place = |wanted: &str| names.iter().position(|name| name == wanted);
        let text = place(&layout.text_field).ok_or_else(|| no_text_column(&layout.text_field, &names))?;
        if let Some(name) = names.iter().find(|name| layout.is_taken(name)).filter(|_| !layout.replace) {
            return Err(Layout::taken(name));
        }
        let row_names: Vec<Option<String>> = names.iter().map(|name| layout.row_name(name)).collect();
        let place = |wanted: &String| row_names.iter().position(|name| name.as_ref() == Some(wanted));
        let rows = layout.columns.clone().unwrap_or_else(|| row_names.iter().flatten().cloned().collect());
        if layout.closed {
            let missing = rows.iter().find(|name| place(name).is_none());
            let other = row_names.iter().flatten().find(|name| !rows.contains(name));
            if let Some(name) = missing.or(other) {
                return Err(format!(
                    "column `{name}` is not in both this header and the first one; name the columns with --columns"
                ));
            }
        }
        let verbatim = !layout.articles && layout.rows == RowFormat::Delimited(delimiter) && rows == names;
        let picks = rows.iter().map(|name| (format!("{}:", json_string(name)), place(name))).collect();
        Ok(Self { names, text, verbatim, picks })
    }
}

/// The columns of one columnar input, and what is done with them.
#[derive(Clone, Debug)]
pub(crate) struct TableHeader {
    pub(crate) name: String,
    /// Numbers of the columns that are read; all other places are among these.
    pub(crate) read: Vec<usize>,
    /// Place of the texts.
    pub(crate) text: usize,
    /// All places.
    pub(crate) all: Vec<usize>,
    /// Columns that go out, in order.
    pub(crate) out: Vec<usize>,
    /// Whether they are those of a columnar output, so that their types stay.
    pub(crate) direct: bool,
}

impl TableHeader {
    /// The header of a table with the columns of `schema`. Only what is needed of them is read, unless rejects want whole rows.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub(crate) fn new(layout: &Layout, schema: &columnar::Schema, whole_rows: bool) -> Result<Self, String> {
        let names = columnar::names(schema);
        if !names.contains(&layout.text_field) {
            return Err(no_text_column(&layout.text_field, &names));
        }
        if let Some(name) = names.iter().find(|name| layout.is_taken(name)).filter(|_| !layout.replace) {
            return Err(Layout::taken(name));
        }
        let needed = |name: &String| whole_rows || layout.reads(name);
        let read: Vec<usize> = names.iter().enumerate().filter(|(_, name)| needed(name)).map(|(at, _)| at).collect();
        let schema = columnar::project(schema, &read)?;
        let names = columnar::names(&schema);
        let place = |wanted: &String| names.iter().position(|name| name == wanted);
        let text = place(&layout.text_field).unwrap_or_default();
        let rows = names.iter().filter_map(|name| layout.row_name(name));
        let wanted: Vec<String> = layout.columns.clone().unwrap_or_else(|| rows.collect());
        let out: Vec<usize> = wanted.iter().filter_map(place).collect();
        let direct = !layout.articles && layout.packing.as_ref().is_some_and(|packing| packing.fits(&schema, &out));
        Ok(Self { name: "table".into(), read, text, all: (0..names.len()).collect(), out, direct })
    }
}

fn no_text_column(wanted: &str, names: &[String]) -> String {
    format!("no column `{wanted}` among {}; name the column of the texts with --text-field", names.join(", "))
}

/// Names of the fields of a JSON record, in order.
///
/// # Errors
/// What is wrong with the record, in words.
pub(crate) fn field_names(record: &str) -> Result<Vec<String>, String> {
    let mut scanner = RecordScanner::default();
    scanner.scan(record).map_err(|fault| fault_text(&fault))?;
    scanner.fields.iter().map(|field| key(record, field).ok_or_else(|| "unpaired surrogate in a key".to_owned())).collect()
}

/// The key of `field`, unescaped.
pub(crate) fn key(record: &str, field: &Field) -> Option<String> {
    let mut out = String::new();
    unescape(record.get(field.key.clone())?, &mut out)?;
    Some(out)
}

/// Whether the key of `field` is `name`.
#[inline]
pub(crate) fn is_key(record: &str, field: &Field, name: &str) -> bool {
    if field.key_escaped { key(record, field).as_deref() == Some(name) } else { record.get(field.key.clone()) == Some(name) }
}

/// What is wrong with a record that is no JSON object.
pub(crate) fn fault_text(fault: &super::json_record::Fault) -> String {
    format!("broken JSON at byte {}: expected {}", fault.at, fault.what)
}

/// The string value of `field`; borrowed from the record or unescaped into `buffer`.
///
/// # Errors
/// What was found in its place, in words.
pub(crate) fn text_of<'a>(record: &'a str, field: &Field, buffer: &'a mut String) -> Result<&'a str, &'static str> {
    let ValueKind::String { escaped } = field.kind else {
        return Err(if field.kind == ValueKind::Null { "null" } else { "no string" });
    };
    let inner = record.get(field.value.start + 1..field.value.end - 1).unwrap_or_default();
    if !escaped {
        return Ok(inner);
    }
    buffer.clear();
    unescape(inner, buffer).ok_or("a string with an unpaired surrogate")?;
    Ok(buffer)
}

/// Writes `cell` as a JSON value.
pub(crate) fn write_json_cell(cell: Cell<'_>, out: &mut Vec<u8>) {
    match cell {
        Cell::Json(raw) => out.extend_from_slice(raw.as_bytes()),
        // Writing to memory cannot fail.
        Cell::Text(text) => drop(serde_json::to_writer(out, text)),
    }
}

/// Writes `cell` as a delimited field: strings as their text, `null` as nothing, lists as JSON.
pub(crate) fn write_delimited_cell(cell: Cell<'_>, delimiter: u8, out: &mut Vec<u8>) {
    match cell {
        Cell::Text(text) => delimited::write_field(text, delimiter, out),
        Cell::Json("null") => {}
        Cell::Json(raw) => match serde_json::from_str::<String>(raw) {
            Ok(text) => delimited::write_field(&text, delimiter, out),
            Err(_) => delimited::write_field(raw, delimiter, out),
        },
    }
}
