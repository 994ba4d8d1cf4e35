//! Files, folders and patterns become a list of inputs.

use std::{
    io::{BufRead, IsTerminal},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use demarche::corpus::{
    format::{EXTENSIONS, FileKind, Format},
    source::Source,
};

use super::message;

/// The inputs that `given` names, in order; files of a folder or pattern sorted by name.
pub(crate) fn expand(given: &[PathBuf], format: Option<Format>) -> anyhow::Result<Vec<Source>> {
    if given.is_empty() {
        return Ok(vec![stdin(format)?]);
    }
    let mut sources = Vec::new();
    for path in given {
        if path == Path::new("-") {
            sources.push(stdin(format)?);
        } else {
            for file in files(path, format)? {
                sources.push(file_source(file, format)?);
            }
        }
    }
    Ok(sources)
}

fn file_source(path: PathBuf, format: Option<Format>) -> anyhow::Result<Source> {
    let format = match format.or_else(|| FileKind::of_path(&path).map(|kind| kind.format)) {
        Some(format) => format,
        None => bail!("{}: unknown extension; name the format with --input-format (known are {EXTENSIONS})", path.display()),
    };
    Ok(Source { path: Some(path), format })
}

/// The files that `path` stands for: itself, those of a folder, or those that match it.
fn files(path: &Path, format: Option<Format>) -> anyhow::Result<Vec<PathBuf>> {
    if path.is_dir() {
        return folder(path, format);
    }
    let pattern = path.to_string_lossy();
    if path.exists() || !pattern.contains(['*', '?', '[']) {
        return Ok(vec![path.to_owned()]);
    }
    let matches = glob::glob(&pattern).with_context(|| format!("{pattern}: not a pattern"))?;
    let mut found = matches.collect::<Result<Vec<_>, _>>().with_context(|| format!("{pattern}: cannot be searched"))?;
    found.retain(|file| file.is_file());
    found.sort();
    if found.is_empty() {
        bail!("{pattern}: no file matches");
    }
    Ok(found)
}

/// Files of a known extension (of any, where the format is given) in a folder and its folders.
fn folder(path: &Path, format: Option<Format>) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut waiting = vec![path.to_owned()];
    while let Some(folder) = waiting.pop() {
        let entries = std::fs::read_dir(&folder).with_context(|| format!("{}: cannot be listed", folder.display()))?;
        for entry in entries {
            let entry = entry.with_context(|| format!("{}: cannot be listed", folder.display()))?;
            let kind = entry.file_type().with_context(|| format!("{}: cannot be examined", entry.path().display()))?;
            if kind.is_dir() {
                waiting.push(entry.path());
            } else if format.is_some() || FileKind::of_path(&entry.path()).is_some() {
                found.push(entry.path());
            }
        }
    }
    found.retain(|file| !is_ours(file));
    found.sort();
    if found.is_empty() {
        bail!("{}: holds no file of a known extension ({EXTENSIONS})", path.display());
    }
    Ok(found)
}

/// Whether a file is one that labelling itself puts beside its output.
fn is_ours(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().ends_with(".meta.json"))
}

/// Standard input; without a format it is JSONL, or plain lines where it does not open with a brace.
fn stdin(format: Option<Format>) -> anyhow::Result<Source> {
    if let Some(format) = format {
        return Ok(Source { path: None, format });
    }
    let mut input = std::io::stdin().lock();
    if input.is_terminal() {
        message::note("reading standard input");
    }
    // Looked at, not taken: what is buffered is read again.
    let head = input.fill_buf().context("standard input cannot be read")?;
    let plain = !matches!(head.trim_ascii_start().first(), None | Some(b'{'))
        && !head.starts_with(&[0x1f, 0x8b])
        && !head.starts_with(&[0x28, 0xb5]);
    if plain && !head.starts_with(b"\xef\xbb\xbf{") {
        message::warning(
            "standard input is no JSONL; each line is labelled as a statement (name the format with --input-format)",
        );
        return Ok(Source { path: None, format: Format::Text });
    }
    Ok(Source { path: None, format: Format::Jsonl })
}
