//! A reader's wishes: words to speak of, a holder to hear.

use super::{Reading, Request};
use crate::{article::Article, features, segment::Segmentation, statement::Statement};

/// How selection is steered.
pub(super) struct Steered {
    /// Sentences that come before all others.
    pub(super) preferred: Vec<bool>,
    /// Sentences that wait for the one before.
    pub(super) dependent: Vec<bool>,
    /// Wishes that the article cannot meet.
    pub(super) warnings: Vec<String>,
}

/// What `request` asks of selection.
///
/// Focus: for each word not spoken of yet, the best sentence that has most of such words is preferred. Holder:
/// the sentences with statements of that holder are; they wait for none, since the reader knows who "he" is.
pub(super) fn steer(
    article: &Article,
    segmentation: &Segmentation,
    statements: &[Statement],
    request: &Request,
    reading: &Reading,
) -> Steered {
    let n = reading.scores.len();
    let mut steered = Steered { preferred: vec![false; n], dependent: reading.dependent.clone(), warnings: Vec::new() };
    if !request.focus.is_empty() {
        let with = |word: &str| features::sentences_with(article, segmentation, word);
        focus(with, &request.focus, reading, &mut steered);
    }
    if let Some(name) = &request.holder {
        hear(statements, name, &mut steered);
    }
    steered
}

fn focus(with: impl Fn(&str) -> Vec<bool>, words: &[String], reading: &Reading, steered: &mut Steered) {
    let mut open: Vec<(&String, Vec<bool>)> = words.iter().map(|word| (word, with(word))).collect();
    open.retain(|(word, has)| {
        let found = has.contains(&true);
        if !found {
            steered.warnings.push(format!("the article does not have \"{word}\""));
        }
        found
    });
    while !open.is_empty() {
        let count = |i: usize| open.iter().filter(|(_, has)| has[i]).count();
        let key = |i: usize| (count(i), !reading.half[i], !reading.dependent[i]);
        let better = |a: usize, b: usize| key(b).cmp(&key(a)).then(reading.scores[b].total_cmp(&reading.scores[a])).is_gt();
        let best = (0..reading.scores.len()).filter(|&i| count(i) > 0).reduce(|a, b| if better(a, b) { b } else { a });
        let Some(best) = best else { break };
        steered.preferred[best] = true;
        // A sentence that points back brings the one before it along.
        let mut first = best;
        while first > 0 && reading.dependent[first] {
            first -= 1;
            steered.preferred[first] = true;
        }
        open.retain(|(_, has)| !has[best]);
    }
}

fn hear(statements: &[Statement], name: &str, steered: &mut Steered) {
    let wanted = folded(name);
    let is_wanted =
        |statement: &&Statement| statement.holder.name.as_deref().is_some_and(|name| has_words(&folded(name), &wanted));
    let mut heard = false;
    for statement in statements.iter().filter(is_wanted) {
        if let Some(preferred) = steered.preferred.get_mut(statement.sentence) {
            *preferred = true;
            steered.dependent[statement.sentence] = false;
            heard = true;
        }
    }
    if !heard {
        steered.warnings.push(format!("the article has no statement of \"{name}\""));
    }
}

fn folded(name: &str) -> Vec<String> {
    name.to_lowercase().split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(String::from).collect()
}

/// Whether `name` has every word of `wanted`; nothing is wanted by no words.
fn has_words(name: &[String], wanted: &[String]) -> bool {
    !wanted.is_empty() && wanted.iter().all(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use crate::{
        Article, segment,
        statement::{Holder, Kind, Statement},
        summarize::{Budget, Request, SummaryModel},
    };

    const TEXT: &str = "Lake ministers agreed on Monday to share the water of the Orvel basin. Farmers had asked for it. \
        Fishing rights were left to a later round. He called the deal fair. Rain fell on the capital.";

    fn chosen(request: &Request, statements: &[Statement]) -> (Vec<usize>, Vec<String>) {
        let model = SummaryModel::builtin().unwrap();
        let summary = model.summarize_for(&Article::from_text(TEXT), &segment::segment(TEXT), statements, request);
        (summary.chosen, summary.warnings)
    }

    #[test]
    fn focus_words_must_be_spoken_of() {
        let focus = |words: &[&str]| Request {
            budget: Budget::Sentences(2),
            focus: words.iter().map(|w| w.to_string()).collect(),
            ..Request::default()
        };
        assert_eq!(chosen(&focus(&["fishing", "rain"]), &[]).0, [2, 4]);
        let (_, warnings) = chosen(&focus(&["tariff"]), &[]);
        assert_eq!(warnings, ["the article does not have \"tariff\""]);
    }

    #[test]
    fn a_holder_is_heard_even_as_he() {
        let holder = Holder { name: Some("Pavel Orlin".into()), ..Holder::default() };
        let statement = Statement {
            sentence: 3,
            utterance: 0,
            content: Vec::new(),
            cue: None,
            holder,
            kind: Kind::Indirect,
            speech: true,
            reported_by: None,
            target: None,
            found_by: "",
        };
        let request = |name: &str| Request { budget: Budget::Sentences(1), holder: Some(name.into()), ..Request::default() };
        assert_eq!(chosen(&request("orlin"), std::slice::from_ref(&statement)).0, [3]);
        assert!(chosen(&request("Orlina"), &[statement]).1[0].contains("no statement of \"Orlina\""));
    }
}
