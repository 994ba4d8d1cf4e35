//! Labelled data as `train` and `evaluate` read it: what cannot be used is told and left out.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use demarche::corpus::labelled::{self, Labelled, LabelledText, Reading};

use super::message;

/// What the help of both commands says of exit codes.
pub(super) const EXIT_CODES: &str = "A record without text or label, or broken otherwise, is left out: its file and line are told.\n\
    Exit codes: 0 all done, 1 done without the records that were left out, 2 nothing done.";

/// Records that are told one by one.
const TOLD: usize = 5;

/// Reads all files; warns of records that are left out and of ids that stand twice.
pub(super) fn read(paths: &[PathBuf], reading: &Reading) -> anyhow::Result<Labelled> {
    let mut all = Labelled::default();
    for path in paths {
        let Labelled { texts, rejects } = labelled::read(path, reading)?;
        all.texts.extend(texts);
        all.rejects.extend(rejects);
    }
    for reject in all.rejects.iter().take(TOLD) {
        message::warning(&format!("{reject}; left out"));
    }
    if all.rejects.len() > TOLD {
        message::warning(&format!("{} more records are left out", all.rejects.len() - TOLD));
    }
    if all.texts.is_empty() {
        bail!("no labelled texts in the data ({} records left out)", all.rejects.len());
    }
    if let Some(repeated) = labelled::repeated_ids(&all.texts) {
        message::warning(&repeated);
    }
    Ok(all)
}

/// A field that no text has was probably meant otherwise.
pub(super) fn check_fields<'n>(texts: &[LabelledText], mut names: impl Iterator<Item = &'n String>) -> anyhow::Result<()> {
    match names.find(|name| texts.iter().all(|text| text.field(name).is_none())) {
        Some(name) => bail!("no record has the field `{name}`"),
        None => Ok(()),
    }
}

/// BLAKE3 of a file, as models name it.
pub(super) fn hash_file(path: &Path) -> anyhow::Result<String> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(std::fs::File::open(path).with_context(|| path.display().to_string())?)?;
    Ok(hasher.finalize().to_hex().chars().take(32).collect())
}
