//! Percentile bootstrap (Efron and Tibshirani 1993).

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// A measure with its 95 % interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// On the data as they are.
    pub value: f64,
    /// 2.5th percentile over resamples.
    pub low: f64,
    /// 97.5th percentile over resamples.
    pub high: f64,
}

/// Numbers drawn by chance from a seed: SplitMix64 (Steele, Lea and Flood 2014).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// A generator that gives the same numbers for the same seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    /// A number below `n`; 0 if `n` is 0.
    pub fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.draw()) * n as u128) >> 64) as usize
    }
}

/// Measures `items` and `resamples` random samples of them with replacement. `measure` gives several measures at once;
/// all are given back in its order; samples where one is NaN do not count for it. No items give what `measure` says of none, without spread.
pub fn estimates<T: Sync + Copy>(
    items: &[T],
    resamples: usize,
    seed: u64,
    measure: impl Fn(&[T]) -> Vec<f64> + Sync,
) -> Vec<Estimate> {
    let values = measure(items);
    let draw = |number: usize| {
        let mut random = Random::new(seed.wrapping_add((number as u64).wrapping_mul(0x9e37_79b9)));
        let sample: Vec<T> = (0..items.len()).filter_map(|_| items.get(random.below(items.len())).copied()).collect();
        measure(&sample)
    };
    let samples: Vec<Vec<f64>> = (0..resamples).into_par_iter().map(draw).collect();
    let of_measure = |(m, &value): (usize, &f64)| {
        let mut drawn: Vec<f64> = samples.iter().filter_map(|sample| sample.get(m).copied()).filter(|x| !x.is_nan()).collect();
        drawn.sort_by(f64::total_cmp);
        let at = |share: f64| {
            drawn.get(((share * drawn.len() as f64) as usize).min(drawn.len().saturating_sub(1))).copied().unwrap_or(value)
        };
        Estimate { value, low: at(0.025), high: at(0.975) }
    };
    values.iter().enumerate().map(of_measure).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_of_a_mean_covers_it() {
        let items: Vec<f64> = (0..400).map(|i| f64::from(i % 2)).collect();
        let mean = |sample: &[f64]| vec![sample.iter().sum::<f64>() / sample.len() as f64];
        let found = estimates(&items, 2000, 1, mean)[0];
        assert_eq!(found.value, 0.5);
        // The standard error is 0.025; 1.96 of them on each side.
        assert!((found.low - 0.451).abs() < 0.006 && (found.high - 0.549).abs() < 0.006, "{found:?}");
        assert_eq!(estimates(&items, 50, 1, mean), estimates(&items, 50, 1, mean));
    }
}
