//! The reading end of a run: inputs one after the other, cut into tasks for the workers.

use std::{io::Read, ops::Range, sync::Arc};

use super::{
    batch::{Job, Position},
    chunks::{Chunk, Chunks, Cut},
    columnar::{self, Packing, Table},
    delimited::{self, RecordEnd},
    format::Format,
    layout::{Header, Layout, TableHeader},
    source::{Source, Stamp},
    worker::{Piece, Task},
};
use crate::error::{Error, Result};

/// What comes next.
pub(crate) enum Feed {
    /// Records.
    Task(Task),
    /// An input that cannot be read, or not to its end.
    Lost(Lost),
}

/// An input that was given up.
#[derive(Clone, Debug)]
pub(crate) struct Lost {
    pub(crate) source: usize,
    /// Byte of its content from which on it is not read.
    pub(crate) offset: u64,
    pub(crate) reason: String,
}

/// An input's content, cut into chunks.
type Bytes = Chunks<Box<dyn Read + Send>>;

/// The part of the inputs, laid end to end, that a run labels.
#[derive(Clone, Debug)]
pub(crate) struct Share {
    /// Where each input's content starts; at last, where all end.
    pub(crate) starts: Vec<u64>,
    /// Bytes whose records are ours: those that start in it.
    pub(crate) range: Range<u64>,
}

impl Share {
    /// Part `number` (from 1 on) of `of`: parts of equally many bytes of content, cut at records.
    ///
    /// # Errors
    /// Where an input's length cannot be told.
    pub(crate) fn new(sources: &[Source], number: u64, of: u64) -> Result<Self> {
        let mut starts = Vec::new();
        let mut total = 0;
        for source in sources {
            if source.path.is_none() {
                return Err(Error::Parameter("--shard needs files: the length of standard input is not known".into()));
            }
            starts.push(total);
            let length = if source.format.is_columnar() { Table::rows(source).ok() } else { source.content_bytes().ok() };
            total += length.unwrap_or(0);
        }
        starts.push(total);
        let cut = |part: u64| u64::try_from(u128::from(total) * u128::from(part) / u128::from(of)).unwrap_or(total);
        Ok(Self { starts, range: cut(number - 1)..if number == of { u64::MAX } else { cut(number) } })
    }

    /// The range in the content of input `source`; empty where none of it is ours.
    fn within(&self, source: usize) -> Range<u64> {
        let start = self.starts.get(source).copied().unwrap_or(0);
        if self.starts.get(source + 1).is_some_and(|&end| end <= self.range.start && end > start) {
            return 0..0;
        }
        self.range.start.saturating_sub(start)..self.range.end.saturating_sub(start)
    }
}

/// Reads the inputs.
pub(crate) struct Feeder<'a> {
    job: &'a Job,
    layout: &'a Layout,
    share: Option<&'a Share>,
    stamps: &'a [Option<Stamp>],
    position: Position,
    current: Option<Opened>,
    /// The input that planning has opened.
    first: Option<First>,
}

/// The first readable input, opened at its start.
pub(crate) struct First {
    pub(crate) source: usize,
    pub(crate) content: Box<dyn Read + Send>,
}

/// The input that is being read.
struct Opened {
    name: Arc<str>,
    input: Input,
    skipped_lines: u64,
    ours: Range<u64>,
}

enum Input {
    Text(Bytes, Option<Arc<Header>>),
    Table(Box<Table>, Arc<TableHeader>),
}

impl<'a> Feeder<'a> {
    pub(crate) fn new(
        job: &'a Job,
        layout: &'a Layout,
        share: Option<&'a Share>,
        stamps: &'a [Option<Stamp>],
        position: Position,
        first: Option<First>,
    ) -> Self {
        Self { job, layout, share, stamps, position, current: None, first }
    }

    /// The next piece, its chunk in `buffer`'s memory and `rows` for its rows; `None` at the end.
    pub(crate) fn next(&mut self, mut buffer: Vec<u8>, mut rows: Vec<u8>) -> Option<Feed> {
        loop {
            let source = self.job.sources.get(self.position.source)?;
            match self.step(source, buffer, rows) {
                Ok(Step::Task(task)) => return Some(Feed::Task(task)),
                Ok(Step::Again(spent, spare)) => (buffer, rows) = (spent, spare),
                Ok(Step::Ended(spent, spare)) => {
                    (buffer, rows) = (spent, spare);
                    if let Some(reason) = self.changed(source) {
                        return Some(self.lose(reason));
                    }
                    self.advance();
                }
                Err(error) => return Some(self.lose(error)),
            }
        }
    }

    fn advance(&mut self) {
        self.current = None;
        self.position = Position { source: self.position.source + 1, ..Position::default() };
    }

    fn lose(&mut self, reason: String) -> Feed {
        let lost = Lost { source: self.position.source, offset: self.position.offset, reason };
        self.advance();
        Feed::Lost(lost)
    }

    fn changed(&self, source: &Source) -> Option<String> {
        let before = self.stamps.get(self.position.source).copied().flatten()?;
        let after = source.stamp().ok()?;
        (before != after).then(|| {
            format!("the file changed while it was read ({} bytes at first, {} now); label it again", before.bytes, after.bytes)
        })
    }

    fn step(&mut self, source: &Source, buffer: Vec<u8>, rows: Vec<u8>) -> Result<Step, String> {
        if self.current.is_none() {
            match self.open(source)? {
                None => return Ok(Step::Ended(buffer, rows)),
                opened => self.current = opened,
            }
        }
        let Some(opened) = &mut self.current else { return Ok(Step::Ended(buffer, rows)) };
        let piece = match &mut opened.input {
            Input::Table(table, header) => rows_piece(table, header, &mut self.position, opened.ours.end)?,
            Input::Text(chunks, header) => {
                let Some(mut chunk) = chunks.next(buffer).map_err(|e| e.to_string())? else {
                    return Ok(Step::Ended(Vec::new(), rows));
                };
                self.position.offset = chunk.end;
                if chunk.offset >= opened.ours.end {
                    return Ok(Step::Ended(chunk.bytes, rows));
                }
                opened.skipped_lines += clip(&mut chunk, &opened.ours, source.format);
                if chunk.bytes.is_empty() {
                    return Ok(Step::Again(chunk.bytes, rows));
                }
                Some(Piece::Records { format: source.format, header: header.clone(), chunk })
            }
        };
        let Some(piece) = piece else { return Ok(Step::Ended(Vec::new(), rows)) };
        Ok(Step::Task(Task {
            source: self.position.source,
            name: Arc::clone(&opened.name),
            skipped_lines: std::mem::take(&mut opened.skipped_lines),
            piece,
            rows,
        }))
    }

    /// Opens `source` at the current position; `None` where nothing of it is ours.
    fn open(&mut self, source: &Source) -> Result<Option<Opened>, String> {
        let ours = self.share.map_or(0..u64::MAX, |share| share.within(self.position.source));
        if ours.is_empty() {
            return Ok(None);
        }
        let name = source.path.as_deref().and_then(|path| path.file_name());
        let name: Arc<str> = name.map_or("-".into(), |name| name.to_string_lossy().into());
        if source.format.is_columnar() {
            let skipped = ours.start.saturating_sub(self.position.offset);
            self.position.offset += skipped;
            let whole_rows = self.job.rejects.is_some();
            let header = Arc::new(TableHeader::new(self.layout, &columnar::schema_of(source)?, whole_rows)?);
            let is_graft = self.layout.packing.as_ref().is_some_and(Packing::is_graft);
            let table = Box::new(Table::open(source, self.position.offset, &header.read, is_graft)?);
            return Ok(Some(Opened { name, input: Input::Table(table, header), skipped_lines: skipped, ours }));
        }
        let whole = self.cut(source.format).whole;
        if whole && ours.start > 0 {
            return Ok(None);
        }
        let (input, skipped_lines) = self.open_text(source, &ours)?;
        let ours = if whole { 0..u64::MAX } else { ours };
        Ok(Some(Opened { name, input, skipped_lines, ours }))
    }

    /// Opens `source` at the current position; also returns how many lines its header took.
    fn open_text(&mut self, source: &Source, ours: &Range<u64>) -> Result<(Input, u64), String> {
        let cut = self.cut(source.format);
        let mut first = self.first.take_if(|first| first.source == self.position.source);
        let mut at = |offset| -> Result<_, String> {
            let content = match first.take().filter(|_| offset == 0) {
                Some(first) => first.content,
                None => source.open(offset).map_err(|e| io_reason(&e))?,
            };
            Chunks::new(content, source.format, offset, cut).map_err(|e| e.to_string())
        };
        if source.format.delimiter().is_none() {
            // What lies before our part is passed by, but for the byte that tells whether a record starts with it; where
            // rejects are noted it is read after all, to know their lines.
            if self.job.rejects.is_none() {
                self.position.offset = self.position.offset.max(ours.start.saturating_sub(1));
            }
            return Ok((Input::Text(at(self.position.offset)?, None), 0));
        }
        let (header, rest, lines) = read_header(self.layout, at(0)?, source.format)?;
        let header = Some(Arc::new(header));
        if self.position.offset > 0 {
            return Ok((Input::Text(at(self.position.offset)?, header), 0));
        }
        Ok((Input::Text(rest, header), lines))
    }

    fn cut(&self, format: Format) -> Cut {
        // A part is a chunk, so that parts do not depend on how bytes are read.
        let chunk_bytes = if self.layout.packing.is_some() { columnar::PART_BYTES } else { self.job.chunk_bytes };
        Cut { chunk_bytes, max_record: self.job.max_record, eager: self.job.line_buffered, whole: self.layout.is_whole(format) }
    }
}

/// The rows of the next part, up to row `end` of the input.
fn rows_piece(table: &mut Table, header: &Arc<TableHeader>, position: &mut Position, end: u64) -> Result<Option<Piece>, String> {
    let mut batches = table.next_part()?;
    let mut left = usize::try_from(end.saturating_sub(position.offset)).unwrap_or(usize::MAX);
    for batch in &mut batches {
        let rows = batch.num_rows().min(left);
        *batch = batch.slice(0, rows);
        left -= rows;
    }
    batches.retain(|batch| batch.num_rows() > 0);
    let rows: usize = batches.iter().map(columnar::Batch::num_rows).sum();
    position.offset += rows as u64;
    let bytes = table.stored_bytes(rows);
    Ok((rows > 0).then(|| Piece::Rows { header: Arc::clone(header), batches, end: position.offset, bytes }))
}

enum Step {
    Task(Task),
    Again(Vec<u8>, Vec<u8>),
    Ended(Vec<u8>, Vec<u8>),
}

fn io_reason(error: &Error) -> String {
    match error {
        Error::Io { error, .. } => error.to_string(),
        other => other.to_string(),
    }
}

/// Reads the header off `chunks`; also returns how many lines it took.
///
/// # Errors
/// What is wrong with it, in words.
pub(crate) fn read_header(layout: &Layout, mut chunks: Bytes, format: Format) -> Result<(Header, Bytes, u64), String> {
    let delimiter = format.delimiter().unwrap_or(b',');
    let (names, lines) = header_names(&mut chunks, delimiter)?;
    Ok((Header::new(layout, names, delimiter)?, chunks, lines))
}

/// The names in the first record of delimited input, and the lines up to its end.
///
/// # Errors
/// What is wrong with it, in words.
pub(crate) fn header_names(chunks: &mut Bytes, delimiter: u8) -> Result<(Vec<String>, u64), String> {
    let mut first = chunks.next(Vec::new()).map_err(|e| e.to_string())?.ok_or("the file is empty; expected a header line")?;
    if let Some(fault) = first.fault {
        return Err(format!("the header: {fault}"));
    }
    let end = match delimited::record_end(&first.bytes, 0, delimiter) {
        RecordEnd::At(end) => end,
        _ => first.bytes.len(),
    };
    let rest = first.bytes.split_off(end);
    chunks.put_back(rest);
    let line = std::str::from_utf8(&first.bytes).map_err(|_| "the header is no UTF-8".to_owned())?;
    let mut fields = Vec::new();
    let record = line.trim_end_matches('\n').trim_end_matches('\r');
    delimited::split(record, delimiter, &mut fields);
    let name = |field: &Range<usize>| delimited::value(record.get(field.clone()).unwrap_or(""), &mut String::new()).to_owned();
    Ok((fields.iter().map(name).collect(), memchr::memchr_iter(b'\n', &first.bytes).count() as u64))
}

/// Cuts `chunk` to the records that start in `ours`; returns how many lines go before them.
fn clip(chunk: &mut Chunk, ours: &Range<u64>, format: Format) -> u64 {
    let length = chunk.bytes.len();
    if chunk.fault.is_some() {
        let in_ours = ours.contains(&chunk.offset);
        if !in_ours {
            chunk.bytes.clear();
        }
        return u64::from(!in_ours);
    }
    let first = first_record(chunk, ours.start, format);
    let last = first_record(chunk, ours.end, format);
    chunk.bytes.truncate(last);
    let before: Vec<u8> = chunk.bytes.drain(..first.min(last)).collect();
    chunk.end -= (length - last) as u64;
    chunk.offset += first.min(last) as u64;
    memchr::memchr_iter(b'\n', &before).count() as u64
}

/// Place in `chunk` of its first record that starts at or after byte `bound` of the input.
fn first_record(chunk: &Chunk, bound: u64, format: Format) -> usize {
    let length = chunk.bytes.len();
    if bound <= chunk.offset {
        return 0;
    }
    if bound >= chunk.end {
        return length;
    }
    let bound = usize::try_from(bound - chunk.offset).unwrap_or(length);
    let Some(delimiter) = format.delimiter() else {
        let rest = chunk.bytes.get(bound - 1..).unwrap_or_default();
        return memchr::memchr(b'\n', rest).map_or(length, |found| bound + found);
    };
    let mut at = 0;
    while at < bound {
        match delimited::record_end(&chunk.bytes, at, delimiter) {
            RecordEnd::At(end) => at = end,
            _ => return length,
        }
    }
    at
}
