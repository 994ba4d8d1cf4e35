//! Measures: classification, ROUGE, attribution; always beside simple baselines.

mod porter;
pub mod rouge;
