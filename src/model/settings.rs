//! Which features a model has; part of its manifest.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// A group of features that is scaled to unit length on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Block {
    /// Words and marks in lower case.
    Words,
    /// Character n-grams inside words.
    Chars,
    /// Subword pieces of words.
    Pieces,
    /// Pairs of neighbouring words, and of words with one between them.
    Ngrams,
    /// Pairs and triples of back-off classes: words of stance by their class, names and numbers masked.
    Classes,
    /// Words of stance with their scope: negated, conditional, modal, whose, in which clause, in quotation marks.
    Scopes,
}

/// Number of blocks.
pub const N_BLOCKS: usize = 6;
/// Number of blocks that depend on one word alone; they come first.
pub const N_WORD_BLOCKS: usize = 3;

impl Block {
    /// All blocks, in the order of the weights.
    pub const ALL: [Self; N_BLOCKS] = [Self::Words, Self::Chars, Self::Pieces, Self::Ngrams, Self::Classes, Self::Scopes];

    /// The name in manifests and explanations.
    pub fn name(self) -> &'static str {
        ["words", "chars", "pieces", "ngrams", "classes", "scopes"][self as usize]
    }
}

/// Settings of the features.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FeatureSettings {
    /// Binary logarithm of the number of hash buckets of each block, in the order of [`Block::ALL`]; 0 leaves it out.
    pub bits: [u8; N_BLOCKS],
    /// Factor of each block beside the others.
    pub scale: [f32; N_BLOCKS],
    /// Fewest characters of a character n-gram; word edges count as characters.
    pub char_min: usize,
    /// Most characters of a character n-gram.
    pub char_max: usize,
    /// Pairs of words are pairs of stems.
    pub stems: bool,
    /// Numbers, and in back-off classes names and dates, stand as one mark.
    pub mask: bool,
    /// Pairs of words with one word between them.
    pub skips: bool,
    /// Triples of words.
    pub trigrams: bool,
    /// Words of stance stand for their class in back-off n-grams.
    pub stance_classes: bool,
}

impl Default for FeatureSettings {
    /// For texts and labels of any kind.
    fn default() -> Self {
        Self {
            bits: [16, 18, 0, 18, 16, 14],
            // Classes and scopes come from lists of stance words: a help to kindred labels, noise to most others.
            scale: [1.0, 1.0, 1.0, 1.0, 0.5, 0.5],
            char_min: 2,
            char_max: 5,
            stems: true,
            mask: true,
            skips: true,
            trigrams: false,
            stance_classes: true,
        }
    }
}

/// Most bits of one block: bounds the size of a model that is read.
const MAX_BITS: u8 = 22;
/// Most characters of a character n-gram.
const MAX_CHARS: usize = 8;

impl FeatureSettings {
    /// Checks ranges.
    ///
    /// # Errors
    /// [`Error::Parameter`] naming the setting.
    pub fn check(&self) -> Result<()> {
        let bad = |what: String| Err(Error::Parameter(what));
        if let Some(bits) = self.bits.iter().find(|&&bits| bits > MAX_BITS || bits == 1) {
            return bad(format!("feature setting `bits` must be 0 or 2 to {MAX_BITS} (got {bits})"));
        }
        if self.bits.iter().all(|&bits| bits == 0) {
            return bad("feature setting `bits` leaves no feature".into());
        }
        if let Some(scale) = self.scale.iter().find(|scale| !(scale.is_finite() && **scale > 0.0)) {
            return bad(format!("feature setting `scale` must be above 0 (got {scale})"));
        }
        if self.char_min < 1 || self.char_min > self.char_max || self.char_max > MAX_CHARS {
            let (low, high) = (self.char_min, self.char_max);
            return bad(format!(
                "feature settings `char_min` and `char_max` must be ordered and 1 to {MAX_CHARS} (got {low} and {high})"
            ));
        }
        Ok(())
    }

    /// Number of buckets of `block`.
    pub fn buckets(&self, block: Block) -> usize {
        match self.bits[block as usize] {
            0 => 0,
            bits => 1 << bits,
        }
    }

    /// Buckets of all blocks together.
    pub fn total_buckets(&self) -> usize {
        Block::ALL.iter().map(|&block| self.buckets(block)).sum()
    }

    /// First bucket of each block in the table of weights.
    pub(crate) fn offsets(&self) -> [usize; N_BLOCKS] {
        let mut offsets = [0; N_BLOCKS];
        for block in 1..N_BLOCKS {
            offsets[block] = offsets[block - 1] + self.buckets(Block::ALL[block - 1]);
        }
        offsets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_follow_each_other() {
        let settings = FeatureSettings { bits: [2, 0, 3, 2, 0, 2], ..FeatureSettings::default() };
        assert_eq!(settings.offsets(), [0, 4, 4, 12, 16, 16]);
        assert_eq!(settings.total_buckets(), 20);
    }

    #[test]
    fn ranges_are_checked() {
        let of = |edit: fn(&mut FeatureSettings)| {
            let mut settings = FeatureSettings::default();
            edit(&mut settings);
            settings.check()
        };
        assert!(of(|_| ()).is_ok());
        assert!(of(|s| s.bits[0] = 23).is_err());
        assert!(of(|s| s.bits = [0; N_BLOCKS]).is_err());
        assert!(of(|s| s.char_min = 6).is_err());
        assert!(of(|s| s.scale[2] = f32::NAN).is_err());
    }
}
