//! The escaper of every page: other people's text is shown, never obeyed.

use std::fmt::{self, Write};

/// Escapes markup, and shows control characters as their pictures.
///
/// The article and its names come from anywhere. Beside `<>&"'`, control characters (which HTML does not allow
/// and some readers obey) become the pictures of Unicode's block U+2400; those above U+007F, and the two that turn the
/// order of all letters round (U+202D, U+202E: no language needs them), the replacement character. White space stays.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Html;

impl askama::filters::Escaper for Html {
    fn write_escaped_str<W: Write>(&self, mut out: W, text: &str) -> fmt::Result {
        let mut written = 0;
        for (at, c) in text.char_indices() {
            if let Some(shown) = shown(c) {
                out.write_str(text.get(written..at).unwrap_or(""))?;
                shown.write(&mut out)?;
                written = at + c.len_utf8();
            }
        }
        out.write_str(text.get(written..).unwrap_or(""))
    }
}

/// What stands for a character that must not stand for itself.
enum Shown {
    Reference(&'static str),
    Picture(char),
}

impl Shown {
    fn write(&self, out: &mut impl Write) -> fmt::Result {
        match self {
            Self::Reference(name) => out.write_str(name),
            Self::Picture(c) => out.write_char(*c),
        }
    }
}

fn shown(c: char) -> Option<Shown> {
    Some(match c {
        '<' => Shown::Reference("&lt;"),
        '>' => Shown::Reference("&gt;"),
        '&' => Shown::Reference("&amp;"),
        '"' => Shown::Reference("&quot;"),
        '\'' => Shown::Reference("&#39;"),
        '\t' | '\n' | '\r' => return None,
        '\0'..='\x1f' => Shown::Picture(char::from_u32(0x2400 + u32::from(c))?),
        '\x7f' => Shown::Picture('\u{2421}'),
        '\u{80}'..='\u{9f}' | '\u{202d}' | '\u{202e}' => Shown::Picture(char::REPLACEMENT_CHARACTER),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use askama::filters::Escaper;

    fn escaped(text: &str) -> String {
        let mut out = String::new();
        super::Html.write_escaped_str(&mut out, text).unwrap();
        out
    }

    #[test]
    fn markup_is_escaped() {
        assert_eq!(escaped("<b a=\"1\" b='2'>&amp;</b>"), "&lt;b a=&quot;1&quot; b=&#39;2&#39;&gt;&amp;amp;&lt;/b&gt;");
        assert_eq!(escaped("“Да”, said 李."), "“Да”, said 李.");
    }

    #[test]
    fn control_characters_are_shown() {
        assert_eq!(escaped("\u{202e}exe.txt"), "\u{fffd}exe.txt");
        assert_eq!(escaped("a\0b\x1b[31m\x7f\u{85}\n\t"), "a␀b␛[31m␡\u{fffd}\n\t");
    }
}
