//! An article as numbers: words interned once, sparse rows, what each sentence looks like.

use std::collections::HashMap;

use super::{
    quotation,
    words::{self, Classes, N_CLASSES},
};
use crate::{article::Article, segment::Segmentation};

/// Marks a token that is a stop word.
const NO_TERM: u32 = u32::MAX;
/// Marks a word of the title that the text does not have.
pub(crate) const UNKNOWN: u32 = u32::MAX;

type Interner<'t> = HashMap<&'t [u8], u32, foldhash::fast::FixedState>;

/// Counts over one sentence.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    /// Words as white space parts them.
    pub(crate) words: u32,
    /// Runs of letters and digits.
    pub(crate) tokens: u32,
    /// Tokens with a capital, the first left out.
    pub(crate) capitals: u32,
    /// Tokens with a digit.
    pub(crate) numbers: u32,
    /// Two tokens with capitals in a row: a full name, a place, a body.
    pub(crate) full_names: u32,
    /// Tokens with a capital that follow and precede none, the first left out: a bare surname.
    pub(crate) lone_names: u32,
    /// Tokens of each word class.
    pub(crate) classes: [u16; N_CLASSES],
    /// Classes of the first token.
    pub(crate) opening: Classes,
    /// Sum of the counts in the article of the names in the sentence.
    pub(crate) parentheses: u32,
    /// Question and exclamation marks.
    pub(crate) questions: u32,
    /// Ends with a full stop, question or exclamation mark, quotation marks aside.
    pub(crate) final_stop: bool,
}

/// One article, ready for features: flat arrays, one entry a sentence or a term.
#[derive(Clone, Debug, Default)]
pub(crate) struct View {
    pub(crate) n_sentences: usize,
    pub(crate) counts: Vec<Counts>,
    pub(crate) paragraph_start: Vec<bool>,
    pub(crate) quotation: Vec<quotation::Quoting>,
    pub(crate) rows: Rows,
    /// Whether the title has the term.
    pub(crate) title: Vec<bool>,
    /// Content words of the title, [`UNKNOWN`] where the text has none of them.
    pub(crate) title_tokens: Vec<u32>,
    /// Different content words of the title.
    pub(crate) n_title_words: usize,
    pub(crate) has_dateline: bool,
    /// Terms written with a capital inside a sentence.
    pub(crate) is_name: Vec<bool>,
}

/// Content terms of each sentence, as sparse rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rows {
    /// Row `i` is `entries[start[i]..start[i + 1]]`, terms in order of appearance.
    pub(crate) start: Vec<u32>,
    pub(crate) entries: Vec<Entry>,
    /// Content terms of each sentence in order, with repeats, as `tokens[token_start[i]..]`.
    pub(crate) token_start: Vec<u32>,
    pub(crate) tokens: Vec<u32>,
    pub(crate) n_terms: usize,
    /// Sentences that have the term.
    pub(crate) sentences_with: Vec<u32>,
    /// Occurrences of the term.
    pub(crate) occurrences: Vec<u32>,
}

/// A term of a sentence with its weight in a row of length 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Entry {
    pub(crate) term: u32,
    pub(crate) weight: f32,
}

impl Rows {
    pub(crate) fn row(&self, sentence: usize) -> &[Entry] {
        match (self.start.get(sentence), self.start.get(sentence + 1)) {
            (Some(&from), Some(&to)) => self.entries.get(from as usize..to as usize).unwrap_or(&[]),
            _ => &[],
        }
    }

    pub(crate) fn tokens_of(&self, sentence: usize) -> &[u32] {
        match (self.token_start.get(sentence), self.token_start.get(sentence + 1)) {
            (Some(&from), Some(&to)) => self.tokens.get(from as usize..to as usize).unwrap_or(&[]),
            _ => &[],
        }
    }

    /// Cosine of a sentence with the dense row that [`Rows::scatter`] filled.
    pub(crate) fn dot(&self, sentence: usize, dense: &[f32]) -> f32 {
        self.row(sentence).iter().map(|entry| entry.weight * dense[entry.term as usize]).sum()
    }

    /// Writes the row of a sentence into a dense one of `n_terms` zeros.
    pub(crate) fn scatter(&self, sentence: usize, dense: &mut [f32]) {
        self.row(sentence).iter().for_each(|entry| dense[entry.term as usize] = entry.weight);
    }

    /// Undoes [`Rows::scatter`].
    pub(crate) fn clear(&self, sentence: usize, dense: &mut [f32]) {
        self.row(sentence).iter().for_each(|entry| dense[entry.term as usize] = 0.0);
    }

    /// Turns the counts in the rows into tf-idf of length 1; idf is `1 + ln(n / sentences with the term)`.
    fn weigh(&mut self, n_sentences: usize) {
        let idf: Vec<f32> =
            self.sentences_with.iter().map(|&df| 1.0 + libm::logf(n_sentences as f32 / df.max(1) as f32)).collect();
        for bounds in self.start.windows(2) {
            let row = &mut self.entries[bounds[0] as usize..bounds[1] as usize];
            let mut squares = 0.0;
            for entry in row.iter_mut() {
                entry.weight *= idf[entry.term as usize];
                squares += entry.weight * entry.weight;
            }
            let length = squares.sqrt();
            row.iter_mut().for_each(|entry| entry.weight /= length);
        }
    }
}

/// Interns words while the article is read.
struct Reader<'t> {
    surfaces: Interner<'t>,
    /// Term and classes of each surface form.
    known: Vec<(u32, Classes)>,
    terms: Interner<'t>,
    /// Last sentence that had the term, and its entry there.
    last_seen: Vec<(u32, u32)>,
    rows: Rows,
    is_name: Vec<bool>,
}

impl<'t> Reader<'t> {
    fn new(text_len: usize) -> Self {
        let room = text_len / 12 + 16;
        let map = || Interner::with_capacity_and_hasher(room.min(4096), Default::default());
        Self {
            surfaces: map(),
            known: Vec::with_capacity(room),
            terms: map(),
            last_seen: Vec::with_capacity(room),
            rows: Rows { start: vec![0], token_start: vec![0], ..Rows::default() },
            is_name: Vec::with_capacity(room),
        }
    }

    /// Term and classes of a lower-case word.
    fn look_up(&mut self, word: &'t [u8]) -> (u32, Classes) {
        let next = self.known.len() as u32;
        let surface = *self.surfaces.entry(word).or_insert(next);
        if surface == next {
            let known = self.describe(word);
            self.known.push(known);
        }
        self.known[surface as usize]
    }

    fn describe(&mut self, word: &'t [u8]) -> (u32, Classes) {
        let classes = words::classes(word);
        if classes & words::STOP != 0 || word.len() < 2 {
            return (NO_TERM, classes);
        }
        let next = self.last_seen.len() as u32;
        let term = *self.terms.entry(words::light_stem(word)).or_insert(next);
        if term == next {
            self.last_seen.push((u32::MAX, 0));
            self.is_name.push(false);
            self.rows.sentences_with.push(0);
            self.rows.occurrences.push(0);
        }
        (term, classes)
    }

    /// Adds an occurrence of `term` to the row of `sentence`.
    fn count(&mut self, term: u32, sentence: usize) {
        let at = term as usize;
        self.rows.tokens.push(term);
        self.rows.occurrences[at] += 1;
        let (seen, entry) = self.last_seen[at];
        if seen == sentence as u32 {
            self.rows.entries[entry as usize].weight += 1.0;
        } else {
            self.last_seen[at] = (sentence as u32, self.rows.entries.len() as u32);
            self.rows.entries.push(Entry { term, weight: 1.0 });
            self.rows.sentences_with[at] += 1;
        }
    }

    fn end_sentence(&mut self) {
        self.rows.start.push(self.rows.entries.len() as u32);
        self.rows.token_start.push(self.rows.tokens.len() as u32);
    }

    fn sentence(&mut self, text: &[u8], lower: &'t [u8], number: usize) -> Counts {
        let mut counts = Counts::default();
        let mut previous_capital = false;
        for_each_token(text, |from, to| {
            let (term, classes) = self.look_up(&lower[from..to]);
            counts.add_classes(classes);
            let first = counts.tokens == 0;
            if first {
                counts.opening = classes;
            }
            counts.tokens += 1;
            let capital = is_capital(&text[from..]);
            counts.numbers += u32::from(text[from].is_ascii_digit());
            counts.capitals += u32::from(capital && !first);
            if capital && previous_capital {
                counts.full_names += 1;
            }
            previous_capital = capital;
            if term != NO_TERM {
                self.count(term, number);
                self.is_name[term as usize] |= capital && !first;
            }
        });
        counts.lone_names = counts.capitals.saturating_sub(counts.full_names * 2);
        counts.scan(text);
        self.end_sentence();
        counts
    }
}

impl Counts {
    fn add_classes(&mut self, mut classes: Classes) {
        while classes != 0 {
            self.classes[classes.trailing_zeros() as usize] += 1;
            classes &= classes - 1;
        }
    }

    /// Counts what stands between words.
    fn scan(&mut self, text: &[u8]) {
        let mut in_word = false;
        for &byte in text {
            let space = byte.is_ascii_whitespace();
            self.words += u32::from(!space && !in_word);
            in_word = !space;
            self.parentheses += u32::from(byte == b'(');
            self.questions += u32::from(byte == b'?');
        }
        let end = text.iter().rev().find(|byte| !matches!(byte, b'"' | b'\'' | b')' | b' ' | 0x80..));
        self.final_stop = matches!(end, Some(b'.' | b'?' | b'!'));
    }

    /// Tokens of the class `bit`.
    pub(crate) fn of(&self, class: Classes) -> f32 {
        f32::from(self.classes[class.trailing_zeros() as usize])
    }
}

fn is_capital(text: &[u8]) -> bool {
    // The lead bytes C3 80..9E are the Latin capitals with accents.
    matches!(text, [b'A'..=b'Z', ..] | [0xC3, 0x80..=0x9E, ..])
}

fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80
}

/// Calls `found` with the bounds of each word: letters and digits, with apostrophes inside.
/// Bytes outside ASCII count as letters, but for general punctuation (E2 80 xx: dashes, quotation marks).
fn for_each_token(text: &[u8], mut found: impl FnMut(usize, usize)) {
    let mut at = 0;
    while at < text.len() {
        if text[at] == 0xE2 && text.get(at + 1) == Some(&0x80) {
            at += 3;
            continue;
        }
        if !is_word_byte(text[at]) {
            at += 1;
            continue;
        }
        let from = at;
        while at < text.len() && continues_word(text, at) {
            at += 1;
        }
        found(from, at);
    }
}

fn continues_word(text: &[u8], at: usize) -> bool {
    match text[at] {
        0xE2 => text.get(at + 1) != Some(&0x80),
        b'\'' => text.get(at + 1).is_some_and(u8::is_ascii_alphanumeric),
        byte => is_word_byte(byte),
    }
}

impl View {
    /// Reads an article once; time and memory are linear in its length.
    pub(crate) fn new(article: &Article, segmentation: &Segmentation) -> Self {
        let text = article.text.as_str();
        let lower = text.to_ascii_lowercase();
        let title = title_text(article, segmentation).to_ascii_lowercase();
        let mut reader = Reader::new(text.len());
        let mut view = Self { n_sentences: segmentation.sentences.len(), ..Self::default() };
        let mut paragraph = usize::MAX;
        for (number, sentence) in segmentation.sentences.iter().enumerate() {
            let bytes = sentence.span.of(text).as_bytes();
            let lower = sentence.span.of(&lower).as_bytes();
            view.counts.push(reader.sentence(bytes, lower, number));
            view.paragraph_start.push(sentence.paragraph != paragraph);
            paragraph = sentence.paragraph;
        }
        view.read_title(&reader, &title);
        view.has_dateline = segmentation.dateline.is_some();
        view.quotation = quotation::read(text, segmentation);
        view.is_name = reader.is_name;
        view.rows = reader.rows;
        view.rows.n_terms = view.title.len();
        view.rows.weigh(view.n_sentences);
        view
    }
}

impl View {
    fn read_title(&mut self, reader: &Reader, title: &str) {
        self.title = vec![false; reader.last_seen.len()];
        let title = title.as_bytes();
        let mut unknown: Vec<&[u8]> = Vec::new();
        for_each_token(title, |from, to| {
            let word = &title[from..to];
            if word.len() < 2 || words::classes(word) & words::STOP != 0 {
                return;
            }
            let stem = words::light_stem(word);
            let term = reader.terms.get(stem).copied().unwrap_or(UNKNOWN);
            self.title_tokens.push(term);
            match self.title.get_mut(term as usize) {
                Some(seen) => *seen = true,
                None if !unknown.contains(&stem) => unknown.push(stem),
                None => {}
            }
        });
        self.n_title_words = self.title_terms().count() + unknown.len();
    }

    /// Terms that title and text share.
    pub(crate) fn title_terms(&self) -> impl Iterator<Item = u32> + '_ {
        (0..self.title.len() as u32).filter(|&t| self.title[t as usize])
    }
}

/// Whether each sentence has `word`, by its stem.
pub(crate) fn sentences_with(article: &Article, segmentation: &Segmentation, word: &str) -> Vec<bool> {
    let wanted = word.to_ascii_lowercase();
    let wanted: Vec<&str> = wanted.split_whitespace().collect();
    let has = |sentence: &crate::segment::Sentence| {
        let text = sentence.span.of(&article.text).to_ascii_lowercase();
        let bytes = text.as_bytes();
        let mut stems: Vec<&[u8]> = Vec::new();
        for_each_token(bytes, |from, to| stems.push(words::light_stem(&bytes[from..to])));
        let phrase: Vec<&[u8]> = wanted.iter().map(|word| words::light_stem(word.as_bytes())).collect();
        !phrase.is_empty() && stems.windows(phrase.len()).any(|window| window == phrase)
    };
    segmentation.sentences.iter().map(has).collect()
}

/// The title, or else the headline within the text.
fn title_text<'a>(article: &'a Article, segmentation: &Segmentation) -> &'a str {
    match (&article.title, segmentation.headline) {
        (Some(title), _) => title,
        (None, Some(headline)) => headline.of(&article.text),
        (None, None) => "",
    }
}
