//! Rows on their way out: the fields of a record that go out, and what labelling adds.

use std::ops::Range;

use super::{
    articles,
    columns::Verdict,
    counts::Counts,
    delimited,
    json_record::Field,
    layout::{Cell, Header, Layout, RowFormat, is_key, key, write_delimited_cell, write_json_cell},
};

/// The rows of a chunk, and their counts.
pub(crate) struct Yield<'l> {
    pub(crate) layout: &'l Layout,
    pub(crate) rows: Vec<u8>,
    pub(crate) counts: Counts,
}

impl Yield<'_> {
    pub(crate) fn article(&mut self) -> articles::Output<'_> {
        articles::Output { rows: &mut self.rows, counts: &mut self.counts }
    }

    /// The record as it stands, label fields put in after its last field.
    pub(crate) fn spliced(&mut self, record: &str, end: usize, empty: bool, verdict: Verdict<'_>) {
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
    pub(crate) fn json_fields(&mut self, record: &str, fields: &[Field], verdict: Verdict<'_>) {
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
    pub(crate) fn delimited_fields(&mut self, record: &str, fields: &[Field], delimiter: u8, verdict: Verdict<'_>) {
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
    pub(crate) fn appended(&mut self, body: &str, record: &str, delimiter: u8, verdict: Verdict<'_>) {
        self.rows.extend_from_slice(body.as_bytes());
        self.layout.labels.write_csv(verdict, delimiter, &mut self.rows);
        push_range(record, body.len()..record.len(), &mut self.rows);
        self.rows.push(b'\n');
    }

    /// The columns of a delimited record that go out, then the label columns.
    pub(crate) fn picked<'f>(
        &mut self,
        header: &Header,
        field: &impl Fn(usize) -> &'f str,
        buffer: &mut String,
        verdict: Verdict<'_>,
    ) {
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

    pub(crate) fn cells<'c>(&mut self, cells: impl Iterator<Item = (&'c str, Cell<'c>)>, verdict: Verdict<'_>) {
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
pub(crate) fn clash(layout: &Layout, record: &str, fields: &[Field]) -> Result<bool, String> {
    let mut found = false;
    for field in fields {
        if let Some(name) = layout.labels.names().iter().find(|name| is_key(record, field, name)) {
            found = true;
            if !layout.replace {
                return Err(Layout::taken(name));
            }
        } else if layout.closed && !layout.columns.iter().flatten().any(|name| is_key(record, field, name)) {
            let name = key(record, field).unwrap_or_default();
            // The name in the rows may be another, or none.
            let unknown = |row: &String| !layout.columns.iter().flatten().any(|known| known == row);
            if layout.row_name(&name).as_ref().is_some_and(unknown) {
                return Err(format!("field `{name}` is none of the first record's; name the fields with --columns"));
            }
        }
    }
    Ok(found)
}

fn push_range(text: &str, range: Range<usize>, out: &mut Vec<u8>) {
    out.extend_from_slice(text.get(range).unwrap_or("").as_bytes());
}
