//! Whom or what a statement is about or directed to.
//!
//! Two rules, in this order; where neither is sure there is no target:
//! 1. *object*: the noun phrase that a stance verb takes ("urged *both sides* to", "condemned *the attack*",
//!    "called on *donors*", "appealed to *the Council* to"), if it names somebody: a country, an
//!    organisation, a person, an office.
//! 2. *subject*: the country, organisation or person whom the content has as its subject, or to whom its
//!    subject belongs ("said that *Kyiv* would …", "said *Clinton*'s plan …"). Whoever stands elsewhere in the
//!    content is the target too seldom (less than half of a sample).
//!
//! The holder and his own country are no target of his.

use super::{
    Holder,
    block::{Block, Tokens},
    entity::{Entities, Entity, EntityKind, Mention},
    lexicon::{class::*, lexicon},
    phrase::phrase_end,
    rules::Find,
};
use crate::span::Span;

/// The target of the statement whose content in its sentence is `content`.
pub(super) fn find(block: &Block, find: Option<&Find>, content: &[Tokens], entities: &Entities, holder: &Holder) -> Option<Span> {
    let object = find.filter(|f| f.stance && !f.direct).and_then(|f| object(block, f, content, entities, holder));
    object.or_else(|| subject(block, content, entities, holder))
}

fn object(block: &Block, find: &Find, content: &[Tokens], entities: &Entities, holder: &Holder) -> Option<Span> {
    let cue = find.cue.clone()?;
    let first = content.first()?;
    // "appealed to the Council | to …": the addressee stands in the cue.
    let phrase = if cue.len() > 2 && block.is_word(cue.start + 1, "to") {
        cue.start + 2..cue.end
    } else if cue.end <= first.start && first.start <= cue.end + 1 && !block.is(first.start, SUB | SUBJ | OBJ) {
        first.start..object_end(block, first)?
    } else {
        return None;
    };
    let possessor = phrase.clone().find(|&i| block.is(i, POSSESSIVE_S)).map(|p| phrase.start..p);
    let phrase = possessor.unwrap_or(phrase);
    // "a change in Nairobi": whoever stands after a preposition is not the head.
    let head_end = (phrase.start + 1..phrase.end).find(|&i| block.is(i, PREP)).unwrap_or(phrase.end);
    let phrase = if block.is_word(head_end, "of") { phrase } else { phrase.start..head_end };
    let named = entities.starting_in(&phrase).iter().filter(|m| m.last == head_end).find(|m| names_somebody(block, m, entities));
    let foreign = named.is_none_or(|m| !is_own(block, &entities.all[m.entity], holder));
    (foreign && (named.is_some() || is_office(block, head_end - 1))).then(|| block.span(&phrase))
}

/// Whether the noun at token `i` is somebody: an office, a body, but no document.
fn is_office(block: &Block, i: usize) -> bool {
    let document = ["report", "statement", "document", "resolution", "declaration", "study", "survey", "poll", "letter", "memo"];
    let text =
        ["filing", "lawsuit", "complaint", "indictment", "paper", "communique", "communiqué", "bulletin", "editorial", "website"];
    let thing = document.iter().chain(&text).any(|w| block.is_word(i, w)) || block.is_word(i, "justice");
    block.is(i, ROLE | ORG_BODY | ORG_NAME) && !block.is(i, ING) && !thing
}

/// End of the object that starts `content`: "accused *the ministry* | of hiding", "called *Lee* | “…”".
fn object_end(block: &Block, content: &Tokens) -> Option<usize> {
    let end = phrase_end(block, content.start, content.end)?;
    let inside = |i: usize| block.region(i) == block.region(content.start);
    let complement = |i: usize| {
        matches!(block.word(i), "of" | "for" | "as") && (block.word(i + 1).ends_with("ing") || !inside(i + 1))
            || !inside(i)
            || matches!(block.word(i), "less" | "more" | "well")
    };
    (content.start + 1..end).find(|&i| complement(i)).or(Some(end)).filter(|&e| e > content.start)
}

fn subject(block: &Block, content: &[Tokens], entities: &Entities, holder: &Holder) -> Option<Span> {
    let first = content.first()?;
    if holder.name.is_none() && holder.mention.is_none() {
        return None;
    }
    let start = (first.start..first.end).find(|&i| !block.is(i, COORD | ADV) && !block.is_word(i, "that"))?;
    let end = phrase_end(block, start, first.end)?;
    let inside = entities.starting_in(&(start..end)).iter().filter(|m| m.last <= end);
    // The head of the phrase, or the one it belongs to.
    let mention = inside.filter(|m| m.last == end || block.is(m.last, POSSESSIVE_S)).find(|m| {
        let before = (start..m.first).all(|i| !block.is(i, PREP | POSS | POSSESSIVE_S) && !block.is_punctuation(i));
        before && names_somebody(block, m, entities)
    })?;
    let goes_on = mention.last < first.end || content.len() > 1;
    (goes_on && !is_own(block, &entities.all[mention.entity], holder)).then(|| block.span(&(mention.first..mention.last)))
}

/// Whether a mention is surely a name: not "State", "April" or "Small" with a capital.
fn names_somebody(block: &Block, mention: &Mention, entities: &Entities) -> bool {
    let i = mention.first;
    let single = mention.last - mention.first == 1;
    let opens = block.ranges.get(block.sentence_of(i)).is_some_and(|r| r.start == i);
    let common = block.is(i, ORG_HEAD | TIME | WEEKDAY | MONTH | NUMBER | DET | ROLE | PREP) && !block.is(i, ALL_CAPS);
    match entities.all[mention.entity].kind {
        EntityKind::Country => true,
        _ if !block.is(i, UPPER) || block.word(i).contains(|c: char| c.is_ascii_digit()) => false,
        EntityKind::Organisation => !single || !common,
        EntityKind::Person => !single || !common && (!opens || entities.all[mention.entity].name.contains(' ')),
    }
}

/// Whether `entity` is the holder, or the country he speaks for.
fn is_own(block: &Block, entity: &Entity, holder: &Holder) -> bool {
    if holder.name.as_deref() == Some(entity.name.as_str()) {
        return true;
    }
    let said_of_holder = |text: &str| entity.country != 0 && country_named(text) == entity.country;
    let mention = holder.mention.map_or("", |m| m.of(block.text));
    entity.kind == EntityKind::Country
        && (holder.role.as_deref().is_some_and(said_of_holder)
            || holder.name.as_deref().is_some_and(said_of_holder)
            || said_of_holder(mention))
}

/// The first country that `text` names, by name, demonym or capital; 0 where there is none.
fn country_named(text: &str) -> u16 {
    let words: Vec<&str> = text.split(|c: char| c.is_whitespace() || c == ',').filter(|w| !w.is_empty()).collect();
    let at = |i: usize| {
        let word = words.get(i).filter(|w| w.starts_with(char::is_uppercase))?;
        let places = lexicon().places(&word.to_lowercase());
        let fits = |n: usize, w: &str| words.get(i + 1 + n).is_some_and(|x| x.to_lowercase() == w);
        places.iter().find(|p| p.rest.iter().enumerate().all(|(n, w)| fits(n, w))).map(|p| p.country)
    };
    (0..words.len()).find_map(at).unwrap_or(0)
}
