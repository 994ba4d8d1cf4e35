//! Sentences within a paragraph: `sentencex` on a mask of the text, then the news pass.
//!
//! The mask has the text's length and holds only ASCII. Quotation marks become spaces, so that a
//! quotation of several sentences is split like any other text (`sentencex` keeps it whole), letters
//! become `a` or `A`, and full stops of other scripts become points. So offsets carry over, the
//! fast ASCII path always applies (260 against 100 MB/s), and no script can surprise the splitter.

use super::Sentence;
use crate::span::Span;
use sentencex::languages::{English, Language};
use std::{collections::HashMap, sync::LazyLock};

/// Most bytes given to the splitter at once; a longer paragraph is fed in pieces.
const PIECE: usize = 32 * 1024;

/// Appends the sentences of `paragraph` (number `number`) to `out`.
pub(super) fn split(text: &str, paragraph: Span, number: usize, mask: &mut Mask, out: &mut Vec<Sentence>) {
    mask.fill(paragraph.of(text));
    let inner = paragraph.of(text);
    let (mut start, from) = (0, out.len());
    while start < mask.text.len() {
        let end = mask.piece_end(start);
        let mut ends = ends(&mask.text[start..end]);
        if end < mask.text.len() && ends.len() > 1 {
            ends.pop(); // the piece ends in mid-sentence: the next one starts there
        }
        let first = start;
        for cut in ends {
            let cut = Span::clamped(inner, 0..(first + cut).max(start)).end();
            let cut = cut + closing_marks(&inner[cut..]);
            let span = Span::clamped(text, paragraph.start() + start..paragraph.start() + cut);
            push(text, span, number, from, out);
            start = cut;
        }
        if end == mask.text.len() || start == first {
            push(text, Span::clamped(text, paragraph.start() + start..paragraph.start() + end), number, from, out);
            start = end;
        }
    }
}

/// ASCII stand-in of a paragraph, reused between paragraphs.
#[derive(Default)]
pub(super) struct Mask {
    text: String,
}

impl Mask {
    fn fill(&mut self, text: &str) {
        self.text.clear();
        self.text.reserve(text.len());
        let mut before = ' ';
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            let next = chars.peek().copied().unwrap_or(' ');
            self.push(before, c, next);
            before = c;
        }
    }

    fn push(&mut self, before: char, c: char, next: char) {
        let ascii = match c {
            '"' | '“' | '”' | '„' | '«' | '»' | '‹' | '›' | '`' => ' ',
            '\'' | '‘' | '’' if !(before.is_alphanumeric() && next.is_alphanumeric()) => ' ',
            '’' | '‘' => 'a',
            '\n' | '\r' | '\0' => ' ',
            '…' => '.',
            '。' | '؟' | '۔' | '।' | '！' | '？' => '.',
            _ if c.is_ascii() => c,
            _ if c.is_whitespace() => ' ',
            _ if c.is_uppercase() => 'A',
            _ if c.is_alphanumeric() => 'a',
            _ => '-',
        };
        self.text.push(ascii);
        let filler = match ascii {
            'A' | 'a' => 'a',
            '.' if c == '…' => '.',
            _ => ' ',
        };
        self.text.extend(std::iter::repeat_n(filler, c.len_utf8() - 1));
    }

    /// End of the piece that starts at `start`: after a space, where there is one.
    fn piece_end(&self, start: usize) -> usize {
        let end = start + PIECE;
        if end >= self.text.len() {
            return self.text.len();
        }
        self.text[start..end].rfind(' ').map_or(end, |n| start + n + 1)
    }
}

/// Ends of the sentences that `sentencex` sees in `mask`, white space after each left out.
fn ends(mask: &str) -> Vec<usize> {
    let mut at = 0;
    let sentences = English {}.segment(mask);
    let ends = sentences.iter().map(|s| {
        at += s.len();
        at - (s.len() - s.trim_end_matches(' ').len())
    });
    ends.collect()
}

/// Bytes of the closing marks at the start of `rest`: they belong to the sentence before.
fn closing_marks(rest: &str) -> usize {
    let marks: usize = rest.chars().take_while(|&c| is_closing_mark(c)).map(char::len_utf8).sum();
    // A straight mark before a letter opens the next sentence.
    let opens = rest[marks..].starts_with(char::is_alphanumeric) && rest[..marks].ends_with(['"', '\'']);
    marks - usize::from(opens)
}

/// The news pass: joins `span` to the sentence before where no sentence ends there, cuts it where
/// one was missed.
fn push(text: &str, span: Span, paragraph: usize, from: usize, out: &mut Vec<Sentence>) {
    let span = span.trimmed(text);
    if span.is_empty() {
        return;
    }
    if out.len() > from
        && let Some(last) = out.last_mut()
        && (continues(text, last.span, span) || !has_letters(span.of(text)))
    {
        last.span = last.span.cover(span);
        return;
    }
    let mut start = span.start();
    for cut in missed_cuts(text, span) {
        let piece = Span::clamped(text, start..cut).trimmed(text);
        out.push(Sentence { span: piece, paragraph });
        start = cut;
    }
    let rest = Span::clamped(text, start..span.end()).trimmed(text);
    if !rest.is_empty() {
        out.push(Sentence { span: rest, paragraph });
    }
}

fn has_letters(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

fn is_closing_mark(c: char) -> bool {
    matches!(c, '"' | '”' | '’' | '\'' | '»' | '›' | ')' | ']')
}

/// Whether the sentence `before` does not end where `sentencex` ended it.
fn continues(text: &str, before: Span, next: Span) -> bool {
    let (before, next) = (before.of(text), next.of(text));
    if next.starts_with(|c: char| c.is_lowercase()) && !before.ends_with(':') {
        // “Why now?” he asked. — sentencex sees capitals only through the marks.
        return true;
    }
    let closed = before.ends_with(is_closing_mark);
    let bare = before.trim_end_matches(is_closing_mark);
    if closed && bare.ends_with(['?', '!', '…', ',']) && opens_with_attribution(next) {
        return true;
    }
    !closed && bare.ends_with('.') && ends_with_abbreviation(bare, next)
}

/// Verbs that attribute a question or an exclamation: `“Why?” Lavrov asked.`
const SAYING: [&str; 32] = [
    "said",
    "says",
    "asked",
    "asks",
    "added",
    "adds",
    "told",
    "tells",
    "wrote",
    "writes",
    "tweeted",
    "shouted",
    "exclaimed",
    "cried",
    "replied",
    "replies",
    "answered",
    "wondered",
    "demanded",
    "continued",
    "declared",
    "joked",
    "quipped",
    "recalled",
    "insisted",
    "explained",
    "concluded",
    "remarked",
    "retorted",
    "laughed",
    "noted",
    "argued",
];

/// Whether `next` opens with a short name and a verb of saying, or the reverse.
fn opens_with_attribution(next: &str) -> bool {
    let words = next.split_whitespace().take(7).map(|w| w.trim_matches(|c: char| !c.is_alphanumeric()));
    let mut clause = next;
    if let Some(end) = next.find([',', '.', ';', ':', '“', '"']) {
        clause = &next[..end];
    }
    let n_words = clause.split_whitespace().count() + 4;
    words.take(n_words.min(7)).any(|w| SAYING.contains(&w))
}

type Abbreviations = HashMap<&'static str, Vec<&'static str>>;

static ABBREVIATIONS: LazyLock<Abbreviations> = LazyLock::new(|| {
    let lines = include_str!("lists/abbreviations.txt").lines().map(str::trim);
    let entries = lines.filter(|l| !l.is_empty() && !l.starts_with('#')).map(|l| {
        let (word, next) = l.split_once(" > ").unwrap_or((l, ""));
        (word, next.split_whitespace().collect())
    });
    entries.collect()
});

/// Whether `before` (which ends in a point) ends in an abbreviation or initial that `next` goes on from.
fn ends_with_abbreviation(before: &str, next: &str) -> bool {
    let word =
        before.rsplit(|c: char| c.is_whitespace() || c == '(' || is_closing_mark(c) || is_opening_mark(c)).next().unwrap_or("");
    let word = &word[..word.len() - 1];
    if word.is_empty() || word.len() > 12 {
        return false;
    }
    let first = next.split_whitespace().next().unwrap_or("").trim_matches(|c: char| !c.is_alphanumeric());
    if is_initial(word) {
        // "J. Smith", but not "… in Appendix B. The", "… vitamin C. We".
        return before.len() > 2 && first.chars().count() > 1 && !STARTERS.contains(&first);
    }
    match ABBREVIATIONS.get(word.to_ascii_lowercase().as_str()) {
        Some(next) if next.is_empty() => {
            word != "no" && !(word.chars().all(char::is_lowercase) && word.len() > 2 && STARTERS.contains(&first))
        }
        Some(next) => next.contains(&first.to_ascii_lowercase().as_str()),
        None => false,
    }
}

fn is_opening_mark(c: char) -> bool {
    matches!(c, '"' | '“' | '‘' | '\'' | '«' | '„' | '(' | '[')
}

fn is_initial(word: &str) -> bool {
    let mut chars = word.chars();
    chars.next().is_some_and(|c| c.is_uppercase() && c != 'I') && chars.next().is_none()
}

/// Words that start a sentence rather than carry a name on.
const STARTERS: [&str; 24] = [
    "The", "A", "An", "He", "She", "It", "They", "We", "I", "You", "This", "That", "These", "But", "And", "In", "On", "At", "If",
    "His", "Her", "There", "Mr", "Mrs",
];

/// Ends of sentences inside `span` that `sentencex` misses: a point, a mark and no space before the
/// next sentence (`end.”“Next`, `end.“Next`), the answer "no." before a capital, a bracketed sentence.
fn missed_cuts(text: &str, span: Span) -> Vec<usize> {
    let bytes = span.of(text).as_bytes();
    let mut out = Vec::new();
    for at in memchr::memchr3_iter(b'.', b'!', b'?', bytes) {
        let rest = Span::clamped(text, span.start() + at + 1..span.end()).of(text);
        let marks: usize = rest.chars().take_while(|&c| is_closing_mark(c)).map(char::len_utf8).sum();
        let after = &rest[marks..];
        let glued = after.starts_with(['“', '«', '„']) && at > 0 && bytes[at - 1].is_ascii_lowercase();
        let said_no = marks == 0
            && bytes[..at].ends_with(b" no")
            && after.strip_prefix(' ').is_some_and(|a| a.starts_with(|c: char| c.is_uppercase()))
            && !after.trim_start().starts_with(|c: char| c.is_numeric());
        let bracket = bytes[0] == b'('
            && rest.starts_with(") ")
            && after.trim_start().starts_with(|c: char| c.is_uppercase() || is_opening_mark(c));
        if (glued || said_no || bracket) && has_letters(after) {
            out.push(span.start() + at + 1 + marks);
        }
    }
    out
}
