//! `demarche summarize` with a reader's wishes, and `demarche evaluate --task summary`, as a user meets them.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;

use assert_cmd::Command;
use predicates::{prelude::*, str::contains};
use serde_json::Value;
use tempfile::TempDir;

const ARTICLE: &str = "tests/fixtures/corridor-talks.txt";
const OTHERS: [&str; 2] = ["tests/fixtures/cable-hours.txt", "tests/fixtures/trawler-quarrel.txt"];

fn demarche() -> Command {
    let mut command = Command::cargo_bin("demarche").unwrap();
    command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").env("COLUMNS", "80");
    command
}

fn report(arguments: &[&str]) -> Value {
    let output = demarche().args(["summarize", ARTICLE, "--format", "json"]).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn chosen(report: &Value) -> Vec<usize> {
    report["summary"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as usize).collect()
}

fn text(report: &Value, sentence: usize) -> &str {
    report["sentences"][sentence]["span"]["text"].as_str().unwrap()
}

fn words(text: &str) -> usize {
    text.split_whitespace().count()
}

/// Words of each sentence and of the whole summary.
fn lengths(report: &Value) -> (Vec<usize>, usize) {
    let all = report["sentences"].as_array().unwrap();
    let words: Vec<usize> = all.iter().map(|it| words(it["span"]["text"].as_str().unwrap())).collect();
    let total = chosen(report).iter().map(|&i| words[i]).sum();
    (words, total)
}

/// Never over, and nothing left out that would still fit and stands alone.
#[test]
fn word_budgets_are_exact() {
    for limit in [5, 6, 12, 20, 47, 60, 150, 400] {
        let report = report(&["--words", &limit.to_string()]);
        let (words, total) = lengths(&report);
        assert!(total <= limit, "{total} words of {limit}");
        let chosen = chosen(&report);
        let waits = |i: usize| report["sentences"][i]["span"]["text"].as_str().unwrap().starts_with(['I', 'S']);
        let fits = |i: &usize| !chosen.contains(i) && !waits(*i) && words[*i] <= limit - total;
        assert_eq!((0..words.len()).find(fits), None, "of {limit} words {total} are used");
    }
    let all = report(&["--words", "10000"]);
    assert_eq!(chosen(&all).len(), all["sentences"].as_array().unwrap().len());
}

#[test]
fn sentence_and_ratio_budgets_are_exact() {
    for n in [1, 4, 9] {
        assert_eq!(chosen(&report(&["--sentences", &n.to_string()])).len(), n);
    }
    assert_eq!(chosen(&report(&["--sentences", "4000000000"])).len(), 19);
    let (words, total) = lengths(&report(&["--ratio", "0.25"]));
    let limit = words.iter().sum::<usize>() / 4;
    assert!(total <= limit && total + 5 > limit, "{total} of {limit}");
    assert_eq!(chosen(&report(&["--ratio", "1"])).len(), 19);
}

#[test]
fn where_no_sentence_fits_the_best_is_given_with_a_warning() {
    let tight = report(&["--words", "2"]);
    let best = chosen(&tight);
    assert_eq!(best.len(), 1);
    assert_eq!(tight["sentences"][best[0]]["rank"], 1);
    let warning = "no sentence fits 2 words (the shortest has 5): the best one is given";
    assert_eq!(tight["warnings"][0], warning);
    demarche().args(["summarize", ARTICLE, "--words", "2"]).assert().success().stderr(contains(warning));
}

#[test]
fn focus_words_are_spoken_of() {
    let both = report(&["--focus", "melons, World Bank", "--sentences", "2"]);
    let told: Vec<&str> = chosen(&both).iter().map(|&i| text(&both, i)).collect();
    assert!(told.iter().any(|t| t.contains("World Bank")) && told.iter().any(|t| t.contains("melons")), "{told:?}");
    let missing = report(&["--focus", "zeppelin"]);
    assert_eq!(missing["warnings"][0], "the article does not have \"zeppelin\"");
    assert_eq!(chosen(&missing), chosen(&report(&[])));
}

#[test]
fn one_holder_is_heard() {
    let heard = report(&["--holder", "qaiser", "--sentences", "2"]);
    let of_qaiser = |i: &usize| {
        let statements = heard["statements"].as_array().unwrap();
        statements.iter().any(|it| it["sentence"] == *i && it["holder"]["name"] == "Imran Qaiser")
    };
    assert!(chosen(&heard).iter().all(of_qaiser));
    let nobody = report(&["--holder", "Zamenhof"]);
    assert_eq!(nobody["warnings"][0], "the article has no statement of \"Zamenhof\"");
}

#[test]
fn one_sentence_for_each_stance() {
    let found = report(&["--by-stance"]);
    let by_stance = found["by_stance"].as_object().unwrap();
    assert_eq!(by_stance.keys().collect::<Vec<_>>(), ["concern", "expectation", "support"]);
    for (stance, sentence) in by_stance {
        let has = |it: &Value| it["sentence"] == *sentence && it["stance"] == stance.as_str();
        assert!(found["statements"].as_array().unwrap().iter().any(has), "{stance}");
        assert!(found["summary"].as_array().unwrap().contains(sentence));
    }
    demarche().args(["summarize", ARTICLE, "--by-stance"]).assert().success().stdout(contains("[concern] "));
    demarche().args(["summarize", ARTICLE, "--by-stance", "--words", "9"]).assert().code(2);
}

#[test]
fn several_articles_become_one_summary_with_sources() {
    let merged = demarche().args(["summarize", "--merge", "-n", "4", "--format", "json", ARTICLE]).args(OTHERS).output().unwrap();
    let merged: Value = serde_json::from_slice(&merged.stdout).unwrap();
    let told = merged["summary"].as_array().unwrap();
    assert_eq!((told.len(), merged["articles"].as_array().unwrap().len()), (4, 3));
    for it in told {
        let article = [ARTICLE, OTHERS[0], OTHERS[1]][it["article"].as_u64().unwrap() as usize];
        assert!(fs::read_to_string(article).unwrap().contains(it["span"]["text"].as_str().unwrap()));
    }
    // The same article twice says nothing twice.
    let twice = demarche().args(["summarize", "--merge", "-n", "6", "--format", "json", ARTICLE, ARTICLE]).output().unwrap();
    let twice: Value = serde_json::from_slice(&twice.stdout).unwrap();
    let mut texts: Vec<&str> =
        twice["summary"].as_array().unwrap().iter().map(|it| it["span"]["text"].as_str().unwrap()).collect();
    texts.sort_unstable();
    texts.dedup();
    assert_eq!(texts.len(), 6);
    demarche().args(["summarize", "--merge", ARTICLE]).args(OTHERS).assert().success().stdout(contains(OTHERS[1]));
}

#[test]
fn scores_say_why() {
    let explained = report(&["--scores"]);
    for sentence in explained["sentences"].as_array().unwrap() {
        let features = sentence["explanation"]["features"].as_object().unwrap();
        let sum: f64 = features.values().map(|v| v.as_f64().unwrap()).sum();
        assert!((sum - sentence["score"].as_f64().unwrap()).abs() < 0.01, "{sentence}");
    }
    assert_eq!(report(&[])["sentences"][0]["explanation"], Value::Null);
    let table = demarche().args(["summarize", ARTICLE, "--scores"]).output().unwrap().stdout;
    let table = String::from_utf8(table).unwrap();
    assert!(table.contains("rank   score  sentence") && table.contains("waits for the sentence before"), "{table}");
}

#[test]
fn trimmed_sentences_still_slice_the_article() {
    let article = fs::read_to_string(ARTICLE).unwrap();
    let trimmed = report(&["--trim", "-n", "3"]);
    let span = &trimmed["sentences"][5]["trimmed"];
    assert_eq!(span["text"], "the feasibility study was completed in December.");
    let [from, to] = [0, 1].map(|i| span["bytes"][i].as_u64().unwrap() as usize);
    assert_eq!(&article[from..to], span["text"].as_str().unwrap());
    let printed = demarche().args(["summarize", ARTICLE, "--trim"]).assert().success();
    printed.stdout(contains("  • … the feasibility study was completed in December.\n"));
    assert_eq!(report(&["-n", "3"])["sentences"][5]["trimmed"], Value::Null, "off by default");
    // What is left away does not count.
    let (_, total) = lengths(&report(&["--words", "62"]));
    let (_, whole) = lengths(&report(&["--words", "62", "--trim"]));
    assert!(total <= 62 && whole > 62, "{total} and {whole}");
    demarche().args(["summarize", ARTICLE, "--trim", "--merge"]).assert().code(2);
}

/// Twelve articles with references, as a scorer of summaries reads them.
fn summarized() -> String {
    let record = |i: usize| {
        let place = ["Orvel", "Tromso", "Limbe", "Termez"][i % 4];
        let text = format!(
            "Nobody in {place} slept much on Monday. The council of {place} voted to build a harbour of {i} piers by next \
             spring. Rain fell in the hills. The harbour will cost {i} million crowns, the council said. Fishermen sang."
        );
        let reference = [format!("The council of {place} voted to build a harbour"), format!("It will cost {i} million crowns")];
        serde_json::json!({"id": format!("a{i}"), "text": text, "reference": reference, "words": 20, "k": 2}).to_string() + "\n"
    };
    (1..13).map(record).collect()
}

#[test]
fn a_scorer_is_trained_measured_and_its_summaries_written() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    fs::write(path("harbours.jsonl"), summarized()).unwrap();
    let train = ["train", "--task", "summary", &path("harbours.jsonl"), "-o", &path("model"), "--predictions", &path("folds")];
    demarche().args(train).assert().success().stderr(contains("12 articles"));
    let evaluate = ["evaluate", "--task", "summary", &path("harbours.jsonl"), "--model", &path("model")];
    let json = ["--format", "json", "--predictions", &path("whole")];
    let measured: Value = serde_json::from_slice(&demarche().args(evaluate).args(json).output().unwrap().stdout).unwrap();
    assert_eq!((&measured["unit"], &measured["sets"][0]["n_articles"]), (&"words".into(), &12.into()));
    let systems = measured["sets"][0]["systems"].as_array().unwrap();
    let names: Vec<&str> = systems.iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["model", "lead", "random", "oracle"]);
    let value = |system: usize, measure: &str| systems[system][measure]["value"].as_f64().unwrap();
    assert!(value(3, "rouge_1") >= value(0, "rouge_1") && value(0, "over_lead") > 0.0, "{systems:?}");
    assert_eq!(value(1, "over_lead"), 0.0);
    demarche().args(evaluate).assert().success().stdout(contains("oracle").and(contains("over lead")));
    demarche().args(evaluate).args(["--format", "html"]).assert().code(2).stderr(contains("text or json"));
    for name in ["folds/harbours.words.jsonl", "folds/harbours.sentences.jsonl", "whole/harbours.words.jsonl"] {
        let lines = fs::read_to_string(path(name)).unwrap();
        let first: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
        assert_eq!((lines.lines().count(), &first["id"]), (12, &"a1".into()), "{name}");
        assert!(first["summary"].as_array().unwrap().iter().all(|it| it.as_str().unwrap().ends_with('.')));
    }
}

#[test]
fn the_terminal_shows_the_summary() {
    let output = demarche().args(["summarize", ARTICLE, "--no-statements", "--words", "40"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let head = "Landlocked states look for a shorter way to the sea\nTERMEZ, March 14 (Amudarya Press) -\n\nSummary\n  • ";
    assert!(text.starts_with(head), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}

/// Several articles become a folder: a page each, and one that leads to them.
#[test]
fn pages_of_several_articles_stand_in_a_folder() {
    let folder = TempDir::new().unwrap();
    let hostile = folder.path().join("a b#<i>.txt");
    fs::write(&hostile, "<script>alert(1)</script> won\n\n\"No,\" the <b>envoy</b> said. The talks go on in Orvel.").unwrap();
    let pages = folder.path().join("pages");
    let run = |to: &std::path::Path| {
        let mut command = demarche();
        command.args(["summarize", "--format", "html", ARTICLE]).args(OTHERS).arg(&hostile).arg("-o").arg(to);
        command.assert().success().stderr(contains("4 pages"));
    };
    run(&pages);
    let read = |name: &str| fs::read_to_string(pages.join(name)).unwrap();
    let contents = read("index.html");
    for (file, title) in
        [("corridor-talks.html", "Landlocked states look"), ("trawler-quarrel.html", ""), ("cable-hours.html", "")]
    {
        assert!(contents.contains(&format!("href=\"./{file}\"")) && contents.contains(title), "{file}");
        assert!(read(file).contains("<h2 id=\"statements\">"), "{file}");
    }
    assert!(contents.contains("href=\"./a%20b%23%3Ci%3E.html\""), "{contents}");
    assert!(pages.join("a b#<i>.html").exists());
    assert!(!contents.contains("<script>alert") && !contents.contains("http://") && !contents.contains("https://"));
    run(&folder.path().join("again"));
    assert_eq!(contents, fs::read_to_string(folder.path().join("again/index.html")).unwrap(), "the same bytes");
    let without = demarche().args(["summarize", "--format", "html", ARTICLE, OTHERS[0]]).assert().code(2);
    without.stderr(contains("--output FOLDER"));
}
