//! The values of chosen fields, record after record, of inputs of any size.

use std::ops::Range;

use super::{
    chunks::{Chunk, Chunks, Cut},
    columnar::{self, Table},
    delimited::{self, RecordEnd, record_end},
    format::Format,
    json_record::{Field, RecordScanner, ValueKind},
    layout::{fault_text, field_names, is_key, text_of},
    source::Source,
};
use crate::error::{Error, Result};

/// Bytes read at a time, and the longest record.
const CUT: Cut = Cut { chunk_bytes: 1 << 20, max_record: 8 << 20, eager: false, whole: false };

/// Takes the records of an input.
pub trait Visitor {
    /// Chooses among the `names` of the input's fields, those of its first record or header.
    ///
    /// # Errors
    /// What is missing, in words; ends the reading.
    fn choose(&mut self, names: &[String]) -> Result<Vec<String>, String>;

    /// Takes record `number` (from 1 on) with the value of each chosen field: strings as their text, other values as
    /// written; `None` where it is null or missing.
    ///
    /// # Errors
    /// Why the record cannot be used, in words.
    fn record(&mut self, number: u64, values: &[Option<&str>]) -> Result<(), String>;

    /// Hears of a record that cannot be read or used.
    fn reject(&mut self, number: u64, reason: String);
}

/// Hands every record of `source` to `visitor`. Memory does not grow with the input.
///
/// # Errors
/// [`Error::Io`] where the input cannot be read, [`Error::Data`] where it lacks what the visitor needs.
pub fn visit(source: &Source, visitor: &mut dyn Visitor) -> Result<()> {
    let name = source.name();
    if source.format == Format::Text {
        return Err(Error::Data(format!("{name}: lines of text have no fields; give JSONL, CSV, TSV, Parquet or Arrow")));
    }
    if source.format.is_columnar() {
        return visit_table(source, visitor).map_err(|reason| Error::Data(format!("{name}: {reason}")));
    }
    let fault = |error| Error::io(name.as_str(), error);
    let mut chunks = Chunks::new(source.open(0)?, source.format, 0, CUT).map_err(fault)?;
    let mut reading = Reading { format: source.format, chosen: None, header: Vec::new(), number: 0, memory: Memory::default() };
    let mut spent = Vec::new();
    while let Some(chunk) = chunks.next(spent).map_err(fault)? {
        reading.chunk(&chunk, visitor).map_err(|reason| Error::Data(format!("{name}: {reason}")))?;
        spent = chunk.bytes;
    }
    Ok(())
}

/// How a labelled input was made: what `label` wrote beside it, or into a table; nothing where it is missing or foreign.
pub fn origin(source: &Source) -> Option<serde_json::Value> {
    if source.format.is_columnar() {
        let schema = columnar::schema_of(source).ok()?;
        return serde_json::from_str(columnar::note(&schema, "demarche.meta")?).ok();
    }
    let mut beside = source.path.clone()?.into_os_string();
    beside.push(".meta.json");
    serde_json::from_slice(&std::fs::read(beside).ok()?).ok()
}

/// Hands on the rows of a table, by way of JSON.
fn visit_table(source: &Source, visitor: &mut dyn Visitor) -> Result<(), String> {
    let names = columnar::names(&columnar::schema_of(source)?);
    let chosen: Vec<Chosen> = visitor.choose(&names)?.into_iter().map(|name| Chosen { name, place: None }).collect();
    // Each column once, whatever was chosen twice.
    let columns: Vec<usize> =
        (0..names.len()).filter(|&at| chosen.iter().any(|chosen| names.get(at) == Some(&chosen.name))).collect();
    let all: Vec<usize> = (0..columns.len()).collect();
    let mut table = Table::open(source, 0, &columns, false)?;
    let mut reading =
        Reading { format: Format::Jsonl, chosen: Some(chosen), header: Vec::new(), number: 0, memory: Memory::default() };
    loop {
        let part = table.next_part()?;
        if part.is_empty() {
            return Ok(());
        }
        let bytes = columnar::json_lines(&part, &all)?;
        reading.chunk(&Chunk { bytes, ..Chunk::default() }, visitor)?;
    }
}

struct Reading {
    format: Format,
    /// The chosen fields, once they are.
    chosen: Option<Vec<Chosen>>,
    /// Names of the columns, of delimited input.
    header: Vec<String>,
    number: u64,
    memory: Memory,
}

struct Chosen {
    name: String,
    /// Where the first record had it: most others have it there too.
    place: Option<usize>,
}

#[derive(Default)]
struct Memory {
    scanner: RecordScanner,
    splits: Vec<Range<usize>>,
    values: Vec<String>,
}

impl Reading {
    fn chunk(&mut self, chunk: &Chunk, visitor: &mut dyn Visitor) -> Result<(), String> {
        if let Some(reason) = &chunk.fault {
            self.number += 1;
            visitor.reject(self.number, reason.clone());
            return Ok(());
        }
        let mut at = 0;
        while at < chunk.bytes.len() {
            let end = self.record_end(&chunk.bytes, at);
            let record = chunk.bytes.get(at..end).unwrap_or_default();
            at = end;
            if record.trim_ascii().is_empty() {
                continue;
            }
            let read = match std::str::from_utf8(record) {
                Ok(record) => self.record(record.trim_end_matches(['\n', '\r']), visitor)?,
                Err(fault) => Err(format!("invalid UTF-8 after byte {} of the record", fault.valid_up_to())),
            };
            if let Err(reason) = read {
                visitor.reject(self.number, reason);
            }
        }
        Ok(())
    }

    fn record_end(&self, bytes: &[u8], at: usize) -> usize {
        let found = match self.format.delimiter() {
            Some(delimiter) => match record_end(bytes, at, delimiter) {
                RecordEnd::At(end) => Some(end),
                RecordEnd::Outside | RecordEnd::Quoted => None,
            },
            None => memchr::memchr(b'\n', bytes.get(at..).unwrap_or_default()).map(|found| at + found + 1),
        };
        found.unwrap_or(bytes.len())
    }

    /// Hands on one record. The outer error ends the reading, the inner one rejects the record.
    fn record(&mut self, record: &str, visitor: &mut dyn Visitor) -> Result<Result<(), String>, String> {
        let delimiter = self.format.delimiter();
        if let (Some(delimiter), None) = (delimiter, &self.chosen) {
            delimited::split(record, delimiter, &mut self.memory.splits);
            let value = |range: &Range<usize>| unquoted(record, range);
            self.header = self.memory.splits.iter().map(value).collect();
            self.chosen = Some(choose(visitor, &self.header)?);
            return Ok(Ok(()));
        }
        self.number += 1;
        if self.chosen.is_none() {
            match field_names(record) {
                Ok(names) => self.chosen = Some(choose(visitor, &names)?),
                Err(reason) => return Ok(Err(reason)),
            }
        }
        let chosen = self.chosen.as_deref().unwrap_or_default();
        Ok(match delimiter {
            Some(delimiter) => self.memory.delimited(record, delimiter, self.header.len(), chosen),
            None => self.memory.json(record, chosen),
        }
        .and_then(|found| {
            let values: Vec<Option<&str>> =
                found.iter().zip(&self.memory.values).map(|(&there, value)| there.then_some(value.as_str())).collect();
            visitor.record(self.number, &values)
        }))
    }
}

fn choose(visitor: &mut dyn Visitor, names: &[String]) -> Result<Vec<Chosen>, String> {
    let place = |name: &String| names.iter().position(|other| other == name);
    Ok(visitor.choose(names)?.into_iter().map(|name| Chosen { place: place(&name), name }).collect())
}

fn unquoted(record: &str, range: &Range<usize>) -> String {
    delimited::value(record.get(range.clone()).unwrap_or_default(), &mut String::new()).to_owned()
}

impl Memory {
    /// Copies the chosen values; tells which are there.
    fn json(&mut self, record: &str, chosen: &[Chosen]) -> Result<Vec<bool>, String> {
        self.scanner.scan(record).map_err(|fault| fault_text(&fault))?;
        self.values.resize(chosen.len(), String::new());
        let mut there = Vec::with_capacity(chosen.len());
        for (chosen, value) in chosen.iter().zip(&mut self.values) {
            value.clear();
            let field = find(record, &self.scanner.fields, chosen);
            there.push(match field {
                Some(field) => copy(record, field, value).map_err(|fault| format!("field `{}` holds {fault}", chosen.name))?,
                None => false,
            });
        }
        Ok(there)
    }

    fn delimited(&mut self, record: &str, delimiter: u8, n_columns: usize, chosen: &[Chosen]) -> Result<Vec<bool>, String> {
        delimited::split(record, delimiter, &mut self.splits);
        if self.splits.len() != n_columns {
            return Err(format!("{} columns; the header has {n_columns}", self.splits.len()));
        }
        self.values.resize(chosen.len(), String::new());
        let mut there = Vec::with_capacity(chosen.len());
        for (chosen, value) in chosen.iter().zip(&mut self.values) {
            let range = chosen.place.and_then(|place| self.splits.get(place));
            *value = range.map(|range| unquoted(record, range)).unwrap_or_default();
            there.push(range.is_some());
        }
        Ok(there)
    }
}

/// The field of that name: of a repeated key the last counts, as in most readers.
fn find<'f>(record: &str, fields: &'f [Field], chosen: &Chosen) -> Option<&'f Field> {
    let usual = chosen.place.and_then(|place| fields.get(place)).filter(|field| is_key(record, field, &chosen.name));
    usual.or_else(|| fields.iter().rev().find(|field| is_key(record, field, &chosen.name)))
}

fn copy(record: &str, field: &Field, value: &mut String) -> Result<bool, &'static str> {
    match field.kind {
        ValueKind::Null => return Ok(false),
        ValueKind::String { .. } => value.push_str(text_of(record, field, &mut String::new())?),
        ValueKind::Scalar | ValueKind::Nested => value.push_str(record.get(field.value.clone()).unwrap_or_default()),
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Seen {
        rows: Vec<Vec<Option<String>>>,
        rejects: Vec<(u64, String)>,
    }

    impl Visitor for Seen {
        fn choose(&mut self, names: &[String]) -> Result<Vec<String>, String> {
            if names.iter().any(|n| n == "a") { Ok(vec!["b".into(), "a".into()]) } else { Err("no `a`".into()) }
        }

        fn record(&mut self, _: u64, values: &[Option<&str>]) -> Result<(), String> {
            self.rows.push(values.iter().map(|v| v.map(str::to_owned)).collect());
            Ok(())
        }

        fn reject(&mut self, number: u64, reason: String) {
            self.rejects.push((number, reason));
        }
    }

    fn seen(name: &str, content: &str) -> (Seen, Result<()>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        let format = super::super::format::FileKind::of_path(&path).unwrap().format;
        let mut seen = Seen::default();
        let result = visit(&Source { path: Some(path), format }, &mut seen);
        (seen, result)
    }

    fn row(values: [Option<&str>; 2]) -> Vec<Option<String>> {
        values.iter().map(|v| v.map(str::to_owned)).collect()
    }

    #[test]
    fn json_values_come_by_name_wherever_they_stand() {
        let lines = "{\"a\":1,\"b\":\"x\\ny\"}\n{\"b\":null,\"a\":[1, 2]}\n\nnot json\n{\"a\":\"é\"}\n";
        let (seen, result) = seen("a.jsonl", lines);
        assert!(result.is_ok());
        assert_eq!(seen.rows, [row([Some("x\ny"), Some("1")]), row([None, Some("[1, 2]")]), row([None, Some("é")])]);
        assert_eq!(seen.rejects.len(), 1);
        assert_eq!(seen.rejects[0].0, 3, "blank lines are no records");
    }

    #[test]
    fn columns_come_by_the_header() {
        let (seen, result) = seen("a.csv", "b,c,a\n1,2,\"x,\"\"y\"\"\"\n1,2\n\"\",3,4\n");
        assert!(result.is_ok());
        assert_eq!(seen.rows, [row([Some("1"), Some("x,\"y\"")]), row([Some(""), Some("4")])]);
        assert_eq!(seen.rejects, [(2, "2 columns; the header has 3".to_owned())]);
    }

    #[test]
    fn what_is_missing_ends_the_reading() {
        let (_, result) = seen("a.tsv", "x\ty\n1\t2\n");
        assert!(result.unwrap_err().to_string().ends_with("a.tsv: no `a`"));
        assert!(seen("a.jsonl", "").1.is_ok());
    }
}
