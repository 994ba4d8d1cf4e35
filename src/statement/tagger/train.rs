//! Trains the tagger from annotated articles.

use super::{FIRST, FURTHER, N_BUCKETS, N_LABELS, Scratch, Tagger, features::View, viterbi};
use crate::{
    segment::segment,
    span::Span,
    statement::{block::Block, blocks, rules},
};

/// An article and the content of the statements in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AnnotatedArticle {
    /// The text that the spans index.
    pub text: String,
    /// Content spans of all statements.
    pub content: Vec<Span>,
}

/// How the tagger is trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaggerSettings {
    /// Passes over the articles.
    pub epochs: usize,
    /// Seed of their order.
    pub seed: u64,
}

impl Default for TaggerSettings {
    fn default() -> Self {
        // Held-out accuracy is flat from 6 passes on.
        Self { epochs: 8, seed: 1 }
    }
}

/// What training saw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TaggerReport {
    /// Sentences in the articles.
    pub sentences: usize,
    /// Tokens in them.
    pub tokens: usize,
    /// Tokens labelled wrongly in the last pass, before each update.
    pub wrong: usize,
}

/// A sentence ready to learn from.
struct Row {
    rows: Vec<u32>,
    ends: Vec<usize>,
    gold: Vec<u8>,
}

/// Trains a tagger on `articles`; the same articles and settings give the same tagger.
pub fn train(articles: &[AnnotatedArticle], settings: TaggerSettings) -> (Tagger, TaggerReport) {
    let mut rows: Vec<Row> = articles.iter().flat_map(rows_of).collect();
    let mut report = TaggerReport { sentences: rows.len(), tokens: rows.iter().map(|r| r.gold.len()).sum(), wrong: 0 };
    let size = N_BUCKETS * N_LABELS + N_LABELS * N_LABELS;
    let (mut weights, mut sums) = (vec![0.0f32; size], vec![0.0f64; size]);
    let mut step = 1.0f64;
    let mut scratch = Scratch::default();
    let mut state = settings.seed;
    for _ in 0..settings.epochs {
        shuffle(&mut rows, &mut state);
        report.wrong = 0;
        for row in &rows {
            scratch.rows.clone_from(&row.rows);
            scratch.ends.clone_from(&row.ends);
            viterbi(&mut scratch, |i| weights[i]);
            report.wrong += scratch.labels.iter().zip(&row.gold).filter(|(a, b)| a != b).count();
            if scratch.labels != row.gold {
                update(row, &scratch.labels, |i, delta| {
                    weights[i] += delta;
                    // Averaging without touching every weight at every step: Daumé (2006).
                    sums[i] += step * f64::from(delta);
                });
            }
            step += 1.0;
        }
    }
    let averaged: Vec<f64> = weights.iter().zip(&sums).map(|(w, s)| f64::from(*w) - s / step).collect();
    (Tagger { weights: quantized(&averaged) }, report)
}

/// Adds the features of the gold labels and takes off those of the `found` ones.
fn update(row: &Row, found: &[u8], mut add: impl FnMut(usize, f32)) {
    for (labels, delta) in [(row.gold.as_slice(), 1.0f32), (found, -1.0)] {
        let mut start = 0;
        for (t, (&end, &label)) in row.ends.iter().zip(labels).enumerate() {
            for &bucket in &row.rows[start..end] {
                add(bucket as usize * N_LABELS + usize::from(label), delta);
            }
            start = end;
            if t > 0 {
                add(N_BUCKETS * N_LABELS + usize::from(labels[t - 1]) * N_LABELS + usize::from(label), delta);
            }
        }
    }
}

/// Weights as bytes: the largest becomes 127.
fn quantized(weights: &[f64]) -> Vec<i8> {
    let largest = weights.iter().fold(1e-9f64, |m, w| m.max(w.abs()));
    weights.iter().map(|w| (w / largest * 127.0).round() as i8).collect()
}

fn rows_of(article: &AnnotatedArticle) -> Vec<Row> {
    let segmentation = segment(&article.text);
    let mut out = Vec::new();
    for sentences in blocks(&segmentation) {
        let mut block = Block::new(&article.text, &segmentation, sentences);
        rules::end_unclosed(&mut block);
        let finds = rules::finds(&block);
        let gold = gold(&block, &article.content);
        let view = View::new(&block, &finds);
        for range in block.ranges.iter().filter(|r| !r.is_empty()) {
            let mut row = Row { rows: Vec::new(), ends: Vec::new(), gold: gold[range.clone()].to_vec() };
            view.rows(range, &mut row.rows, &mut row.ends);
            // Content that runs on from the sentence before starts anew.
            if row.gold.first() == Some(&(FURTHER as u8)) {
                row.gold[0] = FIRST as u8;
            }
            out.push(row);
        }
    }
    out
}

/// Gold label of each token.
fn gold(block: &Block, content: &[Span]) -> Vec<u8> {
    let mut labels = vec![0u8; block.tokens.len()];
    for span in content {
        let mut first = true;
        for (i, label) in labels.iter_mut().enumerate() {
            if span.contains(block.span(&(i..i + 1))) {
                *label = if first { FIRST } else { FURTHER } as u8;
                first = false;
            }
        }
    }
    labels
}

/// Fisher–Yates with SplitMix64 (Steele, Lea and Flood 2014).
fn shuffle(rows: &mut [Row], state: &mut u64) {
    for i in (1..rows.len()).rev() {
        *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = *state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        rows.swap(i, ((z ^ (z >> 31)) % (i as u64 + 1)) as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn article() -> AnnotatedArticle {
        let text = "Mr. Rossi said the bridge was closed. The bus was late. Ms. Lind said nobody came.".to_owned();
        let span = |s: &str| text.find(s).map(|at| Span::clamped(&text, at..at + s.len())).unwrap();
        let content = vec![span("the bridge was closed"), span("nobody came")];
        AnnotatedArticle { text, content }
    }

    #[test]
    fn learns_its_articles_and_is_stored_byte_for_byte() {
        let (tagger, report) = train(&[article()], TaggerSettings::default());
        assert_eq!((report.sentences, report.wrong), (3, 0));
        let (again, _) = train(&[article()], TaggerSettings::default());
        assert_eq!(tagger.to_bytes(), again.to_bytes());
        assert_eq!(Tagger::from_bytes("t", &tagger.to_bytes()).unwrap(), tagger);
    }

    #[test]
    fn foreign_and_cut_files_are_refused() {
        let bytes = train(&[article()], TaggerSettings::default()).0.to_bytes();
        assert!(Tagger::from_bytes("t", b"nonsense").is_err());
        assert!(Tagger::from_bytes("t", &bytes[..bytes.len() - 1]).is_err());
        assert!(Tagger::from_bytes("t", &[]).is_err());
    }
}
