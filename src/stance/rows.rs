//! Texts in; a design matrix out that keeps the two levels of the features apart: texts hold words, words hold features.
//!
//! The product over the word blocks then costs one addition a word instead of one for each of its n-grams, which makes
//! training on hundreds of thousands of texts a matter of minutes.

use std::collections::HashMap;

use linfa::dataset::Records;
use rayon::prelude::*;

use super::{
    design::{CHUNK, Design, Lists, Power, add_scaled, with_outputs},
    features::{self, WordView},
    pieces::Pieces,
    token::{TokenKind, Tokens},
};
use crate::model::{Block, FeatureSettings, N_BLOCKS, N_WORD_BLOCKS};

/// The features of a list of texts.
#[derive(Debug)]
pub struct TextRows {
    n_rows: usize,
    /// Words of each text, and texts of each word.
    words: Lists,
    texts: Lists,
    blocks: Vec<BlockRows>,
    /// Normalised forms that occur, for the table of known words.
    vocabulary: Vec<String>,
}

/// One block: its columns by owner (a word or a text) and the factor of each text.
#[derive(Debug)]
struct BlockRows {
    block: Block,
    columns: Lists,
    owners: Lists,
    /// Scale over the root of the number of features of the block in each text.
    factors: Vec<f32>,
    /// First column in the whole matrix, and the bucket of each column within the block.
    offset: usize,
    buckets: Vec<u32>,
}

/// Texts that one task reads.
const TEXTS: usize = 512;

impl TextRows {
    /// Reads the features of `texts`; only features that occur have a column.
    pub fn new<S: AsRef<str> + Sync>(texts: &[S], settings: &FeatureSettings, pieces: &Pieces) -> Self {
        let (words, types) = distinct_words(texts);
        let stemmer = features::stemmer();
        let views: Vec<WordView> = types.iter().map(|&(word, kind)| features::view(word, kind, settings, &stemmer)).collect();
        let mut vocabulary: Vec<String> = types.iter().map(|(word, _)| features::normalise(word)).collect();
        vocabulary.sort_unstable();
        vocabulary.dedup();
        let of_words = word_buckets(&types, settings, pieces);
        let of_texts = context_buckets(&words, &views, settings);
        let texts = words.inverted(types.len()).0;
        let mut rows = Self { n_rows: words.len(), words, texts, blocks: Vec::new(), vocabulary };
        for (i, lists) in of_words.into_iter().chain(of_texts).enumerate() {
            rows.add_block(Block::ALL[i], lists, settings);
        }
        rows
    }

    /// Compacts the buckets of a block to columns and appends it; a block without features is left out.
    fn add_block(&mut self, block: Block, (starts, mut members): (Vec<usize>, Vec<u32>), settings: &FeatureSettings) {
        if members.is_empty() {
            return;
        }
        let mut number = vec![u32::MAX; settings.buckets(block)];
        members.iter().for_each(|&bucket| number[bucket as usize] = 0);
        let mut buckets = Vec::new();
        for (bucket, number) in number.iter_mut().enumerate().filter(|(_, number)| **number == 0) {
            *number = buckets.len() as u32;
            buckets.push(bucket as u32);
        }
        members.iter_mut().for_each(|member| *member = number[*member as usize]);
        let columns = Lists::new(starts, members);
        let owners = columns.inverted(buckets.len()).0;
        let scale = settings.scale[block as usize];
        let count = |text: usize| match (block as usize) < N_WORD_BLOCKS {
            true => self.words.get(text).iter().map(|&word| columns.range(word as usize).len()).sum(),
            false => columns.range(text).len(),
        };
        let factors = (0..self.n_rows).map(|text| factor(scale, count(text))).collect();
        let offset = self.n_columns();
        self.blocks.push(BlockRows { block, columns, owners, factors, offset, buckets });
    }

    /// For each column its place in the table of weights of `settings`.
    pub(crate) fn table_places(&self, settings: &FeatureSettings) -> Vec<(Block, usize)> {
        let offsets = settings.offsets();
        let of_block = |b: &BlockRows| {
            let (block, offset) = (b.block, offsets[b.block as usize]);
            b.buckets.iter().map(move |&bucket| (block, offset + bucket as usize)).collect::<Vec<_>>()
        };
        self.blocks.iter().flat_map(of_block).collect()
    }

    /// Words of the texts in lower case, sorted.
    pub(crate) fn vocabulary(&self) -> &[String] {
        &self.vocabulary
    }

    /// Non-zero entries of the matrix, counted as a plain sparse matrix would have them.
    pub fn n_entries(&self) -> usize {
        let of_block = |b: &BlockRows| match (b.block as usize) < N_WORD_BLOCKS {
            true => {
                (0..self.n_rows).flat_map(|text| self.words.get(text)).map(|&word| b.columns.range(word as usize).len()).sum()
            }
            false => b.columns.range(0).len() + (1..self.n_rows).map(|text| b.columns.range(text).len()).sum::<usize>(),
        };
        self.blocks.iter().map(of_block).sum()
    }
}

/// The factor that gives a block of `count` features unit length.
#[inline]
pub(crate) fn factor(scale: f32, count: usize) -> f32 {
    if count == 0 { 0.0 } else { scale / (count as f32).sqrt() }
}

/// Numbers the distinct words of `texts` in order of appearance; gives the words of each text and the words.
fn distinct_words<S: AsRef<str>>(texts: &[S]) -> (Lists, Vec<(&str, TokenKind)>) {
    let mut numbers: HashMap<&str, u32, foldhash::fast::FixedState> = HashMap::default();
    let mut types = Vec::new();
    let (mut starts, mut members) = (vec![0], Vec::new());
    for text in texts {
        let text = text.as_ref();
        for token in Tokens::new(text) {
            let word = &text[token.start..token.end];
            members.push(*numbers.entry(word).or_insert_with(|| {
                types.push((word, token.kind));
                types.len() as u32 - 1
            }));
        }
        starts.push(members.len());
    }
    (Lists::new(starts, members), types)
}

type Buckets = (Vec<usize>, Vec<u32>);

/// Joins the lists of many tasks, in order.
fn joined<const N: usize>(parts: Vec<[Buckets; N]>) -> [Buckets; N] {
    let mut out: [Buckets; N] = std::array::from_fn(|_| (vec![0], Vec::new()));
    for part in parts {
        for ((starts, members), (more_starts, more)) in out.iter_mut().zip(part) {
            let base = members.len();
            starts.extend(more_starts.iter().skip(1).map(|start| base + start));
            members.extend(more);
        }
    }
    out
}

/// Buckets of the word blocks, by word.
fn word_buckets(types: &[(&str, TokenKind)], settings: &FeatureSettings, pieces: &Pieces) -> [Buckets; N_WORD_BLOCKS] {
    let part = |types: &[(&str, TokenKind)]| {
        let mut out: [Buckets; N_WORD_BLOCKS] = std::array::from_fn(|_| (vec![0], Vec::new()));
        for &(word, kind) in types {
            let split = |word: &str, sink: &mut dyn FnMut(&str)| pieces.split(word, sink);
            features::word_features(word, kind, settings, split, &mut |block, bucket, _| out[block as usize].1.push(bucket));
            out.iter_mut().for_each(|(starts, members)| starts.push(members.len()));
        }
        out
    };
    joined(types.par_chunks(TEXTS).map(part).collect())
}

/// Buckets of the context blocks, by text.
fn context_buckets(words: &Lists, views: &[WordView], settings: &FeatureSettings) -> [Buckets; N_BLOCKS - N_WORD_BLOCKS] {
    let chunks: Vec<usize> = (0..words.len()).step_by(TEXTS).collect();
    let part = |&first: &usize| {
        let mut out: [Buckets; N_BLOCKS - N_WORD_BLOCKS] = std::array::from_fn(|_| (vec![0], Vec::new()));
        let mut line = Vec::new();
        for text in first..(first + TEXTS).min(words.len()) {
            line.clear();
            line.extend(words.get(text).iter().map(|&word| views[word as usize]));
            features::context_features(&line, settings, |block, bucket, _, _, _| {
                out[block as usize - N_WORD_BLOCKS].1.push(bucket)
            });
            out.iter_mut().for_each(|(starts, members)| starts.push(members.len()));
        }
        out
    };
    joined(chunks.par_iter().map(part).collect())
}

/// `output[list] = Σ input[member]` over the members of each list.
fn sum_lists(lists: &Lists, input: &[f32], n: usize, output: &mut [f32]) {
    fn run<const K: usize>(lists: &Lists, input: &[f32], n: usize, output: &mut [f32]) {
        output.par_chunks_mut(CHUNK * n).enumerate().for_each(|(chunk, output)| {
            for (i, sum) in output.chunks_exact_mut(n).enumerate() {
                sum.fill(0.0);
                for &member in lists.get(chunk * CHUNK + i) {
                    let at = member as usize * n;
                    add_scaled::<K>(sum, &input[at..at + n], 1.0);
                }
            }
        });
    }
    with_outputs!(n, K => run::<K>(lists, input, n, output));
}

impl Design for TextRows {
    fn n_rows(&self) -> usize {
        self.n_rows
    }

    fn n_columns(&self) -> usize {
        self.blocks.last().map_or(0, |b| b.offset + b.buckets.len())
    }

    fn forward(&self, weights: &[f32], n: usize, logits: &mut [f32]) {
        logits.fill(0.0);
        let mut sums = vec![0.0f32; self.n_rows * n];
        for b in &self.blocks {
            let weights = &weights[b.offset * n..(b.offset + b.buckets.len()) * n];
            if (b.block as usize) < N_WORD_BLOCKS {
                let mut of_words = vec![0.0f32; self.texts.len() * n];
                sum_lists(&b.columns, weights, n, &mut of_words);
                sum_lists(&self.words, &of_words, n, &mut sums);
            } else {
                sum_lists(&b.columns, weights, n, &mut sums);
            }
            let rows = logits.par_chunks_mut(CHUNK * n).zip(sums.par_chunks(CHUNK * n)).zip(b.factors.par_chunks(CHUNK));
            rows.for_each(|((z, s), f)| {
                for ((z, s), &f) in z.chunks_exact_mut(n).zip(s.chunks_exact(n)).zip(f) {
                    add_scaled::<0>(z, s, f);
                }
            });
        }
    }

    /// Squared or counted, features that a text has several times count as if they were different ones: exact enough for
    /// the preconditioner and the prior, their only uses.
    fn backward(&self, residuals: &[f32], n: usize, power: Power, gradient: &mut [f32]) {
        let mut scaled = vec![0.0f32; residuals.len()];
        for b in &self.blocks {
            let rows = scaled.par_chunks_mut(CHUNK * n).zip(residuals.par_chunks(CHUNK * n)).zip(b.factors.par_chunks(CHUNK));
            rows.for_each(|((s, r), f)| {
                for ((s, r), &f) in s.chunks_exact_mut(n).zip(r.chunks_exact(n)).zip(f) {
                    let f = power.of(f);
                    s.iter_mut().zip(r).for_each(|(s, r)| *s = f * r);
                }
            });
            let gradient = &mut gradient[b.offset * n..(b.offset + b.buckets.len()) * n];
            if (b.block as usize) < N_WORD_BLOCKS {
                let mut of_words = vec![0.0f32; self.texts.len() * n];
                sum_lists(&self.texts, &scaled, n, &mut of_words);
                sum_lists(&b.owners, &of_words, n, gradient);
            } else {
                sum_lists(&b.owners, &scaled, n, gradient);
            }
        }
    }
}

impl Records for TextRows {
    type Elem = f32;

    fn nsamples(&self) -> usize {
        self.n_rows
    }

    fn nfeatures(&self) -> usize {
        self.n_columns()
    }
}
