//! HTML and Markdown to title and plain paragraphs.

use dom_smoothie::{Config, Readability, TextMode};
use pulldown_cmark::{Event, HeadingLevel, Parser, Tag, TagEnd};

use super::Article;

/// Elements past which a page is refused by the extractor: a hostile page must not hang it.
const MAX_ELEMENTS: usize = 100_000;

/// The main text of a page (Mozilla's Readability), its title and its date.
pub(super) fn from_html(html: &str) -> Result<Article, String> {
    let config = Config { text_mode: TextMode::Formatted, max_elements_to_parse: MAX_ELEMENTS, ..Config::default() };
    let mut page = Readability::new(html, None, Some(config)).map_err(|e| e.to_string())?;
    let found = page.parse().map_err(|e| e.to_string())?;
    let text = paragraphs(found.text_content.lines());
    if text.is_empty() {
        return Err("it is empty".into());
    }
    let title = Some(found.title.trim().to_owned()).filter(|t| !t.is_empty());
    Ok(Article { title, date: found.published_time, text, extracted: true, ..Article::default() })
}

/// All text of a page without scripts and styles, a paragraph a line.
pub(super) fn all_text(html: &str) -> Article {
    let page = dom_smoothie::Readability::new(html, None, None);
    let text = page.map(|page| {
        page.doc.select("script, style, noscript, template").remove();
        page.doc.formatted_text().to_string()
    });
    Article { text: text.map(|t| paragraphs(t.lines())).unwrap_or_default(), extracted: true, ..Article::default() }
}

/// Trimmed lines, blank ones dropped, with a blank line between.
fn paragraphs<'t>(lines: impl Iterator<Item = &'t str>) -> String {
    lines.map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n\n")
}

/// The text of a Markdown document; its first heading is the title, code and raw HTML are left out.
pub(super) fn from_markdown(source: &str) -> Article {
    let mut reader = MarkdownReader::default();
    Parser::new(source).for_each(|event| reader.take(event));
    reader.end_paragraph();
    Article { title: reader.title, text: reader.paragraphs.join("\n\n"), extracted: true, ..Article::default() }
}

#[derive(Default)]
struct MarkdownReader {
    title: Option<String>,
    paragraphs: Vec<String>,
    current: String,
    skipping: usize,
}

impl MarkdownReader {
    fn take(&mut self, event: Event) {
        match event {
            Event::Start(Tag::CodeBlock(_) | Tag::Image { .. } | Tag::HtmlBlock) => self.skipping += 1,
            Event::End(TagEnd::CodeBlock | TagEnd::Image | TagEnd::HtmlBlock) => self.skipping = self.skipping.saturating_sub(1),
            _ if self.skipping > 0 => {}
            Event::Text(text) | Event::Code(text) => self.current.push_str(&text),
            Event::SoftBreak => self.current.push(' '),
            Event::HardBreak => self.current.push('\n'),
            Event::End(TagEnd::Heading(HeadingLevel::H1)) if self.title.is_none() => {
                self.title = Some(std::mem::take(&mut self.current));
            }
            Event::Start(Tag::Paragraph | Tag::Heading { .. } | Tag::Item | Tag::BlockQuote(_))
            | Event::End(TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::Item | TagEnd::BlockQuote(_))
            | Event::Rule => self.end_paragraph(),
            _ => {}
        }
    }

    fn end_paragraph(&mut self) {
        let text = std::mem::take(&mut self.current);
        if !text.trim().is_empty() {
            self.paragraphs.push(text.trim().to_owned());
        }
    }
}
