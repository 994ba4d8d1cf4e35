//! Sentences in; shorter quotations of the article out (`--trim`).
//!
//! Two things are left away, and only where what is left is one contiguous stretch of the article that reads as a
//! sentence: a leading connective ("However, ", "But "), and an attribution with a neutral cue at the end or the head
//! (", he said on Monday.", "The ministry said that "). The words are in `trim.txt`.

use std::{collections::HashMap, sync::LazyLock};

use crate::{
    features::words::{self, CONNECTIVE, FIRST_PERSON, NEGATION, PRONOUN, SECOND_PERSON},
    segment::{Segmentation, Sentence},
    span::Span,
    statement::{Kind, Statement},
};

/// Words that must be left.
const FEWEST_WORDS: usize = 6;
/// Words of an attribution at most: longer ones say more than who speaks.
const LONGEST_ATTRIBUTION: usize = 12;

/// What may be left of a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Trim {
    /// The sentence without its attribution; the whole sentence where it has none to lose.
    pub(super) body: Span,
    /// `body` without its leading connective, where it has one to lose.
    pub(super) without_connective: Option<Span>,
}

/// What may be left of each sentence, in article order. Sentences with half a quotation stay as they are.
pub(super) fn find(text: &str, segmentation: &Segmentation, statements: &[Statement], half: &[bool]) -> Vec<Trim> {
    let mut in_sentence: Vec<(usize, Option<&Statement>)> = vec![(0, None); segmentation.sentences.len()];
    for statement in statements {
        if let Some((count, last)) = in_sentence.get_mut(statement.sentence) {
            *count += 1;
            *last = Some(statement);
        }
    }
    let one = |(i, sentence): (usize, &Sentence)| {
        if half.get(i).copied().unwrap_or(true) {
            return Trim { body: sentence.span, without_connective: None };
        }
        let only = in_sentence.get(i).filter(|(count, _)| *count == 1).and_then(|(_, statement)| *statement);
        let body = only.and_then(|it| without_attribution(text, sentence.span, it)).unwrap_or(sentence.span);
        Trim { body, without_connective: without_connective(text, body) }
    };
    segmentation.sentences.iter().enumerate().map(one).collect()
}

/// What is shown of the sentences of `chosen` that are shortened: a connective stays where the sentence before is shown.
pub(super) fn shown(trims: &[Trim], chosen: &[usize], segmentation: &Segmentation) -> Vec<(usize, Span)> {
    let one = |&i: &usize| {
        let (trim, whole) = (trims.get(i)?, segmentation.sentences.get(i)?.span);
        let follows = i > 0 && chosen.contains(&(i - 1));
        let span = trim.without_connective.filter(|_| !follows).unwrap_or(trim.body);
        (span != whole).then_some((i, span))
    };
    chosen.iter().filter_map(one).collect()
}

/// The words of each class.
static WORDS: LazyLock<HashMap<&'static str, Vec<&'static str>>> = LazyLock::new(|| {
    let lines = include_str!("trim.txt").lines().filter(|line| !line.starts_with('#'));
    let classes = lines.filter_map(|line| line.split_once(':'));
    classes.map(|(class, words)| (class, words.split(',').map(str::trim).collect())).collect()
});

fn class(name: &str) -> &'static [&'static str] {
    WORDS.get(name).map_or(&[], Vec::as_slice)
}

/// `span` without a leading connective, where a sentence is left that does not point back either.
fn without_connective(text: &str, span: Span) -> Option<Span> {
    let words = span.of(text);
    let rest = after_adverb(words).or_else(|| after_conjunction(words))?;
    let left = Span::clamped(text, span.end() - rest.len()..span.end());
    stands_alone(rest).then_some(left)
}

fn after_adverb(sentence: &str) -> Option<&str> {
    let (head, rest) = sentence.split_once(", ")?;
    class("adverb").contains(&head.to_lowercase().as_str()).then(|| rest.trim_start())
}

fn after_conjunction(sentence: &str) -> Option<&str> {
    let (head, rest) = sentence.split_once(' ')?;
    if !class("conjunction").contains(&head.to_lowercase().as_str()) {
        return None;
    }
    let next = first_word(rest);
    let opens = next.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit()) || class("clause").contains(&next);
    opens.then(|| rest.trim_start())
}

fn first_word(words: &str) -> &str {
    words.split(|c: char| c.is_whitespace() || c == ',').find(|word| !word.is_empty()).unwrap_or("")
}

/// Long enough, and opens with a word that points nowhere.
fn stands_alone(words: &str) -> bool {
    let opening = words::classes(first_word(words).trim_start_matches(['"', '“', '\'']).to_lowercase().as_bytes());
    words.split_whitespace().count() >= FEWEST_WORDS && opening & (PRONOUN | CONNECTIVE) == 0
}

/// `sentence` without who says so: the content of its only `statement`. Quotations keep their speaker.
fn without_attribution(text: &str, sentence: Span, statement: &Statement) -> Option<Span> {
    let [content] = statement.content.as_slice() else { return None };
    let neutral = |cue: Span| class("neutral").contains(&cue.of(text).to_lowercase().as_str());
    if statement.kind != Kind::Indirect || statement.reported_by.is_some() || !statement.cue.is_some_and(neutral) {
        return None;
    }
    let left = clause(text, sentence, *content);
    let before = Span::clamped(text, sentence.start()..left.start()).of(text);
    let after = Span::clamped(text, left.end()..sentence.end()).of(text);
    let left_alone =
        if is_tail(before, after) { is_plain(after) } else { is_head(before, after, left.of(text)) && is_plain(before) };
    (left_alone && stands_alone(left.of(text)) && speaks_of_others(left.of(text))).then_some(left)
}

/// `content` without the "that" which opens it, and with the stop that ends the sentence.
fn clause(text: &str, sentence: Span, content: Span) -> Span {
    // "that" belongs to the content of a statement, but opens no sentence.
    let that = if content.of(text).starts_with("that ") { "that ".len() } else { 0 };
    let after = Span::clamped(text, content.end()..sentence.end()).of(text);
    let end = if after.trim_matches(['.', '!', '?']).is_empty() { sentence.end() } else { content.end() };
    Span::clamped(text, content.start() + that..end)
}

/// Nothing before, and a comma and the speaker after: "…, he said on Monday."
fn is_tail(before: &str, after: &str) -> bool {
    let words = after.trim_start_matches(',').trim();
    before.is_empty() && (after.starts_with(", ") || after.starts_with(" according to ")) && words.ends_with('.')
}

/// A speaker before, "that" or a plain verb of saying next to the content, and nothing after: "The ministry said that …".
/// Content with a word for the speaker stays with him; after "According to X," a comma may end an apposition to X.
fn is_head(before: &str, after: &str, content: &str) -> bool {
    let last = before.trim_end().trim_end_matches([',', ':']).rsplit(char::is_whitespace).next().unwrap_or("");
    let according =
        before.to_lowercase().starts_with("according to ") && before.trim_end().ends_with(',') && !content.contains(',');
    let joins = matches!(last, "that" | "said" | "says") || according;
    joins && after.is_empty() && lower_words(content).iter().all(|word| !class("anaphor").contains(&word.as_str()))
}

/// Says nothing but who speaks, when and where: short, without a negation, a quotation mark or another clause.
fn is_plain(attribution: &str) -> bool {
    let words = lower_words(attribution);
    let joins = |word: &str| matches!(word, "but" | "although" | "because" | "while" | "and" | "if" | "which" | "would");
    let negates = |word: &str| words::classes(word.as_bytes()) & NEGATION != 0;
    let clean = !attribution.contains(['"', '“', '”', ';', '(']) && attribution.matches(',').count() <= 1;
    words.len() <= LONGEST_ATTRIBUTION && clean && !words.iter().any(|word| joins(word) || negates(word))
}

/// Has no "I", "we" or "you", whose speaker the reader would miss, and no quotation mark.
fn speaks_of_others(words: &str) -> bool {
    let of_speaker = |word: &String| words::classes(word.as_bytes()) & (FIRST_PERSON | SECOND_PERSON) != 0;
    !words.contains(['"', '“', '”']) && !lower_words(words).iter().any(of_speaker)
}

fn lower_words(words: &str) -> Vec<String> {
    let lower = words.to_lowercase().replace('’', "'");
    let words = lower.split(|c: char| !c.is_alphanumeric() && c != '\'');
    words.filter(|word| !word.is_empty()).map(String::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{segment, statement};

    /// What may be left of the last sentence of `text`, the connective dropped where it can be.
    fn left(text: &str) -> String {
        let segmentation = segment::segment(text);
        let statements = statement::extract(text, &segmentation);
        let half = crate::features::half_quotations(text, &segmentation);
        let found = find(text, &segmentation, &statements, &half);
        found.last().map(|it| it.without_connective.unwrap_or(it.body).of(text).to_string()).unwrap_or_default()
    }

    #[test]
    fn leading_connectives_go_where_a_sentence_is_left() {
        assert_eq!(left("However, the ferry to Orvel will run twice a week."), "the ferry to Orvel will run twice a week.");
        assert_eq!(left("But farmers along the Orvel had asked for more."), "But farmers along the Orvel had asked for more.");
        assert_eq!(left("But the farmers along the Orvel asked for more."), "the farmers along the Orvel asked for more.");
        assert_eq!(left("And Daugava Radio reported a flood in two towns."), "Daugava Radio reported a flood in two towns.");
        for kept in [
            "But for the dam the valley would be under water.",
            "However, they had asked for a larger share.",
            "But the ferry ran.",
        ] {
            assert_eq!(left(kept), kept);
        }
    }

    #[test]
    fn attributions_go_where_the_content_is_a_sentence() {
        let tail = "The ferry to Orvel will run twice a week from May, Transport Minister Ada Lindqvist said on Monday.";
        assert_eq!(left(tail), "The ferry to Orvel will run twice a week from May");
        let head = "The ministry said that the ferry to Orvel will run twice a week.";
        assert_eq!(left(head), "the ferry to Orvel will run twice a week.");
        let according = "According to the ministry, the ferry to Orvel will run twice a week.";
        assert_eq!(left(according), "the ferry to Orvel will run twice a week.");
    }

    #[test]
    fn attributions_that_carry_meaning_stay() {
        for kept in [
            "The ministry denied that the ferry to Orvel will run twice a week.",
            "The minister did not say that the ferry to Orvel will run twice a week.",
            "“We will run the ferry to Orvel twice a week,” the minister said.",
            "“The ferry to Orvel will run twice a week,” Transport Minister Ada Lindqvist said.",
            "According to Ada Lindqvist, the new minister of transport, the ferry to Orvel will run twice a week.",
            "The ministry said that the ferry to Orvel and its crew will work twice a week.",
            "The ministry said they would run the ferry twice a week.",
            "The ferry to Orvel will run, Lindqvist said, but nobody believes that it will run on time.",
        ] {
            assert_eq!(left(kept), kept);
        }
    }

    #[test]
    fn every_class_has_words() {
        assert!(["adverb", "conjunction", "clause", "neutral"].iter().all(|name| class(name).len() > 3));
    }
}
