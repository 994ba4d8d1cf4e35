//! Measures: classification, ROUGE, attribution; always beside simple baselines.
