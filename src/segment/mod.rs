//! Text in; headline, dateline, paragraphs and sentences out.
//!
//! 1. `paragraphs`: blank lines, or lines where each is a paragraph; hard-wrapped lines are rejoined.
//! 2. `dateline`: "GENEVA (AP) —" before the first sentence.
//! 3. `sentences`: `sentencex` proposes boundaries, a small pass of our own corrects what it misses
//!    in news. Paragraph breaks always end a sentence.
//!
//! Time is linear in the text. White space and the marks between the parts aside, nothing is lost.

mod dateline;
mod paragraphs;
mod sentences;

use crate::span::Span;

/// A sentence of an article.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// Where it stands, without surrounding white space.
    pub span: Span,
    /// Number of its paragraph in [`Segmentation::paragraphs`].
    pub paragraph: usize,
}

/// "GENEVA (AP) —", "MOSCOW. KAZINFORM": the agency's line of place, agency and date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dateline {
    /// Where it stands.
    pub span: Span,
    /// The date in it as written, where there is one.
    pub date: Option<Span>,
}

/// An article cut into its parts. Together they cover everything but white space, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Segmentation {
    /// A first line that is a headline, not a sentence.
    pub headline: Option<Span>,
    /// The dateline, where there is one; not part of the first sentence.
    pub dateline: Option<Dateline>,
    /// Paragraphs in order, headline left out; the one with the dateline starts after it.
    pub paragraphs: Vec<Span>,
    /// Sentences in order.
    pub sentences: Vec<Sentence>,
}

/// Cuts `text` into headline, dateline, paragraphs and sentences; empty text gives none.
pub fn segment(text: &str) -> Segmentation {
    let mut out = Segmentation { paragraphs: paragraphs::paragraphs(text), ..Segmentation::default() };
    if out.paragraphs.len() > 1 && is_headline(out.paragraphs[0].of(text)) && dateline::find(text, out.paragraphs[0]).is_none() {
        out.headline = Some(out.paragraphs.remove(0));
    }
    if let Some(first) = out.paragraphs.first_mut()
        && let Some(found) = dateline::find(text, *first)
    {
        *first = Span::clamped(text, found.span.end()..first.end()).trimmed(text);
        out.dateline = Some(found);
    }
    let mut mask = sentences::Mask::default();
    for (number, &paragraph) in out.paragraphs.iter().enumerate() {
        sentences::split(text, paragraph, number, &mut mask, &mut out.sentences);
    }
    out
}

/// Longest headline in bytes.
const LONGEST_HEADLINE: usize = 200;

/// A first paragraph of one short line without a final stop is a headline.
fn is_headline(line: &str) -> bool {
    let last = line.trim_end_matches(['"', '”', '’', '\'', '»', ')']).chars().last();
    let short = line.len() <= LONGEST_HEADLINE && !line.contains('\n');
    let words = line.split_whitespace().count() >= 2;
    short && words && !line.contains(". ") && last.is_some_and(|c| c.is_alphanumeric() || c == '?')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentences(text: &str) -> Vec<&str> {
        segment(text).sentences.into_iter().map(|s| s.span.of(text)).collect()
    }

    #[test]
    fn headline_dateline_and_body_are_told_apart() {
        let text = "Two capitals agree on a bridge\n\nRIGA, May 2 (Daugava) - The bridge will open. It is long.";
        let found = segment(text);
        assert_eq!(found.headline.map(|h| h.of(text)), Some("Two capitals agree on a bridge"));
        assert_eq!(found.dateline.map(|d| d.span.of(text)), Some("RIGA, May 2 (Daugava) -"));
        assert_eq!(found.sentences.len(), 2);
        assert_eq!(found.paragraphs.len(), 1);
        assert_eq!(found.sentences[0].span.of(text), "The bridge will open.");
    }

    #[test]
    fn odd_texts_are_cut_without_loss() {
        assert_eq!(segment(""), Segmentation::default());
        assert_eq!(sentences("only a title"), ["only a title"]);
        assert_eq!(sentences("مرحبا. شكرا."), ["مرحبا.", "شكرا."]);
        assert_eq!(sentences("😀 Yes. \0 No 😀."), ["😀 Yes.", "\0 No 😀."]);
    }

    #[test]
    fn a_long_line_is_cut_in_pieces_without_losing_a_sentence() {
        let text = "The envoy spoke at noon. ".repeat(40_000);
        assert_eq!(segment(&text).sentences.len(), 40_000);
        let endless = "word ".repeat(100_000);
        let covered: usize = sentences(&endless).iter().map(|s| s.len() + 1).sum();
        assert_eq!(covered, endless.len());
    }
}
