//! Cues and what they attribute: one pass over the words of each sentence.
//!
//! A *find* is a cue with its source and content, in tokens. Direct quotations are finds whose content is a
//! region; where the content is partly quoted the statement is mixed. What is quoted at length and has no
//! cue of its own belongs to the quotation before, or to the last speaker.

// Content is a list of token ranges, and most often a list of one.
#![allow(clippy::single_range_in_vec_init)]

use super::{
    block::{Block, Tokens},
    lexicon::{CueWord, Form, Syntax, class::*},
    phrase::{
        Phrase, REACH, finite, is_plain_adverb, nominal, opens_phrase, phrase_after, phrase_before, phrase_end, skip_adverbials,
        stands_for_people,
    },
};

/// A cue with its source and content.
#[derive(Clone, Debug)]
pub(super) struct Find {
    /// The words of the cue.
    pub(super) cue: Option<Tokens>,
    /// The words of the source.
    pub(super) source: Option<Phrase>,
    /// Content, in order, each within one sentence or over a region of several.
    pub(super) content: Vec<Tokens>,
    pub(super) speech: bool,
    /// The rule that found it.
    pub(super) rule: &'static str,
    /// Whether the content is a quotation that the cue introduces or closes.
    pub(super) direct: bool,
    /// Whether the cue itself takes a stance ("condemned").
    pub(super) stance: bool,
    /// Who reports what the source says: "*X* said Y accused Z".
    pub(super) reported_by: Option<Phrase>,
}

impl Find {
    /// A quotation as a whole, with whoever is found to say it.
    fn of_quotation(tokens: &Tokens, rule: &'static str, cue: Option<Tokens>, source: Phrase) -> Self {
        Self {
            cue,
            source: Some(source),
            content: vec![tokens.clone()],
            speech: true,
            rule,
            direct: true,
            stance: false,
            reported_by: None,
        }
    }
}

/// All finds of a block, ordered by the first token of their content.
pub(super) fn finds(block: &Block) -> Vec<Find> {
    let mut out = Vec::new();
    for s in 0..block.ranges.len() {
        let from = out.len();
        sentence_finds(block, s, &mut out);
        let mut here = out.split_off(from);
        inherit_sources(block, s, &mut here);
        drop_nested(block, &mut here);
        // A quotation that the writer marks as his own stays: else it would be taken for somebody's.
        here.retain(|find| find.direct || !is_first_person(block, find));
        out.append(&mut here);
    }
    out
}

/// Most contents before a cue that are looked at for one around it; keeps a sentence of megabytes linear.
const MOST_AROUND: usize = 64;

/// Drops what is found inside the reported words of somebody else: "Lavrov said Moscow regrets the delay" is
/// one statement (keeping speech inside speech costs .02 of end-to-end F1). Only where the whole report is
/// somebody else's stance, "X said Y accused Z", is that kept, as reported by X.
fn drop_nested(block: &Block, finds: &mut Vec<Find>) {
    let mut outer: Vec<(Tokens, Option<Phrase>)> = finds
        .iter()
        .filter(|f| f.speech)
        .flat_map(|f| f.content.iter().map(|c| (c.clone(), f.source.clone())).collect::<Vec<_>>())
        .collect();
    outer.sort_by_key(|(content, _)| content.start);
    finds.retain_mut(|find| {
        let Some(cue) = find.cue.clone() else { return true };
        let end = outer.partition_point(|(content, _)| content.start <= cue.start);
        let near = &outer[end.saturating_sub(MOST_AROUND)..end];
        let around = near.iter().find(|(c, _)| cue.end <= c.end && !find.content.contains(c));
        let Some((content, reporter)) = around else { return true };
        find.reported_by = reporter.clone();
        reporter.is_some() && is_whole_report(block, find, content)
    });
}

/// Whether `find` is a stance of somebody named, and `content` nothing but it.
fn is_whole_report(block: &Block, find: &Find, content: &Tokens) -> bool {
    let Some(source) = &find.source else { return false };
    let start = if block.is_word(content.start, "that") { content.start + 1 } else { content.start };
    let ends = find.content.last().is_some_and(|c| c.end + 1 >= content.end);
    let named = source.mention.clone().any(|i| block.is_proper(i));
    let modal = find.cue.as_ref().is_some_and(|c| (source.whole.end..c.start).any(|i| block.is(i, MODAL | NEG)));
    named
        && !modal
        && find.speech
        && find.stance
        && source.whole.start == start
        && ends
        && !block.is(start, SUBJ)
        && block.region(start) == 0
}

fn sentence_finds(block: &Block, s: usize, out: &mut Vec<Find>) {
    let range = block.ranges[s].clone();
    let mut i = range.start;
    while i < range.end {
        if block.region(i) != 0 {
            i += 1;
            continue;
        }
        let found = if block.is_word(i, "according") && block.is_word(i + 1, "to") {
            according_to(block, i, &range)
        } else if let Some(noun) = noun_ahead(block, i, &range) {
            cue_noun(block, noun, &range).or_else(|| Verb::at(block, i, &range).and_then(|v| v.find()))
        } else if block.is(i, CUE_NOUN) && !block.is(i, UPPER) {
            cue_noun(block, i, &range).or_else(|| Verb::at(block, i, &range).and_then(|v| v.find()))
        } else {
            Verb::at(block, i, &range).and_then(|v| v.find())
        };
        match found {
            Some(find) => {
                i = find.cue.as_ref().map_or(i, |c| c.end.max(i + 1) - 1) + 1;
                out.push(find);
            }
            None => i += 1,
        }
    }
    uncommon_verbs(block, &range, out);
}

/// `“…,” X barked` and `X demurred: “…”`: whatever verb stands there, it attributes.
fn uncommon_verbs(block: &Block, range: &Tokens, out: &mut Vec<Find>) {
    let mut n = range.start;
    while n < range.end {
        let Some(region) = (block.region(n) as usize).checked_sub(1) else {
            n += 1;
            continue;
        };
        let tokens = &block.region_tokens[region];
        let covered = out.iter().rev().take(8).any(|f| f.content.iter().any(|c| c.start < tokens.end && tokens.start < c.end));
        let found = || {
            verb_after(block, tokens, range)
                .or_else(|| verb_first(block, tokens, range))
                .or_else(|| verb_before(block, tokens, range))
                .or_else(|| name_and_colon(block, tokens, range))
                .or_else(|| announced(block, tokens))
                .or_else(|| closed_by_sentence(block, tokens, range))
                .or_else(|| signed(block, tokens))
        };
        if !covered && let Some(find) = found() {
            out.push(find);
        }
        n = tokens.end.max(n + 1);
    }
}

/// The attribution by an unlisted verb after the quotation `tokens`.
fn verb_after(block: &Block, tokens: &Tokens, range: &Tokens) -> Option<Find> {
    let stop = tokens.end - 1;
    if !(block.mark(stop, b',') || block.mark(stop, b'?') || block.mark(stop, b'!') || block.mark(tokens.end, b',')) {
        return None;
    }
    // `On "This Week," Palko argued`: a name inside a clause.
    if follows_words(block, tokens) {
        return None;
    }
    let start = if block.mark(tokens.end, b',') { tokens.end + 1 } else { tokens.end };
    let mut end = phrase_end(block, start, range.end)?;
    // "an angry Hollande retaliated": the verb that ends the phrase is no noun.
    if end > start + 1 && block.is(end - 1, ED) && !block.is(end - 1, UPPER) && block.is(end - 2, UPPER | ROLE) {
        end -= 1;
    }
    let source = super::phrase::named_part(block, start..end);
    if block.mark(end, b',') {
        end = (end + 1..range.end.min(end + 30)).find(|&i| block.mark(i, b','))? + 1;
    }
    while end < range.end && block.is(end, ADV | AUX) {
        end += 1;
    }
    attributing(block, end, range, source, tokens)
}

/// The attribution by an unlisted verb and its subject after it: `“…,” reacted Trump`.
fn verb_first(block: &Block, tokens: &Tokens, range: &Tokens) -> Option<Find> {
    let verb = tokens.end;
    let source = phrase_after(block, verb + 1, range.end)?;
    let ends = source.whole.end >= range.end || block.is_punctuation(source.whole.end) || block.is(source.whole.end, REL | PREP);
    let past = block.is(verb, ED | CUE_VERB | COMMON_VERB) && !block.is(verb, AUX | ING);
    (ends && past && block.is_punctuation(tokens.end - 1)).then(|| attributing(block, verb, range, source, tokens))?
}

/// Whether words of its sentence stand before a quotation, and no colon.
fn follows_words(block: &Block, tokens: &Tokens) -> bool {
    let first = block.ranges[block.sentence_of(tokens.start)].start;
    let colon = tokens.start > first && block.mark(tokens.start - 1, b':');
    !colon && (first..tokens.start).any(|i| block.region(i) == 0 && block.tokens[i].is_word())
}

/// Whether words of its sentence go on after a quotation: `Palko: ‘No idea’ if the boats come`.
fn goes_on_unquoted(block: &Block, tokens: &Tokens) -> bool {
    let end = tokens.end;
    let limit = block.ranges[block.sentence_of(end - 1)].end;
    end < limit && !block.is_punctuation(end - 1) && block.tokens[end].is_word()
}

/// `Palko: “We wait.”`: a name and a colon alone.
fn name_and_colon(block: &Block, tokens: &Tokens, range: &Tokens) -> Option<Find> {
    let colon = tokens.start.checked_sub(1).filter(|&c| c > range.start && block.mark(c, b':'))?;
    let source = phrase_before(block, colon, range.start)?;
    let start = source.whole.start;
    let alone = start == range.start || block.mark(start - 1, b'-');
    let named = block.is_proper(source.mention.end - 1) && block.region(start) == 0 && !goes_on_unquoted(block, tokens);
    (alone && named).then(|| Find::of_quotation(tokens, "name and colon", Some(colon..tokens.start), source))
}

/// `In a speech that year he declared:` and the quotation after it, in a paragraph of its own or the same sentence:
/// whoever the subject of the last clause is.
fn announced(block: &Block, tokens: &Tokens) -> Option<Find> {
    let colon = tokens.start.checked_sub(1).filter(|&c| block.mark(c, b':') && block.region(c) == 0)?;
    if goes_on_unquoted(block, tokens) {
        return None;
    }
    let s = block.sentence_of(colon);
    let sentence = block.ranges[s].clone();
    let verbs = (sentence.start..colon).rev().filter_map(|i| Verb::at(block, i, &sentence));
    let said = verbs.filter(|v| v.cue.speech && !v.is_participle()).find_map(|v| Some((v.at..v.at + 1, v.subject()?)));
    let (cue, source) = match said {
        Some((cue, source)) => (Some(cue), source),
        None => (None, clause_subject(block, s, colon)?),
    };
    let speaks = source.mention.clone().any(|i| block.is(i, UPPER | ROLE | SUBJ | ORG_BODY));
    speaks.then(|| Find::of_quotation(tokens, "quotation after a colon", cue.or(Some(colon..colon + 1)), source))
}

/// `“Where are they?” Palko said.`, where the quotation ends its sentence and the attribution is the next one.
fn closed_by_sentence(block: &Block, tokens: &Tokens, range: &Tokens) -> Option<Find> {
    let s = block.sentence_of(tokens.end - 1);
    let next = block.ranges.get(s + 1).filter(|_| tokens.end == range.end && tokens.end == block.ranges[s].end)?;
    if block.paragraph_of(s) != block.paragraph_of(s + 1) || block.region(next.start) != 0 {
        return None;
    }
    let verbs = (next.start + 1..next.end.min(next.start + LONGEST_INSERTION)).filter_map(|i| Verb::at(block, i, next));
    let said = verbs.filter(|v| v.cue.syntax.has(Syntax::QUOTE) && v.cue.speech && !v.cue.syntax.has(Syntax::WEAK));
    let (verb, source) = said.filter_map(|v| Some((v.at, v.subject()?))).find(|(_, s)| s.whole.start == next.start)?;
    let after = verb + 1;
    let ends = after >= next.end || block.is_punctuation(after) || block.is(after, TIME | PREP) && !block.is_word(after, "like");
    ends.then(|| Find::of_quotation(tokens, "quotation before cue", Some(verb..after), source))
}

/// `“We wait.”` and below it `- Igor Palko, skipper`.
fn signed(block: &Block, tokens: &Tokens) -> Option<Find> {
    let s = block.sentence_of(tokens.end - 1);
    let next = block.ranges.get(s + 1).filter(|_| block.paragraph_of(s) != block.paragraph_of(s + 1))?;
    let name = next.start + 1..(next.start + 1..next.end).find(|&i| !block.is_proper(i)).unwrap_or(next.end);
    let closes = name.end >= next.end || block.is_punctuation(name.end);
    let dash = block.mark(next.start, b'-') && (1..5).contains(&name.len()) && closes;
    (dash && tokens.end == block.ranges[s].end).then(|| {
        Find::of_quotation(
            tokens,
            "signature",
            Some(next.start..name.start),
            Phrase { mention: name.clone(), whole: name, relative: false },
        )
    })
}

/// The attribution by an unlisted verb before `: “…”`.
fn verb_before(block: &Block, tokens: &Tokens, range: &Tokens) -> Option<Find> {
    let colon = tokens.start.checked_sub(1).filter(|&c| c > range.start && block.mark(c, b':'))?;
    let verb =
        (range.start..colon).rev().take(12).find(|&i| block.is(i, ED | COMMON_VERB | CUE_VERB) && !block.is(i, UPPER | ING))?;
    let source = phrase_before(block, group_start(block, verb, range.start), range.start)?;
    attributing(block, verb, range, source, tokens)
}

fn attributing(block: &Block, verb: usize, range: &Tokens, source: Phrase, tokens: &Tokens) -> Option<Find> {
    let word = block.word(verb);
    let likely = verb < range.end
        && block.region(verb) == 0
        && !block.is(verb, UPPER | FUNCTION)
        && (block.is(verb, ED | COMMON_VERB | CUE_VERB) || word.ends_with('s'));
    let speaks = source.mention.clone().any(|i| block.is(i, UPPER | ROLE | SUBJ | ORG_BODY));
    (likely && speaks).then(|| Find::of_quotation(tokens, "quotation with a rare verb", Some(verb..verb + 1), source))
}

/// The cue noun that the verb of expressing at `i` has as its object: "expressed deep *concern*".
fn noun_ahead(block: &Block, i: usize, range: &Tokens) -> Option<usize> {
    if !block.is(i, EXPRESSING) || block.is(i, UPPER) || block.region(i) != 0 {
        return None;
    }
    let near = range.end.min(i + 5);
    let noun = (i + 1..near).find(|&j| block.is(j, CUE_NOUN) && !block.is(j + 1, CUE_NOUN))?;
    let plain = (i + 1..noun).all(|j| nominal(block, j) || block.is(j, DET | ADV) && !block.is(j, POSS));
    (plain && block.region(noun) == 0).then_some(noun)
}

/// A participle or a coordinate verb has the subject of the cue before it, or of the verb, or of the sentence;
/// a participle that opens the sentence that of the cue after it.
fn inherit_sources(block: &Block, s: usize, finds: &mut [Find]) {
    let first = block.ranges[s].start;
    let mut last: Option<Phrase> = None;
    for n in 0..finds.len() {
        let find = &finds[n];
        if let Some(source) = &find.source {
            // "She said she admires him and highlighted": both are she, named by the first.
            let again = last.as_ref().is_some_and(|l| same_pronoun(block, l, source));
            last = if again { last } else { Some(source.clone()) };
            continue;
        }
        let cue = find.cue.as_ref().map_or(0, |c| c.start);
        if find.rule == "passive" {
            continue;
        }
        let opening = PREP | SUB | COORD | ADV;
        let fronted = block.is(cue, ING)
            && (cue - first < 4 && (first..cue).all(|i| block.is(i, opening) || block.is_word(i, "addition"))
                || block.is(cue - 1, SUB | PREP) && cue - first < REACH && (first..cue).all(|i| !finite(block, i)));
        let next = || finds.get(n + 1).filter(|_| fronted).and_then(|f| f.source.clone());
        let near = || clause_subject(block, s, cue).or_else(|| main_subject(block, s, cue));
        let source = last.clone().or_else(next).or_else(near).or_else(|| fronted.then(|| after_fronted(block, s, cue)).flatten());
        finds[n].source = source;
    }
}

fn same_pronoun(block: &Block, a: &Phrase, b: &Phrase) -> bool {
    let single = |p: &Phrase| (p.mention.len() == 1 && block.is(p.mention.start, SUBJ)).then(|| block.word(p.mention.start));
    single(a).zip(single(b)).is_some_and(|(a, b)| a.eq_ignore_ascii_case(b))
}

/// "Noting the price of diesel, *Igor Palko* left": the noun phrase after the participle's comma.
fn after_fronted(block: &Block, s: usize, cue: usize) -> Option<Phrase> {
    let limit = block.ranges[s].end.min(cue + REACH);
    let comma = (cue..limit).find(|&i| block.mark(i, b',') && block.region(i + 1) == 0)?;
    phrase_after(block, comma + 1, limit)
}

/// Whether the source is the writer or a speaker in a transcript: "I think" outside quotation marks.
pub(super) fn is_first_person(block: &Block, find: &Find) -> bool {
    let Some(source) = &find.source else { return false };
    let i = source.mention.start;
    source.mention.len() == 1
        && block.region(i) == 0
        && (block.word(i) == "I" || ["we", "you", "my", "our"].iter().any(|w| block.is_word(i, w)))
}

/// The subject of the nearest finite verb before token `end` in sentence `s`, outside quotation marks.
fn clause_subject(block: &Block, s: usize, end: usize) -> Option<Phrase> {
    let floor = block.ranges[s].start;
    let mut tries = 0;
    let mut subordinate = None;
    let coordinate = end > floor && block.is(end - 1, COORD) && !block.is(end, ING);
    for i in (floor.max(end.saturating_sub(REACH))..end).rev() {
        if block.region(i) != 0 || !is_predicate(block, i, &block.ranges[s]) {
            continue;
        }
        tries += 1;
        match phrase_before(block, group_start(block, i, floor), floor) {
            // "X complained that Y is too principled, suggesting": X suggests.
            // "when Palko saw the sign and asked for it": a coordinate verb has the nearest subject.
            Some(subject) if coordinate && !block.is_word(subject.whole.start.wrapping_sub(1), "that") => return Some(subject),
            Some(subject) if is_subordinate(block, &subject, floor) => subordinate = subordinate.or(Some(subject)),
            // "The fracas erupted after the tycoon entered the race, calling them names": the tycoon does.
            Some(subject) => {
                let inner = subordinate.filter(|inner| speaks(block, inner) && !speaks(block, &subject));
                return inner.or(Some(subject));
            }
            None => {}
        }
        if tries == 6 {
            break;
        }
    }
    subordinate
}

/// Whether a noun phrase names somebody who can speak.
fn speaks(block: &Block, phrase: &Phrase) -> bool {
    phrase.mention.clone().any(|i| block.is_proper(i) || block.is(i, ROLE | SUBJ | ORG_BODY))
}

/// Whether token `i` is a finite verb, and neither a noun ("the details") nor an adjective ("his preferred mode",
/// "the hall hosted by").
fn is_predicate(block: &Block, i: usize, sentence: &Tokens) -> bool {
    let past = block.is(i, ED) && !block.is(i, UPPER);
    let determined = block.is(i.wrapping_sub(1), DET | POSS | POSSESSIVE_S) && !stands_for_people(block, i.wrapping_sub(1));
    let adjective = determined && !block.is(i, AUX | MODAL) || past && block.is_word(i + 1, "by");
    let noun = block.is(i, CUE_VERB) && !block.is(i, AUX | COMMON_VERB) && !is_cue_verb(block, i, sentence);
    (finite(block, i) || past) && !adjective && !noun
}

/// The noun phrase that opens sentence `s`, or its main clause after a fronted phrase, before token `end`.
fn main_subject(block: &Block, s: usize, end: usize) -> Option<Phrase> {
    let range = &block.ranges[s];
    let mut start = range.start;
    while start < end && (block.is(start, COORD) || block.is_punctuation(start)) {
        start += 1;
    }
    if block.is(start, PREP | SUB | ADV | TIME | ING | ED) && !block.is(start, GIVEN) {
        start = (start..end.min(start + REACH)).find(|&i| block.mark(i, b','))? + 1;
    }
    let opens = block.is(start, DET | POSS | SUBJ | UPPER | ROLE | PLURAL | DIGIT | NUMBER) && block.region(start) == 0;
    opens.then(|| phrase_after(block, start, end)).flatten().filter(|p| p.whole.end < end)
}

/// Whether a subject is that of a subordinate clause, or no subject at all but a verb taken for one.
fn is_subordinate(block: &Block, subject: &Phrase, floor: usize) -> bool {
    let (start, last) = (subject.whole.start, subject.whole.end.saturating_sub(1));
    let opened = start > floor && block.is(start - 1, SUB | REL | PREP);
    let somebody = block.is(last, UPPER | SUBJ | OBJ | ROLE | ORG_BODY | DET | NUMBER) || block.word(last).ends_with('s');
    let verb = subject.whole.len() == 1
        && (!somebody || block.is(last, ED | COMMON_VERB | AUX | CUE_VERB) && !block.is(last, UPPER | SUBJ));
    opened || verb || block.is(subject.mention.start, REL) || block.is_word(start, "that")
}

/// "According to X, …" and "…, according to X".
fn according_to(block: &Block, i: usize, range: &Tokens) -> Option<Find> {
    let source = phrase_after(block, i + 2, range.end).or_else(|| up_to_comma(block, i + 2, range.end))?;
    let source = author_of(block, source, range.end);
    let mut after = source.whole.end;
    let make = |content: Vec<Tokens>, source: Phrase| Find {
        cue: Some(i..i + 2),
        source: Some(source),
        content,
        speech: true,
        rule: "according to",
        direct: false,
        stance: false,
        reported_by: None,
    };
    let opens = i == range.start || matches!(block.tokens[i - 1].mark, b':' | b';' | b'-');
    if opens || i <= range.start + 2 && block.is(range.start, COORD | ADV) {
        after = skip_to_comma(block, after, range.end);
        let content = after..content_end(block, after, range.end, false);
        return (content.len() > 1).then(|| make(vec![content], source));
    }
    let start = clause_start(block, i, range.start);
    let before = block.trim(start..i);
    let mut content = vec![before];
    if block.mark(after, b',')
        && after + 3 < range.end
        && !block.is(after + 1, REL | COORD)
        && block.region(after + 1) == 0
        && block.mark(i - 1, b',')
    {
        content.push(after + 1..content_end(block, after + 1, range.end, false));
    }
    content.retain(|c| !c.is_empty());
    (!content.is_empty()).then(|| make(content, source))
}

/// "according to calculations by X", "a study released by X": X is the source.
fn author_of(block: &Block, document: Phrase, limit: usize) -> Phrase {
    let end = document.whole.end;
    let by = if block.is(end, ED | ADV) { end + 1 } else { end };
    let author = block.is_word(by, "by").then(|| phrase_after(block, by + 1, limit)).flatten();
    match author {
        Some(author) => Phrase { whole: document.whole.start..author.whole.end, ..author },
        None => document,
    }
}

/// What stands between `start` and the next comma: a source that is no plain noun phrase.
fn up_to_comma(block: &Block, start: usize, limit: usize) -> Option<Phrase> {
    let end = (start..limit.min(start + 12)).find(|&i| block.mark(i, b',')).unwrap_or(limit.min(start + 12));
    (end > start && block.tokens[start].is_word()).then_some(Phrase { mention: start..end, whole: start..end, relative: false })
}

/// From `start` to the token after the next comma; `start` where the comma is far.
fn skip_to_comma(block: &Block, start: usize, limit: usize) -> usize {
    let near = limit.min(start + 30);
    (start..near).find(|&i| block.mark(i, b',')).map_or(start, |i| i + 1)
}

/// "voiced hope that", "his claim that", "in his words".
fn cue_noun(block: &Block, i: usize, range: &Tokens) -> Option<Find> {
    let noun = block.noun(i)?;
    if noun.syntax.has(Syntax::IN_WORDS)
        && let Some(find) = in_words(block, i, range)
    {
        return Some(find);
    }
    if noun.syntax.has(Syntax::NOUN_OBJECT)
        && let Some(find) = expressed(block, i, range, noun)
    {
        return Some(find);
    }
    if noun.syntax.has(Syntax::THAT) && block.is_word(i + 1, "that") {
        return claim_that(block, i, range, noun);
    }
    None
}

/// "In his words, …", "in the view of X, …", "by their own account".
fn in_words(block: &Block, i: usize, range: &Tokens) -> Option<Find> {
    let mut start = i;
    let issued = |verb: usize| block.is(verb, ED) && !block.is(verb, UPPER) && block.is(verb + 1, DET | POSS);
    let inside = |i: usize| (nominal(block, i) || block.is(i, POSS | DET)) && !issued(i);
    while start > range.start && inside(start - 1) && i - start < 6 {
        start -= 1;
    }
    let opener = start.checked_sub(1).filter(|&p| p >= range.start && matches!(block.word(p), "in" | "In" | "by" | "By"))?;
    let (source, after) = if block.is(start, POSS) {
        (Phrase { mention: start..start + 1, whole: start..start + 1, relative: false }, i + 1)
    } else if let Some(s) = (start..i).rev().find(|&j| block.is(j, POSSESSIVE_S)) {
        (super::phrase::named_part(block, start..s), i + 1)
    } else if block.is_word(i + 1, "of") {
        let source = phrase_after(block, i + 2, range.end)?;
        let end = source.whole.end;
        (source, end)
    } else {
        return None;
    };
    let cue_end = if block.is_word(i + 1, "of") { i + 2 } else { i + 1 };
    let content = if opener == range.start || block.mark(opener.wrapping_sub(1), b';') {
        let from = skip_to_comma(block, after, range.end.min(after + 2));
        vec![from..content_end(block, from, range.end, false)]
    } else {
        let left = block.trim(clause_start(block, opener, range.start)..opener);
        let right = after..content_end(block, after, range.end, false);
        [left, block.trim(right)].into_iter().filter(|c| !c.is_empty()).collect()
    };
    content.iter().any(|c| c.len() > 1).then_some(Find {
        cue: Some(opener..cue_end),
        source: Some(source),
        content,
        speech: true,
        rule: "in X's words",
        direct: false,
        stance: false,
        reported_by: None,
    })
}

/// "expressed deep concern over …": verb of expressing, noun, then that-clause, infinitive or preposition.
fn expressed(block: &Block, i: usize, range: &Tokens, noun: &CueWord) -> Option<Find> {
    let mut verb = i;
    while verb > range.start && i - verb < 5 && !block.is(verb, EXPRESSING) {
        verb -= 1;
        if block.is_punctuation(verb) {
            return None;
        }
    }
    if verb == i || !block.is(verb, EXPRESSING) {
        return None;
    }
    let next = i + 1;
    let ok = matches!(
        block.word(next),
        "that"
            | "to"
            | "over"
            | "about"
            | "at"
            | "for"
            | "in"
            | "with"
            | "regarding"
            | "on"
            | "of"
            | "against"
            | "toward"
            | "towards"
    );
    // Only the plain verbs of expressing may stand with any preposition; "made a request for" is weak.
    let plain =
        block.verb(verb).is_some_and(|v| matches!(v.lemma, "express" | "voice" | "convey" | "reiterate" | "extend" | "reaffirm"));
    if !ok || !(plain || matches!(block.word(next), "that" | "to")) {
        return None;
    }
    let form = block.tokens[verb].form;
    let source = if form == Form::Ing { None } else { phrase_before(block, group_start(block, verb, range.start), range.start) };
    let content = next..content_end(block, next, range.end, false);
    Some(Find {
        cue: Some(verb..next),
        source,
        content: vec![content],
        speech: noun.speech || plain,
        rule: "expressed hope",
        direct: false,
        stance: false,
        reported_by: None,
    })
}

/// "his claim that …", "a warning by the UN that …".
fn claim_that(block: &Block, i: usize, range: &Tokens, noun: &CueWord) -> Option<Find> {
    let mut start = i;
    while start > range.start && i - start < 4 && nominal(block, start - 1) && !block.is(start - 1, POSSESSIVE_S) {
        start -= 1;
    }
    let before = start.checked_sub(1).filter(|&p| p >= range.start)?;
    let source = if block.is(before, POSS) {
        Phrase { mention: before..start, whole: before..start, relative: false }
    } else if block.is(before, POSSESSIVE_S) {
        phrase_before(block, before, range.start)?
    } else {
        return None;
    };
    Some(Find {
        cue: Some(i..i + 1),
        source: Some(source),
        content: vec![i + 1..content_end(block, i + 1, range.end, true)],
        speech: noun.speech,
        rule: "noun with that",
        direct: false,
        stance: false,
        reported_by: None,
    })
}

/// First token of the group of adverbs, auxiliaries and negations that ends in the verb at `i`.
fn group_start(block: &Block, i: usize, floor: usize) -> usize {
    let mut start = i;
    while start > floor && i - start < 8 && block.region(start - 1) == block.region(i) {
        let p = start - 1;
        let skip = block.is(p, AUX | MODAL | NEG) && !block.is(p, POSSESSIVE_S)
            || is_plain_adverb(block, p) && p > floor && (block.is(p - 1, AUX | SUBJ | REL) || nominal(block, p - 1))
            || block.is(p, ADV) && !block.is(p, UPPER)
            || block.is(p, ADV) && p == floor
            || matches!(block.word(p), "s" | "to") && block.is(p, AUX);
        if !skip {
            break;
        }
        start = p;
    }
    start
}

/// Start of the clause that ends before `end`: the sentence, or what follows a semicolon.
fn clause_start(block: &Block, end: usize, floor: usize) -> usize {
    let low = floor.max(end.saturating_sub(REACH));
    let mut start = low;
    for i in (low..end).rev() {
        if block.mark(i, b';') && block.region(i) == 0 {
            start = i + 1;
            break;
        }
    }
    // "But" and "And" that open a sentence are no part of what is said.
    while start < end && block.is(start, COORD) && block.region(start) == 0 {
        start += 1;
    }
    start
}

/// One past the last token of content that starts at `start`.
pub(super) fn content_end(block: &Block, start: usize, limit: usize, nominal_clause: bool) -> usize {
    let limit = limit.min(start + REACH);
    let mut i = start + 1;
    while i < limit {
        let after_quoted_comma = nominal_clause && block.region(i) == 0 && block.region(i - 1) != 0 && block.mark(i - 1, b',');
        if after_quoted_comma || block.region(i) == 0 && ends_content(block, start, i, limit, nominal_clause) {
            return block.trim(start..i).end.max(start);
        }
        i += 1;
    }
    block.trim(start..limit).end.max(start)
}

/// Whether content that starts at `start` ends before token `i`.
fn ends_content(block: &Block, start: usize, i: usize, limit: usize, nominal_clause: bool) -> bool {
    if block.is_word(i, "according") && block.is_word(i + 1, "to") {
        return true;
    }
    if block.mark(i, b';') || block.mark(i, b':') && attributed_quotation(block, i + 1, limit) {
        return true;
    }
    if block.mark(i, b',') {
        let next = i + 1;
        if nominal_clause {
            return true;
        }
        if leaves_report(block, next, limit) {
            return true;
        }
        if matches!(block.word(next), "and" | "but") && coordinate_cue(block, start, next, limit) {
            return true;
        }
        // ", adding that", ", saying"
        if block.is(next, CUE_VERB) && block.is(next, ING) && block.verb(next).is_some_and(|v| v.speech) {
            return true;
        }
        // "noting the size of it, said that": the verb of the participle's subject.
        if block.is(start.wrapping_sub(1), ING) && main_verb_of_saying(block, next, limit) {
            return true;
        }
        // ", X said", ", said X": an attribution of its own.
        if i > start + 2 && closing_attribution(block, next, limit) {
            return true;
        }
        return new_speaker(block, next, limit) || i > start + 2 && another_says(block, next, limit);
    }
    if block.is(i, COORD) && matches!(block.word(i), "and" | "but") {
        return coordinate_cue(block, start, i, limit) || new_speaker(block, i, limit);
    }
    false
}

/// Whether a quotation starts at token `i` that an attribution of its own closes: `spoke of ambition: “…,” she said`.
fn attributed_quotation(block: &Block, i: usize, limit: usize) -> bool {
    let Some(region) = (block.region(i) as usize).checked_sub(1) else { return false };
    let end = block.region_tokens[region].end;
    let next = if block.mark(end, b',') { end + 1 } else { end };
    next < limit && closing_attribution(block, next, limit)
}

/// Whether what follows a comma is the writer's own: a participle, *while* and the like, a relative clause in
/// which somebody else speaks.
fn leaves_report(block: &Block, i: usize, limit: usize) -> bool {
    let participle = block.is(i, ING) && !block.is(i, PREP | UPPER);
    let contrast = ["while", "though", "although", "even"].iter().any(|w| block.is_word(i, w));
    let relative = block.is(i, REL) || ["which", "where", "whom"].iter().any(|w| block.is_word(i, w));
    let says =
        |j: usize| block.verb(j).is_some_and(|v| v.speech && !v.syntax.has(Syntax::WEAK)) && block.tokens[j].form != Form::Base;
    participle || contrast || relative && (i + 1..limit.min(i + 8)).any(says)
}

/// Whether `left` is no more than when, where or under what circumstances: "In recent months", "Six months ago",
/// "When she moved to Queens, where they lived".
fn is_adverbial(block: &Block, left: &Tokens) -> bool {
    let first = left.start;
    let opens = block.is(first, PREP | SUB | TIME | NUMBER | DIGIT | ADV)
        || ["last", "next", "earlier", "later", "most", "more"].iter().any(|w| block.is_word(first, w));
    let subordinate = block.is(first, SUB | PREP) && !left.clone().any(|i| block.mark(i, b','));
    let verbs = left.clone().any(|i| block.is(i, AUX | MODAL | COMMON_VERB) || block.is(i, CUE_VERB | ED) && i > first + 1);
    opens && block.region(first) == 0 && (subordinate || !verbs)
}

/// "said X *and insisted that* Y": the subject goes on to a second statement.
fn coordinate_cue(block: &Block, start: usize, i: usize, limit: usize) -> bool {
    let verb = (i + 1..limit.min(i + 4)).find(|&j| !block.is(j, ADV | AUX)).unwrap_or(i + 1);
    let says = block.verb(verb).is_some_and(|v| v.speech && !v.syntax.has(Syntax::WEAK));
    let like = |form| match form {
        Form::Past | Form::Third => !block.is(start.wrapping_sub(1), ING),
        Form::Ing => (start.saturating_sub(4)..start).any(|j| block.is(j, ING) && block.is(j, CUE_VERB)),
        _ => false,
    };
    let past = says && verb < limit && like(block.tokens[verb].form) && block.region(verb) == 0;
    past && (block.is_word(verb + 1, "that")
        || block.region(verb + 1) != 0
        || opens_phrase(block, verb + 1)
        || block.mark(verb + 1, b',')
        || block.is_word(verb + 1, "to")
        || block.is(verb + 1, PREP | SUB))
}

/// "Commenting on the divide, *the governor said he* …", without a conjunction.
fn another_says(block: &Block, i: usize, limit: usize) -> bool {
    let Some(end) = phrase_end(block, i, limit) else { return false };
    let verb = (end..limit.min(end + 3)).find(|&j| !block.is(j, ADV | AUX)).unwrap_or(end);
    let says = block.verb(verb).is_some_and(|v| v.syntax.has(Syntax::CLAUSE) && v.syntax.has(Syntax::QUOTE));
    let finite = says && verb < limit && matches!(block.tokens[verb].form, Form::Past | Form::Third);
    let names = (i..end).any(|j| block.is(j, UPPER | SUBJ | ROLE | ORG_BODY)) && !block.is(i, REL);
    finite
        && names
        && block.verb(verb).is_some_and(|v| !v.syntax.has(Syntax::WEAK))
        && (block.is(verb + 1, DET | POSS | SUBJ | UPPER) || block.is_word(verb + 1, "that"))
}

/// Whether token `i` is "said" with its content after it: ", said that", `, said, “…”`.
fn main_verb_of_saying(block: &Block, i: usize, limit: usize) -> bool {
    let says = block.verb(i).is_some_and(|v| v.speech && v.syntax.has(Syntax::QUOTE) && !v.syntax.has(Syntax::WEAK));
    let finite = says && i < limit && matches!(block.tokens[i].form, Form::Past | Form::Third);
    finite && block.region(i) == 0
}

/// Ends a quotation whose closing mark is missing before the attribution inside it: `“We will go, he said.`
pub(super) fn end_unclosed(block: &mut Block) {
    for n in 0..block.regions.len() {
        let region = &block.regions[n];
        let reopened = block.regions.get(n + 1).is_some_and(|r| r.reopened);
        if region.closed {
            continue;
        }
        let tokens = block.region_tokens[n].clone();
        let end = tokens.clone().find(|&i| {
            let limit = block.ranges.get(block.sentence_of(i)).map_or(i, |r| r.end);
            // Where the next paragraph opens quoted, only an attribution that ends this one counts.
            let last = limit >= tokens.end || !reopened;
            last && block.mark(i, b',') && closing_attribution(block, i + 1, limit)
        });
        if let Some(end) = end {
            block.end_region(n, end + 1);
            if let Some(next) = block.regions.get_mut(n + 1) {
                next.reopened = false;
            }
        }
    }
}

/// Whether `i` opens a closing attribution: "he said", "said the minister", up to the sentence's end.
fn closing_attribution(block: &Block, i: usize, limit: usize) -> bool {
    let says = |i: usize| {
        block.verb(i).is_some_and(|v| v.syntax.has(Syntax::QUOTE) && !v.syntax.has(Syntax::WEAK))
            && matches!(block.tokens[i].form, Form::Past | Form::Third)
    };
    if i < limit && says(i) && phrase_after(block, i + 1, limit).is_some() {
        return true;
    }
    let Some(end) = phrase_end(block, i, limit) else { return false };
    let end = (end..limit.min(end + 3)).find(|&j| !block.is(j, ADV | AUX)).unwrap_or(end);
    let told = block.verb(end).is_some_and(|v| v.syntax.has(Syntax::ADDRESSEE));
    let after = if told { phrase_end(block, end + 1, limit).unwrap_or(end + 1) } else { end + 1 };
    says(end) && (after >= limit || block.is_punctuation(after) || block.is(after, TIME | PREP))
}

/// ", but Y said": conjunction, noun phrase and a cue of saying start another attribution.
fn new_speaker(block: &Block, i: usize, limit: usize) -> bool {
    if !matches!(block.word(i), "and" | "but" | "while" | "though" | "although" | "whereas") {
        return false;
    }
    let Some(end) = phrase_end(block, i + 1, limit) else { return false };
    let verb = (end..limit.min(end + 4)).find(|&j| !block.is(j, ADV | AUX)).unwrap_or(end);
    let that = block.is_word(verb + 1, "that");
    block.verb(verb).is_some_and(|v| v.speech && (that || !v.syntax.has(Syntax::WEAK)))
        && matches!(block.tokens[verb].form, Form::Past | Form::Third)
}

/// Longest headline, in tokens.
const LONGEST_HEADLINE: usize = 30;

/// Whether a sentence is written as a headline, its words with capitals: "Poll Finds Voters Want Change".
fn is_headline(block: &Block, sentence: &Tokens) -> bool {
    let long = |&i: &usize| block.tokens[i].is_word() && block.word(i).len() > 3;
    if sentence.len() > LONGEST_HEADLINE {
        return false;
    }
    let (small, large): (Vec<usize>, Vec<usize>) = sentence.clone().filter(long).partition(|&i| !block.is(i, UPPER | DIGIT));
    large.len() > 2 && small.len() * 5 <= large.len()
}

/// Whether a relative clause that starts after `start` holds token `i`: "the secretary *who led* the delegation".
fn in_relative_clause(block: &Block, start: usize, i: usize) -> bool {
    (start + 1..i).any(|j| block.is(j, REL)) && !(start + 1..i).any(|j| block.mark(j, b','))
}

/// Longest insertion between a cue and its content, in tokens.
const LONGEST_INSERTION: usize = 30;

fn is_irregular_plural(block: &Block, i: usize) -> bool {
    ["people", "men", "women", "children", "media", "police"].iter().any(|w| block.is_word(i, w)) || stands_for_people(block, i)
}

/// Whether token `i` is a cue verb, and no noun of the same form.
pub(super) fn is_cue_verb(block: &Block, i: usize, sentence: &Tokens) -> bool {
    Verb::at(block, i, sentence).is_some()
}

/// A cue verb in its sentence.
struct Verb<'b> {
    block: &'b Block<'b>,
    cue: &'static CueWord,
    /// The verb.
    at: usize,
    /// First token of the verb group.
    group: usize,
    form: Form,
    passive: bool,
    sentence: Tokens,
}

impl<'b> Verb<'b> {
    fn at(block: &'b Block<'b>, i: usize, sentence: &Tokens) -> Option<Self> {
        let cue = block.verb(i)?;
        let token = &block.tokens[i];
        if token.region != 0 || token.is(UPPER) && i != sentence.start && !is_headline(block, sentence) {
            return None;
        }
        let group = group_start(block, i, sentence.start);
        let be = (group..i).any(|j| block.is(j, BE)) && !(group..i).any(|j| block.is(j, HAVE) && j + 1 == i);
        let form = match token.form {
            Form::Past if be => Form::Participle,
            form => form,
        };
        let passive = be && matches!(form, Form::Participle | Form::Past);
        let verb = Self { block, cue, at: i, group, form, passive, sentence: sentence.clone() };
        (!verb.is_noun()).then_some(verb)
    }

    /// "the claims", "his call for": a form that is a noun here.
    fn is_noun(&self) -> bool {
        if !matches!(self.form, Form::Base | Form::Third) && self.form != Form::Ing {
            let before = self.group.checked_sub(1).filter(|&p| p >= self.sentence.start);
            // "a proposed ban": a participle before its noun.
            return before.is_some_and(|p| {
                self.group == self.at
                    && self.block.is(p, DET | POSS | POSSESSIVE_S)
                    && self.block.region(p) == 0
                    && !stands_for_people(self.block, p)
            });
        }
        if self.group < self.at {
            return false; // after an auxiliary, a modal, "to"
        }
        let Some(p) = self.group.checked_sub(1).filter(|&p| p >= self.sentence.start) else { return self.form != Form::Ing };
        if self.block.mark(self.at + 1, b':') && self.form == Form::Third {
            return false;
        }
        let b = self.block;
        if b.is(p, SUBJ | REL) || b.is_word(p, "to") {
            return false;
        }
        if b.is(p, DET | POSS | POSSESSIVE_S | PREP) && !stands_for_people(b, p) {
            return !(self.form == Form::Ing && b.is(p, PREP));
        }
        if self.cue.syntax.has(Syntax::NOUN_TOO) && self.form != Form::Ing {
            return !self.is_plainly_verb(p);
        }
        match self.form {
            Form::Ing => false,
            // "the Iranian claims": an adjective; "Lavrov claims": a name.
            Form::Third => {
                let subject = b.is_proper(p) || b.is(p, ROLE | ORG_BODY) || b.is_punctuation(p);
                !subject && !b.is_word(self.at + 1, "that") && self.cue.syntax.has(Syntax::WEAK)
            }
            // The base form needs a plural subject.
            _ => {
                !(b.is(p, PLURAL | COORD | ADV | NUMBER | DIGIT)
                    || is_irregular_plural(b, p)
                    || b.word(p).ends_with('s')
                    || b.is_punctuation(p))
            }
        }
    }

    /// For forms that are nouns as often: a subject before and an object after.
    fn is_plainly_verb(&self, p: usize) -> bool {
        let b = self.block;
        let subject = b.is_proper(p) && !b.is(p, DEMONYM) || b.is(p, ROLE) || b.mark(p, b',') || b.is_word(p, "and");
        let n = self.at + 1;
        subject
            && (b.region(n) != 0 || b.is(n, DET | POSS | OBJ | SUB | SUBJ | UPPER) || matches!(b.word(n), "to" | "on" | "for"))
    }

    fn word(&self, i: usize) -> &'b str {
        self.block.word(i)
    }

    /// A participle without an auxiliary: "saying", "directly criticising", not "is saying".
    fn is_participle(&self) -> bool {
        self.form == Form::Ing && (self.group..self.at).all(|i| !self.block.is(i, AUX | MODAL))
    }

    /// The attribution that the verb makes, if it makes one.
    fn find(&self) -> Option<Find> {
        if self.passive {
            return self.asked().or_else(|| self.passive_find());
        }
        if let Some(find) = self.asked() {
            return Some(find);
        }
        if self.form == Form::Participle && self.at == self.group {
            return None;
        }
        self.left_quotation().or_else(|| self.inverted()).or_else(|| self.right()).or_else(|| self.left_clause())
    }

    /// "Asked by X whether …", "was asked by X about …". Where nobody is named as asking it is no statement.
    fn asked(&self) -> Option<Find> {
        let b = self.block;
        let opens = self.group == self.at && (self.at == self.sentence.start || b.mark(self.at - 1, b','));
        let asked = self.cue.lemma == "ask" && matches!(self.form, Form::Past | Form::Participle) && (opens || self.passive);
        if !asked || !b.is_word(self.at + 1, "by") {
            return None;
        }
        let asker = phrase_after(b, self.at + 2, self.sentence.end)?;
        let after = skip_adverbials(b, asker.whole.end, self.sentence.end);
        let about = usize::from(b.is_word(after, "about"));
        let question = ["about", "whether", "if", "how", "why", "what", "who", "when", "where", "which", "to"];
        let content = after + about..content_end(b, after + about, self.sentence.end, opens);
        let asks = question.iter().any(|w| b.is_word(after, w));
        asks.then(|| self.make(self.group..self.at + 1, Some(asker), vec![content], "passive with by", false))?
    }

    fn make(&self, cue: Tokens, source: Option<Phrase>, content: Vec<Tokens>, rule: &'static str, direct: bool) -> Option<Find> {
        let content = content.into_iter().map(|c| self.to_region_end(self.block.trim(c)));
        let content: Vec<Tokens> = content.filter(|c| !c.is_empty()).collect();
        if content.is_empty() {
            return None;
        }
        Some(Find {
            cue: Some(cue),
            source,
            content,
            speech: self.cue.speech,
            rule,
            direct,
            stance: self.cue.stance,
            reported_by: None,
        })
    }

    /// Content that stops inside a quotation of several sentences goes on to the end of the quotation.
    fn to_region_end(&self, content: Tokens) -> Tokens {
        let Some(last) = content.end.checked_sub(1) else { return content };
        let Some(region) = (self.block.region(last) as usize).checked_sub(1) else { return content };
        let end = self.block.region_tokens[region].end;
        let fills = (content.end..end.min(self.sentence.end)).all(|i| self.block.is_punctuation(i));
        if end > self.sentence.end && fills { content.start..end } else { content }
    }

    /// The subject before the verb; `None` for participles and coordinate verbs, which share one.
    fn subject(&self) -> Option<Phrase> {
        if self.is_participle() {
            return self.participle_subject();
        }
        let p = self.group.checked_sub(1).filter(|&p| p >= self.sentence.start)?;
        if self.block.is(p, COORD) || self.word(p) == "to" {
            return None;
        }
        phrase_before(self.block, self.group, self.sentence.start)
    }

    /// "with McCain calling it a menu", "62 percent of voters saying": the subject of a participle right after it.
    fn participle_subject(&self) -> Option<Phrase> {
        let p = self.group.checked_sub(1).filter(|&p| p >= self.sentence.start)?;
        let b = self.block;
        let noun = nominal(b, p) && !b.is(p, TIME | ED | ADV | CUE_VERB | ING) || b.is(p, OBJ) && !b.is(p, POSS);
        let subject = noun.then(|| phrase_before(b, self.group, self.sentence.start)).flatten()?;
        let start = subject.whole.start;
        let somebody = b.is(subject.whole.end - 1, ROLE) && !b.is(start.wrapping_sub(1), CUE_VERB) && !b.is_word(start - 1, "to");
        (start == self.sentence.start || b.is_word(start - 1, "with") || somebody).then_some(subject)
    }

    /// The region that ends right before token `i`: before it a comma at most.
    fn region_before(&self, i: usize) -> Option<usize> {
        let mut p = i.checked_sub(1)?;
        if self.block.region(p) == 0 && self.block.is_punctuation(p) {
            p = p.checked_sub(1)?;
        }
        let region = (self.block.region(p) as usize).checked_sub(1)?;
        let tokens = &self.block.region_tokens[region];
        (tokens.end <= i && self.block.sentence_of(p) == self.block.sentence_of(i)).then_some(region)
    }

    /// The region that starts right at token `i` or after a comma or colon.
    fn region_after(&self, i: usize) -> Option<usize> {
        let mut n = i;
        while n < self.sentence.end && self.block.region(n) == 0 && self.block.is_punctuation(n) && n < i + 2 {
            n += 1;
        }
        if n >= self.block.tokens.len() || self.block.region(n) == 0 || n >= self.sentence.end {
            return None;
        }
        let region = self.block.region(n) as usize - 1;
        (self.block.region_tokens[region].start == n).then_some(region)
    }

    /// `“…,” he said`, `“…,” said the minister`, and what goes on after: `, “…”`.
    fn left_quotation(&self) -> Option<Find> {
        if !self.cue.syntax.has(Syntax::QUOTE) && !self.cue.speech || self.is_participle() {
            return None;
        }
        let b = self.block;
        let subject = self.subject();
        let (source, region, end) = match subject {
            Some(s) if self.region_before(s.whole.start).is_some() => {
                let region = self.region_before(s.whole.start)?;
                (Some(s), region, self.at + 1)
            }
            _ => match self.region_before(self.group) {
                Some(region) => {
                    let source = phrase_after(b, self.at + 1, self.sentence.end)?;
                    let end = source.whole.end;
                    (Some(source), region, end)
                }
                None => {
                    let (source, region) = self.subject_after_quotation()?;
                    (Some(source), region, self.at + 1)
                }
            },
        };
        let tokens = b.region_tokens[region].clone();
        let stopped = b.is_punctuation(tokens.end - 1) || b.is_punctuation(tokens.end);
        if !stopped && b.n_words(&tokens) < 5 || self.is_partial(region) {
            return None;
        }
        let mut content = self.quotation_back_from(region);
        let next = self.attribution_end(end);
        if next < self.sentence.end
            && let Some(more) = self.region_after(next).filter(|_| next == end || b.is_punctuation(next - 1))
        {
            content.push(b.region_tokens[more].clone());
        }
        self.make(self.cue_tokens(self.at + 1), source, content, "quotation before cue", true)
    }

    /// `“…,” the senator from Iowa and presidential candidate said`: all between the quotation and the cue is the subject.
    fn subject_after_quotation(&self) -> Option<(Phrase, usize)> {
        let b = self.block;
        let floor = self.sentence.start.max(self.group.saturating_sub(LONGEST_INSERTION));
        let quoted = (floor..self.group).rev().find(|&i| b.region(i) != 0)?;
        let start = if b.mark(quoted + 1, b',') { quoted + 2 } else { quoted + 1 };
        let plain = (start..self.group).all(|i| !finite(b, i) || b.is(i, POSSESSIVE_S) || in_relative_clause(b, start, i));
        let source = phrase_after(b, start, self.group).filter(|_| plain && matches!(self.form, Form::Past | Form::Third))?;
        Some((Phrase { whole: start..self.group, ..source }, self.region_before(start)?))
    }

    /// Whether a region is part of a clause that starts outside it: `The plan is “dead,” he said`.
    fn is_partial(&self, region: usize) -> bool {
        follows_words(self.block, &self.block.region_tokens[region])
    }

    /// The region before the cue with the regions that run up to it in the same paragraph.
    fn quotation_back_from(&self, region: usize) -> Vec<Tokens> {
        vec![self.block.region_tokens[region].clone()]
    }

    /// End of the attribution after `end`: over time, place, addressee, apposition, up to the next mark.
    fn attribution_end(&self, end: usize) -> usize {
        let limit = self.sentence.end.min(end + 25);
        (end..limit).find(|&i| self.block.region(i) != 0 || self.block.mark(i, b':')).map_or(limit, |i| i)
    }

    /// Cue tokens from the verb to `end`, with its auxiliaries when they carry negation or a passive.
    fn cue_tokens(&self, end: usize) -> Tokens {
        self.at..end
    }

    /// Content after the verb.
    fn right(&self) -> Option<Find> {
        let b = self.block;
        let limit = self.sentence.end;
        let mut after = self.at + 1;
        let mut with_preposition = false;
        if let Some((end, addressee)) = self.preposition(after) {
            after = end;
            with_preposition = true;
            if addressee {
                let to = phrase_end(b, after, limit)?;
                let clause = matches!(self.word(to), "to" | "for" | "that" | "not");
                return clause.then(|| {
                    self.make(self.cue_tokens(to), self.source()?.into(), vec![to..self.end(to)], "cue with addressee", false)
                })?;
            }
        }
        if self.weak_without_evidence(after) || self.is_participle() && !self.cue.speech {
            return None;
        }
        if matches!(self.cue.lemma, "quote" | "cite")
            && let Some(find) = self.quotes_as_saying(after)
        {
            return Some(find);
        }
        if let Some(find) = self.inside_relative(after) {
            return Some(find);
        }
        let start = self.content_start(after, with_preposition)?;
        let (cue_end, from) = start;
        let infinitive = self.group < self.at && self.word(self.group) == "to" || self.word(self.group.wrapping_sub(1)) == "to";
        if infinitive && !self.cue.speech
            || infinitive && self.region_after(from).is_none() && self.word(from) != "that" && !self.went_on()
        {
            return None;
        }
        let source = match self.source() {
            Some(source) => Some(source),
            None if self.form == Form::Ing || self.shares_subject() => None,
            None => return None,
        };
        if let Some(region) = self.region_after(from)
            && (b.is_punctuation(from) || b.region(from) != 0)
        {
            return self.right_quotation(cue_end, source, region);
        }
        let end = self.end(from);
        self.make(self.cue_tokens(cue_end), source, vec![from..end], "cue before clause", false)
    }

    /// "The changes, *which* officials said *will take effect in May*": the cue stands inside what is said.
    fn inside_relative(&self, after: usize) -> Option<Find> {
        let b = self.block;
        let subject = self.source().filter(|_| self.cue.syntax.has(Syntax::CLAUSE))?;
        let rel = subject.whole.start.checked_sub(1).filter(|&r| r >= self.sentence.start)?;
        let opens = ["which", "who", "that", "what"].iter().any(|w| b.is_word(rel, w)) && b.region(rel) == 0;
        let finite = b.is(after, AUX | MODAL | COMMON_VERB | ED | CUE_VERB) && !b.is(after, UPPER | ING);
        let content = vec![rel..rel + 1, after..content_end(b, after, self.sentence.end, true)];
        (opens && finite).then(|| self.make(self.cue_tokens(after), Some(subject), content, "cue in a relative clause", false))?
    }

    /// "went on to call", "continues to insist", "is expected to argue": an infinitive that reports.
    fn went_on(&self) -> bool {
        let to = if self.word(self.group) == "to" { self.group } else { self.group.wrapping_sub(1) };
        matches!(
            self.word(to.wrapping_sub(1)),
            "on" | "continue"
                | "continued"
                | "continues"
                | "continuing"
                | "began"
                | "begun"
                | "begins"
                | "declined"
                | "refused"
                | "voted"
                | "seemed"
                | "appeared"
                | "appears"
                | "seems"
                | "used"
        ) && to > self.sentence.start
    }

    fn right_quotation(&self, cue_end: usize, source: Option<Phrase>, region: usize) -> Option<Find> {
        let tokens = self.block.region_tokens[region].clone();
        // A region over several sentences, or one that fills the rest of its sentence, is the content.
        let whole = tokens.end >= self.sentence.end || (tokens.end..self.sentence.end).all(|i| self.block.is_punctuation(i));
        let content = if whole { tokens } else { tokens.start..self.end(tokens.start).max(tokens.end) };
        // `The outcome, he said, is "what we wanted"`: the quotation carries the clause before the cue on.
        let from = source.as_ref().map_or(self.group, |s| s.whole.start);
        let carries_on = self.block.mark(from.wrapping_sub(1), b',')
            && from > self.sentence.start
            && !self.block.is(content.start, UPPER)
            && self.block.mark(cue_end, b',');
        if carries_on {
            let left = self.block.trim(clause_start(self.block, from, self.sentence.start)..from);
            if self.block.n_words(&left) > 1 && self.block.region(left.end - 1) == 0 {
                return self.make(self.cue_tokens(cue_end), source, vec![left, content], "clause before cue", false);
            }
        }
        self.make(self.cue_tokens(cue_end), source, vec![content], "cue before quotation", true)
    }

    fn shares_subject(&self) -> bool {
        let p = self.group.wrapping_sub(1);
        self.block.is(p, COORD) || self.word(p) == "to" || self.block.mark(p, b',') || self.word(self.group) == "to"
    }

    fn source(&self) -> Option<Phrase> {
        let subject = self.subject()?;
        let last = subject.mention.end.checked_sub(1)?;
        (!self.block.is(last, TIME) || self.block.is(last, UPPER | GIVEN)).then_some(subject)
    }

    fn subject_start(&self) -> Option<usize> {
        self.subject().map(|s| s.whole.start)
    }

    fn end(&self, from: usize) -> usize {
        // "While X said that …, he left": a fronted clause ends at its comma.
        let fronted =
            self.block.is(self.sentence.start, SUB) && matches!(&self.subject_start(), Some(s) if *s <= self.sentence.start + 2);
        let relative =
            fronted || self.is_fronted_participle() || self.group > self.sentence.start && self.block.is(self.group - 1, REL);
        content_end(self.block, from, self.sentence.end, relative)
    }

    /// "Noting the price of diesel, X …".
    fn is_fronted_participle(&self) -> bool {
        let opens = self.at == self.sentence.start + 1 && self.block.is(self.sentence.start, SUB | PREP);
        self.form == Form::Ing && (self.at == self.sentence.start || opens)
    }

    /// Weak verbs attribute only before *that* or a quotation.
    fn weak_without_evidence(&self, after: usize) -> bool {
        let plain = self.word(after) != "that" && self.region_after(after).is_none();
        plain && (self.cue.syntax.has(Syntax::WEAK) && !self.cue.stance || self.lacks_evidence(after))
    }

    /// Verbs that report only sometimes ("backed the bill", "offered a view") do so with an infinitive alone.
    fn lacks_evidence(&self, after: usize) -> bool {
        self.cue.syntax.has(Syntax::EVIDENCE) && self.word(after) != "to"
    }

    /// The preposition of the cue at `i`, and whether an addressee follows.
    fn preposition(&self, i: usize) -> Option<(usize, bool)> {
        self.cue.prepositions.iter().find_map(|p| {
            let all = p.words.iter().enumerate().all(|(n, w)| self.block.is_word(i + n, w));
            (all && p.words != ["that"]).then_some((i + p.words.len(), p.addressee))
        })
    }

    /// Where the cue ends and the content starts, given the token after verb and preposition.
    fn content_start(&self, after: usize, with_preposition: bool) -> Option<(usize, usize)> {
        let (b, syntax, limit) = (self.block, self.cue.syntax, self.sentence.end);
        if after >= limit {
            return None;
        }
        if with_preposition {
            if self.cue.lemma == "put" || b.is_punctuation(after) {
                return self.clause_at(after).or((opens_phrase(b, after)).then_some(after)).map(|from| (after, from));
            }
            if self.word(self.at + 1) == "out" || self.cue.lemma == "go" {
                let skipped = skip_adverbials(b, after, limit);
                return self.clause_at(after).or_else(|| self.clause_at(skipped)).map(|from| (after, from));
            }
            return (opens_phrase(b, after) || b.region(after) != 0 || b.is(after, ING | SUB)).then_some((after, after));
        }
        let needs_addressee =
            syntax.has(Syntax::ALWAYS_ADDRESSEE) && b.region(after) == 0 && !b.is_punctuation(after) && !b.is(after, SUB | REL);
        if let Some(from) = self.clause_at(after).filter(|_| !needs_addressee) {
            return Some((after, from));
        }
        if syntax.has(Syntax::INFINITIVE)
            && (self.word(after) == "to" || self.word(after) == "not" && self.word(after + 1) == "to")
        {
            return Some((after, after));
        }
        if syntax.has(Syntax::ADDRESSEE)
            && let Some(end) = phrase_end(b, after, limit)
        {
            let skipped = skip_adverbials(b, end, limit);
            let told = [end, skipped].into_iter().find_map(|e| self.clause_at(e).map(|from| (e, from)));
            if told.is_some() {
                return told;
            }
        }
        if syntax.has(Syntax::OBJECT_INFINITIVE) && opens_phrase(b, after) {
            let near = limit.min(after + 18);
            if (after..near).any(|i| b.is_word(i, "to") || b.region(i) != 0) {
                return Some((after, after));
            }
        }
        if syntax.has(Syntax::OBJECT | Syntax::OBJECT_AS) && (opens_phrase(b, after) || b.is(after, ING)) && !b.is(after, TIME) {
            return Some((after, after));
        }
        if let Some(from) = self.past_insertion(after) {
            return Some((after, from));
        }
        let skipped = skip_adverbials(b, after, limit);
        if skipped > after {
            if syntax.has(Syntax::INFINITIVE) && self.word(skipped) == "to" {
                return Some((after, skipped));
            }
            return self.clause_at(skipped).map(|from| (skipped, from));
        }
        None
    }

    /// "said, *if elected*, she would …", "said on CNN, *where he works now*, that …", "said, referring to X, “…”":
    /// where the content starts after or with what stands between commas.
    fn past_insertion(&self, after: usize) -> Option<usize> {
        let (b, limit) = (self.block, self.sentence.end);
        let open = if b.mark(after, b',') { after } else { skip_adverbials(b, after, limit) };
        if !b.mark(open, b',') || !self.cue.syntax.has(Syntax::CLAUSE) || open + 2 >= limit || b.region(open + 1) != 0 {
            return None;
        }
        let close = (open + 2..limit.min(open + LONGEST_INSERTION)).find(|&i| b.mark(i, b',') && b.region(i) == 0)?;
        let next = close + 1;
        if b.is_word(next, "that") || b.region(next) != 0 {
            return Some(next);
        }
        let clause = b.is(open + 1, SUB) && opens_phrase(b, next) && self.has_verb_after(next);
        clause.then_some(open + 1)
    }

    /// Where content in the form of a clause or quotation starts at token `i` or after a comma or colon.
    fn clause_at(&self, i: usize) -> Option<usize> {
        let (b, syntax) = (self.block, self.cue.syntax);
        if i >= self.sentence.end {
            return None;
        }
        if b.mark(i, b':') || b.mark(i, b',') {
            if self.region_after(i).is_some() {
                return Some(i);
            }
            return (b.mark(i, b':') && i + 2 < self.sentence.end).then_some(i + 1);
        }
        if b.region(i) != 0 {
            return Some(i);
        }
        if b.is_word(i, "that") && syntax.has(Syntax::THAT | Syntax::QUOTE) {
            return Some(i);
        }
        if syntax.has(Syntax::THAT)
            && matches!(self.word(i), "whether" | "if" | "how" | "why" | "what" | "when" | "where" | "who" | "which")
        {
            return Some(i);
        }
        if self.cue.lemma == "say" && matches!(self.word(i), "yes" | "no") && b.is_punctuation(i + 1) {
            return Some(i);
        }
        (syntax.has(Syntax::CLAUSE) && opens_phrase(b, i) && !b.is(i, TIME) && self.has_verb_after(i)).then_some(i)
    }

    /// Whether something that can be a finite verb follows within the clause.
    fn has_verb_after(&self, i: usize) -> bool {
        let b = self.block;
        let limit = self.sentence.end.min(i + 40);
        (i + 1..limit).any(|j| b.is(j, AUX | MODAL | COMMON_VERB | ED | CUE_VERB) || b.word(j).ends_with('s'))
    }

    /// `…, he said`, `…, said the minister`, `The plan, he said, is dead`.
    fn left_clause(&self) -> Option<Find> {
        let (b, limit) = (self.block, self.sentence.end);
        if !self.cue.syntax.has(Syntax::CLAUSE | Syntax::QUOTE)
            || self.cue.syntax.has(Syntax::PREPOSITION)
            || self.cue.syntax.has(Syntax::WEAK) && !(self.cue.speech && self.cue.syntax.has(Syntax::CLAUSE))
            || self.form == Form::Ing
            || self.form == Form::Base && self.group == self.at && !b.is(self.at.wrapping_sub(1), PLURAL | SUBJ)
        {
            return None;
        }
        let comma_before = |i: usize| {
            i > self.sentence.start && (b.mark(i - 1, b',') || b.mark(i - 1, b'-') || b.region(i - 1) != 0 || b.mark(i - 1, b'?'))
        };
        let subject = self.subject().filter(|s| comma_before(s.whole.start));
        let (source, from, after) = match subject {
            Some(s) => {
                let start = s.whole.start;
                (s, start, self.at + 1)
            }
            None if comma_before(self.group)
                && !b.mark(self.group - 1, b'-')
                && !self.cue.syntax.has(Syntax::ADDRESSEE)
                && !b.is(self.at + 1, SUB | REL) =>
            {
                let s = phrase_after(b, self.at + 1, limit)?;
                let end = s.whole.end;
                (s, self.group, end)
            }
            None => return None,
        };
        let left = self.with_whole_quotation(b.trim(clause_start(b, from, self.sentence.start)..from));
        if b.n_words(&left) < 2 && b.region(left.start) == 0 && after + 3 >= limit || b.is(source.mention.start, REL) {
            return None;
        }
        let bare =
            after >= limit || b.is_punctuation(after) || b.region(after) != 0 || b.is(after, TIME | PREP | ADV | DET | REL | SUB);
        let addressed = self.cue.syntax.has(Syntax::ADDRESSEE) || b.is_word(after, "reporters");
        if !bare && !addressed {
            return None;
        }
        let adverbial = is_adverbial(b, &left);
        let mut content = vec![left];
        let next = (after..limit.min(after + 25)).find(|&i| b.mark(i, b',') || b.mark(i, b'-')).unwrap_or(limit);
        let plain = (after..next).all(|i| b.is(i, TIME | PREP | DET | ADV | POSS) || nominal(b, i));
        if next + 2 < limit && plain && !b.is(next + 1, REL | ING | COORD) && self.goes_on(next + 1) {
            content.push(next + 1..self.end(next + 1));
        } else if adverbial {
            return None;
        }
        self.make(self.cue_tokens(self.at + 1), Some(source), content, "clause before cue", false)
    }

    /// `The deal “was early. People had not heard of him,” she said`: what is said starts where its quotation does.
    fn with_whole_quotation(&self, left: Tokens) -> Tokens {
        let b = self.block;
        let Some(region) = (b.region(left.start) as usize).checked_sub(1) else { return left };
        let quoted = &b.region_tokens[region];
        if left.start != self.sentence.start || quoted.start >= self.sentence.start {
            return left;
        }
        let first = &b.ranges[b.sentence_of(quoted.start)];
        b.trim(clause_start(b, quoted.start, first.start)..left.end)
    }

    /// `…, said the minister`, `…, said John Smith, who …`: what follows the verb is a name and no clause.
    fn inverted(&self) -> Option<Find> {
        let (b, syntax) = (self.block, self.cue.syntax);
        let finite = matches!(self.form, Form::Past | Form::Third) && self.group == self.at;
        let after_comma = self.at > self.sentence.start + 1 && b.mark(self.at - 1, b',');
        if !finite || !after_comma || !syntax.has(Syntax::QUOTE) || syntax.has(Syntax::ADDRESSEE) {
            return None;
        }
        let source = phrase_after(b, self.at + 1, self.sentence.end)?;
        let end = source.whole.end;
        let ends = end >= self.sentence.end
            || b.is_punctuation(end)
            || b.is(end, REL | TIME)
            || matches!(b.word(end), "in" | "on" | "at" | "during" | "after");
        let described = syntax.has(Syntax::OBJECT_AS) && self.region_after(self.at + 1).is_some();
        let names = b.is(end - 1, SUBJ) || source.whole.clone().any(|i| b.is(i, ROLE | UPPER));
        let speaks = names && !described;
        let left = b.trim(clause_start(b, self.at, self.sentence.start)..self.at);
        let goes_on = b.mark(end, b',') && end + 1 < self.sentence.end;
        // "X, founder of the institute, endorsed Y": Y is the object where no clause stands before.
        let clause = left.clone().any(|i| b.region(i) != 0 || b.is(i, AUX | MODAL | COMMON_VERB | CUE_VERB | ED | ING));
        let objective = syntax.has(Syntax::OBJECT) && !clause;
        (ends && speaks && !objective && (b.n_words(&left) > 2 || goes_on && b.n_words(&left) > 0)).then(|| {
            let mut content = vec![left];
            if goes_on
                && !b.is(end + 1, REL | ING | COORD)
                && self.goes_on(end + 1)
                && b.is(end + 1, AUX | MODAL | COMMON_VERB | COORD | ADV)
            {
                content.push(end + 1..self.end(end + 1));
            }
            self.make(self.cue_tokens(self.at + 1), Some(source), content, "clause before cue", false)
        })?
    }

    /// Whether the clause before the cue goes on at token `i`: no apposition of the speaker.
    fn goes_on(&self, i: usize) -> bool {
        let b = self.block;
        b.region(i) != 0 || !b.is(i, DET | ROLE | REL | DIGIT) || self.has_verb_soon(i)
    }

    fn has_verb_soon(&self, i: usize) -> bool {
        let limit = self.sentence.end.min(i + 8);
        (i..limit).any(|j| self.block.is(j, AUX | MODAL | COMMON_VERB))
    }

    /// "The readout quotes X as saying …": X holds it.
    fn quotes_as_saying(&self, after: usize) -> Option<Find> {
        let b = self.block;
        let source = phrase_after(b, after, self.sentence.end)?;
        let as_at = source.whole.end;
        if !b.is_word(as_at, "as") || b.verb(as_at + 1).is_none() {
            return None;
        }
        let content = match self.region_before(self.subject()?.whole.start) {
            Some(region) => self.block.region_tokens[region].clone(),
            None => as_at + 2..self.end(as_at + 2),
        };
        self.make(self.at..as_at + 2, Some(source), vec![content], "quoted as saying", false)
    }

    /// "It was stressed that …", "was quoted as saying …", "X was accused by Y of …".
    fn passive_find(&self) -> Option<Find> {
        let b = self.block;
        let after = self.at + 1;
        if matches!(self.cue.lemma, "quote" | "cite") {
            let as_at = (after..self.sentence.end.min(after + 10)).find(|&i| b.is_word(i, "as"))?;
            let saying = as_at + 1;
            b.verb(saying)?;
            let from = if b.is_word(saying + 1, ":") { saying + 2 } else { saying + 1 };
            let source = phrase_before(b, self.group, self.sentence.start);
            return self.make(self.group..saying + 1, source, vec![from..self.end(from)], "quoted as saying", false);
        }
        let subject = phrase_before(b, self.group, self.sentence.start);
        let it = subject.as_ref().is_some_and(|s| s.mention.len() == 1 && b.is_word(s.mention.start, "it"));
        if it && matches!(b.word(after), "that" | "to") && self.cue.speech {
            return self.make(self.group.saturating_sub(1)..after, None, vec![after..self.end(after)], "passive", false);
        }
        if b.is_word(after, "by") && self.cue.speech {
            let agent = phrase_after(b, after + 1, self.sentence.end)?;
            let rest = agent.whole.end;
            let from = subject?.whole;
            let content =
                if matches!(self.word(rest), "of" | "for" | "as" | "to") { vec![from, rest..self.end(rest)] } else { vec![from] };
            return self.make(self.group..after, Some(agent), content, "passive with by", false);
        }
        None
    }
}
