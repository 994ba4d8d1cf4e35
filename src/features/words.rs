//! Closed word classes: knowledge in `word_classes.txt`, one bit a class.

use std::{collections::HashMap, sync::LazyLock};

/// A set of word classes.
pub(crate) type Classes = u32;

macro_rules! classes {
    ($($name:ident = $word:literal),* $(,)?) => {
        /// Class names in the order of their bits.
        const NAMES: &[&str] = &[$($word),*];
        classes!(@bits 0; $($name)*);
    };
    (@bits $n:expr; $name:ident $($rest:ident)*) => {
        pub(crate) const $name: Classes = 1 << $n;
        classes!(@bits $n + 1; $($rest)*);
    };
    (@bits $n:expr;) => {
        /// Number of classes.
        pub(crate) const N_CLASSES: usize = $n;
    };
}

classes! {
    STOP = "stop",
    PRONOUN = "pronoun",
    CONNECTIVE = "connective",
    FIRST_PERSON = "first_person",
    SECOND_PERSON = "second_person",
    SAYING = "saying",
    CUE = "cue",
    WEEKDAY = "weekday",
    MONTH = "month",
    INDEFINITE = "indefinite",
    DEFINITE = "definite",
    TITLE = "title",
    NEGATION = "negation",
    FURNITURE = "furniture",
}

static CLASSES: LazyLock<HashMap<&'static [u8], Classes, foldhash::fast::FixedState>> =
    LazyLock::new(|| parse(include_str!("word_classes.txt")));

fn parse(table: &'static str) -> HashMap<&'static [u8], Classes, foldhash::fast::FixedState> {
    let mut classes: HashMap<&[u8], Classes, _> = HashMap::default();
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let Some((name, words)) = line.split_once(':') else { continue };
        let Some(bit) = NAMES.iter().position(|known| *known == name) else { continue };
        for word in words.split_whitespace() {
            *classes.entry(word.as_bytes()).or_default() |= 1 << bit;
        }
    }
    classes
}

/// The classes of a lower-case word.
pub(crate) fn classes(word: &[u8]) -> Classes {
    CLASSES.get(word).copied().unwrap_or(0)
}

/// A word without its commonest inflections, always a prefix: plural, *-ed*, *-ing*, *-ly*, final e or y.
///
/// Cheaper than Porter's stemmer and as good for similarity inside one article, where only forms of
/// the same few words meet.
pub(crate) fn light_stem(word: &[u8]) -> &[u8] {
    const SUFFIXES: [&[u8]; 7] = [b"'s", b"ies", b"ing", b"ed", b"es", b"ly", b"s"];
    let mut stem = word;
    for suffix in SUFFIXES {
        if let Some(rest) = stem.strip_suffix(suffix)
            && rest.len() >= 3
            && !(suffix == b"s" && rest.ends_with(b"s"))
        {
            stem = rest;
            if suffix != b"'s" {
                break;
            }
        }
    }
    while let [rest @ .., b'e' | b'y'] = stem
        && rest.len() >= 3
    {
        stem = rest;
    }
    stem
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_names_a_known_class() {
        for line in include_str!("word_classes.txt").lines().filter(|l| !l.is_empty() && !l.starts_with('#')) {
            let name = line.split_once(':').unwrap().0;
            assert!(NAMES.contains(&name), "{name}");
        }
        assert_eq!(classes(b"he") & (STOP | PRONOUN), STOP | PRONOUN);
        assert_eq!(classes(b"treaty"), 0);
    }

    #[test]
    fn forms_of_a_word_share_a_stem() {
        for forms in [["country", "countries"], ["agree", "agreed"], ["minister's", "ministers"], ["urge", "urging"]] {
            assert_eq!(light_stem(forms[0].as_bytes()), light_stem(forms[1].as_bytes()), "{forms:?}");
        }
        assert_eq!(light_stem(b"press"), b"press");
    }
}
