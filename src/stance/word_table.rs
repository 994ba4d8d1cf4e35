//! A bounded table from words to what they contribute, made to be read fast.
//!
//! Nothing that is labelled depends on what it holds: a word that is not there is computed anew.

use super::features::WordView;

/// Longest word, in bytes, that the table keeps.
pub(super) const KEY: usize = 24;
/// Most words that the table keeps; then it begins anew.
const MAX_WORDS: usize = 100_000;
/// Most bytes of contributions that the table keeps.
const MAX_BYTES: usize = 1 << 24;
/// Bits of a slot that number an entry, from 1 on; those above are a part of its hash.
const NUMBER_BITS: u32 = 17;
/// Slots from a word's own on in which it may stand: bounds what a look-up costs, whatever the words.
const REACH: usize = 64;

/// A word's bytes, zeros behind them. No word holds a zero, so no two have the same key.
pub(super) type Key = [u64; 3];

/// The key of the word of `length` bytes at `start`; `None` if it is longer than [`KEY`]. As many bytes must stand there.
#[inline(always)]
pub(super) fn key(padded: &[u8], start: usize, length: usize) -> Option<Key> {
    let bytes: &[u8; KEY] = padded.get(start..start + KEY)?.try_into().ok()?;
    let mask = MASKS.get(length)?;
    let part = |at: usize| bytes.get(at..at + 8).and_then(|eight| eight.try_into().ok()).map_or(0, u64::from_le_bytes);
    Some([part(0) & mask[0], part(8) & mask[1], part(16) & mask[2]])
}

/// Which bytes of a key are those of a word, by its length.
const MASKS: [Key; KEY + 1] = masks();

const fn masks() -> [Key; KEY + 1] {
    let mut masks = [[0; 3]; KEY + 1];
    let mut length = 0;
    while length <= KEY {
        let mut byte = 0;
        while byte < length {
            masks[length][byte / 8] |= 0xff << (byte % 8 * 8);
            byte += 1;
        }
        length += 1;
    }
    masks
}

/// Hash of a key, for this table alone.
#[inline(always)]
fn hash(key: &Key) -> u64 {
    let parts = [key[0], key[1].wrapping_mul(0xc2b2_ae3d_27d4_eb4f), key[2].wrapping_mul(0x1656_67b1_9e37_79f9)];
    let mixed = parts[0].wrapping_add(parts[1]).wrapping_add(parts[2]).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ mixed >> 32).wrapping_mul(0xff51_afd7_ed55_8ccd).rotate_left(32)
}

/// Contributions that stand in the entry itself; longer rows stand apart.
const NEAR: usize = 12;
/// How many counts stand behind a word's contributions.
pub(super) const N_COUNTS: usize = 4;

/// What is kept of a word, in one line of the cache.
#[derive(Clone, Copy, Debug, Default)]
#[repr(align(64))]
pub(super) struct Entry {
    key: Key,
    near: [i16; NEAR],
    pub(super) view: WordView,
    pub(super) counts: [u8; N_COUNTS],
}

/// A word that is there.
pub(super) struct Found<'t> {
    pub(super) entry: &'t Entry,
    number: u32,
}

impl Found<'_> {
    /// The word's contributions, of a model with at most [`NEAR`] of them.
    #[inline(always)]
    pub(super) fn near<const W: usize>(&self) -> Option<&[i16; W]> {
        self.entry.near.first_chunk()
    }
}

/// The table.
#[derive(Debug)]
pub(super) struct WordTable {
    /// A power of two of slots; 0 is free. Small, and entries in the order of learning, so that frequent words stand close.
    slots: Vec<u32>,
    entries: Vec<Entry>,
    /// Rows longer than [`NEAR`], `(n_entries, width)`.
    far: Vec<i16>,
    width: usize,
    max_words: usize,
}

impl WordTable {
    /// A table of rows of `width` contributions.
    pub(super) fn new(width: usize) -> Self {
        let max_words = (MAX_BYTES / (2 * width.max(1))).clamp(256, MAX_WORDS);
        Self { slots: vec![0; FIRST_SLOTS], entries: Vec::new(), far: Vec::new(), width, max_words }
    }

    /// Keeps at most `words`.
    #[cfg(test)]
    pub(super) fn bound(&mut self, words: usize) {
        self.max_words = words;
    }

    /// Number of words kept.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The number of the entry that is likely that of `key`, or [`NOWHERE`]. Nothing waits for the answer, so that a series
    /// of calls waits for memory once.
    #[inline(always)]
    pub(super) fn guess(&self, key: Option<&Key>) -> u32 {
        let Some(key) = key else { return NOWHERE };
        let hash = hash(key);
        let slot = self.slots[self.home(hash)];
        if slot >> NUMBER_BITS == tag(hash) { number(slot) } else { NOWHERE }
    }

    /// What is kept of a word: looked for at `guess`, then everywhere.
    #[inline(always)]
    pub(super) fn get(&self, key: &Key, guess: u32) -> Option<Found<'_>> {
        match self.entries.get(guess as usize) {
            Some(entry) if differ(&entry.key, key) == 0 => Some(Found { entry, number: guess }),
            _ => self.search(key),
        }
    }

    /// The contributions of a word.
    #[inline(always)]
    pub(super) fn row<'t>(&'t self, found: &Found<'t>) -> &'t [i16] {
        let start = found.number as usize * self.width;
        if self.width > NEAR { self.far.get(start..start + self.width) } else { found.entry.near.get(..self.width) }
            .unwrap_or_default()
    }

    #[cold]
    fn search(&self, key: &Key) -> Option<Found<'_>> {
        let hash = hash(key);
        let likely = self.reach(hash).map(|at| self.slots[at]).take_while(|&slot| slot != 0);
        let numbers = likely.filter(|slot| slot >> NUMBER_BITS == tag(hash)).map(number);
        let mut found = numbers.filter_map(|number| Some(Found { entry: self.entries.get(number as usize)?, number }));
        found.find(|found| found.entry.key == *key)
    }

    #[inline(always)]
    fn home(&self, hash: u64) -> usize {
        hash as usize & (self.slots.len() - 1)
    }

    /// The slots in which a word of that hash may stand.
    fn reach(&self, hash: u64) -> impl Iterator<Item = usize> {
        let (home, mask) = (self.home(hash), self.slots.len() - 1);
        (home..home + REACH).map(move |at| at & mask)
    }

    /// Keeps a word that is not there. One whose numbers do not fit, or that finds no slot, is not kept.
    pub(super) fn insert(&mut self, key: Key, view: WordView, row: &[i64], counts: &[i64]) {
        if self.entries.len() >= self.max_words {
            self.entries.clear();
            self.far.clear();
            self.slots.fill(0);
        } else if self.entries.len() * 2 >= self.slots.len() {
            self.grow();
        }
        let mut entry = Entry { key, view, ..Entry::default() };
        let row: Option<Vec<i16>> = row.iter().map(|&value| i16::try_from(value).ok()).collect();
        let Some(row) = row.filter(|_| counts.iter().all(|&count| u8::try_from(count).is_ok())) else { return };
        entry.counts.iter_mut().zip(counts).for_each(|(narrow, &count)| *narrow = count as u8);
        if !self.link(&key, self.entries.len()) {
            return;
        }
        match entry.near.get_mut(..row.len()) {
            Some(near) => near.copy_from_slice(&row),
            None => self.far.extend(row),
        }
        self.entries.push(entry);
    }

    /// Notes in a free slot that `key` has the entry `number`; false where none is free.
    fn link(&mut self, key: &Key, number: usize) -> bool {
        let hash = hash(key);
        let Some(at) = self.reach(hash).find(|&at| self.slots[at] == 0) else { return false };
        self.slots[at] = tag(hash) << NUMBER_BITS | (number as u32 + 1);
        true
    }

    fn grow(&mut self) {
        self.slots = vec![0; self.slots.len() * 2];
        for number in 0..self.entries.len() {
            // With twice the slots hardly a word loses its place; it would be learnt again, and its old entry lie idle.
            let key = self.entries[number].key;
            self.link(&key, number);
        }
    }
}

/// No entry.
const NOWHERE: u32 = u32::MAX;
const FIRST_SLOTS: usize = 1 << 8;

/// Number of the entry that `slot` names; of a free one none.
#[inline(always)]
fn number(slot: u32) -> u32 {
    (slot & ((1 << NUMBER_BITS) - 1)).wrapping_sub(1)
}

/// The part of a hash that slots hold.
#[inline(always)]
fn tag(hash: u64) -> u32 {
    (hash >> (32 + NUMBER_BITS)) as u32
}

#[inline(always)]
fn differ(a: &Key, b: &Key) -> u64 {
    (a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key_of(word: &str) -> Key {
        let padded = format!("{word}{}", " ".repeat(KEY));
        key(padded.as_bytes(), 0, word.len()).unwrap()
    }

    fn view(word: u32) -> WordView {
        WordView { word, ..WordView::default() }
    }

    #[test]
    fn keys_are_words_and_zeros() {
        assert_eq!(key_of("ab"), [0x6261, 0, 0]);
        assert_eq!(key_of("abcdefgh"), [0x6867_6665_6463_6261, 0, 0]);
        assert_eq!(key_of("abcdefghi"), [0x6867_6665_6463_6261, 0x69, 0]);
        assert_eq!(key_of(&"z".repeat(KEY)), [0x7a7a_7a7a_7a7a_7a7a; 3]);
    }

    #[test]
    fn what_is_kept_is_found() {
        let mut table = WordTable::new(2);
        for i in 0..10_000 {
            table.insert(key_of(&format!("w{i}")), view(i), &[i64::from(i), -1], &[3; N_COUNTS]);
        }
        assert_eq!((table.len(), table.slots.len()), (10_000, 1 << 15));
        for i in 0..10_000u32 {
            let key = key_of(&format!("w{i}"));
            let found = table.search(&key).unwrap();
            assert_eq!((found.entry.view.word, found.entry.counts), (i, [3; N_COUNTS]));
            assert_eq!(table.row(&found), [i as i16, -1]);
            assert_eq!(table.get(&key, table.guess(Some(&key))).unwrap().number, found.number);
        }
        assert!(table.search(&key_of("w10000")).is_none());
    }

    #[test]
    fn an_entry_fills_one_line() {
        assert_eq!(size_of::<Entry>(), 64);
    }

    #[test]
    fn long_rows_stand_apart() {
        let mut table = WordTable::new(20);
        for i in 0..1000 {
            table.insert(key_of(&format!("w{i}")), view(i), &[i64::from(i); 20], &[]);
        }
        assert_eq!(table.row(&table.search(&key_of("w7")).unwrap()), [7; 20]);
        assert_eq!(table.row(&table.search(&key_of("w999")).unwrap()), [999; 20]);
    }

    #[test]
    fn a_full_table_begins_anew() {
        let mut table = WordTable::new(1);
        table.bound(4);
        for i in 0..100 {
            let key = key_of(&format!("w{i}"));
            table.insert(key, view(i), &[1], &[]);
            assert_eq!(table.search(&key).map(|found| found.entry.view.word), Some(i));
            assert_eq!(table.get(&key, 0).map(|found| found.entry.view.word), Some(i));
        }
        assert_eq!(table.len(), 4);
    }

    #[test]
    fn numbers_that_are_too_large_are_not_kept() {
        let mut table = WordTable::new(1);
        table.insert(key_of("w"), view(1), &[1 << 15], &[]);
        table.insert(key_of("w"), view(1), &[1], &[256]);
        assert!(table.search(&key_of("w")).is_none());
    }

    #[test]
    fn wide_rows_bound_the_words() {
        assert_eq!(WordTable::new(12).max_words, MAX_WORDS);
        assert_eq!(WordTable::new(1 << 10).max_words, 1 << 13);
        const { assert!(MAX_WORDS < 1 << NUMBER_BITS) };
    }
}
