//! What made a label, in words of the text.

use super::folded;
use crate::stance::{self, Explanation};

/// How much some words of a text spoke for a label.
#[derive(Clone, Debug, PartialEq)]
pub struct Contribution {
    /// The words as they stand in the text ("is deeply concerned").
    pub feature: String,
    /// What they add to the given label's logit beside the mean of the labels; negative where they speak against it.
    pub weight: f64,
}

/// What made the label of one text, the weightiest first; empty where it is not known.
pub type Evidence = Vec<Contribution>;

/// Characters of a feature that are shown.
const FEATURE_CHARS: usize = 60;

/// The `n` weightiest stretches of `text` for the label that `explanation` explains.
///
/// A model has many features of the same words (the word, its pieces, its class): they are summed, and named by the words.
pub fn evidence(explanation: &Explanation, text: &str, n: usize) -> Evidence {
    evidence_for(explanation, explanation.prediction.main, text, n)
}

/// The same for the label number `label`.
pub(super) fn evidence_for(explanation: &Explanation, label: usize, text: &str, n: usize) -> Evidence {
    let mut by_place: Vec<(&stance::Evidence, f64)> = Vec::new();
    // The explanation is in order of position.
    for found in &explanation.evidence {
        match by_place.last_mut() {
            Some((last, sum)) if last.bytes == found.bytes => *sum += weight(found, label),
            _ => by_place.push((found, weight(found, label))),
        }
    }
    by_place.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()).then(a.0.bytes.start.cmp(&b.0.bytes.start)));
    let one = |(found, weight): &(&stance::Evidence, f64)| Contribution {
        feature: words(text, found),
        weight: (weight * 1e4).round() / 1e4,
    };
    by_place.iter().take(n).map(one).collect()
}

/// A feature's contribution less the mean over the labels.
fn weight(found: &stance::Evidence, label: usize) -> f64 {
    let all = &found.contributions;
    let mean = all.iter().map(|&c| f64::from(c)).sum::<f64>() / all.len().max(1) as f64;
    all.get(label).map_or(0.0, |&c| f64::from(c) - mean)
}

fn words(text: &str, found: &stance::Evidence) -> String {
    let words = folded(text.get(found.bytes.clone()).unwrap_or(""));
    match words.char_indices().nth(FEATURE_CHARS) {
        _ if words.is_empty() => found.name.clone(),
        Some((end, _)) => words.get(..end).unwrap_or("").to_owned() + "…",
        None => words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{model::Block, stance::Prediction};

    #[test]
    fn features_of_the_same_words_are_summed_and_named_by_them() {
        let found = |name: &str, bytes, contributions: [f32; 2]| stance::Evidence {
            block: Block::ALL[0],
            name: name.into(),
            bytes,
            contributions: contributions.to_vec(),
        };
        let explanation = Explanation {
            prediction: Prediction { main: 1, ..Prediction::default() },
            logits: vec![0.0, 0.0],
            biases: vec![0.0, 0.0],
            evidence: vec![
                found("we", 0..2, [0.25, 0.0]),
                found("regret", 3..9, [0.0, 1.0]),
                found("regr", 3..9, [0.5, 1.0]),
                found("(start)", 0..0, [0.0, 0.5]),
            ],
        };
        let shown: Vec<(String, f64)> =
            evidence(&explanation, "We regret it", 3).into_iter().map(|c| (c.feature, c.weight)).collect();
        assert_eq!(shown, [("regret".into(), 0.75), ("(start)".into(), 0.25), ("We".into(), -0.125)]);
    }
}
