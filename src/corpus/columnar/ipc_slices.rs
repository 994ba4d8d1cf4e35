//! Slices of rows of one record batch of Arrow IPC: of each buffer, only what they need is read.
//!
//! Compressed buffers can only be unpacked from their beginning: those of the columns that are read are unpacked once, into
//! an unnamed temporary file.

use std::{
    collections::HashMap,
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    ops::Range,
};

use arrow::array::{ArrayData, ArrayDataBuilder};
use arrow::{
    array::{ArrayRef, RecordBatchOptions, make_array, new_empty_array},
    buffer::{BooleanBuffer, Buffer, NullBuffer},
    datatypes::{DataType, Field},
    error::ArrowError,
    ipc::{CompressionType, root_as_message},
};

use super::{Batch, FEW_BYTES, PART_BYTES, Schema, ipc_batches::read, ipc_lengths::Place, table::BATCH_ROWS};

/// Most bytes of a slice; one of more is cut to fewer rows, down to one.
const SLICE_BYTES: u64 = 8 << 20;
/// Strings whose views lie no further apart are read at once.
const GAP: u64 = 4 << 10;
/// Strings up to this length stand in their views.
const INLINE: u64 = 12;

/// A record batch that is read in slices.
pub(super) struct Slices {
    buffers: Vec<Stored>,
    /// Length and number of nulls of each array.
    nodes: Vec<(u64, u64)>,
    /// Buffers of each column of views.
    variadic: Vec<usize>,
    rows: u64,
    next: u64,
    slice_rows: u64,
    compression: Option<CompressionType>,
    unpacked: Option<File>,
}

/// Where a buffer stands.
#[derive(Clone, Copy)]
struct Stored {
    at: u64,
    length: u64,
    /// Compressed, and not unpacked yet.
    is_packed: bool,
    /// In the temporary file.
    is_unpacked: bool,
}

fn damaged(reason: &str) -> ArrowError {
    ArrowError::IpcError(reason.to_owned())
}

/// The type in `field` that is only read whole, if there is one.
pub(super) fn whole_type(field: &Field) -> Option<&DataType> {
    match field.data_type() {
        DataType::Union(..) | DataType::RunEndEncoded(..) | DataType::ListView(_) | DataType::LargeListView(_) => {
            Some(field.data_type())
        }
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) | DataType::Map(item, _) => {
            whole_type(item)
        }
        DataType::Struct(fields) => fields.iter().find_map(|field| whole_type(field)),
        _ => None,
    }
}

/// Whether `field` holds views.
pub(super) fn has_views(field: &Field) -> bool {
    match field.data_type() {
        DataType::Utf8View | DataType::BinaryView => true,
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) | DataType::Map(item, _) => {
            has_views(item)
        }
        DataType::Struct(fields) => fields.iter().any(|field| has_views(field)),
        _ => false,
    }
}

impl Slices {
    /// The batch described in `metadata`, from row `from` on.
    pub(super) fn new(metadata: Vec<u8>, place: Place, from: u64) -> Result<Self, String> {
        let message = root_as_message(&metadata).map_err(|e| e.to_string())?;
        let batch = message.header_as_record_batch().ok_or("a record batch is missing")?;
        let compression = batch.compression().map(|compression| compression.codec());
        let number = |number: i64| u64::try_from(number).unwrap_or(0);
        let stored = batch.buffers().into_iter().flatten().map(|buffer| {
            let is_packed = compression.is_some() && buffer.length() >= 8;
            Stored { at: place.body + number(buffer.offset()), length: number(buffer.length()), is_packed, is_unpacked: false }
        });
        let rows = place.rows.unwrap_or(0);
        let each = place.stored.max(place.unpacked) / rows.max(1);
        Ok(Self {
            buffers: stored.collect(),
            nodes: batch.nodes().into_iter().flatten().map(|node| (number(node.length()), number(node.null_count()))).collect(),
            variadic: batch.variadicBufferCounts().into_iter().flatten().map(|n| usize::try_from(n).unwrap_or(0)).collect(),
            rows,
            next: from,
            slice_rows: (PART_BYTES as u64 / each.max(1)).clamp(1, BATCH_ROWS as u64),
            compression,
            unpacked: None,
        })
    }

    /// The next slice of the columns numbered `columns` of `file`, which is laid out as `schema`; none at the end.
    pub(super) fn next(
        &mut self,
        file: &File,
        schema: &Schema,
        columns: &[usize],
        dictionaries: &HashMap<i64, ArrayRef>,
    ) -> Result<Option<Batch>, String> {
        let mut n = self.slice_rows.min(self.rows.saturating_sub(self.next));
        while n > 0 {
            let budget = if n == 1 { FEW_BYTES } else { SLICE_BYTES };
            let place = Walk { node: 0, buffer: 0, variadic: 0, budget };
            let rows = self.next..self.next + n;
            match (Walker { slices: self, file, dictionaries, place }).batch(schema, columns, rows) {
                Ok(batch) => {
                    self.next += n;
                    return Ok(Some(batch));
                }
                Err(ArrowError::MemoryError(_)) if n > 1 => n /= 2,
                Err(error) => return Err(format!("from row {} of it on: {error}", self.next + 1)),
            }
        }
        Ok(None)
    }

    /// Unpacks a buffer of `file` to the end of the temporary file.
    fn unpack(&mut self, mut file: &File, buffer: Stored) -> io::Result<Stored> {
        let mut claim = [0; 8];
        file.seek(SeekFrom::Start(buffer.at))?;
        file.read_exact(&mut claim)?;
        let (at, length) = (buffer.at + 8, buffer.length - 8);
        let plain = Stored { at, length, is_packed: false, is_unpacked: false };
        let Ok(claim) = u64::try_from(i64::from_le_bytes(claim)) else { return Ok(plain) };
        if self.unpacked.is_none() {
            self.unpacked = Some(tempfile::tempfile()?);
        }
        let Some(out) = &mut self.unpacked else { return Ok(buffer) };
        let at = out.seek(SeekFrom::End(0))?;
        let packed = file.take(length);
        let unpacked = if self.compression == Some(CompressionType::ZSTD) {
            let mut content = zstd::stream::read::Decoder::new(packed)?;
            content.window_log_max(26)?;
            io::copy(&mut content.take(claim), out)?
        } else {
            io::copy(&mut lz4_flex::frame::FrameDecoder::new(packed).take(claim), out)?
        };
        if unpacked != claim {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a compressed buffer is cut short"));
        }
        Ok(Stored { at, length: claim, is_unpacked: true, ..plain })
    }
}

/// What comes next in the description of a batch, and the bytes that may still be read.
struct Walk {
    node: usize,
    buffer: usize,
    variadic: usize,
    budget: u64,
}

/// Reads the same rows of all columns, one after the other as they are stored.
struct Walker<'w> {
    slices: &'w mut Slices,
    file: &'w File,
    dictionaries: &'w HashMap<i64, ArrayRef>,
    place: Walk,
}

impl Walker<'_> {
    fn batch(&mut self, schema: &Schema, columns: &[usize], rows: Range<u64>) -> Result<Batch, ArrowError> {
        let mut arrays: Vec<Option<ArrayRef>> = Vec::new();
        for (at, field) in schema.fields().iter().enumerate() {
            let is_read = columns.contains(&at);
            // Others are walked through, for what stands behind them.
            let data = self.array(field, if is_read { rows.clone() } else { 0..0 }, is_read.then_some(self.slices.rows))?;
            arrays.push(is_read.then(|| make_array(data)));
        }
        let arrays = columns.iter().map(|&at| arrays.get(at).cloned().flatten().ok_or_else(|| damaged("a column is missing")));
        let options = RecordBatchOptions::new().with_row_count(Some(size(rows.end - rows.start)?));
        Batch::try_new_with_options(schema.project(columns)?.into(), arrays.collect::<Result<_, _>>()?, &options)
    }

    /// `rows` of the next array, which must have `length` values where that is known.
    fn array(&mut self, field: &Field, rows: Range<u64>, length: Option<u64>) -> Result<ArrayData, ArrowError> {
        let &(values, n_nulls) = self.slices.nodes.get(self.place.node).ok_or_else(|| damaged("a column is missing"))?;
        self.place.node += 1;
        if length.is_some_and(|length| length != values) || rows.end > values {
            return Err(damaged("its columns are not equally long"));
        }
        let kind = field.data_type();
        let builder = ArrayData::builder(kind.clone()).len(size(rows.end - rows.start)?);
        if *kind == DataType::Null {
            return builder.build();
        }
        let nulls = self.buffer();
        let nulls = if n_nulls > 0 { Some(NullBuffer::new(self.bits(nulls, &rows)?)) } else { None };
        let builder = self.values(field, &rows, builder.nulls(nulls))?;
        if rows.is_empty() {
            return Ok(ArrayData::new_empty(kind));
        }
        builder.align_buffers(true).build()
    }

    /// Adds what `rows` hold, whatever is null.
    fn values(&mut self, field: &Field, rows: &Range<u64>, builder: ArrayDataBuilder) -> Result<ArrayDataBuilder, ArrowError> {
        Ok(match field.data_type() {
            DataType::Boolean => {
                let buffer = self.buffer();
                builder.add_buffer(self.bits(buffer, rows)?.sliced())
            }
            DataType::Utf8 | DataType::Binary => self.strings(rows, 4, builder)?,
            DataType::LargeUtf8 | DataType::LargeBinary => self.strings(rows, 8, builder)?,
            DataType::Utf8View | DataType::BinaryView => self.views(rows, builder)?,
            DataType::List(item) | DataType::Map(item, _) => self.list(item, rows, 4, builder)?,
            DataType::LargeList(item) => self.list(item, rows, 8, builder)?,
            DataType::FixedSizeList(item, n) => {
                let n = u64::try_from(*n).map_err(|e| damaged(&e.to_string()))?;
                let (Some(from), Some(to)) = (rows.start.checked_mul(n), rows.end.checked_mul(n)) else {
                    return Err(damaged("a list is too long"));
                };
                builder.add_child_data(self.array(item, from..to, None)?)
            }
            DataType::Struct(fields) => {
                let children = fields.iter().map(|field| self.array(field, rows.clone(), None));
                builder.child_data(children.collect::<Result<_, _>>()?)
            }
            DataType::Dictionary(key, value) => {
                let width = key.primitive_width().ok_or_else(|| damaged("a dictionary has no numbers as keys"))?;
                builder.add_buffer(self.fixed(rows, width)?).add_child_data(self.dictionary(field, value))
            }
            DataType::FixedSizeBinary(n) => builder.add_buffer(self.fixed(rows, usize::try_from(*n).unwrap_or(0))?),
            other => {
                let width = other
                    .primitive_width()
                    .ok_or_else(|| damaged(&format!("a column of type {other} cannot be read in parts")))?;
                builder.add_buffer(self.fixed(rows, width)?)
            }
        })
    }

    /// Number of the next buffer.
    fn buffer(&mut self) -> usize {
        self.place.buffer += 1;
        self.place.buffer - 1
    }

    /// Bytes `range` of buffer `number`.
    fn bytes(&mut self, number: usize, range: Range<u64>) -> Result<Vec<u8>, ArrowError> {
        let length = range.end.checked_sub(range.start).ok_or_else(|| damaged("its offsets are not in order"))?;
        if length == 0 {
            return Ok(Vec::new());
        }
        self.place.budget = self
            .place
            .budget
            .checked_sub(length)
            .ok_or_else(|| ArrowError::MemoryError(format!("a row takes more than {} MB", FEW_BYTES >> 20)))?;
        let mut buffer = *self.slices.buffers.get(number).ok_or_else(|| damaged("a buffer is missing"))?;
        if buffer.is_packed {
            buffer = self.slices.unpack(self.file, buffer)?;
            self.slices.buffers.get_mut(number).into_iter().for_each(|known| *known = buffer);
        }
        if range.end > buffer.length {
            return Err(damaged("a buffer is too short"));
        }
        let file = if buffer.is_unpacked { self.slices.unpacked.as_ref() } else { Some(self.file) };
        Ok(read(file.ok_or_else(|| damaged("a buffer is missing"))?, buffer.at + range.start, length)?)
    }

    fn bits(&mut self, buffer: usize, rows: &Range<u64>) -> Result<BooleanBuffer, ArrowError> {
        let bytes = self.bytes(buffer, rows.start / 8..rows.end.div_ceil(8))?;
        let length = if rows.is_empty() { 0 } else { size(rows.end - rows.start)? };
        Ok(BooleanBuffer::new(Buffer::from_vec(bytes), size(rows.start % 8)?, length))
    }

    fn fixed(&mut self, rows: &Range<u64>, width: usize) -> Result<Buffer, ArrowError> {
        let buffer = self.buffer();
        let at = |row: u64| row.checked_mul(width as u64).ok_or_else(|| damaged("a column is too long"));
        Ok(Buffer::from_vec(self.bytes(buffer, at(rows.start)?..at(rows.end)?)?))
    }

    /// Offsets of `width` bytes that begin at 0, and the range of what they divide.
    fn offsets(&mut self, rows: &Range<u64>, width: u64) -> Result<(Buffer, Range<u64>), ArrowError> {
        let buffer = self.buffer();
        if rows.is_empty() {
            return Ok((Buffer::from_vec(vec![0u8; size(width)?]), 0..0));
        }
        let bytes = self.bytes(buffer, rows.start * width..(rows.end + 1) * width)?;
        let offset = |bytes: &[u8]| number(bytes);
        let offsets: Vec<u64> = bytes.chunks_exact(size(width)?).map(offset).collect();
        let (&first, &last) = offsets.first().zip(offsets.last()).ok_or_else(|| damaged("its offsets are missing"))?;
        let moved = offsets.iter().flat_map(|offset| offset.wrapping_sub(first).to_le_bytes().into_iter().take(width as usize));
        Ok((Buffer::from_vec(moved.collect::<Vec<u8>>()), first..last))
    }

    fn strings(&mut self, rows: &Range<u64>, width: u64, builder: ArrayDataBuilder) -> Result<ArrayDataBuilder, ArrowError> {
        let (offsets, range) = self.offsets(rows, width)?;
        let buffer = self.buffer();
        Ok(builder.add_buffer(offsets).add_buffer(Buffer::from_vec(self.bytes(buffer, range)?)))
    }

    fn list(
        &mut self,
        item: &Field,
        rows: &Range<u64>,
        width: u64,
        builder: ArrayDataBuilder,
    ) -> Result<ArrayDataBuilder, ArrowError> {
        let (offsets, range) = self.offsets(rows, width)?;
        if range.end < range.start {
            return Err(damaged("its offsets are not in order"));
        }
        Ok(builder.add_buffer(offsets).add_child_data(self.array(item, range, None)?))
    }

    /// Views, and the strings that they show, gathered in one buffer.
    fn views(&mut self, rows: &Range<u64>, builder: ArrayDataBuilder) -> Result<ArrayDataBuilder, ArrowError> {
        let mut views = self.fixed(rows, 16)?.to_vec();
        let n_buffers = *self.slices.variadic.get(self.place.variadic).ok_or_else(|| damaged("a column is missing"))?;
        let first = self.place.buffer;
        self.place.variadic += 1;
        self.place.buffer += n_buffers;
        // Length, buffer, offset and view of each string that does not stand in its view.
        let mut long: Vec<(u64, u64, u64, usize)> = Vec::new();
        for (at, view) in views.chunks_exact(16).enumerate() {
            let word = |at: usize| number(view.get(at..at + 4).unwrap_or_default());
            if word(0) > INLINE {
                long.push((word(8), word(12), word(0), at));
            }
        }
        long.sort_unstable();
        let mut strings: Vec<u8> = Vec::new();
        let mut rest = long.as_slice();
        while let Some(&(buffer, start, ..)) = rest.first() {
            // A run of strings that touch, or nearly.
            let (mut n, mut end) = (0, start);
            while let Some(&(_, from, length, _)) =
                rest.get(n).filter(|next| next.0 == buffer && next.1 <= end.saturating_add(GAP))
            {
                end = end.max(from + length);
                n += 1;
            }
            let (run, later) = rest.split_at(n);
            let begins = strings.len() as u64;
            for &(_, from, _, at) in run {
                let moved = u32::try_from(begins + (from - start)).map_err(|e| damaged(&e.to_string()))?;
                let place = views.get_mut(16 * at + 8..16 * at + 16).ok_or_else(|| damaged("a view is missing"))?;
                place.copy_from_slice(&u64::from(moved).wrapping_shl(32).to_le_bytes());
            }
            if buffer >= n_buffers as u64 {
                return Err(damaged("a view shows a buffer that is missing"));
            }
            strings.extend(self.bytes(first + size(buffer)?, start..end)?);
            rest = later;
        }
        Ok(builder.add_buffer(Buffer::from_vec(views)).add_buffer(Buffer::from_vec(strings)))
    }

    /// The dictionary of `field`; missing where all is null.
    fn dictionary(&self, field: &Field, value: &DataType) -> ArrayData {
        #[allow(deprecated)]
        let known = field.dict_id().and_then(|id| self.dictionaries.get(&id));
        known.map_or_else(|| new_empty_array(value).to_data(), |values| values.to_data())
    }
}

/// A number of up to eight bytes.
fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte))
}

fn size(number: u64) -> Result<usize, ArrowError> {
    usize::try_from(number).map_err(|e| damaged(&e.to_string()))
}

#[cfg(test)]
mod tests {
    use std::{io::Write, sync::Arc};

    use arrow::{
        array::{
            Array, BinaryArray, BooleanArray, Decimal128Array, DictionaryArray, FixedSizeBinaryArray, FixedSizeListArray,
            Int32Array, LargeStringArray, ListArray, NullArray, StringArray, StringViewArray, StructArray,
        },
        compute::concat_batches,
        datatypes::{Int8Type, Int32Type},
        ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter},
    };
    use proptest::prelude::*;

    use super::*;
    use crate::corpus::columnar::ipc_batches::{self, Batches, WHOLE_BYTES};

    /// One column of each kind; every third value is null.
    fn batch(texts: &[String]) -> Batch {
        let some = |at: usize| at % 3 != 2;
        let strings = || texts.iter().enumerate().map(|(at, text)| some(at).then_some(text.as_str()));
        let numbers = || (0..texts.len()).map(|at| some(at).then_some(at as i32));
        let list = ListArray::from_iter_primitive::<Int32Type, _, _>(
            texts.iter().enumerate().map(|(at, text)| some(at).then(|| text.bytes().map(|byte| Some(i32::from(byte))))),
        );
        let pairs = texts.iter().flat_map(|text| [Some(text.len() as i32), None]).collect::<Int32Array>();
        let pair = Arc::new(Field::new("item", DataType::Int32, true));
        let nested = StructArray::from(vec![
            (Arc::new(Field::new("list", list.data_type().clone(), true)), Arc::new(list.clone()) as ArrayRef),
            (Arc::new(Field::new("text", DataType::Utf8, true)), Arc::new(StringArray::from_iter(strings()))),
        ]);
        let keys = strings().map(|text| text.map(|text| if text.len() > 5 { "long" } else { "short" }));
        let bytes = |at: usize, text: &str| some(at).then_some([text.len() as u8; 5]);
        let fixed = texts.iter().enumerate().map(|(at, text)| bytes(at, text));
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("text", Arc::new(StringArray::from_iter(strings()))),
            ("large", Arc::new(LargeStringArray::from_iter(strings()))),
            ("view", Arc::new(StringViewArray::from_iter(strings()))),
            ("binary", Arc::new(BinaryArray::from_iter(strings().map(|text| text.map(str::as_bytes))))),
            ("number", Arc::new(Int32Array::from_iter(numbers()))),
            ("decimal", Arc::new(Decimal128Array::from_iter(numbers().map(|n| n.map(i128::from))))),
            ("bool", Arc::new(BooleanArray::from_iter((0..texts.len()).map(|at| some(at).then_some(at % 5 == 0))))),
            ("fixed", Arc::new(FixedSizeBinaryArray::try_from_sparse_iter_with_size(fixed, 5).unwrap())),
            ("key", Arc::new(keys.collect::<DictionaryArray<Int8Type>>())),
            ("nothing", Arc::new(NullArray::new(texts.len()))),
            ("pair", Arc::new(FixedSizeListArray::new(pair, 2, Arc::new(pairs), None))),
            ("list", Arc::new(list)),
            ("nested", Arc::new(nested)),
        ];
        Batch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true))).unwrap()
    }

    fn stored(batches: &[Batch], packed: Option<CompressionType>, as_stream: bool) -> File {
        let options = IpcWriteOptions::default().try_with_compression(packed).unwrap();
        let schema = batches[0].schema();
        let bytes = if as_stream {
            let mut writer = StreamWriter::try_new_with_options(Vec::new(), &schema, options).unwrap();
            batches.iter().for_each(|batch| writer.write(batch).unwrap());
            writer.finish().unwrap();
            writer.into_inner().unwrap()
        } else {
            let mut writer = FileWriter::try_new_with_options(Vec::new(), &schema, options).unwrap();
            batches.iter().for_each(|batch| writer.write(batch).unwrap());
            writer.finish().unwrap();
            writer.into_inner().unwrap()
        };
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        file
    }

    /// The rows from `row` on, and how many rows came at once.
    fn read_from(file: &File, row: u64, columns: &[usize], whole: u64) -> Result<(Vec<Batch>, Vec<usize>), String> {
        let mut batches = Batches::open(file.try_clone().unwrap(), row, columns, whole)?;
        let mut out = Vec::new();
        while let Some(batch) = batches.next_batch()? {
            out.push(batch);
        }
        let rows = out.iter().map(Batch::num_rows).collect();
        Ok((out, rows))
    }

    fn joined(batches: &[Batch]) -> Option<Batch> {
        let kept: Vec<_> = batches.iter().filter(|batch| batch.num_rows() > 0).collect();
        kept.first().map(|first| concat_batches(&first.schema(), kept.iter().copied()).unwrap())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn slices_hold_what_the_batch_holds(
            texts in prop::collection::vec("[a-zé]{0,30}", 1..60),
            rows in 1u64..30,
            from in 0u64..130,
            columns in prop::sample::subsequence((0..13).collect::<Vec<usize>>(), 1..13).prop_shuffle(),
            (kind, as_stream) in (0..3usize, any::<bool>()),
        ) {
            let packed = [None, Some(CompressionType::LZ4_FRAME), Some(CompressionType::ZSTD)][kind];
            let whole = batch(&texts);
            let file = stored(&[whole.clone(), whole.clone()], packed, as_stream);
            let (expected, _) = read_from(&file, from, &columns, WHOLE_BYTES).unwrap();
            let (found, _) = read_from(&file, from, &columns, 0).unwrap();
            prop_assert_eq!(joined(&found), joined(&expected));

            let contents = ipc_batches::contents(&file).unwrap();
            let place = *contents.messages.iter().rfind(|message| message.rows.is_some()).unwrap();
            let metadata = read(&file, place.at, place.length).unwrap();
            let mut slices = Slices { slice_rows: rows, ..Slices::new(metadata, place, 0).unwrap() };
            let columns = [0, 2, 6, 12];
            let (mut found, none) = (Vec::new(), HashMap::new());
            while let Some(batch) = slices.next(&file, &contents.schema, &columns, &none).unwrap() {
                prop_assert!(batch.num_rows() as u64 <= rows);
                found.push(batch);
            }
            prop_assert_eq!(joined(&found).unwrap(), whole.project(&columns).unwrap());
        }
    }

    #[test]
    fn long_rows_come_alone_and_too_long_ones_are_refused() {
        let mut texts = vec!["short".to_owned(); 100];
        texts[50] = "long ".repeat(1 << 20).to_owned();
        texts[52] = "long ".repeat(1 << 20).to_owned();
        for column in
            [Arc::new(StringArray::from(texts.clone())) as ArrayRef, Arc::new(StringViewArray::from_iter_values(&texts))]
        {
            let batch = Batch::try_from_iter([("text", column)]).unwrap();
            let file = stored(std::slice::from_ref(&batch), None, false);
            let (found, rows) = read_from(&file, 0, &[0], 1 << 20).unwrap();
            assert!(rows.len() > 2, "5 MB texts come apart: {rows:?}");
            assert_eq!(joined(&found), Some(batch));
        }
        texts[50] = "x".repeat(65 << 20);
        let batch = Batch::try_from_iter([("text", Arc::new(StringArray::from(texts)) as ArrayRef)]).unwrap();
        let refused = read_from(&stored(&[batch], None, false), 0, &[0], 1 << 20).unwrap_err();
        assert!(refused.contains("record batch 1: from row 51 of it on") && refused.contains("64 MB"), "{refused}");
    }

    #[test]
    fn damage_is_an_error() {
        let texts: Vec<String> = (0..40).map(|at| format!("a text of some length, number {at}")).collect();
        for packed in [None, Some(CompressionType::LZ4_FRAME), Some(CompressionType::ZSTD)] {
            let file = stored(&[batch(&texts)], packed, true);
            let length = file.metadata().unwrap().len();
            let whole = read(&file, 0, length).unwrap();
            for at in 0..whole.len() {
                let mut hostile = tempfile::tempfile().unwrap();
                let mut bytes = whole.clone();
                bytes[at] ^= 0x84;
                hostile.write_all(&bytes).unwrap();
                // An error or other values; never a panic that nobody stops, nor more rows than the columns hold.
                if let Ok((_, rows)) = read_from(&hostile, 0, &[0, 2, 12], 0) {
                    assert!(rows.iter().sum::<usize>() <= 40);
                }
            }
        }
    }
}
