//! Tokens in; hashed features out. Training, labelling and explaining all pass through here.
//!
//! What depends on one word alone ([`word_features`], [`WordView`]) is computed once for each distinct word; what depends
//! on its neighbours ([`context_features`]) for each token.

use rust_stemmers::{Algorithm, Stemmer};

use super::{
    lists::{Known, Lists, Role},
    token::TokenKind,
};
use crate::model::{Block, FeatureSettings};

/// What the context features need to know of a word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct WordView {
    /// Hash of the word (or its stem, or the mask of a number) in word n-grams.
    pub(crate) word: u32,
    /// Hash of the back-off class.
    pub(crate) class: u32,
    pub(crate) role: Role,
    /// Number of the stance class from 1 on, 0 for none.
    pub(crate) stance: u8,
}

/// What kind of context feature it is; with the tokens it is made of, that names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Context {
    Pair = 1,
    Skip,
    Triple,
    ClassPair,
    ClassTriple,
    Negated,
    NegatedWord,
    Conditional,
    Modal,
    Subject,
    Clause,
    Quoted,
    First,
    Sequence,
}

/// Mixes two words into a well spread one (murmur3's finaliser on their combination).
#[inline(always)]
pub(super) fn mix(a: u32, b: u32) -> u64 {
    let mut h = (u64::from(a) << 32 | u64::from(b)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    h ^= h >> 32;
    h.wrapping_mul(0xff51_afd7_ed55_8ccd)
}

#[inline(always)]
pub(super) fn bucket(hash: u64, bits: u8) -> u32 {
    (hash >> (64 - u32::from(bits))) as u32
}

/// Hash of bytes, the same on every machine (FNV-1a, then mixed).
pub(crate) fn hash(bytes: &[u8], salt: u32) -> u32 {
    let fnv =
        bytes.iter().fold(0xcbf2_9ce4_8422_2325 ^ u64::from(salt), |h, &b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
    (mix((fnv >> 32) as u32, fnv as u32) >> 32) as u32
}

/// What stands before the first word and behind the last one.
pub(super) const EDGE: WordView = WordView { word: 1, class: 1, role: Role::SentenceMark, stance: 0 };
const CLASS_SALT: u32 = 2;
const MASK_SALT: u32 = 3;
const SUFFIX_SALT: u32 = 4;

/// Lower case, with plain apostrophes.
pub(crate) fn normalise(word: &str) -> String {
    if word.is_ascii() { word.to_ascii_lowercase() } else { word.to_lowercase().replace('’', "'") }
}

/// The role of a mark.
fn mark_role(mark: &str) -> Role {
    match mark {
        "," | ";" | ":" | "—" | "–" | "-" | "--" | "(" | ")" => Role::ClauseMark,
        "." | "!" | "?" | "…" | "..." => Role::SentenceMark,
        "“" | "«" | "„" | "‘" | "``" => Role::QuoteOpen,
        "”" | "»" | "’" => Role::QuoteClose,
        "\"" | "''" | "'" => Role::QuoteEither,
        _ => Role::OtherMark,
    }
}

/// Endings that tell what kind of word an unlisted one is, longest first.
const SUFFIXES: [&str; 20] = [
    "tion", "ment", "ness", "able", "ible", "ance", "ence", "less", "ing", "ful", "ous", "ive", "ity", "ism", "ist", "ed", "ly",
    "al", "er", "s",
];

fn suffix(word: &str) -> &'static str {
    SUFFIXES.into_iter().find(|suffix| word.len() > suffix.len() + 2 && word.ends_with(suffix)).unwrap_or("")
}

/// Looks at one word as its neighbours will see it.
pub(crate) fn view(raw: &str, kind: TokenKind, settings: &FeatureSettings, stemmer: &Stemmer) -> WordView {
    let word = normalise(raw);
    let known = match kind {
        TokenKind::Word => Lists::builtin().get(&word),
        TokenKind::Number => Known { role: Role::Number, class: 0 },
        TokenKind::Mark => Known { role: mark_role(raw), class: 0 },
    };
    let is_name = kind == TokenKind::Word && known == Known::default() && raw.chars().next().is_some_and(char::is_uppercase);
    let role = if is_name { Role::Name } else { known.role };
    let stance = if settings.stance_classes { known.class } else { 0 };
    let masked = settings.mask && role == Role::Number;
    let form = if settings.stems && kind == TokenKind::Word { stemmer.stem(&word) } else { word.as_str().into() };
    let own = if masked { hash(&[role as u8], MASK_SALT) } else { hash(form.as_bytes(), 0) };
    let class = match role {
        _ if stance > 0 => hash(&[stance], CLASS_SALT),
        Role::Name | Role::Number | Role::Date if settings.mask => hash(&[role as u8], MASK_SALT),
        Role::Content => hash(suffix(&word).as_bytes(), SUFFIX_SALT),
        _ => hash(word.as_bytes(), 0),
    };
    WordView { word: own, class, role, stance }
}

/// Features of one word alone: calls `sink` with block, bucket and the n-gram or piece.
pub(crate) fn word_features(
    raw: &str,
    kind: TokenKind,
    settings: &FeatureSettings,
    pieces: impl FnOnce(&str, &mut dyn FnMut(&str)),
    sink: &mut dyn FnMut(Block, u32, &str),
) {
    let word = normalise(raw);
    let [word_bits, char_bits, piece_bits, ..] = settings.bits;
    let mut add =
        |block: Block, bits: u8, text: &str| sink(block, bucket(mix(hash(text.as_bytes(), 0), block as u32), bits), text);
    if word_bits > 0 {
        add(Block::Words, word_bits, &word);
    }
    if kind == TokenKind::Mark {
        return;
    }
    if char_bits > 0 {
        char_ngrams(&word, settings.char_min, settings.char_max, |ngram| add(Block::Chars, char_bits, ngram));
    }
    if piece_bits > 0 {
        pieces(&word, &mut |piece| add(Block::Pieces, piece_bits, piece));
    }
}

/// Character n-grams of a word between edge marks `<` and `>`.
fn char_ngrams(word: &str, min: usize, max: usize, mut sink: impl FnMut(&str)) {
    let edged = format!("<{word}>");
    let mut ends: Vec<usize> = edged.char_indices().map(|(i, _)| i).collect();
    ends.push(edged.len());
    for length in min..=max {
        for window in ends.windows(length + 1) {
            if let (Some(&start), Some(&end)) = (window.first(), window.last())
                && let Some(ngram) = edged.get(start..end)
            {
                sink(ngram);
            }
        }
    }
}

/// Words after which a negation no longer reaches.
pub(super) const NEGATION_REACH: usize = 7;
/// Words after which a modal verb no longer governs.
pub(super) const MODAL_REACH: usize = 5;

/// What stands before a token and bears on it.
#[derive(Clone, Copy, Debug)]
struct Scope {
    negated: usize,
    modal: u32,
    modal_left: usize,
    condition: bool,
    subject: u32,
    /// 0: first clause, 1: a subordinate one, 2: a later one.
    clause: u32,
    quoted: bool,
    last_stance: u32,
    before_last: u32,
}

impl Scope {
    fn new() -> Self {
        Self {
            negated: 0,
            modal: 0,
            modal_left: 0,
            condition: false,
            subject: 0,
            clause: 0,
            quoted: false,
            last_stance: 0,
            before_last: 0,
        }
    }

    /// Takes account of a token after its own features are given.
    #[inline]
    fn pass(&mut self, view: &WordView) {
        self.negated = self.negated.saturating_sub(1);
        self.modal_left = self.modal_left.saturating_sub(1);
        match view.role {
            Role::Content => {}
            Role::Negator => self.negated = NEGATION_REACH,
            Role::StrongModal | Role::WillModal | Role::CanModal => {
                self.modal = view.role as u32;
                self.modal_left = MODAL_REACH;
            }
            Role::Condition => self.condition = true,
            Role::FirstPerson | Role::SecondPerson | Role::ThirdPerson | Role::Name => self.subject = view.role as u32,
            Role::Subordinator => self.clause = 1,
            Role::Coordinator => self.clause = self.clause.max(2),
            Role::ClauseMark | Role::SentenceMark => {
                self.negated = 0;
                self.condition &= view.role == Role::ClauseMark;
                self.clause = 2;
            }
            Role::QuoteOpen => self.quoted = true,
            Role::QuoteClose => self.quoted = false,
            Role::QuoteEither => self.quoted = !self.quoted,
            _ => {}
        }
        if view.stance > 0 {
            self.before_last = self.last_stance;
            self.last_stance = view.class;
        }
    }
}

/// Features of tokens in their context ([`context_sums`](super::context_sums) knows them too): calls `sink` with block, bucket, what it is, and its first and last token.
#[inline(always)]
pub(crate) fn context_features(
    views: &[WordView],
    settings: &FeatureSettings,
    mut sink: impl FnMut(Block, u32, Context, usize, usize),
) {
    let [_, _, _, ngram_bits, class_bits, scope_bits] = settings.bits;
    let (mut before, mut last) = (EDGE, EDGE);
    for (i, view) in views.iter().chain(std::iter::once(&EDGE)).enumerate() {
        let first = i.saturating_sub(2);
        let previous = i.saturating_sub(1);
        if ngram_bits > 0 {
            sink(Block::Ngrams, bucket(mix(last.word, view.word), ngram_bits), Context::Pair, previous, i);
            if settings.skips && i > 0 {
                sink(Block::Ngrams, bucket(mix(before.word ^ 0x5555_5555, view.word), ngram_bits), Context::Skip, first, i);
            }
            if settings.trigrams && i > 0 {
                let two = (mix(before.word, last.word) >> 32) as u32;
                sink(Block::Ngrams, bucket(mix(two, view.word), ngram_bits), Context::Triple, first, i);
            }
        }
        if class_bits > 0 {
            let two = mix(last.class, view.class);
            sink(Block::Classes, bucket(two, class_bits), Context::ClassPair, previous, i);
            if i > 0 {
                sink(Block::Classes, bucket(mix(before.class, (two >> 32) as u32), class_bits), Context::ClassTriple, first, i);
            }
        }
        (before, last) = (last, *view);
    }
    if scope_bits > 0 {
        scope_features(views, scope_bits, sink);
    }
}

#[inline(always)]
fn scope_features(views: &[WordView], bits: u8, mut sink: impl FnMut(Block, u32, Context, usize, usize)) {
    let mut scope = Scope::new();
    for (i, view) in views.iter().enumerate() {
        let mut add = |kind: Context, state: u32, key: u32| {
            sink(Block::Scopes, bucket(mix(state << 8 | kind as u32, key), bits), kind, i, i)
        };
        if view.stance > 0 {
            let key = view.class;
            add(Context::Negated, u32::from(scope.negated > 0), key);
            add(Context::Modal, if scope.modal_left > 0 { scope.modal } else { 0 }, key);
            add(Context::Subject, scope.subject, key);
            add(Context::Clause, scope.clause, key);
            add(Context::Quoted, u32::from(scope.quoted), key);
            add(Context::Sequence, scope.last_stance & 0x00ff_ffff, key);
            if scope.condition {
                add(Context::Conditional, 0, key);
            }
            if scope.last_stance == 0 {
                add(Context::First, 0, key);
            }
        }
        if scope.negated > 0 && matches!(view.role, Role::Content) {
            add(Context::NegatedWord, 0, view.word);
        }
        scope.pass(view);
    }
}

/// The back-off class of a word, in words.
pub(crate) fn class_name(view: &WordView, raw: &str) -> String {
    if let Some(class) = Lists::builtin().class(view.stance) {
        return format!("[{}]", class.name);
    }
    match view.role {
        Role::Name => "NAME".into(),
        Role::Number => "NUMBER".into(),
        Role::Date => "DATE".into(),
        Role::Content => match suffix(&normalise(raw)) {
            "" => "word".into(),
            ending => format!("word-{ending}"),
        },
        _ => normalise(raw),
    }
}

/// The stemmer of word n-grams (Porter 1980, "English" of Snowball).
pub(crate) fn stemmer() -> Stemmer {
    Stemmer::create(Algorithm::English)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stance::token::Tokens;

    fn views(text: &str, settings: &FeatureSettings) -> Vec<WordView> {
        Tokens::new(text).map(|t| view(&text[t.start..t.end], t.kind, settings, &stemmer())).collect()
    }

    #[test]
    fn character_ngrams_have_edges() {
        let mut found = Vec::new();
        char_ngrams("né", 2, 3, |ngram| found.push(ngram.to_string()));
        assert_eq!(found, ["<n", "né", "é>", "<né", "né>"]);
    }

    #[test]
    fn classes_mask_names_and_numbers() {
        let settings = FeatureSettings::default();
        let a = views("the envoy Karim met 40 delegates in March", &settings);
        let b = views("the envoy Novak met 7 delegates in June", &settings);
        assert_eq!(a.iter().map(|v| v.class).collect::<Vec<_>>(), b.iter().map(|v| v.class).collect::<Vec<_>>());
        assert_ne!(a.iter().map(|v| v.word).collect::<Vec<_>>(), b.iter().map(|v| v.word).collect::<Vec<_>>());
    }

    #[test]
    fn negation_reaches_to_the_end_of_its_clause() {
        let settings = FeatureSettings::default();
        let negated = |text: &str| {
            let mut found = Vec::new();
            context_features(&views(text, &settings), &settings, |_, _, kind, first, _| {
                if kind == Context::NegatedWord {
                    found.push(first);
                }
            });
            found
        };
        assert_eq!(negated("we did not sign the text , the minister left"), [3, 5]);
        assert!(negated("we signed the text").is_empty());
    }

    #[test]
    fn every_token_gives_its_ngrams() {
        let settings = FeatureSettings { bits: [0, 0, 0, 10, 0, 0], ..FeatureSettings::default() };
        let mut count = 0;
        context_features(&views("one two three", &settings), &settings, |block, bucket, _, _, _| {
            assert_eq!(block, Block::Ngrams);
            assert!(bucket < 1024);
            count += 1;
        });
        // Four pairs with the edges, three skips.
        assert_eq!(count, 7);
    }
}
