//! Text in; words and punctuation out, each with what the lists know of it.

use super::{
    lexicon::{Form, class::*, lexicon},
    quotation::Region,
};
use crate::{segment::Sentence, span::Span};
use std::ops::Range;

/// A word or a punctuation mark. Quotation marks that bound a region are no tokens.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    start: u32,
    end: u32,
    /// Bits of [`super::lexicon::class`].
    pub(super) classes: u64,
    pub(super) verb: u16,
    pub(super) noun: u16,
    pub(super) form: Form,
    /// The first byte of punctuation; 0 for words.
    pub(super) mark: u8,
    /// Number of the region it stands in, from 1 on; 0 outside quotation marks.
    pub(super) region: u32,
    pub(super) sentence: u32,
}

impl Token {
    /// Whether it has any of `classes`.
    pub(super) fn is(&self, classes: u64) -> bool {
        self.classes & classes != 0
    }

    pub(super) fn is_word(&self) -> bool {
        self.mark == 0
    }

    /// Where it stands, given where the block starts.
    pub(super) fn range(&self, base: usize) -> Range<usize> {
        base + self.start as usize..base + self.end as usize
    }
}

/// Punctuation that has no ASCII byte of its own is mapped to one.
fn mark_of(c: char) -> u8 {
    match c {
        '–' | '—' | '―' | '-' => b'-',
        '…' => b'.',
        '؟' => b'?',
        c if c.is_ascii() => c as u8,
        _ => b'~',
    }
}

/// Tokens of `sentences`, which start at byte `base` of `text`, and the token range of each sentence.
pub(super) fn tokenize(text: &str, base: usize, sentences: &[Sentence], regions: &[Region]) -> (Vec<Token>, Vec<Range<usize>>) {
    let bytes = sentences.last().map_or(0, |s| s.span.end()).saturating_sub(base);
    let mut reader = Reader { text, base, regions, next_region: 0, tokens: Vec::with_capacity(bytes / 5), key: String::new() };
    let mut ranges = Vec::with_capacity(sentences.len());
    for (number, sentence) in sentences.iter().enumerate() {
        let first = reader.tokens.len();
        reader.read(sentence.span, number as u32);
        ranges.push(first..reader.tokens.len());
    }
    (reader.tokens, ranges)
}

struct Reader<'t> {
    text: &'t str,
    base: usize,
    regions: &'t [Region],
    next_region: usize,
    tokens: Vec<Token>,
    key: String,
}

impl Reader<'_> {
    fn read(&mut self, span: Span, sentence: u32) {
        let mut at = span.start();
        while at < span.end() {
            let Some(c) = self.text[at..span.end()].chars().next() else { return };
            if c.is_whitespace() || c == '\0' {
                at += c.len_utf8();
                continue;
            }
            let clitic = self.clitic_len(at, span.end(), c);
            let end = if let Some(len) = clitic {
                at + len
            } else if c.is_alphanumeric() {
                at + self.word_end(at, span.end())
            } else {
                at + c.len_utf8()
            };
            let region = self.region_at(at);
            match region {
                // A mark that bounds its region.
                Some(n) if self.regions[n].is_mark(at) => {}
                _ => self.push(at, end, c, region, sentence),
            }
            at = end;
        }
    }

    fn push(&mut self, at: usize, end: usize, c: char, region: Option<usize>, sentence: u32) {
        let region = region.map_or(0, |n| n as u32 + 1);
        let mut token = Token {
            start: (at - self.base) as u32,
            end: (end - self.base) as u32,
            classes: 0,
            verb: 0,
            noun: 0,
            form: Form::Base,
            mark: 0,
            region,
            sentence,
        };
        if c.is_alphanumeric() {
            self.describe(&mut token, at, end, c);
        } else if end > at + c.len_utf8() {
            // "he's", "who's": a verb; "Kyiv's": a possessor.
            let pronoun = self.tokens.last().is_some_and(|t| t.is(SUBJ | REL) && !t.is(ALL_CAPS));
            let possessive = matches!(self.text.get(at + c.len_utf8()..end), Some("s" | "S")) && !pronoun;
            let be = matches!(self.text.get(at + c.len_utf8()..end), Some("s" | "S" | "re" | "m"));
            token.classes = WORD
                | if possessive {
                    POSSESSIVE_S
                } else if be {
                    AUX | BE
                } else {
                    AUX
                };
        } else {
            token.mark = mark_of(c);
        }
        self.tokens.push(token);
    }

    /// Length of `'s`, `'ll`, `'d` … at `at`, where it directly follows a word.
    fn clitic_len(&self, at: usize, limit: usize, c: char) -> Option<usize> {
        let joined =
            matches!(c, '\'' | '’') && self.tokens.last().is_some_and(|t| t.mark == 0 && t.end as usize + self.base == at);
        let after = self.text.get(at + c.len_utf8()..limit).filter(|_| joined)?;
        let len = after.find(|c: char| !c.is_alphanumeric()).unwrap_or(after.len());
        is_clitic(after).then_some(c.len_utf8() + len)
    }

    fn describe(&mut self, token: &mut Token, at: usize, end: usize, first: char) {
        let word = &self.text[at..end];
        self.key.clear();
        if word.is_ascii() {
            self.key.push_str(word);
            self.key.make_ascii_lowercase();
        } else {
            self.key.extend(word.chars().map(|c| if c == '’' { '\'' } else { c }).flat_map(char::to_lowercase));
        }
        let lexicon = lexicon();
        let entry = lexicon.entry(&self.key);
        token.classes = entry.classes | WORD;
        token.verb = entry.verb;
        token.form = entry.form;
        token.noun = entry.noun;
        if first.is_uppercase() {
            // "Aurélien" stands in the list without its accent.
            if !word.is_ascii() && !token.is(GIVEN) {
                token.classes |= lexicon.entry(&unaccented(&self.key)).classes & (GIVEN | MALE | FEMALE);
            }
            token.classes |= UPPER;
            let letters = word.chars().filter(|c| c.is_alphabetic());
            if word.len() > 1 && letters.clone().all(char::is_uppercase) && letters.count() > 1 {
                token.classes |= ALL_CAPS;
            }
        } else if first.is_numeric() {
            token.classes |= DIGIT;
        }
        for (end, class) in [("ing", ING), ("ed", ED), ("ly", LY)] {
            if self.key.len() > end.len() + 2 && self.key.ends_with(end) {
                token.classes |= class;
            }
        }
        if token.is(LY) && !token.is(UPPER | ADJECTIVE_LY) {
            token.classes |= ADV;
        }
        if self.key.ends_with("n't") {
            token.classes |= AUX | NEG;
        }
    }

    /// Length of the word at `at`: letters and digits, with hyphens, points and apostrophes inside.
    /// `'s`, `'ll`, `'d` … are left out, the point of an abbreviation or initial is kept.
    fn word_end(&self, at: usize, limit: usize) -> usize {
        let text = &self.text[at..limit];
        let bytes = text.as_bytes();
        let mut end = 0;
        loop {
            while let Some(&b) = bytes.get(end) {
                if b.is_ascii_alphanumeric() {
                    end += 1;
                } else if b >= 0x80 {
                    match text[end..].chars().next() {
                        Some(c) if c.is_alphanumeric() => end += c.len_utf8(),
                        _ => break,
                    }
                } else {
                    break;
                }
            }
            let Some(joint) = text[end..].chars().next() else { break };
            let after = &text[end + joint.len_utf8()..];
            let goes_on = after.starts_with(char::is_alphanumeric);
            match joint {
                '-' | '.' | '&' | '_' | '/' | '@'
                    if goes_on && !(joint == '.' && bytes[..end].len() > 3 && after.starts_with(char::is_uppercase)) =>
                {
                    end += 1;
                }
                ',' if goes_on && after.as_bytes()[0].is_ascii_digit() && end > 0 && bytes[end - 1].is_ascii_digit() => end += 1,
                '\'' | '’' if goes_on && !is_clitic(after) => end += joint.len_utf8(),
                _ => break,
            }
        }
        if bytes.get(end) == Some(&b'.') && self.keeps_point(&text[..end]) { end + 1 } else { end }
    }

    /// Whether the point after `word` belongs to it: initials, "U.S.", titles.
    fn keeps_point(&self, word: &str) -> bool {
        let mut chars = word.chars();
        let initial = chars.next().is_some_and(char::is_uppercase) && chars.next().is_none();
        initial || (word.contains('.') && word.len() < 8) || {
            word.len() <= 5 && lexicon().entry(&(word.to_lowercase() + ".")).classes & TITLE != 0
        }
    }

    /// The region that byte `at` stands in; `at` never decreases.
    fn region_at(&mut self, at: usize) -> Option<usize> {
        while self.regions.get(self.next_region).is_some_and(|r| r.end <= at) {
            self.next_region += 1;
        }
        let region = self.regions.get(self.next_region)?;
        (region.start <= at).then_some(self.next_region)
    }
}

/// `word` (small letters) without the accents of western and central European names.
fn unaccented(word: &str) -> String {
    let plain = |c: char| match c {
        'à'..='å' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'è'..='ë' | 'ę' | 'ě' => 'e',
        'ì'..='ï' | 'ı' => 'i',
        'ñ' | 'ń' | 'ň' => 'n',
        'ò'..='ö' | 'ő' | 'ø' => 'o',
        'ù'..='ü' | 'ű' | 'ů' => 'u',
        'ś' | 'š' | 'ş' => 's',
        'ź' | 'ż' | 'ž' => 'z',
        'ý' => 'y',
        'ł' => 'l',
        'ř' => 'r',
        'ğ' => 'g',
        'đ' | 'ď' => 'd',
        'ť' => 't',
        c => c,
    };
    word.chars().map(plain).collect()
}

/// Whether what follows an apostrophe is split off: 's, 'll, 'd, 've, 're, 'm.
fn is_clitic(after: &str) -> bool {
    let end = after.find(|c: char| !c.is_alphanumeric()).unwrap_or(after.len());
    matches!(&after[..end], "s" | "ll" | "d" | "ve" | "re" | "m" | "S")
}
