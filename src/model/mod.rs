//! Stored models: manifest, weights, and the checks that a loaded model passes.
