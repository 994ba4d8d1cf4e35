//! What a job means, once its first input has been looked at.

use std::io::{self, Read};

use serde_json::json;

use super::{
    batch::Job,
    columns::LabelColumns,
    delimited::{self, RecordEnd},
    feeder::First,
    format::Format,
    layout::{Header, Layout, RowFormat, field_names},
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

const STEP: u64 = 1 << 16;

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
        };
        let model = labelling.model().id();
        let settings = settings(job, &model, articles, &stamps);
        let (first, head) = first_input(job)?;
        let source = job.sources.get(first.source).ok_or_else(|| Error::Parameter("no input".into()))?;
        adapt(&mut layout, source, &head).map_err(|reason| Error::Record { name: source.name(), line: 1, offset: 0, reason })?;
        Ok((Self { layout, stamps, settings, model }, Some(first)))
    }
}

/// Refuses outputs that would destroy something.
fn check_paths(job: &Job) -> Result<()> {
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

/// The first input that can be opened, and its beginning: at least a whole record.
fn first_input(job: &Job) -> Result<(First, Vec<u8>)> {
    let mut failure = None;
    for (number, source) in job.sources.iter().enumerate() {
        let mut head = Vec::new();
        let opened = source.open(0).and_then(|mut content| {
            let read = read_head(&mut content, source.format, job.max_record, &mut head);
            read.map(|()| content).map_err(|e| Error::io(source.name(), e))
        });
        match opened {
            Err(error) => failure = failure.or(Some(error)),
            Ok(content) => {
                let content = Box::new(io::Cursor::new(head.clone()).chain(content));
                return Ok((First { source: number, content }, head));
            }
        }
    }
    Err(failure.unwrap_or_else(|| Error::Parameter("no input".into())))
}

fn read_head(content: &mut impl Read, format: Format, max_record: usize, head: &mut Vec<u8>) -> io::Result<()> {
    let mut block = vec![0; STEP as usize];
    while head.len() <= max_record && first_record(head, format).is_none() {
        match content.read(&mut block) {
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
fn adapt(layout: &mut Layout, source: &Source, head: &[u8]) -> Result<(), String> {
    let start = if head.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let record = first_record(head, source.format).or(head.get(start..)).unwrap_or_default();
    let record = std::str::from_utf8(record);
    let names = match source.format {
        Format::Csv | Format::Tsv => {
            layout.crlf = head.split(|&byte| byte == b'\n').next().is_some_and(|line| line.ends_with(b"\r"));
            let names = header_names(record.map_err(|_| "the header is no UTF-8")?, source.format);
            Header::new(layout, names.clone(), source.format.delimiter().unwrap_or(b','))?;
            names
        }
        Format::Text => vec![layout.text_field.clone()],
        // A first record that is broken is rejected like any other.
        _ => record.ok().and_then(|record| field_names(record).ok()).unwrap_or_default(),
    };
    if let Some(name) = names.iter().find(|name| layout.is_taken(name)).filter(|_| !layout.replace) {
        return Err(Layout::taken(name));
    }
    if matches!(layout.rows, RowFormat::Delimited(_)) && layout.columns.is_none() {
        let own: &[&str] = if layout.articles { &super::articles::ARTICLE_COLUMNS } else { &[] };
        let others = names.iter().filter_map(|name| layout.row_name(name)).filter(|name| !own.contains(&name.as_str()));
        layout.columns = Some(own.iter().map(|&name| name.to_owned()).chain(others).collect());
        layout.closed = true;
    }
    Ok(())
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
