//! One thread's part of a run: a chunk of records in, their labelled rows out.

use std::{collections::BTreeMap, ops::Range, sync::Arc};

use super::{
    articles,
    chunks::{Chunk, too_long},
    columnar::{self, Batch, Frame, Packing},
    columns::Verdict,
    counts::Counts,
    delimited::{self, RecordEnd},
    format::Format,
    json_record::RecordScanner,
    layout::{Cell, Header, Layout, RowFormat, TableHeader, fault_text, is_key, text_of},
    reject::Reject,
    rows::{Yield, clash},
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
    /// Lines of the input between the last chunk and this one (header, other shards' records).
    pub(crate) skipped_lines: u64,
    pub(crate) piece: Piece,
    /// Memory for the rows.
    pub(crate) rows: Vec<u8>,
}

/// The records of a chunk.
#[derive(Debug)]
pub(crate) enum Piece {
    /// As bytes.
    Records {
        format: Format,
        /// The header that holds for them, for delimited input.
        header: Option<Arc<Header>>,
        chunk: Chunk,
    },
    /// As columns.
    Rows {
        header: Arc<TableHeader>,
        batches: Vec<Batch>,
        /// Row of the input after the last one.
        end: u64,
        /// Bytes that they take in the file, about.
        bytes: u64,
    },
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

/// Where records stand.
#[derive(Clone, Copy)]
struct Place<'p> {
    name: &'p str,
    format: Format,
    header: Option<&'p Header>,
    /// Byte of the input; `None` for rows of a table.
    offset: Option<u64>,
}

/// A labelled piece.
struct Part {
    end: u64,
    bytes: u64,
    lines: u64,
    rows: Vec<u8>,
    rejects: Vec<Reject>,
    counts: Counts,
    spent: Vec<u8>,
    /// Where rows begin and the records that they come from; for columnar output only.
    origins: Vec<(usize, usize)>,
}

/// Reasons by which records (by their first byte in the piece) do not fit columnar output.
type Unfit = BTreeMap<usize, String>;

impl Part {
    fn new(counts: Counts) -> Self {
        Self { end: 0, bytes: 0, lines: 0, rows: Vec::new(), rejects: Vec::new(), counts, spent: Vec::new(), origins: Vec::new() }
    }
}

/// Turns the rows of `part` from JSON to a part of columnar output.
fn pack(packing: &Packing, part: &mut Part) -> Result<(), Unfit> {
    match packing.decoded(&part.rows).and_then(|batch| batch.map(|batch| packing.part(&[batch])).transpose()) {
        Ok(packed) => {
            part.rows = packed.unwrap_or_default();
            Ok(())
        }
        Err(reason) => {
            let ends = part.origins.iter().skip(1).map(|origin| origin.0).chain([part.rows.len()]);
            let rows =
                part.origins.iter().zip(ends).map(|(&(start, at), end)| (at, part.rows.get(start..end).unwrap_or_default()));
            let unfit: Unfit = rows.filter_map(|(at, row)| Some((at, packing.decoded(row).err()?))).collect();
            Err(if unfit.is_empty() { Unfit::from([(0, reason)]) } else { unfit })
        }
    }
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
        let Task { source, name, skipped_lines, piece, mut rows } = task;
        rows.clear();
        let out = match piece {
            Piece::Rows { header, batches, end, bytes } => self.table(&header, &batches, (source, end), bytes, rows),
            Piece::Records { format, header, chunk } => {
                let place = Place { name: &name, format, header: header.as_deref(), offset: Some(chunk.offset) };
                let out = self.packed(place, &chunk.bytes, chunk.fault.as_deref(), rows);
                Part { end: chunk.end, bytes: chunk.end - chunk.offset, spent: chunk.bytes, ..out }
            }
        };
        let counts = Counts { bytes: out.bytes, rejected: out.rejects.len() as u64, ..out.counts };
        let Part { end, lines, rows, rejects, spent, .. } = out;
        Labelled { source, skipped_lines, end, lines, rows, rejects, counts, spent }
    }

    fn nothing(&self) -> Counts {
        Counts::new(self.labelling.model().labels().len())
    }

    /// Labels records, and packs their rows where the output is columnar.
    fn packed(&mut self, place: Place<'_>, bytes: &[u8], fault: Option<&str>, rows: Vec<u8>) -> Part {
        let mut unfit = Unfit::new();
        let mut part = self.records(place, bytes, fault, &unfit, rows);
        let Some(packing) = &self.layout.packing else { return part };
        // Records whose values do not fit the columns are found one by one, and the others labelled again.
        if let Err(found) = pack(packing, &mut part) {
            unfit.extend(found);
            part = self.records(place, bytes, fault, &unfit, part.rows);
            if let Err(found) = pack(packing, &mut part) {
                part = self.lost(part, found);
            }
        }
        part
    }

    /// What is left when rows cannot be packed for reasons that no record explains.
    fn lost(&self, mut part: Part, found: Unfit) -> Part {
        part.rows.clear();
        part.counts = Counts { records: part.counts.records, ..self.nothing() };
        part.rejects.extend(found.into_values().map(|reason| Reject::new(0, None, reason, &[])));
        part
    }

    /// Labels each record in `bytes`; those in `unfit` are rejected.
    fn records(&mut self, place: Place<'_>, bytes: &[u8], fault: Option<&str>, unfit: &Unfit, mut rows: Vec<u8>) -> Part {
        rows.clear();
        let mut part = Part { rows, ..Part::new(self.nothing()) };
        if let Some(reason) = fault {
            part.counts.records += 1;
            part.lines = 1;
            part.rejects.push(Reject::new(0, place.offset, reason.to_owned(), bytes));
            return part;
        }
        let mut out = Yield { layout: self.layout, rows: part.rows, counts: part.counts };
        // One check for all records; where it fails each is checked alone.
        let whole = std::str::from_utf8(bytes).ok();
        let mut at = 0;
        while at < bytes.len() {
            let whole_input = self.layout.is_whole(place.format);
            let end = if whole_input { bytes.len() } else { record_break(bytes, at, place.format) };
            let record = bytes.get(at..end).unwrap_or_default();
            let text = whole.map_or_else(|| std::str::from_utf8(record), |whole| Ok(whole.get(at..end).unwrap_or_default()));
            let offset = place.offset.map(|offset| offset + at as u64);
            if matches!(self.labelling, Labelling::Articles(_)) {
                self.place = match whole_input {
                    true => place.name.to_owned(),
                    false => format!("{}@{}", place.name, offset.unwrap_or(part.lines)),
                };
            }
            let written = out.rows.len();
            let labelled = match unfit.get(&at) {
                None => self.record(place.format, place.header, record, text, &mut out),
                Some(reason) => {
                    out.counts.records += 1;
                    Err(reason.clone())
                }
            };
            match labelled {
                Err(reason) => part.rejects.push(Reject::new(part.lines, offset, reason, record)),
                Ok(()) if self.layout.packing.is_some() => part.origins.push((written, at)),
                Ok(()) => {}
            }
            part.lines += if place.header.is_some() { memchr::memchr_iter(b'\n', record).count() as u64 } else { 1 };
            at = end;
        }
        Part { rows: out.rows, counts: out.counts, ..part }
    }

    /// Labels the rows of a table, up to row `end` of input number `source`.
    fn table(&mut self, header: &TableHeader, batches: &[Batch], (source, end): (usize, u64), bytes: u64, rows: Vec<u8>) -> Part {
        let n_rows: u64 = batches.iter().map(|batch| batch.num_rows() as u64).sum();
        let direct = self.layout.packing.as_ref().filter(|_| header.direct);
        let part = match (direct, self.labelling) {
            (Some(packing), Labelling::Statements(_)) if packing.is_graft() => {
                self.labels(header, batches, Frame::new(source, end.saturating_sub(n_rows), rows))
            }
            (Some(packing), Labelling::Statements(_)) => self.columns(packing, header, batches),
            _ => columnar::json_lines(batches, &header.all).map(|lines| {
                let place = Place { name: &header.name, format: Format::Jsonl, header: None, offset: None };
                self.packed(place, &lines, None, rows)
            }),
        };
        let part = part.unwrap_or_else(|reason| {
            let counts = Counts { records: n_rows, ..self.nothing() };
            let rejects = (0..n_rows).map(|row| Reject::new(row, None, reason.clone(), &[])).collect();
            Part { rejects, ..Part::new(counts) }
        });
        Part { end, bytes, lines: n_rows, ..part }
    }

    /// Labels the rows of a table whose columns pass as they are.
    fn columns(&mut self, packing: &Packing, header: &TableHeader, batches: &[Batch]) -> Result<Part, String> {
        let mut part = Part::new(self.nothing());
        let mut joined = Vec::new();
        let layout = self.layout;
        for batch in batches {
            let mut labels = packing.label_arrays();
            let mut kept = Vec::with_capacity(batch.num_rows());
            self.each_text(header, batch, &mut part, &mut |verdict| {
                kept.push(verdict.is_some());
                verdict.into_iter().for_each(|verdict| labels.push(&layout.labels, verdict));
            })?;
            joined.push(packing.joined(batch, &header.out, labels, &kept)?);
        }
        joined.retain(|batch| batch.num_rows() > 0);
        if !joined.is_empty() {
            part.rows = packing.part(&joined)?;
        }
        Ok(part)
    }

    /// Labels the rows of a table whose columns are copied later.
    fn labels(&mut self, header: &TableHeader, batches: &[Batch], mut frame: Frame) -> Result<Part, String> {
        let mut part = Part::new(self.nothing());
        for batch in batches {
            self.each_text(header, batch, &mut part, &mut |verdict| frame.push(verdict))?;
        }
        Ok(Part { rows: frame.finish(), ..part })
    }

    /// Labels the texts of `batch`, counts them in `part` and hands on what is said of each: nothing where it is rejected.
    fn each_text(
        &mut self,
        header: &TableHeader,
        batch: &Batch,
        part: &mut Part,
        each: &mut dyn FnMut(Option<Verdict<'_>>),
    ) -> Result<(), String> {
        let column = columnar::text_column(batch, header.text)?;
        for (at, text) in columnar::texts(&column)?.enumerate() {
            let Some(text) = text.filter(|text| text.len() <= self.layout.max_record) else {
                part.rejects.push(reject_row(batch, at, part.counts.records, header, &self.layout.text_field));
                part.counts.records += 1;
                each(None);
                continue;
            };
            part.counts.records += 1;
            let verdict = self.layout.verdict(self.labelling.model(), self.labeller.predict(text));
            part.counts.add(verdict);
            each(Some(verdict));
        }
        Ok(())
    }

    fn record(
        &mut self,
        format: Format,
        header: Option<&Header>,
        bytes: &[u8],
        text: Result<&str, std::str::Utf8Error>,
        out: &mut Yield<'_>,
    ) -> Result<(), String> {
        // Before anything else: of a long record nothing is kept, so that nobody can tell whether it is blank.
        if bytes.len() > self.layout.max_record {
            out.counts.records += 1;
            return Err(too_long(bytes.len() as u64, self.layout.max_record));
        }
        if is_blank(bytes) {
            return Ok(());
        }
        out.counts.records += 1;
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
            articles::Reader { layout: self.layout, pipeline, place: &self.place }.json(
                &mut self.labeller,
                record,
                fields,
                text,
                out.article(),
            );
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
            reader.plain(&mut self.labeller, Article::from_text(text), out.article());
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
            reader.delimited(&mut self.labeller, header, &field, text, out.article());
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

/// The reject for a row without usable text.
fn reject_row(batch: &Batch, at: usize, row: u64, header: &TableHeader, name: &str) -> Reject {
    let reason = format!("column `{name}` holds null, or a text over the limit (--max-record); expected a string");
    let raw = columnar::json_lines(&[batch.slice(at, 1)], &header.all).unwrap_or_default();
    Reject::new(row, None, reason, &raw)
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
