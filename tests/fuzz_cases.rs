//! Inputs that fuzzing found, and some to start from, keep holding.
#![allow(clippy::unwrap_used)]

use std::{fs, path::Path};

#[path = "../fuzz/checks.rs"]
#[allow(dead_code)]
mod checks;

fn replay(target: &str, check: impl Fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/cases").join(target);
    let mut cases: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(!cases.is_empty(), "no cases for {target}");
    for case in cases {
        let data = fs::read(&case).unwrap();
        let held = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check(&data)));
        assert!(held.is_ok(), "{}", case.display());
    }
}

fn text(check: impl Fn(&str)) -> impl Fn(&[u8]) {
    move |data| {
        if let Ok(text) = std::str::from_utf8(data) {
            check(text);
        }
    }
}

#[test]
fn json_records() {
    replay("json_record", text(checks::json_record));
}

#[test]
fn records() {
    replay("read_records", checks::read_records);
}

#[test]
#[cfg(feature = "columnar")]
fn tables() {
    replay("read_table", checks::read_table);
}

#[test]
fn sentences() {
    replay("split_sentences", text(checks::split_sentences));
}

#[test]
fn statements() {
    replay("extract_statements", text(checks::extract_statements));
}

#[test]
fn models() {
    replay("load_model", checks::load_model);
}
