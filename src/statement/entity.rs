//! The people, organisations and countries that an article names, collected once.
//!
//! A name is a run of capitalised words. Titles and offices before it, and what stands after it between
//! commas, give its role; given names, titles and roles give its gender. A bare last name is the person
//! that was named so in full; two people with one last name stay apart by their given names.

use super::{
    block::{Block, Tokens},
    lexicon::{Form, class::*, lexicon},
    phrase::{finite, nominal, phrase_end},
};
use std::collections::HashMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EntityKind {
    Person,
    Organisation,
    Country,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gender {
    Male,
    Female,
    Unknown,
}

impl Gender {
    /// Whether a pronoun of gender `other` can stand for this one.
    pub(super) fn fits(self, other: Gender) -> bool {
        self == other || self == Gender::Unknown || other == Gender::Unknown
    }
}

/// Somebody or something that can hold a stance.
#[derive(Clone, Debug)]
pub(super) struct Entity {
    pub(super) kind: EntityKind,
    /// As fully as the article names it.
    pub(super) name: String,
    /// Words of the name in small letters.
    words: Vec<String>,
    pub(super) gender: Gender,
    /// Office or occupation in the article's words.
    pub(super) role: Option<String>,
    /// Head nouns of the roles, in small letters: "minister".
    pub(super) heads: Vec<String>,
    /// Country of the role, from 1 on; 0 is unknown.
    pub(super) country: u16,
}

/// A place where an entity is named.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mention {
    pub(super) entity: usize,
    pub(super) first: usize,
    pub(super) last: usize,
    /// Outside quotation marks.
    pub(super) outside: bool,
}

/// All entities of a block with their mentions in order.
#[derive(Debug, Default)]
pub(super) struct Entities {
    pub(super) all: Vec<Entity>,
    pub(super) mentions: Vec<Mention>,
    /// First mention of each sentence in `mentions`; one more than there are sentences.
    pub(super) by_sentence: Vec<usize>,
    by_last: HashMap<String, Vec<usize>>,
    by_name: HashMap<String, usize>,
}

/// A run of capitalised words and what stands around it.
struct Run {
    /// The name itself, titles left out.
    name: Tokens,
    /// Role words directly before the name.
    before: Option<Tokens>,
    title: u64,
}

impl Entities {
    /// Collects the entities of `block`.
    pub(super) fn collect(block: &Block) -> Self {
        let mut out = Self::default();
        let runs: Vec<Vec<Run>> = block.ranges.iter().map(|range| runs(block, range)).collect();
        // People are introduced with full name first; last names are linked in a second pass, so that
        // a headline or lead with the bare name finds its person too.
        for run in runs.iter().flatten() {
            out.introduce(block, run);
        }
        for (s, runs) in runs.iter().enumerate() {
            out.by_sentence.push(out.mentions.len());
            for run in runs {
                out.mention(block, run);
            }
            out.paired_roles(block, s);
        }
        out.by_sentence.push(out.mentions.len());
        out
    }

    fn introduce(&mut self, block: &Block, run: &Run) {
        if let Some((country, _)) = place(block, run.name.start, run.name.end)
            && run.before.is_none()
        {
            self.add_country(country);
            return;
        }
        if is_office(block, run) || is_common_plural(block, &run.name) {
            return;
        }
        let words = words(block, &run.name);
        let organisation =
            run.name.clone().any(|i| block.is(i, ORG_HEAD | ORG_NAME)) || words.len() == 1 && block.is(run.name.start, ALL_CAPS);
        if organisation && run.title == 0 {
            self.add(EntityKind::Organisation, block, run, words);
        } else if words.len() > 1 && looks_personal(block, run) {
            self.add(EntityKind::Person, block, run, words);
        }
    }

    fn add_country(&mut self, country: u16) -> usize {
        let name = lexicon().countries.get(usize::from(country) - 1).copied().unwrap_or("");
        if let Some(&found) = self.by_name.get(name) {
            return found;
        }
        let entity = Entity {
            kind: EntityKind::Country,
            name: name.to_owned(),
            words: Vec::new(),
            gender: Gender::Unknown,
            role: None,
            heads: Vec::new(),
            country,
        };
        self.all.push(entity);
        self.by_name.insert(name.to_owned(), self.all.len() - 1);
        self.all.len() - 1
    }

    fn add(&mut self, kind: EntityKind, block: &Block, run: &Run, words: Vec<String>) -> usize {
        if let Some(found) = self.find(&words, Gender::Unknown, true) {
            let entity = &mut self.all[found];
            if words.len() > entity.words.len() {
                entity.name = block.span(&run.name).of(block.text).to_owned();
                entity.words = words;
            }
            self.describe(block, found, run);
            return found;
        }
        let name = fold(block.span(&run.name).of(block.text));
        let gender = if kind == EntityKind::Person { gender(block, run, &words) } else { Gender::Unknown };
        let last = words.last().cloned().unwrap_or_default();
        let first = words.first().cloned().unwrap_or_default();
        self.all.push(Entity { kind, name: name.clone(), words, gender, role: None, heads: Vec::new(), country: 0 });
        let index = self.all.len() - 1;
        self.by_last.entry(last.clone()).or_default().push(index);
        if first != last {
            // East Asian and Spanish names go by their first part or the last but one.
            self.by_last.entry(first).or_default().push(index);
            if self.all[index].words.len() > 2
                && let Some(inner) = self.all[index].words.get(self.all[index].words.len() - 2).cloned()
            {
                self.by_last.entry(inner).or_default().push(index);
            }
        }
        self.by_name.entry(name).or_insert(index);
        self.describe(block, index, run);
        index
    }

    /// The entity that `words` name. `introducing`: only an entity that shares more than one word, or whose
    /// words are all there.
    fn find(&self, words: &[String], gender: Gender, introducing: bool) -> Option<usize> {
        let last = words.last()?;
        let candidates = self.by_last.get(last)?;
        let fits = |&&i: &&usize| {
            let e = &self.all[i];
            if words.len() == 1 {
                return !introducing && (e.kind == EntityKind::Organisation || e.gender.fits(gender));
            }
            let (few, many) =
                if words.len() <= e.words.len() { (words, e.words.as_slice()) } else { (e.words.as_slice(), words) };
            few.iter().all(|w| many.contains(w)) && few.len() > 1 || same_person(few, many)
        };
        // The surname sense first: words.last() as the entity's last word.
        let surname = candidates.iter().rev().filter(|&&i| self.all[i].words.last() == Some(last)).find(fits);
        surname.or_else(|| candidates.iter().rev().find(fits)).copied()
    }

    fn mention(&mut self, block: &Block, run: &Run) {
        let entity = if let Some((country, demonym)) = place(block, run.name.start, run.name.end).filter(|_| run.before.is_none())
        {
            if demonym {
                return;
            }
            Some(self.add_country(country))
        } else {
            let words = words(block, &run.name);
            let gender = title_gender(run.title);
            self.find(&words, gender, false).or_else(|| self.new_last_name(block, run, words))
        };
        if let Some(entity) = entity {
            self.describe(block, entity, run);
            let outside = block.region(run.name.start) == 0;
            self.mentions.push(Mention { entity, first: run.name.start, last: run.name.end, outside });
        }
    }

    /// A single unknown name: a person where a title, office or verb of saying stands beside it.
    fn new_last_name(&mut self, block: &Block, run: &Run, words: Vec<String>) -> Option<usize> {
        let personal = run.title != 0 || run.before.is_some() || block.is(run.name.start, GIVEN) || says_beside(block, run);
        if is_office(block, run) || run.title == 0 && is_common_plural(block, &run.name) {
            return None;
        }
        let opens = block.ranges[block.sentence_of(run.name.start)].start == run.name.start;
        let known =
            !opens || run.title != 0 || run.before.is_some() || says_beside(block, run) || block.is(run.name.start, GIVEN);
        (personal && known && words.len() <= 4).then(|| self.add(EntityKind::Person, block, run, words))
    }

    /// Adds what this mention says of the entity's role.
    fn describe(&mut self, block: &Block, index: usize, run: &Run) {
        if self.all[index].kind != EntityKind::Person {
            return;
        }
        let by_title = title_gender(run.title);
        if self.all[index].gender == Gender::Unknown {
            self.all[index].gender = by_title;
        }
        for i in run.before.clone().into_iter().flatten() {
            let office = office_of_title(block.word(i));
            if !office.is_empty() && !self.all[index].heads.iter().any(|h| h == office) {
                self.all[index].heads.push(office.to_owned());
            }
        }
        let before = run.before.clone().filter(|r| r.clone().any(|i| block.is(i, ROLE)));
        let before = before.or_else(|| office_before(block, run));
        // "The Kazakh delegate, Ambassador X": both tell his office, the second his country too.
        for role in before.into_iter().chain(apposition(block, run)) {
            self.set_role(block, index, role);
        }
        // "Deputy ministers X of Russia and Y of Turkey"
        if self.all[index].country == 0
            && block.is_word(run.name.end, "of")
            && let Some((country, false)) = place(block, run.name.end + 1, run.name.end + 5)
        {
            self.all[index].country = country;
        }
    }

    fn set_role(&mut self, block: &Block, index: usize, role: Tokens) {
        let role = without_determiner(block, role);
        let heads: Vec<usize> = role.clone().filter(|&i| block.is(i, ROLE)).collect();
        let entity = &mut self.all[index];
        for &i in &heads {
            let head = block.word(i).to_lowercase();
            let head = if block.is(i, PLURAL) { singular(&head, &head) } else { head };
            if entity.gender == Gender::Unknown {
                entity.gender = class_gender(block.tokens[i].classes);
            }
            if !entity.heads.contains(&head) {
                entity.heads.push(head);
            }
        }
        if entity.country == 0 {
            let named = role.clone().find_map(|i| place(block, i, role.end));
            entity.country = named.or_else(|| country_of_sentence(block, &role)).map_or(0, |(c, _)| c);
        }
        let text = fold(block.span(&role).of(block.text));
        if entity.role.as_ref().is_none_or(|r| r.split(' ').count() < 2 && text.len() > r.len()) && !text.is_empty() {
            entity.role = Some(text);
        }
    }

    /// "the foreign ministers of Kazakhstan and Russia - A and B -": each name gets the office and its country.
    fn paired_roles(&mut self, block: &Block, s: usize) {
        let range = block.ranges[s].clone();
        let from = self.by_sentence[s];
        for i in range.clone() {
            if !(block.is(i, ROLE) && block.is(i, PLURAL)) {
                continue;
            }
            let Some((countries, end)) = countries_after(block, i + 1, range.end) else { continue };
            let names: Vec<usize> = self.mentions[from..]
                .iter()
                .filter(|m| {
                    m.first >= end && m.first < end + 4 + 6 * countries.len() && self.all[m.entity].kind == EntityKind::Person
                })
                .map(|m| m.entity)
                .collect();
            if names.len() != countries.len() {
                continue;
            }
            let start = (range.start..i).rev().take_while(|&j| nominal(block, j)).last().unwrap_or(i);
            // "ministers of foreign affairs of K and R": what stands before the last *of* belongs to the office.
            let office_end = (i + 1..end).rev().find(|&j| block.is_word(j, "of")).unwrap_or(end);
            let office = singular(&fold(block.span(&(start..office_end)).of(block.text)), block.word(i));
            for (&entity, &country) in names.iter().zip(&countries) {
                let name = lexicon().countries.get(usize::from(country) - 1).copied().unwrap_or("");
                let entity = &mut self.all[entity];
                entity.role = Some(format!("{office} of {name}"));
                entity.country = country;
                entity.heads.push(singular(&block.word(i).to_lowercase(), block.word(i)));
            }
        }
    }

    /// The person, organisation or country named within `tokens`: the last mention there that can speak.
    pub(super) fn named_in(&self, block: &Block, tokens: &Tokens) -> Option<usize> {
        let s = block.sentence_of(tokens.start);
        let mentions = self.in_sentence(s);
        let inside = || mentions.iter().filter(|m| m.first >= tokens.start && m.last <= tokens.end);
        let person = inside().rev().find(|m| self.all[m.entity].kind == EntityKind::Person);
        person.or_else(|| inside().rev().find(|m| m.last == tokens.end)).map(|m| m.entity)
    }

    /// The organisation named last before token `at` whose name has the word `head`: "the ministry".
    pub(super) fn organisation_before(&self, at: usize, head: &str) -> Option<usize> {
        let to = self.mentions.partition_point(|m| m.first < at);
        let before = self.mentions.get(..to)?.iter().rev().take(200);
        let fits = |e: &Entity| e.kind == EntityKind::Organisation && e.words.len() > 1 && e.words.iter().any(|w| w == head);
        before.map(|m| m.entity).find(|&e| fits(&self.all[e]))
    }

    /// Mentions that start within `tokens`, which are part of one sentence.
    pub(super) fn starting_in(&self, tokens: &Tokens) -> &[Mention] {
        let from = self.mentions.partition_point(|m| m.first < tokens.start);
        let to = from + self.mentions.get(from..).unwrap_or(&[]).partition_point(|m| m.first < tokens.end);
        self.mentions.get(from..to).unwrap_or(&[])
    }

    /// Mentions of sentence `s`.
    pub(super) fn in_sentence(&self, s: usize) -> &[Mention] {
        let from = self.by_sentence.get(s).copied().unwrap_or(0);
        let to = self.by_sentence.get(s + 1).copied().unwrap_or(self.mentions.len());
        self.mentions.get(from..to).unwrap_or(&[])
    }
}

/// The first country named in the sentence of a role like "the *country's* permanent representative".
fn country_of_sentence(block: &Block, role: &Tokens) -> Option<(u16, bool)> {
    let refers = role.clone().any(|i| block.is_word(i, "country") && block.is(i + 1, POSSESSIVE_S));
    let range = &block.ranges[block.sentence_of(role.start)];
    (range.start..role.start).filter(|_| refers).find_map(|i| place(block, i, range.end))
}

fn same_person(a: &[String], b: &[String]) -> bool {
    let (Some(fa), Some(fb)) = (a.first(), b.first()) else { return false };
    a.len() > 1
        && a.last() == b.last()
        && (fa == fb || fa.trim_end_matches('.').len() == 1 && fb.starts_with(fa.trim_end_matches('.')))
}

fn words(block: &Block, tokens: &Tokens) -> Vec<String> {
    tokens.clone().map(|i| block.word(i).to_lowercase()).collect()
}

/// White space folded to single spaces.
pub(super) fn fold(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn singular(text: &str, plural_head: &str) -> String {
    let head = plural_head
        .strip_suffix("men")
        .map(|s| format!("{s}man"))
        .unwrap_or_else(|| plural_head.trim_end_matches('s').to_owned());
    text.replacen(plural_head, &head, 1)
}

/// The country of the place or demonym at token `i`, and whether it is a demonym; longest match.
pub(super) fn place(block: &Block, i: usize, end: usize) -> Option<(u16, bool)> {
    if !block.is(i, PLACE_START) || !block.is(i, UPPER) {
        return None;
    }
    let places = lexicon().places(&block.word(i).to_lowercase());
    let matched = places.iter().find(|p| {
        i + p.rest.len() < end.max(i + 1) && p.rest.iter().enumerate().all(|(n, w)| block.word(i + 1 + n).to_lowercase() == *w)
    })?;
    Some((matched.country, matched.class & DEMONYM != 0))
}

/// Countries "of A and B" or "of A, B and C" at `i`, and the token after them.
fn countries_after(block: &Block, i: usize, limit: usize) -> Option<(Vec<u16>, usize)> {
    let mut countries = Vec::new();
    let limit = limit.min(i + 25);
    let mut at = i;
    while at < limit {
        if let Some((country, false)) = place(block, at, limit) {
            countries.push(country);
            let rest = lexicon()
                .places(&block.word(at).to_lowercase())
                .iter()
                .find(|p| p.country == country)
                .map_or(0, |p| p.rest.len());
            at += 1 + rest;
        } else if skips_to_country(block, at, limit, countries.is_empty()) {
            at += 1;
        } else {
            break;
        }
    }
    (countries.len() > 1).then_some((countries, at))
}

/// Whether token `i` may stand before the first country ("of foreign affairs of") or between two ("and").
fn skips_to_country(block: &Block, i: usize, limit: usize, before_first: bool) -> bool {
    if before_first {
        return (nominal(block, i) || matches!(block.word(i), "of" | "for")) && !block.is(i, GIVEN);
    }
    (block.mark(i, b',') || block.is_word(i, "and")) && place(block, i + 1, limit).is_some()
}

/// Small words inside names: "Ursula von der Leyen", "Staffan de Mistura".
const PARTICLES: [&str; 22] = [
    "de", "da", "do", "dos", "das", "del", "della", "di", "du", "la", "le", "van", "von", "der", "den", "ter", "al", "el", "bin",
    "ibn", "bint", "ben",
];

/// The runs of capitalised words of a sentence.
fn runs(block: &Block, range: &Tokens) -> Vec<Run> {
    let mut out = Vec::new();
    let mut i = range.start;
    while i < range.end {
        if !starts_name(block, i) {
            i += 1;
            continue;
        }
        let end = run_end(block, i, range.end);
        split_run(block, i..end, range.start, &mut out);
        i = end;
    }
    out
}

fn starts_name(block: &Block, i: usize) -> bool {
    let t = &block.tokens[i];
    if !t.is(UPPER) {
        return t.is_word() && has_article(block.word(i));
    }
    let small = t.is(FUNCTION | ADV) && !t.is(ALL_CAPS | GIVEN);
    !small && !is_date(block, i)
}

/// "al-Assad", "d'Alema": an article grown into a last name.
fn has_article(word: &str) -> bool {
    ["al-", "el-", "d'", "d’"].iter().any(|a| word.starts_with(a))
}

fn is_date(block: &Block, i: usize) -> bool {
    block.is(i, WEEKDAY) || block.is(i, MONTH) && !block.is(i, GIVEN)
}

fn run_end(block: &Block, start: usize, limit: usize) -> usize {
    let mut i = start + 1;
    while i < limit && block.region(i) == block.region(start) && goes_on(block, i, limit) {
        i += 1;
    }
    i
}

/// Whether a name that reaches token `i` goes on with it.
fn goes_on(block: &Block, i: usize, limit: usize) -> bool {
    let t = &block.tokens[i];
    let verb = t.is(COMMON_VERB | CUE_VERB) && !t.is(GIVEN) && t.form != Form::Base;
    let capital = t.is(UPPER) && !verb && !t.is(POSSESSIVE_S) && !is_date(block, i) && (!t.is(FUNCTION) || t.is(ALL_CAPS));
    let particle = |j: usize| PARTICLES.contains(&block.word(j));
    let before_name = i + 1 < limit && (block.is(i + 1, UPPER) || particle(i + 1) && block.is(i + 2, UPPER));
    capital || t.is_word() && (particle(i) && before_name || has_article(block.word(i)))
}

/// Splits "Kazakh Foreign Minister Kairat A" into role and name; "Russia Sergey" cannot stand together.
fn split_run(block: &Block, run: Tokens, floor: usize, out: &mut Vec<Run>) {
    let title = |i: usize| block.is(i, TITLE | ROLE) && !block.is(i, GIVEN) || block.is(i, TITLE);
    let last_role = run.clone().rev().find(|&i| title(i) && i + 1 < run.end);
    let name_start = last_role.map_or_else(|| after_office(block, &run, floor), |i| i + 1);
    let organisation = (name_start..run.end).any(|i| block.is(i, ORG_HEAD));
    // "President of the National Bank" is no name: the bank is.
    let mut classes = 0;
    if let Some(last) = last_role {
        classes = (run.start..=last)
            .filter(|&i| block.is(i, TITLE | ROLE))
            .map(|i| block.tokens[i].classes)
            .fold(TITLE, |a, b| a | b & (MALE | FEMALE));
    }
    let mut before_start = if last_role.is_some() { run.start } else { name_start };
    // Lower-case words before belong to the role: "Turkish foreign ministry spokesman Cem A".
    if !organisation || last_role.is_some() {
        let lower_role = before_start
            .checked_sub(1)
            .filter(|&p| p >= floor && block.is(p, ROLE) && block.region(p) == block.region(run.start));
        if lower_role.is_some() || last_role.is_some() {
            while before_start > floor
                && nominal(block, before_start - 1)
                && block.region(before_start - 1) == block.region(run.start)
                && run.start - before_start.min(run.start) < 8
            {
                before_start -= 1;
            }
        }
        if let Some(p) = lower_role
            && last_role.is_none()
        {
            classes = TITLE | block.tokens[p].classes & (MALE | FEMALE);
        }
    }
    let before = (before_start < name_start).then_some(before_start..name_start);
    let name = without_suffix(block, name_start..run.end);
    if !name.is_empty() {
        out.push(Run { name, before, title: classes });
    }
}

/// "Minister of Agriculture Daulet S", "of Foreign Affairs of Turkmenistan Serdar A": where the name starts after
/// the office's field or place.
fn after_office(block: &Block, run: &Tokens, floor: usize) -> usize {
    let Some(of) = run.start.checked_sub(1).filter(|&p| p > floor && block.is_word(p, "of")) else { return run.start };
    let inside = |&i: &usize| nominal(block, i) || block.is_word(i, "of");
    let office = (floor.max(of.saturating_sub(8))..of).rev().take_while(inside).any(|i| block.is(i, ROLE));
    if !office || run.len() < 3 || run.clone().any(|i| block.is(i, ORG_HEAD) && !block.is_word(i, "state")) {
        return run.start;
    }
    (run.start + 1..run.end - 1).find(|&i| block.is(i, GIVEN)).unwrap_or(run.end - 2)
}

/// "John Smith Jr." and the like keep the suffix out of the last name.
fn without_suffix(block: &Block, name: Tokens) -> Tokens {
    let last = name.end - 1;
    let suffix = name.len() > 1 && matches!(block.word(last), "Jr" | "Jr." | "Sr" | "Sr." | "II" | "III" | "IV");
    if suffix { name.start..last } else { name }
}

fn looks_personal(block: &Block, run: &Run) -> bool {
    let n = run.name.len();
    let given = block.is(run.name.start, GIVEN) && !block.is(run.name.start, PLACE_START)
        || block.word(run.name.start).split('-').next().is_some_and(is_given);
    let bad = run.name.clone().any(|i| block.is(i, ORG_HEAD | ORG_BODY | COUNTRY | TIME | DIGIT) && !block.is(i, GIVEN));
    let initial = run.name.clone().any(|i| block.word(i).ends_with('.') && block.word(i).len() == 2);
    let described = apposition(block, run).is_some() || says_beside(block, run);
    !bad && n <= 5
        && (given
            || initial
            || run.title != 0
            || run.before.is_some()
            || serves_country(block, run)
            || office_before(block, run).is_some()
            || described && place(block, run.name.start, run.name.end).is_none())
}

/// Most tokens around a word that are looked at for its use elsewhere; keeps long texts linear.
const NEAR: usize = 4000;

/// "Sailors … said": a plural that has its capital from the start of the sentence. A name ("Sanders") stands with a
/// capital elsewhere too.
pub(super) fn is_common_plural(block: &Block, name: &Tokens) -> bool {
    let i = name.start;
    let opens = |i: usize| block.ranges.get(block.sentence_of(i)).is_some_and(|r| r.start == i);
    let word = block.word(i);
    let known = block.is(i, GIVEN | ORG_NAME | ORG_HEAD | PLACE_START | ALL_CAPS | TITLE);
    if name.len() != 1 || known || !opens(i) || word.len() < 4 {
        return false;
    }
    if !block.is(i, PLURAL) && (!word.ends_with('s') || word.ends_with("ss")) {
        return false;
    }
    let near = i.saturating_sub(NEAR)..block.tokens.len().min(i + NEAR);
    !near.clone().any(|j| j != i && block.word(j) == word && !opens(j))
}

/// "ministers X of Russia and *Y of Turkey*": whom an office in the plural introduces.
fn serves_country(block: &Block, run: &Run) -> bool {
    let end = run.name.end;
    let floor = block.ranges[block.sentence_of(end - 1)].start.max(end.saturating_sub(15));
    let office = || (floor..run.name.start).any(|i| block.is(i, ROLE) && block.is(i, PLURAL));
    block.is_word(end, "of") && place(block, end + 1, end + 5).is_some() && office()
}

/// "the Vice Minister", "the MP", "the Republican": an office with capitals is no name.
fn is_office(block: &Block, run: &Run) -> bool {
    let last = run.name.end - 1;
    block.is(last, ROLE) && !block.is(last, PLURAL | GIVEN | ORG_NAME) && !block.is(run.name.start, GIVEN)
}

fn is_given(word: &str) -> bool {
    lexicon().entry(&word.to_lowercase()).classes & GIVEN != 0
}

/// Whether a verb of saying stands right after or before the name.
fn says_beside(block: &Block, run: &Run) -> bool {
    let says =
        |i: usize| block.verb(i).is_some_and(|v| v.speech && !v.syntax.has(super::lexicon::Syntax::WEAK)) && !block.is(i, UPPER);
    says(run.name.end)
        || block.is(run.name.end, ADV) && says(run.name.end + 1)
        || run.name.start > 0 && says(run.name.start - 1) && block.mark(run.name.end, b',')
}

/// The office that a short title stands for; empty where it stands for none.
fn office_of_title(title: &str) -> &'static str {
    match title.trim_end_matches('.') {
        "Sen" => "senator",
        "Rep" => "congressman",
        "Gov" => "governor",
        "Gen" => "general",
        "Amb" => "ambassador",
        "Judge" => "judge",
        _ => "",
    }
}

fn class_gender(classes: u64) -> Gender {
    match (classes & MALE != 0, classes & FEMALE != 0) {
        (true, false) => Gender::Male,
        (false, true) => Gender::Female,
        _ => Gender::Unknown,
    }
}

fn title_gender(classes: u64) -> Gender {
    class_gender(classes)
}

/// Gender from title, given name, or the ending of a Slavic last name.
fn gender(block: &Block, run: &Run, words: &[String]) -> Gender {
    let by_title = title_gender(run.title);
    if by_title != Gender::Unknown {
        return by_title;
    }
    for i in run.name.clone().take(run.name.len().max(2) - 1) {
        let by_name = class_gender(block.tokens[i].classes & if block.is(i, GIVEN) { u64::MAX } else { 0 });
        if by_name != Gender::Unknown {
            return by_name;
        }
        if let Some(first) = block.word(i).split('-').next() {
            let by_part = class_gender(lexicon().entry(&first.to_lowercase()).classes);
            if by_part != Gender::Unknown {
                return by_part;
            }
        }
    }
    let last = words.last().map_or("", String::as_str);
    let ends = |list: &[&str]| list.iter().any(|e| last.len() > e.len() + 2 && last.ends_with(e));
    if ends(&["ova", "eva", "skaya", "skaia", "ina", "yeva", "ová", "ska"]) {
        Gender::Female
    } else if ends(&["ov", "ev", "sky", "skiy", "skyi", "ski", "yev", "vich", "in"]) {
        Gender::Male
    } else {
        Gender::Unknown
    }
}

/// The role after a name: ", the Russian delegate,", ", deputy head of …,", " of Japan".
fn apposition(block: &Block, run: &Run) -> Option<Tokens> {
    let name = &run.name;
    let s = block.sentence_of(name.start);
    let limit = block.ranges[s].end;
    if block.mark(name.end, b',') && block.region(name.end) == block.region(name.start) {
        let start = name.end + 1;
        if start < limit && !block.is(start, REL | ING | COORD | COMMON_VERB | AUX | PREP) && !finite(block, start) {
            let end = apposition_end(block, start, limit);
            let described = (start..end).any(|i| block.is(i, ROLE));
            if described && !block.is(start, UPPER) | block.is(start, DEMONYM | ROLE | PLACE_START | ORG_HEAD) {
                return Some(start..end);
            }
        }
    }
    // "Ukraine's delegate, Bohdan Y": the role stands before the comma.
    let opens = run.before.as_ref().map_or(name.start, |b| b.start);
    let comma = opens.checked_sub(1).filter(|&c| block.mark(c, b','))?;
    let range = &block.ranges[s];
    let mut start = comma;
    while start > range.start
        && comma - start < 10
        && (nominal(block, start - 1)
            || block.is(start - 1, DET | POSS)
            || block.is_word(start - 1, "of")
            || block.is_word(start - 1, "for"))
    {
        start -= 1;
    }
    let head = comma.checked_sub(1)?;
    let described = (start..comma).any(|i| block.is(i, ROLE) && !block.is(i, PLURAL));
    // "the envoy for the Balkans, Mr X", but not "Moscow, X"
    let definite = block.is(start, DET) || (start..comma).any(|i| block.is(i, POSSESSIVE_S));
    (described && start < comma && (definite || !block.is(head, UPPER))).then_some(start..comma)
}

/// The office in "Deputy Minister of Foreign Affairs of Turkmenistan Serdar A": before the name stands where he serves.
fn office_before(block: &Block, run: &Run) -> Option<Tokens> {
    let end = run.name.start;
    let floor = block.ranges[block.sentence_of(end)].start.max(end.saturating_sub(12));
    let served = end > floor && block.is(end - 1, UPPER) && !block.is(end - 1, TITLE | ROLE);
    let inside = |i: &usize| nominal(block, *i) || matches!(block.word(*i), "of" | "for" | "and" | "the");
    let start = (floor..end).rev().take_while(|i| inside(i) && block.region(*i) == block.region(end)).last()?;
    let office = |i: usize| block.is(i, ROLE) && !block.is(i, PLURAL) && block.is_word(i + 1, "of");
    (served && (start..end).any(office)).then_some(start..end)
}

/// An apposition ends at the next comma or clause.
fn apposition_end(block: &Block, start: usize, limit: usize) -> usize {
    let limit = limit.min(start + 20);
    let end = (start..limit)
        .find(|&i| block.is_punctuation(i) || block.is(i, REL | AUX) || block.region(i) != block.region(start))
        .unwrap_or(limit);
    if block.is(end, AUX) { phrase_end(block, start, end).unwrap_or(start) } else { end }
}

pub(super) fn without_determiner(block: &Block, tokens: Tokens) -> Tokens {
    let mut start = tokens.start;
    while start < tokens.end && block.is(start, DET | POSS) {
        start += 1;
    }
    start..tokens.end
}
