//! An input's bytes cut into chunks of whole records, with bounded memory.

use std::io::{self, Read};

use super::{
    delimited::{RecordEnd, record_end},
    format::Format,
};

/// Bytes of a rejected record that are kept at most.
pub(crate) const KEPT_BYTES: usize = 1 << 16;
const BOM: &[u8] = b"\xef\xbb\xbf";

/// A piece of one input: whole records, or one that cannot be read as such.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Chunk {
    /// Byte of the (decompressed) input where it starts.
    pub(crate) offset: u64,
    /// Byte where the next one starts.
    pub(crate) end: u64,
    /// The records; for a faulty one at most its first [`KEPT_BYTES`].
    pub(crate) bytes: Vec<u8>,
    /// Why the one record in it cannot be read.
    pub(crate) fault: Option<String>,
}

/// How to cut.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cut {
    /// Bytes of a chunk, about.
    pub(crate) chunk_bytes: usize,
    /// Longest record, in bytes.
    pub(crate) max_record: usize,
    /// Gives out what is there as soon as a record is whole.
    pub(crate) eager: bool,
    /// The whole input is one record.
    pub(crate) whole: bool,
}

/// Cuts one input.
pub(crate) struct Chunks<R> {
    input: R,
    cut: Cut,
    delimiter: Option<u8>,
    carry: Vec<u8>,
    offset: u64,
    ended: bool,
}

impl<R: Read> Chunks<R> {
    /// Cuts `input`, which stands at byte `offset`.
    pub(crate) fn new(input: R, format: Format, offset: u64, cut: Cut) -> io::Result<Self> {
        let mut chunks = Self { input, cut, delimiter: format.delimiter(), carry: Vec::new(), offset, ended: false };
        if offset == 0 {
            chunks.drop_mark()?;
        }
        Ok(chunks)
    }

    /// Leaves out a byte-order mark.
    fn drop_mark(&mut self) -> io::Result<()> {
        let mut head = Vec::new();
        self.input.by_ref().take(BOM.len() as u64).read_to_end(&mut head)?;
        if head == BOM {
            self.offset = BOM.len() as u64;
        } else {
            self.carry = head;
        }
        Ok(())
    }

    /// Takes back the last bytes given out, to be given again.
    pub(crate) fn put_back(&mut self, mut bytes: Vec<u8>) {
        self.offset -= bytes.len() as u64;
        bytes.append(&mut self.carry);
        self.carry = bytes;
    }

    /// The next piece, in `buffer`'s memory; `None` at the end.
    pub(crate) fn next(&mut self, mut buffer: Vec<u8>) -> io::Result<Option<Chunk>> {
        buffer.clear();
        buffer.append(&mut self.carry);
        if self.cut.whole {
            return self.whole(buffer);
        }
        let mut scanned = 0;
        // The cut depends on the bytes from here on alone, not on what was read ahead: a run that is gone
        // on with cuts as the first one did.
        let mut want = self.cut.chunk_bytes.max(1);
        loop {
            let whole = self.ended && buffer.len() <= want;
            let seen = buffer.get(..want).unwrap_or(&buffer);
            let enough = self.cut.eager || whole || seen.len() == want;
            if enough && let Some(end) = self.last_end(seen, &mut scanned) {
                return Ok(Some(self.give(buffer, end)));
            }
            if seen.len() > self.cut.max_record {
                return self.overlong(buffer).map(Some);
            }
            if whole {
                return Ok(self.remainder(buffer));
            }
            if seen.len() == want {
                want += self.cut.chunk_bytes.max(1);
            }
            self.fill(&mut buffer, want)?;
        }
    }

    /// All that is left, as one record.
    fn whole(&mut self, mut buffer: Vec<u8>) -> io::Result<Option<Chunk>> {
        let most = self.cut.max_record + 1;
        self.input.by_ref().take(most.saturating_sub(buffer.len()) as u64).read_to_end(&mut buffer)?;
        if buffer.is_empty() {
            return Ok(None);
        }
        let gone = io::copy(&mut self.input, &mut io::sink())?;
        let (end, too_many) = (buffer.len(), buffer.len() >= most);
        let mut chunk = self.give(buffer, end);
        if too_many {
            self.offset += gone;
            chunk.end += gone;
            chunk.bytes.truncate(KEPT_BYTES);
            chunk.fault = Some(too_long(chunk.end - chunk.offset, self.cut.max_record));
        }
        Ok(Some(chunk))
    }

    /// Reads once, or up to `want` bytes.
    fn fill(&mut self, buffer: &mut Vec<u8>, want: usize) -> io::Result<()> {
        let missing = want.saturating_sub(buffer.len());
        if missing == 0 || self.ended {
            return Ok(());
        }
        if !self.cut.eager {
            buffer.reserve(missing);
            let got = self.input.by_ref().take(missing as u64).read_to_end(buffer)?;
            self.ended = got < missing;
            return Ok(());
        }
        let filled = buffer.len();
        buffer.resize(filled + missing, 0);
        let got = loop {
            match self.input.read(buffer.get_mut(filled..).unwrap_or_default()) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        buffer.truncate(filled + got);
        self.ended = got == 0;
        Ok(())
    }

    /// The end of the last whole record; `scanned` remembers how far records have been found.
    fn last_end(&self, buffer: &[u8], scanned: &mut usize) -> Option<usize> {
        let Some(delimiter) = self.delimiter else {
            return memchr::memrchr(b'\n', buffer).map(|at| at + 1);
        };
        while let RecordEnd::At(end) = record_end(buffer, *scanned, delimiter) {
            if end - *scanned > self.cut.max_record {
                break;
            }
            *scanned = end;
        }
        (*scanned > 0).then_some(*scanned)
    }

    fn give(&mut self, mut buffer: Vec<u8>, end: usize) -> Chunk {
        self.carry.extend_from_slice(buffer.get(end..).unwrap_or_default());
        buffer.truncate(end);
        let offset = self.offset;
        self.offset += end as u64;
        Chunk { offset, end: self.offset, bytes: buffer, fault: None }
    }

    /// What is left at the end of the input.
    fn remainder(&mut self, buffer: Vec<u8>) -> Option<Chunk> {
        if buffer.is_empty() {
            return None;
        }
        if self.is_unclosed(&buffer) {
            return Some(self.unclosed(buffer));
        }
        let end = buffer.len();
        Some(self.give(buffer, end))
    }

    fn is_unclosed(&self, record: &[u8]) -> bool {
        self.delimiter.is_some_and(|delimiter| record_end(record, 0, delimiter) == RecordEnd::Quoted)
    }

    /// Gives up the first line of a record whose quotation mark is never closed, and reads on after it.
    fn unclosed(&mut self, buffer: Vec<u8>) -> Chunk {
        let end = memchr::memchr(b'\n', &buffer).map_or(buffer.len(), |at| at + 1);
        let mut chunk = self.give(buffer, end);
        chunk.bytes.truncate(KEPT_BYTES);
        chunk.fault = Some("a quotation mark is not closed; its line is left out".into());
        chunk
    }

    /// Gives up a record that is longer than allowed, without keeping it in memory.
    fn overlong(&mut self, mut buffer: Vec<u8>) -> io::Result<Chunk> {
        // Judged by a fixed number of bytes, so that the chunk size makes no difference.
        let judged = buffer.get(..=self.cut.max_record).unwrap_or(&buffer);
        if self.is_unclosed(judged) && memchr::memchr(b'\n', judged).is_some() {
            return Ok(self.unclosed(buffer));
        }
        let mut at = judged.len();
        let mut gone = 0;
        let end = loop {
            match memchr::memchr(b'\n', buffer.get(at..).unwrap_or_default()) {
                Some(found) => break at + found + 1,
                None if self.ended => break buffer.len(),
                None => {}
            }
            gone += buffer.len().saturating_sub(KEPT_BYTES) as u64;
            buffer.truncate(KEPT_BYTES);
            at = buffer.len();
            self.fill(&mut buffer, at + (1 << 16))?;
        };
        let mut chunk = self.give(buffer, end);
        self.offset += gone;
        chunk.end += gone;
        chunk.bytes.truncate(KEPT_BYTES);
        chunk.fault = Some(too_long(chunk.end - chunk.offset, self.cut.max_record));
        Ok(chunk)
    }
}

/// The reason for leaving out a record of `length` bytes, line break included.
pub(crate) fn too_long(length: u64, limit: usize) -> String {
    format!("the record has {length} bytes; at most {limit} are read (--max-record)")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cut(data: &[u8], format: Format, chunk_bytes: usize, max_record: usize) -> Vec<Chunk> {
        let cut = Cut { chunk_bytes, max_record, eager: false, whole: false };
        let mut chunks = Chunks::new(data, format, 0, cut).unwrap();
        let mut out = Vec::new();
        while let Some(chunk) = chunks.next(Vec::new()).unwrap() {
            out.push(chunk);
        }
        out
    }

    #[test]
    fn a_chunk_ends_with_a_record() {
        let pieces = |chunk_bytes| -> Vec<String> {
            cut(b"aa\nbb\ncc", Format::Jsonl, chunk_bytes, 100).into_iter().map(|c| String::from_utf8(c.bytes).unwrap()).collect()
        };
        assert_eq!(pieces(4), ["aa\n", "bb\n", "cc"]);
        assert_eq!(pieces(100), ["aa\nbb\n", "cc"]);
    }

    #[test]
    fn an_overlong_record_is_passed_by() {
        let data = format!("a\n{}\nb\n", "x".repeat(200_000));
        let chunks = cut(data.as_bytes(), Format::Jsonl, 64, 1000);
        let faults: Vec<_> = chunks.iter().map(|c| c.fault.is_some()).collect();
        assert_eq!(faults, [false, true, false]);
        assert_eq!(chunks[1].fault.as_deref(), Some("the record has 200001 bytes; at most 1000 are read (--max-record)"));
        assert_eq!((chunks[1].bytes.len(), chunks[1].offset, chunks[2].offset), (KEPT_BYTES, 2, 200_003));
    }

    #[test]
    fn a_whole_input_is_one_record() {
        let whole = |data: &[u8], max_record| {
            let cut = Cut { chunk_bytes: 2, max_record, eager: false, whole: true };
            let mut chunks = Chunks::new(data, Format::Text, 0, cut).unwrap();
            let first = chunks.next(Vec::new()).unwrap();
            assert_eq!(chunks.next(Vec::new()).unwrap(), None);
            first.map(|chunk| (chunk.bytes.len(), chunk.end, chunk.fault))
        };
        assert_eq!(whole(b"a b\nc\n\nd", 8), Some((8, 8, None)));
        let (_, end, fault) = whole(b"a b\nc\n\nd", 5).unwrap();
        assert_eq!((end, fault.as_deref()), (8, Some("the record has 8 bytes; at most 5 are read (--max-record)")));
        assert_eq!(whole(b"", 5), None);
    }

    #[test]
    fn an_unclosed_mark_costs_its_line_only() {
        let chunks = cut(b"a,b\n\"x,1\ny,2\n", Format::Csv, 4, 1000);
        let pieces: Vec<_> = chunks.iter().map(|c| (c.bytes.as_slice(), c.fault.is_some())).collect();
        assert_eq!(pieces, [(&b"a,b\n"[..], false), (b"\"x,1\n", true), (b"y,2\n", false)]);
    }

    #[test]
    fn a_byte_order_mark_is_left_out() {
        let chunks = cut(b"\xef\xbb\xbf{}\n", Format::Jsonl, 100, 100);
        assert_eq!((chunks[0].offset, chunks[0].bytes.as_slice()), (3, &b"{}\n"[..]));
    }

    proptest! {
        #[test]
        fn nothing_is_lost(data in r#"[ab",\n]{0,60}"#, chunk_bytes in 1usize..50, csv: bool) {
            let format = if csv { Format::Csv } else { Format::Jsonl };
            let chunks = cut(data.as_bytes(), format, chunk_bytes, 1000);
            let joined: Vec<u8> = chunks.iter().flat_map(|c| c.bytes.clone()).collect();
            prop_assert_eq!(joined, data.as_bytes());
            let mut offset = 0;
            for chunk in &chunks {
                prop_assert_eq!(chunk.offset, offset);
                offset = chunk.end;
            }
            // Faults do not depend on where the cuts fall.
            let faults = |chunks: &[Chunk]| chunks.iter().filter(|c| c.fault.is_some()).map(|c| c.offset).collect::<Vec<_>>();
            prop_assert_eq!(faults(&chunks), faults(&cut(data.as_bytes(), format, 1000, 1000)));
        }
    }
}
