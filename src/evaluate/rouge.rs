//! ROUGE: how much of the words of a reference a summary has.
//!
//! ROUGE-1 and -2 count shared words and bigrams, ROUGE-L the longest common subsequence, ROUGE-Lsum
//! the union of those of each reference sentence with every sentence of the summary (Lin 2004). Tokens
//! are runs of ASCII letters and digits in lower case, stemmed by Porter (1980) where longer than three
//! letters. Agrees with Google's `rouge_score` 0.1.2 (`use_stemmer=True`) to 1e-9.

use std::collections::HashMap;

use super::porter;

/// Precision, recall and their harmonic mean, each 0 to 1; 0 where a side is empty.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Overlap {
    /// Share of the summary that the reference has.
    pub precision: f64,
    /// Share of the reference that the summary has.
    pub recall: f64,
    /// Harmonic mean of the two.
    pub f1: f64,
}

impl Overlap {
    fn of(hits: usize, n_summary: usize, n_reference: usize) -> Self {
        let share = |n: usize| if n == 0 { 0.0 } else { hits as f64 / n as f64 };
        let (precision, recall) = (share(n_summary), share(n_reference));
        let sum = precision + recall;
        Self { precision, recall, f1: if sum > 0.0 { 2.0 * precision * recall / sum } else { 0.0 } }
    }
}

/// The four measures of one summary.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rouge {
    /// ROUGE-1: words.
    pub one: Overlap,
    /// ROUGE-2: bigrams.
    pub two: Overlap,
    /// ROUGE-L: longest common subsequence of the whole texts.
    pub l: Overlap,
    /// ROUGE-Lsum: the same by sentences.
    pub l_sum: Overlap,
}

impl Rouge {
    /// Mean of the F1 of ROUGE-1, -2 and -L.
    pub fn mean(&self) -> f64 {
        (self.one.f1 + self.two.f1 + self.l.f1) / 3.0
    }
}

/// Turns texts into numbered stems; one for all texts that are to be compared.
#[derive(Clone, Debug, Default)]
pub struct Stems {
    of_word: HashMap<String, u32>,
    of_stem: HashMap<String, u32>,
}

impl Stems {
    /// The stems of `text` in order.
    pub fn read(&mut self, text: &str) -> Vec<u32> {
        let lower = text.to_lowercase();
        let words = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        words.map(|word| self.number(word)).collect()
    }

    fn number(&mut self, word: &str) -> u32 {
        if let Some(&number) = self.of_word.get(word) {
            return number;
        }
        let stem = if word.len() > 3 { porter::stem(word) } else { word.to_string() };
        let next = self.of_stem.len() as u32;
        let number = *self.of_stem.entry(stem).or_insert(next);
        self.of_word.insert(word.to_string(), number);
        number
    }
}

/// Scores a summary against a reference, each given as its sentences.
pub fn rouge(reference: &[impl AsRef<str>], summary: &[impl AsRef<str>]) -> Rouge {
    let mut stems = Stems::default();
    let reference: Vec<Vec<u32>> = reference.iter().map(|s| stems.read(s.as_ref())).collect();
    let summary: Vec<Vec<u32>> = summary.iter().map(|s| stems.read(s.as_ref())).collect();
    rouge_of_stems(&reference, &summary)
}

/// [`rouge`] of sentences that one [`Stems`] has read.
pub fn rouge_of_stems(reference: &[Vec<u32>], summary: &[Vec<u32>]) -> Rouge {
    let (all_reference, all_summary) = (reference.concat(), summary.concat());
    Rouge {
        one: ngram_overlap(&all_reference, &all_summary, 1),
        two: ngram_overlap(&all_reference, &all_summary, 2),
        l: Overlap::of(lcs_length(&all_reference, &all_summary), all_summary.len(), all_reference.len()),
        l_sum: summary_level_lcs(reference, summary),
    }
}

/// Overlap of the `n`-grams of two lists of stems, each counted as often as both have it.
pub fn ngram_overlap(reference: &[u32], summary: &[u32], n: usize) -> Overlap {
    let mut counts: HashMap<&[u32], usize> = HashMap::new();
    for gram in reference.windows(n) {
        *counts.entry(gram).or_default() += 1;
    }
    let mut hits = 0;
    for gram in summary.windows(n) {
        if let Some(left) = counts.get_mut(gram).filter(|left| **left > 0) {
            *left -= 1;
            hits += 1;
        }
    }
    let grams = |stems: &[u32]| (stems.len() + 1).saturating_sub(n);
    Overlap::of(hits, grams(summary), grams(reference))
}

/// Length of the longest common subsequence.
fn lcs_length(a: &[u32], b: &[u32]) -> usize {
    let mut row = vec![0; b.len() + 1];
    for x in a {
        let mut diagonal = 0;
        for (j, y) in b.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = if x == y { diagonal + 1 } else { above.max(row[j]) };
            diagonal = above;
        }
    }
    row[b.len()]
}

/// Marks in `hit` the positions of `reference` in one longest common subsequence with `sentence`.
///
/// Which one, where there are several, decides the score: the walk back prefers a shorter summary
/// only where that is strictly better, as the reference implementation does.
fn mark_lcs(reference: &[u32], sentence: &[u32], hit: &mut [bool]) {
    let width = sentence.len() + 1;
    let mut table = vec![0_u32; (reference.len() + 1) * width];
    for (i, x) in reference.iter().enumerate() {
        for (j, y) in sentence.iter().enumerate() {
            let (above, left) = (table[i * width + j + 1], table[(i + 1) * width + j]);
            table[(i + 1) * width + j + 1] = if x == y { table[i * width + j] + 1 } else { above.max(left) };
        }
    }
    let (mut i, mut j) = (reference.len(), sentence.len());
    while i > 0 && j > 0 {
        if reference[i - 1] == sentence[j - 1] {
            hit[i - 1] = true;
            (i, j) = (i - 1, j - 1);
        } else if table[i * width + j - 1] > table[(i - 1) * width + j] {
            j -= 1;
        } else {
            i -= 1;
        }
    }
}

fn count(sentences: &[Vec<u32>]) -> HashMap<u32, usize> {
    let mut counts = HashMap::new();
    for stem in sentences.iter().flatten() {
        *counts.entry(*stem).or_default() += 1;
    }
    counts
}

fn summary_level_lcs(reference: &[Vec<u32>], summary: &[Vec<u32>]) -> Overlap {
    let (mut in_reference, mut in_summary) = (count(reference), count(summary));
    let mut hits = 0;
    for sentence in reference {
        let mut hit = vec![false; sentence.len()];
        summary.iter().for_each(|other| mark_lcs(sentence, other, &mut hit));
        for (stem, _) in sentence.iter().zip(&hit).filter(|(_, hit)| **hit) {
            // No stem counts more often than it stands on either side.
            if let (Some(r), Some(s)) = (in_reference.get_mut(stem), in_summary.get_mut(stem))
                && *r > 0
                && *s > 0
            {
                (*r, *s) = (*r - 1, *s - 1);
                hits += 1;
            }
        }
    }
    let total = |sentences: &[Vec<u32>]| sentences.iter().map(Vec::len).sum();
    Overlap::of(hits, total(summary), total(reference))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worked_by_hand() {
        // Reference a b c d, summary a c x: 2 of 3 words, 2 of 4; no bigram; a c in order.
        let it = rouge(&["aa bb cc dd"], &["aa cc xx"]);
        assert_eq!((it.one.precision, it.one.recall), (2.0 / 3.0, 0.5));
        assert_eq!(it.two.f1, 0.0);
        assert_eq!(it.l, it.one);
        assert!((it.mean() - (4.0 / 7.0 + 0.0 + 4.0 / 7.0) / 3.0).abs() < 1e-12);
    }

    #[test]
    fn empty_sides_score_zero() {
        let none: [&str; 0] = [];
        assert_eq!(rouge(&none, &["a"]), Rouge::default());
        assert_eq!(rouge(&["a"], &none), Rouge::default());
        assert_eq!(rouge(&["?!"], &["…"]), Rouge::default());
    }

    #[test]
    fn repeated_words_count_once_each() {
        let it = rouge(&["the the cat"], &["the the the"]);
        assert_eq!((it.one.precision, it.one.recall), (2.0 / 3.0, 2.0 / 3.0));
    }
}
