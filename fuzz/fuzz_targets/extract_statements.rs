//! Statements of any text have spans inside their sentences.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[allow(dead_code)]
#[path = "../checks.rs"]
mod checks;

fuzz_target!(|text: &str| checks::extract_statements(text));
