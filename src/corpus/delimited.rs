//! CSV and TSV by RFC 4180: where a record ends, and where its fields stand.
//!
//! A field that opens with a quotation mark may hold delimiters, doubled marks and line breaks. What
//! follows its closing mark belongs to it as it stands, as in the `csv` crate (a property test
//! compares them). A record ends with LF or CR LF.

use std::ops::Range;

use memchr::{memchr, memchr2};

/// Where the record that begins at the start of the data ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordEnd {
    /// After its line break: the next record's first byte.
    At(usize),
    /// Not in the data, which ends outside quotation marks.
    Outside,
    /// Not in the data, which ends inside quotation marks.
    Quoted,
}

/// Finds the end of the record that begins at `start` of `data`.
pub fn record_end(data: &[u8], start: usize, delimiter: u8) -> RecordEnd {
    let mut at = start;
    loop {
        if data.get(at) == Some(&b'"') {
            match quoted_end(data, at) {
                Some(after) => at = after,
                None => return RecordEnd::Quoted,
            }
        }
        match find2(data, at, delimiter) {
            None => return RecordEnd::Outside,
            Some(found) if data.get(found) == Some(&b'\n') => return RecordEnd::At(found + 1),
            Some(found) => at = found + 1,
        }
    }
}

/// The byte after the mark that closes the one at `open`.
fn quoted_end(data: &[u8], open: usize) -> Option<usize> {
    let mut at = open + 1;
    loop {
        let close = at + memchr(b'"', data.get(at..)?)?;
        if data.get(close + 1) != Some(&b'"') {
            return Some(close + 1);
        }
        at = close + 2;
    }
}

fn find2(data: &[u8], at: usize, delimiter: u8) -> Option<usize> {
    Some(at + memchr2(delimiter, b'\n', data.get(at..)?)?)
}

/// Notes the fields of one record, quotation marks included; `record` has no line break at its end.
pub fn split(record: &str, delimiter: u8, fields: &mut Vec<Range<usize>>) {
    fields.clear();
    let data = record.as_bytes();
    let mut start = 0;
    loop {
        let quoted = (data.get(start) == Some(&b'"')).then(|| quoted_end(data, start).unwrap_or(data.len()));
        let from = quoted.unwrap_or(start);
        match memchr(delimiter, data.get(from..).unwrap_or_default()) {
            None => return fields.push(start..data.len()),
            Some(found) => {
                fields.push(start..from + found);
                start = from + found + 1;
            }
        }
    }
}

/// The value of a field: outer marks off, doubled marks halved. Borrows where nothing must be undone.
pub fn value<'a>(field: &'a str, buffer: &'a mut String) -> &'a str {
    let Some(inner) = field.strip_prefix('"') else { return field };
    if let Some(plain) = inner.strip_suffix('"')
        && memchr(b'"', plain.as_bytes()).is_none()
    {
        return plain;
    }
    buffer.clear();
    let mut rest = inner;
    while let Some((before, after)) = rest.split_once('"') {
        buffer.push_str(before);
        rest = after;
        match after.strip_prefix('"') {
            Some(more) => {
                buffer.push('"');
                rest = more;
            }
            None => break,
        }
    }
    buffer.push_str(rest);
    buffer
}

/// Writes `value` as a field, in quotation marks where it needs them.
pub fn write_field(value: &str, delimiter: u8, out: &mut Vec<u8>) {
    let needs = |byte: &u8| *byte == delimiter || matches!(byte, b'"' | b'\n' | b'\r');
    if !value.as_bytes().iter().any(needs) {
        return out.extend_from_slice(value.as_bytes());
    }
    out.push(b'"');
    for byte in value.bytes() {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rows(data: &str) -> Vec<Vec<String>> {
        let (mut rows, mut at, mut fields, mut buffer) = (Vec::new(), 0, Vec::new(), String::new());
        while at < data.len() {
            let end = match record_end(data.as_bytes(), at, b',') {
                RecordEnd::At(end) => end,
                _ => data.len(),
            };
            let record = data[at..end].trim_end_matches('\n').trim_end_matches('\r');
            at = end;
            if !record.is_empty() {
                split(record, b',', &mut fields);
                rows.push(fields.iter().map(|f| value(&record[f.clone()], &mut buffer).to_owned()).collect());
            }
        }
        rows
    }

    #[test]
    fn marks_guard_delimiters_and_line_breaks() {
        assert_eq!(rows("a,\"b,\n\"\"c\"\"\",\r\n,d\n"), [vec!["a", "b,\n\"c\"", ""], vec!["", "d"]]);
        assert_eq!(record_end(b"a,\"b\n", 0, b','), RecordEnd::Quoted);
        assert_eq!(record_end(b"a,b", 0, b','), RecordEnd::Outside);
    }

    #[test]
    fn fields_are_quoted_where_needed() {
        let mut out = Vec::new();
        write_field("a \"b\", c", b',', &mut out);
        write_field("plain", b',', &mut out);
        assert_eq!(out, b"\"a \"\"b\"\", c\"plain");
    }

    proptest! {
        #[test]
        fn reads_as_the_csv_crate_does(data in r#"[ab",\n]{0,40}"#) {
            // The crate ends an unclosed field at the end of the data; so does `rows`.
            let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(data.as_bytes());
            let theirs: Vec<Vec<String>> =
                reader.records().map(|r| r.unwrap().iter().map(str::to_owned).collect()).collect();
            let blank = |row: &Vec<String>| row.len() == 1 && row[0].is_empty();
            let ours: Vec<_> = rows(&data).into_iter().filter(|r| !blank(r)).collect();
            let unclosed_break = data.ends_with('\n') && record_ends_quoted(&data);
            prop_assume!(!unclosed_break);
            prop_assert_eq!(ours, theirs.into_iter().filter(|r| !blank(r)).collect::<Vec<_>>());
        }

        #[test]
        fn written_fields_read_back(row in prop::collection::vec(r#"[ -~é\n]{0,8}"#, 2..5)) {
            let mut out = Vec::new();
            for (at, field) in row.iter().enumerate() {
                if at > 0 { out.push(b','); }
                write_field(field, b',', &mut out);
            }
            out.push(b'\n');
            prop_assert_eq!(rows(std::str::from_utf8(&out).unwrap()), vec![row]);
        }
    }

    fn record_ends_quoted(data: &str) -> bool {
        let mut at = 0;
        loop {
            match record_end(data.as_bytes(), at, b',') {
                RecordEnd::At(end) => at = end,
                other => return other == RecordEnd::Quoted,
            }
        }
    }
}
