//! Texts in; predictions out, fast: what a word contributes on its own is computed once and kept.
//!
//! All sums are sums of integers, so a prediction does not depend on what the table of words holds.

use rust_stemmers::Stemmer;

use super::{
    Prediction, StanceModel,
    context_sums::{self, Events, N_CONTEXT_BLOCKS},
    features::{self, EDGE, WordView},
    rows::factor,
    token::{Token, TokenKind, Tokenizer},
    word_table::{Key, N_COUNTS, WordTable, key},
};
use crate::model::{Block, N_BLOCKS, N_WORD_BLOCKS, Weights};

/// Labels text after text without allocating; its answers are those of [`StanceModel::predict`] to the last bit.
pub struct Labeller {
    reader: WordReader,
    words: WordTable,
    /// State of one text, kept to be used again.
    padded: String,
    tokenizer: Tokenizer,
    tokens: Vec<Token>,
    keys: Vec<Option<Key>>,
    guesses: Vec<u32>,
    views: Vec<WordView>,
    rows: [Vec<u32>; N_CONTEXT_BLOCKS],
    events: Events,
    is_usual: bool,
    sums: Sums,
    logits: Vec<f32>,
    prediction: Prediction,
}

impl std::fmt::Debug for Labeller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Labeller").field("model", &self.model().id()).field("words", &self.words.len()).finish()
    }
}

/// Sums over one text; wide enough for a text of any length.
#[derive(Debug)]
struct Sums {
    /// What words add: see [`WordReader::read`].
    words: Vec<i64>,
    /// What context features add, `(n_context_blocks, n_labels)`.
    contexts: Vec<i64>,
    context_counts: [usize; N_CONTEXT_BLOCKS],
}

/// White space behind a text, as long as a key.
const PADDING: &str = "                        ";

/// Computes what a word contributes.
struct WordReader {
    model: StanceModel,
    stemmer: Stemmer,
    offsets: [usize; N_BLOCKS],
}

impl WordReader {
    /// How `word` looks to its neighbours; adds its row to `row`: contributions `(N_WORD_BLOCKS, n_labels)`, then `N_COUNTS`
    /// counts.
    fn read(&self, word: &str, kind: TokenKind, row: &mut [i64]) -> WordView {
        let parts = &*self.model.parts;
        let settings = &parts.manifest.features;
        let n = parts.manifest.labels.len();
        let (sums, counts) = row.split_at_mut(N_WORD_BLOCKS * n);
        let mut n_features = [0; N_WORD_BLOCKS];
        let split = |word: &str, sink: &mut dyn FnMut(&str)| parts.pieces.split(word, sink);
        features::word_features(word, kind, settings, split, &mut |block, bucket, _| {
            let b = block as usize;
            n_features[b] += 1;
            let row = parts.weights.row(self.offsets[b] + bucket as usize);
            if let Some(sums) = sums.get_mut(b * n..b * n + n) {
                sums.iter_mut().zip(row).for_each(|(s, &w)| *s += i64::from(w as i8));
            }
        });
        let is_word = kind == TokenKind::Word;
        let is_unknown = is_word && !is_known(&parts.weights.vocabulary, &features::normalise(word));
        let found = [n_features[1], n_features[2], i64::from(is_word), i64::from(is_unknown)];
        counts.iter_mut().zip(found).for_each(|(sum, count)| *sum += count);
        features::view(word, kind, settings, &self.stemmer)
    }
}

/// `sums += row`.
#[inline(always)]
fn add_row<const L: usize>(sums: &mut [i32; L], row: &[u8]) {
    if let Some(row) = row.first_chunk::<L>() {
        for k in 0..L {
            sums[k] += i32::from(row[k] as i8);
        }
    }
}

/// Rows whose sum surely fits 32 bits.
const MANY: usize = 1 << 15;

/// Adds the weights of many buckets from `start` on, L labels wide (0: as many as there are sums).
#[inline]
fn add_rows<const L: usize>(sums: &mut [i64], weights: &Weights, start: usize, buckets: &[u32]) {
    if L == 0 {
        let found = buckets.iter().map(|&bucket| weights.row(start + bucket as usize));
        return found.for_each(|row| sums.iter_mut().zip(row).for_each(|(s, &w)| *s += i64::from(w as i8)));
    }
    for buckets in buckets.chunks(MANY) {
        let mut local = [0i32; L];
        for &bucket in buckets {
            add_row::<L>(&mut local, weights.row(start + bucket as usize));
        }
        sums.iter_mut().zip(local).for_each(|(sum, more)| *sum += i64::from(more));
    }
}

impl Labeller {
    pub(crate) fn new(model: StanceModel) -> Self {
        let n = model.labels().len();
        let stride = N_WORD_BLOCKS * n + N_COUNTS;
        let offsets = model.manifest().features.offsets();
        let has_all_rows = model.parts.weights.filled.is_none();
        let is_usual = has_all_rows && context_sums::are_usual(&model.manifest().features);
        Self {
            reader: WordReader { model, stemmer: features::stemmer(), offsets },
            words: WordTable::new(N_WORD_BLOCKS * n),
            padded: String::new(),
            tokenizer: Tokenizer::default(),
            tokens: Vec::new(),
            keys: Vec::new(),
            guesses: Vec::new(),
            views: Vec::new(),
            rows: Default::default(),
            events: Events::default(),
            is_usual,
            sums: Sums { words: vec![0; stride], contexts: vec![0; N_CONTEXT_BLOCKS * n], context_counts: [0; N_CONTEXT_BLOCKS] },
            logits: vec![0.0; n],
            prediction: Prediction::default(),
        }
    }

    /// The model that labels.
    pub fn model(&self) -> &StanceModel {
        &self.reader.model
    }

    /// Labels one text; the answer stays in the labeller until the next one.
    pub fn predict(&mut self, text: &str) -> &Prediction {
        match self.logits.len() {
            2 => self.add::<2, 6>(text),
            3 => self.add::<3, 9>(text),
            4 => self.add::<4, 12>(text),
            _ => self.add::<0, 0>(text),
        }
        self.decide()
    }

    /// The first half of [`predict`](Self::predict): finds the features of `text`, looking words up with what they
    /// contribute on their own. Gives the number of context features.
    pub fn vectorise(&mut self, text: &str) -> usize {
        self.split(text);
        match self.logits.len() {
            2 => self.add_words::<6>(),
            3 => self.add_words::<9>(),
            4 => self.add_words::<12>(),
            _ => self.add_words::<0>(),
        }
        self.find_contexts();
        self.rows.iter().map(Vec::len).sum()
    }

    /// The second half: adds the weights of the features that [`vectorise`](Self::vectorise) found, and labels its text.
    pub fn score(&mut self) -> &Prediction {
        match self.logits.len() {
            2 => self.add_context_rows::<2>(),
            3 => self.add_context_rows::<3>(),
            4 => self.add_context_rows::<4>(),
            _ => self.add_context_rows::<0>(),
        }
        self.decide()
    }

    /// Sums what the features of `text` contribute; L labels, rows of W contributions (0: any).
    fn add<const L: usize, const W: usize>(&mut self, text: &str) {
        // Passes instead of one loop: a wrong guess at where a word ends does not hold up look-ups that wait for memory.
        self.split(text);
        self.add_words::<W>();
        if L > 0 && self.is_usual {
            return self.add_contexts::<L>();
        }
        self.find_contexts();
        self.add_context_rows::<L>();
    }

    /// Labels the text whose sums stand ready.
    fn decide(&mut self) -> &Prediction {
        let n = self.logits.len();
        let counts = self.count();
        let parts = &*self.reader.model.parts;
        let scale = &parts.manifest.features.scale;
        self.logits.copy_from_slice(&parts.weights.biases);
        let blocks = self.sums.words.chunks_exact(n).take(N_WORD_BLOCKS).chain(self.sums.contexts.chunks_exact(n));
        for (b, sums) in blocks.enumerate() {
            let unit = factor(scale[b], counts[b]) * parts.weights.units[b];
            self.logits.iter_mut().zip(sums).for_each(|(z, &s)| *z += unit * s as f32);
        }
        self.reader.model.decide(&self.logits, &mut self.prediction);
        &self.prediction
    }

    /// Finds the tokens of `text`.
    fn split(&mut self, text: &str) {
        self.padded.clear();
        self.padded.push_str(text);
        // White space adds no token, and lets the key of the last word be read like any other.
        self.padded.push_str(PADDING);
        self.tokenizer.split(&self.padded, &mut self.tokens);
    }

    /// Adds what each word contributes on its own.
    fn add_words<const W: usize>(&mut self) {
        let Self { reader, words, padded, tokens, keys, guesses, views, sums: Sums { words: sums, .. }, .. } = self;
        sums.fill(0);
        views.clear();
        views.push(EDGE);
        keys.clear();
        guesses.clear();
        keys.extend(tokens.iter().map(|token| key(padded.as_bytes(), token.start, token.end - token.start)));
        guesses.extend(keys.iter().map(|key| words.guess(key.as_ref())));
        for tokens in tokens.chunks(MANY) {
            let mut local = [0i32; W];
            let mut counts = [0i32; N_COUNTS];
            for ((token, key), &guess) in tokens.iter().zip(keys.iter()).zip(guesses.iter()) {
                let Some(found) = key.as_ref().and_then(|key| words.get(key, guess)) else {
                    views.push(learn(reader, words, *key, &padded[token.start..token.end], token.kind, sums));
                    continue;
                };
                match found.near::<W>() {
                    Some(row) if W > 0 => (0..W).for_each(|k| local[k] += i32::from(row[k])),
                    _ => sums.iter_mut().zip(words.row(&found)).for_each(|(sum, &more)| *sum += i64::from(more)),
                }
                (0..N_COUNTS).for_each(|k| counts[k] += i32::from(found.entry.counts[k]));
                views.push(found.entry.view);
            }
            let n = sums.len() - N_COUNTS;
            let (row_sums, count_sums) = sums.split_at_mut(n);
            row_sums.iter_mut().zip(local).for_each(|(sum, more)| *sum += i64::from(more));
            count_sums.iter_mut().zip(counts).for_each(|(sum, more)| *sum += i64::from(more));
        }
        views.push(EDGE);
    }

    /// Features of each block; notes the numbers of words.
    fn count(&mut self) -> [usize; N_BLOCKS] {
        let has_words = self.model().manifest().features.bits[Block::Words as usize] > 0;
        let (_, found) = self.sums.words.split_at(N_WORD_BLOCKS * self.logits.len());
        let found = |i: usize| found.get(i).map_or(0, |&count| count as usize);
        self.prediction.words = found(2) as u32;
        self.prediction.unknown_words = found(3) as u32;
        let words = if has_words { self.tokens.len() } else { 0 };
        let [ngrams, classes, scopes] = self.sums.context_counts;
        [words, found(0), found(1), ngrams, classes, scopes]
    }

    /// Adds the context features.
    fn add_contexts<const L: usize>(&mut self) {
        let parts = &*self.reader.model.parts;
        let found = context_sums::sum::<L>(&self.views, &parts.manifest.features, &parts.weights.table, &mut self.events);
        self.sums.context_counts = found.map(|of_block| of_block.count);
        for (of_block, sums) in found.iter().zip(self.sums.contexts.chunks_exact_mut(L)) {
            sums.copy_from_slice(&of_block.sums);
        }
    }

    /// Finds the places of the context features in the table, by their definition.
    fn find_contexts(&mut self) {
        let rows = &mut self.rows;
        rows.iter_mut().for_each(Vec::clear);
        let words = self.views.get(1..self.views.len() - 1).unwrap_or_default();
        features::context_features(words, &self.reader.model.parts.manifest.features, |block, bucket, _, _, _| {
            rows[block as usize - N_WORD_BLOCKS].push(bucket);
        });
        self.sums.context_counts = std::array::from_fn(|i| rows[i].len());
    }

    /// Adds the rows of the context features.
    fn add_context_rows<const L: usize>(&mut self) {
        let weights = &self.reader.model.parts.weights;
        let n = if L == 0 { self.logits.len() } else { L };
        self.sums.contexts.fill(0);
        for ((i, rows), sums) in self.rows.iter().enumerate().zip(self.sums.contexts.chunks_exact_mut(n)) {
            add_rows::<L>(sums, weights, self.reader.offsets[i + N_WORD_BLOCKS], rows);
        }
    }
}

/// Reads a new word, adds it, and keeps it.
#[cold]
fn learn(
    reader: &WordReader,
    words: &mut WordTable,
    key: Option<Key>,
    word: &str,
    kind: TokenKind,
    sums: &mut [i64],
) -> WordView {
    let mut row = vec![0; sums.len()];
    let view = reader.read(word, kind, &mut row);
    sums.iter_mut().zip(&row).for_each(|(sum, more)| *sum += more);
    if let Some(key) = key {
        let (row, counts) = row.split_at(row.len() - N_COUNTS);
        words.insert(key, view, row, counts);
    }
    view
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
        small.words.bound(8);
        let text = "The council met in the old town hall and the council did not agree on the text before the council";
        for _ in 0..3 {
            assert_eq!(*small.predict(text), model.predict(text));
        }
        assert!(small.words.len() <= 8);
    }

    #[test]
    fn the_two_halves_make_the_whole() {
        let model = StanceModel::builtin().unwrap();
        let mut labeller = model.labeller();
        for text in ["", "We will not accept “any” delay, and they must not either.", "The 3rd round ended."] {
            let whole = labeller.predict(text).clone();
            assert!(labeller.vectorise(text) > 0);
            assert_eq!(*labeller.score(), whole);
        }
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
