//! What stands where in an Arrow IPC file or stream, its lengths checked against its own: readers allocate what they are told.

use std::{
    io::{self, Read, Seek, SeekFrom},
    sync::Arc,
};

use arrow::{
    datatypes::Schema as ArrowSchema,
    ipc::{Block, Message, Schema as StoredSchema, convert::fb_to_schema, root_as_footer, root_as_message},
};

use super::{FEW_BYTES, MOST_PACKED, Schema};

const MAGIC: &[u8; 6] = b"ARROW1";
/// Stands before the length of a message since format 0.15.
const CONTINUATION: [u8; 4] = [0xff; 4];

/// An Arrow IPC file or stream, its columns not read yet.
pub(super) struct Contents {
    pub(super) schema: Schema,
    /// Dictionaries and record batches, in the order in which they must be read.
    pub(super) messages: Vec<Place>,
}

/// Where a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// First byte of its description.
    pub(super) at: u64,
    /// Bytes of its description.
    pub(super) length: u64,
    /// First byte of its buffers.
    pub(super) body: u64,
    /// Bytes of its buffers.
    pub(super) stored: u64,
    /// Bytes to which compressed buffers unpack.
    pub(super) unpacked: u64,
    /// Rows of a batch; a dictionary has none.
    pub(super) rows: Option<u64>,
}

/// Finds what is in `input`; checks that no length reaches beyond its end.
///
/// # Errors
/// What is wrong, or where it cannot be read.
pub(super) fn contents(input: &mut (impl Read + Seek)) -> io::Result<Contents> {
    let size = input.seek(SeekFrom::End(0))?;
    let mut magic = Vec::new();
    input.rewind()?;
    input.by_ref().take(MAGIC.len() as u64).read_to_end(&mut magic)?;
    if magic == MAGIC {
        return footer(input, size);
    }
    input.rewind()?;
    let (mut schema, mut messages) = (None, Vec::new());
    while message(input, size, &mut schema, &mut messages)? {}
    let schema = schema.ok_or_else(|| damaged("it holds no schema"))?;
    Ok(Contents { schema, messages })
}

fn damaged(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

/// `length` bytes, if there are so many.
fn bytes(input: &mut (impl Read + Seek), length: u64, size: u64) -> io::Result<Vec<u8>> {
    if length > size.saturating_sub(input.stream_position()?) {
        return Err(damaged("a length reaches beyond the end"));
    }
    if length > FEW_BYTES {
        return Err(damaged("the description of its columns is too long"));
    }
    let mut out = Vec::new();
    input.by_ref().take(length).read_to_end(&mut out)?;
    Ok(out)
}

fn columns(schema: StoredSchema<'_>) -> io::Result<Schema> {
    if !schema.endianness().equals_to_target_endianness() {
        return Err(damaged("it was written on a big-endian machine, which cannot be read"));
    }
    Ok(Arc::<ArrowSchema>::new(fb_to_schema(schema)))
}

/// The footer, and the blocks that it names.
fn footer(input: &mut (impl Read + Seek), size: u64) -> io::Result<Contents> {
    let end = size.checked_sub(10).ok_or_else(|| damaged("the footer is missing"))?;
    input.seek(SeekFrom::Start(end))?;
    let tail = bytes(input, 10, size)?;
    if !tail.ends_with(MAGIC) {
        return Err(damaged("the footer is missing"));
    }
    let length = u64::try_from(number(&tail)).map_err(|_| damaged("the footer has a negative length"))?;
    input.seek(SeekFrom::Start(end.checked_sub(length).ok_or_else(|| damaged("the footer reaches beyond the beginning"))?))?;
    let footer = bytes(input, length, size)?;
    let footer = root_as_footer(&footer).map_err(|e| damaged(&e.to_string()))?;
    let schema = columns(footer.schema().ok_or_else(|| damaged("it holds no schema"))?)?;
    let blocks = footer.dictionaries().into_iter().chain(footer.recordBatches()).flatten();
    let messages = blocks.map(|found| block(input, found, size)).collect::<io::Result<Vec<_>>>()?;
    Ok(Contents { schema, messages: messages.into_iter().flatten().collect() })
}

/// The message of a block, if it lies within the file.
fn block(input: &mut (impl Read + Seek), block: &Block, size: u64) -> io::Result<Option<Place>> {
    let number = |number: i64| u64::try_from(number).map_err(|_| damaged("a block has a negative length"));
    let (offset, length) = (number(block.offset())?, number(i64::from(block.metaDataLength()))?);
    let stored = number(block.bodyLength())?;
    let body = offset.checked_add(length).filter(|body| body.checked_add(stored).is_some_and(|end| end <= size));
    let body = body.ok_or_else(|| damaged("a block reaches beyond the end"))?;
    input.seek(SeekFrom::Start(offset))?;
    let metadata = bytes(input, length, size)?;
    let start = if metadata.starts_with(&CONTINUATION) { 8 } else { 4 };
    let metadata = metadata.get(start..).ok_or_else(|| damaged("a block has no message"))?;
    let message = root_as_message(metadata).map_err(|e| damaged(&e.to_string()))?;
    place(
        input,
        message,
        Place { at: offset + start as u64, length: metadata.len() as u64, body, stored, unpacked: 0, rows: None },
    )
}

/// The message whose description and body stand at `place`; `None` where it is neither batch nor dictionary.
fn place(input: &mut (impl Read + Seek), message: Message<'_>, place: Place) -> io::Result<Option<Place>> {
    let of_rows = message.header_as_record_batch();
    let batch = of_rows.or_else(|| message.header_as_dictionary_batch().and_then(|dictionary| dictionary.data()));
    let Some(batch) = batch else { return Ok(None) };
    let rows = u64::try_from(batch.length()).map_err(|_| damaged("a batch has a negative number of rows"))?;
    let mut unpacked = 0u64;
    for buffer in batch.buffers().into_iter().flatten() {
        let (Ok(at), Ok(stored)) = (u64::try_from(buffer.offset()), u64::try_from(buffer.length())) else {
            return Err(damaged("a buffer has a negative length"));
        };
        if at.checked_add(stored).is_none_or(|end| end > place.stored) {
            return Err(damaged("a buffer reaches beyond its batch"));
        }
        if batch.compression().is_some() && stored >= 8 {
            input.seek(SeekFrom::Start(place.body + at))?;
            let mut claim = [0; 8];
            input.read_exact(&mut claim)?;
            // −1 stands before what is not compressed.
            unpacked = unpacked.saturating_add(u64::try_from(i64::from_le_bytes(claim)).unwrap_or(0));
        }
    }
    if unpacked > FEW_BYTES.max(place.stored.saturating_mul(MOST_PACKED)) {
        return Err(damaged(&format!("a batch of {} bytes claims to unpack to {unpacked}", place.stored)));
    }
    Ok(Some(Place { unpacked, rows: of_rows.map(|_| rows), ..place }))
}

/// Adds the next message of a stream; false at the end.
fn message(
    input: &mut (impl Read + Seek),
    size: u64,
    schema: &mut Option<Schema>,
    messages: &mut Vec<Place>,
) -> io::Result<bool> {
    if input.stream_position()? == size {
        return Ok(false);
    }
    let mut head = bytes(input, 4, size)?;
    if head == CONTINUATION {
        head = bytes(input, 4, size)?;
    }
    let length = u64::try_from(number(&head)).map_err(|_| damaged("a message has a negative length"))?;
    if length == 0 {
        return Ok(false);
    }
    let at = input.stream_position()?;
    let metadata = bytes(input, length, size)?;
    let message = root_as_message(&metadata).map_err(|e| damaged(&e.to_string()))?;
    let stored = u64::try_from(message.bodyLength()).map_err(|_| damaged("a body has a negative length"))?;
    let body = input.stream_position()?;
    if stored > size.saturating_sub(body) {
        return Err(damaged("a body reaches beyond the end"));
    }
    match (message.header_as_schema(), schema.is_some()) {
        (Some(found), false) => *schema = Some(columns(found)?),
        (None, true) => messages.extend(place(input, message, Place { at, length, body, stored, unpacked: 0, rows: None })?),
        _ => return Err(damaged("its schema does not stand once, in front")),
    }
    input.seek(SeekFrom::Start(body + stored))?;
    Ok(true)
}

/// Four bytes at the beginning, as a number.
fn number(bytes: &[u8]) -> i32 {
    bytes.first_chunk().map_or(-1, |bytes| i32::from_le_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use std::{io::Cursor, sync::Arc};

    use arrow::{
        array::{ArrayRef, StringArray},
        ipc::{
            CompressionType,
            writer::{FileWriter, IpcWriteOptions, StreamWriter},
        },
        record_batch::RecordBatch,
    };

    use super::*;

    fn batch() -> RecordBatch {
        let texts: ArrayRef = Arc::new(StringArray::from(vec!["a", "b"]));
        RecordBatch::try_from_iter([("text", texts)]).unwrap()
    }

    fn stream() -> Vec<u8> {
        let mut out = Vec::new();
        let mut writer = StreamWriter::try_new(&mut out, &batch().schema()).unwrap();
        writer.write(&batch()).unwrap();
        writer.finish().unwrap();
        drop(writer);
        out
    }

    fn file() -> Vec<u8> {
        let mut writer = FileWriter::try_new(Vec::new(), &batch().schema()).unwrap();
        writer.write(&batch()).unwrap();
        writer.finish().unwrap();
        writer.into_inner().unwrap()
    }

    /// Rows of each batch.
    fn checked(bytes: &[u8]) -> Result<Vec<Option<u64>>, String> {
        let found = contents(&mut Cursor::new(bytes)).map_err(|e| e.to_string())?;
        Ok(found.messages.iter().map(|place| place.rows).collect())
    }

    #[test]
    fn what_writers_write_is_whole() {
        assert_eq!(checked(&file()), Ok(vec![Some(2)]));
        assert_eq!(checked(&stream()), Ok(vec![Some(2)]));
        assert_eq!(checked(b""), Err("it holds no schema".to_owned()));
    }

    fn packed(kind: CompressionType) -> Vec<u8> {
        let texts: ArrayRef = Arc::new(StringArray::from(vec!["peace ".repeat(500); 20]));
        let batch = RecordBatch::try_from_iter([("text", texts)]).unwrap();
        let options = IpcWriteOptions::default().try_with_compression(Some(kind)).unwrap();
        let mut writer = FileWriter::try_new_with_options(Vec::new(), &batch.schema(), options).unwrap();
        writer.write(&batch).unwrap();
        writer.finish().unwrap();
        writer.into_inner().unwrap()
    }

    #[test]
    fn what_packed_buffers_claim_is_checked() {
        for kind in [CompressionType::LZ4_FRAME, CompressionType::ZSTD] {
            let honest = packed(kind);
            assert_eq!(checked(&honest), Ok(vec![Some(20)]));
            // 60,000 bytes of text stand before their buffer, as a number; the last offset stands before that.
            let claim = 60_000i64.to_le_bytes();
            let at = honest.windows(8).rposition(|window| window == claim).unwrap();
            let mut hostile = honest.clone();
            hostile[at..at + 8].copy_from_slice(&(1i64 << 40).to_le_bytes());
            assert!(checked(&hostile).unwrap_err().contains("claims to unpack to 1099511627"));
        }
    }

    #[test]
    fn lengths_beyond_the_end_are_refused() {
        let beyond = Err("a length reaches beyond the end".to_owned());
        assert_eq!(checked(b"ARRKW1\0\0"), beyond);
        assert_eq!(checked(b"\xff\xff\xff\xff\xff\xff\xff\x7f"), beyond);
        let cut = stream();
        assert!(checked(&cut[..cut.len() - 20]).is_err());
        let mut long = file();
        let at = long.len() - 10;
        long[at..at + 4].copy_from_slice(&i32::MAX.to_le_bytes());
        assert_eq!(checked(&long), Err("the footer reaches beyond the beginning".to_owned()));
    }
}
