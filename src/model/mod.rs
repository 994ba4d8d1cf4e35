//! Stored models: manifest, weights, and the checks that a loaded model passes.

mod manifest;
mod settings;
mod store;

pub use manifest::{Abstain, FORMAT, Manifest, OLDEST_FORMAT, TrainingRecord};
pub use settings::{Block, FeatureSettings, N_BLOCKS, N_WORD_BLOCKS};
pub(crate) use store::{MAX_LABELS, VOCABULARY_BYTES};
pub use store::{StoredModel, Weights};
