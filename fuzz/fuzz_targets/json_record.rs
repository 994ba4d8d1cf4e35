//! The JSON scanner accepts exactly the objects that serde_json accepts.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[allow(dead_code)]
#[path = "../checks.rs"]
mod checks;

fuzz_target!(|record: &str| checks::json_record(record));
