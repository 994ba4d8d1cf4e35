//! Stored models: manifest, weights, and the checks that a loaded model passes.

mod manifest;
mod settings;
mod store;
mod weights;

pub use manifest::{Abstain, FILLED_FORMAT, FORMAT, Manifest, NEWEST_FORMAT, OLDEST_FORMAT, TrainingRecord};
pub use settings::{Block, FeatureSettings, N_BLOCKS, N_WORD_BLOCKS};
pub use store::StoredModel;
pub(crate) use store::{MAX_LABELS, VOCABULARY_BYTES};
pub use weights::{Filled, Weights};
