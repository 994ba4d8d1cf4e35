//! Sentences in; statements out: who says what, and by which cue.

use crate::{segment::Segmentation, span::Span};

/// How the content is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Wholly in quotation marks.
    Direct,
    /// Without quotation marks.
    Indirect,
    /// Partly in quotation marks.
    Mixed,
}

impl Kind {
    /// The name in reports: `direct`, `indirect` or `mixed`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Indirect => "indirect",
            Self::Mixed => "mixed",
        }
    }
}

/// Whose stance a statement is: the quoted or reported source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holder {
    /// The words that name the source beside the cue; `None` where the text has none.
    pub mention: Option<Span>,
    /// The person, organisation or country as fully as the article names it; `None` if unresolved.
    pub name: Option<String>,
    /// Function or title ("Russian foreign minister"), where the article gives one.
    pub role: Option<String>,
    /// How mention became name, in words for `explain` ("pronoun: last speaker"); empty if unresolved.
    pub resolved_by: &'static str,
}

/// One sentence's worth of what one holder says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Number of the sentence that holds the content.
    pub sentence: usize,
    /// Number of the quotation; its sentences share it. An indirect statement is its own utterance.
    pub utterance: usize,
    /// Content without quotation marks and edge punctuation; several spans where the cue splits it.
    pub content: Vec<Span>,
    /// The words that attribute the content ("said", "called on", "according to").
    pub cue: Option<Span>,
    /// Whose words they are.
    pub holder: Holder,
    /// Direct, indirect or mixed.
    pub kind: Kind,
    /// Reported as said or written (`true`), or as a belief, wish or support (`false`).
    pub speech: bool,
    /// Who reports the holder's words, where the source is nested ("X said Y accused Z": X).
    pub reported_by: Option<Holder>,
    /// What the statement is about or directed to; `None` when unsure.
    pub target: Option<Span>,
    /// The rule or tag that found it, for `explain`.
    pub found_by: &'static str,
}

/// Finds the statements of an article, ordered by position; nothing is attributed to the journalist.
pub fn extract(text: &str, segmentation: &Segmentation) -> Vec<Statement> {
    let _ = (text, segmentation);
    Vec::new()
}

/// The text that the stance classifier sees: holder mention, cue and content of one statement as they
/// stand in its sentence, in reading order, with quotation marks kept.
pub fn stance_text(text: &str, statement: &Statement) -> String {
    let mut pieces: Vec<Span> = statement.content.clone();
    pieces.extend(statement.cue);
    pieces.extend(statement.holder.mention);
    pieces.sort();
    pieces.iter().map(|s| s.of(text)).collect::<Vec<_>>().join(" ")
}
