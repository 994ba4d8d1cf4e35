//! Measures: classification, ROUGE, attribution; always beside simple baselines.

pub mod attribution;
pub mod baseline;
pub mod bootstrap;
pub mod classification;
pub mod figure;
mod porter;
pub mod rouge;
pub mod summary;
