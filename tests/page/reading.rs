//! The article page at work in Chromium.

use std::path::Path;

use assert_cmd::Command;
use serde_json::json;

use crate::{
    axe,
    browser::Browser,
    fixture::Fixture,
    hostile::{OWNED, hostile},
};

const ROWS: &str = "[...document.querySelectorAll('#table > tbody > tr')].filter(r => !r.hidden)";

fn column(class: &str) -> String {
    format!("{ROWS}.map(r => r.querySelector('.{class}').textContent.trim())")
}

/// The rows as shown, by their numbers.
fn numbers(browser: &mut Browser) -> Vec<String> {
    browser.eval_strings(&column("n"))
}

fn choose(browser: &mut Browser, list: &str, value: &str) {
    browser.eval(&format!(
        "(() => {{ const s = document.getElementById('{list}'); s.value = '{value}'; s.dispatchEvent(new Event('change')); return s.value; }})()"
    ));
}

fn open(name: &str) -> Option<Browser> {
    let mut browser = Browser::start()?;
    browser.window(1440, 900, false);
    browser.open(&Fixture::load(name).page());
    Some(browser)
}

#[test]
fn holder_and_stance_filter_the_table_and_the_text() {
    let Some(mut browser) = open("corridor-talks") else { return };
    assert_eq!(numbers(&mut browser).len(), 12);
    choose(&mut browser, "by-holder", "Imran Qaiser");
    assert_eq!(numbers(&mut browser), ["7", "8", "9", "10"]);
    assert_eq!(browser.eval_string("document.getElementById('status').textContent"), "4 of 12 statements");
    assert_eq!(browser.eval("document.querySelectorAll('.text .sign.faded').length"), 8);
    choose(&mut browser, "by-stance", "expectation");
    assert_eq!(numbers(&mut browser), ["9", "10"], "also where it is the second label");
    choose(&mut browser, "by-stance", "support");
    assert_eq!(browser.eval("document.getElementById('nothing').checkVisibility()"), true);
    browser.click("#reset");
    assert_eq!(numbers(&mut browser).len(), 12);
    browser.click("button.who");
    assert_eq!(numbers(&mut browser), ["1", "2", "3", "4"], "the first bar is Yuldoshev's");
    assert_eq!(browser.console(), Vec::<String>::new());
}

#[test]
fn columns_sort_both_ways_and_say_so() {
    let Some(mut browser) = open("corridor-talks") else { return };
    browser.click("th[data-sort=p] button");
    assert_eq!(browser.eval_strings(&column("p .value"))[..3], ["46 %", "54 %", "65 %"]);
    assert_eq!(browser.eval_string("document.querySelector('th[data-sort=p]').ariaSort"), "ascending");
    browser.click("th[data-sort=p] button");
    assert_eq!(browser.eval_strings(&column("p .value"))[..2], ["96 %", "96 %"]);
    assert_eq!(numbers(&mut browser)[..2], ["10", "7"], "by the number that is meant, not the one shown");
    browser.click("th[data-sort=n] button");
    browser.click("th[data-sort=stance] button");
    assert_eq!(browser.eval("document.querySelectorAll('th[aria-sort]').length"), 1);
    assert_eq!(numbers(&mut browser)[..5], ["1", "2", "5", "6", "11"], "ties keep their order");
    browser.click("th[data-sort=holder] button");
    assert!(browser.eval_strings(&column("holder")).is_sorted());
}

#[test]
fn links_lead_from_summary_to_text_to_table_and_back() {
    let Some(mut browser) = open("corridor-talks") else { return };
    let dead = "[...document.querySelectorAll('a[href^=\"#\"]')].filter(a => !document.getElementById(a.hash.slice(1))).map(a => a.hash)";
    assert_eq!(browser.eval_strings(dead), Vec::<String>::new());
    browser.click(".summary li:nth-child(2) a");
    assert!(
        browser.comes_true("location.hash === '#s4' && document.querySelector('#s4').getBoundingClientRect().top < innerHeight")
    );
    choose(&mut browser, "by-holder", "Imran Qaiser");
    browser.click("#t1");
    assert!(browser.comes_true("location.hash === '#r1' && document.querySelector('#r1 details').open"));
    assert_eq!(numbers(&mut browser).len(), 12, "a filter never hides where a link leads");
}

#[test]
fn everything_is_reached_by_keyboard() {
    let Some(mut browser) = open("corridor-talks") else { return };
    browser.press("Tab");
    assert_eq!(browser.eval_string("document.activeElement.className"), "skip");
    let mut reached = Vec::new();
    for _ in 0..120 {
        browser.press("Tab");
        reached.push(
            browser
                .eval_string("document.activeElement.id || document.activeElement.className || document.activeElement.tagName"),
        );
        let ring = "getComputedStyle(document.activeElement).outlineStyle !== 'none' || document.activeElement === document.body";
        assert_eq!(browser.eval(ring), true, "no focus ring at {:?}", reached.last());
    }
    for name in ["t1", "t12", "by-holder", "by-stance", "reset", "copy-csv", "sort", "SUMMARY", "cite"] {
        assert!(reached.iter().any(|r| r == name), "{name} not among {reached:?}");
    }
    browser.eval("document.querySelector('#r2 summary').focus()");
    browser.press("Enter");
    assert_eq!(browser.eval("document.querySelector('#r2 details').open"), true);
    browser.eval("document.querySelector('th[data-sort=holder] button').focus()");
    browser.press(" ");
    assert_eq!(browser.eval_string("document.querySelector('th[data-sort=holder]').ariaSort"), "ascending");
}

#[test]
fn focus_and_hover_show_the_evidence() {
    let Some(mut browser) = open("corridor-talks") else { return };
    let shown = "document.getElementById('card').checkVisibility()";
    browser.hover("mark[data-st='7']");
    assert!(browser.comes_true(shown));
    let card = browser.eval_string("document.getElementById('card').innerText");
    for part in ["Imran Qaiser", "concern", "96 %", "warned", "+2.05", "name: full name in the mention", "warned that"] {
        assert!(card.contains(part), "{part} is not in {card}");
    }
    let inside = "(() => { const b = document.getElementById('card').getBoundingClientRect(); \
                  return b.left >= 0 && b.top >= 0 && b.right <= innerWidth && b.bottom <= innerHeight; })()";
    assert_eq!(browser.eval(inside), true);
    browser.window(800, 320, false);
    browser.hover("mark[data-st='1']");
    assert!(browser.comes_true(&format!("{shown} && {inside}")), "also where it does not fit");
    browser.window(1440, 900, false);
    browser.hover("mark[data-st='7']");
    assert!(browser.comes_true(shown));
    browser.press("Escape");
    assert_eq!(browser.eval(shown), false);
    browser.eval("document.querySelector('a[href=\"#statements\"]').focus()");
    for _ in 0..40 {
        browser.press("Tab");
        if browser.eval("document.activeElement.id") == "t1" {
            break;
        }
    }
    assert!(browser.comes_true(shown), "focus on a sign shows the card");
    assert_eq!(browser.eval_string("document.activeElement.getAttribute('aria-describedby')"), "card");
    assert!(browser.eval_string("document.getElementById('card').innerText").contains("we welcome"));
}

#[test]
fn statements_are_copied_as_csv_and_as_citation() {
    let Some(mut browser) = open("trawler-quarrel") else { return };
    browser.eval("navigator.clipboard.writeText = (words) => { window.copied = words; return Promise.resolve(); }");
    choose(&mut browser, "by-holder", "Clarisse Abanda");
    browser.click("#copy-csv");
    assert!(browser.comes_true("document.getElementById('status').textContent === 'Copied as CSV'"));
    let table = browser.eval_string("window.copied");
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    assert_eq!(
        reader.headers().unwrap().iter().skip(8).collect::<Vec<_>>(),
        ["p_support", "p_concern", "p_expectation", "p_none"]
    );
    let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(records.len(), 7);
    assert_eq!(&records[0][7], "the incidents «a nuisance that is turning into a habit");
    assert_eq!((&records[0][4], &records[0][9]), ("concern", "0.9000"));
    browser.click("#r9 .cite");
    assert!(browser.comes_true("document.getElementById('status').textContent === 'Copied as a citation'"));
    assert_eq!(
        browser.eval_string("window.copied"),
        "Clarisse Abanda (Deputy Foreign Minister): “Patience, however, is not a policy”, in: “Trawlers first, treaties later: \
         a fishing quarrel tests two neighbours”, 2025-02-11."
    );
}

#[test]
fn nothing_in_the_text_runs_and_nothing_leaves_the_page() {
    let Some(mut browser) = Browser::start() else { return };
    for width in [360, 1440] {
        browser.window(width, 800, false);
        let url = browser.open(&hostile().page());
        for mark in ["mark[data-st='1']", "mark[data-st='2']"] {
            browser.hover(mark);
            assert!(browser.comes_true("document.getElementById('card').checkVisibility()"));
        }
        choose(&mut browser, "by-stance", "concern");
        assert_ne!(browser.eval_string("document.title"), OWNED);
        assert_eq!(browser.eval("document.scripts.length"), 1);
        assert_eq!(browser.eval("document.querySelectorAll('img, iframe, object, base, form, a[href^=javascript]').length"), 0);
        let handlers = "[...document.querySelectorAll('*')].flatMap(e => e.getAttributeNames()).filter(n => n.startsWith('on'))";
        assert_eq!(browser.eval_strings(handlers), Vec::<String>::new());
        assert_eq!(browser.requests(), [url]);
        assert_eq!(browser.console(), Vec::<String>::new());
        let overflow = browser.eval("document.documentElement.scrollWidth - innerWidth");
        assert!(overflow.as_f64().unwrap() <= 0.0, "{width} px: {overflow} px too wide");
    }
    browser.eval("navigator.clipboard.writeText = (words) => { window.copied = words; return Promise.resolve(); }");
    browser.click("#copy-csv");
    assert!(browser.comes_true("Boolean(window.copied)"));
    let copied = browser.eval_string("window.copied");
    assert!(copied.contains("\"'=HYPERLINK(\"\"http"), "no formula for a spreadsheet to run: {copied}");
}

#[test]
fn the_policy_stops_what_the_escaper_would_miss() {
    let Some(mut browser) = Browser::start() else { return };
    let attack = "<main><img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>";
    browser.open(&Fixture::load("cable-hours").page().replacen("<main", &format!("{attack}<main"), 1));
    assert_ne!(browser.eval_string("document.title"), OWNED);
    assert!(!browser.console().is_empty(), "the browser tells of the breach");
}

#[test]
fn the_page_reads_fully_without_script() {
    let Some(mut browser) = Browser::start() else { return };
    browser.call("Emulation.setScriptExecutionDisabled", json!({"value": true}));
    browser.open(&Fixture::load("corridor-talks").page());
    let text = browser.eval_string("document.body.innerText");
    for part in ["What we still need is a date", "Why", "Imran Qaiser", "Pakistan’s railways secretary", "96 %"] {
        assert!(text.contains(part), "{part}");
    }
    assert!(!text.contains("Copy as CSV"), "no button without what it does");
    browser.click("#r7 summary");
    assert_eq!(browser.eval("document.querySelector('#r7 details').open"), true);
}

#[test]
fn the_page_fits_narrow_and_wide_windows_and_paper() {
    let Some(mut browser) = open("trawler-quarrel") else { return };
    for width in [320, 360, 768, 992, 1440, 2560] {
        browser.window(width, 900, false);
        let overflow = browser.eval("document.documentElement.scrollWidth - innerWidth");
        assert!(overflow.as_f64().unwrap() <= 0.0, "{width} px: {overflow} px too wide");
    }
    for (wish, behaviour) in [("reduce", "auto"), ("no-preference", "smooth")] {
        browser.prefer(&[("prefers-reduced-motion", wish)]);
        assert_eq!(browser.eval_string("getComputedStyle(document.documentElement).scrollBehavior"), behaviour);
    }
    browser.call("Emulation.setEmulatedMedia", json!({"media": "print", "features": []}));
    for gone in [".controls", "nav", ".cite", "details"] {
        assert_eq!(browser.eval(&format!("document.querySelector('{gone}').checkVisibility()")), false, "{gone} on paper");
    }
    assert_eq!(browser.eval("document.querySelector('.text mark').checkVisibility()"), true);
}

#[test]
fn axe_finds_nothing_in_an_article() {
    axe::check(&[Fixture::load("corridor-talks").page(), hostile().page()], Some("mark"));
}

/// Pictures for the README, of what the program itself makes of our article:
/// `DEMARCHE_PICTURES=docs cargo test --test page pictures`, then `pngquant --ext .png --force 64 docs/*.png`.
#[test]
fn pictures() {
    let Some(folder) = std::env::var_os("DEMARCHE_PICTURES") else { return };
    let folder = Path::new(&folder);
    let Some(mut browser) = Browser::start() else { return };
    let page = written(&["summarize", "tests/fixtures/corridor-talks.txt", "--format", "html"]);
    for (width, height) in [(360, 1400), (1440, 1400)] {
        for dark in [false, true] {
            browser.window(width, 900, dark);
            browser.open(&page);
            let name = format!("article-{width}-{}.png", if dark { "dark" } else { "light" });
            browser.picture(&folder.join(name), width, height);
        }
    }
    browser.window(1440, 800, false);
    browser.open(&page);
    browser.hover("mark.expectation");
    assert!(browser.comes_true("document.getElementById('card').checkVisibility()"));
    browser.view(&folder.join("evidence-1440-light.png"));
    browser.window(1440, 800, false);
    browser.open(&written(&["report", "tests/fixtures/labelled.jsonl", "--title", "Three articles"]));
    browser.picture(&folder.join("corpus-1440-light.png"), 1440, 1400);
}

fn written(arguments: &[&str]) -> String {
    let output = Command::cargo_bin("demarche").unwrap().args(arguments).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// The program's own page of an article: whole, in bounds, and the same bytes again.
#[test]
fn the_command_writes_the_page() {
    let arguments = ["summarize", "tests/fixtures/corridor-talks.txt", "--format", "html"];
    let page = written(&arguments);
    assert_eq!(page, written(&arguments));
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>\n") && page.len() < 300_000);
    assert!(page.contains("Features with their weights for expectation") && page.contains("Sardor Yuldoshev"));
    let several = Command::cargo_bin("demarche").unwrap().args(arguments).arg("tests/fixtures/cable-hours.txt").output().unwrap();
    assert_eq!(several.status.code(), Some(2), "one page an article");
}
