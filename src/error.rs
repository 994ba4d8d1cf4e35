//! What can go wrong, said with place, finding and remedy.

use std::path::PathBuf;

/// Result of the library's fallible functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of the library. Messages name the file and line and say what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be opened, read or written.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// An input that is no text: what it is, and what to give instead.
    #[error("{name}: {reason}")]
    NotText {
        /// The file, or `standard input`.
        name: String,
        /// What was found and what to do.
        reason: String,
    },
    /// A record that cannot be used.
    #[error("{name}:{line}: {reason}")]
    Record {
        /// The file, or `standard input`.
        name: String,
        /// Line, from 1 on.
        line: u64,
        /// Byte offset of the record in the file (decompressed).
        offset: u64,
        /// What was found and what was expected.
        reason: String,
    },
    /// A model that cannot be read, or was not made for this build.
    #[error("{name}: {reason}")]
    Model {
        /// The model's folder.
        name: String,
        /// What was found and what to do.
        reason: String,
    },
    /// Data from which nothing can be learned or measured.
    #[error("{0}")]
    Data(String),
    /// A parameter outside its range.
    #[error("{0}")]
    Parameter(String),
}

impl Error {
    /// An [`Error::Io`] for `path`.
    pub fn io(path: impl Into<PathBuf>, error: std::io::Error) -> Self {
        Self::Io { path: path.into(), error }
    }

    /// An [`Error::Model`] for the model `name`.
    pub fn model(name: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Model { name: name.into(), reason: reason.into() }
    }
}

impl From<linfa::Error> for Error {
    fn from(error: linfa::Error) -> Self {
        Self::Data(error.to_string())
    }
}
