//! Labelled rows of any bytes: no panic, and no chunk size or thread count shows.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[allow(dead_code)]
#[path = "../checks.rs"]
mod checks;

fuzz_target!(|data: &[u8]| checks::read_records(data));
