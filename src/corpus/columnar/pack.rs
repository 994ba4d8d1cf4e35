//! Columnar output: parts of one row group each, and the file that they become.

use std::{
    collections::{BTreeSet, HashMap},
    fs::File,
    io::{BufWriter, Read, Write},
    path::Path,
    sync::Arc,
};

use arrow::{
    array::{Array, ArrayRef, AsArray, BooleanArray, Float64Builder, ListBuilder, StringBuilder},
    compute::{cast, filter_record_batch},
    datatypes::{DataType, Field, Schema as ArrowSchema},
    ipc::{
        reader::StreamReader,
        writer::{FileWriter, StreamWriter},
    },
    json::ReaderBuilder,
};
use parquet::{
    arrow::ArrowWriter,
    basic::Compression,
    column::writer::ColumnCloseResult,
    file::{
        metadata::{KeyValue, PageIndexPolicy, ParquetMetaDataReader},
        properties::{EnabledStatistics, WriterProperties},
        writer::SerializedFileWriter,
    },
    schema::types::ColumnPath,
};

use super::{
    Batch, PART_BYTES, Schema,
    graft::{self, Graft, Inputs},
};
use crate::corpus::{
    articles::{ARTICLE_COLUMNS, STATEMENT_COLUMNS},
    columns::{LabelColumns, SCALE, Verdict, ten_thousandths},
    format::Format,
    layout::Layout,
    source::Source,
};

/// What tells the types of columns.
pub(crate) enum Typed<'t> {
    /// A columnar input.
    Schema(&'t Schema),
    /// The first records of JSONL.
    Records(&'t str),
    /// Nothing: all columns hold texts.
    Texts,
}

impl Typed<'_> {
    fn fields(&self) -> Vec<Field> {
        match self {
            Self::Schema(schema) => schema.fields().iter().map(|field| field.as_ref().clone()).collect(),
            Self::Records(head) => super::infer(head),
            Self::Texts => Vec::new(),
        }
    }

    fn metadata(&self) -> HashMap<String, String> {
        match self {
            Self::Schema(schema) => schema.metadata().clone(),
            Self::Records(_) | Self::Texts => HashMap::new(),
        }
    }
}

/// Type of a statement's column.
fn statement_type(name: &str) -> DataType {
    let list = |kind| DataType::List(Arc::new(Field::new("item", kind, true)));
    match name {
        "utterance" | "sentence" => DataType::Int64,
        "speech" => DataType::Boolean,
        "spans" => list(list(DataType::Int64)),
        _ => DataType::Utf8,
    }
}

/// How labelled rows become parts.
#[derive(Clone, Debug)]
pub(crate) struct Packing {
    format: Format,
    /// Columns of the output, label columns last.
    schema: Schema,
    n_labels: usize,
    text_field: String,
    /// How columns of Parquet inputs pass undecoded, where they can.
    graft: Option<Graft>,
}

/// A label's columns while they grow.
pub(crate) struct LabelArrays {
    main: StringBuilder,
    all: ListBuilder<StringBuilder>,
    probabilities: Vec<Float64Builder>,
}

impl LabelArrays {
    fn new(n_labels: usize) -> Self {
        let probabilities = (0..n_labels).map(|_| Float64Builder::new()).collect();
        Self { main: StringBuilder::new(), all: ListBuilder::new(StringBuilder::new()), probabilities }
    }

    /// Adds a row.
    pub(crate) fn push(&mut self, columns: &LabelColumns, verdict: Verdict<'_>) {
        self.main.append_value(columns.main(verdict));
        for name in columns.all(verdict) {
            self.all.values().append_value(name);
        }
        self.all.append(true);
        for (builder, &p) in self.probabilities.iter_mut().zip(&verdict.prediction.probabilities) {
            builder.append_value(f64::from(ten_thousandths(p)) / f64::from(SCALE));
        }
    }

    fn finish(mut self) -> Vec<ArrayRef> {
        let mut arrays: Vec<ArrayRef> = vec![Arc::new(self.main.finish()), Arc::new(self.all.finish())];
        arrays.extend(self.probabilities.iter_mut().map(|builder| Arc::new(builder.finish()) as ArrayRef));
        arrays
    }
}

pub(super) fn label_fields(columns: &LabelColumns) -> Vec<Field> {
    let kind = |at: usize| match at {
        0 => DataType::Utf8,
        1 => DataType::List(Arc::new(Field::new("item", DataType::Utf8, true))),
        _ => DataType::Float64,
    };
    columns.names().iter().enumerate().map(|(at, name)| Field::new(name, kind(at), true)).collect()
}

impl Packing {
    /// Packing of the rows of `layout`, its columns typed as `typed` shows.
    ///
    /// # Errors
    /// Where this build has no columnar formats; never in this one.
    pub(crate) fn new(format: Format, typed: &Typed<'_>, layout: &Layout) -> Result<Self, String> {
        let known = typed.fields();
        let named = |name: &String| {
            let field = known.iter().find(|field| layout.row_name(field.name()).as_ref() == Some(name));
            let kind = match field {
                Some(field) if !(layout.articles && ARTICLE_COLUMNS.contains(&name.as_str())) => field.data_type().clone(),
                _ => DataType::Utf8,
            };
            let field =
                Field::new(name, kind, true).with_metadata(field.map(|field| field.metadata().clone()).unwrap_or_default());
            if format == Format::Arrow { without_dictionary(&field) } else { field }
        };
        let mut fields: Vec<Field> = layout.columns.iter().flatten().map(named).collect();
        if layout.articles {
            fields.extend(STATEMENT_COLUMNS.iter().map(|name| Field::new(*name, statement_type(name), true)));
        }
        fields.extend(label_fields(&layout.labels));
        let schema = Arc::new(ArrowSchema::new_with_metadata(fields, typed.metadata()));
        let n_labels = layout.labels.names().len().saturating_sub(2);
        Ok(Self { format, schema, n_labels, text_field: layout.text_field.clone(), graft: None })
    }

    /// The same packing, where it can with the columns of `sources` grafted on.
    pub(crate) fn grafted(mut self, sources: &[Source], layout: &Layout) -> Self {
        if self.format == Format::Parquet {
            self.graft = Graft::new(sources, &Layout { packing: Some(self.clone()), ..layout.clone() });
        }
        self
    }

    /// Whether rows go out as labels alone, their columns being copied at the end.
    pub(crate) fn is_graft(&self) -> bool {
        self.graft.is_some()
    }

    /// Empty label columns.
    pub(crate) fn label_arrays(&self) -> LabelArrays {
        LabelArrays::new(self.n_labels)
    }

    /// Whether the columns numbered `columns` of `schema` are those of the output, so that they can pass as they are.
    pub(crate) fn fits(&self, schema: &ArrowSchema, columns: &[usize]) -> bool {
        let ours = self.schema.fields();
        let same = |(field, &at): (&Arc<Field>, &usize)| {
            schema.fields().get(at).is_some_and(|other| {
                other.name() == field.name() && (other.data_type() == field.data_type() || self.format == Format::Arrow)
            })
        };
        columns.len() + self.n_labels + 2 == ours.len() && ours.iter().zip(columns).all(same)
    }

    /// `batch`'s columns with the label columns behind them; rows without label (`kept` false) are left out.
    pub(crate) fn joined(&self, batch: &Batch, columns: &[usize], labels: LabelArrays, kept: &[bool]) -> Result<Batch, String> {
        let fault = |e: arrow::error::ArrowError| e.to_string();
        let mut inputs = batch.project(columns).map_err(fault)?;
        if kept.contains(&false) {
            inputs = filter_record_batch(&inputs, &BooleanArray::from(kept.to_vec())).map_err(fault)?;
        }
        let of_input = inputs.columns().iter().zip(self.schema.fields());
        let mut arrays = of_input
            .map(
                |(array, field)| {
                    if array.data_type() == field.data_type() { Ok(array.clone()) } else { cast(array, field.data_type()) }
                },
            )
            .collect::<Result<Vec<_>, _>>()
            .map_err(fault)?;
        arrays.extend(labels.finish());
        Batch::try_new(self.schema.clone(), arrays).map_err(fault)
    }

    /// Rows of JSON, one a line, as a batch; `None` without rows.
    ///
    /// # Errors
    /// Where a value does not fit the type of its column.
    pub(crate) fn decoded(&self, rows: &[u8]) -> Result<Option<Batch>, String> {
        let n_rows = memchr::memchr_iter(b'\n', rows).count();
        let builder = ReaderBuilder::new(self.schema.clone())
            .with_batch_size(n_rows + 1)
            .with_strict_mode(true)
            .with_coerce_primitive(true);
        let mut decoder = builder.build_decoder().map_err(|e| e.to_string())?;
        decoder.decode(rows).map_err(|e| e.to_string())?;
        decoder.flush().map_err(|e| e.to_string())
    }

    /// One part: its length, then a whole file of one row group.
    pub(crate) fn part(&self, batches: &[Batch]) -> Result<Vec<u8>, String> {
        let mut out = Vec::with_capacity(batches.iter().map(Batch::get_array_memory_size).sum::<usize>().min(PART_BYTES));
        out.resize(8, 0);
        match self.format {
            Format::Arrow => self.write_arrow(batches, &mut out)?,
            _ => self.write_parquet(batches, &mut out)?,
        }
        let length = (out.len() as u64 - 8).to_le_bytes();
        if let Some(head) = out.get_mut(..8) {
            head.copy_from_slice(&length);
        }
        Ok(out)
    }

    fn write_arrow(&self, batches: &[Batch], out: &mut Vec<u8>) -> Result<(), String> {
        let mut writer = StreamWriter::try_new(out, &self.schema).map_err(|e| e.to_string())?;
        let written = batches.iter().try_for_each(|batch| writer.write(batch));
        written.and_then(|()| writer.finish()).map_err(|e| e.to_string())
    }

    fn write_parquet(&self, batches: &[Batch], out: &mut Vec<u8>) -> Result<(), String> {
        let properties = Some(self.properties(batches));
        let mut writer = ArrowWriter::try_new(out, self.schema.clone(), properties).map_err(|e| e.to_string())?;
        let written = batches.iter().try_for_each(|batch| writer.write(batch));
        written.and_then(|()| writer.close()).map(drop).map_err(|e| e.to_string())
    }

    fn properties(&self, batches: &[Batch]) -> WriterProperties {
        // Any reader knows snappy. Nobody looks texts up by their least and greatest.
        let text = ColumnPath::from(self.text_field.as_str());
        let mut properties = WriterProperties::builder().set_compression(Compression::SNAPPY).set_max_row_group_row_count(None);
        for (at, field) in self.schema.fields().iter().enumerate() {
            if batches.first().and_then(|batch| batch.columns().get(at)).is_some_and(seldom_repeats) {
                properties = properties.set_column_dictionary_enabled(ColumnPath::from(field.name().as_str()), false);
            }
        }
        properties
            .set_column_dictionary_enabled(text.clone(), false)
            .set_column_statistics_enabled(text, EnabledStatistics::None)
            .build()
    }
}

/// Rows by which it is judged whether strings repeat.
const JUDGED_ROWS: usize = 512;

/// Whether most of the first strings of a column differ from each other, as identifiers do: a dictionary of them only costs
/// time and room.
fn seldom_repeats(column: &ArrayRef) -> bool {
    let first = column.slice(0, column.len().min(JUDGED_ROWS));
    let Ok(texts) = texts(&first) else { return false };
    let distinct: BTreeSet<&str> = texts.flatten().collect();
    distinct.len() * 2 > first.len()
}

/// A type with its dictionaries resolved: IPC files cannot change a dictionary from batch to batch.
fn without_dictionary(field: &Field) -> Field {
    match field.data_type() {
        DataType::Dictionary(_, value) => Field::new(field.name(), value.as_ref().clone(), field.is_nullable()),
        _ => field.clone(),
    }
}

/// The column number `at` of `batch`, its dictionary resolved.
///
/// # Errors
/// Where there is no such column, or it holds no texts.
pub(crate) fn text_column(batch: &Batch, at: usize) -> Result<ArrayRef, String> {
    let column = batch.columns().get(at).ok_or("a column is missing")?;
    match column.data_type() {
        DataType::Dictionary(_, value) => cast(column, value).map_err(|e| e.to_string()),
        _ => Ok(column.clone()),
    }
}

/// The texts of a column, `None` where it holds null.
///
/// # Errors
/// What the column holds, where that is no text.
pub(crate) fn texts(array: &ArrayRef) -> Result<Box<dyn Iterator<Item = Option<&str>> + '_>, String> {
    match array.data_type() {
        DataType::Utf8 => Ok(Box::new(array.as_string::<i32>().iter())),
        DataType::LargeUtf8 => Ok(Box::new(array.as_string::<i64>().iter())),
        DataType::Utf8View => Ok(Box::new(array.as_string_view().iter())),
        other => Err(format!("the column of the texts holds {other}; expected strings")),
    }
}

/// Makes one file of the parts in `partial`; of labels, with the columns of `inputs`.
pub(crate) fn assemble(
    packing: &Packing,
    inputs: &Inputs<'_>,
    partial: &Path,
    whole: &Path,
    meta: &[(String, String)],
) -> Result<(), String> {
    if let Some(graft) = &packing.graft {
        return graft::assemble(graft, inputs, partial, whole, meta);
    }
    let mut parts = Parts(File::open(partial).map_err(|e| e.to_string())?);
    let out = File::create(whole).map_err(|e| e.to_string())?;
    let out = match packing.format {
        Format::Arrow => assemble_arrow(packing, &mut parts, out, meta)?,
        _ => assemble_parquet(packing, &mut parts, out, meta)?,
    };
    out.sync_all().map_err(|e| e.to_string())
}

/// Parts one after the other.
struct Parts(File);

impl Parts {
    fn next(&mut self) -> Result<Option<bytes::Bytes>, String> {
        let mut length = [0; 8];
        match self.0.read(&mut length).map_err(|e| e.to_string())? {
            0 => return Ok(None),
            8 => {}
            _ => return Err("a part is cut short".into()),
        }
        let length = u64::from_le_bytes(length);
        // A damaged length claims no more memory than a part may have.
        let mut part = Vec::with_capacity(usize::try_from(length).unwrap_or(0).min(2 * PART_BYTES));
        let got = (&mut self.0).take(length).read_to_end(&mut part).map_err(|e| e.to_string())?;
        if got as u64 == length { Ok(Some(part.into())) } else { Err("a part is cut short".into()) }
    }
}

fn assemble_arrow(packing: &Packing, parts: &mut Parts, out: File, meta: &[(String, String)]) -> Result<File, String> {
    let fault = |e: arrow::error::ArrowError| e.to_string();
    let mut metadata = packing.schema.metadata().clone();
    metadata.extend(meta.iter().cloned());
    let schema = ArrowSchema::new_with_metadata(packing.schema.fields().clone(), metadata);
    let mut writer = FileWriter::try_new(BufWriter::new(out), &schema).map_err(fault)?;
    while let Some(part) = parts.next()? {
        for batch in StreamReader::try_new(std::io::Cursor::new(part), None).map_err(fault)? {
            writer.write(&batch.map_err(fault)?).map_err(fault)?;
        }
    }
    writer.into_inner().map_err(fault)?.into_inner().map_err(|e| e.to_string())
}

fn assemble_parquet(packing: &Packing, parts: &mut Parts, out: File, meta: &[(String, String)]) -> Result<File, String> {
    let fault = |e: parquet::errors::ParquetError| e.to_string();
    // The first part, or one without rows, tells schema and metadata.
    let mut next = parts.next()?;
    let first = match &next {
        Some(part) => part.clone(),
        None => bytes::Bytes::from(packing.part(&[])?).slice(8..),
    };
    let head = ParquetMetaDataReader::new().parse_and_finish(&first).map_err(fault)?;
    let mut entries = head.file_metadata().key_value_metadata().cloned().unwrap_or_default();
    entries.extend(meta.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone())));
    let properties = WriterProperties::builder().set_key_value_metadata(Some(entries)).build();
    let schema = head.file_metadata().schema_descr().root_schema_ptr();
    let mut writer = SerializedFileWriter::new(BufWriter::new(out), schema, Arc::new(properties)).map_err(fault)?;
    while let Some(part) = next {
        copy_row_groups(&part, &mut writer).map_err(fault)?;
        next = parts.next()?;
    }
    let mut out = writer.into_inner().map_err(fault)?;
    out.flush().map_err(|e| e.to_string())?;
    out.into_inner().map_err(|e| e.to_string())
}

fn copy_row_groups<W: Write + Send>(part: &bytes::Bytes, writer: &mut SerializedFileWriter<W>) -> parquet::errors::Result<()> {
    let metadata = ParquetMetaDataReader::new().with_page_index_policy(PageIndexPolicy::Optional).parse_and_finish(part)?;
    for (at, group) in metadata.row_groups().iter().enumerate() {
        let mut out = writer.next_row_group()?;
        for (column, chunk) in group.columns().iter().enumerate() {
            let close = ColumnCloseResult {
                bytes_written: u64::try_from(chunk.compressed_size()).unwrap_or(0),
                rows_written: u64::try_from(group.num_rows()).unwrap_or(0),
                metadata: chunk.clone(),
                bloom_filter: None,
                column_index: metadata.column_index().and_then(|index| index.get(at)?.get(column)).cloned(),
                offset_index: metadata.offset_index().and_then(|index| index.get(at)?.get(column)).cloned(),
            };
            out.append_column(part, close)?;
        }
        out.close()?;
    }
    Ok(())
}
