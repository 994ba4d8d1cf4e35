//! Whom or what a statement is about or directed to.
//!
//! Two rules, in this order; where neither is sure there is no target:
//! 1. *object*: the noun phrase that a stance verb takes ("urged *both sides* to", "condemned *the attack*",
//!    "called on *donors*", "appealed to *the Council* to"), if it names somebody: a country, an
//!    organisation, a person, an office.
//! 2. *only one*: the one country, organisation or person that the content names, the holder left out.

use super::{
    Holder,
    block::{Block, Tokens},
    entity::{Entities, EntityKind},
    lexicon::class::*,
    phrase::phrase_end,
    rules::Find,
};
use crate::span::Span;

/// The target of the statement whose content in its sentence is `content`.
pub(super) fn find(block: &Block, find: Option<&Find>, content: &[Tokens], entities: &Entities, holder: &Holder) -> Option<Span> {
    let object = find.filter(|f| f.stance && !f.direct).and_then(|f| object(block, f, content, entities));
    object.or_else(|| only_one(block, content, entities, holder))
}

fn object(block: &Block, find: &Find, content: &[Tokens], entities: &Entities) -> Option<Span> {
    let cue = find.cue.clone()?;
    let first = content.first()?;
    // "appealed to the Council | to …": the addressee stands in the cue.
    let phrase = if cue.len() > 2 && block.is_word(cue.start + 1, "to") {
        cue.start + 2..cue.end
    } else if cue.end <= first.start && first.start <= cue.end + 1 && !block.is(first.start, SUB | SUBJ | OBJ) {
        first.start..phrase_end(block, first.start, first.end)?
    } else {
        return None;
    };
    let names =
        entities.named_in(block, &phrase).is_some() || phrase.clone().any(|i| block.is(i, ROLE | ORG_BODY | ORG_NAME | COUNTRY));
    let possessor = phrase.clone().find(|&i| block.is(i, POSSESSIVE_S)).map(|p| phrase.start..p);
    names.then(|| block.span(&possessor.filter(|p| entities.named_in(block, p).is_some()).unwrap_or(phrase)))
}

fn only_one(block: &Block, content: &[Tokens], entities: &Entities, holder: &Holder) -> Option<Span> {
    let s = block.sentence_of(content.first()?.start);
    let inside = |first: usize, last: usize| content.iter().any(|c| c.start <= first && last <= c.end);
    let mut one: Option<&super::entity::Mention> = None;
    for mention in entities.in_sentence(s).iter().filter(|m| inside(m.first, m.last)) {
        let entity = &entities.all[mention.entity];
        if holder.name.as_deref() == Some(entity.name.as_str()) {
            continue;
        }
        match one {
            Some(found) if found.entity != mention.entity => return None,
            Some(_) => {}
            None => one = Some(mention),
        }
    }
    let mention = one?;
    // A place after *in* or *from* is where, not whom.
    let place = entities.all[mention.entity].kind == EntityKind::Country
        && matches!(block.word(mention.first.wrapping_sub(1)), "in" | "from" | "at" | "near" | "across" | "through" | "via");
    (!place).then(|| block.span(&(mention.first..mention.last)))
}
