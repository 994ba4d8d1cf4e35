//! The lengths that a Parquet file's pages claim, checked before its reader believes them: it allocates what it is told.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
};

use bytes::Bytes;
use parquet::{
    basic::{Compression, Encoding},
    column::page::{Page, PageReader},
    file::{
        metadata::{ColumnChunkMetaData, RowGroupMetaData},
        serialized_reader::SerializedPageReader,
    },
};

use super::{
    is_plausible,
    page_header::{self, PageHeader, varint},
    page_packing,
};

/// Values of a page that are believed without looking at its size: nulls take next to nothing.
const FEW_VALUES: u64 = 1 << 22;
/// Bytes read for a page's header at first; nearly all are shorter.
const HEADER_BYTES: u64 = 1 << 10;
/// Longest header: statistics may hold two texts.
const MOST_HEADER_BYTES: u64 = 1 << 24;

/// Numbers of the encodings that say in a page's content how many values it has (Parquet's `Encodings.md`).
const DELTAS: std::ops::RangeInclusive<i64> = 5..=7;

/// Checks what the pages of `columns` (numbers of leaves) of `group` claim.
///
/// # Errors
/// What is wrong, in words.
pub(super) fn check(file: &File, group: &RowGroupMetaData, columns: impl Iterator<Item = usize>) -> Result<(), String> {
    let size = file.metadata().map_err(|e| e.to_string())?.len();
    let rows = u64::try_from(group.num_rows()).map_err(|_| "a row group has a negative number of rows")?;
    for column in columns {
        let chunk = group.columns().get(column).ok_or("a column is missing")?;
        let name = chunk.column_path().string();
        chunk_range(chunk, size)
            .and_then(|(start, length)| Pages { file, chunk, rows, at: start, end: start + length }.check())
            .map_err(|what| format!("damaged column `{name}`: {what}"))?;
    }
    Ok(())
}

/// The footer of a Parquet file: what its last eight bytes (a length, `PAR1`) say; empty where they do not.
pub(super) fn footer(mut file: &File) -> std::io::Result<Vec<u8>> {
    let size = file.seek(SeekFrom::End(0))?;
    let mut tail = [0; 8];
    file.seek(SeekFrom::Start(size.saturating_sub(8)))?;
    file.read_exact(&mut tail)?;
    let length = u64::from(u32::from_le_bytes([tail[0], tail[1], tail[2], tail[3]]));
    let Some(start) = size.checked_sub(8 + length) else { return Ok(Vec::new()) };
    file.seek(SeekFrom::Start(start))?;
    let mut footer = Vec::new();
    file.take(length).read_to_end(&mut footer)?;
    Ok(footer)
}

/// Start and length of a column in the file.
pub(super) fn chunk_range(chunk: &ColumnChunkMetaData, size: u64) -> Result<(u64, u64), String> {
    let number = |number: i64| u64::try_from(number).map_err(|_| "it has a negative place or length".to_owned());
    let start = number(chunk.dictionary_page_offset().unwrap_or_else(|| chunk.data_page_offset()))?;
    let length = number(chunk.compressed_size())?;
    number(chunk.uncompressed_size())?;
    number(chunk.num_values())?;
    match start.checked_add(length) {
        Some(end) if end <= size => Ok((start, length)),
        _ => Err("it reaches beyond the end of the file".into()),
    }
}

/// The pages of one column of a row group.
struct Pages<'f> {
    file: &'f File,
    chunk: &'f ColumnChunkMetaData,
    rows: u64,
    at: u64,
    end: u64,
}

impl Pages<'_> {
    fn check(mut self) -> Result<(), String> {
        let (mut values, mut is_delta) = (0u64, false);
        while self.at < self.end {
            let (header, length) = self.header()?;
            self.at += length;
            let stored = size(header.stored)?;
            if stored > self.end - self.at {
                return Err("a page reaches beyond its column".into());
            }
            let n = self.page(&header)?;
            self.unpacks(&header, stored)?;
            self.at += stored;
            if header.kind != page_header::DICTIONARY {
                values = values.saturating_add(n);
                is_delta |= DELTAS.contains(&header.encoding);
            }
        }
        if self.chunk.column_descr().max_rep_level() == 0 && values != self.rows {
            return Err(format!("its pages hold {values} values, its row group {} rows", self.rows));
        }
        if is_delta { self.deltas() } else { Ok(()) }
    }

    /// The header at the current place, and its length.
    fn header(&self) -> Result<(PageHeader, u64), String> {
        let mut bytes = Vec::new();
        let mut most = HEADER_BYTES;
        loop {
            let mut file = self.file;
            bytes.clear();
            file.seek(SeekFrom::Start(self.at)).map_err(|e| e.to_string())?;
            file.take(most.min(self.end - self.at)).read_to_end(&mut bytes).map_err(|e| e.to_string())?;
            match PageHeader::parse(&bytes) {
                Some((header, length)) => return Ok((header, length as u64)),
                None if (bytes.len() as u64) < most || most >= MOST_HEADER_BYTES => return Err("a page has no header".into()),
                None => most *= 16,
            }
        }
    }

    /// Checks one page; returns how many values it says to hold.
    fn page(&self, header: &PageHeader) -> Result<u64, String> {
        let (stored, unpacked) = (size(header.stored)?, size(header.unpacked)?);
        let values = u64::try_from(header.values).map_err(|_| "a page has a negative number of values")?;
        size(header.levels)?;
        // What is not compressed is taken as it is stored.
        let bytes = if self.chunk.compression() == Compression::UNCOMPRESSED { stored } else { unpacked };
        if !is_plausible(bytes, stored) {
            return Err(format!("a page of {stored} bytes claims to unpack to {unpacked}"));
        }
        let is_dictionary = header.kind == page_header::DICTIONARY;
        // Every value of a dictionary takes a byte or more; values of a page may be a few repeated ones.
        let most = if is_dictionary { bytes } else { FEW_VALUES.max(bytes.saturating_mul(64)) };
        if values > most {
            return Err(format!("a page of {bytes} bytes claims {values} values"));
        }
        let is_data = [page_header::DATA, page_header::DATA_V2].contains(&header.kind);
        Ok(if is_dictionary || is_data { values } else { 0 })
    }

    /// Checks what the page of `stored` bytes at the current place unpacks to, levels in front left out.
    fn unpacks(&self, header: &PageHeader, stored: u64) -> Result<(), String> {
        let levels = size(header.levels)?;
        let mut content = self.file;
        content.seek(SeekFrom::Start(self.at.saturating_add(levels))).map_err(|e| e.to_string())?;
        let claim = size(header.unpacked)?.saturating_sub(levels);
        page_packing::check(content.take(stored.saturating_sub(levels)), self.chunk.compression(), claim)
    }

    /// Checks the numbers of values inside of pages; they are unpacked for that.
    fn deltas(&self) -> Result<(), String> {
        let file = self.file.try_clone().map_err(|e| e.to_string())?;
        let rows = usize::try_from(self.rows).map_err(|e| e.to_string())?;
        let mut reader = SerializedPageReader::new(file.into(), self.chunk, rows, None).map_err(|e| e.to_string())?;
        while let Some(page) = reader.get_next_page().map_err(|e| e.to_string())? {
            if page.is_data_page() {
                let values = self.values(&page).ok_or("a page's levels reach beyond it")?;
                deltas(&values, page.encoding(), u64::from(page.num_values()))
                    .ok_or("a page of differences claims more values than it has")?;
            }
        }
        Ok(())
    }

    /// The content of `page` behind its levels.
    fn values(&self, page: &Page) -> Option<Bytes> {
        let bytes = page.buffer();
        if let Page::DataPageV2 { rep_levels_byte_len, def_levels_byte_len, .. } = page {
            let levels = usize::try_from(u64::from(*rep_levels_byte_len) + u64::from(*def_levels_byte_len)).ok()?;
            return bytes.get(levels..).map(|_| bytes.slice(levels..));
        }
        let column = self.chunk.column_descr();
        let mut start = 0usize;
        for _ in [column.max_rep_level(), column.max_def_level()].iter().filter(|&&most| most > 0) {
            let length: [u8; 4] = bytes.get(start..start.checked_add(4)?)?.try_into().ok()?;
            start = start.checked_add(4)?.checked_add(usize::try_from(u32::from_le_bytes(length)).ok()?)?;
        }
        bytes.get(start..).map(|_| bytes.slice(start..))
    }
}

/// A length that is not negative.
fn size(length: i64) -> Result<u64, String> {
    u64::try_from(length).map_err(|_| "a page has a negative length".into())
}

/// Checks the differences in `values`; `None` where they claim more than `most` values.
fn deltas(values: &[u8], encoding: Encoding, most: u64) -> Option<()> {
    match encoding {
        Encoding::DELTA_BINARY_PACKED | Encoding::DELTA_LENGTH_BYTE_ARRAY => packed(values, most).map(drop),
        // Lengths of common beginnings, then those of the endings.
        Encoding::DELTA_BYTE_ARRAY => packed(values.get(packed(values, most)?..)?, most).map(drop),
        _ => Some(()),
    }
}

/// Passes by one list of packed differences of at most `most` values; returns its length.
///
/// Shape: block size, parts of a block, number of values, first value; then for each block the least difference, a width in
/// bits for each part, and the parts (Parquet's `Encodings.md`).
fn packed(bytes: &[u8], most: u64) -> Option<usize> {
    let mut at = 0usize;
    let number = |at: &mut usize| -> Option<u64> {
        let (number, length) = varint(bytes.get(*at..)?)?;
        *at += length;
        Some(number)
    };
    let (block, parts, values, _) = (number(&mut at)?, number(&mut at)?, number(&mut at)?, number(&mut at)?);
    if values > most || parts == 0 || block == 0 {
        return None;
    }
    let of_part = block / parts;
    let mut left = values.saturating_sub(1);
    while left > 0 {
        number(&mut at)?;
        let widths = bytes.get(at..at.checked_add(usize::try_from(parts).ok()?)?)?;
        at += widths.len();
        for &width in widths {
            if left == 0 {
                break;
            }
            at = at.checked_add(usize::try_from(u64::from(width).checked_mul(of_part)? / 8).ok()?)?;
            left = left.saturating_sub(of_part.max(1));
        }
    }
    (at <= bytes.len()).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_passed_by() {
        // Blocks of 128 in 4 parts, 3 values, the first 5; least difference 0, widths 2 0 0 0, one part of 8 bytes.
        let list = [0x80, 1, 4, 3, 10, 0, 2, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8];
        assert_eq!(packed(&list, 3), Some(list.len()));
        assert_eq!(packed(&list, 2), None, "more values than the page has");
        assert_eq!(packed(&list[..17], 3), None, "cut short");
        let one = [0x80, 1, 4, 1, 10];
        assert_eq!(packed(&one, 1), Some(5));
        assert_eq!(deltas(&[one, one].concat(), Encoding::DELTA_BYTE_ARRAY, 1), Some(()));
        assert_eq!(deltas(&one, Encoding::DELTA_BYTE_ARRAY, 1), None);
        assert_eq!(deltas(&list, Encoding::DELTA_LENGTH_BYTE_ARRAY, 9), Some(()));
    }
}
