//! Record batches of an Arrow IPC file or stream; large ones in slices of rows, so that memory does not grow with them.

use std::{
    collections::HashMap,
    fs::File,
    io::{self, BufReader, Read, Seek, SeekFrom},
    vec::IntoIter,
};

use arrow::{
    array::ArrayRef,
    buffer::Buffer,
    ipc::{
        MetadataVersion,
        reader::{read_dictionary, read_record_batch},
        root_as_message,
    },
};

use super::{
    Batch, FEW_BYTES, Schema,
    guard::guarded,
    ipc_lengths::{self, Contents, Place},
    ipc_slices::{Slices, has_views, whole_type},
    table::BATCH_ROWS,
};

/// Bytes of a batch that are read at once; larger ones are read in slices.
pub(super) const WHOLE_BYTES: u64 = 16 << 20;

/// The batches of an Arrow IPC file or stream, from some row on.
pub(super) struct Batches {
    file: File,
    schema: Schema,
    columns: Vec<usize>,
    messages: IntoIter<Place>,
    dictionaries: HashMap<i64, ArrayRef>,
    slices: Option<Slices>,
    /// Rows to leave out first.
    skip: u64,
    /// Batches that were begun.
    number: usize,
    whole_bytes: u64,
}

/// What is in `file`.
///
/// # Errors
/// What is wrong with it, in words.
pub(super) fn contents(file: &File) -> Result<Contents, String> {
    guarded(|| ipc_lengths::contents(&mut BufReader::new(file)).map_err(|e| format!("no readable Arrow IPC file: {e}")))
}

impl Batches {
    /// The columns numbered `columns` of `file`, from row `row` on; batches of more than `whole_bytes` in slices.
    pub(super) fn open(file: File, row: u64, columns: &[usize], whole_bytes: u64) -> Result<Self, String> {
        let Contents { schema, messages } = contents(&file)?;
        Ok(Self {
            file,
            schema,
            columns: columns.to_vec(),
            messages: messages.into_iter(),
            dictionaries: HashMap::new(),
            slices: None,
            skip: row,
            number: 0,
            whole_bytes,
        })
    }

    /// The next rows.
    ///
    /// # Errors
    /// What is wrong with the file, in words.
    pub(super) fn next_batch(&mut self) -> Result<Option<Batch>, String> {
        guarded(|| self.unguarded_next())
    }

    fn unguarded_next(&mut self) -> Result<Option<Batch>, String> {
        loop {
            if let Some(slices) = &mut self.slices {
                let found = slices.next(&self.file, &self.schema, &self.columns, &self.dictionaries);
                match found.map_err(|reason| format!("record batch {}: {reason}", self.number))? {
                    Some(batch) => return Ok(Some(batch)),
                    None => self.slices = None,
                }
            }
            let Some(place) = self.messages.next() else { return Ok(None) };
            if let Some(batch) = self.message(place)? {
                return Ok(Some(batch));
            }
        }
    }

    /// Reads a small batch, begins a large one, keeps a dictionary.
    fn message(&mut self, place: Place) -> Result<Option<Batch>, String> {
        let bytes = place.stored.saturating_add(place.unpacked);
        if let Some(rows) = place.rows {
            self.number += 1;
            if self.skip >= rows {
                self.skip -= rows;
                return Ok(None);
            }
            let fields = || self.columns.iter().filter_map(|&at| self.schema.fields().get(at));
            // Also those of columns that are walked through.
            let reads_whole = self.schema.fields().iter().find_map(|field| whole_type(field));
            // Writers store with each piece of a batch all strings that its views might show: slices have their own.
            let comes_apart = rows > BATCH_ROWS as u64 && fields().any(|field| has_views(field));
            if (bytes > self.whole_bytes || comes_apart) && reads_whole.is_none() {
                let from = std::mem::take(&mut self.skip);
                self.slices = Some(Slices::new(self.read(place.at, place.length)?, place, from)?);
                return Ok(None);
            }
            if let Some(kind) = reads_whole.filter(|_| bytes > FEW_BYTES) {
                let reason = format!("it takes {} MB at once, and a column of type {kind} cannot be read in parts", bytes >> 20);
                return Err(format!("record batch {}: {reason}; write it in {}", self.number, SMALLER));
            }
        } else if bytes > FEW_BYTES {
            return Err(format!("a dictionary takes {} MB; write the column as plain strings", bytes >> 20));
        }
        self.whole(place)
    }

    fn read(&self, at: u64, length: u64) -> Result<Vec<u8>, String> {
        read(&self.file, at, length).map_err(|e| e.to_string())
    }

    /// Reads a batch or a dictionary at once.
    fn whole(&mut self, place: Place) -> Result<Option<Batch>, String> {
        let metadata = self.read(place.at, place.length)?;
        let message = root_as_message(&metadata).map_err(|e| e.to_string())?;
        let version: MetadataVersion = message.version();
        let body = Buffer::from_vec(self.read(place.body, place.stored)?);
        if let Some(dictionary) = message.header_as_dictionary_batch() {
            let read = read_dictionary(&body, dictionary, &self.schema, &mut self.dictionaries, &version);
            return read.map(|()| None).map_err(|e| e.to_string());
        }
        let batch = message.header_as_record_batch().ok_or("a record batch is missing")?;
        let columns = Some(self.columns.as_slice());
        let batch = read_record_batch(&body, batch, self.schema.clone(), &self.dictionaries, columns, &version);
        let batch = batch.map_err(|e| e.to_string())?;
        let skip = usize::try_from(std::mem::take(&mut self.skip)).unwrap_or(usize::MAX).min(batch.num_rows());
        Ok(Some(batch.slice(skip, batch.num_rows() - skip)))
    }
}

const SMALLER: &str = "smaller batches, for instance with pyarrow's write_feather(table, file, chunksize=8192)";

/// `length` bytes of `file` from byte `at` on.
pub(super) fn read(mut file: &File, at: u64, length: u64) -> io::Result<Vec<u8>> {
    let mut out = vec![0; usize::try_from(length).map_err(io::Error::other)?];
    file.seek(SeekFrom::Start(at))?;
    file.read_exact(&mut out).map(|()| out)
}
