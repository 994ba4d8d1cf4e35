//! Paragraphs: what blank lines part, or, where lines are whole paragraphs, each line.

use crate::span::Span;

/// Lines longer than this (bytes) are whole paragraphs; shorter ones may be hard-wrapped text.
/// Terminals and mail wrap at 72 to 80, some agencies at 90.
const LONGEST_WRAPPED_LINE: usize = 100;

/// A line and the number of blank lines before it.
struct Line {
    span: Span,
    after_blank: bool,
}

/// Cuts `text` into paragraphs, ordered, without white space at their ends.
///
/// A blank line always parts paragraphs. A single line break does where the lines are too long to
/// be hard-wrapped, before a list item, and where a wrapped line ends although the next word
/// would still have fitted.
pub(super) fn paragraphs(text: &str) -> Vec<Span> {
    let lines = lines(text);
    let mut out: Vec<Span> = Vec::new();
    let mut block = 0;
    while block < lines.len() {
        let end = (block + 1..lines.len()).find(|&i| lines[i].after_blank).unwrap_or(lines.len());
        join_block(text, &lines[block..end], &mut out);
        block = end;
    }
    out
}

fn join_block(text: &str, lines: &[Line], out: &mut Vec<Span>) {
    let width = lines.iter().map(|l| l.span.len()).max().unwrap_or(0);
    for (i, line) in lines.iter().enumerate() {
        let goes_on = i > 0 && wraps(text, lines[i - 1].span, line.span, width);
        match out.last_mut() {
            Some(last) if goes_on => *last = last.cover(line.span),
            _ => out.push(line.span),
        }
    }
}

/// Whether `next` continues `line` in a block whose longest line has `width` bytes.
fn wraps(text: &str, line: Span, next: Span, width: usize) -> bool {
    let next = next.of(text);
    if is_list_item(next) {
        return false;
    }
    let stopped = line.of(text).ends_with(|c: char| !c.is_alphanumeric() && !matches!(c, ',' | '-' | '–'));
    if next.starts_with(|c: char| c.is_lowercase()) && !stopped {
        return true;
    }
    if width > LONGEST_WRAPPED_LINE {
        return false;
    }
    let first_word = next.split_whitespace().next().map_or(0, str::len);
    line.len() + 1 + first_word >= width && width >= 40
}

fn is_list_item(line: &str) -> bool {
    let mark = line.split_whitespace().next().unwrap_or("");
    matches!(mark, "-" | "*" | "•" | "–" | "—" | "·")
        || (mark.len() <= 4 && mark.starts_with(|c: char| c.is_ascii_digit()) && mark.ends_with(['.', ')']))
}

/// The lines that hold more than white space, trimmed. CR, LF, CRLF, form feed and the Unicode
/// line and paragraph separators end a line.
fn lines(text: &str) -> Vec<Line> {
    let mut out: Vec<Line> = Vec::new();
    let mut after_blank = false;
    let mut start = 0;
    let mut ends = line_ends(text).peekable();
    loop {
        let (end, next) = ends.next().unwrap_or((text.len(), text.len()));
        let span = Span::clamped(text, start..end).trimmed(text);
        if span.is_empty() {
            after_blank = true;
        } else {
            out.push(Line { span, after_blank });
            after_blank = false;
        }
        if next >= text.len() && ends.peek().is_none() {
            return out;
        }
        // A paragraph separator or form feed counts as a blank line.
        after_blank |= text.get(end..next).is_some_and(|b| b == "\u{2029}" || b == "\u{c}");
        start = next;
    }
}

/// Ends of lines: `(end, start of the next)`.
fn line_ends(text: &str) -> impl Iterator<Item = (usize, usize)> + '_ {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() {
            let here = at;
            at += 1;
            match bytes[here] {
                b'\n' | 0x0C => return Some((here, at)),
                b'\r' => {
                    at += usize::from(bytes.get(at) == Some(&b'\n'));
                    return Some((here, at));
                }
                0xE2 if bytes[here..].starts_with("\u{2028}".as_bytes()) || bytes[here..].starts_with("\u{2029}".as_bytes()) => {
                    at += 2;
                    return Some((here, at));
                }
                _ => {}
            }
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<&str> {
        paragraphs(text).into_iter().map(|s| s.of(text)).collect()
    }

    #[test]
    fn blank_lines_part_and_wrapped_lines_join() {
        let text = "The minister arrived in Dushanbe on Monday for two days of\ntalks on the border.\n\nHe left.\r\n \r\nEnd";
        let want = ["The minister arrived in Dushanbe on Monday for two days of\ntalks on the border.", "He left.", "End"];
        assert_eq!(cut(text), want);
    }

    #[test]
    fn long_lines_are_paragraphs() {
        let long = "word ".repeat(40);
        let text = format!("{long}\nShort one.\n{long}");
        assert_eq!(cut(&text).len(), 3);
    }

    #[test]
    fn a_short_wrapped_line_ends_its_paragraph() {
        let text = "Delegates from both banks of the river met in the old customs\nhouse on Tuesday.\nThe talks, which began at nine, went on until late at night and\nended without a text.";
        assert_eq!(cut(text).len(), 2);
    }

    #[test]
    fn every_line_end_counts() {
        assert_eq!(cut("A b\r\rC d\u{2029}E f\u{c}G"), ["A b", "C d", "E f", "G"]);
        assert_eq!(cut(""), Vec::<&str>::new());
        assert_eq!(cut("\n\n \t"), Vec::<&str>::new());
        assert_eq!(cut("x\n"), ["x"]);
    }
}
