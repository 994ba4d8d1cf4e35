//! The simplest predictors, shown beside every model: the commonest label, and counting words of a lexicon.

use super::classification::Judged;
use crate::stance;

/// Answers of the predictor that always says the label commonest in `judged`.
pub fn majority(judged: &[Judged], n_labels: usize, none: Option<usize>) -> Vec<Judged> {
    let count = |k: usize| judged.iter().filter(|j| j.gold == k).count();
    let commonest = (0..n_labels).fold(0, |best, k| if count(k) > count(best) { k } else { best });
    judged.iter().map(|j| answer(j, commonest, none)).collect()
}

/// Answers of the predictor that counts the words of each stance in the text; no word, or a tie with none ahead, is the
/// label `none`. `None` where `labels` are not those of the lexicon.
pub fn lexicon<S: AsRef<str>>(texts: &[S], judged: &[Judged], labels: &[String]) -> Option<Vec<Judged>> {
    let none = labels.iter().position(|label| label == stance::NONE)?;
    let known = |label: &str| labels.iter().any(|l| l == label);
    if !["support", "concern", "expectation"].into_iter().all(known) {
        return None;
    }
    let main = |text: &str| {
        let counts = stance::lexicon_counts(text);
        let of = |k: usize| labels.get(k).and_then(|label| counts.get(label.as_str())).copied().unwrap_or(0);
        (0..labels.len())
            .filter(|&k| k != none)
            .fold(none, |best, k| if of(k) > if best == none { 0 } else { of(best) } { k } else { best })
    };
    Some(texts.iter().zip(judged).map(|(text, j)| answer(j, main(text.as_ref()), Some(none))).collect())
}

fn answer(judged: &Judged, main: usize, none: Option<usize>) -> Judged {
    let chosen = if Some(main) == none { Vec::new() } else { vec![main] };
    Judged { main, chosen, probabilities: Vec::new(), unsure: false, ..judged.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gold(gold: usize) -> Judged {
        Judged { gold, ..Judged::default() }
    }

    #[test]
    fn the_commonest_label_wins() {
        let answers = majority(&[gold(1), gold(1), gold(0)], 2, None);
        assert!(answers.iter().all(|a| a.main == 1));
    }

    #[test]
    fn the_lexicon_counts_words() {
        let labels = ["support", "concern", "expectation", "none"].map(String::from);
        let texts = ["We condemn and deplore the attack.", "They welcome it.", "The train left."];
        let answers = lexicon(&texts, &[gold(1), gold(0), gold(3)], &labels).unwrap();
        assert_eq!(answers.iter().map(|a| a.main).collect::<Vec<_>>(), [1, 0, 3]);
        assert!(lexicon(&texts, &[gold(0), gold(0), gold(0)], &["x".into(), "none".into()]).is_none());
    }
}
