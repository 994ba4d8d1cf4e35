//! What the tagger sees of a token: hashed features, one bucket each.

use super::N_BUCKETS;
use crate::statement::{
    block::{Block, Tokens},
    lexicon::class::*,
    rules::Find,
};

/// A block with what the rules found in it.
pub(super) struct View<'b> {
    block: &'b Block<'b>,
    /// Hash of each token's word in small letters.
    words: Vec<u32>,
    /// What the rules say of each token: 0 outside, else the rule's number and whether it is the first word.
    rules: Vec<u8>,
}

/// Word classes that tell something about clause structure.
const SIGNATURE: u64 = DET
    | POSS
    | SUBJ
    | AUX
    | MODAL
    | NEG
    | PREP
    | COORD
    | SUB
    | REL
    | ADV
    | TIME
    | ROLE
    | CUE_VERB
    | CUE_NOUN
    | UPPER
    | DIGIT
    | ING
    | ED;

const RULES: [&str; 12] = [
    "cue before clause",
    "quotation before cue",
    "clause before cue",
    "cue before quotation",
    "according to",
    "quotation without cue",
    "expressed hope",
    "quotation with a rare verb",
    "passive with by",
    "noun with that",
    "in X's words",
    "passive",
];

fn mix(a: u32, b: u32) -> u32 {
    (a.rotate_left(5) ^ b).wrapping_mul(0x9E37_79B1)
}

fn hash(word: &str) -> u32 {
    // Words are ASCII almost always; others keep their case, which costs nothing here.
    word.bytes().fold(17, |h, b| mix(h, u32::from(b.to_ascii_lowercase())))
}

impl<'b> View<'b> {
    pub(super) fn new(block: &'b Block<'b>, finds: &[Find]) -> Self {
        let words = (0..block.tokens.len()).map(|i| hash(block.word(i))).collect();
        let mut rules = vec![0u8; block.tokens.len()];
        for find in finds {
            let rule = RULES.iter().position(|r| *r == find.rule).map_or(RULES.len() + 1, |n| n + 1) as u8;
            for content in &find.content {
                for i in content.clone() {
                    rules[i] = rule * 2 + u8::from(i == content.start);
                }
            }
        }
        Self { block, words, rules }
    }

    /// Buckets of all tokens of a sentence, and where each token's end.
    pub(super) fn rows(&self, range: &Tokens, rows: &mut Vec<u32>, ends: &mut Vec<usize>) {
        rows.clear();
        ends.clear();
        let mut cue_left = 0;
        for i in range.clone() {
            self.row(i, range, cue_left, rows);
            ends.push(rows.len());
            if self.block.is(i, CUE_VERB) {
                cue_left = self.words[i];
            }
        }
    }

    fn row(&self, i: usize, range: &Tokens, cue_left: u32, rows: &mut Vec<u32>) {
        let at = |j: Option<usize>| j.filter(|j| range.contains(j));
        let (before, after) = (at(i.checked_sub(1)), at(Some(i + 1)));
        let word = |j: Option<usize>| j.map_or(1, |j| self.words[j]);
        let rule = |j: Option<usize>| j.map_or(255, |j| u32::from(self.rules[j]));
        let signature = |j: Option<usize>| j.map_or(3, |j| self.signature(j));
        let here = Some(i);
        let (r, w, s) = (rule(here), word(here), signature(here));
        let place = u32::from(before.is_none()) + 2 * u32::from(after.is_none());
        let region = |j: Option<usize>| j.map_or(0, |j| self.block.region(j).min(1));
        let marks = region(before) + 2 * region(here) + 4 * region(after);
        let features = [
            mix(0, marks),
            mix(1, r),
            mix(2, w),
            mix(3, word(before)),
            mix(4, word(after)),
            mix(5, s),
            mix(6, mix(signature(before), s)),
            mix(7, mix(s, signature(after))),
            mix(8, mix(rule(before), mix(r, rule(after)))),
            mix(9, mix(r, w)),
            mix(10, mix(r, word(before))),
            mix(11, mix(r, s)),
            mix(12, mix(r, marks)),
            mix(13, mix(r, cue_left)),
            mix(14, mix(s, cue_left)),
            mix(15, mix(word(before), w)),
            mix(16, mix(place, r)),
            mix(17, mix(r, signature(before))),
        ];
        rows.extend(features.iter().map(|f| (f >> 7) % N_BUCKETS as u32));
    }

    fn signature(&self, i: usize) -> u32 {
        let token = &self.block.tokens[i];
        if token.mark != 0 {
            return 256 + u32::from(token.mark);
        }
        let bits = token.classes & SIGNATURE;
        mix(bits as u32, (bits >> 32) as u32)
    }
}
