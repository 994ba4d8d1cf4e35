//! What is known of words: the lists under `lists/`, read once into one table.
//!
//! A word has a set of classes (bits) and, where it is a cue, an entry of the cue table. All keys are
//! small letters; straight apostrophes.

use foldhash::HashMap;
use std::sync::LazyLock;

/// Classes of words, as bits.
pub(super) mod class {
    macro_rules! bits {
        ($($name:ident = $bit:expr;)*) => { $(pub(crate) const $name: u64 = 1 << $bit;)* };
    }
    bits! {
        DET = 0; NUMBER = 1; POSS = 2; SUBJ = 3; OBJ = 4; AUX = 5; MODAL = 6; NEG = 7; PREP = 8; COORD = 9;
        SUB = 10; REL = 11; ADV = 12; TIME = 13; BE = 14; MONTH = 15; WEEKDAY = 16;
        TITLE = 17; ROLE = 18; PLURAL = 19; MALE = 20; FEMALE = 21; ORG_HEAD = 22; ORG_BODY = 23; ORG_NAME = 24;
        GIVEN = 25; CUE_VERB = 26; CUE_NOUN = 27; EXPRESSING = 28; COUNTRY = 29; DEMONYM = 30; CAPITAL = 31;
        PLACE_START = 32; HAVE = 33; COMMON_VERB = 34; ADJECTIVE_LY = 35;
        // Set by the tokenizer, not by lists.
        WORD = 40; UPPER = 41; ALL_CAPS = 42; DIGIT = 43; POSSESSIVE_S = 44; ING = 45; ED = 46; LY = 47;
    }
    /// Words that neither begin nor end inside a noun phrase as nouns do.
    pub(crate) const FUNCTION: u64 = DET | POSS | SUBJ | AUX | MODAL | NEG | PREP | COORD | SUB | REL;
}
use class::*;

/// What a cue verb may be followed by; see `lists/cue_verbs.txt`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Syntax(u16);

impl Syntax {
    pub(super) const QUOTE: u16 = 1;
    pub(super) const CLAUSE: u16 = 2;
    pub(super) const THAT: u16 = 4;
    pub(super) const INFINITIVE: u16 = 8;
    pub(super) const OBJECT: u16 = 16;
    pub(super) const ADDRESSEE: u16 = 32;
    pub(super) const OBJECT_INFINITIVE: u16 = 64;
    pub(super) const OBJECT_AS: u16 = 128;
    pub(super) const PREPOSITION: u16 = 256;
    pub(super) const WEAK: u16 = 512;
    pub(super) const NOUN_OBJECT: u16 = 1024;
    pub(super) const IN_WORDS: u16 = 2048;
    pub(super) const ALWAYS_ADDRESSEE: u16 = 4096;
    pub(super) const NOUN_TOO: u16 = 8192;
    pub(super) const EVIDENCE: u16 = 16384;

    fn parse(letters: &str) -> Self {
        let bit = |c| match c {
            'q' => Self::QUOTE,
            't' => Self::CLAUSE | Self::THAT,
            'T' => Self::THAT,
            'i' => Self::INFINITIVE,
            'o' => Self::OBJECT,
            'r' => Self::ADDRESSEE,
            'R' => Self::ADDRESSEE | Self::ALWAYS_ADDRESSEE,
            'n' => Self::NOUN_TOO,
            'x' => Self::OBJECT_INFINITIVE,
            'k' => Self::OBJECT_AS,
            'p' => Self::PREPOSITION,
            'w' => Self::WEAK,
            'e' => Self::EVIDENCE,
            _ => 0,
        };
        Self(letters.chars().map(bit).fold(0, |a, b| a | b))
    }

    fn parse_noun(letters: &str) -> Self {
        let bit = |c| match c {
            'v' => Self::NOUN_OBJECT,
            't' => Self::THAT,
            'w' => Self::IN_WORDS,
            _ => 0,
        };
        Self(letters.chars().map(bit).fold(0, |a, b| a | b))
    }

    pub(super) fn has(self, bits: u16) -> bool {
        self.0 & bits != 0
    }
}

/// A preposition or particle that belongs to a cue: "called *on*", "pointed *out*", "appealed *to* X".
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CuePreposition {
    /// One word, or two ("out against").
    pub(super) words: Vec<&'static str>,
    /// Whether an addressee follows before the content ("appealed to the Council to …").
    pub(super) addressee: bool,
}

/// A verb or noun that attributes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CueWord {
    pub(super) lemma: &'static str,
    /// Speech or writing (`true`), or belief, wish, perception.
    pub(super) speech: bool,
    /// Whether the cue itself takes a stance ("condemned", "hoped").
    pub(super) stance: bool,
    pub(super) syntax: Syntax,
    pub(super) prepositions: Vec<CuePreposition>,
}

/// Form of a verb.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, PartialOrd, Ord)]
pub(super) enum Form {
    #[default]
    Base,
    Third,
    Past,
    Participle,
    Ing,
}

/// What is known of one word.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Entry {
    pub(super) classes: u64,
    /// Index into [`Lexicon::verbs`], from 1 on; 0 is none.
    pub(super) verb: u16,
    pub(super) form: Form,
    /// Index into [`Lexicon::nouns`], from 1 on; 0 is none.
    pub(super) noun: u16,
}

/// A name of a place that stands for its country, of one or more words.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// Words after the first, in small letters.
    pub(super) rest: Vec<String>,
    pub(super) country: u16,
    pub(super) class: u64,
}

/// All lists.
#[derive(Debug, Default)]
pub(super) struct Lexicon {
    words: HashMap<String, Entry>,
    pub(super) verbs: Vec<CueWord>,
    pub(super) nouns: Vec<CueWord>,
    /// Offices that a noun can stand for: "diplomat", of an ambassador.
    offices: HashMap<&'static str, Vec<&'static str>>,
    /// Names of the countries; the first of each line.
    pub(super) countries: Vec<&'static str>,
    /// Places by first word in small letters, longest first.
    places: HashMap<String, Vec<Place>>,
}

static LEXICON: LazyLock<Lexicon> = LazyLock::new(Lexicon::read);

/// The lists, read at first use.
pub(super) fn lexicon() -> &'static Lexicon {
    &LEXICON
}

/// Whether `words` are no more than a personal, possessive or relative pronoun; "US" and "WHO" are not.
pub(super) fn is_pronoun(words: &str) -> bool {
    let capitals = words.len() > 1 && words.chars().all(char::is_uppercase);
    !capitals && lexicon().entry(&words.to_lowercase()).classes & (SUBJ | OBJ | POSS | REL) != 0
}

fn lines(list: &'static str) -> impl Iterator<Item = &'static str> {
    list.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#'))
}

impl Lexicon {
    /// What is known of `word`, which is in small letters.
    pub(super) fn entry(&self, word: &str) -> Entry {
        self.words.get(word).copied().unwrap_or_default()
    }

    /// Places whose first word is `word` (small letters).
    pub(super) fn places(&self, word: &str) -> &[Place] {
        self.places.get(word).map_or(&[], Vec::as_slice)
    }

    /// Whether the noun of a mention can stand for a person whose office has the noun `office`.
    pub(super) fn office_fits(&self, noun: &str, office: &str) -> bool {
        noun == office || self.offices.get(noun).is_some_and(|offices| offices.contains(&office))
    }

    /// Whether `noun` says no more than that somebody acts for a country.
    pub(super) fn is_general(&self, noun: &str) -> bool {
        self.offices.get("general").is_some_and(|nouns| nouns.contains(&noun))
    }

    /// Whether `noun` stands for the country whose demonym is before it: "the Pakistani *side*".
    pub(super) fn is_country_noun(&self, noun: &str) -> bool {
        self.offices.get("country").is_some_and(|nouns| nouns.contains(&noun))
    }

    fn read() -> Self {
        let mut all = Self::default();
        all.read_function_words();
        all.read_verbs();
        all.read_nouns();
        all.read_expressing();
        all.read_roles();
        all.read_offices();
        all.read_organisations();
        all.read_countries();
        all.read_given_names();
        all
    }

    fn mark(&mut self, word: &str, classes: u64) -> &mut Entry {
        let entry = self.words.entry(word.to_owned()).or_default();
        entry.classes |= classes;
        entry
    }

    fn read_function_words(&mut self) {
        for line in lines(include_str!("lists/function_words.txt")) {
            let Some((name, words)) = line.split_once(':') else { continue };
            let class = match name {
                "det" => DET,
                "number" => NUMBER,
                "poss" => POSS,
                "subj" => SUBJ,
                "obj" => OBJ,
                "aux" => AUX,
                "modal" => MODAL,
                "neg" => NEG,
                "prep" => PREP,
                "coord" => COORD,
                "sub" => SUB,
                "rel" => REL,
                "adv" => ADV,
                "time" => TIME,
                "be" => BE,
                "month" => MONTH,
                "weekday" => WEEKDAY,
                "have" => HAVE,
                "verb" => COMMON_VERB,
                "adjective_ly" => ADJECTIVE_LY,
                _ => 0,
            };
            for word in words.split_whitespace() {
                self.mark(word, class);
            }
        }
    }

    fn read_verbs(&mut self) {
        for line in lines(include_str!("lists/cue_verbs.txt")) {
            let fields: Vec<&'static str> = line.split('|').map(str::trim).collect();
            let field = |n: usize| fields.get(n).copied().unwrap_or("");
            let (lemma, class) = (field(0), field(1));
            self.verbs.push(CueWord {
                lemma,
                speech: matches!(class, "s" | "S"),
                stance: matches!(class, "S" | "A"),
                syntax: Syntax::parse(field(2)),
                prepositions: field(3).split_whitespace().map(preposition).collect(),
            });
            let index = self.verbs.len() as u16;
            for (form, word) in forms(lemma, field(4)) {
                let entry = self.mark(&word, CUE_VERB);
                // "read", "put": the past is the commoner in news.
                if entry.verb == 0 || form == Form::Past {
                    entry.verb = index;
                    entry.form = form;
                }
            }
        }
    }

    fn read_nouns(&mut self) {
        for line in lines(include_str!("lists/cue_nouns.txt")) {
            let fields: Vec<&'static str> = line.split('|').map(str::trim).collect();
            let field = |n: usize| fields.get(n).copied().unwrap_or("");
            let class = field(1);
            self.nouns.push(CueWord {
                lemma: field(0),
                speech: matches!(class, "s" | "S"),
                stance: matches!(class, "S" | "A"),
                syntax: Syntax::parse_noun(field(2)),
                prepositions: Vec::new(),
            });
            let index = self.nouns.len() as u16;
            for word in [field(0).to_owned(), plural(field(0))] {
                self.mark(&word, CUE_NOUN).noun = index;
            }
        }
    }

    fn read_expressing(&mut self) {
        for line in lines(include_str!("lists/expressing_verbs.txt")) {
            let (lemma, irregular) = line.split_once(' ').unwrap_or((line, ""));
            for (_, word) in forms(lemma, irregular) {
                self.mark(&word, EXPRESSING);
            }
        }
    }

    fn read_roles(&mut self) {
        for line in lines(include_str!("lists/roles.txt")) {
            let Some((kind, word)) = line.split_once(": ") else { continue };
            let (word, gender) = match word.rsplit_once(' ') {
                Some((word, "m")) => (word, MALE),
                Some((word, "f")) => (word, FEMALE),
                _ => (word, 0),
            };
            if kind == "title" {
                self.mark(word, TITLE | gender);
            } else {
                self.mark(word, ROLE | gender);
                self.mark(&plural(word), ROLE | PLURAL);
            }
        }
    }

    fn read_offices(&mut self) {
        for line in lines(include_str!("lists/office_kinds.txt")) {
            let Some((noun, offices)) = line.split_once(": ") else { continue };
            self.offices.insert(noun, offices.split_whitespace().collect());
        }
    }

    fn read_organisations(&mut self) {
        for line in lines(include_str!("lists/organisations.txt")) {
            let Some((kind, words)) = line.split_once(": ") else { continue };
            let class = match kind {
                "head" => ORG_HEAD,
                "body" => ORG_BODY,
                _ => ORG_NAME,
            };
            for word in words.split_whitespace() {
                self.mark(word, class);
            }
        }
    }

    fn read_countries(&mut self) {
        for line in lines(include_str!("lists/countries.txt")) {
            let fields: Vec<&'static str> = line.split('|').map(str::trim).collect();
            let split = |n: usize| fields.get(n).copied().unwrap_or("").split(", ").filter(|s| !s.is_empty());
            let Some(name) = split(0).next() else { continue };
            self.countries.push(name);
            let country = self.countries.len() as u16;
            for (n, class) in [(0, COUNTRY), (1, DEMONYM), (2, CAPITAL)] {
                for words in split(n) {
                    self.add_place(words, country, class);
                    if class == DEMONYM {
                        self.add_place(&plural(words), country, DEMONYM | PLURAL);
                    }
                }
            }
        }
    }

    fn add_place(&mut self, words: &str, country: u16, class: u64) {
        let words = words.to_lowercase();
        let mut words = words.split(' ');
        let Some(first) = words.next() else { return };
        let rest: Vec<String> = words.map(str::to_owned).collect();
        self.mark(first, PLACE_START);
        let places = self.places.entry(first.to_owned()).or_default();
        let at = places.iter().position(|p| p.rest.len() < rest.len()).unwrap_or(places.len());
        places.insert(at, Place { rest, country, class });
    }

    fn read_given_names(&mut self) {
        for line in lines(include_str!("lists/given_names.txt")) {
            let Some((gender, names)) = line.split_once(": ") else { continue };
            let class = match gender {
                "m" => GIVEN | MALE,
                "f" => GIVEN | FEMALE,
                _ => GIVEN,
            };
            for name in names.split_whitespace() {
                self.mark(name, class);
            }
        }
    }
}

fn preposition(field: &'static str) -> CuePreposition {
    let bare = field.trim_end_matches('>');
    CuePreposition { words: bare.split('+').collect(), addressee: bare.len() < field.len() }
}

/// All forms of a verb; `irregular` gives past, participle, third person and -ing, as far as they differ.
fn forms(lemma: &str, irregular: &str) -> Vec<(Form, String)> {
    let given: Vec<&str> = irregular.split_whitespace().collect();
    let or = |n: usize, regular: String| given.get(n).map_or(regular, |s| (*s).to_owned());
    let past = or(0, with_suffix(lemma, "ed"));
    vec![
        (Form::Base, lemma.to_owned()),
        (Form::Third, or(2, plural(lemma))),
        (Form::Participle, or(1, past.clone())),
        (Form::Ing, or(3, with_suffix(lemma, "ing"))),
        (Form::Past, past),
    ]
}

fn with_suffix(lemma: &str, suffix: &str) -> String {
    let stem = match lemma.strip_suffix('e') {
        Some(stem) if suffix == "ed" || !stem.ends_with(['e', 'y']) => stem,
        _ => lemma,
    };
    let y = lemma.ends_with('y') && !lemma.ends_with(['a', 'e', 'o']) && suffix == "ed" && !ends_in_vowel_y(lemma);
    if y { format!("{}i{suffix}", &lemma[..lemma.len() - 1]) } else { format!("{stem}{suffix}") }
}

fn ends_in_vowel_y(word: &str) -> bool {
    ["ay", "ey", "oy", "uy"].iter().any(|end| word.ends_with(end))
}

/// Plural of a noun, third person of a verb.
fn plural(word: &str) -> String {
    if let Some(stem) = word.strip_suffix("man") {
        return format!("{stem}men");
    }
    if word.ends_with('y') && !ends_in_vowel_y(word) {
        return format!("{}ies", &word[..word.len() - 1]);
    }
    let hiss = ["s", "x", "z", "ch", "sh"].iter().any(|end| word.ends_with(end));
    if hiss { format!("{word}es") } else { format!("{word}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form_of(word: &str) -> Option<(&'static str, Form)> {
        let entry = lexicon().entry(word);
        let verb = lexicon().verbs.get(usize::from(entry.verb).checked_sub(1)?)?;
        Some((verb.lemma, entry.form))
    }

    #[test]
    fn verbs_are_inflected() {
        assert_eq!(form_of("said"), Some(("say", Form::Past)));
        assert_eq!(form_of("denies"), Some(("deny", Form::Third)));
        assert_eq!(form_of("denying"), Some(("deny", Form::Ing)));
        assert_eq!(form_of("urging"), Some(("urge", Form::Ing)));
        assert_eq!(form_of("urged"), Some(("urge", Form::Past)));
        assert_eq!(form_of("stresses"), Some(("stress", Form::Third)));
        assert_eq!(form_of("agreed"), Some(("agree", Form::Past)));
        assert_eq!(form_of("prayed"), Some(("pray", Form::Past)));
        assert_eq!(form_of("quipping"), Some(("quip", Form::Ing)));
        assert_eq!(form_of("table"), None);
    }

    #[test]
    fn names_places_and_roles_have_their_classes() {
        let classes = |w: &str| lexicon().entry(w).classes;
        assert_ne!(classes("spokeswoman") & FEMALE, 0);
        assert_ne!(classes("ministers") & PLURAL, 0);
        assert_ne!(classes("kairat") & GIVEN & GIVEN, 0);
        let saudi = lexicon().places("saudi");
        assert_eq!(saudi[0].rest, ["arabia"]);
        assert_eq!(lexicon().countries[usize::from(saudi[0].country) - 1], "Saudi Arabia");
    }
}
