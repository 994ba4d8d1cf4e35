//! Which sentences stand inside a quotation, and which hold only part of one.

use crate::segment::Segmentation;

/// Sentences after which an open quotation mark counts as a slip of the writer's.
const LONGEST_QUOTATION: usize = 8;

/// How a sentence stands to the quotations around it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Quoting {
    /// Opens inside a quotation that began before it.
    pub(crate) opens_inside: bool,
    /// Ends inside a quotation that goes on after it.
    pub(crate) ends_inside: bool,
    /// Has an opening mark.
    pub(crate) has_mark: bool,
    /// Begins with one.
    pub(crate) begins: bool,
    /// The marks do not pair off, whatever the sentences around it have.
    pub(crate) odd: bool,
}

impl Quoting {
    /// Whether the sentence alone would show half of a quotation.
    pub(crate) fn is_half(self) -> bool {
        self.opens_inside || self.ends_inside || self.odd
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Open,
    Close,
    Either,
}

/// The quotation marks of `text` in order: `"`, curly and angular ones, doubled apostrophes. Single
/// marks are left out: too many of them are apostrophes.
fn marks(text: &str, mut found: impl FnMut(usize, Mark)) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let (mark, width) = match &bytes[at..] {
            [b'"', ..] => (Some(direction(bytes, at, at + 1)), 1),
            [b'\'', b'\'', ..] | [b'`', b'`', ..] => (Some(direction(bytes, at, at + 2)), 2),
            [0xE2, 0x80, 0x9C | 0x9E, ..] => (Some(Mark::Open), 3),
            [0xE2, 0x80, 0x9D, ..] => (Some(Mark::Close), 3),
            [0xC2, 0xAB, ..] => (Some(Mark::Open), 2),
            [0xC2, 0xBB, ..] => (Some(Mark::Close), 2),
            _ => (None, 1),
        };
        if let Some(mark) = mark {
            found(at, mark);
        }
        at += width;
    }
}

/// Which way a mark without direction looks, by the characters at its sides.
fn direction(bytes: &[u8], from: usize, to: usize) -> Mark {
    let is_space = |byte: Option<&u8>| byte.is_none_or(|b| b.is_ascii_whitespace() || matches!(b, b'(' | b'[' | b'-'));
    let before = from.checked_sub(1).and_then(|at| bytes.get(at));
    match (is_space(before), is_space(bytes.get(to))) {
        (true, false) => Mark::Open,
        (false, true) => Mark::Close,
        _ => Mark::Either,
    }
}

/// How each sentence stands to the quotations of the article.
///
/// A quotation that is not closed within [`LONGEST_QUOTATION`] sentences, or before the next one opens in
/// another paragraph, ends where it began: one slip must not turn the rest of the article inside out.
pub(crate) fn read(text: &str, segmentation: &Segmentation) -> Vec<Quoting> {
    let mut out = vec![Quoting::default(); segmentation.sentences.len()];
    let mut open: Option<usize> = None;
    for (number, sentence) in segmentation.sentences.iter().enumerate() {
        let stale =
            |from: usize| number - from > LONGEST_QUOTATION || segmentation.sentences[from].paragraph != sentence.paragraph;
        if open.is_some_and(stale) {
            open = None;
        }
        let mut n_marks = 0;
        marks(sentence.span.of(text), |at, mark| {
            n_marks += 1;
            out[number].begins |= at == 0;
            out[number].has_mark = true;
            match (mark, open) {
                (Mark::Open, _) | (Mark::Either, None) => open = Some(number),
                (Mark::Close | Mark::Either, Some(from)) => {
                    mark_inside(&mut out, from, number);
                    open = None;
                }
                (Mark::Close, None) => {}
            }
        });
        out[number].odd = n_marks % 2 == 1;
    }
    out
}

fn mark_inside(out: &mut [Quoting], from: usize, to: usize) {
    for number in from..to {
        out[number].ends_inside = true;
        out[number + 1].opens_inside = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{segment::Sentence, span::Span};

    fn halves(sentences: &[&str]) -> Vec<bool> {
        let text = sentences.join(" ");
        let mut at = 0;
        let cut = sentences.iter().map(|s| {
            let span = Span::clamped(&text, at..at + s.len());
            at += s.len() + 1;
            Sentence { span, paragraph: 0 }
        });
        let segmentation = Segmentation { sentences: cut.collect(), ..Segmentation::default() };
        read(&text, &segmentation).into_iter().map(Quoting::is_half).collect()
    }

    #[test]
    fn a_quotation_of_three_sentences_is_half_in_each() {
        assert_eq!(halves(&["He spoke.", "\"One.", "Two.", "Three,\" he said.", "End."]), [false, true, true, true, false]);
    }

    #[test]
    fn whole_quotations_are_whole() {
        assert_eq!(halves(&["\"One,\" he said.", "“Two,” he said, “and three.”"]), [false, false]);
    }

    #[test]
    fn an_unclosed_mark_spoils_its_sentence_only() {
        assert_eq!(halves(&["\"One, he said.", "Two.", "\"Three,\" he said."]), [true, false, false]);
    }
}
