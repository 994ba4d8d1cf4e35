//! What is known of words before any training: their grammatical role and the stance they carry, from `lists/*.txt`.

use std::{collections::HashMap, sync::OnceLock};

/// What a word does in its sentence; groups of `lists/roles.txt`, and what the spelling shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(crate) enum Role {
    /// A word of content: none of the groups.
    #[default]
    Content,
    Negator,
    StrongModal,
    WillModal,
    CanModal,
    Condition,
    FirstPerson,
    SecondPerson,
    ThirdPerson,
    Subordinator,
    Coordinator,
    Determiner,
    Preposition,
    Auxiliary,
    Adverb,
    Date,
    /// A capitalised word of content.
    Name,
    Number,
    /// A comma, semicolon, colon or dash.
    ClauseMark,
    /// A full stop, question or exclamation mark.
    SentenceMark,
    /// A quotation mark that opens; one that may do either counts as either in turn.
    QuoteOpen,
    QuoteClose,
    QuoteEither,
    OtherMark,
}

/// What the lists say of one word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) role: Role,
    /// Number of its stance class from 1 on; 0 for none.
    pub(crate) class: u8,
}

/// A class of `lists/stance.txt`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StanceClass {
    pub(crate) name: String,
    /// The label for which the lexicon baseline counts it.
    pub(crate) label: String,
}

/// All lists, read.
#[derive(Debug, Default)]
pub(crate) struct Lists {
    words: HashMap<String, Known>,
    classes: Vec<StanceClass>,
}

static STANCE: &str = include_str!("lists/stance.txt");
static ROLES: &str = include_str!("lists/roles.txt");

impl Lists {
    /// The lists that are compiled in.
    pub(crate) fn builtin() -> &'static Self {
        static LISTS: OnceLock<Lists> = OnceLock::new();
        LISTS.get_or_init(|| {
            let mut lists = Self::default();
            lists.read_classes(STANCE);
            lists.read_roles(ROLES);
            lists
        })
    }

    /// What is known of a word in lower case.
    pub(crate) fn get(&self, word: &str) -> Known {
        self.words.get(word).copied().unwrap_or_default()
    }

    /// The class of this number (from 1 on).
    pub(crate) fn class(&self, number: u8) -> Option<&StanceClass> {
        self.classes.get(usize::from(number).checked_sub(1)?)
    }

    /// Fingerprint of the lists, for the manifest.
    pub(crate) fn hash() -> String {
        let mut hasher = blake3::Hasher::new();
        hasher.update(STANCE.as_bytes());
        hasher.update(ROLES.as_bytes());
        hasher.finalize().to_hex().chars().take(16).collect()
    }

    fn read_classes(&mut self, text: &str) {
        for line in lines(text) {
            if let Some(head) = heading(line) {
                let mut parts = head.split_whitespace().map(String::from);
                let (Some(name), Some(label)) = (parts.next(), parts.next()) else { continue };
                self.classes.push(StanceClass { name, label });
                continue;
            }
            let class = self.classes.len() as u8;
            for form in line.split_whitespace().flat_map(forms) {
                self.words.entry(form).or_insert(Known { role: Role::Content, class });
            }
        }
    }

    fn read_roles(&mut self, text: &str) {
        let mut role = Role::Content;
        for line in lines(text) {
            if let Some(head) = heading(line) {
                role = role_of_group(head);
                continue;
            }
            for word in line.split_whitespace() {
                let known = self.words.entry(word.to_string()).or_default();
                if known.role == Role::Content {
                    known.role = role;
                }
            }
        }
    }
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn heading(line: &str) -> Option<&str> {
    line.strip_prefix('[')?.strip_suffix(']')
}

fn role_of_group(name: &str) -> Role {
    match name {
        "negator" => Role::Negator,
        "strong-modal" => Role::StrongModal,
        "will-modal" => Role::WillModal,
        "can-modal" => Role::CanModal,
        "condition" => Role::Condition,
        "first-person" => Role::FirstPerson,
        "second-person" => Role::SecondPerson,
        "third-person" => Role::ThirdPerson,
        "subordinator" => Role::Subordinator,
        "coordinator" => Role::Coordinator,
        "determiner" => Role::Determiner,
        "preposition" => Role::Preposition,
        "auxiliary" => Role::Auxiliary,
        "adverb" => Role::Adverb,
        "date" => Role::Date,
        _ => Role::Content,
    }
}

/// The forms that an entry stands for: `urge/v` is urge, urges, urged, urging.
fn forms(entry: &str) -> Vec<String> {
    let Some((word, kind)) = entry.split_once('/') else { return vec![entry.to_string()] };
    match kind {
        "n" => vec![word.to_string(), plural(word)],
        "vv" => {
            let doubled = word.chars().last().map(|c| format!("{word}{c}")).unwrap_or_default();
            vec![word.to_string(), plural(word), format!("{doubled}ed"), format!("{doubled}ing")]
        }
        _ => vec![word.to_string(), plural(word), past(word), participle(word)],
    }
}

fn plural(word: &str) -> String {
    match consonant_y(word) {
        Some(stem) => format!("{stem}ies"),
        None if word.ends_with(['s', 'x', 'z']) || word.ends_with("sh") || word.ends_with("ch") => format!("{word}es"),
        None => format!("{word}s"),
    }
}

fn past(word: &str) -> String {
    match consonant_y(word) {
        Some(stem) => format!("{stem}ied"),
        None if word.ends_with('e') => format!("{word}d"),
        None => format!("{word}ed"),
    }
}

fn participle(word: &str) -> String {
    match word.strip_suffix('e') {
        Some(stem) if !word.ends_with("ee") => format!("{stem}ing"),
        _ => format!("{word}ing"),
    }
}

/// The word without a final y that follows a consonant.
fn consonant_y(word: &str) -> Option<&str> {
    word.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'i', 'o', 'u']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_stand_for_their_forms() {
        assert_eq!(forms("urge/v"), ["urge", "urges", "urged", "urging"]);
        assert_eq!(forms("beg/vv"), ["beg", "begs", "begged", "begging"]);
        assert_eq!(forms("deny/v"), ["deny", "denies", "denied", "denying"]);
        assert_eq!(forms("breach/n"), ["breach", "breaches"]);
        assert_eq!(forms("ally"), ["ally"]);
    }

    #[test]
    fn words_have_roles_and_classes() {
        let lists = Lists::builtin();
        let must = lists.get("must");
        assert_eq!(must.role, Role::StrongModal);
        assert_eq!(lists.class(must.class).map(|c| c.name.as_str()), Some("require"));
        assert_eq!(lists.get("condemned").role, Role::Content);
        assert_eq!(lists.class(lists.get("condemned").class).map(|c| c.label.as_str()), Some("concern"));
        assert_eq!(lists.get("table"), Known::default());
        assert_eq!(lists.class(0), None);
    }
}
