//! The numbers of a classifier: a row of signed bytes for each bucket, or only for the buckets that have any.

use std::borrow::Cow;

use super::settings::N_BLOCKS;

/// The numbers of a classifier.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Weights {
    /// Signed bytes, `(n_rows, n_labels)`, blocks one after the other.
    pub table: Cow<'static, [u8]>,
    /// Which buckets have a row; `None` where all have one.
    pub filled: Option<Filled>,
    /// What one unit of the table is worth, for each block.
    pub units: [f32; N_BLOCKS],
    /// One for each label.
    pub biases: Vec<f32>,
    /// Bit set over hashes of the words seen in training.
    pub vocabulary: Cow<'static, [u8]>,
}

/// From how many bytes on a table leaves out rows of zeros: with many labels most buckets have none else. Smaller
/// tables are looked up faster with all rows.
pub(crate) const LEAVES_OUT_FROM: usize = 4 << 20;

impl Weights {
    /// The weights of a bucket, one for each label; nothing where all are 0.
    #[inline]
    pub fn row(&self, bucket: usize) -> &[u8] {
        let row = match &self.filled {
            None => Some(bucket),
            Some(filled) => filled.row(bucket),
        };
        let n = self.biases.len();
        row.and_then(|row| self.table.get(row * n..(row + 1) * n)).unwrap_or_default()
    }

    /// Table and filled buckets from the rows of some of `n_buckets` buckets, in ascending order.
    pub(crate) fn table_of(
        n_buckets: usize,
        n_labels: usize,
        rows: impl Iterator<Item = (usize, Vec<u8>)>,
    ) -> (Vec<u8>, Option<Filled>) {
        let whole = n_buckets * n_labels;
        if whole < LEAVES_OUT_FROM {
            let mut table = vec![0; whole];
            for (bucket, row) in rows {
                table[bucket * n_labels..(bucket + 1) * n_labels].copy_from_slice(&row);
            }
            return (table, None);
        }
        let (mut table, mut words) = (Vec::new(), vec![0u64; n_buckets.div_ceil(64)]);
        for (bucket, row) in rows.filter(|(_, row)| row.iter().any(|&byte| byte != 0)) {
            words[bucket / 64] |= 1 << (bucket % 64);
            table.extend(row);
        }
        (table, Some(Filled::new(words)))
    }
}

/// A set of buckets, and the number of each among them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filled {
    words: Vec<u64>,
    /// Buckets of the set before each word.
    before: Vec<u32>,
}

impl Filled {
    fn new(words: Vec<u64>) -> Self {
        let mut sum = 0;
        let mut add = |word: &u64| {
            let before = sum;
            sum += word.count_ones();
            before
        };
        let before = words.iter().map(&mut add).collect();
        Self { words, before }
    }

    /// The set of `n_buckets` buckets whose bits are `bytes`; `None` if these are too many, too few, or beyond the last.
    pub(crate) fn from_bytes(bytes: &[u8], n_buckets: usize) -> Option<Self> {
        let (words, rest) = bytes.as_chunks::<8>();
        let words: Vec<u64> = words.iter().map(|&word| u64::from_le_bytes(word)).collect();
        let beyond = words.last().is_some_and(|last| !n_buckets.is_multiple_of(64) && last >> (n_buckets % 64) != 0);
        (rest.is_empty() && words.len() == n_buckets.div_ceil(64) && !beyond).then(|| Self::new(words))
    }

    /// Its bits, eight to a byte.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        self.words.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    /// Number of buckets in the set.
    pub(crate) fn count(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Number of `bucket` among those of the set.
    #[inline]
    fn row(&self, bucket: usize) -> Option<usize> {
        let (word, bit) = (self.words.get(bucket / 64)?, 1u64 << (bucket % 64));
        let before = *self.before.get(bucket / 64)? as usize;
        (word & bit != 0).then(|| before + (word & (bit - 1)).count_ones() as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weights(n_buckets: usize, rows: &[(usize, Vec<u8>)]) -> Weights {
        let (table, filled) = Weights::table_of(n_buckets, rows[0].1.len(), rows.iter().cloned());
        Weights { table: table.into(), filled, biases: vec![0.0; rows[0].1.len()], ..Weights::default() }
    }

    #[test]
    fn a_small_table_has_all_rows() {
        let found = weights(4, &[(1, vec![7, 0]), (2, vec![0, 0])]);
        assert_eq!((found.filled.is_none(), found.table.len()), (true, 8));
        assert_eq!((found.row(1), found.row(3), found.row(4)), (&[7u8, 0][..], &[0u8, 0][..], &[][..]));
    }

    #[test]
    fn a_large_table_leaves_out_rows_of_zeros() {
        let n_labels = LEAVES_OUT_FROM / 128;
        let row = |byte: u8| vec![byte; n_labels];
        let found = weights(130, &[(0, row(1)), (63, row(2)), (64, row(0)), (65, row(3)), (129, row(4))]);
        assert_eq!(found.table.len(), 4 * n_labels);
        let first = |bucket: usize| found.row(bucket).first().copied();
        assert_eq!([0, 63, 65, 129].map(first), [1, 2, 3, 4].map(Some));
        assert_eq!([1, 64, 128, 130, 9999].map(first), [None; 5]);
        let filled = found.filled.unwrap();
        assert_eq!(Filled::from_bytes(&filled.to_bytes(), 130).as_ref(), Some(&filled));
        assert_eq!((filled.count(), Filled::from_bytes(&filled.to_bytes(), 129)), (4, None));
        assert_eq!(Filled::from_bytes(&filled.to_bytes()[1..], 130), None);
    }
}
