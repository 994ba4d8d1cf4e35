//! The lengths that an Arrow IPC file claims, checked against its own: its reader allocates what it is told.

use std::io::{self, Read, Seek, SeekFrom};

use arrow::ipc::{Block, Message, root_as_footer, root_as_message};

use super::is_plausible;

const MAGIC: &[u8; 6] = b"ARROW1";
/// Stands before the length of a message since format 0.15.
const CONTINUATION: [u8; 4] = [0xff; 4];

/// Checks that no length in `input` reaches beyond its end. Tells whether it is a file with a footer, not a stream.
///
/// # Errors
/// What is wrong, or where it cannot be read.
pub(super) fn check(input: &mut (impl Read + Seek)) -> io::Result<bool> {
    let size = input.seek(SeekFrom::End(0))?;
    let mut magic = Vec::new();
    input.rewind()?;
    input.by_ref().take(MAGIC.len() as u64).read_to_end(&mut magic)?;
    if magic == MAGIC {
        return footer(input, size).map(|()| true);
    }
    input.rewind()?;
    while message(input, size)? {}
    Ok(false)
}

fn damaged(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

/// `length` bytes, if there are so many.
fn bytes(input: &mut (impl Read + Seek), length: u64, size: u64) -> io::Result<Vec<u8>> {
    if length > size.saturating_sub(input.stream_position()?) {
        return Err(damaged("a length reaches beyond the end"));
    }
    let mut out = Vec::new();
    input.by_ref().take(length).read_to_end(&mut out)?;
    Ok(out)
}

/// The footer, and the blocks that it names.
fn footer(input: &mut (impl Read + Seek), size: u64) -> io::Result<()> {
    let end = size.checked_sub(10).ok_or_else(|| damaged("the footer is missing"))?;
    input.seek(SeekFrom::Start(end))?;
    let tail = bytes(input, 4, size)?;
    let length = u64::try_from(number(&tail)).map_err(|_| damaged("the footer has a negative length"))?;
    input.seek(SeekFrom::Start(end.checked_sub(length).ok_or_else(|| damaged("the footer reaches beyond the beginning"))?))?;
    let footer = bytes(input, length, size)?;
    let footer = root_as_footer(&footer).map_err(|e| damaged(&e.to_string()))?;
    let within = |block: &Block| {
        let parts = [block.offset(), i64::from(block.metaDataLength()), block.bodyLength()];
        let end = parts.iter().try_fold(0u64, |end, &part| end.checked_add(u64::try_from(part).ok()?));
        end.is_some_and(|end| end <= size)
    };
    for block in footer.dictionaries().into_iter().chain(footer.recordBatches()).flatten() {
        if !within(block) {
            return Err(damaged("a block reaches beyond the end"));
        }
        self::block(input, block, size)?;
    }
    Ok(())
}

/// The message of a block that lies within the file.
fn block(input: &mut (impl Read + Seek), block: &Block, size: u64) -> io::Result<()> {
    let number = |number: i64| u64::try_from(number).map_err(|_| damaged("a block has a negative length"));
    let (offset, length) = (number(block.offset())?, number(i64::from(block.metaDataLength()))?);
    input.seek(SeekFrom::Start(offset))?;
    let metadata = bytes(input, length, size)?;
    let start = if metadata.starts_with(&CONTINUATION) { 8 } else { 4 };
    let metadata = metadata.get(start..).ok_or_else(|| damaged("a block has no message"))?;
    let message = root_as_message(metadata).map_err(|e| damaged(&e.to_string()))?;
    buffers(input, message, offset + length, number(block.bodyLength())?)
}

/// What the buffers of the message with its body at `start` unpack to.
fn buffers(input: &mut (impl Read + Seek), message: Message<'_>, start: u64, length: u64) -> io::Result<()> {
    let batch = message.header_as_record_batch();
    let batch = batch.or_else(|| message.header_as_dictionary_batch().and_then(|dictionary| dictionary.data()));
    let Some(batch) = batch else { return Ok(()) };
    let mut unpacked = 0u64;
    for buffer in batch.buffers().into_iter().flatten() {
        let (Ok(at), Ok(stored)) = (u64::try_from(buffer.offset()), u64::try_from(buffer.length())) else {
            return Err(damaged("a buffer has a negative length"));
        };
        if at.checked_add(stored).is_none_or(|end| end > length) {
            return Err(damaged("a buffer reaches beyond its batch"));
        }
        if batch.compression().is_some() && stored >= 8 {
            input.seek(SeekFrom::Start(start + at))?;
            let mut claim = [0; 8];
            input.read_exact(&mut claim)?;
            // −1 stands before what is not compressed.
            unpacked = unpacked.saturating_add(u64::try_from(i64::from_le_bytes(claim)).unwrap_or(0));
        }
    }
    if is_plausible(unpacked, length) {
        return Ok(());
    }
    Err(damaged(&format!("a batch of {length} bytes claims to unpack to {unpacked}")))
}

/// The next message of a stream; false at the end.
fn message(input: &mut (impl Read + Seek), size: u64) -> io::Result<bool> {
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
    let metadata = bytes(input, length, size)?;
    let message = root_as_message(&metadata).map_err(|e| damaged(&e.to_string()))?;
    let body = u64::try_from(message.bodyLength()).map_err(|_| damaged("a body has a negative length"))?;
    let at = input.stream_position()?;
    if body > size.saturating_sub(at) {
        return Err(damaged("a body reaches beyond the end"));
    }
    buffers(input, message, at, body)?;
    input.seek(SeekFrom::Start(at + body))?;
    Ok(true)
}

/// Four bytes, as a number.
fn number(bytes: &[u8]) -> i32 {
    bytes.try_into().map_or(-1, i32::from_le_bytes)
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

    fn checked(bytes: &[u8]) -> Result<bool, String> {
        check(&mut Cursor::new(bytes)).map_err(|e| e.to_string())
    }

    #[test]
    fn what_writers_write_is_whole() {
        assert_eq!(checked(&file()), Ok(true));
        assert_eq!(checked(&stream()), Ok(false));
        assert_eq!(checked(b""), Ok(false));
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
            assert_eq!(checked(&honest), Ok(true));
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
