//! Statements and holders on readable cases (`tests/cases/statements/`), and on hostile text.
#![allow(clippy::unwrap_used)]

use demarche::{
    segment::segment,
    statement::{Statement, extract, stance_text},
};
use proptest::prelude::*;
use std::{fs, path::Path};

/// What a line of a case file says of a statement.
fn row(text: &str, s: &Statement, want: &str) -> String {
    let content: Vec<&str> = s.content.iter().map(|c| c.of(text)).collect();
    let mut holder = s.holder.name.clone().unwrap_or_default();
    if want.contains(" @ ") {
        holder += &format!(" @ {}", s.holder.mention.map_or("", |m| m.of(text)));
    }
    if want.contains(" < ") {
        holder += &format!(" < {}", s.reported_by.as_ref().and_then(|r| r.name.as_deref()).unwrap_or(""));
    }
    let cue = s.cue.map_or("", |c| c.of(text));
    format!("{} | {holder} | {cue} | {}", s.kind.name(), content.join(" … "))
}

#[test]
fn cases_give_their_statements() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/statements");
    let (mut wrong, mut n_cases) = (Vec::new(), 0);
    for file in ["layouts.txt", "press_conference.txt", "holders.txt"] {
        let body = fs::read_to_string(folder.join(file)).unwrap();
        let body: String = body.lines().filter(|l| !l.starts_with('#')).map(|l| format!("{l}\n")).collect();
        for case in body.split("===\n") {
            let (text, want) = case.split_once("---\n").unwrap();
            let want: Vec<&str> = want.lines().filter(|l| !l.trim().is_empty()).collect();
            let found = extract(text, &segment(text));
            let found: Vec<String> = found.iter().enumerate().map(|(i, s)| row(text, s, want.get(i).unwrap_or(&""))).collect();
            n_cases += 1;
            if found != want {
                wrong.push(format!("{file}: {}\nfound {found:#?}\nwant {want:#?}", text.lines().next().unwrap_or("")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(n_cases > 8);
}

/// Every span slices, lies in its sentence, and statements are in order.
fn check(text: &str) {
    let segmentation = segment(text);
    let statements = extract(text, &segmentation);
    for s in &statements {
        let sentence = segmentation.sentences[s.sentence].span;
        assert!(!s.content.is_empty());
        assert!(s.content.iter().all(|c| sentence.contains(*c) && !c.is_empty()), "{s:?} in {text:?}");
        assert!(s.content.windows(2).all(|w| w[0].end() <= w[1].start()));
        for span in s.cue.iter().chain(&s.holder.mention).chain(&s.target) {
            assert!(text.get(span.range()).is_some());
        }
        assert!(!stance_text(text, s).is_empty());
    }
    assert!(statements.windows(2).all(|w| w[0].content[0].start() <= w[1].content[0].start()));
    assert_eq!(statements, extract(text, &segment(text)));
}

#[test]
fn hostile_texts_are_read() {
    let texts = [
        String::new(),
        "“".repeat(2000),
        "\"".repeat(2001),
        "' ''".repeat(2000),
        "said ".repeat(5000),
        "he said, ".repeat(5000),
        "“a,” ".repeat(3000),
        "«„“‘".repeat(500) + "x" + &"’”“»".repeat(500),
        "according to ".repeat(3000),
        "مرحبا قال “نعم” 😀 said X\0.\r\n".repeat(200),
        "A.B.C. Mr. ".repeat(2000),
        "President ".repeat(3000),
        ", who said ".repeat(3000),
    ];
    for text in &texts {
        check(text);
    }
}

#[test]
fn one_line_of_two_megabytes_is_linear() {
    // Quadratic time would take minutes here.
    let endless = "“We wait,” Ann Li said, and he said that she said so, ".repeat(20_000);
    extract(&endless, &segment(&endless));
    let text = "“We wait here,” Ann Li said, and she sat down. ".repeat(20_000);
    assert_eq!(extract(&text, &segment(&text)).len(), 20_000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_mixture_is_read(words in prop::collection::vec(prop::sample::select(vec![
        "“", "”", "\"", "'", "''", "«", "»", "‘", "’", ",", ".", "?", ":", ";", "-", "\n\n", "said", "told", "called on", "He", "she", "the minister",
        "Ann Li", "Mr. Rossi", "Norway", "Oslo's", "that", "to", "who", "according to", "hope", "expressed", "was quoted as saying", "in his words", "and", "talks",
        "on Monday", "of", "é😀", "(", ")", "It was agreed", "1,000", "children's", "X's", "\0",
    ]), 0..60)) {
        check(&words.join(" "));
    }

    #[test]
    fn any_text_is_read(text in any::<String>()) {
        check(&text);
    }
}

/// `evaluate --task statements` on our own test articles: the rules beat quotation marks and the nearest name.
#[test]
fn evaluate_tells_how_well_statements_are_found() {
    let articles = Path::new(env!("CARGO_MANIFEST_DIR")).join("training-data/articles/second.jsonl");
    let run = |format: &str| {
        let mut command = assert_cmd::Command::cargo_bin("demarche").unwrap();
        let output = command.args(["evaluate", "--task", "statements", "--format", format]).arg(&articles).unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let report: serde_json::Value = serde_json::from_str(&run("json")).unwrap();
    let figure = |system: usize, name: &str| report["systems"][system][name]["value"].as_f64().unwrap();
    assert_eq!((&report["articles"], &report["systems"][0]["name"]), (&"test".into(), &"demarche".into()));
    for name in ["direct_exact_f1", "speech_token_f1", "end_to_end_f1"] {
        assert!(figure(0, name) > figure(1, name), "{name}: {report}");
    }
    assert!(figure(0, "direct_exact_f1") > 0.9 && figure(1, "end_to_end_f1") > 0.0);
    assert!(run("text").contains("content and speaker, F1"));
}
