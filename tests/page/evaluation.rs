//! The page of a measured classifier.

use demarche::{
    evaluate::classification::{Evaluation, Judged, evaluate},
    report::html::{Contribution, Measured, WorstError, evaluation, worst},
};

use crate::{axe, browser::Browser, fixture::labels, hostile::OWNED, settled};

/// Answers that are mostly right: the gold labels in turn, every fifth confused with the next, sureness by a fixed rule.
fn judged() -> Vec<Judged> {
    let one = |at: usize| {
        let gold = at % 4;
        let main = if at % 5 == 3 { (gold + 1) % 4 } else { gold };
        let sure = 0.4 + (at * 7 % 50) as f32 / 100.0;
        let probabilities = (0..4).map(|k| if k == main { sure } else { (1.0 - sure) / 3.0 }).collect();
        let set = |label: usize| if label == 3 { Vec::new() } else { vec![label] };
        Judged { gold, gold_set: set(gold), main, chosen: set(main), probabilities, unsure: sure < 0.5 }
    };
    (0..120).map(one).collect()
}

fn errors(judged: &[Judged], text: &str) -> Vec<WorstError> {
    let error = |at: usize| WorstError {
        place: format!("dev.jsonl:{}", at + 1),
        text: format!("{text} {at}"),
        gold: judged[at].gold,
        answer: judged[at].main,
        probabilities: judged[at].probabilities.clone(),
        evidence: vec![Contribution { feature: format!("{text} + wait"), weight: -1.25 }],
    };
    worst(judged, 5).into_iter().map(error).collect()
}

fn page(labels: &[String], text: &str) -> String {
    let judged = judged();
    let measure = |name: &str, judged: &[Judged]| evaluate(name, labels, judged, 50, 1);
    let overall = measure("en-1a2b", &judged);
    let plain: Vec<Judged> =
        judged.iter().map(|j| Judged { main: 3, chosen: Vec::new(), probabilities: Vec::new(), ..j.clone() }).collect();
    let baseline = measure("commonest label", &plain);
    let groups: Vec<Evaluation> = vec![measure("speeches", &judged[..60]), measure(text, &judged[60..])];
    let measured = Measured {
        model: "en-1a2b",
        title: text,
        overall: &overall,
        beside: vec![&baseline],
        groups: &groups,
        errors: errors(&judged, text),
    };
    evaluation(&measured).unwrap()
}

fn hostile() -> String {
    let evil = "</td><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">\u{1b}";
    page(&["support", "concern", "expectation", evil].map(String::from), evil)
}

#[test]
fn page_of_an_evaluation() {
    let page = page(&labels(), "Made-up answers");
    let settled = settled(&page);
    if let Ok(folder) = std::env::var("DEMARCHE_PAGES") {
        std::fs::write(format!("{folder}/evaluation.html"), &page).unwrap();
    }
    let (_, body) = settled.split_once("<body>").unwrap();
    insta::assert_snapshot!("evaluation", body.split_once("<script").unwrap().0);
}

#[test]
fn many_labels_give_a_list_of_mistakes_instead_of_a_matrix() {
    let many: Vec<String> = (0..77).map(|i| format!("intent {i}")).collect();
    let page = page(&many, "Intents");
    assert!(!page.contains("class=\"matrix\"") && page.contains("Commonest mistakes"));
    assert!(page.len() < 300_000, "{} bytes", page.len());
}

#[test]
fn a_hostile_evaluation_stays_text() {
    let Some(mut browser) = Browser::start() else { return };
    for width in [360, 1440] {
        browser.window(width, 900, false);
        let url = browser.open(&hostile());
        assert_ne!(browser.eval_string("document.title"), OWNED);
        assert_eq!(browser.eval("document.querySelectorAll('img').length + document.scripts.length"), 1);
        assert_eq!(browser.requests(), [url]);
        assert_eq!(browser.console(), Vec::<String>::new());
        assert!(browser.eval("document.documentElement.scrollWidth - innerWidth").as_f64().unwrap() <= 0.0);
    }
}

#[test]
fn axe_finds_nothing_in_an_evaluation() {
    axe::check(&[page(&labels(), "Made-up answers"), hostile()], None);
}

#[test]
fn the_command_writes_the_page_with_the_evidence_of_the_worst_errors() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("statements.jsonl");
    let lines = [
        r#"{"text":"We warmly welcome the reopening of the ferry line.","labels":["support"],"where":"port"}"#,
        r#"{"text":"The ministers deplore the shelling of the harbour.","labels":["concern"],"where":"port"}"#,
        r#"{"text":"We urge both sides to return to the table.","labels":["none"],"where":"<b>hall</b>"}"#,
        r#"{"text":"The session opened at nine in the morning.","labels":[],"where":"<b>hall</b>"}"#,
    ];
    std::fs::write(&data, lines.join("\n")).unwrap();
    let mut command = assert_cmd::Command::cargo_bin("demarche").unwrap();
    let output =
        command.arg("evaluate").arg(&data).args(["--by", "where", "--resamples", "20", "--format", "html"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let page = String::from_utf8(output.stdout).unwrap();
    for part in [
        "<h1 dir=\"auto\">statements.jsonl</h1>",
        "commonest label",
        "&lt;b&gt;hall&lt;/b&gt;",
        "Features with their weights",
        "urge",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert!(page.contains("statements.jsonl:3"), "where the error stands");
}
