//! Who says what in the news, and with which stance.
//!
//! One way through, and the folders repeat it:
//!
//! ```text
//! Article → sentences ┬→ statements → features → stances ────────┬→ ArticleReport
//!                     └→ feature matrix → scores → summary ──────┘
//! ```
//!
//! 1. [`article`]: bytes become an [`article::Article`] (encodings, HTML, Markdown).
//! 2. [`segment`]: the text is cut into headline, dateline, paragraphs and sentences.
//! 3. [`statement`]: quotations and reported speech become statements with cue and holder.
//! 4. [`stance`]: a linear classifier labels each statement support, concern, expectation or none.
//! 5. [`features`] and [`summarize`]: every sentence is scored, key sentences are picked.
//! 6. [`pipeline`] runs all of it; [`report`] writes the result.
//!
//! [`corpus`] reads labelled statements and records, [`evaluate`] measures, [`model`] stores.
//! The library never prints, panics or exits, and never opens a network connection.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr))]

pub mod article;
pub mod corpus;
pub mod error;
pub mod evaluate;
pub mod features;
pub mod model;
pub mod pipeline;
pub mod report;
pub mod segment;
pub mod span;
pub mod stance;
pub mod statement;
pub mod summarize;

pub use article::Article;
pub use error::{Error, Result};
pub use pipeline::{ArticleReport, Pipeline};
pub use span::Span;
