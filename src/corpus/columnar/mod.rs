//! Parquet and Arrow IPC: batches of rows in, one row group a part out.
//!
//! Output is written as **parts**: each is a whole small file of one row group, encoded by the worker that
//! labelled it. They stand one after the other in `OUT.partial`, so that a run can be gone on with after
//! any of them; at the end their column chunks are copied, not encoded again, into one file.

mod frame;
mod graft;
mod guard;
mod ipc_batches;
mod ipc_lengths;
mod ipc_slices;
mod pack;
mod page_header;
mod page_lengths;
mod page_packing;
mod table;

pub(crate) use frame::Frame;
pub(crate) use graft::Inputs;
pub use guard::is_reading;
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

/// What unpacks to no more than this is believed: an allocation that is soon over.
const FEW_BYTES: u64 = 64 << 20;
/// Nothing unpacks to more at once; writers cut far below.
const MOST_BYTES: u64 = 1 << 30;
/// LZ4 packs no better than this, and neither do other methods what is worth packing.
const MOST_PACKED: u64 = 255;

/// Whether `stored` bytes may unpack to `unpacked`, as a file claims.
fn is_plausible(unpacked: u64, stored: u64) -> bool {
    unpacked <= FEW_BYTES.max(stored.saturating_mul(MOST_PACKED)).min(MOST_BYTES)
}

/// Names of the columns.
pub(crate) fn names(schema: &Schema) -> Vec<String> {
    schema.fields().iter().map(|field| field.name().clone()).collect()
}

/// The columns numbered `columns` of `schema`.
///
/// # Errors
/// Where it has fewer.
pub(crate) fn project(schema: &Schema, columns: &[usize]) -> Result<Schema, String> {
    schema.project(columns).map(Into::into).map_err(|e| e.to_string())
}

/// What the file itself tells under `key`.
pub(crate) fn note<'s>(schema: &'s Schema, key: &str) -> Option<&'s str> {
    schema.metadata().get(key).map(String::as_str)
}
