//! What a run counts: whole numbers only, so that the order of adding does not matter.

use serde::{Deserialize, Serialize};

use super::columns::{Verdict, confidence};

/// Counts over the records of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Records read, rejected ones included.
    pub records: u64,
    /// Records that were rejected.
    pub rejected: u64,
    /// Inputs that could not be read to their end.
    pub lost_inputs: u64,
    /// Rows written: records, or with `--articles` statements.
    pub rows: u64,
    /// Bytes of (decompressed) input.
    pub bytes: u64,
    /// Rows by main label, in the model's order.
    pub main: Vec<u64>,
    /// Rows by label given, main or further.
    pub given: Vec<u64>,
    /// Rows whose main label is withheld (`--abstain`).
    pub unsure: u64,
    /// Sum of the main labels' probabilities, in ten-thousandths.
    pub confidence: u64,
    /// Rows whose main label is less probable than one half.
    pub under_half: u64,
    /// Words of the texts.
    pub words: u64,
    /// Words that the model's training texts did not have: many are a sign of drift.
    pub unknown_words: u64,
}

impl Counts {
    /// No counts, for a model of `n_labels`.
    pub fn new(n_labels: usize) -> Self {
        Self { main: vec![0; n_labels], given: vec![0; n_labels], ..Self::default() }
    }

    /// Counts a row.
    pub fn add(&mut self, verdict: Verdict<'_>) {
        let Verdict { prediction, unsure } = verdict;
        let sure = confidence(prediction);
        self.rows += 1;
        self.confidence += u64::from(sure);
        self.words += u64::from(prediction.words);
        self.unknown_words += u64::from(prediction.unknown_words);
        self.under_half += u64::from(sure < super::columns::SCALE / 2);
        if unsure {
            self.unsure += 1;
            return;
        }
        if let Some(count) = self.main.get_mut(prediction.main) {
            *count += 1;
        }
        for &label in &prediction.chosen {
            if let Some(count) = self.given.get_mut(label) {
                *count += 1;
            }
        }
    }

    /// Adds the counts of another part of the run.
    pub fn merge(&mut self, other: &Self) {
        self.records += other.records;
        self.rejected += other.rejected;
        self.lost_inputs += other.lost_inputs;
        self.rows += other.rows;
        self.bytes += other.bytes;
        self.unsure += other.unsure;
        self.confidence += other.confidence;
        self.under_half += other.under_half;
        self.words += other.words;
        self.unknown_words += other.unknown_words;
        let pairs = self.main.iter_mut().zip(&other.main).chain(self.given.iter_mut().zip(&other.given));
        pairs.for_each(|(sum, count)| *sum += count);
    }

    /// Mean probability of the main label; 0 without rows.
    pub fn mean_confidence(&self) -> f64 {
        self.confidence as f64 / f64::from(super::columns::SCALE) / self.rows.max(1) as f64
    }
}
