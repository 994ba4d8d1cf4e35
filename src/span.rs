//! Positions in a text: half-open byte ranges that always lie on character boundaries.

use std::ops::Range;

/// A half-open byte range `start..end` into one text, on character boundaries of that text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    start: usize,
    end: usize,
}

impl Span {
    /// The span `range` of `text`, or `None` where it is out of bounds, reversed or cuts a character.
    pub fn new(text: &str, range: Range<usize>) -> Option<Self> {
        text.get(range.clone())?;
        Some(Self { start: range.start, end: range.end })
    }

    /// The nearest span of `text` inside `range`: cut to the text, moved inwards to character
    /// boundaries, empty where the range is reversed. Never fails.
    pub fn clamped(text: &str, range: Range<usize>) -> Self {
        let mut end = range.end.min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let mut start = range.start.min(end);
        while !text.is_char_boundary(start) {
            start += 1;
        }
        Self { start: start.min(end), end }
    }

    /// First byte.
    pub fn start(self) -> usize {
        self.start
    }

    /// One past the last byte.
    pub fn end(self) -> usize {
        self.end
    }

    /// Length in bytes.
    pub fn len(self) -> usize {
        self.end - self.start
    }

    /// Whether the span holds no text.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// The byte range.
    pub fn range(self) -> Range<usize> {
        self.start..self.end
    }

    /// The text of the span; empty where `text` is not the text that the span was made for.
    pub fn of(self, text: &str) -> &str {
        text.get(self.range()).unwrap_or("")
    }

    /// Whether `other` lies wholly inside.
    pub fn contains(self, other: Span) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// Whether the two share at least one byte.
    pub fn overlaps(self, other: Span) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// The smallest span over both.
    pub fn cover(self, other: Span) -> Span {
        Span { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The span without white space at its ends.
    pub fn trimmed(self, text: &str) -> Span {
        let inner = self.of(text);
        let start = self.start + (inner.len() - inner.trim_start().len());
        Span { start, end: start + inner.trim().len() }
    }
}

/// Turns byte offsets of one text into Unicode code point offsets.
///
/// Building is linear in the text; a look-up costs at most 256 bytes of counting.
pub struct CharIndex<'t> {
    text: &'t str,
    before: Vec<usize>,
}

impl<'t> CharIndex<'t> {
    const STRIDE: usize = 256;

    /// Indexes `text`.
    pub fn new(text: &'t str) -> Self {
        let mut before = Vec::with_capacity(text.len() / Self::STRIDE + 1);
        let mut seen = 0;
        for block in text.as_bytes().chunks(Self::STRIDE) {
            before.push(seen);
            seen += count_chars(block);
        }
        Self { text, before }
    }

    /// Code points before byte `offset`; offsets past the end count as the end.
    pub fn chars(&self, offset: usize) -> usize {
        let offset = offset.min(self.text.len());
        let block = (offset / Self::STRIDE).min(self.before.len().saturating_sub(1));
        let base = self.before.get(block).copied().unwrap_or(0);
        base + count_chars(&self.text.as_bytes()[block * Self::STRIDE..offset])
    }

    /// Code point range of `span`.
    pub fn char_range(&self, span: Span) -> [usize; 2] {
        [self.chars(span.start), self.chars(span.end)]
    }
}

fn count_chars(bytes: &[u8]) -> usize {
    bytes.iter().filter(|&&b| b & 0xC0 != 0x80).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clamped_moves_to_boundaries() {
        let text = "aé“x”";
        assert_eq!(Span::new(text, 0..2), None);
        assert_eq!(Span::clamped(text, 0..2).of(text), "a");
        assert_eq!(Span::clamped(text, 2..99).of(text), "“x”");
        let (late, early) = (5, 1);
        assert!(Span::clamped(text, late..early).is_empty());
        assert!(Span::clamped("é", 1..1).is_empty());
        assert_eq!(Span::new(text, 0..3).unwrap().of(text), "aé");
    }

    #[test]
    fn char_index_agrees_with_counting() {
        let text = "Größe “über” 😀 ".repeat(100);
        let index = CharIndex::new(&text);
        for (n, (byte, _)) in text.char_indices().enumerate() {
            assert_eq!(index.chars(byte), n);
        }
        assert_eq!(index.chars(text.len()), text.chars().count());
        assert_eq!(CharIndex::new("").chars(0), 0);
    }
}
