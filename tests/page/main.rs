//! The pages for people: the same bytes for the same input, nothing hostile alive, and at work in a real browser.
#![allow(clippy::print_stderr, clippy::unwrap_used, missing_docs)]

mod axe;
mod browser;
mod corpus;
mod evaluation;
mod fixture;
mod hostile;
mod reading;

use demarche::report::html::Contribution;
use fixture::Fixture;

/// A page without what changes from release to release.
fn settled(page: &str) -> String {
    let nonce = page.split_once("nonce-").unwrap().1.split_once('\'').unwrap().0;
    page.replace(nonce, "NONCE").replace(demarche::report::PROGRAM, "PROGRAM")
}

#[test]
fn pages_of_three_articles() {
    for name in ["corridor-talks", "trawler-quarrel", "cable-hours"] {
        let page = Fixture::load(name).page();
        if let Ok(folder) = std::env::var("DEMARCHE_PAGES") {
            std::fs::write(format!("{folder}/{name}.html"), &page).unwrap();
        }
        let settled = settled(&page);
        let (_, body) = settled.split_once("<body>").unwrap();
        let (body, _) = body.split_once("<script").unwrap();
        insta::assert_snapshot!(name, body);
    }
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    let article = Fixture::load("corridor-talks");
    assert_eq!(article.page(), article.page());
    assert_ne!(article.page(), Fixture::load("cable-hours").page());
}

/// 300 kB beside the article's words: for 60 statements with all the evidence that a page shows, for 180 with less, for
/// 280 with stances and probabilities alone.
#[test]
fn a_page_stays_small() {
    let mut article = Fixture::load("trawler-quarrel");
    let statements = article.report.statements.clone();
    let feature = |at: usize| Contribution { feature: format!("are deeply concerned by {at}"), weight: 0.1234 };
    for (n, told) in [(60, "are deeply concerned by 2"), (180, "Cue: "), (280, "probabilities only")] {
        article.report.statements = statements.iter().cycle().take(n).cloned().collect();
        article.evidence = vec![(0..9).map(feature).collect(); n];
        let page = article.page();
        assert!(page.contains(told), "{n}");
        let spans = article.report.statements.iter().flat_map(|it| &it.statement.content);
        let words = article.report.article.text.len() + spans.map(|span| span.len()).sum::<usize>();
        assert!(page.len() < 300_000 + words, "{} bytes for {n}", page.len());
    }
}
