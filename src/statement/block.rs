//! A stretch of an article with its tokens: what all rules read.

use super::{
    lexicon::{CueWord, class::*, lexicon},
    quotation::{Region, regions},
    token::{Token, tokenize},
};
use crate::{
    segment::{Segmentation, Sentence},
    span::Span,
};
use std::ops::Range;

/// Tokens, as a half-open range of token numbers.
pub(super) type Tokens = Range<usize>;

/// A run of whole sentences, tokenized.
#[derive(Debug)]
pub(super) struct Block<'t> {
    pub(super) text: &'t str,
    base: usize,
    /// Number of the first sentence in the article.
    pub(super) first_sentence: usize,
    pub(super) sentences: &'t [Sentence],
    /// Token range of each sentence.
    pub(super) ranges: Vec<Tokens>,
    pub(super) tokens: Vec<Token>,
    pub(super) regions: Vec<Region>,
    /// Token range of each region.
    pub(super) region_tokens: Vec<Tokens>,
    /// Whether what stands between doubled apostrophes counts as quoted.
    pub(super) doubled_apostrophes: bool,
}

impl<'t> Block<'t> {
    /// Tokenizes `sentences` of `text`.
    pub(super) fn new(text: &'t str, segmentation: &'t Segmentation, sentences: Range<usize>) -> Self {
        let first_sentence = sentences.start;
        let sentences = &segmentation.sentences[sentences];
        let base = sentences.first().map_or(0, |s| s.span.start());
        let end = sentences.last().map_or(0, |s| s.span.end());
        let used = sentences.first().map_or(0..0, |f| f.paragraph..sentences.last().map_or(0, |l| l.paragraph + 1));
        let paragraphs: Vec<(usize, Span)> = used
            .filter_map(|n| Some((n, *segmentation.paragraphs.get(n)?)))
            .map(|(n, p)| (n, Span::clamped(text, p.start().max(base)..p.end().min(end))))
            .collect();
        let regions = regions(text, &paragraphs);
        let (tokens, ranges) = tokenize(text, base, sentences, &regions);
        let region_tokens = region_tokens(&tokens, regions.len());
        Self { text, base, first_sentence, sentences, ranges, tokens, regions, region_tokens, doubled_apostrophes: true }
    }

    /// Ends region `n` before token `end`.
    pub(super) fn end_region(&mut self, n: usize, end: usize) {
        let tokens = self.region_tokens[n].clone();
        for token in &mut self.tokens[end..tokens.end] {
            token.region = 0;
        }
        self.region_tokens[n].end = end;
        let bytes = self.span(&(end - 1..end));
        self.regions[n].inner_end = bytes.end();
        self.regions[n].end = bytes.end();
    }

    /// The words of token `i` as written; empty past the end.
    pub(super) fn word(&self, i: usize) -> &'t str {
        self.tokens.get(i).and_then(|t| self.text.get(t.range(self.base))).unwrap_or("")
    }

    /// Whether token `i` is `word`, whatever its capitals.
    pub(super) fn is_word(&self, i: usize, word: &str) -> bool {
        self.word(i).eq_ignore_ascii_case(word)
    }

    /// Whether token `i` has any of `classes`.
    pub(super) fn is(&self, i: usize, classes: u64) -> bool {
        self.tokens.get(i).is_some_and(|t| t.is(classes))
    }

    /// Whether token `i` is the punctuation mark `mark`.
    pub(super) fn mark(&self, i: usize, mark: u8) -> bool {
        self.tokens.get(i).is_some_and(|t| t.mark == mark && mark != 0)
    }

    /// Whether token `i` is punctuation.
    pub(super) fn is_punctuation(&self, i: usize) -> bool {
        self.tokens.get(i).is_some_and(|t| t.mark != 0)
    }

    /// Number of the region that token `i` stands in, from 1 on; 0 outside.
    pub(super) fn region(&self, i: usize) -> u32 {
        self.tokens.get(i).map_or(0, |t| t.region)
    }

    /// Whether token `i` stands in quotation marks that count.
    pub(super) fn is_quoted(&self, i: usize) -> bool {
        let region = (self.region(i) as usize).checked_sub(1).and_then(|n| self.regions.get(n));
        region.is_some_and(|r| self.doubled_apostrophes || !r.doubled)
    }

    /// The cue verb that token `i` is a form of.
    pub(super) fn verb(&self, i: usize) -> Option<&'static CueWord> {
        let index = usize::from(self.tokens.get(i)?.verb).checked_sub(1)?;
        lexicon().verbs.get(index)
    }

    /// The cue noun that token `i` is a form of.
    pub(super) fn noun(&self, i: usize) -> Option<&'static CueWord> {
        let index = usize::from(self.tokens.get(i)?.noun).checked_sub(1)?;
        lexicon().nouns.get(index)
    }

    /// Sentence (within the block) of token `i`.
    pub(super) fn sentence_of(&self, i: usize) -> usize {
        self.tokens.get(i).map_or(0, |t| t.sentence as usize)
    }

    /// Paragraph of sentence `s` of the block.
    pub(super) fn paragraph_of(&self, s: usize) -> usize {
        self.sentences.get(s).map_or(0, |s| s.paragraph)
    }

    /// The bytes of `tokens`.
    pub(super) fn span(&self, tokens: &Tokens) -> Span {
        if tokens.is_empty() {
            return Span::default();
        }
        let start = self.tokens.get(tokens.start).map_or(0, |t| t.range(self.base).start);
        let end = self.tokens.get(tokens.end - 1).map_or(start, |t| t.range(self.base).end);
        Span::clamped(self.text, start..end)
    }

    /// `tokens` without punctuation at the ends.
    pub(super) fn trim(&self, tokens: Tokens) -> Tokens {
        let (mut start, mut end) = (tokens.start, tokens.end.min(self.tokens.len()));
        while start < end && self.tokens[start].mark != 0 {
            start += 1;
        }
        while start < end && self.tokens[end - 1].mark != 0 {
            end -= 1;
        }
        start..end
    }

    /// Number of words among `tokens`.
    pub(super) fn n_words(&self, tokens: &Tokens) -> usize {
        self.tokens.get(tokens.clone()).map_or(0, |t| t.iter().filter(|t| t.is_word()).count())
    }

    /// Whether a word is capitalised where that means something: not only because it opens a sentence.
    pub(super) fn is_proper(&self, i: usize) -> bool {
        self.is(i, UPPER) && !self.is(i, FUNCTION & !SUB) | self.is(i, ALL_CAPS)
    }
}

/// Token range of each region; empty where a region has no tokens.
fn region_tokens(tokens: &[Token], n_regions: usize) -> Vec<Tokens> {
    let mut out = vec![0..0; n_regions];
    for (i, token) in tokens.iter().enumerate() {
        if let Some(range) = (token.region as usize).checked_sub(1).and_then(|n| out.get_mut(n)) {
            if range.start == range.end {
                *range = i..i + 1;
            } else {
                range.end = i + 1;
            }
        }
    }
    out
}
