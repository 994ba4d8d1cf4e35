//! `train`, `evaluate`, `explain` and `inspect` as a user meets them.
#![allow(clippy::unwrap_used)]

use std::{fs, path::Path, process::Output};

use assert_cmd::Command;
use serde_json::Value;

/// The first `n` of our authored statements.
fn statements(n: usize) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("training-data/statements/authored.jsonl");
    fs::read_to_string(path).unwrap().lines().take(n).map(|line| format!("{line}\n")).collect()
}

fn demarche(folder: &Path, threads: &str, args: &[&str]) -> Output {
    Command::cargo_bin("demarche").unwrap().current_dir(folder).env("RAYON_NUM_THREADS", threads).args(args).output().unwrap()
}

fn trained() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("data.jsonl"), statements(400)).unwrap();
    fs::write(
        folder.path().join("small.json"),
        r#"{"folds": 2, "l2": [1.0, 0.5], "features": {"bits": [12, 12, 0, 12, 10, 10]}}"#,
    )
    .unwrap();
    let out = demarche(folder.path(), "2", &["train", "data.jsonl", "--settings", "small.json", "--name", "m", "-o", "m"]);
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    folder
}

fn json(out: &Output) -> Value {
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).unwrap()
}

#[test]
fn the_same_bytes_for_any_number_of_threads() {
    let folder = trained();
    let again = ["train", "data.jsonl", "--settings", "small.json", "--name", "m", "-o", "again"];
    assert!(demarche(folder.path(), "1", &again).status.success());
    for file in ["manifest.json", "model.safetensors", "report.json", "README.md"] {
        let read = |model: &str| fs::read(folder.path().join(model).join(file)).unwrap();
        assert_eq!(read("m"), read("again"), "{file}");
    }
}

#[test]
fn a_model_learns_more_than_the_commonest_label() {
    let folder = trained();
    let all = statements(700);
    let later: String = all.lines().skip(400).map(|line| format!("{line}\n")).collect();
    fs::write(folder.path().join("later.jsonl"), later).unwrap();
    let report = json(&demarche(
        folder.path(),
        "2",
        &["evaluate", "later.jsonl", "--model", "m", "--format", "json", "--resamples", "20", "--by", "register"],
    ));
    let macro_f1 = |value: &Value| value["macro_f1"]["value"].as_f64().unwrap();
    assert!(macro_f1(&report["overall"]) > macro_f1(&report["baselines"][0]) + 0.2, "{}", report["overall"]);
    assert!(report["groups"].as_array().unwrap().len() > 1);
}

#[test]
fn contributions_sum_to_the_logits() {
    let folder = trained();
    let found =
        json(&demarche(folder.path(), "1", &["explain", "We urge both sides to stop.", "--model", "m", "--format", "json"]));
    for label in ["support", "concern", "expectation", "none"] {
        let parts: f64 = found["evidence"].as_array().unwrap().iter().map(|e| e["contributions"][label].as_f64().unwrap()).sum();
        let logit = found["logits"][label].as_f64().unwrap();
        assert!((parts + found["biases"][label].as_f64().unwrap() - logit).abs() < 1e-3, "{label}");
    }
}

#[test]
fn errors_say_where_and_what_to_do() {
    let folder = trained();
    let failed = |args: &[&str], wanted: &str| {
        let out = demarche(folder.path(), "1", args);
        let message = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(out.status.code(), Some(2), "{message}");
        assert!(message.contains(wanted), "{message}");
    };
    fs::write(folder.path().join("odd.jsonl"), "{\"text\": \"a\", \"label\": \"suport\"}\n").unwrap();
    failed(
        &["evaluate", "odd.jsonl", "--model", "m"],
        "odd.jsonl:1: unknown label \"suport\"; the model has support, concern, expectation, none",
    );
    failed(&["train", "odd.jsonl", "-o", "n"], "1 label in the data; a classifier needs at least 2");
    fs::write(folder.path().join("m/model.safetensors"), "x").unwrap();
    failed(&["inspect", "m"], "damaged");
    failed(&["inspect", "nowhere"], "nowhere");
}
