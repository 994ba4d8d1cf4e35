//! Text in; headline, dateline, paragraphs and sentences out.
//!
//! `sentencex` proposes boundaries, a small pass of our own corrects what it misses in news.
//! Paragraph breaks always end a sentence.

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
    /// Paragraphs in order, headline left out.
    pub paragraphs: Vec<Span>,
    /// Sentences in order.
    pub sentences: Vec<Sentence>,
}

/// Cuts `text` into headline, dateline, paragraphs and sentences; empty text gives none.
pub fn segment(text: &str) -> Segmentation {
    // Placeholder until the real splitter lands: one sentence a line.
    let mut out = Segmentation::default();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let span = Span::clamped(text, start..start + line.len()).trimmed(text);
        start += line.len();
        if !span.is_empty() {
            out.sentences.push(Sentence { span, paragraph: out.paragraphs.len() });
            out.paragraphs.push(span);
        }
    }
    out
}
