//! Noun phrases and clause ends, found by closed-class words: no parser, no part-of-speech tagger.

use super::{
    block::{Block, Tokens},
    lexicon::{Form, class::*},
};

/// Longest stretch (tokens) that any rule looks across; keeps hostile texts linear.
pub(super) const REACH: usize = 250;
/// Longest noun phrase in tokens.
const LONGEST_PHRASE: usize = 14;
/// Longest stretch between a name and its verb: ", who chairs the committee of …,".
const LONGEST_APPOSITION: usize = 30;

/// Prepositions that tie a noun phrase to the noun before it.
fn ties(block: &Block, i: usize) -> bool {
    matches!(block.word(i), "of" | "for" | "from" | "in" | "at" | "with" | "to" | "on" | "against" | "behind" | "within")
}

/// Whether token `i` can stand inside a noun phrase as noun, adjective, name or number.
pub(super) fn nominal(block: &Block, i: usize) -> bool {
    let Some(t) = block.tokens.get(i) else { return false };
    if t.mark != 0 {
        return t.mark == b'%';
    }
    if t.is(FUNCTION | COMMON_VERB) && !t.is(UPPER) {
        return t.is(NUMBER | ROLE | POSSESSIVE_S);
    }
    if t.is(ADV) && !t.is(UPPER) {
        return false;
    }
    let closed = t.is(DET | POSS | AUX | MODAL | COORD) && !t.is(ALL_CAPS | COUNTRY);
    let joining = t.is(PREP | SUB | SUBJ | REL) && !t.is(ALL_CAPS);
    !closed && !joining
}

/// Whether token `i` looks like a finite verb that ends a noun phrase to its right.
pub(super) fn finite(block: &Block, i: usize) -> bool {
    let Some(t) = block.tokens.get(i) else { return false };
    t.is(AUX | MODAL | COMMON_VERB) && !t.is(UPPER)
        || t.is(CUE_VERB) && !t.is(UPPER) && matches!(t.form, Form::Past | Form::Third)
}

/// A mention of a source and the phrase around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Phrase {
    /// The words that name the source.
    pub(super) mention: Tokens,
    /// Everything up to the cue, apposition and all.
    pub(super) whole: Tokens,
    /// The mention is *who* or *which*, its antecedent what stands before it in `whole`.
    pub(super) relative: bool,
}

impl Phrase {
    /// The words that say who it is: the antecedent of *who*, else the mention.
    pub(super) fn naming(&self, block: &Block) -> Tokens {
        let antecedent = block.trim(self.whole.start..self.mention.start);
        if self.relative && !antecedent.is_empty() { named_part(block, antecedent).mention } else { self.mention.clone() }
    }

    fn plain(tokens: Tokens) -> Self {
        Self { mention: tokens.clone(), whole: tokens, relative: false }
    }
}

/// The noun phrase that ends before token `end`, not before `floor`.
pub(super) fn phrase_before(block: &Block, end: usize, floor: usize) -> Option<Phrase> {
    let mut end = end;
    end = before_adverbials(block, end, floor);
    let last = end.checked_sub(1).filter(|&l| l >= floor)?;
    if is_pronoun(block, last) && !block.is(last, REL) {
        // "one of them said"
        if last >= floor + 2 && block.is_word(last - 1, "of") && nominal(block, last - 2) {
            return Some(Phrase::plain(phrase_start(block, last - 1, floor).unwrap_or(last)..end));
        }
        return Some(Phrase::plain(last..end));
    }
    if block.is(last, REL) {
        return relative(block, last, end, floor);
    }
    if block.mark(last, b',') || block.mark(last, b'-') || block.mark(last, b')') {
        return over_apposition(block, last, end, floor);
    }
    let start = phrase_start(block, end, floor)?;
    if let Some(subject) = before_restrictive(block, start, end, floor) {
        return Some(subject);
    }
    if let Some(subject) = subject_from_start(block, start, floor) {
        return Some(Phrase { whole: floor..end, ..subject });
    }
    Some(named_part(block, start..end))
}

/// "officials *who spoke with the paper* said": the subject stands before *who*, where the nearest noun phrase,
/// from `start` to `end`, is an object inside its clause.
fn before_restrictive(block: &Block, start: usize, end: usize, floor: usize) -> Option<Phrase> {
    let limit = floor.max(start.saturating_sub(LONGEST_PHRASE));
    let inside = |i: &usize| !block.is_punctuation(*i) && block.region(*i) == block.region(start) && !block.is(*i, SUB);
    let who = (limit..start).rev().take_while(inside).find(|&i| block.is_word(i, "who"))?;
    let clause = (who + 1..start).any(|i| block.is(i, COMMON_VERB | CUE_VERB | ED | AUX));
    if !clause || who == floor || !nominal(block, who - 1) {
        return None;
    }
    let subject = named_part(block, phrase_start(block, who, floor)?..who);
    Some(Phrase { whole: subject.whole.start..end, ..subject })
}

/// Skips back over what stands between subject and verb: "X *first* described", "X *on Tuesday* said", "X *herself* said".
fn before_adverbials(block: &Block, end: usize, floor: usize) -> usize {
    let mut end = end;
    while end > floor + 1 {
        let last = end - 1;
        let adverb = block.is(last, ADV) && !block.is(last, UPPER | NUMBER) || is_plain_adverb(block, last);
        let day = block.is(last, WEEKDAY) && !block.is(last, GIVEN);
        if adverb {
            end -= 1;
        } else if day && matches!(block.word(last - 1), "on" | "last" | "this" | "late" | "early") {
            end -= 2;
        } else if day && (nominal(block, last - 1) || block.mark(last - 1, b')') || block.is(last - 1, REL | ADV)) {
            end -= 1;
        } else {
            break;
        }
    }
    if end > floor && block.is(end - 1, ADV) && !block.is(end - 1, UPPER | NUMBER) { end - 1 } else { end }
}

/// Words that are adverbs right before a verb and adjectives elsewhere.
pub(super) fn is_plain_adverb(block: &Block, i: usize) -> bool {
    matches!(
        block.word(i),
        "first" | "long" | "ever" | "more" | "further" | "twice" | "himself" | "herself" | "themselves" | "itself"
    )
}

/// "The communiqué signed after the talks says": where nothing finite stands before the nearest noun
/// phrase, the subject is the first one of the sentence.
fn subject_from_start(block: &Block, start: usize, floor: usize) -> Option<Phrase> {
    let before = floor..start;
    let opens = block.is(floor, DET | POSS | UPPER) && !block.is(floor, PREP | SUB | ADV | TIME);
    let plain = before.clone().all(|i| !finite_or_joined(block, i)) && before.len() > 1 && before.len() < LONGEST_APPOSITION;
    let ends_in_preposition = block.is(start.wrapping_sub(1), PREP) || block.is_word(start.wrapping_sub(1), "of");
    (opens && plain && ends_in_preposition).then(|| phrase_after(block, floor, start))?
}

fn finite_or_joined(block: &Block, i: usize) -> bool {
    block.is_punctuation(i) || block.region(i) != 0 || block.is(i, AUX | MODAL | COMMON_VERB | SUB | REL | COORD | SUBJ)
}

/// Whether token `i` is a personal pronoun, and not the US or the WHO.
fn is_pronoun(block: &Block, i: usize) -> bool {
    block.is(i, SUBJ | OBJ) && (!block.is(i, ALL_CAPS) || block.is_word(i, "I"))
}

/// "X, who …": the mention is *who*, the whole starts with its antecedent.
fn relative(block: &Block, who: usize, end: usize, floor: usize) -> Option<Phrase> {
    if !block.is_word(who, "who") && !block.is_word(who, "which") {
        return None;
    }
    let mut before = who;
    while before > floor && (block.mark(before - 1, b',') || block.mark(before - 1, b'-')) {
        before -= 1;
    }
    let start = phrase_start(block, before, floor).unwrap_or(who);
    Some(Phrase { mention: who..who + 1, whole: start..end, relative: true })
}

/// "X, the minister of Y, said", "X (Belgium) said", "X, 68, of Flint, said".
fn over_apposition(block: &Block, comma: usize, end: usize, floor: usize) -> Option<Phrase> {
    let (mut open, inside) = match who_clause(block, comma, floor).or_else(|| participial_clause(block, comma, floor)) {
        Some(who) => (who - 1, who..comma),
        None => apposition_before(block, comma, floor)?,
    };
    let mut found = None;
    for _ in 0..4 {
        // "Levin (Mich.), a delegate": the bracket is no part of the name.
        let bracket = block.mark(open - 1, b')').then(|| apposition_before(block, open - 1, floor));
        let Some(name_end) = bracket.map_or(Some(open), |b| b.map(|b| b.0)) else { return found };
        // "Sanders himself, who …"
        let name_end = if name_end > floor + 1 && is_plain_adverb(block, name_end - 1) { name_end - 1 } else { name_end };
        let adverb = name_end > floor + 1 && block.is(name_end - 1, ADV) && block.mark(name_end - 2, b',');
        if adverb {
            open = name_end - 2; // "X, meanwhile, who …"
            continue;
        }
        let Some(start) = phrase_start(block, name_end, floor) else { return found };
        let head = named_part(block, start..name_end);
        let Some(last) = head.mention.end.checked_sub(1) else { return found };
        let outside = |i: usize| block.mark(i, b',') && block.region(i) == block.region(comma);
        if start > floor + 1 && block.is(start - 1, PREP) && outside(start - 2) {
            open = start - 2; // "X, of Flint, …"
            continue;
        }
        // "Ukraine's delegate, Bohdan Yatsyshyn, accused": the name is the better mention.
        let office = head.whole.clone().any(|i| block.is(i, ROLE));
        let unnamed = office || !block.is_proper(last) || head.mention.clone().any(|i| block.is(i, PREP));
        let mention = name_inside(block, &inside).filter(|_| unnamed).unwrap_or(head.mention);
        let further = !block.is_proper(last) && start > floor + 1 && outside(start - 1) && apposes(block, &(start..name_end));
        found = Some(Phrase { mention, whole: start..end, relative: false });
        if !further {
            return found;
        }
        open = start - 1; // "X, 68, …"
    }
    found
}

/// The *who* of "X, who lost a daughter in Aurora, Colorado, said", where `comma` closes the clause.
fn who_clause(block: &Block, comma: usize, floor: usize) -> Option<usize> {
    let limit = floor.max(comma.saturating_sub(LONGEST_APPOSITION)) + 1;
    let mark = block.tokens.get(comma)?.mark;
    let outside = |i: usize| block.region(i) == block.region(comma);
    (limit..comma).rev().take_while(|&i| outside(i)).find(|&i| {
        let who = block.is_word(i, "who") || block.is_word(i, "whose");
        who && block.mark(i - 1, mark) && i - 1 > floor && (nominal(block, i - 2) || block.is(i - 2, ADV))
    })
}

/// The participle of "X, facing a challenge in Iowa, a swing state, said", where `comma` closes the clause.
fn participial_clause(block: &Block, comma: usize, floor: usize) -> Option<usize> {
    let limit = floor.max(comma.saturating_sub(LONGEST_APPOSITION)) + 1;
    let inside = |i: usize| block.region(i) == block.region(comma) && !finite(block, i);
    (limit..comma).rev().take_while(|&i| inside(i)).find(|&i| {
        block.is(i, ING) && !block.is(i, UPPER | PREP) && block.mark(i - 1, b',') && i - 1 > floor && block.is_proper(i - 2)
    })
}

/// The mark that opens the apposition closed at `close`, and what stands between.
fn apposition_before(block: &Block, close: usize, floor: usize) -> Option<(usize, Tokens)> {
    let mark = block.tokens.get(close)?.mark;
    let open = if mark == b')' { b'(' } else { mark };
    let limit = floor.max(close.saturating_sub(LONGEST_APPOSITION));
    let mut tries = 0;
    for i in (limit..close).rev() {
        if block.region(i) != block.region(close) {
            return None;
        }
        if !block.mark(i, open) || i == floor {
            continue;
        }
        tries += 1;
        if open == b'(' || apposes(block, &(i + 1..close)) {
            return Some((i, i + 1..close));
        }
        if tries == 3 {
            return None;
        }
    }
    None
}

/// The name in what stands between two commas: "Jory Pascoe", "the lawyer Troels Winkel", "Rep. X of Texas".
fn name_inside(block: &Block, inside: &Tokens) -> Option<Tokens> {
    if is_name(block, inside) {
        return Some(inside.clone());
    }
    let plain = inside.clone().all(|i| nominal(block, i) || block.is(i, DET | POSS | PREP)) && !block.is(inside.start, PREP);
    plain.then(|| named_part(block, inside.clone()).mention).filter(|m| m.len() < inside.len())
}

fn is_name(block: &Block, tokens: &Tokens) -> bool {
    tokens.len() >= 2 && tokens.len() <= 5 && tokens.clone().all(|i| block.is_proper(i))
}

/// Whether what stands between two commas describes the name before.
fn apposes(block: &Block, inside: &Tokens) -> bool {
    let first = inside.start;
    if inside.is_empty() {
        return false;
    }
    let t = &block.tokens[first];
    if inside.len() <= 3 && (t.is(ADV) || block.is_word(first, "for") || block.is_word(first, "in") || block.is_word(first, "on"))
    {
        return true;
    }
    if is_clause(block, inside) {
        return false;
    }
    let opens = t.is(DET | REL | POSS | DIGIT | NUMBER | ROLE | ORG_HEAD | DEMONYM | ING | ED | SUB | ADV)
        || t.is(PREP)
        || t.is(UPPER)
        || t.is(PLACE_START)
        || nominal(block, first) && inside.clone().any(|i| block.is(i, ROLE));
    let described = inside.clone().any(|i| block.is(i, ROLE | DIGIT | REL | ORG_HEAD | ORG_BODY));
    opens && (described || t.is(DET | ING | ED | PREP | SUB) || inside.len() <= 6)
}

/// Whether "many have trouble" stands between two commas, and no apposition.
fn is_clause(block: &Block, inside: &Tokens) -> bool {
    let verb = inside.clone().skip(1).find(|&i| block.is(i, AUX | MODAL) && !block.is(i, UPPER | POSSESSIVE_S | NEG));
    let subordinate = |end: usize| {
        block.is(inside.start, ING | ED | PREP | SUB)
            || (inside.start..end).any(|i| block.is(i, REL | SUB) || block.is_word(i, "that"))
    };
    verb.is_some_and(|verb| !subordinate(verb))
}

/// First token of the noun phrase that ends before `end`.
fn phrase_start(block: &Block, end: usize, floor: usize) -> Option<usize> {
    let floor = floor.max(end.saturating_sub(LONGEST_PHRASE));
    let mut start = end;
    while start > floor {
        let i = start - 1;
        if block.region(i) != block.region(end - 1) {
            break;
        }
        if nominal(block, i) && !(start < end && finite(block, i)) {
            start = i;
            continue;
        }
        if start == end {
            // "Several said", "Yet another said"
            return stands_for_people(block, i).then_some(i);
        }
        // "which officials said": *which* opens the clause around.
        if ["which", "what", "that"].iter().any(|w| block.is_word(i, w)) {
            break;
        }
        if block.is(i, DET | POSS | NUMBER) {
            start = i;
            if i > floor && ties(block, i - 1) && i - 1 > floor && nominal(block, i - 2) {
                start = i - 1;
                continue;
            }
            break;
        }
        let tied = ties(block, i) && i > floor && nominal(block, i - 1) && !block.is(i - 1, TIME);
        let joined = block.is_word(i, "and")
            && i > floor
            && block.is(start, UPPER)
            && block.is(i - 1, UPPER)
            && !block.is(i - 1, FUNCTION);
        let ampersand = block.mark(i, b'&');
        if tied || joined || ampersand {
            start = i;
            continue;
        }
        break;
    }
    // "In Moscow the minister said": the phrase does not start inside a fronted adverbial.
    while start < end && (ties(block, start) || block.is(start, TIME) && !block.is(start, UPPER) || block.is(start, COORD)) {
        start += 1;
    }
    (start < end).then_some(start)
}

/// Whether the determiner at token `i` stands for people where no noun follows.
pub(super) fn stands_for_people(block: &Block, i: usize) -> bool {
    ["some", "many", "most", "several", "few", "another", "both", "none"].iter().any(|w| block.is_word(i, w))
}

/// "spokesman Cem Arıkan", "Foreign Minister Sergey Lavrov": the name is the mention where the phrase
/// ends in one; otherwise the phrase itself.
pub(super) fn named_part(block: &Block, whole: Tokens) -> Phrase {
    // "Ambassador Leandro Quiroga of Colombia": after the preposition stands where he is from.
    let from = (whole.start + 1..whole.end).find(|&i| block.is(i, PREP) && block.is_proper(i - 1));
    let before = from.map(|from| name_after_title(block, &(whole.start..from)));
    let mention = before.flatten().or_else(|| name_after_title(block, &whole)).unwrap_or_else(|| whole.clone());
    Phrase { mention, whole, relative: false }
}

/// The name that ends `whole`, where a title, office or demonym stands before it.
fn name_after_title(block: &Block, whole: &Tokens) -> Option<Tokens> {
    let mut start = whole.end;
    while start > whole.start && block.is_proper(start - 1) && !block.is(start - 1, POSSESSIVE_S) {
        start -= 1;
    }
    // "Vice President X": the name starts after the last word of the office.
    // "Secretary of State Hillary Clinton": it starts with the given name.
    if start > whole.start && block.is(start - 1, PREP) {
        start = (start + 1..whole.end).find(|&i| block.is(i, GIVEN)).unwrap_or(start);
    }
    let title = |&i: &usize| block.is(i, ROLE | TITLE | DEMONYM | TIME) && !block.is(i, GIVEN);
    start = (start..whole.end.saturating_sub(1)).rev().find(title).map_or(start, |i| i + 1);
    let person = start < whole.end
        && whole.end - start <= 4
        && !(start..whole.end).any(|i| block.is(i, ORG_HEAD | ORG_NAME | ROLE | TIME | COUNTRY))
        && start > whole.start
        && !block.is(start - 1, PREP)
        && (whole.start..start).any(|i| block.is(i, ROLE | TITLE));
    person.then_some(start..whole.end)
}

/// The noun phrase that starts at `start`, not beyond `limit`.
pub(super) fn phrase_after(block: &Block, start: usize, limit: usize) -> Option<Phrase> {
    let end = phrase_end(block, start, limit)?;
    let phrase = named_part(block, start..end);
    // "said a skipper, Jory Pascoe": the name is the better mention.
    let office = phrase.mention == phrase.whole && phrase.whole.clone().any(|i| block.is(i, ROLE)) && !block.is_proper(end - 1);
    if office && block.mark(end, b',') {
        let name_end = (end + 1..limit.min(end + 6)).find(|&i| !block.is_proper(i)).unwrap_or(limit.min(end + 6));
        let closes = name_end >= limit || block.is_punctuation(name_end);
        if closes && is_name(block, &(end + 1..name_end)) {
            return Some(Phrase { mention: end + 1..name_end, whole: start..name_end, relative: false });
        }
    }
    Some(phrase)
}

/// One past the last token of the noun phrase that starts at `start`.
pub(super) fn phrase_end(block: &Block, start: usize, limit: usize) -> Option<usize> {
    let limit = limit.min(start + LONGEST_PHRASE);
    if start >= limit || !block.tokens[start].is_word() {
        return None;
    }
    if block.is(start, SUBJ | OBJ) && !block.is(start, ALL_CAPS) {
        return Some(start + 1);
    }
    let mut i = start;
    while i < limit && block.is(i, DET | POSS | NUMBER | DIGIT) {
        i += 1;
    }
    // "the 46-year-old": a noun.
    if i > start && block.word(i - 1).ends_with("-old") && (i >= limit || !nominal(block, i)) {
        return Some(i);
    }
    // "six in 10", "some", "both": a phrase without a noun.
    let mut seen = i > start && (block.is(i - 1, NUMBER) || stands_for_people(block, i - 1));
    while i < limit && block.region(i) == block.region(start) {
        // "endorsed Cruz last week"
        if seen && matches!(block.word(i), "last" | "next") && block.is(i + 1, TIME) {
            break;
        }
        if nominal(block, i) && !(seen && finite(block, i)) && !(seen && block.is(i, TIME) && !block.is(i - 1, DET)) {
            seen = true;
            i += 1;
        } else if seen && matches!(block.word(i), "of" | "for" | "at" | "from" | "in") && i + 1 < limit {
            let next = if block.is(i + 1, DET | POSS | NUMBER) { i + 2 } else { i + 1 };
            if next >= limit || !nominal(block, next) || block.is(next, TIME | DIGIT) {
                break;
            }
            i = next + 1;
        } else if seen
            && block.is_word(i, "and")
            && block.is(i - 1, UPPER)
            && i + 1 < limit
            && block.is(i + 1, UPPER)
            && nominal(block, i + 1)
        {
            i += 2;
        } else {
            break;
        }
    }
    (seen && i > start).then_some(i)
}

/// Whether a noun phrase can start at token `i`.
pub(super) fn opens_phrase(block: &Block, i: usize) -> bool {
    let Some(t) = block.tokens.get(i) else { return false };
    t.is_word()
        && (t.is(DET | POSS | SUBJ | OBJ | NUMBER | DIGIT | UPPER)
            || nominal(block, i)
            || matches!(block.word(i), "there" | "it"))
}

/// Skips what may stand between a cue and its content: "on Monday", "in a statement", "by telephone",
/// "earlier", "this week", "during talks in Vienna". Returns the first token after.
pub(super) fn skip_adverbials(block: &Block, start: usize, limit: usize) -> usize {
    let mut i = start;
    let limit = limit.min(start + 25);
    while i < limit && block.region(i) == block.region(start.saturating_sub(1)) {
        if block.is(i, TIME | ADV) && !block.is_word(i, "may") && !block.is_word(i, "here") && !block.is_word(i, "there") {
            i += 1;
        } else if block.is(i, DET) && (block.is(i + 1, TIME) || block.is(i + 2, TIME) && nominal(block, i + 1)) && i + 1 < limit {
            i += if block.is(i + 1, TIME) { 2 } else { 3 };
        } else if block.is(i, PREP) && !matches!(block.word(i), "like" | "including") {
            let Some(end) = adverbial_end(block, i + 1, limit) else { break };
            i = end;
        } else if matches!(block.word(i), "last" | "next") && block.is(i + 1, TIME) {
            i += 2;
        } else {
            break;
        }
    }
    i.min(limit.max(start))
}

/// End of the noun phrase of an adverbial, which may be no more than a date.
fn adverbial_end(block: &Block, start: usize, limit: usize) -> Option<usize> {
    if block.is(start, TIME | DIGIT | WEEKDAY | MONTH) {
        let mut i = start;
        while i < limit && block.is(i, TIME | DIGIT | MONTH | ADV) {
            i += 1;
        }
        return Some(i);
    }
    let mut i = start;
    while i < limit && block.is(i, DET | POSS | NUMBER) {
        i += 1;
    }
    let head = i;
    while i < limit && nominal(block, i) && !block.is(i, TIME) && !(i > head && finite(block, i)) {
        // "in Moscow the talks": a capital starts a new phrase only after a small word; names go on.
        i += 1;
    }
    (i > head).then_some(i)
}
