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
    }
}
