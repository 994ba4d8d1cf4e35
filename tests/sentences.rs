//! Sentence boundaries on readable cases (`tests/cases/sentences/`), and properties on any text.
#![allow(clippy::unwrap_used)]

use demarche::segment::segment;
use proptest::prelude::*;
use std::{fs, path::Path};

/// A line of a case file: the text, and the sentences it should give with white space folded.
fn case(line: &str) -> (String, Vec<String>) {
    let text = line.replace('⏎', "\n").replace("¦ ", "").replace('¦', "");
    let fold = |s: &str| s.split_whitespace().collect::<Vec<_>>().join(" ");
    let paragraphs = line.replace("⏎⏎", "¦");
    (text, paragraphs.split('¦').map(|s| fold(&s.replace('⏎', " "))).collect())
}

#[test]
fn cases_split_as_marked() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/sentences");
    let mut n_cases = 0;
    let mut wrong = Vec::new();
    for file in ["news.txt", "layout.txt"] {
        let body = fs::read_to_string(folder.join(file)).unwrap();
        for (n, line) in body.lines().enumerate().filter(|(_, l)| !l.starts_with('#') && !l.is_empty()) {
            let (text, want) = case(line);
            let found =
                segment(&text).sentences.into_iter().map(|s| s.span.of(&text).split_whitespace().collect::<Vec<_>>().join(" "));
            let found: Vec<String> = found.collect();
            n_cases += 1;
            if found != want {
                wrong.push(format!("{file}:{}: found {found:#?}", n + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(n_cases > 20);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Parts are ordered and slice cleanly, and only white space lies between them.
    #[test]
    fn parts_cover_all_but_white_space(text in "([ \\n\\r\\t.!?\"'“”‘’«»()A-Ca-cé😀\u{0}-]|Mr\\. |U\\.S\\. |\\. |ASTANA, |\\(AP\\) |No\\. |\u{2028}|مر){0,60}") {
        let found = segment(&text);
        let mut spans: Vec<_> = found.headline.into_iter().collect();
        spans.extend(found.dateline.as_ref().map(|d| d.span));
        spans.extend(found.sentences.iter().map(|s| s.span));
        let mut end = 0;
        for span in &spans {
            prop_assert!(span.start() >= end && !span.is_empty());
            let gap = &text[end..span.start()];
            prop_assert!(gap.trim().is_empty(), "lost {:?} of {:?}", gap, text);
            prop_assert_eq!(span.of(&text).trim(), span.of(&text));
            end = span.end();
        }
        prop_assert!(text[end..].trim().is_empty());
        for sentence in &found.sentences {
            prop_assert!(found.paragraphs[sentence.paragraph].contains(sentence.span));
        }
    }

    /// Any text at all goes through.
    #[test]
    fn any_text_is_segmented(text in any::<String>()) {
        segment(&text);
    }
}
