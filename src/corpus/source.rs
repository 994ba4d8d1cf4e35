//! Input files: what they are, and their bytes decompressed, from any offset on.

use std::{
    fs::File,
    io::{self, BufReader, Read, Seek, SeekFrom},
    path::PathBuf,
    time::UNIX_EPOCH,
};

use super::format::{Compression, Format};
use crate::error::{Error, Result};

/// One input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The file; `None` is standard input.
    pub path: Option<PathBuf>,
    /// How its records are written.
    pub format: Format,
}

/// What the system says of a file, to see whether it changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Stamp {
    /// Length in bytes, as stored.
    pub bytes: u64,
    /// Last change, in nanoseconds since 1970.
    pub modified: u64,
}

const COPY: usize = 1 << 18;

impl Source {
    /// The name in messages.
    pub fn name(&self) -> String {
        self.path.as_ref().map_or_else(|| "standard input".to_owned(), |path| path.display().to_string())
    }

    /// Size and time of last change; zeros for standard input and for what is no regular file.
    ///
    /// # Errors
    /// [`Error::Io`] where the file cannot be examined.
    pub fn stamp(&self) -> Result<Stamp> {
        let Some(path) = &self.path else { return Ok(Stamp::default()) };
        let meta = std::fs::metadata(path).map_err(|e| Error::io(path, e))?;
        if !meta.is_file() {
            return Ok(Stamp::default());
        }
        let modified = meta.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        Ok(Stamp { bytes: meta.len(), modified: modified.map_or(0, |d| u64::try_from(d.as_nanos()).unwrap_or(0)) })
    }

    /// Opens the input at byte `offset` of its decompressed content.
    ///
    /// # Errors
    /// [`Error::Io`] where it cannot be opened, or ends before `offset`.
    pub fn open(&self, offset: u64) -> Result<Box<dyn Read + Send>> {
        self.try_open(offset).map_err(|e| Error::io(self.path.clone().unwrap_or_else(|| "standard input".into()), e))
    }

    fn try_open(&self, offset: u64) -> io::Result<Box<dyn Read + Send>> {
        let Some(path) = &self.path else {
            return skip(unpacked(Box::new(io::stdin()))?, offset);
        };
        if std::fs::metadata(path)?.is_dir() {
            return Err(io::Error::other("is a folder; give its files"));
        }
        let mut file = File::open(path)?;
        if is_plain_file(&mut file)? {
            file.seek(SeekFrom::Start(offset))?;
            return Ok(Box::new(file));
        }
        skip(unpacked(Box::new(file))?, offset)
    }

    /// Whether the content stands in the file as it is, so that its length is the file's.
    ///
    /// # Errors
    /// [`Error::Io`] where the file cannot be read.
    pub fn is_plain(&self) -> Result<bool> {
        let Some(path) = &self.path else { return Ok(false) };
        File::open(path).and_then(|mut file| is_plain_file(&mut file)).map_err(|e| Error::io(path, e))
    }

    /// Length of the decompressed content; compressed files are read through for it.
    ///
    /// # Errors
    /// [`Error::Io`] where the file cannot be read.
    pub fn content_bytes(&self) -> Result<u64> {
        if self.is_plain()? {
            return Ok(self.stamp()?.bytes);
        }
        let mut content = self.open(0)?;
        io::copy(&mut content, &mut io::sink()).map_err(|e| Error::io(self.name(), e))
    }
}

/// Whether `file` can be read from any byte on as it is; leaves it at its start.
fn is_plain_file(file: &mut File) -> io::Result<bool> {
    if !file.metadata()?.is_file() {
        return Ok(false);
    }
    let mut head = Vec::new();
    file.by_ref().take(4).read_to_end(&mut head)?;
    file.rewind()?;
    Ok(Compression::sniffed(&head) == Compression::None)
}

fn unpacked(mut raw: Box<dyn Read + Send>) -> io::Result<Box<dyn Read + Send>> {
    let mut head = Vec::new();
    raw.by_ref().take(4).read_to_end(&mut head)?;
    let compression = Compression::sniffed(&head);
    let whole = io::Cursor::new(head).chain(raw);
    Ok(match compression {
        Compression::None => Box::new(whole),
        Compression::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(BufReader::with_capacity(COPY, whole))),
        Compression::Zstd => Box::new(zstd::stream::read::Decoder::with_buffer(BufReader::with_capacity(COPY, whole))?),
    })
}

fn skip(mut content: Box<dyn Read + Send>, offset: u64) -> io::Result<Box<dyn Read + Send>> {
    let skipped = io::copy(&mut content.by_ref().take(offset), &mut io::sink())?;
    if skipped < offset {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, format!("ends at byte {skipped}, before byte {offset}")));
    }
    Ok(content)
}
