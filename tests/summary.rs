//! Summaries: ROUGE against the reference implementation, and what holds for any text.
#![allow(missing_docs, clippy::unwrap_used)]

use demarche::{
    Article, Span,
    evaluate::rouge::rouge,
    segment::{self, Segmentation},
    summarize::{Budget, Request, Summary, SummaryModel},
};
use proptest::prelude::*;

/// `tests/cases/rouge.jsonl` has the F1 that Google's `rouge_score` 0.1.2 gives with `use_stemmer=True`.
#[test]
fn rouge_agrees_with_the_reference_implementation() {
    for line in include_str!("cases/rouge.jsonl").lines() {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        let texts = |name: &str| -> Vec<String> { serde_json::from_value(case[name].clone()).unwrap() };
        let wanted: [f64; 4] = serde_json::from_value(case["f1"].clone()).unwrap();
        let found = rouge(&texts("reference"), &texts("summary"));
        for (found, wanted) in [found.one, found.two, found.l, found.l_sum].iter().zip(wanted) {
            assert!((found.f1 - wanted).abs() < 1e-6, "{} {wanted} in {line}", found.f1);
        }
    }
}

/// Texts of sentences such as news has: pronouns, connectives, quotations over several sentences, odd marks.
fn text() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "Ministers of the three river states signed the treaty in Orvel on Monday.",
        "He called it a fair deal.",
        "But the mayors were not asked.",
        "“We waited nine years.",
        "Nobody wrote to us,” she said.",
        "\"It is a start,\" the envoy said.",
        "The pact \"binds all.",
        "Rain.",
        "\n\n",
        "Farmers downstream, who lost half of their fields in the drought of the last decade, want a larger share.",
        "😀 Ünï “«",
    ]);
    prop::collection::vec(pieces, 0..24).prop_map(|pieces| pieces.join(" "))
}

fn read(text: &str, request: &Request) -> (Segmentation, Summary) {
    let segmentation = segment::segment(text);
    let model = SummaryModel::builtin().unwrap();
    let summary = model.summarize_for(&Article::from_text(text), &segmentation, &[], request);
    (segmentation, summary)
}

fn words(text: &str, segmentation: &Segmentation, chosen: &[usize]) -> usize {
    chosen.iter().map(|&i| segmentation.sentences[i].span.of(text).split_whitespace().count()).sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn summaries_are_subsets_in_reading_order(text in text(), n in 1_usize..6) {
        let request = Request { budget: Budget::Sentences(n), explain: true, ..Request::default() };
        let (segmentation, summary) = read(&text, &request);
        let total = segmentation.sentences.len();
        prop_assert!(summary.chosen.windows(2).all(|pair| pair[0] < pair[1]));
        prop_assert_eq!(summary.chosen.len(), n.min(total));
        let mut ranks: Vec<usize> = summary.scored.iter().map(|scored| scored.rank).collect();
        ranks.sort_unstable();
        prop_assert_eq!(ranks, (1..=total).collect::<Vec<_>>());
        prop_assert!(summary.scored.iter().all(|scored| scored.score.is_finite()));
        prop_assert_eq!(&summary, &read(&text, &request).1);
    }

    #[test]
    fn budgets_of_words_are_never_exceeded(text in text(), limit in 1_usize..60) {
        let (segmentation, summary) = read(&text, &Request { budget: Budget::Words(limit), ..Request::default() });
        let used = words(&text, &segmentation, &summary.chosen);
        if summary.warnings.is_empty() {
            prop_assert!(used <= limit, "{} words of {}", used, limit);
        } else {
            prop_assert_eq!(summary.chosen.len(), 1);
        }
    }

    /// Whatever opens with "He" or "But" stands behind the sentence before it, at any cut of the order, unless only
    /// such sentences are left.
    #[test]
    fn what_points_back_is_ranked_behind_what_it_points_to(text in text()) {
        let (segmentation, summary) = read(&text, &Request::default());
        let sentence = |i: usize| Span::of(segmentation.sentences[i].span, &text);
        for i in 1..segmentation.sentences.len() {
            if sentence(i).starts_with("He called") || sentence(i).starts_with("But the") {
                prop_assert!(summary.scored[i].rank > summary.scored[i - 1].rank, "{}", text);
            }
        }
    }
}
