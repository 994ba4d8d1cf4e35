//! Cuts an article's paragraphs into runs that each bear one mark at most, so that marks never cross.

use crate::{pipeline::ArticleReport, span::Span, statement::Statement};

/// A paragraph as the page shows it.
#[derive(Debug, Default)]
pub(super) struct Paragraph<'t> {
    pub(super) sentences: Vec<MarkedSentence<'t>>,
}

/// A sentence and the white space before it.
#[derive(Debug)]
pub(super) struct MarkedSentence<'t> {
    pub(super) number: usize,
    pub(super) before: &'t str,
    pub(super) runs: Vec<Run<'t>>,
}

/// Text under one mark or none.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Run<'t> {
    /// Statements that begin here, in order.
    pub(super) starts: Vec<usize>,
    /// The statement whose content this is; the shortest one where several overlap.
    pub(super) statement: Option<usize>,
    pub(super) pieces: Vec<Piece<'t>>,
}

/// Words that are a cue, or are not.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Piece<'t> {
    pub(super) text: &'t str,
    pub(super) is_cue: bool,
}

/// The paragraphs of `report` with its statements marked.
pub(super) fn paragraphs(report: &ArticleReport) -> Vec<Paragraph<'_>> {
    let text = report.article.text.as_str();
    let statements: Vec<&Statement> = report.statements.iter().map(|s| &s.statement).collect();
    let mut out: Vec<Paragraph<'_>> = report.segmentation.paragraphs.iter().map(|_| Paragraph::default()).collect();
    let mut end = None;
    for (number, sentence) in report.segmentation.sentences.iter().enumerate() {
        let Some(paragraph) = out.get_mut(sentence.paragraph) else { continue };
        let first = paragraph.sentences.is_empty();
        let gap = end.filter(|_| !first).map_or(0..0, |end| end..sentence.span.start());
        let before = Span::clamped(text, gap).of(text);
        paragraph.sentences.push(MarkedSentence { number, before, runs: runs(text, sentence.span, &statements) });
        end = Some(sentence.span.end());
    }
    out
}

/// The runs of one sentence: cut wherever a content or a cue begins or ends.
fn runs<'t>(text: &'t str, sentence: Span, statements: &[&Statement]) -> Vec<Run<'t>> {
    let near: Vec<(usize, &Statement)> = statements
        .iter()
        .copied()
        .enumerate()
        .filter(|(_, s)| s.content.iter().chain(&s.cue).any(|c| c.overlaps(sentence)))
        .collect();
    let cuts = cuts(sentence, &near);
    let mut out: Vec<Run<'t>> = Vec::new();
    for pair in cuts.windows(2) {
        let &[start, end] = pair else { continue };
        let piece = Span::clamped(text, start..end);
        let starts: Vec<usize> = near.iter().filter(|(_, s)| begins_at(s, start)).map(|&(i, _)| i).collect();
        let statement = innermost(&near, piece);
        let is_cue = near.iter().any(|(_, s)| s.cue.is_some_and(|cue| cue.contains(piece)));
        let words = Piece { text: piece.of(text), is_cue };
        match out.last_mut() {
            Some(run) if starts.is_empty() && run.statement == statement => run.pieces.push(words),
            _ => out.push(Run { starts, statement, pieces: vec![words] }),
        }
    }
    out
}

fn cuts(sentence: Span, near: &[(usize, &Statement)]) -> Vec<usize> {
    let spans = near.iter().flat_map(|(_, s)| s.content.iter().chain(&s.cue));
    let inside = spans.flat_map(|s| [s.start(), s.end()]).filter(|at| sentence.range().contains(at));
    let mut cuts: Vec<usize> = inside.chain([sentence.start(), sentence.end()]).collect();
    cuts.sort_unstable();
    cuts.dedup();
    cuts
}

fn begins_at(statement: &Statement, at: usize) -> bool {
    statement.content.first().is_some_and(|first| first.start() == at)
}

/// The statement with the shortest content over `piece`: of nested statements the inner one.
fn innermost(near: &[(usize, &Statement)], piece: Span) -> Option<usize> {
    let over = near.iter().filter(|(_, s)| s.content.iter().any(|c| c.contains(piece)));
    over.min_by_key(|(i, s)| (s.content.iter().map(|c| c.len()).sum::<usize>(), *i)).map(|&(i, _)| i)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statement::{Holder, Kind};

    fn span(text: &str, words: &str) -> Span {
        let start = text.find(words).unwrap();
        Span::new(text, start..start + words.len()).unwrap()
    }

    fn statement(text: &str, content: &[&str], cue: &str) -> Statement {
        Statement {
            sentence: 0,
            utterance: 0,
            content: content.iter().map(|words| span(text, words)).collect(),
            cue: Some(span(text, cue)),
            holder: Holder::default(),
            kind: Kind::Indirect,
            speech: true,
            reported_by: None,
            target: None,
            found_by: "",
        }
    }

    fn shown(runs: &[Run<'_>]) -> Vec<String> {
        let piece = |p: &Piece<'_>| if p.is_cue { format!("_{}_", p.text) } else { p.text.to_owned() };
        let run = |r: &Run<'_>| format!("{:?}{:?}{}", r.starts, r.statement, r.pieces.iter().map(piece).collect::<String>());
        runs.iter().map(run).collect()
    }

    #[test]
    fn a_split_quotation_is_one_statement_in_two_runs() {
        let text = "“We wait,” he said, “for rain.”";
        let one = statement(text, &["We wait", "for rain"], "said");
        let runs = runs(text, span(text, text), &[&one]);
        assert_eq!(shown(&runs), ["[]None“", "[0]Some(0)We wait", "[]None,” he _said_, “", "[]Some(0)for rain", "[]None.”"]);
    }

    #[test]
    fn of_nested_statements_the_inner_one_shows() {
        let text = "She said he accused them of theft.";
        let outer = statement(text, &["he accused them of theft"], "said");
        let inner = statement(text, &["them of theft"], "accused");
        let runs = runs(text, span(text, text), &[&outer, &inner]);
        assert_eq!(shown(&runs), ["[]NoneShe _said_ ", "[0]Some(0)he _accused_ ", "[1]Some(1)them of theft", "[]None."]);
    }

    proptest::proptest! {
        /// However contents and cues cross, the runs give the sentence back, each statement begins once at most,
        /// and no mark stands where its statement has no content.
        #[test]
        fn nothing_of_the_text_is_lost_or_doubled(
            text in "[a-cé ]{1,30}",
            spans in proptest::collection::vec((0usize..40, 0usize..40, 0usize..40, 0usize..40), 0..5),
        ) {
            let make = |&(a, b, c, d): &(usize, usize, usize, usize)| Statement {
                content: vec![Span::clamped(&text, a.min(b)..a.max(b))],
                cue: Some(Span::clamped(&text, c.min(d)..c.max(d))),
                ..statement("x", &["x"], "x")
            };
            let statements: Vec<Statement> = spans.iter().map(make).collect();
            let all: Vec<&Statement> = statements.iter().collect();
            let found = runs(&text, Span::clamped(&text, 0..text.len()), &all);
            let joined: String = found.iter().flat_map(|r| &r.pieces).map(|p| p.text).collect();
            proptest::prop_assert_eq!(&joined, &text);
            let mut starts: Vec<usize> = found.iter().flat_map(|r| r.starts.iter().copied()).collect();
            let n_starts = starts.len();
            starts.dedup();
            proptest::prop_assert_eq!(starts.len(), n_starts);
            let marked = |i: usize| found.iter().filter(|r| r.statement == Some(i)).flat_map(|r| &r.pieces).map(|p| p.text.len()).sum::<usize>();
            for (i, one) in statements.iter().enumerate() {
                proptest::prop_assert!(marked(i) <= one.content.iter().map(|c| c.len()).sum());
            }
        }
    }
}
