//! Porter's stemmer as NLTK has it, so that ROUGE agrees with the reference implementation.
//!
//! Source: Porter (1980), "An algorithm for suffix stripping", with the departures of NLTK's
//! `NLTK_EXTENSIONS` mode. `rust-stemmers` has Porter 2, which stems many words differently.

/// Forms that NLTK looks up instead of stemming.
const IRREGULAR: [(&str, &str); 16] = [
    ("sky", "sky"),
    ("skies", "sky"),
    ("dying", "die"),
    ("lying", "lie"),
    ("tying", "tie"),
    ("news", "news"),
    ("innings", "inning"),
    ("inning", "inning"),
    ("outings", "outing"),
    ("outing", "outing"),
    ("cannings", "canning"),
    ("canning", "canning"),
    ("howe", "howe"),
    ("proceed", "proceed"),
    ("exceed", "exceed"),
    ("succeed", "succeed"),
];

/// The stem of a lower-case word of ASCII letters and digits.
pub(super) fn stem(word: &str) -> String {
    if let Some((_, stem)) = IRREGULAR.iter().find(|(form, _)| *form == word) {
        return (*stem).into();
    }
    let mut word = word.to_string();
    if word.len() > 2 && word.is_ascii() {
        for step in [step_1a, step_1b, step_1c, step_2, step_3, step_4, step_5a, step_5b] {
            step(&mut word);
        }
    }
    word
}

/// For each letter, whether it is a consonant; *y* is one unless a consonant precedes it.
fn consonants(word: &str) -> impl Iterator<Item = bool> + '_ {
    let mut previous = None;
    word.bytes().map(move |letter| {
        let consonant = match letter {
            b'a' | b'e' | b'i' | b'o' | b'u' => false,
            b'y' => !previous.unwrap_or(false),
            _ => true,
        };
        previous = Some(consonant);
        consonant
    })
}

/// Porter's *m*: how often a vowel is followed by a consonant.
fn measure(stem: &str) -> usize {
    let mut after_vowel = false;
    let mut m = 0;
    for consonant in consonants(stem) {
        m += usize::from(consonant && after_vowel);
        after_vowel = !consonant;
    }
    m
}

fn has_vowel(stem: &str) -> bool {
    consonants(stem).any(|consonant| !consonant)
}

fn last_letter(word: &str) -> u8 {
    word.bytes().next_back().unwrap_or(0)
}

/// Porter's *\*d*.
fn ends_double_consonant(word: &str) -> bool {
    let bytes = word.as_bytes();
    bytes.len() >= 2 && bytes[bytes.len() - 1] == bytes[bytes.len() - 2] && consonants(word).last() == Some(true)
}

/// Porter's *\*o*: consonant, vowel, consonant other than w, x, y; NLTK adds words of vowel, consonant.
fn ends_cvc(word: &str) -> bool {
    let flags: Vec<bool> = consonants(word).collect();
    match flags.as_slice() {
        [false, true] => true,
        [.., true, false, true] => !matches!(last_letter(word), b'w' | b'x' | b'y'),
        _ => false,
    }
}

/// Replaces the first suffix that fits, if its stem meets the rule's condition.
fn apply(word: &mut String, rules: &[(&str, &str)], condition: impl Fn(&str) -> bool) {
    if let Some((suffix, replacement)) = rules.iter().find(|(suffix, _)| word.ends_with(suffix)) {
        let stem = word.len() - suffix.len();
        if condition(&word[..stem]) {
            word.truncate(stem);
            word.push_str(replacement);
        }
    }
}

fn step_1a(word: &mut String) {
    if word.len() == 4 && word.ends_with("ies") {
        word.pop();
        return;
    }
    apply(word, &[("sses", "ss"), ("ies", "i"), ("ss", "ss"), ("s", "")], |_| true);
}

fn step_1b(word: &mut String) {
    if word.ends_with("ied") {
        let keep = if word.len() == 4 { 1 } else { 2 };
        word.truncate(word.len() - keep);
        return;
    }
    if word.ends_with("eed") {
        return apply(word, &[("eed", "ee")], |stem| measure(stem) > 0);
    }
    let cut = |suffix| word.strip_suffix(suffix).filter(|stem| has_vowel(stem)).map(str::len);
    if let Some(stem) = cut("ed").or_else(|| cut("ing")) {
        word.truncate(stem);
        mend_stem(word);
    }
}

/// What step 1b does to a stem from which *ed* or *ing* was cut.
fn mend_stem(word: &mut String) {
    if ["at", "bl", "iz"].iter().any(|end| word.ends_with(end)) {
        word.push('e');
    } else if ends_double_consonant(word) {
        if !matches!(last_letter(word), b'l' | b's' | b'z') {
            word.pop();
        }
    } else if measure(word) == 1 && ends_cvc(word) {
        word.push('e');
    }
}

fn step_1c(word: &mut String) {
    apply(word, &[("y", "i")], |stem| stem.len() > 1 && consonants(stem).last() == Some(true));
}

const STEP_2: [(&str, &str); 22] = [
    ("ational", "ate"),
    ("tional", "tion"),
    ("enci", "ence"),
    ("anci", "ance"),
    ("izer", "ize"),
    ("bli", "ble"),
    ("alli", "al"),
    ("entli", "ent"),
    ("eli", "e"),
    ("ousli", "ous"),
    ("ization", "ize"),
    ("ation", "ate"),
    ("ator", "ate"),
    ("alism", "al"),
    ("iveness", "ive"),
    ("fulness", "ful"),
    ("ousness", "ous"),
    ("aliti", "al"),
    ("iviti", "ive"),
    ("biliti", "ble"),
    ("fulli", "ful"),
    // The stem of *logi* is measured with its *l*: the pair below is tried on "log|i".
    ("logi", "log"),
];

fn step_2(word: &mut String) {
    if word.strip_suffix("alli").is_some_and(|stem| measure(stem) > 0) {
        word.truncate(word.len() - 2);
    }
    let whole = word.clone();
    let with_l = |stem: &str| whole.ends_with("logi") && measure(&whole[..stem.len() + 1]) > 0;
    apply(word, &STEP_2, |stem| measure(stem) > 0 || with_l(stem));
}

fn step_3(word: &mut String) {
    let rules = [("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""), ("ness", "")];
    apply(word, &rules, |stem| measure(stem) > 0);
}

const STEP_4: [(&str, &str); 19] = [
    ("al", ""),
    ("ance", ""),
    ("ence", ""),
    ("er", ""),
    ("ic", ""),
    ("able", ""),
    ("ible", ""),
    ("ant", ""),
    ("ement", ""),
    ("ment", ""),
    ("ent", ""),
    ("ion", ""),
    ("ou", ""),
    ("ism", ""),
    ("ate", ""),
    ("iti", ""),
    ("ous", ""),
    ("ive", ""),
    ("ize", ""),
];

fn step_4(word: &mut String) {
    let ion = word.ends_with("ion");
    apply(word, &STEP_4, |stem| measure(stem) > 1 && (!ion || matches!(last_letter(stem), b's' | b't')));
}

fn step_5a(word: &mut String) {
    apply(word, &[("e", "")], |stem| measure(stem) > 1 || (measure(stem) == 1 && !ends_cvc(stem)));
}

fn step_5b(word: &mut String) {
    if word.ends_with("ll") && measure(&word[..word.len() - 1]) > 1 {
        word.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::stem;

    /// From Porter's paper and NLTK's departures from it.
    #[test]
    fn stems_as_the_paper_and_nltk_do() {
        let cases = "caresses caress ponies poni ties tie cats cat feed feed agreed agre plastered plaster \
            bled bled motoring motor sing sing conflated conflat troubled troubl sized size hopping hop \
            falling fall hissing hiss failing fail filing file happy happi enjoy enjoy relational relat \
            conditional condit rational ration digitizer digit radicalli radic vietnamization vietnam \
            operator oper feudalism feudal hopefulness hope formaliti formal triplicate triplic \
            electrical electr goodness good revival reviv adoption adopt controlling control roll roll \
            skies sky dying die news news innings inning geology geolog hopefully hope died die spied spi";
        let words: Vec<&str> = cases.split_whitespace().collect();
        for pair in words.chunks(2) {
            assert_eq!(stem(pair[0]), pair[1], "{}", pair[0]);
        }
    }
}
