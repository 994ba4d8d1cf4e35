//! The page of explained predictions: texts with the words that speak for the label, its features and their weights.

use askama::Template;

use super::{
    Evidence, SCRIPT, STYLE, bar_class,
    evidence::evidence_for,
    hundredths,
    label::{Label, looks},
    percent, sealed, signed,
};
use crate::{
    error::Result,
    report::{PROGRAM, rounded},
    stance::Explanation,
};

/// A text and what made its label.
#[derive(Clone, Debug)]
pub struct Explained {
    /// The text.
    pub text: String,
    /// The prediction and its features.
    pub explanation: Explanation,
    /// Number of the label that is explained.
    pub label: usize,
    /// Whether the answer is too doubtful to give under `--abstain`.
    pub unsure: bool,
}

/// Labels whose probabilities are shown.
const N_LABELS: usize = 10;

/// The page of `all`, the predictions of `model` with the names `labels`, as one HTML document without anything to load;
/// the `n_features` weightiest features of each.
///
/// # Errors
/// [`crate::Error::Data`] if the page cannot be put together (a bug).
pub fn explanation(model: &str, labels: &[String], all: &[Explained], n_features: usize) -> Result<String> {
    let looks = looks(labels);
    let rows: Vec<Row<'_>> = all.iter().filter_map(|it| row(it, &looks, n_features)).collect();
    sealed(|nonce| ExplanationPage { nonce, model, rows: &rows }.render())
}

#[derive(Template)]
#[template(path = "explanation.html")]
struct ExplanationPage<'p> {
    nonce: &'p str,
    model: &'p str,
    rows: &'p [Row<'p>],
}

struct Row<'e> {
    /// Stretches of the text; whether each is marked.
    pieces: Vec<(&'e str, bool)>,
    label: &'e Label,
    answer: &'e Label,
    unsure: bool,
    /// The likeliest labels, each with its probability in percent and in words.
    probabilities: Vec<(&'e Label, u32, String)>,
    evidence: Evidence,
    heaviest: f64,
}

fn row<'e>(it: &'e Explained, looks: &'e [Label], n_features: usize) -> Option<Row<'e>> {
    let found = &it.explanation;
    let mut probabilities: Vec<(&Label, f64)> =
        looks.iter().zip(found.prediction.probabilities.iter().map(|&p| rounded(p))).collect();
    probabilities.sort_by(|a, b| b.1.total_cmp(&a.1));
    let evidence = evidence_for(found, it.label, &it.text, n_features);
    Some(Row {
        pieces: pieces(&it.text, &found.marked_words(it.label)),
        label: looks.get(it.label)?,
        answer: looks.get(found.prediction.main)?,
        unsure: it.unsure,
        probabilities: probabilities.into_iter().take(N_LABELS).map(|(look, p)| (look, hundredths(p, 1.0), percent(p))).collect(),
        heaviest: evidence.iter().map(|c| c.weight.abs()).fold(f64::MIN_POSITIVE, f64::max),
        evidence,
    })
}

fn pieces<'t>(text: &'t str, marked: &[std::ops::Range<usize>]) -> Vec<(&'t str, bool)> {
    let (mut out, mut at) = (Vec::new(), 0);
    for range in marked {
        out.push((text.get(at..range.start).unwrap_or_default(), false));
        out.push((text.get(range.clone()).unwrap_or_default(), true));
        at = range.end;
    }
    out.push((text.get(at..).unwrap_or_default(), false));
    out.retain(|(piece, _)| !piece.is_empty());
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stance::StanceModel;

    #[test]
    fn marked_words_stand_in_the_whole_text() {
        let text = "a “b” c";
        let found = pieces(text, &[0..1, 5..6]);
        assert_eq!(found, [("a", true), (" “", false), ("b", true), ("” c", false)]);
        assert_eq!(found.iter().map(|(piece, _)| *piece).collect::<String>(), text);
    }

    #[test]
    fn a_page_shows_label_words_and_features_and_runs_nothing() {
        let model = StanceModel::builtin().unwrap();
        let text = "We deplore the attack & <script>alert(1)</script>";
        let found = model.explain(text);
        let label = found.prediction.main;
        let all = [Explained { text: text.into(), explanation: found, label, unsure: false }];
        let page = explanation("m-1", model.labels(), &all, 6).unwrap();
        assert!(page.contains("<mark class=\"concern\">deplore</mark>"), "{page}");
        assert!(page.contains("&lt;script") && !page.contains("<script>alert"));
        assert_eq!(page.matches("<tr><th scope=\"row\">").count(), model.labels().len() + 6);
    }
}
