//! Near-duplicates across folds, by MinHash (Broder 1997): they make held-out measures look better than they are.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::Example;

/// Words of one shingle.
const SHINGLE: usize = 3;
/// Bands and rows of the signature: pairs of similarity 0.8 meet in one of the bands with probability 0.9998.
const BANDS: usize = 16;
const ROWS: usize = 4;
/// Share of common shingles from which texts are near-duplicates.
const SIMILAR: f64 = 0.8;
/// Texts of one bucket that are compared: a bound for degenerate data.
const MAX_BUCKET: usize = 64;

/// The pairs of near-duplicates that stand in different folds: numbers of the examples, in order.
pub(super) fn across(examples: &[Example], folds: &[Option<usize>]) -> Vec<(usize, usize)> {
    let judged: Vec<usize> = (0..examples.len()).filter(|&i| examples[i].probabilities.is_none() && folds[i].is_some()).collect();
    let shingles: Vec<BTreeSet<u64>> = judged.par_iter().map(|&i| shingles(&examples[i].text)).collect();
    let keys: Vec<Vec<[u64; ROWS]>> = shingles.par_iter().map(signature).collect();
    let mut buckets: BTreeMap<(usize, [u64; ROWS]), Vec<usize>> = BTreeMap::new();
    for (at, keys) in keys.iter().enumerate() {
        keys.iter().enumerate().for_each(|(band, &key)| buckets.entry((band, key)).or_default().push(at));
    }
    let mut pairs = BTreeSet::new();
    for bucket in buckets.values() {
        let bucket = &bucket[..bucket.len().min(MAX_BUCKET)];
        for (i, &a) in bucket.iter().enumerate() {
            pairs.extend(bucket[i + 1..].iter().filter(|&&b| folds[judged[a]] != folds[judged[b]]).map(|&b| (a, b)));
        }
    }
    let similar = pairs.into_iter().filter(|&(a, b)| jaccard(&shingles[a], &shingles[b]) >= SIMILAR);
    similar.map(|(a, b)| (judged[a], judged[b])).collect()
}

/// The least values of each band; none of a text without words.
fn signature(set: &BTreeSet<u64>) -> Vec<[u64; ROWS]> {
    let band = |band: usize| std::array::from_fn(|row| least(set, (band * ROWS + row) as u64));
    (0..BANDS).filter(|_| !set.is_empty()).map(band).collect()
}

fn shingles(text: &str) -> BTreeSet<u64> {
    let mut words = Vec::new();
    crate::stance::words(text, |word| words.push(crate::stance::features::hash(word.as_bytes(), 0)));
    let mix = |h: u64, &w: &u32| (h ^ u64::from(w)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(31);
    match words.len() {
        0 => BTreeSet::new(),
        n if n < SHINGLE => BTreeSet::from([words.iter().fold(0, mix)]),
        _ => words.windows(SHINGLE).map(|window| window.iter().fold(0, mix)).collect(),
    }
}

/// The least value of the set under one hash function.
fn least(set: &BTreeSet<u64>, function: u64) -> u64 {
    let mix = |x: u64| {
        let mut h = (x ^ function.wrapping_mul(0xbf58_476d_1ce4_e5b9)).wrapping_mul(0x94d0_49bb_1331_11eb);
        h ^= h >> 31;
        h.wrapping_mul(0xff51_afd7_ed55_8ccd)
    };
    set.iter().map(|&x| mix(x)).min().unwrap_or(u64::MAX)
}

fn jaccard(a: &BTreeSet<u64>, b: &BTreeSet<u64>) -> f64 {
    let both = a.intersection(b).count();
    both as f64 / (a.len() + b.len() - both).max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_copy_in_another_fold_is_found() {
        let text = |text: &str| Example { text: text.into(), labels: vec![0], weight: 1.0, ..Example::default() };
        let long = "the delegation of the island state will remain at the table until every one of the twelve articles has been read twice";
        let examples =
            [text(long), text(&format!("{long} again")), text("a quite different sentence about the price of bread in town")];
        assert_eq!(across(&examples, &[Some(0), Some(1), Some(0)]), [(0, 1)]);
        assert_eq!(across(&examples, &[Some(0), Some(0), Some(1)]), []);
    }
}
