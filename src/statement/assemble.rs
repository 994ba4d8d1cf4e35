//! Finds in; statements out: one a sentence, with holders, utterances and kinds.

use super::{
    Holder, Kind, Statement,
    block::{Block, Tokens},
    entity::Entities,
    holder::Resolver,
    lexicon::class::*,
    rules::{Find, is_first_person},
    target,
};
use crate::span::Span;

/// A find, or a quotation without a cue, ready to be cut into statements.
struct Utterance {
    find: Option<Find>,
    content: Vec<Tokens>,
    rule: &'static str,
    /// Whether it carries on the utterance before.
    carries_on: bool,
}

/// Fewest words of a quotation that is a statement without a cue of its own; below, it is a title or a
/// word held at a distance (a quarter of all quoted stretches in news).
const FEWEST_WORDS: usize = 4;

/// The statements of a block, `first_utterance` being the next free number.
pub(super) fn assemble(block: &Block, finds: Vec<Find>, entities: &Entities, first_utterance: usize) -> Vec<Statement> {
    let mut utterances = with_uncued_quotations(block, finds);
    utterances.sort_by_key(position);
    let mut resolver = Resolver::new(block, entities);
    let mut out: Vec<Statement> = Vec::new();
    let mut number = first_utterance;
    // The last quotation: what is only reported between it and its next sentence does not part the two.
    let mut previous: Option<usize> = None;
    // The writer's own quotation, and what goes on from it, is nobody's statement.
    let mut own = false;
    for utterance in utterances {
        own = own && utterance.carries_on || utterance.find.as_ref().is_some_and(|f| is_first_person(block, f));
        if own {
            continue;
        }
        let current = match previous {
            Some(p) if utterance.carries_on => p,
            _ => {
                number += 1;
                number - 1
            }
        };
        if utterance.find.as_ref().is_none_or(|f| f.direct) {
            previous = Some(current);
        }
        let holder = holder(block, &utterance, &mut resolver);
        let reporter = utterance.find.as_ref().and_then(|f| f.reported_by.as_ref()).map(|r| resolver.peek(&r.mention));
        let first = out.len();
        statements(block, &utterance, &holder, current, entities, &mut out);
        for statement in &mut out[first..] {
            statement.reported_by.clone_from(&reporter);
        }
    }
    out.sort_by_key(|s| (s.content.first().map_or(0, |c| c.start()), s.utterance));
    out
}

fn position(utterance: &Utterance) -> usize {
    let content = utterance.content.first().map_or(0, |c| c.start);
    utterance.find.as_ref().and_then(|f| f.cue.as_ref()).map_or(content, |c| content.min(c.start))
}

fn holder(block: &Block, utterance: &Utterance, resolver: &mut Resolver) -> Holder {
    let last = utterance.content.last().map_or(0, |c| block.sentence_of(c.end.max(1) - 1));
    let nested = utterance.find.as_ref().is_some_and(|f| f.reported_by.is_some());
    let holder = match utterance.find.as_ref().and_then(|f| f.source.as_ref()) {
        Some(source) => {
            // Who is only reported to speak does not take the floor: "she" after it is the reporter.
            let naming = source.naming(block);
            let named = if nested { resolver.peek(&naming) } else { resolver.resolve(&naming) };
            Holder { mention: Some(block.span(&source.mention)), ..named }
        }
        // "It was stressed": the text does not say by whom.
        None if utterance.rule == "passive" => Holder::default(),
        None => resolver.absent(utterance.content.first().map_or(0, |c| block.sentence_of(c.start))),
    };
    resolver.goes_on(last);
    holder
}

/// Adds the quoted stretches that no find covers.
fn with_uncued_quotations(block: &Block, finds: Vec<Find>) -> Vec<Utterance> {
    let mut owned = vec![false; block.regions.len()];
    for find in &finds {
        for content in &find.content {
            mark_owned(block, content, &mut owned);
        }
    }
    let mut out: Vec<Utterance> = finds
        .into_iter()
        .map(|f| Utterance { content: f.content.clone(), rule: f.rule, carries_on: false, find: Some(f) })
        .collect();
    let mut direct_ends: Vec<(usize, usize)> =
        out.iter().filter(|u| u.find.as_ref().is_some_and(|f| f.direct)).map(|u| ends_in(block, u)).collect();
    direct_ends.sort_unstable();
    for (n, tokens) in block.region_tokens.iter().enumerate() {
        if owned[n] || tokens.is_empty() || !stands_alone(block, n, tokens) {
            continue;
        }
        let carries_on = carries_on(block, n, tokens, &direct_ends);
        let s = block.sentence_of(tokens.end - 1);
        let at = direct_ends.partition_point(|&(e, _)| e < tokens.start);
        direct_ends.insert(at, (tokens.end, s));
        out.push(Utterance { find: None, content: vec![tokens.clone()], rule: "quotation without cue", carries_on });
    }
    out
}

fn ends_in(block: &Block, utterance: &Utterance) -> (usize, usize) {
    let last = utterance.content.last().map_or(0, |c| c.end);
    (last, block.sentence_of(last.max(1) - 1))
}

fn mark_owned(block: &Block, content: &Tokens, owned: &mut [bool]) {
    let mut last = 0;
    for i in content.clone() {
        let region = block.region(i);
        if region != 0 && region != last {
            last = region;
            if let Some(o) = owned.get_mut(region as usize - 1) {
                *o = true;
            }
        }
    }
}

/// Whether a quoted stretch is a statement of its own: it starts its sentence and is a sentence, or follows
/// a colon. What stands quoted inside somebody's clause is not.
fn stands_alone(block: &Block, n: usize, tokens: &Tokens) -> bool {
    let s = block.sentence_of(tokens.start);
    let range = &block.ranges[s];
    let words = block.n_words(tokens);
    let stopped = block.is_punctuation(tokens.end - 1) || block.mark(tokens.end, b',') || !block.regions[n].closed;
    let starts = (range.start..tokens.start).all(|i| block.is_punctuation(i));
    let after_colon = tokens.start > 0 && block.mark(tokens.start - 1, b':') && block.sentence_of(tokens.start - 1) == s;
    let fills = (tokens.end..block.ranges[block.sentence_of(tokens.end - 1)].end).all(|i| block.is_punctuation(i));
    (starts || after_colon)
        && words > 0
        && (words >= FEWEST_WORDS && (stopped || fills) || stopped && fills && block.is(tokens.start, UPPER))
}

/// Whether a quotation without a cue goes on from the one before: by a reopened mark, or as the very next
/// sentence after that quotation or its attribution.
fn carries_on(block: &Block, n: usize, tokens: &Tokens, direct_ends: &[(usize, usize)]) -> bool {
    let at = direct_ends.partition_point(|&(e, _)| e <= tokens.start);
    let Some(&(_, last)) = at.checked_sub(1).and_then(|i| direct_ends.get(i)) else { return false };
    let s = block.sentence_of(tokens.start);
    let (here, there) = (block.paragraph_of(s), block.paragraph_of(last));
    if block.regions[n].reopened {
        return true;
    }
    // The sentence before holds the last words of the quotation or its attribution.
    here <= there + 1 && s <= last + 1
}

/// Cuts an utterance into statements, one a sentence.
fn statements(
    block: &Block,
    utterance: &Utterance,
    holder: &Holder,
    number: usize,
    entities: &Entities,
    out: &mut Vec<Statement>,
) {
    let cue = utterance.find.as_ref().and_then(|f| f.cue.clone());
    let cue_sentence = cue.as_ref().map(|c| block.sentence_of(c.start));
    let mut pieces: Vec<(usize, Tokens)> = utterance.content.iter().flat_map(|c| by_sentence(block, c)).collect();
    pieces.sort_by_key(|(_, t)| t.start);
    let first = out.len();
    let mut i = 0;
    while i < pieces.len() {
        let s = pieces[i].0;
        let end = pieces[i..].iter().position(|p| p.0 != s).map_or(pieces.len(), |n| i + n);
        let tokens: Vec<Tokens> = pieces[i..end].iter().map(|p| p.1.clone()).collect();
        i = end;
        let content: Vec<Span> = tokens.iter().map(|t| block.span(t)).filter(|s| !s.is_empty()).collect();
        if content.is_empty() {
            continue;
        }
        // A cue in the sentence before or after belongs to the nearest of the quotation.
        let before = out.len() == first && cue_sentence.is_some_and(|c| c < s);
        let here = cue_sentence == Some(s) || before || i >= pieces.len() && cue_sentence.is_some_and(|c| c > s);
        let find = utterance.find.as_ref();
        out.push(Statement {
            sentence: block.first_sentence + s,
            utterance: number,
            content,
            cue: cue.as_ref().filter(|_| here).map(|c| block.span(c)),
            holder: Holder { mention: holder.mention.filter(|_| here), ..holder.clone() },
            kind: kind(block, &tokens),
            speech: find.is_none_or(|f| f.speech) || tokens.iter().cloned().flatten().all(|i| block.region(i) != 0),
            reported_by: None,
            target: target::find(block, find, &tokens, entities, holder),
            found_by: utterance.rule,
        });
    }
}

/// `tokens` cut at sentence ends, trimmed.
fn by_sentence(block: &Block, tokens: &Tokens) -> Vec<(usize, Tokens)> {
    let mut out = Vec::new();
    let mut start = tokens.start;
    while start < tokens.end {
        let s = block.sentence_of(start);
        let end = block.ranges.get(s).map_or(tokens.end, |r| r.end).min(tokens.end);
        let piece = block.trim(start..end);
        if !piece.is_empty() {
            out.push((s, piece));
        }
        start = end.max(start + 1);
    }
    out
}

fn kind(block: &Block, tokens: &[Tokens]) -> Kind {
    let (mut inside, mut outside) = (0, 0);
    for i in tokens.iter().cloned().flatten() {
        if block.tokens[i].is_word() {
            if block.is_quoted(i) { inside += 1 } else { outside += 1 }
        }
    }
    match (inside, outside) {
        (_, 0) => Kind::Direct,
        (0, _) => Kind::Indirect,
        _ => Kind::Mixed,
    }
}
