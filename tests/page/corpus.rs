//! The page of a labelled corpus.

use std::path::Path;

use assert_cmd::Command;
use demarche::{
    corpus::{fields, format::Format, source::Source},
    report::{
        corpus::{CorpusReport, FieldNames, Origin},
        html,
    },
};
use serde_json::json;

use crate::{axe, browser::Browser, hostile::OWNED, settled};

fn read(path: &Path, format: Format) -> CorpusReport {
    let mut report = CorpusReport::new(FieldNames::default());
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    report.begin(Origin { name, program: Some("demarche 0".into()), model: Some("hand-made".into()), rejected: Some(3) });
    fields::visit(&Source { path: Some(path.to_owned()), format }, &mut report).unwrap();
    report
}

fn fixture() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/labelled.jsonl");
    html::corpus(&read(&path, Format::Jsonl), "Three articles").unwrap()
}

/// A page of rows whose texts, holders and dates try to break out.
fn hostile() -> String {
    let evil = "</q><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">\u{7}";
    let row = json!({"text": evil, "holder": evil, "date": evil, "stance": "support", "p_support": 0.9, "p_<i>": 0.1});
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("<b>evil.jsonl");
    std::fs::write(&path, format!("{row}\n{{\"<script>\": 1}}\n")).unwrap();
    html::corpus(&read(&path, Format::Jsonl), evil).unwrap()
}

#[test]
fn page_of_a_corpus() {
    let page = fixture();
    assert_eq!(page, fixture());
    let settled = settled(&page);
    let (_, body) = settled.split_once("<body>").unwrap();
    insta::assert_snapshot!("corpus", body.split_once("<script").unwrap().0);
}

#[test]
fn json_lines_and_csv_give_the_same_page() {
    let lines = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/labelled.jsonl")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("labelled.jsonl");
    let mut table = csv::Writer::from_path(&path).unwrap();
    let names = ["holder", "text", "p_support", "p_concern", "p_expectation", "p_none", "date", "stance"];
    table.write_record(names).unwrap();
    for line in lines.lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let field = |name: &&str| row[*name].as_str().map_or_else(|| row[*name].to_string().replace("null", ""), str::to_owned);
        table.write_record(names.iter().map(field)).unwrap();
    }
    table.flush().unwrap();
    let page = html::corpus(&read(&path, Format::Csv), "Three articles").unwrap();
    assert!(page == fixture(), "the pages differ");
}

#[test]
fn the_command_writes_the_page_and_tells_of_rows_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let (labelled, page) = (folder.path().join("a.jsonl"), folder.path().join("a.html"));
    let row = r#"{"text":"We agree.","stance":"support","p_support":0.8,"p_none":0.2}"#;
    std::fs::write(&labelled, format!("{row}\nnot json\n{row}\n")).unwrap();
    std::fs::write(folder.path().join("a.jsonl.meta.json"), r#"{"model":"tiny-1a2b","program":"demarche 9","rejected":5}"#)
        .unwrap();
    let run =
        |input: &Path| Command::cargo_bin("demarche").unwrap().arg("report").arg(input).arg("-o").arg(&page).output().unwrap();
    let output = run(&labelled);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("1 rows left out"));
    let written = std::fs::read_to_string(&page).unwrap();
    assert!(written.contains("tiny-1a2b") && written.contains("2 statements"));
    assert!(!written.contains("id=\"holders\"") && !written.contains("id=\"time\""), "no empty sections");
    std::fs::write(&labelled, "{\"text\":\"unlabelled\"}\n").unwrap();
    let output = run(&labelled);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("demarche label"));
}

#[test]
fn holders_are_found_and_sorted() {
    let Some(mut browser) = Browser::start() else { return };
    browser.window(1440, 900, false);
    let url = browser.open(&fixture());
    let rows = "[...document.querySelectorAll('#holder-table tbody tr')].filter(r => !r.hidden).map(r => r.cells[0].textContent)";
    let all = browser.eval_strings(rows);
    assert_eq!(all[0], "Clarisse Abanda");
    browser.eval("document.getElementById('find').focus()");
    browser.call("Input.insertText", json!({"text": "BANK"}));
    assert_eq!(browser.eval_strings(rows), ["Asian Development Bank"]);
    assert_eq!(browser.eval_string("document.getElementById('found').textContent"), format!("1 of {}", all.len()));
    browser.eval("(() => { const f = document.getElementById('find'); f.value = ''; f.dispatchEvent(new Event('input')); })()");
    browser.click("#holder-table th:nth-child(4) button");
    browser.click("#holder-table th:nth-child(4) button");
    assert_eq!(
        browser.eval_string("document.querySelector('#holder-table tbody tr td:nth-child(4)').firstChild.textContent.trim()"),
        "100.0 %"
    );
    assert_eq!(browser.requests(), [url]);
    assert_eq!(browser.console(), Vec::<String>::new());
}

#[test]
fn a_hostile_corpus_stays_text() {
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
fn axe_finds_nothing_in_a_corpus() {
    axe::check(&[fixture(), hostile()], None);
}

/// However many holders, dates and long texts there are, the page stays small.
#[test]
fn a_big_corpus_gives_a_small_page() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("big.jsonl");
    let row = |i: usize| {
        let (year, month, sure) = (1000 + i * 7 % 1900, 1 + i % 12, 0.5 + (i % 5000) as f64 / 1e4);
        let text = format!("{i} {}", "a very long statement ".repeat(60));
        json!({"text": text, "holder": format!("Holder {i}"), "date": format!("{year}-{month:02}-01"), "stance": "support",
            "p_support": sure, "p_none": 1.0 - sure})
        .to_string()
    };
    std::fs::write(&path, (0..40_000).map(row).collect::<Vec<_>>().join("\n")).unwrap();
    let page = html::corpus(&read(&path, Format::Jsonl), "Big").unwrap();
    assert!(page.len() < 2_000_000, "{} bytes", page.len());
    assert!(page.contains("40,000 statements") && page.contains("Figures by year"));
}

#[test]
#[cfg(feature = "columnar")]
fn a_parquet_corpus_tells_its_model() {
    let folder = tempfile::tempdir().unwrap();
    let (plain, packed) = (folder.path().join("a.jsonl"), folder.path().join("a.parquet"));
    std::fs::write(
        &plain,
        "{\"text\":\"We welcome the ferry.\",\"holder\":\"A\"}\n{\"text\":\"We urge calm.\",\"holder\":\"B\"}\n",
    )
    .unwrap();
    let run = |arguments: &[&std::ffi::OsStr]| Command::cargo_bin("demarche").unwrap().args(arguments).output().unwrap();
    let labelled = run(&["label".as_ref(), plain.as_os_str(), "-o".as_ref(), packed.as_os_str()]);
    assert!(labelled.status.success(), "{labelled:?}");
    let output = run(&["report".as_ref(), packed.as_os_str()]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let page = String::from_utf8(output.stdout).unwrap();
    assert!(page.contains("2 statements") && page.contains("2 holders") && page.contains("stance-en-"), "{page}");
}
