//! Parquet and Arrow IPC: batches of rows in, one row group a part out.
//!
//! Output is written as **parts**: each is a whole small file of one row group, encoded by the worker that
//! labelled it. They stand one after the other in `OUT.partial`, so that a run can be gone on with after
//! any of them; at the end their column chunks are copied, not encoded again, into one file.

mod ipc_lengths;
mod pack;
mod table;

pub(crate) use pack::{Packing, Typed, assemble, text_column, texts};
pub(crate) use table::{Table, infer, json_lines, schema_of};

/// Rows as they stand in memory.
pub(crate) type Batch = arrow::record_batch::RecordBatch;
/// Names and types of columns.
pub(crate) type Schema = arrow::datatypes::SchemaRef;

/// Most rows of a part.
pub(crate) const PART_ROWS: usize = 1 << 15;
/// A part ends when its rows take this many bytes in memory.
pub(crate) const PART_BYTES: usize = 2 << 20;

/// Names of the columns.
pub(crate) fn names(schema: &Schema) -> Vec<String> {
    schema.fields().iter().map(|field| field.name().clone()).collect()
}

/// What the file itself tells under `key`.
pub(crate) fn note<'s>(schema: &'s Schema, key: &str) -> Option<&'s str> {
    schema.metadata().get(key).map(String::as_str)
}
