//! Sentences in; statements out: who says what, and by which cue.

mod assemble;
mod block;
mod entity;
mod holder;
mod lexicon;
mod phrase;
mod quotation;
mod rules;
pub mod tagger;
mod target;
mod token;

use crate::{segment::Segmentation, span::Span};
use std::ops::Range;

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

impl Holder {
    /// What to call the holder: the name, else the words of the mention; nothing where these are no more than a
    /// pronoun ("it", "he", "who").
    pub fn shown<'a>(&'a self, text: &'a str) -> Option<&'a str> {
        let mention = self.mention.map(|span| span.of(text)).filter(|words| !lexicon::is_pronoun(words));
        self.name.as_deref().or(mention)
    }
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

/// Bytes of a block: an article is read whole; what is longer is read in blocks of about this size, which
/// bounds memory. Names are not carried from block to block.
const BLOCK: usize = 1 << 20;

/// Finds the statements of an article, ordered by position; nothing is attributed to the journalist.
///
/// Time and memory are linear in the text.
pub fn extract(text: &str, segmentation: &Segmentation) -> Vec<Statement> {
    extract_with(text, segmentation, &ExtractSettings::default())
}

/// How statements are extracted.
#[derive(Clone, Copy, Debug)]
pub struct ExtractSettings<'t> {
    /// The tagger beside the rules; `None`: rules alone.
    pub tagger: Option<&'t tagger::Tagger>,
    /// Whether doubled apostrophes (`''…''`) are quotation marks. If not, what stands between them is found and
    /// given its holder all the same, but its [`Kind`] is that of plain text. Some newspapers print them for
    /// marks, and some annotated corpora take them for plain text.
    pub doubled_apostrophes: bool,
}

impl Default for ExtractSettings<'_> {
    fn default() -> Self {
        Self { tagger: tagger::builtin(), doubled_apostrophes: true }
    }
}

/// [`extract`] with settings of one's own.
pub fn extract_with(text: &str, segmentation: &Segmentation, settings: &ExtractSettings) -> Vec<Statement> {
    let mut out: Vec<Statement> = Vec::new();
    let mut first_utterance = 0;
    for sentences in blocks(segmentation) {
        let mut block = block::Block::new(text, segmentation, sentences);
        block.doubled_apostrophes = settings.doubled_apostrophes;
        rules::end_unclosed(&mut block);
        let entities = entity::Entities::collect(&block);
        let mut finds = rules::finds(&block);
        if let Some(tagger) = settings.tagger {
            tagger::revise(tagger, &block, &mut finds);
        }
        let found = assemble::assemble(&block, finds, &entities, first_utterance);
        first_utterance = found.iter().map(|s| s.utterance + 1).max().unwrap_or(first_utterance);
        out.extend(found);
    }
    out
}

/// Runs of sentences of about [`BLOCK`] bytes.
fn blocks(segmentation: &Segmentation) -> Vec<Range<usize>> {
    let sentences = &segmentation.sentences;
    let mut out = Vec::new();
    let mut start = 0;
    for end in 1..=sentences.len() {
        let bytes = sentences[end - 1].span.end() - sentences[start].span.start();
        if end == sentences.len() || bytes >= BLOCK {
            out.push(start..end);
            start = end;
        }
    }
    out
}

/// Longest stretch of words (bytes) between the parts of a statement that is kept in its stance text:
/// "told reporters *in Vienna* that"; what is longer belongs to something else.
const LONGEST_GAP: usize = 40;

/// The text that the stance classifier sees: holder mention, cue and content of one statement as they
/// stand in its sentence, in reading order, with the quotation marks and stops around them. Short
/// stretches between the parts are kept, longer ones (other statements, appositions) become a space.
pub fn stance_text(text: &str, statement: &Statement) -> String {
    let mut pieces: Vec<Span> = statement.content.clone();
    pieces.extend(statement.cue);
    pieces.extend(statement.holder.mention);
    pieces.sort();
    let mut joined: Vec<Span> = Vec::new();
    for piece in pieces {
        match joined.last_mut() {
            Some(last) if piece.start() <= last.end() || keeps_gap(Span::clamped(text, last.end()..piece.start()).of(text)) => {
                *last = last.cover(piece);
            }
            _ => joined.push(piece),
        }
    }
    joined.iter().map(|s| with_marks(text, *s).of(text)).collect::<Vec<_>>().join(" ")
}

fn keeps_gap(gap: &str) -> bool {
    !gap.contains('\n') && (gap.len() <= LONGEST_GAP || !gap.contains(char::is_alphanumeric))
}

/// `span` with the opening marks before and the closing marks and stops after it.
fn with_marks(text: &str, span: Span) -> Span {
    let before = text.get(..span.start()).unwrap_or("");
    let start = before.trim_end_matches(['"', '“', '„', '«', '‘', '\'', '`']).len();
    let after = text.get(span.end()..).unwrap_or("");
    let end = text.len() - after.trim_start_matches(['"', '”', '»', '’', '\'', '“', '.', ',', '!', '?']).len();
    Span::clamped(text, start..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each statement as `holder | cue | kind | content`.
    fn found(text: &str) -> Vec<String> {
        let row = |s: Statement| {
            let content: Vec<&str> = s.content.iter().map(|c| c.of(text)).collect();
            let name = s.holder.name.unwrap_or_default();
            format!("{name} | {} | {} | {}", s.cue.map_or("", |c| c.of(text)), s.kind.name(), content.join(" … "))
        };
        extract(text, &crate::segment::segment(text)).into_iter().map(row).collect()
    }

    #[test]
    fn a_split_quotation_is_one_statement_a_sentence() {
        let text = "“We came to listen,” Foreign Minister Ilse Brandauer said, “and we heard. Now we act.” She left.";
        let want =
            ["Ilse Brandauer | said | direct | We came to listen … and we heard", "Ilse Brandauer |  | direct | Now we act"];
        assert_eq!(found(text), want);
    }

    #[test]
    fn doubled_apostrophes_are_marks_or_plain_text() {
        let text = "''We came to listen,'' Foreign Minister Ilse Brandauer said. \"Now we act,\" she said.";
        let kinds = |doubled_apostrophes| {
            let settings = ExtractSettings { tagger: None, doubled_apostrophes };
            let found = extract_with(text, &crate::segment::segment(text), &settings);
            found.into_iter().map(|s| (s.kind, s.holder.name.unwrap_or_default(), s.speech)).collect::<Vec<_>>()
        };
        let name = || String::from("Ilse Brandauer");
        assert_eq!(kinds(true), [(Kind::Direct, name(), true), (Kind::Direct, name(), true)]);
        assert_eq!(kinds(false), [(Kind::Indirect, name(), true), (Kind::Direct, name(), true)]);
    }

    #[test]
    fn stance_text_keeps_marks_and_drops_what_is_between() {
        let text = "“No,” said Brandauer, who has led the ministry since the spring of last year, “we will not.” Then silence.";
        let statements = extract(text, &crate::segment::segment(text));
        assert_eq!(stance_text(text, &statements[0]), "“No,” said Brandauer, “we will not.”");
    }
}
