//! Mentions in; holders out: which person, organisation or country a source is.
//!
//! Names resolve by last name, "Astana" to its country, "the minister" by office and country, *he* and
//! *she* to the first person of fitting gender in the nearest sentence that has one, where the person who
//! spoke last counts as named in the sentence of his words. What stays unsure has no name.

use super::{
    Holder,
    block::{Block, Tokens},
    entity::{Entities, EntityKind, Gender, fold, is_common_plural, place, without_determiner},
    lexicon::{class::*, lexicon},
    phrase::phrase_end,
};

/// Most sentences that a pronoun looks back.
const PRONOUN_REACH: usize = 8;

/// Sentences of the lead, where somebody may be given by his office and named further down.
const LEAD: usize = 3;

/// Resolves mentions in reading order.
pub(super) struct Resolver<'b> {
    block: &'b Block<'b>,
    entities: &'b Entities,
    /// The last holder.
    last: Option<Speaker>,
    /// Earlier holders, the latest last.
    speakers: Vec<Speaker>,
}

/// Somebody who spoke.
#[derive(Clone, Debug)]
struct Speaker {
    entity: Option<usize>,
    holder: Holder,
    gender: Gender,
    plural: bool,
    /// An organisation, country or document: *it*.
    body: bool,
    sentence: usize,
    /// Head nouns of an unnamed holder.
    heads: Vec<String>,
}

impl<'b> Resolver<'b> {
    pub(super) fn new(block: &'b Block<'b>, entities: &'b Entities) -> Self {
        Self { block, entities, last: None, speakers: Vec::new() }
    }

    /// The holder of `mention`, and remembers it as the last speaker.
    pub(super) fn resolve(&mut self, mention: &Tokens) -> Holder {
        let sentence = self.block.sentence_of(mention.start);
        let (entity, mut holder, heads) = self.look_up(mention);
        holder.mention = Some(self.block.span(mention));
        let gender = entity.map_or_else(|| self.gender_of(mention), |e| self.entities.all[e].gender);
        let plural = entity.is_none() && self.is_plural(mention);
        let body = !plural && self.is_body(mention, entity, &heads);
        let speaker = Speaker { entity, holder: holder.clone(), gender, plural, body, sentence, heads };
        self.speakers.push(speaker.clone());
        self.last = Some(speaker);
        holder
    }

    /// The holder of `mention`, without giving him the floor.
    pub(super) fn peek(&self, mention: &Tokens) -> Holder {
        let (_, holder, _) = self.look_up(mention);
        Holder { mention: Some(self.block.span(mention)), ..holder }
    }

    /// The holder of a quotation without a source in its sentence `s`.
    pub(super) fn absent(&mut self, s: usize) -> Holder {
        // A person introduced since the last speaker, in the sentence right before, takes the floor.
        let block = self.block;
        let introduced = s.checked_sub(1).filter(|&p| block.paragraph_of(p) == block.paragraph_of(s)).and_then(|p| {
            let spoke = self.last.as_ref().is_some_and(|l| l.sentence >= p);
            let mut people = self
                .entities
                .in_sentence(p)
                .iter()
                .filter(|m| m.outside && self.entities.all[m.entity].kind == EntityKind::Person);
            people.next().map(|m| m.entity).filter(|_| !spoke)
        });
        if let Some(entity) = introduced {
            let holder = self.of_entity(entity, "introduced in the sentence before");
            let gender = self.entities.all[entity].gender;
            self.last = Some(Speaker {
                entity: Some(entity),
                holder: holder.clone(),
                gender,
                plural: false,
                body: false,
                sentence: s,
                heads: Vec::new(),
            });
            return holder;
        }
        let Some(last) = &mut self.last else { return Holder::default() };
        last.sentence = s;
        if let Some(latest) = self.speakers.last_mut() {
            latest.sentence = s;
        }
        let resolved_by = if last.holder.name.is_some() { "last speaker" } else { "" };
        Holder { mention: None, name: last.holder.name.clone(), role: last.holder.role.clone(), resolved_by }
    }

    /// The quotation of the last speaker goes on into sentence `s`.
    pub(super) fn goes_on(&mut self, s: usize) {
        if let Some(latest) = self.speakers.last_mut() {
            latest.sentence = latest.sentence.max(s);
        }
    }

    fn of_entity(&self, entity: usize, resolved_by: &'static str) -> Holder {
        let e = &self.entities.all[entity];
        Holder { mention: None, name: Some(e.name.clone()), role: e.role.clone(), resolved_by }
    }

    fn gender_of(&self, mention: &Tokens) -> Gender {
        let classes = mention
            .clone()
            .filter(|&i| self.block.is(i, ROLE | TITLE))
            .map(|i| self.block.tokens[i].classes)
            .fold(0, |a, b| a | b);
        match (classes & MALE != 0, classes & FEMALE != 0) {
            (true, false) => Gender::Male,
            (false, true) => Gender::Female,
            _ => Gender::Unknown,
        }
    }

    fn is_plural(&self, mention: &Tokens) -> bool {
        mention.clone().any(|i| self.block.is(i, ROLE) && self.block.is(i, PLURAL))
    }

    fn look_up(&self, mention: &Tokens) -> (Option<usize>, Holder, Vec<String>) {
        let (block, first) = (self.block, mention.start);
        let unnamed = || (None, Holder::default(), Vec::new());
        if mention.is_empty() {
            return unnamed();
        }
        if mention.len() == 1 && block.is(first, SUBJ | OBJ | POSS | DET) && !block.is(first, ALL_CAPS) {
            return self.pronoun(mention);
        }
        // "his counterpart", "Trump's campaign": the person named there is not the holder.
        let possessor = mention.clone().rev().find(|&i| block.is(i, POSSESSIVE_S) && i + 1 < mention.end);
        let head = possessor.map_or(mention.clone(), |p| p + 1..mention.end);
        if let Some(entity) = self.entities.named_in(block, &head)
            && self.names_whole(entity, &head)
        {
            return (Some(entity), self.of_entity(entity, "name"), Vec::new());
        }
        if let Some(entity) = self.of_two(mention) {
            return (Some(entity), self.of_entity(entity, "one of two named before"), Vec::new());
        }
        if let Some(holder) = self.side(mention) {
            return (None, holder, Vec::new());
        }
        if mention.clone().any(|i| block.is(i, ROLE)) {
            return self.nominal(mention);
        }
        self.body(mention)
    }

    /// Whether an entity named inside a mention is the mention, and not its possessor or place.
    fn names_whole(&self, entity: usize, mention: &Tokens) -> bool {
        let block = self.block;
        match self.entities.all[entity].kind {
            EntityKind::Person => {
                let of = mention.clone().find(|&i| matches!(block.word(i), "of" | "for" | "to" | "in" | "at" | "with" | "from"));
                // "Minister of Agriculture Daulet S": the name ends the phrase, and no preposition stands before it.
                let named = self.entities.starting_in(mention).iter().find(|m| m.entity == entity && m.last == mention.end);
                named.is_some_and(|m| m.first > mention.start && !block.is(m.first - 1, PREP | COORD | DET | POSSESSIVE_S))
                    || of.is_none_or(|of| self.entities.named_in(block, &(mention.start..of)) == Some(entity))
            }
            EntityKind::Country => {
                let plain = without_determiner(block, mention.clone());
                place(block, plain.start, plain.end).is_some()
                    && !mention.clone().any(|i| block.is(i, ROLE | ORG_BODY | ORG_HEAD))
            }
            EntityKind::Organisation => !mention.clone().any(|i| block.is(i, ROLE) && !block.is(i, UPPER)),
        }
    }

    fn pronoun(&self, mention: &Tokens) -> (Option<usize>, Holder, Vec<String>) {
        let word = self.block.word(mention.start).to_ascii_lowercase();
        let gender = match word.as_str() {
            "he" | "his" | "him" | "himself" => Gender::Male,
            "she" | "her" | "herself" => Gender::Female,
            "they" | "their" | "them" | "both" => return self.like_last(|s| s.plural),
            "it" | "its" => return self.it(mention),
            _ => return (None, Holder::default(), Vec::new()),
        };
        let s = self.block.sentence_of(mention.start);
        self.person_before(s, mention.start, gender)
    }

    /// Whether a holder is no person: an organisation, a country, a document.
    fn is_body(&self, mention: &Tokens, entity: Option<usize>, heads: &[String]) -> bool {
        match entity {
            Some(entity) => self.entities.all[entity].kind != EntityKind::Person,
            None if mention.len() == 1 => {
                self.block.is_word(mention.start, "it") || !self.block.is(mention.start, SUBJ | OBJ | POSS | REL)
            }
            None => heads.is_empty(),
        }
    }

    /// *it*: the organisation, country or document that is the subject before it in its sentence, or spoke last, or is
    /// the subject of the sentence before.
    fn it(&self, mention: &Tokens) -> (Option<usize>, Holder, Vec<String>) {
        let s = self.block.sentence_of(mention.start);
        let here = self.body_subject(s, mention.start);
        let spoke = self.last.as_ref().filter(|l| l.body && l.sentence + 1 >= s && here.is_none());
        if spoke.is_some_and(|l| l.holder.name.is_some()) {
            return self.like_last(|l| l.body);
        }
        let before = || s.checked_sub(1).and_then(|p| self.body_subject(p, usize::MAX));
        match here.or_else(before) {
            Some((entity, holder)) => (entity, Holder { resolved_by: "pronoun: subject before", ..holder }, Vec::new()),
            None => self.like_last(|l| l.body),
        }
    }

    /// The organisation, country or document that the first noun phrase of sentence `s`, which ends before `limit`, names.
    fn body_subject(&self, s: usize, limit: usize) -> Option<(Option<usize>, Holder)> {
        let block = self.block;
        let range = block.ranges.get(s)?;
        let mut start = range.start;
        if block.is(start, PREP) {
            start = (start..range.end.min(start + 20)).find(|&i| block.mark(i, b','))? + 1;
        }
        let end = phrase_end(block, start, range.end).filter(|&end| end <= limit && block.region(start) == 0)?;
        let phrase = start..end;
        let somebody = phrase.clone().any(|i| block.is(i, ROLE | TITLE | SUBJ | OBJ));
        let body = phrase.clone().any(|i| block.is(i, ORG_BODY | ORG_HEAD | ORG_NAME))
            || self
                .entities
                .starting_in(&phrase)
                .iter()
                .any(|m| m.last == end && self.entities.all[m.entity].kind != EntityKind::Person);
        let (entity, holder, _) = if somebody || !body { return None } else { self.look_up(&phrase) };
        let person = entity.is_some_and(|e| self.entities.all[e].kind == EntityKind::Person);
        (!person && holder.name.is_some()).then_some((entity, holder))
    }

    /// The latest speaker for whom `fits` holds.
    fn like_last(&self, fits: impl Fn(&Speaker) -> bool) -> (Option<usize>, Holder, Vec<String>) {
        match self.last.as_ref().filter(|s| fits(s)) {
            Some(s) => {
                let resolved_by = if s.holder.name.is_some() { "pronoun: last speaker" } else { "" };
                (s.entity, Holder { mention: None, resolved_by, ..s.holder.clone() }, s.heads.clone())
            }
            None => (None, Holder::default(), Vec::new()),
        }
    }

    /// The first person of `gender` in the nearest sentence up to `s` that has one.
    fn person_before(&self, s: usize, at: usize, gender: Gender) -> (Option<usize>, Holder, Vec<String>) {
        for sentence in (s.saturating_sub(PRONOUN_REACH)..=s).rev() {
            let limit = if sentence == s { at } else { usize::MAX };
            let speaker =
                self.speakers.iter().rev().find(|p| p.sentence == sentence && !p.plural && p.gender.fits(gender) && sentence < s);
            let named = self.first_person(sentence, limit, gender);
            match (named, speaker) {
                (Some(entity), Some(p)) if p.entity.is_some() && p.entity != Some(entity) && sentence + 1 >= s => {
                    let entity = p.entity.unwrap_or(entity);
                    return (Some(entity), self.of_entity(entity, "pronoun: last speaker"), Vec::new());
                }
                (Some(entity), _) => {
                    return (Some(entity), self.of_entity(entity, "pronoun: nearest fitting person"), Vec::new());
                }
                (None, Some(p)) => {
                    let resolved_by = if p.holder.name.is_some() { "pronoun: last speaker" } else { "" };
                    return (p.entity, Holder { mention: None, resolved_by, ..p.holder.clone() }, p.heads.clone());
                }
                (None, None) => {}
            }
        }
        (None, Holder::default(), Vec::new())
    }

    fn first_person(&self, sentence: usize, limit: usize, gender: Gender) -> Option<usize> {
        let people = || {
            let mentions = self.entities.in_sentence(sentence).iter();
            mentions.filter(move |m| m.outside && m.first < limit && self.entities.all[m.entity].kind == EntityKind::Person)
        };
        let known = people().find(|m| self.entities.all[m.entity].gender == gender && !self.is_possessor(m.last));
        let known = known.or_else(|| people().find(|m| self.entities.all[m.entity].gender == gender));
        known.or_else(|| people().find(|m| self.entities.all[m.entity].gender == Gender::Unknown)).map(|m| m.entity)
    }

    fn is_possessor(&self, after: usize) -> bool {
        self.block.is(after, POSSESSIVE_S)
    }

    /// "the minister", "the Kazakh diplomat", "a spokesman", "his Turkish counterpart".
    fn nominal(&self, mention: &Tokens) -> (Option<usize>, Holder, Vec<String>) {
        let block = self.block;
        let plain = without_determiner(block, mention.clone());
        let role = fold(block.span(&plain).of(block.text));
        let heads: Vec<String> = plain.clone().filter(|&i| block.is(i, ROLE)).map(|i| block.word(i).to_lowercase()).collect();
        let unnamed = Holder { role: Some(role), ..Holder::default() };
        let possessor = plain.clone().find(|&i| block.is(i, POSSESSIVE_S));
        let of_country = possessor.is_some_and(|p| place(block, plain.start, p).is_some());
        let definite = block.is_word(mention.start, "the")
            || of_country
            || block.is(mention.start, POSS) && heads.iter().any(|h| h == "counterpart");
        let country = plain.clone().find_map(|i| place(block, i, plain.end)).map_or(0, |(c, _)| c);
        let gender = self.gender_of(mention);
        let s = block.sentence_of(mention.start);
        let head = heads.last().map_or("", String::as_str);
        if self.is_plural(mention) {
            return (None, unnamed, heads);
        }
        if !definite {
            return match self.named_later(mention, head, country, gender) {
                Some(entity) => (Some(entity), self.of_entity(entity, "office, named later"), Vec::new()),
                None => (None, unnamed, heads),
            };
        }
        match self.by_office(s, mention.start, head, country, gender) {
            Some(entity) => (Some(entity), self.of_entity(entity, "office"), Vec::new()),
            None => {
                if let Some(entity) = self.speaker_without_office(s, gender, country) {
                    return (Some(entity), self.of_entity(entity, "last speaker"), Vec::new());
                }
                // "the spokesman" again: the same unnamed speaker.
                let again = self.speakers.iter().rev().take(6).find(|p| p.entity.is_none() && p.heads.iter().any(|h| h == head));
                let holder = again.map_or(unnamed, |p| Holder { mention: None, resolved_by: "", ..p.holder.clone() });
                (None, holder, heads)
            }
        }
    }

    /// "A ministry spokesman said on Tuesday" in the lead: the only one whom the article introduces with that office,
    /// further down.
    fn named_later(&self, mention: &Tokens, head: &str, country: u16, gender: Gender) -> Option<usize> {
        let block = self.block;
        // The office is the head: "its deputy administrator" is no deputy.
        let heads = |i: usize| block.is_word(i, head) && (i + 1 == mention.end || block.is(i + 1, PREP));
        let lead = block.first_sentence == 0
            && block.sentence_of(mention.start) < LEAD
            && block.is(mention.start, DET | POSS)
            && mention.clone().any(heads);
        let mut found = None;
        for (n, e) in self.entities.all.iter().enumerate().filter(|_| lead) {
            let country_fits = country == 0 || e.country == 0 || e.country == country;
            let fits = e.kind == EntityKind::Person && e.gender.fits(gender) && country_fits && e.heads.iter().any(|h| h == head);
            let first = self.entities.mentions.iter().find(|m| m.entity == n);
            if fits && found.is_some() {
                return None;
            }
            if fits {
                found = first.filter(|m| m.first > mention.end).map(|m| m.entity);
                found?;
            }
        }
        found
    }

    /// The last speaker, where he spoke within three sentences and the article gives him no office:
    /// "the lawyer" is he.
    fn speaker_without_office(&self, s: usize, gender: Gender, country: u16) -> Option<usize> {
        let last = self.last.as_ref().filter(|l| l.sentence + 3 >= s)?;
        let entity = &self.entities.all[last.entity?];
        let country_fits = country == 0 || entity.country == 0 || entity.country == country;
        let fits = country_fits && entity.heads.is_empty() && entity.gender.fits(gender);
        (entity.kind == EntityKind::Person && fits).then_some(last.entity?)
    }

    /// The person named last, at or before token `at` of sentence `s`, whose office fits.
    fn by_office(&self, s: usize, at: usize, head: &str, country: u16, gender: Gender) -> Option<usize> {
        let fits = |entity: usize| {
            let e = &self.entities.all[entity];
            let country_fits = country == 0 || e.country == country;
            e.kind == EntityKind::Person
                && e.gender.fits(gender)
                && country_fits
                && (e.heads.iter().any(|h| lexicon().office_fits(head, h))
                    || country != 0 && e.country == country && lexicon().is_general(head))
        };
        let speaker = self.speakers.iter().rev().take(12).filter_map(|p| p.entity).find(|&e| fits(e));
        speaker.or_else(|| {
            let to = self.entities.by_sentence.get(s + 1).copied().unwrap_or(self.entities.mentions.len());
            let before = self.entities.mentions.get(..to)?.iter().rev().take(200);
            before.filter(|m| m.first < at).map(|m| m.entity).find(|&e| fits(e))
        })
    }

    /// "the former", "the latter": of the two people, or else the two others, named together before.
    fn of_two(&self, mention: &Tokens) -> Option<usize> {
        let last = mention.len() == 2 && self.block.is_word(mention.start + 1, "latter");
        let first = mention.len() == 2 && self.block.is_word(mention.start + 1, "former");
        if !(first || last) || !self.block.is_word(mention.start, "the") {
            return None;
        }
        let s = self.block.sentence_of(mention.start);
        let two = |sentence: usize, person: bool| {
            let mut named: Vec<usize> = Vec::new();
            for m in self.entities.in_sentence(sentence).iter().filter(|m| m.first < mention.start) {
                let fits = (self.entities.all[m.entity].kind == EntityKind::Person) == person;
                if fits && !named.contains(&m.entity) {
                    named.push(m.entity);
                }
            }
            (named.len() == 2).then(|| if first { named[0] } else { named[1] })
        };
        (s.saturating_sub(2)..=s).rev().find_map(|sentence| two(sentence, true).or_else(|| two(sentence, false)))
    }

    /// "the Pakistani side": the country.
    fn side(&self, mention: &Tokens) -> Option<Holder> {
        let last = mention.end.checked_sub(1).filter(|_| mention.len() > 1)?;
        let (country, demonym) = place(self.block, last - 1, last)?;
        let name = lexicon().countries.get(usize::from(country).checked_sub(1)?)?;
        let side = demonym && lexicon().is_country_noun(self.block.word(last)) && self.block.is_word(mention.start, "the");
        side.then(|| Holder { name: Some((*name).to_owned()), resolved_by: "side of a country", ..Holder::default() })
    }

    /// A country, capital, organisation, document: named by its own words.
    fn body(&self, mention: &Tokens) -> (Option<usize>, Holder, Vec<String>) {
        let block = self.block;
        let plain = without_determiner(block, mention.clone());
        let text = fold(block.span(&plain).of(block.text));
        // "the ministry", "the council": the one named before.
        if plain.len() == 1 && block.is_word(mention.start, "the") && block.is(plain.start, ORG_HEAD) {
            let found = self.entities.organisation_before(mention.start, &block.word(plain.start).to_lowercase());
            if let Some(entity) = found {
                return (Some(entity), self.of_entity(entity, "organisation named before"), Vec::new());
            }
        }
        let common = |i: usize| block.is(i, DEMONYM | POSS) || is_common_plural(block, &(i..i + 1));
        let proper = plain.clone().any(|i| block.is(i, UPPER) && !common(i)) || plain.clone().any(|i| block.is(i, ORG_BODY));
        let definite =
            !block.is_word(mention.start, "a") && !block.is_word(mention.start, "an") && !block.is(mention.start, NUMBER);
        let name = (proper && definite && !text.is_empty()).then(|| text.clone());
        let resolved_by = if name.is_some() { "its own words" } else { "" };
        let role = if name.is_none() { Some(text) } else { None };
        (None, Holder { mention: None, name, role, resolved_by }, Vec::new())
    }
}
