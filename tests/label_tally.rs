//! `demarche tally`: groups, corrected shares, forms, charts, bad input.
#![allow(clippy::unwrap_used)]

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

fn demarche(folder: &Path, line: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_demarche")).args(line.split_whitespace()).current_dir(folder).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// 30 rows of A in May, 10 of B in June, one undated.
fn labelled(folder: &Path) {
    let row = |holder: &str, date: &str, stance: &str| {
        format!("{{\"holder\":\"{holder}\",\"date\":\"{date}\",\"stance\":\"{stance}\"}}\n")
    };
    let mut rows: String = (0..30).map(|i| row("A", "2024-05-03", ["support", "none", "concern"][i % 3])).collect();
    rows += &(0..10).map(|_| row("B", "2024-06-11", "expectation")).collect::<String>();
    rows += &row("B", "", "none");
    rows += &row("B", "2024-06-01", "unsure");
    rows += &row("B", "2024-06-01", "joy");
    fs::write(folder.join("l.jsonl"), rows).unwrap();
}

#[test]
fn rows_are_counted_by_holder_and_month() {
    let folder = tempfile::tempdir().unwrap();
    labelled(folder.path());
    let out = demarche(folder.path(), "tally l.jsonl --by holder,month --raw --format csv");
    assert_eq!(out.status.code(), Some(1), "a row has an unknown label");
    assert!(text(&out.stderr).contains("unknown label `joy`"), "{}", text(&out.stderr));
    let table = text(&out.stdout);
    for line in [
        "A,2024-05,support,10,30,0.3333,0.1923,0.5122",
        "B,2024-06,expectation,10,10,1.0000,0.7225,1.0000",
        "B,,none,1,1,1.0000,",
    ] {
        assert!(table.contains(line), "{table}");
    }
    let table = text(&demarche(folder.path(), "tally l.jsonl --by holder --raw").stdout);
    assert!(table.starts_with("holder  rows") && table.contains("33.3 (19.2–51.2)"), "{table}");
}

#[test]
fn a_chart_shows_each_month() {
    let folder = tempfile::tempdir().unwrap();
    labelled(folder.path());
    let out = demarche(folder.path(), "tally l.jsonl --svg c.svg -o t.csv --format csv --raw");
    assert!(matches!(out.status.code(), Some(0 | 1)), "{}", text(&out.stderr));
    let chart = fs::read_to_string(folder.path().join("c.svg")).unwrap();
    assert!(chart.contains(">2024-05</text>") && chart.contains(">2024-06</text>") && chart.contains(">support</text>"));
    assert_eq!(chart.matches("<polyline").count(), 4);
    assert!(fs::read_to_string(folder.path().join("t.csv")).unwrap().starts_with("label,count,rows,"));
}

#[test]
fn what_is_missing_is_named() {
    let folder = tempfile::tempdir().unwrap();
    labelled(folder.path());
    fs::write(folder.path().join("raw.jsonl"), "{\"text\":\"a\"}\n").unwrap();
    let unlabelled = demarche(folder.path(), "tally raw.jsonl");
    assert_eq!(unlabelled.status.code(), Some(2));
    assert!(text(&unlabelled.stderr).contains("demarche label"));
    let unknown = demarche(folder.path(), "tally l.jsonl --by country");
    assert_eq!(unknown.status.code(), Some(2));
    assert!(text(&unknown.stderr).contains("no field `country` among holder, date, stance"));
}
