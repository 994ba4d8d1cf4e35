//! One thread's part of a run: a chunk of records in, their labelled rows out.

use std::{ops::Range, sync::Arc};

use super::{
    articles,
    chunks::{Chunk, too_long},
    columns::Verdict,
    counts::Counts,
    delimited::{self, RecordEnd},
    format::Format,
    json_record::{Field, RecordScanner},
    layout::{Cell, Header, Layout, RowFormat, fault_text, is_key, key, text_of, write_delimited_cell, write_json_cell},
    reject::Reject,
};
use crate::{
    article::Article,
    pipeline::Pipeline,
    stance::{Labeller, StanceModel},
};

/// What labels: a model for statements, or the whole pipeline for articles.
#[derive(Clone, Copy, Debug)]
pub enum Labelling<'a> {
    /// Each record is a statement.
    Statements(&'a StanceModel),
    /// Each record is an article; each of its statements gives a row.
    Articles(&'a Pipeline),
}

impl<'a> Labelling<'a> {
    /// The model that labels.
    pub fn model(self) -> &'a StanceModel {
        match self {
            Self::Statements(model) => model,
            Self::Articles(pipeline) => &pipeline.stance,
        }
    }
}

/// A chunk on its way to a worker.
#[derive(Debug)]
pub(crate) struct Task {
    /// Number of the input.
    pub(crate) source: usize,
    /// Name of its file.
    pub(crate) name: Arc<str>,
    pub(crate) format: Format,
    /// The header that holds for it, for delimited input.
    pub(crate) header: Option<Arc<Header>>,
    /// Lines of the input between the last chunk and this one (header, other shards' records).
    pub(crate) skipped_lines: u64,
    pub(crate) chunk: Chunk,
    /// Memory for the rows.
    pub(crate) rows: Vec<u8>,
}

/// What a worker makes of a chunk.
#[derive(Debug)]
pub(crate) struct Labelled {
    pub(crate) source: usize,
    pub(crate) skipped_lines: u64,
    /// Byte of the input where the next chunk starts.
    pub(crate) end: u64,
    pub(crate) lines: u64,
    pub(crate) rows: Vec<u8>,
    pub(crate) rejects: Vec<Reject>,
    pub(crate) counts: Counts,
    /// The chunk's memory, to be used again.
    pub(crate) spent: Vec<u8>,
}

/// Labels chunks; keeps its buffers.
pub(crate) struct Worker<'a> {
    layout: &'a Layout,
    labelling: Labelling<'a>,
    labeller: Labeller,
    /// Where the record stands, for articles without identifier.
    place: String,
    scanner: RecordScanner,
    splits: Vec<Range<usize>>,
    buffers: Buffers,
}

/// Memory that is used again for each record.
#[derive(Default)]
struct Buffers {
    text: String,
    cell: String,
}

/// What becomes of one chunk's records.
struct Yield<'l> {
    layout: &'l Layout,
    rows: Vec<u8>,
    counts: Counts,
}

impl<'a> Worker<'a> {
    pub(crate) fn new(layout: &'a Layout, labelling: Labelling<'a>) -> Self {
        let labeller = labelling.model().labeller();
        Self {
            layout,
            labelling,
            labeller,
            place: String::new(),
            scanner: RecordScanner::default(),
            splits: Vec::new(),
            buffers: Buffers::default(),
        }
    }

    /// Labels the records of `task`.
    pub(crate) fn label(&mut self, task: Task) -> Labelled {
        let Task { source, name, format, header, skipped_lines, chunk, mut rows } = task;
        rows.clear();
        let counts = Counts { bytes: chunk.end - chunk.offset, ..Counts::new(self.labelling.model().labels().len()) };
        let mut out = Yield { layout: self.layout, rows, counts };
        let mut rejects = Vec::new();
        let lines = match &chunk.fault {
            Some(reason) => {
                out.counts.records += 1;
                rejects.push(Reject::new(0, chunk.offset, reason.clone(), &chunk.bytes));
                1
            }
            None => self.records(&name, format, header.as_deref(), &chunk, &mut out, &mut rejects),
        };
        out.counts.rejected += rejects.len() as u64;
        let Yield { rows, counts, .. } = out;
        Labelled { source, skipped_lines, end: chunk.end, lines, rows, rejects, counts, spent: chunk.bytes }
    }

    /// Labels each record of `chunk`; returns how many lines they take.
    fn records(
        &mut self,
        name: &str,
        format: Format,
        header: Option<&Header>,
        chunk: &Chunk,
        out: &mut Yield<'_>,
        rejects: &mut Vec<Reject>,
    ) -> u64 {
        let bytes = chunk.bytes.as_slice();
        // One check for all records; where it fails each is checked alone.
        let whole = std::str::from_utf8(bytes).ok();
        let (mut at, mut lines) = (0, 0);
        while at < bytes.len() {
            let end = record_break(bytes, at, format);
            let record = bytes.get(at..end).unwrap_or_default();
            let text = whole.map_or_else(|| std::str::from_utf8(record), |whole| Ok(whole.get(at..end).unwrap_or_default()));
            if matches!(self.labelling, Labelling::Articles(_)) {
                self.place = format!("{name}@{}", chunk.offset + at as u64);
            }
            if let Err(reason) = self.record(format, header, record, text, out) {
                rejects.push(Reject::new(lines, chunk.offset + at as u64, reason, record));
            }
            lines += if header.is_some() { memchr::memchr_iter(b'\n', record).count() as u64 } else { 1 };
            at = end;
        }
        lines
    }

    fn record(
        &mut self,
        format: Format,
        header: Option<&Header>,
        bytes: &[u8],
        text: Result<&str, std::str::Utf8Error>,
        out: &mut Yield<'_>,
    ) -> Result<(), String> {
        if is_blank(bytes) {
            return Ok(());
        }
        out.counts.records += 1;
        if bytes.len() > self.layout.max_record {
            return Err(too_long(bytes.len() as u64, self.layout.max_record));
        }
        let record = text.map_err(|fault| format!("invalid UTF-8 after byte {} of the record", fault.valid_up_to()))?;
        let record = record.strip_suffix('\n').unwrap_or(record);
        match header {
            Some(header) => self.delimited(format.delimiter().unwrap_or(b','), header, record, out),
            None if format == Format::Text => self.line(record, out),
            None => self.json(record, out),
        }
    }

    fn json(&mut self, record: &str, out: &mut Yield<'_>) -> Result<(), String> {
        let end = self.scanner.scan(record).map_err(|fault| fault_text(&fault))?;
        let fields = self.scanner.fields.as_slice();
        let clash = clash(self.layout, record, fields)?;
        let name = self.layout.text_field.as_str();
        // Of a repeated key the last counts, as in most readers.
        let field = fields.iter().rev().find(|field| is_key(record, field, name));
        let field = field.ok_or_else(|| format!("no field `{name}`; name the field of the texts with --text-field"))?;
        let text = text_of(record, field, &mut self.buffers.text)
            .map_err(|found| format!("field `{name}` holds {found}; expected a string"))?;
        if let Labelling::Articles(pipeline) = self.labelling {
            articles::Reader { layout: self.layout, pipeline, place: &self.place }.json(record, fields, text, out.article());
            return Ok(());
        }
        let verdict = self.layout.verdict(self.labelling.model(), self.labeller.predict(text));
        out.counts.add(verdict);
        match out.layout.rows {
            RowFormat::Json if !clash && self.layout.columns.is_none() => out.spliced(record, end, fields.is_empty(), verdict),
            RowFormat::Json => out.json_fields(record, fields, verdict),
            RowFormat::Delimited(delimiter) => out.delimited_fields(record, fields, delimiter, verdict),
        }
        Ok(())
    }

    fn line(&mut self, record: &str, out: &mut Yield<'_>) -> Result<(), String> {
        let text = record.strip_suffix('\r').unwrap_or(record);
        if let Labelling::Articles(pipeline) = self.labelling {
            let reader = articles::Reader { layout: self.layout, pipeline, place: &self.place };
            reader.plain(Article::from_text(text), out.article());
            return Ok(());
        }
        let verdict = self.layout.verdict(self.labelling.model(), self.labeller.predict(text));
        out.counts.add(verdict);
        let keep = self.layout.columns.as_ref().is_none_or(|names| names.contains(&self.layout.text_field));
        let name = super::columns::json_string(&self.layout.text_field) + ":";
        let cells = keep.then_some((name.as_str(), Cell::Text(text)));
        out.cells(cells.into_iter(), verdict);
        Ok(())
    }

    fn delimited(&mut self, delimiter: u8, header: &Header, record: &str, out: &mut Yield<'_>) -> Result<(), String> {
        let body = record.strip_suffix('\r').unwrap_or(record);
        delimited::split(body, delimiter, &mut self.splits);
        if self.splits.len() != header.names.len() {
            return Err(format!("{} columns; the header has {}", self.splits.len(), header.names.len()));
        }
        let field = |at: usize| self.splits.get(at).and_then(|range| body.get(range.clone())).unwrap_or("");
        let text = delimited::value(field(header.text), &mut self.buffers.text);
        if let Labelling::Articles(pipeline) = self.labelling {
            let reader = articles::Reader { layout: self.layout, pipeline, place: &self.place };
            reader.delimited(header, &field, text, out.article());
            return Ok(());
        }
        let verdict = self.layout.verdict(self.labelling.model(), self.labeller.predict(text));
        out.counts.add(verdict);
        if header.verbatim {
            out.appended(body, record, delimiter, verdict);
        } else {
            out.picked(header, &field, &mut self.buffers.cell, verdict);
        }
        Ok(())
    }
}

impl Yield<'_> {
    fn article(&mut self) -> articles::Output<'_> {
        articles::Output { rows: &mut self.rows, counts: &mut self.counts }
    }

    /// The record as it stands, label fields put in after its last field.
    fn spliced(&mut self, record: &str, end: usize, empty: bool, verdict: Verdict<'_>) {
        let (head, tail) = record.as_bytes().split_at_checked(end).unwrap_or_default();
        self.rows.extend_from_slice(head);
        if !empty {
            self.rows.push(b',');
        }
        self.layout.labels.write_json(verdict, &mut self.rows);
        self.rows.extend_from_slice(tail);
        self.rows.push(b'\n');
    }

    /// The fields that go out, then the label fields, as a JSON object.
    fn json_fields(&mut self, record: &str, fields: &[Field], verdict: Verdict<'_>) {
        self.rows.push(b'{');
        let first = self.rows.len();
        for field in outgoing(self.layout, record, fields) {
            if self.rows.len() > first {
                self.rows.push(b',');
            }
            // A key's quotation marks stand around its range.
            push_range(record, field.key.start - 1..field.key.end + 1, &mut self.rows);
            self.rows.push(b':');
            push_range(record, field.value.clone(), &mut self.rows);
        }
        if self.rows.len() > first {
            self.rows.push(b',');
        }
        self.layout.labels.write_json(verdict, &mut self.rows);
        self.rows.extend_from_slice(b"}\n");
    }

    /// The columns that go out, then the label columns, of a JSON record.
    fn delimited_fields(&mut self, record: &str, fields: &[Field], delimiter: u8, verdict: Verdict<'_>) {
        for (at, name) in self.layout.columns.iter().flatten().enumerate() {
            if at > 0 {
                self.rows.push(delimiter);
            }
            if let Some(field) = fields.iter().rev().find(|field| is_key(record, field, name)) {
                let raw = record.get(field.value.clone()).unwrap_or("");
                write_delimited_cell(Cell::Json(raw), delimiter, &mut self.rows);
            }
        }
        self.finish_delimited(delimiter, verdict);
    }

    /// A delimited record as it stands, label columns put in before its line break.
    fn appended(&mut self, body: &str, record: &str, delimiter: u8, verdict: Verdict<'_>) {
        self.rows.extend_from_slice(body.as_bytes());
        self.layout.labels.write_csv(verdict, delimiter, &mut self.rows);
        push_range(record, body.len()..record.len(), &mut self.rows);
        self.rows.push(b'\n');
    }

    /// The columns of a delimited record that go out, then the label columns.
    fn picked<'f>(&mut self, header: &Header, field: &impl Fn(usize) -> &'f str, buffer: &mut String, verdict: Verdict<'_>) {
        let json = self.layout.rows == RowFormat::Json;
        self.rows.extend_from_slice(if json { b"{" } else { b"" });
        for (at, (key, place)) in header.picks.iter().enumerate() {
            if at > 0 {
                self.separate();
            }
            let text = place.map_or("", |place| delimited::value(field(place), buffer));
            self.cell(key, Cell::Text(text));
        }
        self.finish(!header.picks.is_empty(), verdict);
    }

    fn cells<'c>(&mut self, cells: impl Iterator<Item = (&'c str, Cell<'c>)>, verdict: Verdict<'_>) {
        let json = self.layout.rows == RowFormat::Json;
        self.rows.extend_from_slice(if json { b"{" } else { b"" });
        let mut any = false;
        for (key, cell) in cells {
            if any {
                self.separate();
            }
            any = true;
            self.cell(key, cell);
        }
        self.finish(any, verdict);
    }

    fn separate(&mut self) {
        self.rows.push(match self.layout.rows {
            RowFormat::Json => b',',
            RowFormat::Delimited(delimiter) => delimiter,
        });
    }

    fn cell(&mut self, key: &str, cell: Cell<'_>) {
        match self.layout.rows {
            RowFormat::Json => {
                self.rows.extend_from_slice(key.as_bytes());
                write_json_cell(cell, &mut self.rows);
            }
            RowFormat::Delimited(delimiter) => write_delimited_cell(cell, delimiter, &mut self.rows),
        }
    }

    fn finish(&mut self, any: bool, verdict: Verdict<'_>) {
        match self.layout.rows {
            RowFormat::Json => {
                self.rows.extend_from_slice(if any { b"," } else { b"" });
                self.layout.labels.write_json(verdict, &mut self.rows);
                self.rows.extend_from_slice(b"}\n");
            }
            RowFormat::Delimited(delimiter) => self.finish_delimited(delimiter, verdict),
        }
    }

    fn finish_delimited(&mut self, delimiter: u8, verdict: Verdict<'_>) {
        let start = self.rows.len();
        self.layout.labels.write_csv(verdict, delimiter, &mut self.rows);
        if self.layout.columns.as_ref().is_some_and(Vec::is_empty) {
            // No field before the labels, so no delimiter either.
            self.rows.remove(start);
        }
        self.rows.push(b'\n');
    }
}

/// Fields of a JSON record that go out, in their order.
fn outgoing<'f>(layout: &'f Layout, record: &'f str, fields: &'f [Field]) -> Vec<&'f Field> {
    match &layout.columns {
        Some(names) => names.iter().filter_map(|name| fields.iter().rev().find(|field| is_key(record, field, name))).collect(),
        None => fields.iter().filter(|field| !key(record, field).is_some_and(|name| layout.is_taken(&name))).collect(),
    }
}

/// Whether fields must give way to label columns.
///
/// # Errors
/// Where that is not wanted, or a field is none of the first record's.
fn clash(layout: &Layout, record: &str, fields: &[Field]) -> Result<bool, String> {
    let mut found = false;
    for field in fields {
        if let Some(name) = layout.labels.names().iter().find(|name| is_key(record, field, name)) {
            found = true;
            if !layout.replace {
                return Err(Layout::taken(name));
            }
        } else if layout.closed && !layout.columns.iter().flatten().any(|name| is_key(record, field, name)) {
            let name = key(record, field).unwrap_or_default();
            return Err(format!("field `{name}` is none of the first record's; name the fields with --columns"));
        }
    }
    Ok(found)
}

fn push_range(text: &str, range: Range<usize>, out: &mut Vec<u8>) {
    out.extend_from_slice(text.get(range).unwrap_or("").as_bytes());
}

/// Where the record at `at` ends, its line break included.
fn record_break(bytes: &[u8], at: usize, format: Format) -> usize {
    match format.delimiter() {
        Some(delimiter) => match delimited::record_end(bytes, at, delimiter) {
            RecordEnd::At(end) => end,
            RecordEnd::Outside | RecordEnd::Quoted => bytes.len(),
        },
        None => memchr::memchr(b'\n', bytes.get(at..).unwrap_or_default()).map_or(bytes.len(), |found| at + found + 1),
    }
}

fn is_blank(record: &[u8]) -> bool {
    record.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
}
