//! Texts in; predictions out, fast: what a word contributes on its own is computed once and kept.
//!
//! All sums are sums of integers, so a prediction does not depend on what the table of words holds.

use rust_stemmers::Stemmer;

use super::{
    Prediction, StanceModel,
    features::{self, WordView},
    rows::factor,
    token::{Token, TokenKind, Tokens},
};
use crate::model::{N_BLOCKS, N_WORD_BLOCKS};

/// Labels text after text without allocating; its answers are those of [`StanceModel::predict`] to the last bit.
pub struct Labeller {
    model: StanceModel,
    stemmer: Stemmer,
    words: WordTable,
    offsets: [usize; N_BLOCKS],
    /// State of one text, kept to be used again.
    tokens: Vec<(Token, u64)>,
    views: Vec<WordView>,
    rows: [Vec<u32>; N_BLOCKS - N_WORD_BLOCKS],
    sums: Vec<i32>,
    logits: Vec<f32>,
    prediction: Prediction,
}

impl std::fmt::Debug for Labeller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Labeller").field("model", &self.model.id()).field("words", &self.words.entries.len()).finish()
    }
}

/// Longest word, in bytes, that the table keeps.
const KEY: usize = 22;
/// Most words that the table keeps; then it begins anew.
const MAX_WORDS: usize = 50_000;
/// Most bytes of contributions that the table keeps.
const MAX_BYTES: usize = 1 << 24;

/// What is kept of a word beside its contributions.
#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    key: [u8; KEY],
    length: u8,
    is_word: bool,
    is_known: bool,
    counts: [u16; N_WORD_BLOCKS],
    view: WordView,
}

/// A bounded table from words to what they contribute.
#[derive(Debug)]
struct WordTable {
    /// Number of an entry plus one, and in the upper half a part of its hash; 0 is free. Small, to stay in cache.
    slots: Vec<u32>,
    entries: Vec<Entry>,
    /// `(n_entries, N_WORD_BLOCKS, n_labels)`
    contributions: Vec<i16>,
    stride: usize,
    capacity: usize,
}

impl WordTable {
    fn new(n_labels: usize) -> Self {
        let stride = N_WORD_BLOCKS * n_labels;
        let capacity = (MAX_BYTES / (2 * stride)).clamp(256, MAX_WORDS);
        let slots = vec![0; (capacity * 5 / 4).next_power_of_two()];
        Self { slots, entries: Vec::new(), contributions: Vec::new(), stride, capacity }
    }

    /// Number of the entry of `word`, or the slot where it would stand.
    #[inline]
    fn find(&self, word: &[u8], hash: u64) -> Result<usize, usize> {
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            let slot = self.slots[at];
            if slot == 0 {
                return Err(at);
            }
            if slot >> 16 == (hash >> 48) as u32 {
                let number = (slot & 0xffff) as usize - 1;
                let entry = &self.entries[number];
                if usize::from(entry.length) == word.len() && &entry.key[..word.len()] == word {
                    return Ok(number);
                }
            }
            at = (at + 1) & mask;
        }
    }

    fn insert(&mut self, word: &[u8], hash: u64, mut slot: usize, mut entry: Entry, contributions: &[i32]) {
        if self.entries.len() >= self.capacity {
            self.slots.fill(0);
            self.entries.clear();
            self.contributions.clear();
            slot = hash as usize & (self.slots.len() - 1);
        }
        entry.key[..word.len()].copy_from_slice(word);
        entry.length = word.len() as u8;
        self.entries.push(entry);
        // A word of KEY bytes has so few features that their sum fits 16 bits.
        self.contributions.extend(contributions.iter().map(|&c| c as i16));
        self.slots[slot] = ((hash >> 48) as u32) << 16 | self.entries.len() as u32;
    }
}

/// Hash of a short word, for the table alone.
#[inline]
fn word_hash(word: &[u8]) -> u64 {
    let mut h = word.len() as u64;
    let mut chunks = word.chunks_exact(8);
    for chunk in &mut chunks {
        let x = chunk.try_into().map_or(0, u64::from_le_bytes);
        h = (h.rotate_left(23) ^ x).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
    let rest = chunks.remainder();
    let mut x = 0u64;
    for (i, &b) in rest.iter().enumerate() {
        x |= u64::from(b) << (8 * i);
    }
    h = (h.rotate_left(23) ^ x).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    h ^ h >> 32
}

/// `sums += row`, for L labels (0: as many as there are).
#[inline(always)]
fn add_row<const L: usize>(sums: &mut [i32], row: &[u8]) {
    if L == 0 {
        sums.iter_mut().zip(row).for_each(|(s, &w)| *s += i32::from(w as i8));
    } else if let (Some(sums), Some(row)) = (sums.first_chunk_mut::<L>(), row.first_chunk::<L>()) {
        for k in 0..L {
            sums[k] += i32::from(row[k] as i8);
        }
    }
}

/// Adds many rows of a table.
#[inline]
fn add_rows<const L: usize>(sums: &mut [i32], table: &[u8], rows: &[u32]) {
    if L == 0 {
        let n = sums.len();
        rows.iter()
            .filter_map(|&row| table.get(row as usize * n..(row as usize + 1) * n))
            .for_each(|row| add_row::<0>(sums, row));
        return;
    }
    let mut local = [0i32; L];
    for &row in rows {
        if let Some(row) = table.get(row as usize * L..row as usize * L + L) {
            add_row::<L>(&mut local, row);
        }
    }
    sums.iter_mut().zip(local).for_each(|(sum, more)| *sum += more);
}

impl Labeller {
    pub(crate) fn new(model: StanceModel) -> Self {
        let n = model.labels().len();
        Self {
            words: WordTable::new(n),
            offsets: model.manifest().features.offsets(),
            stemmer: features::stemmer(),
            tokens: Vec::new(),
            views: Vec::new(),
            rows: Default::default(),
            sums: vec![0; N_BLOCKS * n],
            logits: vec![0.0; n],
            prediction: Prediction::default(),
            model,
        }
    }

    /// The model that labels.
    pub fn model(&self) -> &StanceModel {
        &self.model
    }

    /// Labels one text; the answer stays in the labeller until the next one.
    pub fn predict(&mut self, text: &str) -> &Prediction {
        match self.logits.len() {
            2 => self.score::<2>(text),
            3 => self.score::<3>(text),
            4 => self.score::<4>(text),
            _ => self.score::<0>(text),
        }
        self.model.decide(&self.logits, &mut self.prediction);
        &self.prediction
    }

    /// Sets the logits of `text` (before the temperature) and counts its words.
    fn score<const L: usize>(&mut self, text: &str) {
        let n = if L == 0 { self.logits.len() } else { L };
        self.sums.fill(0);
        self.views.clear();
        let mut counts = [0usize; N_BLOCKS];
        (self.prediction.words, self.prediction.unknown_words) = (0, 0);
        // Three passes instead of one: look-ups of different words and rows then wait for memory together.
        self.tokens.clear();
        let hashed = |token: Token| (token, word_hash(&text.as_bytes()[token.start..token.end]));
        self.tokens.extend(Tokens::new(text).map(hashed));
        for i in 0..self.tokens.len() {
            self.add_word::<L>(text, i, &mut counts);
        }
        self.add_contexts::<L>(&mut counts);
        let parts = &*self.model.parts;
        let scale = &parts.manifest.features.scale;
        self.logits.copy_from_slice(&parts.weights.biases);
        for (b, sums) in self.sums.chunks_exact(n).enumerate() {
            let unit = factor(scale[b], counts[b]) * parts.weights.units[b];
            self.logits.iter_mut().zip(sums).for_each(|(z, &s)| *z += unit * s as f32);
        }
    }

    /// Adds the context features: first all their places in the table, then the rows.
    fn add_contexts<const L: usize>(&mut self, counts: &mut [usize; N_BLOCKS]) {
        let parts = &*self.model.parts;
        let rows = &mut self.rows;
        rows.iter_mut().for_each(Vec::clear);
        features::context_features(&self.views, &parts.manifest.features, |block, bucket, _, _, _| {
            rows[block as usize - N_WORD_BLOCKS].push(bucket);
        });
        let n = if L == 0 { self.logits.len() } else { L };
        let blocks = rows.iter().enumerate().map(|(i, rows)| (i + N_WORD_BLOCKS, rows));
        for ((b, rows), sums) in blocks.zip(self.sums.chunks_exact_mut(n).skip(N_WORD_BLOCKS)) {
            counts[b] += rows.len();
            let start = self.offsets[b] * n;
            add_rows::<L>(sums, parts.weights.table.get(start..).unwrap_or_default(), rows);
        }
    }

    /// Adds what the word contributes on its own.
    #[inline]
    fn add_word<const L: usize>(&mut self, text: &str, place: usize, counts: &mut [usize; N_BLOCKS]) {
        let (token, hash) = self.tokens[place];
        let word = &text[token.start..token.end];
        let bytes = word.as_bytes();
        let found = if bytes.len() > KEY { Err(0) } else { self.words.find(bytes, hash) };
        let number = match found {
            Ok(number) => number,
            Err(slot) => match self.learn_word(word, token.kind, hash, slot, counts) {
                Some(number) => number,
                None => return,
            },
        };
        let entry = &self.words.entries[number];
        let start = number * self.words.stride;
        let width = if L == 0 { self.words.stride } else { N_WORD_BLOCKS * L };
        let contributions = &self.words.contributions[start..start + width];
        self.sums[..width].iter_mut().zip(contributions).for_each(|(s, &c)| *s += i32::from(c));
        counts.iter_mut().zip(entry.counts).for_each(|(n, count)| *n += usize::from(count));
        self.prediction.words += u32::from(entry.is_word);
        self.prediction.unknown_words += u32::from(entry.is_word && !entry.is_known);
        self.views.push(entry.view);
    }

    /// Computes a new word and keeps it; one that is too long to keep is added at once and gives `None`.
    #[cold]
    fn learn_word(
        &mut self,
        word: &str,
        kind: TokenKind,
        hash: u64,
        slot: usize,
        counts: &mut [usize; N_BLOCKS],
    ) -> Option<usize> {
        let (entry, contributions, found) = self.compute_word(word, kind);
        if word.len() > KEY {
            self.sums.iter_mut().zip(&contributions).for_each(|(s, c)| *s += c);
            counts.iter_mut().zip(found).for_each(|(n, count)| *n += count);
            self.prediction.words += u32::from(entry.is_word);
            self.prediction.unknown_words += u32::from(entry.is_word && !entry.is_known);
            self.views.push(entry.view);
            return None;
        }
        self.words.insert(word.as_bytes(), hash, slot, entry, &contributions);
        Some(self.words.entries.len() - 1)
    }

    fn compute_word(&self, word: &str, kind: TokenKind) -> (Entry, Vec<i32>, [usize; N_WORD_BLOCKS]) {
        let parts = &*self.model.parts;
        let settings = &parts.manifest.features;
        let n = self.logits.len();
        let mut sums = vec![0i32; self.words.stride];
        let mut counts = [0usize; N_WORD_BLOCKS];
        let split = |word: &str, sink: &mut dyn FnMut(&str)| parts.pieces.split(word, sink);
        features::word_features(word, kind, settings, split, &mut |block, bucket, _| {
            let (b, at) = (block as usize, (self.offsets[block as usize] + bucket as usize) * n);
            counts[b] += 1;
            if let (Some(sums), Some(row)) = (sums.get_mut(b * n..b * n + n), parts.weights.table.get(at..at + n)) {
                add_row::<0>(sums, row);
            }
        });
        let view = features::view(word, kind, settings, &self.stemmer);
        let is_known = is_known(&parts.weights.vocabulary, &features::normalise(word));
        let counts16 = counts.map(|count| count as u16);
        let entry = Entry { is_word: kind == TokenKind::Word, is_known, counts: counts16, view, ..Entry::default() };
        (entry, sums, counts)
    }
}

/// Place of a word in the table of known words.
pub(crate) fn vocabulary_place(word: &str, bytes: usize) -> usize {
    features::hash(word.as_bytes(), VOCABULARY_SALT) as usize % (bytes * 8).max(1)
}

const VOCABULARY_SALT: u32 = 9;

fn is_known(vocabulary: &[u8], word: &str) -> bool {
    let place = vocabulary_place(word, vocabulary.len());
    vocabulary.get(place / 8).is_some_and(|byte| byte >> (place % 8) & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labelled(labeller: &mut Labeller, texts: &[&str]) -> Vec<Prediction> {
        texts.iter().map(|text| labeller.predict(text).clone()).collect()
    }

    #[test]
    fn answers_do_not_depend_on_what_was_labelled_before() {
        let texts = [
            "We urge both sides to stop.",
            "",
            "Ærlighed — “quoted” 3.9 per cent’s",
            "antidisestablishmentarianisms-like words",
            "😀 !!!",
        ];
        let model = StanceModel::builtin().unwrap();
        let fresh: Vec<Prediction> = texts.iter().map(|text| model.predict(text)).collect();
        let mut labeller = model.labeller();
        assert_eq!(labelled(&mut labeller, &texts), fresh);
        assert_eq!(labelled(&mut labeller, &texts), fresh);
    }

    #[test]
    fn answers_do_not_depend_on_a_full_table() {
        let model = StanceModel::builtin().unwrap();
        let mut small = model.labeller();
        small.words.capacity = 4;
        let text = "The council met in the old town hall and the council did not agree on the text before the council";
        for _ in 0..3 {
            assert_eq!(*small.predict(text), model.predict(text));
        }
        assert!(small.words.entries.len() <= 4);
    }

    #[test]
    fn unknown_words_are_counted() {
        let model = StanceModel::builtin().unwrap();
        let found = model.predict("the government qwzxv 12 !");
        assert_eq!((found.words, found.unknown_words), (3, 1));
    }

    proptest::proptest! {
        #[test]
        fn probabilities_are_a_distribution(text in "\\PC{0,60}") {
            let found = StanceModel::builtin().unwrap().predict(&text);
            assert!((found.probabilities.iter().sum::<f32>() - 1.0).abs() < 1e-5);
            assert!(found.probabilities.iter().all(|p| (0.0..=1.0).contains(p)));
            assert!(found.chosen.is_empty() || found.chosen[0] == found.main);
        }
    }
}
