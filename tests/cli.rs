//! The program as a user meets it: exit codes, streams, formats, bad input.
#![allow(clippy::unwrap_used, missing_docs)]

use std::{fs, path::Path};

use assert_cmd::Command;
use predicates::{prelude::*, str::contains};
use serde_json::Value;
use tempfile::TempDir;

const ARTICLE: &str = "tests/fixtures/corridor-talks.txt";

fn demarche() -> Command {
    let mut command = Command::cargo_bin("demarche").unwrap();
    command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    command
}

fn report(arguments: &[&str], input: &str) -> Value {
    let output = demarche().arg("summarize").args(arguments).args(["--format", "json"]).write_stdin(input).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Every `{"bytes","chars","text"}` object in `value`.
fn spans<'v>(value: &'v Value, found: &mut Vec<&'v Value>) {
    match value {
        Value::Object(map) if map.contains_key("bytes") => found.push(value),
        Value::Object(map) => map.values().for_each(|v| spans(v, found)),
        Value::Array(items) => items.iter().for_each(|v| spans(v, found)),
        _ => {}
    }
}

fn assert_spans_slice(report: &Value, text: &str) {
    let chars: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    spans(report, &mut found);
    assert!(!found.is_empty());
    for span in found {
        let at = |unit: &str, i: usize| usize::try_from(span[unit][i].as_u64().unwrap()).unwrap();
        assert_eq!(&text[at("bytes", 0)..at("bytes", 1)], span["text"].as_str().unwrap());
        assert_eq!(chars[at("chars", 0)..at("chars", 1)].iter().collect::<String>(), span["text"].as_str().unwrap());
    }
}

#[test]
fn text_into_a_pipe_has_no_colour() {
    demarche().args(["summarize", ARTICLE]).assert().success().stdout(contains("Summary").and(contains("\u{1b}").not()));
}

#[test]
fn json_spans_slice_the_input() {
    let text = fs::read_to_string(ARTICLE).unwrap();
    let report = report(&[ARTICLE], "");
    assert_spans_slice(&report, &text);
    assert_eq!(report["title"], "Landlocked states look for a shorter way to the sea");
    assert_eq!(report["summary"].as_array().unwrap().len(), 3);
    assert_eq!(report["text"], Value::Null, "a text taken as given is not repeated");
}

#[test]
fn decoded_and_extracted_texts_are_given_with_the_report() {
    let folder = TempDir::new().unwrap();
    let latin: Vec<u8> = "Ministerpräsident Köhler sagte nichts. He said “no”.".chars().map(|c| c as u32 as u8).collect();
    let file = folder.path().join("latin.txt");
    fs::write(&file, latin).unwrap();
    let report = report(&[file.to_str().unwrap()], "");
    let text = report["text"].as_str().unwrap().to_owned();
    assert!(text.starts_with("Ministerpräsident Köhler"));
    assert_spans_slice(&report, &text);
}

#[test]
fn hostile_and_odd_texts_give_a_report() {
    let texts = [
        "“unbalanced ‘nested \"marks” and «more'' said he. “",
        "🇰🇿🇷🇺 “Да”, he said 😀.\r\n\r\nשלום אמר השר. “العربية” he said.",
        "nul \0 bytes \0 he said.",
        "no end of a sentence",
        "\u{feff}He said “yes.”",
        "He said: ",
        ". . . . !!! ??? “ ” ‘ ’ \" \" '' ''",
    ];
    for text in texts {
        let report = report(&[], text);
        let given = report["text"].as_str().unwrap_or(text).to_owned();
        if !report["sentences"].as_array().unwrap().is_empty() {
            assert_spans_slice(&report, &given);
        }
    }
}

#[test]
fn an_empty_article_is_done_with_a_warning() {
    demarche().arg("summarize").write_stdin("").assert().code(0).stderr(contains("empty"));
    demarche().args(["-q", "summarize"]).write_stdin(" \n").assert().code(0).stderr("");
}

#[test]
fn another_language_is_noted() {
    let text = "Der Außenminister erklärte am Montag, dass die Gespräche über den Getreidekorridor gescheitert seien. \
                Beide Seiten hätten sich nicht auf einen neuen Termin einigen können, obwohl die Vereinten Nationen dazu gedrängt hatten.";
    demarche().arg("summarize").write_stdin(text).assert().code(0).stderr(contains("German"));
}

#[test]
fn one_bad_article_never_sinks_the_others() {
    let folder = TempDir::new().unwrap();
    let pdf = folder.path().join("a.pdf");
    fs::write(&pdf, b"%PDF-1.4 ...").unwrap();
    let missing = folder.path().join("missing.txt");
    let all = [pdf.as_path(), missing.as_path(), folder.path(), Path::new(ARTICLE)];
    let messages = contains("PDF").and(contains("missing.txt")).and(contains("is a folder"));
    demarche().arg("summarize").args(all).assert().code(1).stderr(messages).stdout(contains("Landlocked"));
    demarche().arg("summarize").args(&all[..3]).assert().code(2).stdout("");
}

#[test]
fn wrong_numbers_are_refused_with_their_range() {
    for wrong in [["--sentences", "0"], ["--words", "x"], ["--ratio", "1.5"]] {
        demarche().args(["summarize", ARTICLE]).args(wrong).assert().code(2).stderr(contains(wrong[0]));
    }
    demarche().args(["summarize", ARTICLE, "--words", "5", "--ratio", "0.5"]).assert().code(2);
}

#[test]
fn budgets_are_never_exceeded() {
    let sentences = report(&[ARTICLE, "--sentences", "2"], "");
    assert_eq!(sentences["summary"].as_array().unwrap().len(), 2);
    let words = report(&[ARTICLE, "--words", "60"], "");
    let chosen = words["summary"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as usize);
    let total: usize = chosen.map(|n| words["sentences"][n]["span"]["text"].as_str().unwrap().split_whitespace().count()).sum();
    assert!((20..=60).contains(&total), "{total} words");
}

#[test]
fn csv_and_markdown_hold_every_statement() {
    let n = report(&[ARTICLE], "")["statements"].as_array().unwrap().len();
    assert!(n >= 10, "{n} statements");
    let csv = demarche().args(["summarize", ARTICLE, "--format", "csv"]).output().unwrap().stdout;
    let mut reader = csv::Reader::from_reader(csv.as_slice());
    assert!(reader.headers().unwrap().iter().any(|h| h == "p_expectation"));
    assert_eq!(reader.records().filter(|r| r.is_ok()).count(), n);
    let markdown =
        String::from_utf8(demarche().args(["summarize", ARTICLE, "--format", "markdown"]).output().unwrap().stdout).unwrap();
    assert_eq!(markdown.lines().filter(|line| line.starts_with("| ")).count(), n + 1);
}

#[test]
fn completions_and_manual_cover_every_command() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        demarche().args(["completions", shell]).assert().success().stdout(contains("summarize"));
    }
    demarche().arg("man").assert().success().stdout(contains(".TH"));
    demarche().args(["man", "label"]).assert().success().stdout(contains("label"));
    demarche().args(["man", "nonsense"]).assert().code(2).stderr(contains("summarize"));
}

#[test]
fn explain_shows_cue_rule_and_holder_of_an_article() {
    demarche()
        .args(["explain", "--article", ARTICLE])
        .assert()
        .success()
        .stdout(contains("found     cue before clause; cue “called on”").and(contains("(office)")).and(contains("\u{1b}").not()));
    let output = demarche().args(["explain", "--article", ARTICLE, "--format", "json"]).output().unwrap();
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    let statements = found["statements"].as_array().unwrap();
    let by_mention = |words: &str| statements.iter().find(|s| s["holder"]["mention"]["text"] == words).unwrap();
    let diplomat = by_mention("the Kazakh diplomat");
    assert_eq!(diplomat["holder"]["name"], "Aigerim Sadvakasova");
    assert_eq!((&diplomat["holder"]["resolved_by"], &diplomat["cue"]["text"]), (&"office".into(), &"said".into()));
    let it = by_mention("It");
    assert_eq!((&it["holder"]["name"], &it["holder"]["resolved_by"]), (&Value::Null, &Value::Null));
    demarche().args(["explain", "--article", "nowhere.txt"]).assert().code(2).stderr(contains("nowhere.txt"));
}
