//! Columnar input: batches of bounded size, from any row on.

use std::{fs::File, sync::Arc};

use arrow::{
    array::{Array, ArrayRef, AsArray},
    datatypes::{DataType, Field, Fields, Schema as ArrowSchema},
    json::{LineDelimitedWriter, WriterBuilder, reader::infer_json_schema_from_iterator, writer::LineDelimited},
    record_batch::RecordBatch,
};
use parquet::{
    arrow::{
        ProjectionMask,
        arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder},
    },
    file::metadata::ParquetMetaData,
};

use super::{
    Batch, PART_BYTES, PART_ROWS, Schema,
    guard::guarded,
    ipc_batches::{self, WHOLE_BYTES},
    page_header, page_lengths,
};
use crate::corpus::{format::Format, source::Source};

/// Most rows read at once.
pub(super) const BATCH_ROWS: usize = 1 << 13;

/// A columnar input that is being read.
pub(crate) struct Table {
    batches: Batches,
    /// Rows of a stored batch that were not given out yet.
    rest: Option<Batch>,
    batch_rows: usize,
    /// Rows and bytes of the file, where it tells.
    size: Option<(u64, u64)>,
    by_group: bool,
}

enum Batches {
    Parquet(Box<Groups>),
    Arrow(Box<ipc_batches::Batches>),
}

/// The row groups of a Parquet file, one after the other; what their pages claim is checked before they are read.
pub(super) struct Groups {
    file: File,
    metadata: ArrowReaderMetadata,
    columns: ProjectionMask,
    batch_rows: usize,
    /// Number of the next row group, and its rows to leave out.
    next: usize,
    skip: usize,
    reader: Option<ParquetRecordBatchReader>,
    /// Rows of the current row group that were not read yet.
    left: u64,
}

impl Groups {
    /// The columns numbered `columns` of `file`, from row `row` on.
    pub(super) fn open(file: File, row: u64, columns: &[usize]) -> Result<Self, String> {
        let metadata = metadata(&file)?;
        let columns = ProjectionMask::roots(metadata.parquet_schema(), columns.iter().copied());
        let batch_rows = batch_rows(metadata.metadata());
        let (mut next, mut skip) = (0, row);
        for group in metadata.metadata().row_groups() {
            let rows = u64::try_from(group.num_rows()).map_err(|_| "a row group has a negative number of rows")?;
            if skip < rows {
                break;
            }
            skip -= rows;
            next += 1;
        }
        let skip = usize::try_from(skip).map_err(|e| e.to_string())?;
        Ok(Self { file, metadata, columns, batch_rows, next, skip, reader: None, left: 0 })
    }

    pub(super) fn next_batch(&mut self) -> Result<Option<Batch>, String> {
        loop {
            if let Some(reader) = &mut self.reader {
                match guarded(|| reader.next().transpose().map_err(|e| e.to_string()))? {
                    Some(batch) => {
                        self.left = self.left.saturating_sub(batch.num_rows() as u64);
                        return Ok(Some(batch));
                    }
                    None => self.reader = None,
                }
            }
            let Some(group) = self.metadata.metadata().row_groups().get(self.next) else { return Ok(None) };
            let leaves = (0..group.num_columns()).filter(|&leaf| self.columns.leaf_included(leaf));
            page_lengths::check(&self.file, group, leaves)?;
            self.left = u64::try_from(group.num_rows()).unwrap_or(0).saturating_sub(self.skip as u64);
            let file = self.file.try_clone().map_err(|e| e.to_string())?;
            let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone())
                .with_row_groups(vec![self.next])
                .with_projection(self.columns.clone())
                .with_batch_size(self.batch_rows)
                .with_offset(std::mem::take(&mut self.skip));
            self.reader = Some(guarded(|| builder.build().map_err(|e| e.to_string()))?);
            self.next += 1;
        }
    }
}

impl Table {
    /// Opens the columns numbered `columns` of `source` at row `row`. Parts end where row groups do if `by_group`, and strings
    /// are views.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub(crate) fn open(source: &Source, row: u64, columns: &[usize], by_group: bool) -> Result<Self, String> {
        if source.format == Format::Arrow {
            let batches = ipc_batches::Batches::open(open(source)?, row, columns, WHOLE_BYTES)?;
            let batches = Batches::Arrow(Box::new(batches));
            return Ok(Self { batches, rest: None, batch_rows: BATCH_ROWS, size: None, by_group });
        }
        let mut groups = Groups::open(open(source)?, row, columns)?;
        if by_group {
            groups.metadata = with_views(&groups.metadata)?;
        }
        let rows = u64::try_from(groups.metadata.metadata().file_metadata().num_rows()).unwrap_or(0);
        let size = source.stamp().ok().map(|stamp| (rows, stamp.bytes));
        let batch_rows = groups.batch_rows;
        Ok(Self { batches: Batches::Parquet(Box::new(groups)), rest: None, batch_rows, size, by_group })
    }

    /// Rows of `source`.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub(crate) fn rows(source: &Source) -> Result<u64, String> {
        if source.format != Format::Arrow {
            let rows = metadata(&open(source)?)?.metadata().file_metadata().num_rows();
            return u64::try_from(rows).map_err(|_| "has a negative number of rows".into());
        }
        let messages = ipc_batches::contents(&open(source)?)?.messages;
        Ok(messages.iter().filter_map(|message| message.rows).fold(0, u64::saturating_add))
    }

    /// Bytes of the file that `rows` take on average; 0 where it is not known.
    pub(crate) fn stored_bytes(&self, rows: usize) -> u64 {
        let (all, bytes) = self.size.unwrap_or((1, 0));
        u64::try_from(rows as u128 * u128::from(bytes) / u128::from(all.max(1))).unwrap_or(0)
    }

    /// The batches of the next part; none at the end.
    ///
    /// # Errors
    /// What is wrong with the input, in words.
    pub(crate) fn next_part(&mut self) -> Result<Vec<Batch>, String> {
        let (mut part, mut rows, mut bytes) = (Vec::new(), 0, 0);
        while rows < PART_ROWS && bytes < PART_BYTES {
            let Some(batch) = self.next_batch()? else { break };
            rows += batch.num_rows();
            bytes += batch.columns().iter().map(slice_bytes).sum::<usize>();
            part.push(batch);
            if self.by_group && self.rest.is_none() && self.is_group_done() {
                break;
            }
        }
        Ok(part)
    }

    fn next_batch(&mut self) -> Result<Option<Batch>, String> {
        loop {
            let batch = match self.rest.take() {
                Some(batch) => batch,
                None => match self.stored()? {
                    Some(batch) => batch,
                    None => return Ok(None),
                },
            };
            if batch.num_rows() > self.batch_rows {
                self.rest = Some(batch.slice(self.batch_rows, batch.num_rows() - self.batch_rows));
                return Ok(Some(batch.slice(0, self.batch_rows)));
            }
            if batch.num_rows() > 0 {
                return Ok(Some(batch));
            }
        }
    }

    /// Whether the row group that is being read has no more rows.
    fn is_group_done(&self) -> bool {
        match &self.batches {
            Batches::Parquet(groups) => groups.left == 0,
            Batches::Arrow(_) => false,
        }
    }

    fn stored(&mut self) -> Result<Option<Batch>, String> {
        match &mut self.batches {
            Batches::Parquet(groups) => groups.next_batch(),
            Batches::Arrow(batches) => batches.next_batch(),
        }
    }
}

/// Bytes of an array's own rows; what its memory holds besides is left out.
fn slice_bytes(array: &ArrayRef) -> usize {
    match array.as_string_view_opt() {
        Some(texts) => texts.total_buffer_bytes_used() + size_of_val::<[u128]>(texts.views()),
        None => array.to_data().get_slice_memory_size().unwrap_or_default(),
    }
}

/// Strings as views into their pages, where they are only looked at: no copies, and a long one that a dictionary repeats takes
/// no room twice.
fn with_views(metadata: &ArrowReaderMetadata) -> Result<ArrowReaderMetadata, String> {
    let view = |field: &Arc<Field>| match field.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 => Arc::new(field.as_ref().clone().with_data_type(DataType::Utf8View)),
        _ => Arc::clone(field),
    };
    let fields: Fields = metadata.schema().fields().iter().map(view).collect();
    let schema = ArrowSchema::new_with_metadata(fields, metadata.schema().metadata().clone());
    let options = ArrowReaderOptions::new().with_schema(Arc::new(schema));
    ArrowReaderMetadata::try_new(metadata.metadata().clone(), options).map_err(|e| e.to_string())
}

pub(super) fn open(source: &Source) -> Result<File, String> {
    let path = source.path.as_ref().ok_or("columnar formats need a file, not standard input")?;
    File::open(path).map_err(|e| e.to_string())
}

/// What the footer of a Parquet file tells.
pub(super) fn metadata(file: &File) -> Result<ArrowReaderMetadata, String> {
    if !page_lengths::footer(file).is_ok_and(|footer| page_header::is_whole(&footer)) {
        return Err("no readable Parquet file: its footer is damaged".into());
    }
    guarded(|| ArrowReaderMetadata::load(file, ArrowReaderOptions::new()).map_err(|e| format!("no readable Parquet file: {e}")))
}

/// Fewer rows at a time where they are long.
fn batch_rows(metadata: &ParquetMetaData) -> usize {
    let bytes: i64 = metadata.row_groups().iter().map(|group| group.total_byte_size().max(0)).fold(0, i64::saturating_add);
    let rows = metadata.file_metadata().num_rows().max(1);
    let of_part = i64::try_from(PART_BYTES).unwrap_or(i64::MAX).saturating_mul(rows) / bytes.max(1);
    usize::try_from(of_part).unwrap_or(1).clamp(1, BATCH_ROWS)
}

/// Names and types of the columns of `source`.
///
/// # Errors
/// What is wrong with it, in words.
pub(crate) fn schema_of(source: &Source) -> Result<Schema, String> {
    let file = open(source)?;
    if source.format == Format::Arrow { Ok(ipc_batches::contents(&file)?.schema) } else { Ok(metadata(&file)?.schema().clone()) }
}

/// Rows as JSON objects, one a line, with the columns' names; nulls stand as `null`.
///
/// # Errors
/// Where a type has no form in JSON.
pub(crate) fn json_lines(batches: &[Batch], columns: &[usize]) -> Result<Vec<u8>, String> {
    guarded(|| unguarded_json_lines(batches, columns))
}

fn unguarded_json_lines(batches: &[Batch], columns: &[usize]) -> Result<Vec<u8>, String> {
    let mut writer: LineDelimitedWriter<Vec<u8>> =
        WriterBuilder::new().with_explicit_nulls(true).build::<_, LineDelimited>(Vec::new());
    for batch in batches {
        let batch: RecordBatch = batch.project(columns).map_err(|e| e.to_string())?;
        writer.write(&batch).map_err(|e| e.to_string())?;
    }
    writer.finish().map_err(|e| e.to_string())?;
    Ok(writer.into_inner())
}

/// Types for the fields of JSON records, read off some of them. Lines that are no records are passed over.
pub(crate) fn infer(head: &str) -> Vec<Field> {
    let records = head.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let objects = records.filter(serde_json::Value::is_object).map(Ok);
    let schema = infer_json_schema_from_iterator(objects).unwrap_or_else(|_| ArrowSchema::empty());
    schema.fields().iter().map(|field| without_null(field)).collect()
}

/// Where all values are null, any type would do; text holds whatever comes later.
fn without_null(field: &Field) -> Field {
    let kind = match field.data_type() {
        DataType::Null => DataType::Utf8,
        DataType::List(item) => DataType::List(Arc::new(without_null(item))),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(|field| without_null(field)).collect::<Fields>()),
        other => other.clone(),
    };
    Field::new(field.name(), kind, true)
}
