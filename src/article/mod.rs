//! Bytes in; an article out: encodings decoded, HTML and Markdown reduced to their text.

mod decode;
mod markup;

use crate::error::{Error, Result};

/// One article.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Article {
    /// Identifier in its corpus.
    pub id: Option<String>,
    /// Headline, where it is known apart from the text.
    pub title: Option<String>,
    /// Date as given.
    pub date: Option<String>,
    /// The text that all spans index; blank lines part paragraphs.
    pub text: String,
    /// Whether `text` was decoded or extracted, so that it is not the input byte for byte.
    pub extracted: bool,
}

/// What the bytes of an article are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// By the name's extension, else by the first characters.
    #[default]
    Detect,
    /// Plain text.
    Text,
    /// Markdown (CommonMark); the first heading is the title.
    Markdown,
    /// HTML; the main text is extracted.
    Html,
}

impl Article {
    /// An article of nothing but its text.
    pub fn from_text(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// Reads an article from the bytes of the file `name`, with notes on what was decoded.
    ///
    /// UTF-8 is taken as it is; UTF-16 and older encodings are recognised and decoded.
    ///
    /// # Errors
    /// [`Error::NotText`] for a PDF, an image, an archive or other bytes that are no text.
    pub fn from_bytes(name: &str, bytes: Vec<u8>, format: Format) -> Result<(Self, Vec<String>)> {
        let refuse = |reason: String| Error::NotText { name: name.to_owned(), reason };
        let decoded = decode::decode(bytes).map_err(refuse)?;
        let mut notes: Vec<String> = decoded.notes.iter().map(|note| format!("{name}: {note}")).collect();
        let format = if format == Format::Detect { detect(name, &decoded.text) } else { format };
        let mut article = match format {
            Format::Html => markup::from_html(&decoded.text).unwrap_or_else(|reason| {
                notes.push(format!("{name}: no main text found in the HTML ({reason}); took all of its text"));
                markup::all_text(&decoded.text)
            }),
            Format::Markdown => markup::from_markdown(&decoded.text),
            Format::Text | Format::Detect => Self::from_text(decoded.text),
        };
        article.extracted |= decoded.changed;
        Ok((article, notes))
    }
}

/// The format that extension or beginning of a text speak for.
fn detect(name: &str, text: &str) -> Format {
    let extension = name.rsplit_once('.').map(|(_, e)| e.to_ascii_lowercase()).unwrap_or_default();
    match extension.as_str() {
        "html" | "htm" | "xhtml" => return Format::Html,
        "md" | "markdown" => return Format::Markdown,
        _ => {}
    }
    let start: String = text.trim_start().chars().take(64).collect::<String>().to_ascii_lowercase();
    let html = ["<!doctype html", "<html", "<head", "<body", "<?xml"].iter().any(|tag| start.starts_with(tag));
    if html { Format::Html } else { Format::Text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, bytes: &[u8]) -> (Article, Vec<String>) {
        Article::from_bytes(name, bytes.to_vec(), Format::Detect).unwrap()
    }

    #[test]
    fn utf8_is_taken_as_it_is() {
        let (article, notes) = read("a.txt", "Žeņeva \r\n“ok”\0".as_bytes());
        assert_eq!(article.text, "Žeņeva \r\n“ok”\0");
        assert!(!article.extracted);
        assert_eq!(notes.len(), 1, "NUL bytes are worth a note");
    }

    #[test]
    fn older_encodings_are_decoded_with_a_note() {
        let latin: Vec<u8> = "Die Gespräche führten zu nichts, erklärte der Minister in Köln.".chars().map(|c| c as u8).collect();
        let (article, notes) = read("a.txt", &latin);
        assert!(article.text.contains("Gespräche führten"));
        assert!(article.extracted && notes[0].contains("decoded"));
        for big in [false, true] {
            let units = "\u{feff}He said no. “Enough,” she said.".encode_utf16();
            let bytes: Vec<u8> = units.flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() }).collect();
            assert_eq!(read("a.txt", &bytes).0.text, "He said no. “Enough,” she said.");
            assert_eq!(read("a.txt", &bytes[2..]).0.text, "He said no. “Enough,” she said.", "without a mark");
        }
    }

    #[test]
    fn what_is_no_text_is_refused_by_name() {
        let refuse = |bytes: &[u8]| Article::from_bytes("x", bytes.to_vec(), Format::Detect).unwrap_err().to_string();
        assert!(refuse(b"%PDF-1.7\n...").contains("PDF"));
        assert!(refuse(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR").contains("image/png"));
        assert!(refuse(&[0u8, 1, 2, 3, 4, 5, 6, 7, 200, 0, 3].repeat(20)).contains("binary"));
    }

    #[test]
    fn text_that_begins_like_a_bitmap_is_text() {
        assert_eq!(read("a.txt", b"BMW said it would wait.").0.text, "BMW said it would wait.");
    }

    #[test]
    fn markdown_gives_title_and_paragraphs() {
        let (article, _) =
            read("a.md", b"# Talks resume\n\nThe *minister* said [so](http://x.y).\n\n- one\n- two\n\n```\ncode\n```\n");
        assert_eq!(article.title.as_deref(), Some("Talks resume"));
        assert_eq!(article.text, "The minister said so.\n\none\n\ntwo");
    }

    #[test]
    fn html_gives_the_main_text() {
        let body =
            "<p>The minister said on Monday that the talks, which began in May, had gone well and would go on.</p>".repeat(8);
        let page = format!(
            "<!DOCTYPE html><html><head><title>Talks</title></head><body><nav>Home</nav><article>{body}</article><script>x()</script></body></html>"
        );
        let (article, _) = read("page", page.as_bytes());
        assert!(article.text.starts_with("The minister said") && article.text.contains("\n\nThe minister"));
        assert!(!article.text.contains("x()"));
        assert_eq!(article.title.as_deref(), Some("Talks"));
    }
}
