//! A linear sequence tagger: which words are what somebody says.
//!
//! It labels the tokens of a sentence as outside, first or further words of content, by Viterbi search over
//! hashed features of words, word classes, quotation marks and what the rules found. It is a structured
//! perceptron with averaged weights (Collins 2002), stored as bytes. It does not replace the rules: it
//! adds what they miss.

mod features;
mod train;

pub use train::{AnnotatedArticle, TaggerReport, TaggerSettings, train};

use super::{
    block::{Block, Tokens},
    lexicon::class::*,
    phrase::{phrase_after, phrase_before},
    rules::{Find, is_cue_verb},
};
use crate::error::{Error, Result};
use std::sync::LazyLock;

static BUILTIN: LazyLock<Option<Tagger>> =
    LazyLock::new(|| Tagger::from_bytes("models/statements-en", include_bytes!("../../../models/statements-en/tagger.bin")).ok());

/// The tagger that is compiled in; `None` only if its file does not fit this build (a test checks that it does).
pub fn builtin() -> Option<&'static Tagger> {
    BUILTIN.as_ref()
}

/// Labels: outside, first, further.
const N_LABELS: usize = 3;
const OUTSIDE: usize = 0;
const FIRST: usize = 1;
const FURTHER: usize = 2;
/// Feature hashes are folded to this many buckets; 2¹⁵ loses nothing against 2¹⁸ on the articles at hand.
const N_BUCKETS: usize = 1 << 15;
/// Longest sentence that is tagged, in tokens; a longer one is no sentence.
const LONGEST: usize = 400;
/// First bytes of a stored tagger: name and format version.
const MAGIC: &[u8; 8] = b"dmtag\0\0\x01";

/// A trained tagger.
#[derive(Clone, Debug, PartialEq)]
pub struct Tagger {
    /// `(N_BUCKETS, N_LABELS)`, then `(N_LABELS, N_LABELS)` transitions from row to column.
    weights: Vec<i8>,
}

impl Tagger {
    /// Reads a stored tagger.
    ///
    /// # Errors
    /// [`Error::Model`] if `bytes` are no tagger of this format or have another length.
    pub fn from_bytes(name: &str, bytes: &[u8]) -> Result<Self> {
        let Some(body) = bytes.strip_prefix(MAGIC) else {
            return Err(Error::model(name, "no tagger of this format; train it again"));
        };
        let expected = N_BUCKETS * N_LABELS + N_LABELS * N_LABELS;
        if body.len() != expected {
            return Err(Error::model(name, format!("{} weights, expected {expected}; the file is cut off", body.len())));
        }
        Ok(Self { weights: body.iter().map(|&b| b as i8).collect() })
    }

    /// The stored form: same weights, same bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        MAGIC.iter().copied().chain(self.weights.iter().map(|&w| w as u8)).collect()
    }

    /// For each token of the block, whether it is content.
    fn tag(&self, block: &Block, finds: &[Find]) -> Vec<bool> {
        let view = features::View::new(block, finds);
        let mut out = vec![false; block.tokens.len()];
        let mut scratch = Scratch::default();
        for range in block.ranges.iter().filter(|r| r.len() <= LONGEST) {
            view.rows(range, &mut scratch.rows, &mut scratch.ends);
            let weight = |i: usize| self.weights.get(i).copied().map_or(0.0, f32::from);
            viterbi(&mut scratch, weight);
            for (i, &label) in range.clone().zip(&scratch.labels) {
                out[i] = label != OUTSIDE as u8;
            }
        }
        out
    }
}

/// Buffers that are used again for each sentence.
#[derive(Default)]
struct Scratch {
    /// Buckets of all tokens of a sentence, one after the other.
    rows: Vec<u32>,
    /// End of each token's buckets in `rows`.
    ends: Vec<usize>,
    back: Vec<[u8; N_LABELS]>,
    labels: Vec<u8>,
}

/// The best labels of the sentence in `scratch`; `weight` gives the weight at an index.
fn viterbi(scratch: &mut Scratch, weight: impl Fn(usize) -> f32) {
    let n = scratch.ends.len();
    scratch.back.clear();
    scratch.labels.clear();
    let mut scores = [0.0f32, 0.0, f32::NEG_INFINITY];
    let mut start = 0;
    for (t, &end) in scratch.ends.iter().enumerate() {
        let mut local = [0.0f32; N_LABELS];
        for &bucket in &scratch.rows[start..end] {
            for (label, score) in local.iter_mut().enumerate() {
                *score += weight(bucket as usize * N_LABELS + label);
            }
        }
        start = end;
        if t == 0 {
            scores = [local[OUTSIDE], local[FIRST], f32::NEG_INFINITY];
            scratch.back.push([0; N_LABELS]);
            continue;
        }
        let mut next = [f32::NEG_INFINITY; N_LABELS];
        let mut back = [0u8; N_LABELS];
        for to in 0..N_LABELS {
            for (from, before) in scores.iter().enumerate() {
                // Further words follow only content.
                if to == FURTHER && from == OUTSIDE {
                    continue;
                }
                let score = before + weight(N_BUCKETS * N_LABELS + from * N_LABELS + to) + local[to];
                if score > next[to] {
                    next[to] = score;
                    back[to] = from as u8;
                }
            }
        }
        scores = next;
        scratch.back.push(back);
    }
    let mut label = (0..N_LABELS).rev().max_by(|&a, &b| scores[a].total_cmp(&scores[b])).unwrap_or(OUTSIDE) as u8;
    scratch.labels.resize(n, 0);
    for t in (0..n).rev() {
        scratch.labels[t] = label;
        label = scratch.back[t][usize::from(label)];
    }
}

/// Adds what only the tagger sees.
///
/// On articles that it was not trained on this gains .006 of token F1 and .002 of end-to-end F1 (4 folds over our
/// own; .002 and .000 on US political news). Dropping the finds that it does not see gained .002 more on our own and
/// lost .004 on the others; taking the ends of content from it lost on both: the rules decide there.
pub(super) fn revise(tagger: &Tagger, block: &Block, finds: &mut Vec<Find>) {
    let tags = tagger.tag(block, finds);
    add_missed(block, &tags, finds);
}

/// Adds what is tagged, not found by any rule, and stands beside a verb of saying.
fn add_missed(block: &Block, tags: &[bool], finds: &mut Vec<Find>) {
    let mut covered = vec![false; block.tokens.len()];
    for i in finds.iter().flat_map(|f| f.content.iter().cloned().flatten().chain(f.cue.clone().into_iter().flatten())) {
        covered[i] = true;
    }
    for range in &block.ranges {
        let mut i = range.start;
        while i < range.end {
            if !tags[i] || covered[i] {
                i += 1;
                continue;
            }
            let end = (i..range.end).find(|&j| !tags[j] || covered[j]).unwrap_or(range.end);
            let run = block.trim(i..end);
            if block.n_words(&run) > 2
                && !is_title(block, &run)
                && let Some(find) = attribution_beside(block, &run, range)
            {
                finds.push(find);
            }
            i = end;
        }
    }
}

/// Whether a run is the name of a programme or a book: quoted, in capitals, or what is left of one after *'s*.
fn is_title(block: &Block, run: &Tokens) -> bool {
    let long = |&i: &usize| block.tokens[i].is_word() && block.word(i).len() > 3;
    let quoted = run.clone().filter(|&i| block.region(i) != 0);
    let capitals = quoted.clone().filter(long).all(|i| block.is(i, UPPER)) && block.region(run.end - 1) != 0;
    capitals && block.region(run.start) != 0 || block.is(run.start, POSSESSIVE_S)
}

/// The cue and source beside a tagged run.
fn attribution_beside(block: &Block, run: &Tokens, range: &Tokens) -> Option<Find> {
    let says = |i: usize| block.verb(i).is_some_and(|v| v.speech);
    let verb = |i: usize| says(i) && !block.is(i, UPPER) && block.region(i) == 0 && is_cue_verb(block, i, range);
    let before = (run.start.saturating_sub(4).max(range.start)..run.start).rev().find(|&i| verb(i));
    let (cue, source) = match before {
        Some(v) => (v, phrase_before(block, v, range.start)?),
        None => {
            let v = (run.end..range.end.min(run.end + 12)).find(|&i| verb(i))?;
            let source = phrase_before(block, v, run.end).or_else(|| phrase_after(block, v + 1, range.end))?;
            (v, source)
        }
    };
    let speaks = source.mention.clone().any(|i| block.is(i, UPPER | ROLE | SUBJ | ORG_BODY));
    speaks.then(|| Find {
        cue: Some(cue..cue + 1),
        source: Some(source),
        content: std::iter::once(run.clone()).collect(),
        speech: true,
        rule: "tagger",
        direct: false,
        stance: false,
        reported_by: None,
    })
}
