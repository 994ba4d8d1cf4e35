//! What a job means, once its first input has been looked at.

use std::io::{self, Read};

use serde_json::json;

use super::{
    batch::Job,
    columnar::{self, Packing},
    columns::LabelColumns,
    delimited::{self, RecordEnd},
    feeder::First,
    format::Format,
    layout::{Header, Layout, RowFormat, TableHeader, field_names},
    source::{Source, Stamp},
    worker::Labelling,
};
use crate::error::{Error, Result};

/// What holds for the whole run, read off the job and its first input.
pub(crate) struct Plan {
    pub(crate) layout: Layout,
    /// Size and time of change of each input; `None` where it cannot be read.
    pub(crate) stamps: Vec<Option<Stamp>>,
    /// Hash of all that the rows depend on.
    pub(crate) settings: String,
    /// Id of the model.
    pub(crate) model: String,
}

impl Plan {
    /// Whether rows pass as parts of tables, which takes more memory than lines or labels alone.
    pub(crate) fn is_by_parts(&self, job: &Job) -> bool {
        match &self.layout.packing {
            Some(packing) => !packing.is_graft(),
            None => job.sources.iter().any(|source| source.format.is_columnar()),
        }
    }
}

const STEP: usize = 1 << 16;
/// Bytes of JSONL from which the types of columns are read.
const TYPED_BYTES: usize = 1 << 20;

impl Plan {
    /// Plans `job`; also gives the input that had to be opened for it.
    pub(crate) fn new(job: &Job, labelling: Labelling<'_>) -> Result<(Self, Option<First>)> {
        check_paths(job)?;
        let stamps: Vec<Option<Stamp>> = job.sources.iter().map(|source| source.stamp().ok()).collect();
        let articles = matches!(labelling, Labelling::Articles(_));
        let mut layout = Layout {
            rows: RowFormat::of(job.kind.format),
            text_field: job.text_field.clone(),
            labels: LabelColumns::new(labelling.model().labels()),
            replace: job.replace,
            columns: job.columns.clone(),
            closed: false,
            crlf: false,
            articles,
            abstain: job.abstain,
            max_record: job.max_record,
            packing: None,
        };
        let model = labelling.model().id();
        let settings = settings(job, &model, articles, &stamps);
        let (number, head, first) = first_input(job)?;
        let source = job.sources.get(number).ok_or_else(|| Error::Parameter("no input".into()))?;
        adapt(&mut layout, job, source, &head).map_err(|reason| Error::Record {
            name: source.name(),
            line: 1,
            offset: 0,
            reason,
        })?;
        Ok((Self { layout, stamps, settings, model }, first))
    }
}

/// Refuses outputs that would destroy something.
fn check_paths(job: &Job) -> Result<()> {
    if job.kind.format.is_columnar() && job.resumable().is_none() {
        return Err(Error::Parameter(format!("{} needs a file; name it with --output", job.kind)));
    }
    let inputs: Vec<_> = job.sources.iter().filter_map(|source| source.path.as_ref()?.canonicalize().ok()).collect();
    for path in job.output.iter().chain(&job.rejects) {
        if path.is_dir() {
            return Err(Error::Parameter(format!("{} is a folder; name a file in it", path.display())));
        }
        if path.canonicalize().is_ok_and(|path| inputs.contains(&path) && path.is_file()) {
            return Err(Error::Parameter(format!("{} is an input; write to another file", path.display())));
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
            return Err(Error::Parameter(format!("there is no folder {}; make it first", folder.display())));
        }
    }
    if job.rejects.is_some() && job.rejects == job.output {
        return Err(Error::Parameter("rejects and rows cannot go to the same file".into()));
    }
    match &job.rejects {
        Some(path) if path.is_file() && !job.force && !job.resume => {
            Err(Error::Parameter(format!("{} is there already; write over it with --force", path.display())))
        }
        _ => Ok(()),
    }
}

/// What the first input shows.
enum Head {
    /// Its beginning: at least a whole record.
    Bytes(Vec<u8>),
    /// Its columns.
    Table(columnar::Schema),
}

/// The first input that can be opened: its number, what it shows, and itself.
fn first_input(job: &Job) -> Result<(usize, Head, Option<First>)> {
    let mut failure = None;
    for (number, source) in job.sources.iter().enumerate() {
        match look(job, number, source) {
            Ok((head, first)) => return Ok((number, head, first)),
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    Err(failure.unwrap_or_else(|| Error::Parameter("no input".into())))
}

fn look(job: &Job, number: usize, source: &Source) -> Result<(Head, Option<First>)> {
    if source.format.is_columnar() {
        let schema = columnar::schema_of(source).map_err(|reason| Error::NotText { name: source.name(), reason })?;
        return Ok((Head::Table(schema), None));
    }
    let mut content = source.open(0)?;
    let mut head = Vec::new();
    let least = if job.kind.format.is_columnar() { TYPED_BYTES } else { 0 };
    read_head(&mut content, source.format, least, job.max_record, &mut head).map_err(|e| Error::io(source.name(), e))?;
    let content = Box::new(io::Cursor::new(head.clone()).chain(content));
    Ok((Head::Bytes(head), Some(First { source: number, content })))
}

fn read_head(content: &mut impl Read, format: Format, least: usize, max_record: usize, head: &mut Vec<u8>) -> io::Result<()> {
    let mut block = vec![0; STEP];
    while head.len() < least || (head.len() <= max_record && first_record(head, format).is_none()) {
        let want = if head.len() < least { STEP.min(least - head.len()) } else { STEP };
        match content.read(block.get_mut(..want).unwrap_or_default()) {
            Ok(0) => break,
            Ok(got) => head.extend_from_slice(block.get(..got).unwrap_or_default()),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(())
}

/// The first record that is not blank, if all of it is there.
fn first_record(head: &[u8], format: Format) -> Option<&[u8]> {
    let mut start = if head.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    loop {
        let end = match format.delimiter() {
            Some(delimiter) => match delimited::record_end(head, start, delimiter) {
                RecordEnd::At(end) => end,
                _ => return None,
            },
            None => start + memchr::memchr(b'\n', head.get(start..)?)? + 1,
        };
        let record = head.get(start..end)?.trim_ascii();
        if !record.is_empty() {
            return Some(record);
        }
        start = end;
    }
}

/// Fits `layout` to the first record of the first input.
///
/// # Errors
/// What is wrong with that record, in words, where it stops the whole run.
fn adapt(layout: &mut Layout, job: &Job, source: &Source, head: &Head) -> Result<(), String> {
    let names = match head {
        Head::Table(schema) => columnar::names(schema),
        Head::Bytes(head) => names(layout, source.format, head)?,
    };
    if source.format.delimiter().is_some() || source.format.is_columnar() {
        check_header(layout, source.format, names.clone(), head)?;
    }
    if let Some(name) = names.iter().find(|name| layout.is_taken(name)).filter(|_| !layout.replace) {
        return Err(Layout::taken(name));
    }
    let columnar = job.kind.format.is_columnar();
    if (columnar || matches!(layout.rows, RowFormat::Delimited(_))) && layout.columns.is_none() {
        let own: &[&str] = if layout.articles { &super::articles::ARTICLE_COLUMNS } else { &[] };
        let others = names.iter().filter_map(|name| layout.row_name(name)).filter(|name| !own.contains(&name.as_str()));
        layout.columns = Some(own.iter().map(|&name| name.to_owned()).chain(others).collect());
        layout.closed = true;
    }
    if columnar {
        let typed = match head {
            Head::Table(schema) => columnar::Typed::Schema(schema),
            Head::Bytes(head) if source.format == Format::Jsonl => columnar::Typed::Records(whole_lines(head)),
            Head::Bytes(_) => columnar::Typed::Texts,
        };
        let packing = Packing::new(job.kind.format, &typed, layout)?;
        layout.packing = Some(packing.grafted(&job.sources, layout));
    }
    Ok(())
}

/// The lines of `head` that are there to their end.
fn whole_lines(head: &[u8]) -> &str {
    let end = if head.len() < TYPED_BYTES { head.len() } else { memchr::memrchr(b'\n', head).unwrap_or(head.len()) };
    let lines = head.get(..end).unwrap_or_default();
    match std::str::from_utf8(lines) {
        Ok(text) => text,
        Err(fault) => lines.get(..fault.valid_up_to()).and_then(|valid| std::str::from_utf8(valid).ok()).unwrap_or(""),
    }
}

fn check_header(layout: &mut Layout, format: Format, names: Vec<String>, head: &Head) -> Result<(), String> {
    match head {
        Head::Table(schema) => TableHeader::new(layout, schema, false).map(drop),
        Head::Bytes(head) => {
            layout.crlf = head.split(|&byte| byte == b'\n').next().is_some_and(|line| line.ends_with(b"\r"));
            Header::new(layout, names, format.delimiter().unwrap_or(b',')).map(drop)
        }
    }
}

/// Names of the fields in the first record.
fn names(layout: &Layout, format: Format, head: &[u8]) -> Result<Vec<String>, String> {
    let start = if head.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let record = first_record(head, format).or(head.get(start..)).unwrap_or_default();
    let record = std::str::from_utf8(record);
    Ok(match format {
        Format::Csv | Format::Tsv => header_names(record.map_err(|_| "the header is no UTF-8")?, format),
        Format::Text => vec![layout.text_field.clone()],
        // A first record that is broken is rejected like any other.
        _ => record.ok().and_then(|record| field_names(record).ok()).unwrap_or_default(),
    })
}

fn header_names(record: &str, format: Format) -> Vec<String> {
    let mut fields = Vec::new();
    delimited::split(record, format.delimiter().unwrap_or(b','), &mut fields);
    let name =
        |field: &std::ops::Range<usize>| delimited::value(record.get(field.clone()).unwrap_or(""), &mut String::new()).to_owned();
    fields.iter().map(name).collect()
}

/// A hash of everything that the output depends on; runs that differ in it must not be joined.
fn settings(job: &Job, model: &str, articles: bool, stamps: &[Option<Stamp>]) -> String {
    let inputs: Vec<_> =
        job.sources.iter().zip(stamps).map(|(source, stamp)| json!([source.name(), source.format.name(), stamp])).collect();
    let all = json!({
        "program": env!("CARGO_PKG_VERSION"),
        "model": model,
        "inputs": inputs,
        "kind": job.kind.to_string(),
        "text_field": job.text_field,
        "columns": job.columns,
        "replace": job.replace,
        "abstain": job.abstain.map(|abstain| format!("{abstain:?}")),
        "shard": job.shard,
        "rejects": job.rejects,
        "max_record": job.max_record,
        "articles": articles,
    });
    blake3::hash(all.to_string().as_bytes()).to_hex().to_string()
}
