//! What the header of a Parquet page claims, read without believing it: the Thrift compact protocol, as far as page headers need it.
//!
//! Shape: `PageHeader` in the format's `parquet.thrift`; protocol: Thrift's `thrift-compact-protocol.md`.

/// What a page claims.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct PageHeader {
    pub(super) kind: i64,
    /// Bytes of the page once it is unpacked.
    pub(super) unpacked: i64,
    /// Bytes of the page in the file.
    pub(super) stored: i64,
    pub(super) values: i64,
    pub(super) encoding: i64,
    /// Bytes of the repetition and definition levels in front, where a version 2 page says.
    pub(super) levels: i64,
}

/// Number of [`PageHeader::kind`] for a dictionary.
pub(super) const DICTIONARY: i64 = 2;
/// Number of [`PageHeader::kind`] for values, version 1.
pub(super) const DATA: i64 = 0;
/// Number of [`PageHeader::kind`] for values, version 2.
pub(super) const DATA_V2: i64 = 3;

/// Structures and lists in each other that are followed; a footer needs about ten.
const MOST_NESTED: usize = 24;

/// Whether a structure stands in `bytes` to its end. A list that claims more than its bytes does not: some readers count
/// through two thousand million truth values that are not there, for each list.
pub(super) fn is_whole(bytes: &[u8]) -> bool {
    Compact(bytes).skip(STRUCTURE, MOST_NESTED).is_some()
}

const BOOLEANS: [u8; 2] = [1, 2];
const BYTE: u8 = 3;
const INTEGERS: [u8; 3] = [4, 5, 6];
const DOUBLE: u8 = 7;
const BINARY: u8 = 8;
const LISTS: [u8; 2] = [9, 10];
const MAP: u8 = 11;
const STRUCTURE: u8 = 12;

impl PageHeader {
    /// The header at the start of `bytes`, and its length; `None` where it does not end there.
    pub(super) fn parse(bytes: &[u8]) -> Option<(Self, usize)> {
        let mut input = Compact(bytes);
        let mut header = Self::default();
        let mut last = 0;
        while let Some((field, kind)) = input.field(&mut last)? {
            match (field, kind) {
                (1, _) if INTEGERS.contains(&kind) => header.kind = input.integer()?,
                (2, _) if INTEGERS.contains(&kind) => header.unpacked = input.integer()?,
                (3, _) if INTEGERS.contains(&kind) => header.stored = input.integer()?,
                (5 | 7 | 8, STRUCTURE) => header.of_kind(field, &mut input)?,
                _ => input.skip(kind, MOST_NESTED)?,
            }
        }
        Some((header, bytes.len() - input.0.len()))
    }

    /// The part for one kind of page: field 5 a page of values, 7 a dictionary, 8 a page of values in version 2.
    fn of_kind(&mut self, part: i64, input: &mut Compact<'_>) -> Option<()> {
        let mut last = 0;
        while let Some((field, kind)) = input.field(&mut last)? {
            match (part, field) {
                _ if !INTEGERS.contains(&kind) => input.skip(kind, MOST_NESTED)?,
                (_, 1) => self.values = input.integer()?,
                (5 | 7, 2) | (8, 4) => self.encoding = input.integer()?,
                (8, 5 | 6) => self.levels = self.levels.saturating_add(input.integer()?),
                _ => input.skip(kind, MOST_NESTED)?,
            }
        }
        Some(())
    }
}

/// Bytes still to be read; each reading is `None` where they end too early.
struct Compact<'a>(&'a [u8]);

impl Compact<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    fn pass(&mut self, bytes: u64) -> Option<()> {
        self.0 = self.0.get(usize::try_from(bytes).ok()?..)?;
        Some(())
    }

    fn number(&mut self) -> Option<u64> {
        let (number, length) = varint(self.0)?;
        self.pass(length as u64)?;
        Some(number)
    }

    fn integer(&mut self) -> Option<i64> {
        self.number().map(unzigzag)
    }

    /// Number and type of the next field; `Some(None)` at the end of the structure.
    fn field(&mut self, last: &mut i64) -> Option<Option<(i64, u8)>> {
        let head = self.byte()?;
        if head == 0 {
            return Some(None);
        }
        let step = i64::from(head >> 4);
        *last = if step == 0 { self.integer()? } else { last.saturating_add(step) };
        Some(Some((*last, head & 15)))
    }

    fn skip(&mut self, kind: u8, nested: usize) -> Option<()> {
        let deeper = nested.checked_sub(1)?;
        match kind {
            BYTE => self.pass(1),
            DOUBLE => self.pass(8),
            BINARY => {
                let length = self.number()?;
                self.pass(length)
            }
            STRUCTURE => {
                let mut last = 0;
                while let Some((_, kind)) = self.field(&mut last)? {
                    self.skip(kind, deeper)?;
                }
                Some(())
            }
            MAP => self.skip_map(deeper),
            _ if LISTS.contains(&kind) => self.skip_list(deeper),
            _ if INTEGERS.contains(&kind) => self.number().map(drop),
            // A truth value stands in the field's type.
            _ => BOOLEANS.contains(&kind).then_some(()),
        }
    }

    fn skip_list(&mut self, deeper: usize) -> Option<()> {
        let head = self.byte()?;
        let length = if head >> 4 == 15 { self.number()? } else { u64::from(head >> 4) };
        (0..length).try_for_each(|_| self.skip_element(head & 15, deeper))
    }

    fn skip_map(&mut self, deeper: usize) -> Option<()> {
        let length = self.number()?;
        let kinds = if length > 0 { self.byte()? } else { 0 };
        (0..length).try_for_each(|_| {
            self.skip_element(kinds >> 4, deeper)?;
            self.skip_element(kinds & 15, deeper)
        })
    }

    /// In lists a truth value takes a byte.
    fn skip_element(&mut self, kind: u8, deeper: usize) -> Option<()> {
        if BOOLEANS.contains(&kind) { self.pass(1) } else { self.skip(kind, deeper) }
    }
}

/// A number of seven bits a byte, lowest first, at the start of `bytes`; and how many bytes it takes.
pub(super) fn varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut number = 0u64;
    for (at, &byte) in bytes.iter().enumerate().take(10) {
        number |= u64::from(byte & 0x7f).checked_shl(u32::try_from(7 * at).ok()?)?;
        if byte & 0x80 == 0 {
            return Some((number, at + 1));
        }
    }
    None
}

/// 0, 1, 2, 3 … stand for 0, −1, 1, −2 …
fn unzigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fields 1 to 3 (a page of values, 300 bytes unpacked, 100 stored), then field 5: 7 values, encoding 0, and statistics
    /// with a text.
    const PAGE: [u8; 21] =
        [0x15, 0, 0x15, 0xd8, 0x04, 0x15, 0xc8, 0x01, 0x2c, 0x15, 14, 0x15, 0, 0x3c, 0x18, 2, b'a', b'b', 0, 0, 0];

    #[test]
    fn a_header_is_read_past_its_statistics() {
        let expected = PageHeader { kind: DATA, unpacked: 300, stored: 100, values: 7, ..PageHeader::default() };
        let mut bytes = PAGE.to_vec();
        bytes.extend([9, 9]);
        assert_eq!(PageHeader::parse(&bytes), Some((expected, PAGE.len())));
    }

    #[test]
    fn a_header_that_is_cut_short_is_none() {
        for end in 0..PAGE.len() {
            assert_eq!(PageHeader::parse(&PAGE[..end]), None, "{end}");
        }
        assert_eq!(PageHeader::parse(&[0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0]), None);
        assert_eq!(PageHeader::parse(&[0x1c; 40]), None, "structures without end");
    }

    #[test]
    fn lists_have_a_byte_for_each_element() {
        assert!(is_whole(&PAGE) && is_whole(&[0x19, 0x21, 1, 2, 0]));
        // Field 1: 2,147,483,647 truth values.
        assert!(!is_whole(&[0x19, 0xf1, 0xff, 0xff, 0xff, 0xff, 7, 0]));
    }

    #[test]
    fn numbers() {
        assert_eq!(varint(&[0xac, 0x02, 1]), Some((300, 2)));
        assert_eq!(varint(&[0x80; 12]), None);
        assert_eq!((unzigzag(1), unzigzag(2), unzigzag(u64::MAX)), (-1, 1, i64::MIN));
    }
}
