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
fn reports_tell_balance_and_learning_curve() {
    let folder = trained();
    let args = ["train", "data.jsonl", "--settings", "small.json", "--name", "c", "-o", "c", "--learning-curve"];
    let out = demarche(folder.path(), "2", &args);
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let text = fs::read_to_string(folder.path().join("c/report.txt")).unwrap();
    assert!(text.contains("The commonest label has") && text.contains("Learning curve"), "{text}");
    let report: Value = serde_json::from_slice(&fs::read(folder.path().join("c/report.json")).unwrap()).unwrap();
    let curve = report["learning_curve"].as_array().unwrap();
    let of = |i: usize| (curve[i]["texts"].as_u64().unwrap(), curve[i]["macro_f1"]["value"].as_f64().unwrap());
    assert_eq!((curve.len(), of(3).0), (4, 200));
    assert!(of(0).0 < of(1).0 && of(1).0 < of(2).0 && of(0).1 < of(3).1, "{curve:?}");
    // All of the data, at the chosen penalty, is what cross-validation measured.
    assert!((of(3).1 - report["held_out"]["macro_f1"]["value"].as_f64().unwrap()).abs() < 0.02);
}

/// Statements of ours that carry two stances, and as many with one.
#[test]
fn a_second_label_is_learnt_from_statements_with_two() {
    let folder = tempfile::tempdir().unwrap();
    let all = statements(6600);
    let has_two = |line: &&str| serde_json::from_str::<Value>(line).unwrap()["labels"].as_array().unwrap().len() > 1;
    let two: Vec<&str> = all.lines().filter(has_two).collect();
    let one: Vec<&str> = all.lines().filter(|line| !has_two(line)).take(two.len()).collect();
    assert!(two.len() > 300);
    let part = |rest: usize| -> String {
        let lines = two.iter().zip(&one).enumerate().filter(|(i, _)| (i % 4 == 0) == (rest == 0));
        lines.map(|(_, (two, one))| format!("{two}\n{one}\n")).collect()
    };
    fs::write(folder.path().join("learn.jsonl"), part(1)).unwrap();
    fs::write(folder.path().join("judge.jsonl"), part(0)).unwrap();
    fs::write(folder.path().join("small.json"), r#"{"folds": 4, "features": {"bits": [13, 14, 0, 13, 10, 10]}}"#).unwrap();
    let out = demarche(folder.path(), "2", &["train", "learn.jsonl", "--settings", "small.json", "-o", "m"]);
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let manifest: Value = serde_json::from_slice(&fs::read(folder.path().join("m/manifest.json")).unwrap()).unwrap();
    assert!(manifest["thresholds"].as_array().unwrap().iter().any(|t| t.as_f64().unwrap() < 1.0), "{manifest}");
    let found = demarche(folder.path(), "1", &["label", "judge.jsonl", "--model", "m", "--replace", "-o", "-"]);
    assert!(found.status.success(), "{}", String::from_utf8_lossy(&found.stderr));
    let rows: Vec<Value> =
        found.stdout.split(|b| *b == b'\n').filter(|l| !l.is_empty()).map(|l| serde_json::from_slice(l).unwrap()).collect();
    let set = |value: &Value| {
        value.as_array().unwrap().iter().map(|l| l.as_str().unwrap().to_string()).collect::<std::collections::BTreeSet<_>>()
    };
    let f1 = |given: &dyn Fn(&Value) -> std::collections::BTreeSet<String>| {
        let (mut both, mut either) = (0, 0);
        for row in &rows {
            let (gold, given) = (set(&row["labels"]), given(row));
            both += gold.intersection(&given).count();
            either += gold.len() + given.len();
        }
        2.0 * both as f64 / either as f64
    };
    let with_further = f1(&|row| set(&row["stances"]));
    let main_alone = f1(&|row| set(&row["stances"]).into_iter().filter(|l| row["stance"] == l.as_str()).collect());
    assert!(with_further > main_alone + 0.02, "F1 of sets {with_further:.3}, of main labels alone {main_alone:.3}");
}

#[test]
fn two_models_are_compared_on_the_same_texts() {
    let folder = trained();
    fs::write(
        folder.path().join("words.json"),
        r#"{"folds": 0, "l2": [100.0], "priors": [], "features": {"bits": [8, 0, 0, 0, 0, 0]}}"#,
    )
    .unwrap();
    let args = ["train", "data.jsonl", "--settings", "words.json", "-o", "words"];
    assert!(demarche(folder.path(), "2", &args).status.success());
    let later: String = statements(700).lines().skip(400).map(|line| format!("{line}\n")).collect();
    fs::write(folder.path().join("later.jsonl"), later).unwrap();
    let args = [
        "evaluate",
        "later.jsonl",
        "--model",
        "m",
        "--against",
        "words",
        "--format",
        "json",
        "--resamples",
        "50",
        "--svg",
        "svg",
    ];
    let report = json(&demarche(folder.path(), "2", &args));
    let c = &report["against"]["comparison"];
    let of = |name: &str| c[name].as_f64().unwrap();
    let right = |e: &Value| e["accuracy"]["value"].as_f64().unwrap() * 300.0;
    let (first, second) = (right(&report["overall"]), right(&report["against"]["overall"]));
    assert!((of("only_first") - of("only_second") - (first - second)).abs() < 1e-6, "{c}");
    assert!(of("p_value") < 0.001 && c["macro_f1_difference"]["low"].as_f64().unwrap() > 0.0, "{c}");
    for file in ["confusion.svg", "reliability.svg"] {
        assert!(fs::read_to_string(folder.path().join("svg").join(file)).unwrap().ends_with("</svg>\n"), "{file}");
    }
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
    failed(&["train", "data.jsonl", "-o", "n", "--group-field", "dok"], "no record has the field `dok`");
    failed(&["evaluate", "data.jsonl", "--model", "m", "--by", "dok"], "no record has the field `dok`");
    failed(&["train", "data.jsonl", "-o", "data.jsonl/n"], "data.jsonl/n");
    failed(&["train", "odd.jsonl", "-o", "n"], "1 label in the data; a classifier needs at least 2");
    fs::write(folder.path().join("m/model.safetensors"), "x").unwrap();
    failed(&["inspect", "m"], "damaged");
    failed(&["inspect", "nowhere"], "nowhere");
}

/// The same records as JSONL, Parquet, Arrow and packed CSV: lists and plain texts of labels, groups, weights, soft labels.
#[cfg(feature = "columnar")]
#[test]
fn tables_train_the_model_that_their_lines_train() {
    let folder = tempfile::tempdir().unwrap();
    let labels = |i: usize| [&["concern"][..], &["support", "expectation"], &[], &["expectation"]][i % 4];
    let soft = [0.1, 0.7, 0.15, 0.05];
    let records: Vec<Value> = statements(200).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let names = ["support", "concern", "expectation", "none"];
    let line = |(i, record): (usize, &Value)| {
        let mut line =
            serde_json::json!({"text": record["text"], "doc": format!("d{}", i / 3), "weight": 0.5 + (i % 3) as f64 / 4.0});
        match i % 10 {
            9 => {
                line["probs"] =
                    names.iter().zip(soft).map(|(name, p)| (name.to_string(), p.into())).collect::<serde_json::Map<_, _>>().into()
            }
            _ => line["labels"] = labels(i).into(),
        }
        format!("{line}\n")
    };
    let lines: String = records.iter().enumerate().map(line).collect();
    fs::write(folder.path().join("a.jsonl"), &lines).unwrap();
    fs::write(folder.path().join("a.csv.gz"), gzipped(&csv_of(&lines))).unwrap();
    write_tables(folder.path(), &lines);
    fs::write(folder.path().join("small.json"), r#"{"folds": 3, "l2": [0.5], "features": {"bits": [10, 11, 0, 10, 8, 8]}}"#)
        .unwrap();
    let mut models = Vec::new();
    for file in ["a.jsonl", "a.parquet", "a.arrow", "a.csv.gz"] {
        let args = ["train", file, "--settings", "small.json", "--group-field", "doc", "--weigh", "doc=d7:3", "-o", "m"];
        let out = demarche(folder.path(), "2", &args);
        assert!(out.status.success(), "{file}: {}", String::from_utf8_lossy(&out.stderr));
        let report = json(&demarche(folder.path(), "2", &["evaluate", file, "--model", "m", "--format", "json", "--by", "doc"]));
        models.push((file, fs::read(folder.path().join("m/model.safetensors")).unwrap(), report["groups"].clone()));
        fs::remove_dir_all(folder.path().join("m")).unwrap();
    }
    let (_, bytes, groups) = models[0].clone();
    assert_eq!(groups.as_array().unwrap().len(), 67);
    models.iter().for_each(|(file, other, by_doc)| assert!(*other == bytes && *by_doc == groups, "{file} differs"));
}

#[cfg(feature = "columnar")]
fn gzipped(text: &str) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut out, text.as_bytes()).unwrap();
    out.finish().unwrap()
}

#[cfg(feature = "columnar")]
fn csv_of(lines: &str) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let mut out = String::from("text,doc,weight,labels,probs\n");
    for line in lines.lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| quoted(record[name].as_str().unwrap());
        let labels: Vec<&str> = record["labels"].as_array().into_iter().flatten().map(|it| it.as_str().unwrap()).collect();
        let soft = if record["probs"].is_null() { String::new() } else { record["probs"].to_string() };
        out += &format!("{},{},{},{},{}\n", text("text"), text("doc"), record["weight"], labels.join(";"), quoted(&soft));
    }
    out
}

/// `a.parquet` in row groups of 64 and `a.arrow`, types read off the lines.
#[cfg(feature = "columnar")]
fn write_tables(folder: &Path, lines: &str) {
    use std::{fs::File, io::Cursor, sync::Arc};
    let (schema, _) = arrow::json::reader::infer_json_schema(Cursor::new(lines), None).unwrap();
    let schema = Arc::new(schema);
    let reader = arrow::json::ReaderBuilder::new(schema.clone()).with_batch_size(512).build(Cursor::new(lines)).unwrap();
    let batches: Vec<_> = reader.map(Result::unwrap).collect();
    let properties = parquet::file::properties::WriterProperties::builder().set_max_row_group_row_count(Some(64)).build();
    let file = File::create(folder.join("a.parquet")).unwrap();
    let mut parquet = parquet::arrow::ArrowWriter::try_new(file, schema.clone(), Some(properties)).unwrap();
    let mut ipc = arrow::ipc::writer::FileWriter::try_new(File::create(folder.join("a.arrow")).unwrap(), &schema).unwrap();
    for batch in &batches {
        parquet.write(batch).unwrap();
        ipc.write(batch).unwrap();
    }
    parquet.close().unwrap();
    ipc.finish().unwrap();
}

#[test]
fn records_that_cannot_be_used_are_told_and_left_out() {
    let folder = trained();
    let broken = format!("{}\n{{\"text\": \"\", \"label\": \"support\"}}\nnot json\n", statements(400).trim_end());
    fs::write(folder.path().join("broken.jsonl"), broken).unwrap();
    let out = demarche(folder.path(), "2", &["train", "broken.jsonl", "--settings", "small.json", "--name", "m", "-o", "b"]);
    assert_eq!(out.status.code(), Some(1), "done, but not with all");
    let told = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(
        told.contains("broken.jsonl:401: the text is empty; left out") && told.contains("broken.jsonl:402: broken JSON"),
        "{told}"
    );
    let read = |model: &str| fs::read(folder.path().join(model).join("model.safetensors")).unwrap();
    assert_eq!(read("m"), read("b"), "the others make the same model");
    let report: Value = serde_json::from_slice(&fs::read(folder.path().join("b/report.json")).unwrap()).unwrap();
    assert_eq!(report["left_out"], 2);
    let out =
        demarche(folder.path(), "2", &["evaluate", "broken.jsonl", "--model", "m", "--format", "json", "--resamples", "10"]);
    let report: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!((out.status.code(), &report["left_out"], &report["overall"]["texts"]), (Some(1), &2.into(), &400.into()));
    fs::write(folder.path().join("none.jsonl"), "{\"text\": \"\"}\n").unwrap();
    assert_eq!(demarche(folder.path(), "2", &["evaluate", "none.jsonl", "--model", "m"]).status.code(), Some(2));
}

#[test]
fn a_card_is_written_anew_unless_somebody_wrote_it() {
    let folder = trained();
    let card = folder.path().join("m/README.md");
    let first = fs::read_to_string(&card).unwrap();
    let train = |seed: &str| {
        let args = ["train", "data.jsonl", "--settings", "small.json", "--name", "m", "-o", "m", "--seed", seed];
        let out = demarche(folder.path(), "2", &args);
        assert!(out.status.success());
        String::from_utf8_lossy(&out.stderr).into_owned()
    };
    assert!(!train("2").contains("is kept"));
    assert_ne!(fs::read_to_string(&card).unwrap(), first, "another seed, other figures");
    fs::write(&card, "ours").unwrap();
    assert!(train("3").contains("README.md is kept as it is"));
    assert_eq!(fs::read_to_string(&card).unwrap(), "ours");
}
