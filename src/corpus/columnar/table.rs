//! Columnar input: batches of bounded size, from any row on.

use std::{fs::File, sync::Arc};

use arrow::{
    datatypes::{DataType, Field, Fields, Schema as ArrowSchema},
    error::ArrowError,
    ipc::reader::{FileReader, StreamReader},
    json::{LineDelimitedWriter, WriterBuilder, reader::infer_json_schema_from_iterator, writer::LineDelimited},
    record_batch::RecordBatch,
};
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

use super::{Batch, PART_BYTES, PART_ROWS, Schema, ipc_lengths};
use crate::corpus::{format::Format, source::Source};

/// Most rows read at once.
const BATCH_ROWS: usize = 1 << 13;

/// A columnar input that is being read.
pub(crate) struct Table {
    batches: Batches,
    /// Rows of a stored batch that were not given out yet.
    rest: Option<Batch>,
    /// Rows to leave out first.
    skip: usize,
    batch_rows: usize,
    /// Rows and bytes of the file, where it tells.
    size: Option<(u64, u64)>,
}

enum Batches {
    Parquet(Box<ParquetRecordBatchReader>),
    Arrow(Box<dyn Iterator<Item = Result<Batch, ArrowError>> + Send>),
}

impl Table {
    /// Opens `source` at row `row`.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub(crate) fn open(source: &Source, row: u64) -> Result<Self, String> {
        let row = usize::try_from(row).map_err(|e| e.to_string())?;
        if source.format == Format::Arrow {
            let (_, batches) = arrow(source)?;
            return Ok(Self { batches: Batches::Arrow(batches), rest: None, skip: row, batch_rows: BATCH_ROWS, size: None });
        }
        let builder = parquet(source)?;
        let batch_rows = batch_rows(&builder);
        let rows = u64::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or(0);
        let size = source.stamp().ok().map(|stamp| (rows, stamp.bytes));
        let reader = builder.with_batch_size(batch_rows).with_offset(row).build().map_err(|e| e.to_string())?;
        Ok(Self { batches: Batches::Parquet(Box::new(reader)), rest: None, skip: 0, batch_rows, size })
    }

    /// Rows of `source`.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub(crate) fn rows(source: &Source) -> Result<u64, String> {
        if source.format != Format::Arrow {
            let rows = parquet(source)?.metadata().file_metadata().num_rows();
            return u64::try_from(rows).map_err(|_| "has a negative number of rows".into());
        }
        let (_, batches) = arrow(source)?;
        batches.map(|batch| batch.map(|batch| batch.num_rows() as u64).map_err(|e| e.to_string())).sum()
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
            let skipped = self.skip.min(batch.num_rows());
            self.skip -= skipped;
            let batch = batch.slice(skipped, batch.num_rows() - skipped);
            if batch.num_rows() > self.batch_rows {
                self.rest = Some(batch.slice(self.batch_rows, batch.num_rows() - self.batch_rows));
                return Ok(Some(batch.slice(0, self.batch_rows)));
            }
            if batch.num_rows() > 0 {
                return Ok(Some(batch));
            }
        }
    }

    fn stored(&mut self) -> Result<Option<Batch>, String> {
        let next = match &mut self.batches {
            Batches::Parquet(reader) => reader.next(),
            Batches::Arrow(batches) => batches.next(),
        };
        next.transpose().map_err(|e| e.to_string())
    }
}

/// Bytes of an array's own rows; what its memory holds besides is left out.
fn slice_bytes(array: &arrow::array::ArrayRef) -> usize {
    array.to_data().get_slice_memory_size().unwrap_or_default()
}

fn open(source: &Source) -> Result<File, String> {
    let path = source.path.as_ref().ok_or("columnar formats need a file, not standard input")?;
    File::open(path).map_err(|e| e.to_string())
}

fn parquet(source: &Source) -> Result<ParquetRecordBatchReaderBuilder<File>, String> {
    ParquetRecordBatchReaderBuilder::try_new(open(source)?).map_err(|e| format!("no readable Parquet file: {e}"))
}

/// Fewer rows at a time where they are long.
fn batch_rows(builder: &ParquetRecordBatchReaderBuilder<File>) -> usize {
    let groups = builder.metadata().row_groups();
    let bytes: i64 = groups.iter().map(|group| group.total_byte_size().max(0)).fold(0, i64::saturating_add);
    let rows = builder.metadata().file_metadata().num_rows().max(1);
    let of_part = i64::try_from(PART_BYTES).unwrap_or(i64::MAX).saturating_mul(rows) / bytes.max(1);
    usize::try_from(of_part).unwrap_or(1).clamp(1, BATCH_ROWS)
}

type Arrow = (Schema, Box<dyn Iterator<Item = Result<Batch, ArrowError>> + Send>);

/// An Arrow IPC file, or a stream.
fn arrow(source: &Source) -> Result<Arrow, String> {
    let fault = |e: ArrowError| format!("no readable Arrow IPC file: {e}");
    let is_file = ipc_lengths::check(&mut open(source)?).map_err(|e| format!("no readable Arrow IPC file: {e}"))?;
    if is_file {
        let reader = FileReader::try_new_buffered(open(source)?, None).map_err(fault)?;
        return Ok((reader.schema(), Box::new(reader)));
    }
    let reader = StreamReader::try_new_buffered(open(source)?, None).map_err(fault)?;
    Ok((reader.schema(), Box::new(reader)))
}

/// Names and types of the columns of `source`.
///
/// # Errors
/// What is wrong with it, in words.
pub(crate) fn schema_of(source: &Source) -> Result<Schema, String> {
    if source.format == Format::Arrow { Ok(arrow(source)?.0) } else { Ok(parquet(source)?.schema().clone()) }
}

/// Rows as JSON objects, one a line, with the columns' names; nulls stand as `null`.
///
/// # Errors
/// Where a type has no form in JSON.
pub(crate) fn json_lines(batches: &[Batch], columns: &[usize]) -> Result<Vec<u8>, String> {
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
