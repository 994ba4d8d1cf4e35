//! Text in; tokens out: words, numbers and marks, as byte ranges.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// Letters, with digits and inner apostrophes ("don't", "G20").
    Word,
    /// Digits, with inner points and commas ("3.9", "1,200").
    Number,
    /// One mark, or a run of the same mark ("...").
    Mark,
}

/// One token of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) kind: TokenKind,
}

/// Classes of bytes; characters beyond ASCII are decoded.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Byte {
    Space,
    Letter,
    Digit,
    Mark,
    Wide,
}

const BYTES: [Byte; 256] = byte_classes();

const fn byte_classes() -> [Byte; 256] {
    let mut table = [Byte::Mark; 256];
    let mut i = 0;
    while i < 256 {
        let b = i as u8;
        if b >= 0x80 {
            table[i] = Byte::Wide;
        } else if b.is_ascii_alphabetic() {
            table[i] = Byte::Letter;
        } else if b.is_ascii_digit() {
            table[i] = Byte::Digit;
        } else if b <= b' ' || b == 0x7f {
            table[i] = Byte::Space;
        }
        i += 1;
    }
    table
}

/// The tokens of a text, in order. A hyphen between letters parts words and is no token.
#[derive(Clone, Debug)]
pub(crate) struct Tokens<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Tokens<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    #[inline]
    fn class(&self, at: usize) -> Option<Byte> {
        self.text.as_bytes().get(at).map(|&b| BYTES[b as usize])
    }

    /// The character at `at`, a byte beyond ASCII, and its length.
    fn wide(&self, at: usize) -> (char, usize) {
        let c = self.text.get(at..).and_then(|rest| rest.chars().next()).unwrap_or(' ');
        (c, if c == ' ' { 1 } else { c.len_utf8() })
    }

    /// End of the letters and digits that begin at `at`.
    #[inline]
    fn word_end(&self, mut at: usize) -> usize {
        loop {
            match self.class(at) {
                Some(Byte::Letter | Byte::Digit) => at += 1,
                Some(Byte::Wide) => match self.wide(at) {
                    (c, length) if c.is_alphanumeric() || is_combining(c) => at += length,
                    ('’', length) if self.starts_letter(at + length) => at += length,
                    _ => return at,
                },
                Some(Byte::Mark) if self.text.as_bytes()[at] == b'\'' && self.starts_letter(at + 1) => at += 1,
                _ => return at,
            }
        }
    }

    fn starts_letter(&self, at: usize) -> bool {
        match self.class(at) {
            Some(Byte::Letter) => true,
            Some(Byte::Wide) => self.wide(at).0.is_alphabetic(),
            _ => false,
        }
    }

    /// End of the number that begins at `at`; a word if letters follow ("3rd").
    #[inline]
    fn number_end(&self, mut at: usize) -> (usize, TokenKind) {
        loop {
            match self.class(at) {
                Some(Byte::Digit) => at += 1,
                Some(Byte::Mark)
                    if matches!(self.text.as_bytes()[at], b'.' | b',') && self.class(at + 1) == Some(Byte::Digit) =>
                {
                    at += 1
                }
                Some(Byte::Letter) => return (self.word_end(at), TokenKind::Word),
                _ => return (at, TokenKind::Number),
            }
        }
    }

    fn mark_end(&self, start: usize, length: usize) -> usize {
        let bytes = self.text.as_bytes();
        let mut end = start + length;
        while bytes.get(end..end + length).is_some_and(|next| next == &bytes[start..start + length]) {
            end += length;
        }
        end
    }
}

/// Marks that stand over the letter before them.
fn is_combining(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    #[inline]
    fn next(&mut self) -> Option<Token> {
        loop {
            let start = self.at;
            let (end, kind) = match self.class(start)? {
                Byte::Space => {
                    self.at += 1;
                    continue;
                }
                Byte::Letter => (self.word_end(start + 1), TokenKind::Word),
                Byte::Digit => self.number_end(start + 1),
                Byte::Mark => (self.mark_end(start, 1), TokenKind::Mark),
                Byte::Wide => {
                    let (c, length) = self.wide(start);
                    if c.is_alphanumeric() {
                        (self.word_end(start + length), TokenKind::Word)
                    } else if c.is_whitespace() || c.is_control() {
                        self.at += length;
                        continue;
                    } else {
                        (self.mark_end(start, length), TokenKind::Mark)
                    }
                }
            };
            self.at = end;
            if kind == TokenKind::Mark && end == start + 1 && self.text.as_bytes()[start] == b'-' && self.joins(start) {
                continue;
            }
            return Some(Token { start, end, kind });
        }
    }
}

impl Tokens<'_> {
    /// Whether the hyphen at `at` stands between letters or digits.
    fn joins(&self, at: usize) -> bool {
        let is_letter = |class: Option<Byte>| matches!(class, Some(Byte::Letter | Byte::Digit | Byte::Wide));
        at > 0 && is_letter(self.class(at - 1)) && is_letter(self.class(at + 1))
    }
}

/// Finds the tokens of texts as [`Tokens`] does, many bytes at a time.
#[derive(Debug, Default)]
pub(crate) struct Tokenizer {
    /// One bit a byte: whether it is an ASCII letter or digit, and whether it is neither that nor ASCII white space.
    plain: Vec<u64>,
    special: Vec<u64>,
}

impl Tokenizer {
    /// Replaces `tokens` by the tokens of `text`.
    pub(crate) fn split(&mut self, text: &str, tokens: &mut Vec<Token>) {
        tokens.clear();
        self.read(text.as_bytes());
        let mut at = 0;
        while let Some(start) = next_bit(&self.plain, &self.special, at) {
            let end = self.plain_end(start);
            let simple = if end > start { self.is_word(text, start, end) } else { is_single_mark(text.as_bytes(), start) };
            if simple {
                let kind = if end > start { TokenKind::Word } else { TokenKind::Mark };
                at = end.max(start + 1);
                tokens.push(Token { start, end: at, kind });
                continue;
            }
            let mut rest = Tokens { text, at: start };
            let Some(token) = rest.next() else { return };
            tokens.push(token);
            at = rest.at;
        }
    }

    /// Classes of the bytes of a text. A zero bit stands behind the last one, so that every run of bits has an end.
    fn read(&mut self, bytes: &[u8]) {
        self.plain.clear();
        self.special.clear();
        let mut blocks = bytes.chunks_exact(64);
        for block in &mut blocks {
            self.push(block);
        }
        let mut last = [b' '; 64];
        let rest = blocks.remainder();
        last[..rest.len()].copy_from_slice(rest);
        self.push(&last);
    }

    #[inline]
    fn push(&mut self, block: &[u8]) {
        let (mut plain, mut special) = (0, 0);
        for (i, eight) in block.chunks_exact(8).enumerate() {
            let (p, s) = classes(eight.try_into().map_or(0, u64::from_le_bytes));
            plain |= gathered(p) << (8 * i);
            special |= gathered(s) << (8 * i);
        }
        self.plain.push(plain);
        self.special.push(special);
    }

    /// End of the ASCII letters and digits that begin at `start`; `start` if there are none.
    #[inline]
    fn plain_end(&self, start: usize) -> usize {
        let mut block = start / 64;
        let mut others = !self.plain[block] & (u64::MAX << (start % 64));
        while others == 0 {
            block += 1;
            others = self.plain.get(block).map_or(1, |plain| !plain);
        }
        block * 64 + others.trailing_zeros() as usize
    }

    /// Whether the letters and digits from `start` to `end` are a whole word, with nothing before or behind that needs a
    /// closer look: digits, apostrophes, characters beyond ASCII.
    #[inline]
    fn is_word(&self, text: &str, start: usize, end: usize) -> bool {
        let bytes = text.as_bytes();
        let behind = bytes.get(end).copied().unwrap_or(b' ');
        bytes[start] > b'9' && behind != b'\'' && behind < 0x80
    }
}

/// Whether the byte at `at` is a mark that no neighbour can change.
#[inline]
fn is_single_mark(bytes: &[u8], at: usize) -> bool {
    let mark = bytes[at];
    mark < 0x80 && mark != b'-' && bytes.get(at + 1) != Some(&mark)
}

/// The first bit from `at` on that is set in `a` or `b`, which are of the same length.
#[inline]
fn next_bit(a: &[u64], b: &[u64], at: usize) -> Option<usize> {
    let mut block = at / 64;
    let mut bits = (a.get(block)? | b.get(block)?) & (u64::MAX << (at % 64));
    while bits == 0 {
        block += 1;
        bits = a.get(block)? | b.get(block)?;
    }
    Some(block * 64 + bits.trailing_zeros() as usize)
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// The highest bit of each of eight bytes: whether it is an ASCII letter or digit; whether it is neither that nor ASCII
/// white space. No sum of two bytes carries: both are below 0x80.
#[inline(always)]
fn classes(eight: u64) -> (u64, u64) {
    let low = eight & !HIGHS;
    let above = |bytes: u64, first: u8| bytes + ONES * u64::from(0x80 - first);
    let within = |bytes: u64, first: u8, last: u8| above(bytes, first) & !above(bytes, last + 1);
    let plain = (within(low | (ONES * 0x20), b'a', b'z') | within(low, b'0', b'9')) & !eight & HIGHS;
    let visible = within(low, b'!', b'~') | eight;
    (plain, visible & !plain & HIGHS)
}

/// The highest bits of eight bytes, side by side.
#[inline(always)]
fn gathered(highs: u64) -> u64 {
    (highs >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<&str> {
        Tokens::new(text).map(|t| &text[t.start..t.end]).collect()
    }

    #[test]
    fn words_numbers_and_marks() {
        assert_eq!(
            words("We don't pay 3.9 million, he said..."),
            ["We", "don't", "pay", "3.9", "million", ",", "he", "said", "..."]
        );
        assert_eq!(words("“It’s over”—again"), ["“", "It’s", "over", "”", "—", "again"]);
        assert_eq!(words("cease-fire - now"), ["cease", "fire", "-", "now"]);
        assert_eq!(words("the G20's 3rd 'plan'"), ["the", "G20's", "3rd", "'", "plan", "'"]);
        assert_eq!(words("Élysée e\u{301}tat 中文"), ["Élysée", "e\u{301}tat", "中文"]);
    }

    #[test]
    fn nothing_in_nothing() {
        assert!(words("").is_empty());
        assert!(words(" \n\u{a0}\u{0}").is_empty());
    }

    #[test]
    fn bytes_have_the_classes_of_the_table() {
        for b in 0..=255u8 {
            let (plain, special) = classes(u64::from(b) << 24);
            let class = BYTES[usize::from(b)];
            assert_eq!(gathered(plain) == 1 << 3, matches!(class, Byte::Letter | Byte::Digit), "{b}");
            assert_eq!(gathered(special) == 1 << 3, matches!(class, Byte::Mark | Byte::Wide), "{b}");
        }
    }

    proptest::proptest! {
        #[test]
        fn tokens_are_ordered_slices(text in ".{0,80}") {
            let mut last = 0;
            for token in Tokens::new(&text) {
                assert!(token.start >= last && token.end > token.start);
                assert!(text.get(token.start..token.end).is_some());
                last = token.end;
            }
        }

        #[test]
        fn many_bytes_at_a_time_give_the_same(text in "[a-z]{0,70}[ -~’éß“\\n\u{a0}\u{301}—😀]{0,150}[a-d 0-9'’.,-]{0,60}") {
            let mut found = Vec::new();
            Tokenizer::default().split(&text, &mut found);
            proptest::prop_assert_eq!(found, Tokens::new(&text).collect::<Vec<_>>());
        }
    }
}
