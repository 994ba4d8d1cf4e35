//! Quotation marks in; quoted stretches out.
//!
//! Marks are matched within a paragraph, never across: one stray mark must not turn the rest of an
//! article inside out (10 % of news articles do not balance). A mark that is opened again at the start
//! of the next paragraph carries the quotation on. Quotations inside quotations are part of the outer one.

use crate::span::Span;

/// A stretch in quotation marks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Region {
    /// Opening mark, first byte.
    pub(super) start: usize,
    /// First byte after the opening mark.
    pub(super) inner_start: usize,
    /// First byte of the closing mark, or where the stretch ends without one.
    pub(super) inner_end: usize,
    /// First byte after the closing mark.
    pub(super) end: usize,
    /// Number of the paragraph.
    pub(super) paragraph: usize,
    /// Whether a closing mark was found.
    pub(super) closed: bool,
    /// Whether the stretch carries on that of the paragraph before.
    pub(super) reopened: bool,
    /// Whether doubled apostrophes open it: `''…''`.
    pub(super) doubled: bool,
}

impl Region {
    /// Whether byte `at` belongs to one of the marks.
    pub(super) fn is_mark(&self, at: usize) -> bool {
        at < self.inner_start || at >= self.inner_end
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Style {
    Curly,
    Low,
    Straight,
    Guillemets,
    Doubled,
    Single,
}

impl Style {
    /// Whether writers and converters mix the two up: “… " and the like.
    fn alike(self, other: Self) -> bool {
        let double = |s| matches!(s, Style::Curly | Style::Straight | Style::Doubled);
        self != other && double(self) && double(other)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Open,
    Close,
}

struct Mark {
    at: usize,
    len: usize,
    style: Style,
    side: Side,
}

/// The quoted stretches of `paragraphs`, ordered, none inside another.
pub(super) fn regions(text: &str, paragraphs: &[(usize, Span)]) -> Vec<Region> {
    let mut out: Vec<Region> = Vec::new();
    for &(number, span) in paragraphs {
        let first = out.len();
        let marks = marks(text, span);
        pair(text, span, number, &marks, &mut out);
        let carries_on = first > 0 && {
            let last = &out[first - 1];
            !last.closed && last.paragraph + 1 == number
        };
        if let Some(region) = out.get_mut(first)
            && carries_on
            && region.start <= span.start() + 1
        {
            region.reopened = true;
        }
    }
    out
}

/// All marks of a paragraph with the side that their neighbours suggest.
fn marks(text: &str, span: Span) -> Vec<Mark> {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut at = span.start();
    while at < span.end() {
        let b = bytes[at];
        if !matches!(b, b'"' | b'\'' | b'`' | 0xC2 | 0xE2) {
            at += 1;
            continue;
        }
        match mark_at(text, at, span) {
            Some(mark) => {
                at += mark.len;
                out.push(mark);
            }
            None => at += 1,
        }
    }
    out
}

fn mark_at(text: &str, at: usize, span: Span) -> Option<Mark> {
    let rest = text.get(at..span.end())?;
    let c = rest.chars().next()?;
    let doubled = rest.starts_with("''") || rest.starts_with("``");
    let len = if doubled { 2 } else { c.len_utf8() };
    let before = text[span.start()..at].chars().next_back().unwrap_or(' ');
    let after = rest[len..].chars().next().unwrap_or(' ');
    let opens = opens(before, after);
    let by_place = if opens { Side::Open } else { Side::Close };
    let (style, side) = match c {
        '“' => (Style::Curly, Side::Open),
        '”' => (Style::Curly, Side::Close),
        '„' => (Style::Low, Side::Open),
        '«' => (Style::Guillemets, Side::Open),
        '»' => (Style::Guillemets, Side::Close),
        '"' => (Style::Straight, by_place),
        '`' if doubled => (Style::Doubled, Side::Open),
        '\'' if doubled => (Style::Doubled, by_place),
        '‘' => (Style::Single, Side::Open),
        '’' if before.is_alphanumeric() && after.is_alphanumeric() => return None,
        '’' => (Style::Single, Side::Close),
        '\'' if before.is_alphanumeric() && after.is_alphanumeric() => return None,
        '\'' => (Style::Single, by_place),
        _ => return None,
    };
    Some(Mark { at, len, style, side })
}

fn opens(before: char, after: char) -> bool {
    (before.is_whitespace() || matches!(before, '(' | '[' | '-' | '—' | '–' | '“' | '‘' | '"' | '/' | ':' | '…'))
        && !after.is_whitespace()
        || (before == ',' || before == ':') && after.is_uppercase()
}

struct Open {
    start: usize,
    inner: usize,
    style: Style,
    /// Marks of a like style opened inside and not closed.
    nested: usize,
}

/// Numbers of the last closing marks of a paragraph, so that "is there a later one" costs nothing.
#[derive(Default)]
struct LastClose {
    by_style: [usize; 6],
    /// The last single one after a stop.
    single_after_stop: usize,
}

impl LastClose {
    fn of(text: &str, marks: &[Mark]) -> Self {
        let mut last = Self::default();
        for (n, mark) in marks.iter().enumerate().filter(|(_, m)| m.side == Side::Close) {
            last.by_style[mark.style as usize] = n;
            if mark.style == Style::Single && text[..mark.at].ends_with([',', '.', '?', '!']) {
                last.single_after_stop = n;
            }
        }
        last
    }
}

fn pair(text: &str, span: Span, paragraph: usize, marks: &[Mark], out: &mut Vec<Region>) {
    let last = LastClose::of(text, marks);
    let mut open: Option<Open> = None;
    let first = out.len();
    for (n, mark) in marks.iter().enumerate() {
        let Some(o) = &mut open else {
            let opens = mark.side == Side::Open && (mark.style != Style::Single || single_closes(text, n, mark, &last));
            if opens {
                open = Some(Open { start: mark.at, inner: mark.at + mark.len, style: mark.style, nested: 0 });
            } else if mark.side == Side::Close && mark.style != Style::Single {
                stray_close(text, span, paragraph, mark, first, out);
            }
            continue;
        };
        // „…“ closes with the mark that opens elsewhere.
        let side = if o.style == Style::Low && mark.style == Style::Curly || closes_by_place(text, mark) {
            Side::Close
        } else {
            mark.side
        };
        match side {
            Side::Close if closes(text, o, n, mark, &last) => {
                out.push(region(o, mark.at, mark.at + mark.len, paragraph, true));
                open = None;
            }
            Side::Close => o.nested = o.nested.saturating_sub(usize::from(o.style.alike(mark.style))),
            // A second opening of the same kind: the first one was never closed.
            Side::Open if o.style == mark.style && mark.style != Style::Single => {
                let end = text[..mark.at].trim_end().len().max(o.inner);
                out.push(region(o, end, end, paragraph, false));
                *o = Open { start: mark.at, inner: mark.at + mark.len, style: mark.style, nested: 0 };
            }
            Side::Open => o.nested += usize::from(o.style.alike(mark.style)),
        }
    }
    if let Some(o) = open
        && o.style != Style::Single
    {
        out.push(region(&o, span.end(), span.end(), paragraph, false));
    }
}

fn region(open: &Open, inner_end: usize, end: usize, paragraph: usize, closed: bool) -> Region {
    let doubled = open.style == Style::Doubled;
    Region { start: open.start, inner_start: open.inner, inner_end, end, paragraph, closed, reopened: false, doubled }
}

/// How far before a stray closing mark its quotation may start, in bytes.
const LONGEST_WITHOUT_OPENING: usize = 2000;

/// A closing mark without an opening one, after a stop: what stands before it in the sentence is quoted.
fn stray_close(text: &str, span: Span, paragraph: usize, mark: &Mark, first: usize, out: &mut Vec<Region>) {
    let before = &text[span.start()..mark.at];
    let from = out.get(first..).and_then(<[Region]>::last).map_or(span.start(), |r| r.end);
    let from = Span::clamped(text, from.max(mark.at.saturating_sub(LONGEST_WITHOUT_OPENING))..mark.at).start();
    if !before.ends_with([',', '.', '?', '!']) || mark.style == Style::Straight || mark.at <= from {
        return;
    }
    let inner = &text[from..mark.at];
    let head = inner[..inner.len() - 1].rfind(". ").map_or(0, |n| n + 2);
    let start = from + head + (inner[head..].len() - inner[head..].trim_start().len());
    if out.len() == first || head > 0 {
        out.push(Region {
            start,
            inner_start: start,
            inner_end: mark.at,
            end: mark.at + mark.len,
            paragraph,
            closed: true,
            reopened: false,
            doubled: mark.style == Style::Doubled,
        });
    }
}

/// Whether `mark`, the `n`-th of its paragraph, closes the stretch `open`.
fn closes(text: &str, open: &Open, n: usize, mark: &Mark, last: &LastClose) -> bool {
    let style = open.style;
    if style != mark.style {
        let stop = text[..mark.at].ends_with([',', '.', '?', '!']);
        let german = style == Style::Low && mark.style == Style::Curly;
        return german || style.alike(mark.style) && open.nested == 0 && (stop || last.by_style[style as usize] <= n);
    }
    if style != Style::Single {
        return true;
    }
    // ministers’ decision: a possessive plural, where a better end follows.
    let after = &text[mark.at + mark.len..];
    let possessive = text[..mark.at].ends_with('s') && after.starts_with(' ');
    let followed_by_lower = after.trim_start().starts_with(char::is_lowercase);
    !(possessive && followed_by_lower && last.single_after_stop > n)
}

/// Whether an opening mark stands where only a closing one can: `“It's unusual,“ said Noble`.
fn closes_by_place(text: &str, mark: &Mark) -> bool {
    mark.style == Style::Curly
        && mark.side == Side::Open
        && text[..mark.at].ends_with([',', '.', '?', '!'])
        && text[mark.at + mark.len..].starts_with(' ')
}

/// Whether the single mark `n`, which looks like an opening one, has a partner: else it is an apostrophe.
fn single_closes(text: &str, n: usize, mark: &Mark, last: &LastClose) -> bool {
    // ’90s, 'em
    let after = &text[mark.at + mark.len..];
    let elision = after.starts_with(|c: char| c.is_ascii_digit()) || after.starts_with("em ") || after.starts_with("til ");
    !elision && last.by_style[Style::Single as usize] > n
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quoted(text: &str) -> Vec<&str> {
        let mut at = 0;
        let mut paragraphs = Vec::new();
        for (n, line) in text.split('\n').enumerate() {
            paragraphs.push((n, Span::clamped(text, at..at + line.len())));
            at += line.len() + 1;
        }
        regions(text, &paragraphs).iter().map(|r| &text[r.inner_start..r.inner_end]).collect()
    }

    #[test]
    fn all_styles_are_read() {
        for (open, close) in
            [("“", "”"), ("\"", "\""), ("‘", "’"), ("'", "'"), ("«", "»"), ("„", "“"), ("''", "''"), ("``", "''")]
        {
            let text = format!("{open}We don't wait,{close} he said. {open}Go.{close}");
            assert_eq!(quoted(&text), ["We don't wait,", "Go."], "{text}");
        }
    }

    #[test]
    fn inner_quotations_belong_to_the_outer_one() {
        assert_eq!(quoted("“They call it ‘the door’ here,” she said."), ["They call it ‘the door’ here,"]);
        assert_eq!(quoted("‘They call it “the door” here,’ she said."), ["They call it “the door” here,"]);
    }

    #[test]
    fn apostrophes_are_no_marks() {
        assert_eq!(quoted("The ministers' decision and the envoys’ plan, from the '90s."), Vec::<&str>::new());
        assert_eq!(quoted("‘The ministers’ decision stands,’ he said."), ["The ministers’ decision stands,"]);
    }

    #[test]
    fn a_stray_mark_stays_in_its_paragraph() {
        assert_eq!(quoted("“We will go, he said.\nShe left. “No,” he said."), ["We will go, he said.", "No,"]);
        assert_eq!(quoted("We will go,” he said.\n“No,” he said."), ["We will go,", "No,"]);
    }

    #[test]
    fn a_reopened_mark_carries_on() {
        let text = "“We came.\n“We saw.” He left.";
        let paragraphs = [(0, Span::clamped(text, 0..11)), (1, Span::clamped(text, 12..text.len()))];
        let found = regions(text, &paragraphs);
        assert!(!found[0].closed && found[1].reopened);
    }
}
