//! Sentences of any text lie in order, apart, and hold everything but white space.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[allow(dead_code)]
#[path = "../checks.rs"]
mod checks;

fuzz_target!(|text: &str| checks::split_sentences(text));
