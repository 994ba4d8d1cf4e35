//! Records in and out: labelled statements and corpora; errors carry file and line.
//!
//! [`batch`] labels a corpus of any size: [`source`]s are cut into chunks of whole records, workers
//! label them, the rows come out in order. [`json_record`] and [`delimited`] find the fields of a
//! record without copying it, [`columns`] writes what is added, [`mod@format`] tells formats apart.

pub mod batch;
pub mod columns;
pub mod counts;
pub mod delimited;
pub mod fields;
pub mod format;
pub mod json_record;
pub mod labelled;
pub mod quantify;
pub mod source;
pub mod split;
pub mod summaries;
pub mod tally;

mod articles;
mod chunks;
#[cfg(feature = "columnar")]
mod columnar;
#[cfg(not(feature = "columnar"))]
#[path = "columnar_missing.rs"]
mod columnar;
mod feeder;
mod layout;
mod output;
mod plan;
mod reject;
mod rows;
mod worker;
mod writer;

/// Whether this thread is inside a reader of tables whose panics become errors, so that a panic hook need not tell of them.
pub use columnar::is_reading as is_reading_table;
pub use worker::Labelling;
