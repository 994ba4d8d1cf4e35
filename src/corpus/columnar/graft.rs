//! Parquet to Parquet: label columns grafted on the input's own column chunks.
//!
//! Where every column passes as it is, nothing of it needs to be decoded, encoded or packed again: only the texts are read.
//! While rows are labelled, `OUT.partial` holds [`Frames`] of labels. At the end, row group by row group, the input's column
//! chunks are copied byte for byte, packing included, and the label columns encoded beside them. Only row groups that lose
//! rows, to rejects or at the edge of a shard, are decoded and encoded anew.

use std::{
    fs::File,
    io::{BufWriter, Read, Seek, SeekFrom, Write},
    ops::Range,
    path::Path,
    sync::Arc,
};

use arrow::{
    array::{ArrayRef, BooleanArray, Float64Builder, ListBuilder, StringBuilder},
    compute::filter_record_batch,
    datatypes::{Field, Schema as ArrowSchema},
};
use parquet::{
    arrow::{
        ARROW_SCHEMA_META_KEY, ArrowSchemaConverter, add_encoded_arrow_schema_to_metadata,
        arrow_writer::{ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves},
    },
    basic::Compression,
    column::writer::ColumnCloseResult,
    errors::ParquetError,
    file::{
        metadata::{KeyValue, PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader},
        properties::{EnabledStatistics, WriterProperties},
        writer::{SerializedFileWriter, SerializedRowGroupWriter},
    },
    schema::types::{ColumnPath, Type, TypePtr},
};

use super::{
    Batch, Schema,
    frame::{self, Frames, Stored},
    guard::guarded,
    pack::label_fields,
    page_header,
    page_lengths::chunk_range,
    table::{Groups, metadata},
};
use crate::corpus::{
    columns::{LabelColumns, SCALE, UNSURE},
    format::Format,
    layout::{Layout, TableHeader},
    source::{Source, Stamp},
};

/// Most rows of a row group whose labels are encoded in memory: about 100 MB of them.
const MOST_ROWS: i64 = 1 << 22;
const WRITE_BYTES: usize = 1 << 20;
/// Rows that are encoded at once: pages must not show how frames were cut.
const BLOCK_ROWS: usize = 1 << 13;

/// What the columns are copied from.
pub(crate) struct Inputs<'i> {
    pub(crate) sources: &'i [Source],
    /// Size and time of change of each, before it was read.
    pub(crate) stamps: &'i [Option<Stamp>],
    pub(crate) layout: &'i Layout,
    /// Threads to encode labels on.
    pub(crate) threads: usize,
}

/// What the output has of the inputs.
#[derive(Clone, Debug)]
pub(super) struct Graft {
    /// Columns of the output as Arrow sees them, label columns last.
    schema: Schema,
    /// The same as Parquet has them.
    types: TypePtr,
    compression: Compression,
    /// Entries of the first input's metadata.
    entries: Vec<KeyValue>,
    labels: LabelColumns,
    text_field: String,
    /// Whether all inputs say where their pages are; the output does so for all columns or for none.
    is_indexed: bool,
}

impl Graft {
    /// The graft for `sources`; `None` where their columns cannot all pass as they are.
    pub(super) fn new(sources: &[Source], layout: &Layout) -> Option<Self> {
        let mut graft: Option<Self> = None;
        let mut is_indexed = true;
        for source in sources {
            if source.format != Format::Parquet || layout.articles {
                return None;
            }
            // An input that cannot be read is given up later, whatever is done with the others.
            let Ok(input) = Input::open(source, layout) else { continue };
            if !input.is_sound() {
                return None;
            }
            is_indexed &= input.indexed().is_some();
            match &graft {
                None => graft = Some(Self::of_first(&input, layout)?),
                Some(graft) if !graft.fits(&input) => return None,
                Some(_) => {}
            }
        }
        graft.map(|graft| Self { is_indexed, ..graft })
    }

    fn of_first(input: &Input, layout: &Layout) -> Option<Self> {
        let fields = input.roots.iter().map(|&root| input.schema.fields().get(root).cloned()).collect::<Option<Vec<_>>>()?;
        let labels: Vec<Arc<Field>> = label_fields(&layout.labels).into_iter().map(Arc::new).collect();
        let of_labels = ArrowSchemaConverter::new().convert(&ArrowSchema::new(labels.clone())).ok()?;
        let root = input.metadata.file_metadata().schema_descr().root_schema();
        let types = input.types().chain(of_labels.root_schema().get_fields().iter().cloned()).collect();
        let types = Type::group_type_builder(root.name()).with_fields(types).build().ok()?;
        let schema = ArrowSchema::new_with_metadata([fields, labels].concat(), input.schema.metadata().clone());
        Some(Self {
            schema: Arc::new(schema),
            types: Arc::new(types),
            compression: input.compression(),
            entries: input.metadata.file_metadata().key_value_metadata().cloned().unwrap_or_default(),
            labels: layout.labels.clone(),
            text_field: layout.text_field.clone(),
            is_indexed: false,
        })
    }

    /// Whether the columns of `input` are those of the output, nested types and what may be null included.
    fn fits(&self, input: &Input) -> bool {
        let n_labels = self.labels.names().len();
        let ours = self.types.get_fields();
        let fields = input.roots.iter().map(|&root| input.schema.fields().get(root));
        input.roots.len() + n_labels == ours.len()
            && input.types().zip(ours).all(|(theirs, ours)| theirs == *ours)
            && fields
                .zip(self.schema.fields())
                .all(|(theirs, ours)| theirs.is_some_and(|field| field.data_type() == ours.data_type()))
    }

    fn properties(&self, meta: &[(String, String)]) -> WriterProperties {
        let text = ColumnPath::from(self.text_field.as_str());
        let replaced = |key: &str| key == ARROW_SCHEMA_META_KEY || meta.iter().any(|(other, _)| other == key);
        let mut entries: Vec<KeyValue> = self.entries.iter().filter(|entry| !replaced(&entry.key)).cloned().collect();
        entries.extend(meta.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone())));
        let statistics = if self.is_indexed { EnabledStatistics::Page } else { EnabledStatistics::Chunk };
        let mut properties = WriterProperties::builder()
            .set_statistics_enabled(statistics)
            .set_offset_index_disabled(!self.is_indexed)
            .set_compression(self.compression)
            .set_key_value_metadata(Some(entries))
            .set_column_dictionary_enabled(text.clone(), false)
            .set_column_statistics_enabled(text, EnabledStatistics::None)
            .build();
        add_encoded_arrow_schema_to_metadata(&self.schema, &mut properties);
        properties
    }
}

/// A Parquet file whose column chunks are copied.
struct Input {
    file: File,
    size: u64,
    metadata: Arc<ParquetMetaData>,
    schema: Schema,
    header: TableHeader,
    /// Numbers of the columns that go out.
    roots: Vec<usize>,
}

impl Input {
    fn open(source: &Source, layout: &Layout) -> Result<Self, String> {
        let file = super::table::open(source)?;
        let size = file.metadata().map_err(|e| e.to_string())?.len();
        let reader = metadata(&file)?;
        let schema = reader.schema().clone();
        let header = TableHeader::new(layout, &schema, false)?;
        let roots = header.out.iter().filter_map(|&at| header.read.get(at).copied()).collect();
        Ok(Self { file, size, metadata: reader.metadata().clone(), schema, header, roots })
    }

    /// Whether its columns pass as they are, in row groups that fit in memory, and lie in the file.
    fn is_sound(&self) -> bool {
        self.header.direct
            && self.metadata.row_groups().iter().all(|group| {
                (0..=MOST_ROWS).contains(&group.num_rows())
                    && group.columns().iter().all(|chunk| chunk_range(chunk, self.size).is_ok())
            })
    }

    /// Types of the columns that go out.
    fn types(&self) -> impl Iterator<Item = TypePtr> {
        let fields = self.metadata.file_metadata().schema_descr().root_schema().get_fields();
        self.roots.iter().filter_map(|&root| fields.get(root).cloned())
    }

    /// Numbers of the leaves of the columns that go out.
    fn leaves(&self) -> Vec<usize> {
        let schema = self.metadata.file_metadata().schema_descr();
        let of = |root: usize| (0..schema.num_columns()).filter(move |&leaf| schema.get_column_root_idx(leaf) == root);
        self.roots.iter().flat_map(|&root| of(root)).collect()
    }

    /// Its metadata with the places of all pages, where it has them.
    fn indexed(&self) -> Option<Arc<ParquetMetaData>> {
        let chunks = self.metadata.row_groups().iter().flat_map(|group| group.columns());
        let mut places = chunks.flat_map(|chunk| {
            let of_pages = (chunk.offset_index_offset(), chunk.offset_index_length());
            [of_pages, (chunk.column_index_offset(), chunk.column_index_length())]
        });
        if !places.all(|(at, length)| is_whole_index(&self.file, at, length)) {
            return None;
        }
        let reader = ParquetMetaDataReader::new().with_page_index_policy(PageIndexPolicy::Optional);
        let metadata = guarded(|| reader.parse_and_finish(&self.file).map_err(fault)).ok()?;
        let index = metadata.offset_index()?;
        let columns = metadata.file_metadata().schema_descr().num_columns();
        let is_whole = index.len() == metadata.num_row_groups() && index.iter().all(|group| group.len() == columns);
        is_whole.then(|| Arc::new(metadata))
    }

    /// How its texts are packed, where this is still done.
    fn compression(&self) -> Compression {
        let chunk = self.metadata.row_groups().first().and_then(|group| group.columns().get(*self.leaves().first()?));
        // The older LZ4 is read, but no longer written.
        chunk.map(|chunk| chunk.compression()).filter(|known| *known != Compression::LZ4).unwrap_or(Compression::SNAPPY)
    }

    /// Row groups with their rows.
    fn groups(&self) -> Vec<Range<u64>> {
        let mut end = 0;
        let rows = self.metadata.row_groups().iter().map(|group| u64::try_from(group.num_rows()).unwrap_or(0));
        rows.map(|rows| {
            let start = end;
            end += rows;
            start..end
        })
        .collect()
    }
}

/// Whether an index that is to stand at `at` is whole; one that is not there is.
fn is_whole_index(mut file: &File, at: Option<i64>, length: Option<i32>) -> bool {
    let (Some(at), Some(length)) = (at, length) else { return true };
    let (Ok(at), Ok(length)) = (u64::try_from(at), u64::try_from(length)) else { return false };
    let mut bytes = Vec::new();
    let read = file.seek(SeekFrom::Start(at)).and_then(|_| file.take(length).read_to_end(&mut bytes));
    read.is_ok() && page_header::is_whole(&bytes)
}

/// The output while it grows.
struct Grafting<'g> {
    graft: &'g Graft,
    frames: Frames,
    threads: usize,
    writer: SerializedFileWriter<BufWriter<File>>,
    columns: ArrowRowGroupWriterFactory,
    n_groups: usize,
}

/// Makes the file `whole` of the labels in `partial` and the columns of `sources`.
pub(super) fn assemble(
    graft: &Graft,
    inputs: &Inputs<'_>,
    partial: &Path,
    whole: &Path,
    meta: &[(String, String)],
) -> Result<(), String> {
    let frames = Frames::open(partial)?;
    let out = BufWriter::with_capacity(WRITE_BYTES, File::create(whole).map_err(|e| e.to_string())?);
    let writer = SerializedFileWriter::new(out, graft.types.clone(), Arc::new(graft.properties(meta))).map_err(fault)?;
    let columns = ArrowRowGroupWriterFactory::new(&writer, graft.schema.clone());
    let mut grafting = Grafting { graft, frames, threads: inputs.threads, writer, columns, n_groups: 0 };
    let frames = grafting.frames.all.clone();
    for of_source in frames.chunk_by(|a, b| a.source == b.source) {
        let number = of_source.first().map_or(0, |frame| frame.source);
        let source = inputs.sources.get(number).ok_or("the labels are of other inputs")?;
        if inputs.stamps.get(number).copied().flatten().is_some_and(|before| source.stamp().ok() != Some(before)) {
            return Err(format!("{} changed after it was read, so that its columns cannot be copied", source.name()));
        }
        let done = Input::open(source, inputs.layout).and_then(|mut input| {
            if graft.is_indexed {
                input.metadata = input.indexed().ok_or("its index of pages cannot be read any more")?;
            }
            grafting.input(&input, of_source)
        });
        done.map_err(|reason| format!("{}: {reason}", source.name()))?;
    }
    let mut out = grafting.writer.into_inner().map_err(fault)?;
    out.flush().map_err(|e| e.to_string())?;
    out.get_ref().sync_all().map_err(|e| e.to_string())
}

fn fault(error: ParquetError) -> String {
    error.to_string()
}

impl Grafting<'_> {
    fn input(&mut self, input: &Input, frames: &[Stored]) -> Result<(), String> {
        let mut left = frames;
        for (number, rows) in input.groups().into_iter().enumerate() {
            let n = left.iter().take_while(|frame| frame.first < rows.end).count();
            let (ours, others) = left.split_at(n);
            left = others;
            if ours.iter().any(|frame| frame.kept > 0) {
                self.group(input, number, rows, ours)?;
            }
        }
        Ok(())
    }

    /// One row group, with the labels of `frames`.
    fn group(&mut self, input: &Input, number: usize, rows: Range<u64>, frames: &[Stored]) -> Result<(), String> {
        let labels = self.frames.labels(frames)?;
        let is_whole = frames.first().is_some_and(|frame| frame.first == rows.start)
            && frames.last().is_some_and(|frame| frame.end() == rows.end)
            && frames.iter().all(|frame| frame.kept == frame.rows);
        let mut writers = self.columns.create_column_writers(self.n_groups).map_err(fault)?;
        self.n_groups += 1;
        let of_labels = writers.split_off(writers.len().saturating_sub(self.graft.labels.names().len()));
        let (graft, threads) = (self.graft, self.threads);
        let mut group = self.writer.next_row_group().map_err(fault)?;
        let mut inputs = || match is_whole {
            true => copied(input, number, &mut group),
            false => recoded(input, frames, &labels, graft, std::mem::take(&mut writers), &mut group),
        };
        let encoded = if threads > 1 {
            std::thread::scope(|scope| {
                let encoded = scope.spawn(|| encoded(graft, &labels, of_labels, threads));
                inputs()?;
                encoded.join().unwrap_or_else(|_| Err("a thread ended early; this is a bug, please report it".into()))
            })?
        } else {
            inputs()?;
            encoded(graft, &labels, of_labels, threads)?
        };
        for chunk in encoded {
            chunk.append_to_row_group(&mut group).map_err(fault)?;
        }
        group.close().map(drop).map_err(fault)
    }
}

type Group<'g> = SerializedRowGroupWriter<'g, BufWriter<File>>;

/// Copies the columns of row group `number`.
fn copied(input: &Input, number: usize, out: &mut Group<'_>) -> Result<(), String> {
    let metadata = &input.metadata;
    let group = metadata.row_groups().get(number).ok_or("a row group is missing")?;
    for leaf in input.leaves() {
        let chunk = group.columns().get(leaf).ok_or("a column is missing")?;
        let (_, length) = chunk_range(chunk, input.size)?;
        let close = ColumnCloseResult {
            bytes_written: length,
            rows_written: u64::try_from(group.num_rows()).unwrap_or(0),
            metadata: chunk.clone(),
            bloom_filter: None,
            column_index: metadata.column_index().and_then(|index| index.get(number)?.get(leaf)).cloned(),
            offset_index: metadata.offset_index().and_then(|index| index.get(number)?.get(leaf)).cloned(),
        };
        out.append_column(&input.file, close).map_err(fault)?;
    }
    Ok(())
}

/// Decodes the rows of `frames` that are kept, and encodes them again.
fn recoded(
    input: &Input,
    frames: &[Stored],
    labels: &[Vec<u8>],
    graft: &Graft,
    mut writers: Vec<ArrowColumnWriter>,
    out: &mut Group<'_>,
) -> Result<(), String> {
    let n_labels = graft.labels.names().len().saturating_sub(2);
    let kept: Vec<bool> = labels.iter().flat_map(|bytes| frame::rows(bytes, n_labels)).map(|row| row.is_some()).collect();
    let file = input.file.try_clone().map_err(|e| e.to_string())?;
    let mut groups = Groups::open(file, frames.first().map_or(0, |frame| frame.first), &input.header.read)?;
    let mut left = kept.as_slice();
    while !left.is_empty() {
        let batch = groups.next_batch()?.ok_or("it has fewer rows than before")?;
        let (now, later) = left.split_at(batch.num_rows().min(left.len()));
        left = later;
        let batch = batch.slice(0, now.len()).project(&input.header.out).map_err(|e| e.to_string())?;
        let batch = filter_record_batch(&batch, &BooleanArray::from(now.to_vec())).map_err(|e| e.to_string())?;
        write(&batch, &graft.schema, &mut writers)?;
    }
    for writer in writers {
        writer.close().and_then(|chunk| chunk.append_to_row_group(out)).map_err(fault)?;
    }
    Ok(())
}

/// Writes the columns of `batch`, the first ones of `schema`.
fn write(batch: &Batch, schema: &Schema, writers: &mut [ArrowColumnWriter]) -> Result<(), String> {
    let mut writers = writers.iter_mut();
    for (field, column) in schema.fields().iter().zip(batch.columns()) {
        for leaf in compute_leaves(field, column).map_err(fault)? {
            writers.next().ok_or("a column is missing")?.write(&leaf).map_err(fault)?;
        }
    }
    Ok(())
}

/// The label columns, on up to `threads` threads.
fn encoded(
    graft: &Graft,
    labels: &[Vec<u8>],
    writers: Vec<ArrowColumnWriter>,
    threads: usize,
) -> Result<Vec<ArrowColumnChunk>, String> {
    let mut columns: Vec<(usize, Option<ArrowColumnWriter>)> = writers.into_iter().map(Some).enumerate().collect();
    let mut chunks = Vec::new();
    // The lists of labels take longest, so that they stand alone with the label in front.
    let several = columns.len().div_ceil(threads.max(1)).max(1);
    let one = |column: &mut (usize, Option<ArrowColumnWriter>)| {
        let writer = column.1.take().ok_or("a column is missing")?;
        label_column(graft, column.0, labels, writer)
    };
    std::thread::scope(|scope| {
        let spawned: Vec<_> = columns
            .chunks_mut(several)
            .map(|columns| scope.spawn(move || columns.iter_mut().map(one).collect::<Result<Vec<_>, String>>()))
            .collect();
        for thread in spawned {
            chunks.extend(thread.join().unwrap_or_else(|_| Err("a thread ended early; this is a bug, please report it".into()))?);
        }
        Ok(chunks)
    })
}

/// The label column number `at`, encoded.
fn label_column(graft: &Graft, at: usize, labels: &[Vec<u8>], mut writer: ArrowColumnWriter) -> Result<ArrowColumnChunk, String> {
    let n_columns = graft.labels.names().len();
    let place = graft.schema.fields().len().saturating_sub(n_columns) + at;
    let field = graft.schema.fields().get(place).ok_or("a column is missing")?;
    let rows = labels.iter().flat_map(|frame| frame::rows(frame, n_columns.saturating_sub(2)));
    let mut rows = rows.flatten().peekable();
    while rows.peek().is_some() {
        let array = label_array(&graft.labels, at, rows.by_ref().take(BLOCK_ROWS));
        for leaf in compute_leaves(field, &array).map_err(fault)? {
            writer.write(&leaf).map_err(fault)?;
        }
    }
    writer.close().map_err(fault)
}

/// The values of the label column number `at`.
fn label_array<'f>(columns: &LabelColumns, at: usize, rows: impl Iterator<Item = frame::Labels<'f>>) -> ArrayRef {
    match at {
        0 => {
            let mut names = StringBuilder::new();
            rows.for_each(|row| names.append_value(row.main.map_or(UNSURE, |label| columns.label(label))));
            Arc::new(names.finish())
        }
        1 => {
            let mut lists = ListBuilder::new(StringBuilder::new());
            for row in rows {
                row.chosen().for_each(|label| lists.values().append_value(columns.label(label)));
                lists.append(true);
            }
            Arc::new(lists.finish())
        }
        _ => {
            let mut values = Float64Builder::new();
            rows.for_each(|row| values.append_value(f64::from(row.probability(at - 2)) / f64::from(SCALE)));
            Arc::new(values.finish())
        }
    }
}
