//! Labels of consecutive rows in a few bytes each, as they wait in `OUT.partial` for their column chunks.

use std::{
    fs::File,
    io::{BufReader, Read, Seek, SeekFrom},
    ops::Range,
    path::Path,
};

use crate::corpus::columns::{Verdict, ten_thousandths};

/// Bytes of a frame's head: input, rows, first row (8 bytes), rows kept, bytes of the labels.
const HEAD: usize = 24;
/// Stands for a main label that is withheld.
const WITHHELD: u16 = u16::MAX;

/// Labels while they grow. Little-endian words of 16 bits: for each row 0 where it is left out, else one more than it has
/// labels; then its main label, its labels, its probabilities in ten-thousandths.
pub(crate) struct Frame {
    bytes: Vec<u8>,
    source: usize,
    first: u64,
    rows: u32,
    kept: u32,
}

impl Frame {
    /// No labels yet, for rows of input number `source` from row `first` on; in `memory`.
    pub(crate) fn new(source: usize, first: u64, mut memory: Vec<u8>) -> Self {
        memory.clear();
        memory.resize(HEAD, 0);
        Self { bytes: memory, source, first, rows: 0, kept: 0 }
    }

    /// Adds a row; `None` leaves it out.
    pub(crate) fn push(&mut self, verdict: Option<Verdict<'_>>) {
        self.rows += 1;
        let Some(Verdict { prediction, unsure }) = verdict else { return self.word(0) };
        self.kept += 1;
        let chosen: &[usize] = if unsure { &[] } else { &prediction.chosen };
        self.word(chosen.len() + 1);
        self.word(if unsure { usize::from(WITHHELD) } else { prediction.main });
        chosen.iter().for_each(|&label| self.word(label));
        prediction.probabilities.iter().for_each(|&p| self.word(ten_thousandths(p) as usize));
    }

    fn word(&mut self, word: usize) {
        // Models have at most a thousand labels, and probabilities are at most ten thousand.
        self.bytes.extend_from_slice(&u16::try_from(word).unwrap_or(WITHHELD).to_le_bytes());
    }

    /// The frame as it is stored.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        let length = u32::try_from(self.bytes.len() - HEAD).unwrap_or(u32::MAX);
        let source = u32::try_from(self.source).unwrap_or(u32::MAX);
        let head = [
            &source.to_le_bytes()[..],
            &self.rows.to_le_bytes(),
            &self.first.to_le_bytes(),
            &self.kept.to_le_bytes(),
            &length.to_le_bytes(),
        ];
        for (to, from) in self.bytes.iter_mut().zip(head.concat()) {
            *to = from;
        }
        self.bytes
    }
}

/// A frame that is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stored {
    pub(super) source: usize,
    /// First row.
    pub(super) first: u64,
    pub(super) rows: u32,
    pub(super) kept: u32,
    /// Where the labels stand.
    at: u64,
    length: u32,
}

impl Stored {
    /// Row after the last one.
    pub(super) fn end(&self) -> u64 {
        self.first + u64::from(self.rows)
    }
}

/// The frames of `OUT.partial`.
pub(super) struct Frames {
    file: File,
    pub(super) all: Vec<Stored>,
}

impl Frames {
    pub(super) fn open(partial: &Path) -> Result<Self, String> {
        let file = File::open(partial).map_err(|e| e.to_string())?;
        let size = file.metadata().map_err(|e| e.to_string())?.len();
        let mut input = BufReader::new(&file);
        let (mut all, mut at) = (Vec::new(), 0);
        while at < size {
            let mut head = [0; HEAD];
            input.read_exact(&mut head).map_err(|_| "the labels are cut short")?;
            let word =
                |range: Range<usize>| head.get(range).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_le_bytes);
            let first = head.get(8..16).and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_le_bytes);
            let frame = Stored {
                source: word(0..4) as usize,
                first,
                rows: word(4..8),
                kept: word(16..20),
                at: at + HEAD as u64,
                length: word(20..24),
            };
            input.seek_relative(i64::from(frame.length)).map_err(|e| e.to_string())?;
            at = frame.at + u64::from(frame.length);
            all.push(frame);
        }
        if at > size { Err("the labels are cut short".into()) } else { Ok(Self { file, all }) }
    }

    /// The labels of `frames`.
    pub(super) fn labels(&self, frames: &[Stored]) -> Result<Vec<Vec<u8>>, String> {
        let read = |frame: &Stored| {
            let mut file = &self.file;
            file.seek(SeekFrom::Start(frame.at))?;
            let mut bytes = Vec::with_capacity(frame.length as usize);
            file.take(u64::from(frame.length)).read_to_end(&mut bytes).map(|_| bytes)
        };
        frames.iter().map(|frame| read(frame).map_err(|e| e.to_string())).collect()
    }
}

/// A row's labels.
pub(super) struct Labels<'f> {
    /// `None` where it is withheld.
    pub(super) main: Option<usize>,
    chosen: &'f [u8],
    probabilities: &'f [u8],
}

impl Labels<'_> {
    /// Numbers of the labels, main first.
    pub(super) fn chosen(&self) -> impl Iterator<Item = usize> {
        self.chosen.chunks_exact(2).map(word)
    }

    /// Probability of label `number`, in ten-thousandths.
    pub(super) fn probability(&self, number: usize) -> u32 {
        self.probabilities.get(2 * number..2 * number + 2).map_or(0, |bytes| u32::try_from(word(bytes)).unwrap_or(0))
    }
}

fn word(bytes: &[u8]) -> usize {
    bytes.try_into().map_or(0, |bytes| usize::from(u16::from_le_bytes(bytes)))
}

/// The rows in a frame's labels, of a model of `n_labels`; `None` for one that is left out. Ends where they are damaged.
pub(super) fn rows(mut bytes: &[u8], n_labels: usize) -> impl Iterator<Item = Option<Labels<'_>>> {
    let mut take = move |n: usize| {
        let (head, rest) = bytes.split_at_checked(n)?;
        bytes = rest;
        Some(head)
    };
    std::iter::from_fn(move || {
        let tag = word(take(2)?);
        if tag == 0 {
            return Some(None);
        }
        let main = u16::try_from(word(take(2)?)).ok().filter(|&main| main != WITHHELD).map(usize::from);
        Some(Some(Labels { main, chosen: take(2 * (tag - 1))?, probabilities: take(2 * n_labels)? }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stance::Prediction;

    fn prediction() -> Prediction {
        Prediction { main: 1, chosen: vec![1, 0], probabilities: vec![0.4, 0.6], ..Prediction::default() }
    }

    #[test]
    fn what_is_stored_is_read_again() {
        let prediction = prediction();
        let mut frame = Frame::new(3, 70_000, vec![7; 9]);
        frame.push(Some(Verdict { prediction: &prediction, unsure: false }));
        frame.push(None);
        frame.push(Some(Verdict { prediction: &prediction, unsure: true }));
        let bytes = frame.finish();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("labels");
        std::fs::write(&path, [bytes.as_slice(), &Frame::new(4, 0, Vec::new()).finish()].concat()).unwrap();
        let frames = Frames::open(&path).unwrap();
        let facts: Vec<_> = frames.all.iter().map(|f| (f.source, f.first, f.end(), f.kept)).collect();
        assert_eq!(facts, [(3, 70_000, 70_003, 2), (4, 0, 0, 0)]);
        let labels = frames.labels(&frames.all).unwrap();
        let read: Vec<_> = rows(&labels[0], 2)
            .map(|row| row.map(|row| (row.main, row.chosen().collect::<Vec<_>>(), row.probability(0), row.probability(1))))
            .collect();
        assert_eq!(read, [Some((Some(1), vec![1, 0], 4000, 6000)), None, Some((None, vec![], 4000, 6000))]);
        std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
        assert!(Frames::open(&path).is_err());
    }
}
