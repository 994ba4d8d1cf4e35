//! A file that appears only when it is whole, written so that a run can be taken up again.

use std::{
    fs::{File, OpenOptions},
    io::{self, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use super::format::Compression;
use crate::error::{Error, Result};

/// Bytes of content in a compressed frame. Frames are cut by content alone, so that neither the chunk
/// size nor an interruption shows in the file.
const FRAME_BYTES: usize = 1 << 20;
/// zstd's own default: at 3 it keeps up with labelling.
const ZSTD_LEVEL: i32 = 3;

/// Where rows go.
pub(crate) struct Output {
    raw: Raw,
    compression: Compression,
    /// Content that does not fill a frame yet.
    pending: Vec<u8>,
    /// Bytes written, as stored.
    length: u64,
}

enum Raw {
    Stdout(io::Stdout),
    /// A device or a pipe, which no rename can replace.
    Device(File, PathBuf),
    File {
        file: File,
        path: PathBuf,
    },
}

/// The name under which `path` is written until it is whole.
pub(crate) fn partial_path(path: &Path) -> PathBuf {
    with_suffix(path, ".partial")
}

/// `path` with `suffix` after its whole name.
pub(crate) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

impl Output {
    /// Standard output.
    pub(crate) fn stdout(compression: Compression) -> Self {
        Self { raw: Raw::Stdout(io::stdout()), compression, pending: Vec::new(), length: 0 }
    }

    /// A new file that becomes `path`; a device or pipe is written as it is.
    pub(crate) fn create(path: &Path, compression: Compression) -> Result<Self> {
        if is_device(path) {
            let file = OpenOptions::new().write(true).open(path).map_err(|e| Error::io(path, e))?;
            return Ok(Self { raw: Raw::Device(file, path.to_owned()), compression, pending: Vec::new(), length: 0 });
        }
        let path = partial_path(path);
        let file = File::create(&path).map_err(|e| Error::io(&path, e))?;
        Ok(Self { raw: Raw::File { file, path }, compression, pending: Vec::new(), length: 0 })
    }

    /// The file that becomes `path`, cut back to its first `length` bytes and `pending` content.
    pub(crate) fn resume(path: &Path, compression: Compression, length: u64, pending: Vec<u8>) -> Result<Self> {
        let path = partial_path(path);
        let open = || -> io::Result<File> {
            let mut file = OpenOptions::new().write(true).open(&path)?;
            if file.metadata()?.len() < length {
                return Err(io::Error::other("is shorter than its checkpoint says; start anew with --force"));
            }
            file.set_len(length)?;
            file.seek(SeekFrom::Start(length))?;
            Ok(file)
        };
        let file = open().map_err(|e| Error::io(&path, e))?;
        Ok(Self { raw: Raw::File { file, path }, compression, pending, length })
    }

    /// Appends content.
    pub(crate) fn write(&mut self, content: &[u8]) -> Result<()> {
        if self.compression == Compression::None {
            return self.store(content);
        }
        self.pending.extend_from_slice(content);
        let mut pending = std::mem::take(&mut self.pending);
        let whole = pending.len() - pending.len() % FRAME_BYTES;
        for frame in pending.get(..whole).unwrap_or_default().chunks_exact(FRAME_BYTES) {
            self.store_frame(frame)?;
        }
        pending.drain(..whole);
        self.pending = pending;
        Ok(())
    }

    fn store_frame(&mut self, content: &[u8]) -> Result<()> {
        let frame = compressed(content, self.compression).map_err(|e| self.failed(e))?;
        self.store(&frame)
    }

    fn store(&mut self, bytes: &[u8]) -> Result<()> {
        let stored = match &mut self.raw {
            Raw::Stdout(out) => out.write_all(bytes),
            Raw::Device(file, _) => file.write_all(bytes),
            Raw::File { file, .. } => file.write_all(bytes),
        };
        stored.map_err(|e| self.failed(e))?;
        self.length += bytes.len() as u64;
        Ok(())
    }

    fn failed(&self, error: io::Error) -> Error {
        match &self.raw {
            Raw::Stdout(_) => Error::io("standard output", error),
            Raw::Device(_, path) | Raw::File { path, .. } => Error::io(path, error),
        }
    }

    /// Hands on to the reader of standard output what is written so far.
    pub(crate) fn flush(&mut self) -> Result<()> {
        if let Raw::Stdout(out) = &mut self.raw {
            out.flush().map_err(|e| self.failed(e))?;
        }
        Ok(())
    }

    /// Makes sure that what is stored outlasts a power cut.
    pub(crate) fn sync(&mut self) -> Result<()> {
        match &self.raw {
            Raw::Stdout(_) | Raw::Device(..) => Ok(()),
            Raw::File { file, .. } => file.sync_data().map_err(|e| self.failed(e)),
        }
    }

    /// Bytes stored, and content still to be compressed.
    pub(crate) fn state(&self) -> (u64, &[u8]) {
        (self.length, &self.pending)
    }

    /// Stores what is pending; the content is whole then.
    pub(crate) fn finish(&mut self) -> Result<()> {
        let pending = std::mem::take(&mut self.pending);
        if self.compression != Compression::None && (!pending.is_empty() || self.length == 0) {
            self.store_frame(&pending)?;
        }
        self.flush()?;
        self.sync()
    }
}

/// Whether `path` is there and neither file nor folder.
pub(crate) fn is_device(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|meta| !meta.is_file() && !meta.is_dir())
}

fn compressed(content: &[u8], compression: Compression) -> io::Result<Vec<u8>> {
    match compression {
        Compression::None => Ok(content.to_vec()),
        Compression::Zstd => zstd::bulk::compress(content, ZSTD_LEVEL),
        Compression::Gzip => {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(content)?;
            encoder.finish()
        }
    }
}

/// Gives the whole file its name, for good.
pub(crate) fn publish(partial: &Path, path: &Path) -> Result<()> {
    std::fs::rename(partial, path).map_err(|e| Error::io(path, e))?;
    sync_folder(path)
}

/// Writes a small file at once: nobody sees half of it.
pub(crate) fn write_whole(path: &Path, content: &[u8]) -> Result<()> {
    let temporary = with_suffix(path, ".new");
    let write = || -> io::Result<()> {
        let mut file = File::create(&temporary)?;
        file.write_all(content)?;
        file.sync_data()
    };
    write().map_err(|e| Error::io(&temporary, e))?;
    publish(&temporary, path)
}

/// A renamed file is safe once its folder is stored.
fn sync_folder(path: &Path) -> Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|e| Error::io(folder, e))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(compression: Compression, sizes: &[usize]) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        let mut out = Output::create(&path, compression).unwrap();
        for &size in sizes {
            out.write(&vec![b'a'; size]).unwrap();
        }
        out.finish().unwrap();
        std::fs::read(partial_path(&path)).unwrap()
    }

    #[test]
    fn frames_do_not_depend_on_the_pieces() {
        for compression in [Compression::Gzip, Compression::Zstd] {
            let whole = written(compression, &[3 * FRAME_BYTES + 7]);
            assert_eq!(whole, written(compression, &[FRAME_BYTES - 1, 2, 2 * FRAME_BYTES, 6]));
        }
        assert!(!written(Compression::Gzip, &[]).is_empty());
    }
}
