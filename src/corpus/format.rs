//! File formats and how they are told: by extension, by name, by the first bytes.

use std::{fmt, path::Path, str::FromStr};

/// How records are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// One JSON object a line.
    Jsonl,
    /// Comma-separated values with a header.
    Csv,
    /// Tab-separated values with a header.
    Tsv,
    /// One statement, or in `--articles` one article, a line.
    Text,
    /// Apache Parquet.
    Parquet,
    /// Arrow IPC file (Feather 2).
    Arrow,
}

/// How the bytes are packed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Compression {
    /// Not at all.
    #[default]
    None,
    /// gzip, of one or more members.
    Gzip,
    /// Zstandard, of one or more frames.
    Zstd,
}

/// A format and its packing, as an extension gives them: `jsonl.zst`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FileKind {
    /// How records are written.
    pub format: Format,
    /// How the bytes are packed.
    pub compression: Compression,
}

/// Extensions that are read, for messages.
pub const EXTENSIONS: &str = "jsonl, ndjson, json, csv, tsv, txt, parquet, arrow, each text format also .gz or .zst";

impl Format {
    /// The format that goes by `name`: an extension without its dot, in any case.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "jsonl" | "ndjson" | "json" => Self::Jsonl,
            "csv" => Self::Csv,
            "tsv" | "tab" => Self::Tsv,
            "text" | "txt" => Self::Text,
            "parquet" | "pq" => Self::Parquet,
            "arrow" | "ipc" | "feather" => Self::Arrow,
            _ => return None,
        })
    }

    /// The name in messages and settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
            Self::Tsv => "tsv",
            Self::Text => "text",
            Self::Parquet => "parquet",
            Self::Arrow => "arrow",
        }
    }

    /// The byte between two fields; `None` for formats without one.
    pub fn delimiter(self) -> Option<u8> {
        match self {
            Self::Csv => Some(b','),
            Self::Tsv => Some(b'\t'),
            _ => None,
        }
    }

    /// Whether records stand in columns, not lines.
    pub fn is_columnar(self) -> bool {
        matches!(self, Self::Parquet | Self::Arrow)
    }
}

impl Compression {
    /// The packing that the first bytes of a file show.
    pub fn sniffed(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            _ => Self::None,
        }
    }

    fn named(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "gz" | "gzip" => Some(Self::Gzip),
            "zst" | "zstd" => Some(Self::Zstd),
            _ => None,
        }
    }
}

impl FileKind {
    /// The kind that the extensions of `path` tell (`a.csv.gz`); `None` where they tell nothing.
    pub fn of_path(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_string_lossy().into_owned();
        let (stem, last) = name.rsplit_once('.')?;
        match Compression::named(last) {
            None => Some(Self { format: Format::named(last)?, compression: Compression::None }),
            Some(compression) => {
                let format = Format::named(stem.rsplit_once('.')?.1)?;
                (!format.is_columnar()).then_some(Self { format, compression })
            }
        }
    }
}

impl FromStr for FileKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::of_path(Path::new(&format!("x.{text}"))).ok_or_else(|| format!("unknown format `{text}`; there are {EXTENSIONS}"))
    }
}

impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.format.name())?;
        match self.compression {
            Compression::None => Ok(()),
            Compression::Gzip => f.write_str(".gz"),
            Compression::Zstd => f.write_str(".zst"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_tell_the_kind() {
        let kind = |path: &str| FileKind::of_path(Path::new(path)).map(|k| k.to_string());
        assert_eq!(kind("dir.d/a.jsonl").as_deref(), Some("jsonl"));
        assert_eq!(kind("a.b.CSV.GZ").as_deref(), Some("csv.gz"));
        assert_eq!(kind("a.tsv.zst").as_deref(), Some("tsv.zst"));
        assert_eq!(kind("a.parquet").as_deref(), Some("parquet"));
        assert_eq!(kind("a.parquet.gz"), None);
        assert_eq!(kind("a.gz"), None);
        assert_eq!(kind("a"), None);
    }

    #[test]
    fn formats_are_named_on_the_command_line() {
        assert_eq!("jsonl.zst".parse::<FileKind>().map(|k| k.compression), Ok(Compression::Zstd));
        assert!("xml".parse::<FileKind>().unwrap_err().contains("parquet"));
    }
}
