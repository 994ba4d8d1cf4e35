//! Model folders: `manifest.json`, `model.safetensors`, `tokenizer.json`.

use std::{borrow::Cow, collections::BTreeMap, fs, path::Path};

use safetensors::{Dtype, SafeTensors, tensor::TensorView};

use super::{
    manifest::{FILLED_FORMAT, FORMAT, Manifest, NEWEST_FORMAT, OLDEST_FORMAT},
    settings::N_BLOCKS,
    weights::{Filled, Weights},
};
use crate::error::{Error, Result};

/// A model as it stands in its folder, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredModel {
    /// What it says of itself.
    pub manifest: Manifest,
    /// Its numbers.
    pub weights: Weights,
    /// Bytes of `tokenizer.json`; empty if it has no subword pieces.
    pub tokenizer: Cow<'static, [u8]>,
}

const MANIFEST: &str = "manifest.json";
const TENSORS: &str = "model.safetensors";
const TOKENIZER: &str = "tokenizer.json";

/// Bytes of the table of known words.
pub(crate) const VOCABULARY_BYTES: usize = 1 << 15;
/// Most labels of a model.
pub(crate) const MAX_LABELS: usize = 1000;
/// Largest file of a model that is read.
const MAX_FILE: u64 = 1 << 32;

impl StoredModel {
    /// Reads a model folder and checks it, hashes included.
    ///
    /// # Errors
    /// [`Error::Model`] if it is no model, damaged, or of another format; [`Error::Io`] if it cannot be read.
    pub fn read(folder: &Path) -> Result<Self> {
        let name = folder.display().to_string();
        let manifest = read_file(&folder.join(MANIFEST))?;
        let tensors = read_file(&folder.join(TENSORS))?;
        let tokenizer = if folder.join(TOKENIZER).exists() { read_file(&folder.join(TOKENIZER))? } else { Vec::new() };
        let stored = Self::parse(&name, &manifest, Cow::Owned(tensors), Cow::Owned(tokenizer), true)?;
        Ok(stored)
    }

    /// A model from the bytes of its files; `name` stands in errors. Static bytes are not copied.
    ///
    /// # Errors
    /// [`Error::Model`] if they do not belong together or are damaged.
    pub fn parse(
        name: &str,
        manifest: &[u8],
        tensors: Cow<'static, [u8]>,
        tokenizer: Cow<'static, [u8]>,
        check_hashes: bool,
    ) -> Result<Self> {
        let manifest = parse_manifest(name, manifest)?;
        if check_hashes {
            check_hash(name, &manifest, TENSORS, &tensors)?;
            check_hash(name, &manifest, TOKENIZER, &tokenizer)?;
        }
        let weights = parse_tensors(name, &manifest, tensors)?;
        Ok(Self { manifest, weights, tokenizer })
    }

    /// Writes the model's files into `folder`, which is made if needed; sets format and hashes of the manifest.
    ///
    /// # Errors
    /// [`Error::Io`] if a file cannot be written.
    pub fn write(&mut self, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder).map_err(|source| Error::io(folder, source))?;
        self.manifest.format = if self.weights.filled.is_some() { FILLED_FORMAT } else { FORMAT };
        let tensors = self.tensor_bytes(&folder.display().to_string())?;
        self.manifest.hashes = [(TENSORS, tensors.as_slice()), (TOKENIZER, &self.tokenizer)]
            .into_iter()
            .filter(|(_, bytes)| !bytes.is_empty())
            .map(|(file, bytes)| (file.to_string(), hash(bytes)))
            .collect();
        let mut manifest = serde_json::to_vec_pretty(&self.manifest).map_err(|e| model_error("manifest", &e.to_string()))?;
        manifest.push(b'\n');
        write_file(&folder.join(TENSORS), &tensors)?;
        let tokenizer = folder.join(TOKENIZER);
        match self.tokenizer.is_empty() {
            false => write_file(&tokenizer, &self.tokenizer)?,
            // That of a model which stood here before.
            true if tokenizer.exists() => fs::remove_file(&tokenizer).map_err(|source| Error::io(&tokenizer, source))?,
            true => {}
        }
        write_file(&folder.join(MANIFEST), &manifest)
    }

    fn tensor_bytes(&self, name: &str) -> Result<Vec<u8>> {
        let w = &self.weights;
        let failed = |error: safetensors::SafeTensorError| model_error(name, &error.to_string());
        let units: Vec<u8> = w.units.iter().flat_map(|x| x.to_le_bytes()).collect();
        let biases: Vec<u8> = w.biases.iter().flat_map(|x| x.to_le_bytes()).collect();
        let n_labels = w.biases.len();
        let rows = w.table.len() / n_labels.max(1);
        let filled = w.filled.as_ref().map(Filled::to_bytes);
        let mut tensors = BTreeMap::from([
            ("biases", TensorView::new(Dtype::F32, vec![n_labels], &biases).map_err(failed)?),
            ("units", TensorView::new(Dtype::F32, vec![N_BLOCKS], &units).map_err(failed)?),
            ("vocabulary", TensorView::new(Dtype::U8, vec![w.vocabulary.len()], &w.vocabulary).map_err(failed)?),
            ("weights", TensorView::new(Dtype::I8, vec![rows, n_labels], &w.table).map_err(failed)?),
        ]);
        if let Some(filled) = &filled {
            tensors.insert("filled", TensorView::new(Dtype::U8, vec![filled.len()], filled).map_err(failed)?);
        }
        safetensors::serialize(tensors, None).map_err(failed)
    }
}

fn model_error(name: &str, reason: &str) -> Error {
    Error::Model { name: name.to_string(), reason: reason.to_string() }
}

/// Short hash of a file, as it stands in manifests.
pub(crate) fn hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().chars().take(32).collect()
}

fn read_file(path: &Path) -> Result<Vec<u8>> {
    let length = fs::metadata(path).map_err(|source| Error::io(path, source))?.len();
    if length > MAX_FILE {
        return Err(model_error(&path.display().to_string(), &format!("{length} bytes are too many for a model file")));
    }
    fs::read(path).map_err(|source| Error::io(path, source))
}

fn write_file(path: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(path, bytes).map_err(|source| Error::io(path, source))
}

fn parse_manifest(name: &str, bytes: &[u8]) -> Result<Manifest> {
    let value: serde_json::Value = serde_json::from_slice(bytes)
        .map_err(|e| model_error(name, &format!("{MANIFEST} is no JSON: {e}; train the model again")))?;
    let format = value.get("format").and_then(serde_json::Value::as_u64);
    match format {
        None => return Err(model_error(name, &format!("{MANIFEST} has no format version: this is no model of demarche"))),
        Some(found) if !(u64::from(OLDEST_FORMAT)..=u64::from(NEWEST_FORMAT)).contains(&found) => {
            let reason =
                format!("format version {found}, but this build reads {OLDEST_FORMAT} to {NEWEST_FORMAT}; retrain or upgrade");
            return Err(model_error(name, &reason));
        }
        Some(_) => {}
    }
    let manifest: Manifest = serde_json::from_value(value).map_err(|e| model_error(name, &format!("{MANIFEST}: {e}")))?;
    check_manifest(name, &manifest)?;
    Ok(manifest)
}

fn check_manifest(name: &str, manifest: &Manifest) -> Result<()> {
    let n = manifest.labels.len();
    let fail = |reason: String| Err(model_error(name, &format!("{MANIFEST}: {reason}")));
    if manifest.kind != "labels" {
        return fail(format!("kind is `{}`, but a classifier has `labels`", manifest.kind));
    }
    if !(2..=MAX_LABELS).contains(&n) {
        return fail(format!("{n} labels; a model has 2 to {MAX_LABELS}"));
    }
    if manifest.thresholds.len() != n || manifest.abstain.thresholds.len() != n {
        return fail(format!("{n} labels need {n} thresholds of each kind"));
    }
    if !(manifest.temperature.is_finite() && manifest.temperature > 0.0) {
        return fail(format!("temperature {} is not above 0", manifest.temperature));
    }
    manifest.features.check().map_err(|e| model_error(name, &format!("{MANIFEST}: {e}")))
}

fn check_hash(name: &str, manifest: &Manifest, file: &str, bytes: &[u8]) -> Result<()> {
    match manifest.hashes.get(file) {
        Some(wanted) if *wanted != hash(bytes) => {
            Err(model_error(name, &format!("{file} is not the one that the manifest names: damaged")))
        }
        None if !bytes.is_empty() => Err(model_error(name, &format!("{MANIFEST} names no hash of {file}"))),
        _ => Ok(()),
    }
}

fn parse_tensors(name: &str, manifest: &Manifest, bytes: Cow<'static, [u8]>) -> Result<Weights> {
    let fail = |reason: String| model_error(name, &format!("{TENSORS}: {reason}"));
    let tensors = SafeTensors::deserialize(&bytes).map_err(|e| fail(e.to_string()))?;
    let n = manifest.labels.len();
    let get = |key: &str, kind: Dtype, shape: &[usize]| {
        let tensor = tensors.tensor(key).map_err(|e| fail(format!("{key}: {e}")))?;
        if tensor.dtype() != kind || tensor.shape() != shape {
            return Err(fail(format!(
                "{key} is {:?} {:?}, but the manifest needs {kind:?} {shape:?}",
                tensor.dtype(),
                tensor.shape()
            )));
        }
        Ok(tensor.data())
    };
    let n_buckets = manifest.features.total_buckets();
    let filled = match manifest.format {
        FILLED_FORMAT => {
            let bits = get("filled", Dtype::U8, &[n_buckets.div_ceil(64) * 8])?;
            Some(Filled::from_bytes(bits, n_buckets).ok_or_else(|| fail("filled: a bucket beyond the last".into()))?)
        }
        _ => None,
    };
    let n_rows = filled.as_ref().map_or(n_buckets, Filled::count);
    let table = get("weights", Dtype::I8, &[n_rows, n])?;
    let vocabulary = get("vocabulary", Dtype::U8, &[VOCABULARY_BYTES])?;
    let units = floats(get("units", Dtype::F32, &[N_BLOCKS])?);
    let biases = floats(get("biases", Dtype::F32, &[n])?);
    if units.iter().chain(&biases).any(|x| !x.is_finite()) {
        return Err(fail("a number is not finite".into()));
    }
    let units = <[f32; N_BLOCKS]>::try_from(units).map_err(|_| fail(format!("units of {N_BLOCKS} blocks expected")))?;
    let range = |slice: &[u8]| {
        let start = slice.as_ptr() as usize - bytes.as_ptr() as usize;
        start..start + slice.len()
    };
    // Static bytes stay where they are: the built-in model is never copied.
    let part = |range: std::ops::Range<usize>| match &bytes {
        Cow::Borrowed(whole) => Cow::Borrowed(whole.get(range).unwrap_or_default()),
        Cow::Owned(whole) => Cow::Owned(whole.get(range).unwrap_or_default().to_vec()),
    };
    let (table, vocabulary) = (part(range(table)), part(range(vocabulary)));
    Ok(Weights { table, filled, units, biases, vocabulary })
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(4).filter_map(|b| b.try_into().ok()).map(f32::from_le_bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Abstain, FeatureSettings, TrainingRecord};

    fn tiny() -> StoredModel {
        let features = FeatureSettings { bits: [2, 0, 0, 2, 0, 0], ..FeatureSettings::default() };
        let manifest = Manifest {
            format: FORMAT,
            kind: "labels".into(),
            name: "tiny".into(),
            program: "0.0.0".into(),
            labels: vec!["a".into(), "none".into()],
            features,
            lists: String::new(),
            temperature: 1.5,
            thresholds: vec![0.5, 1.1],
            abstain: Abstain { precision: 0.85, thresholds: vec![0.6, 0.7] },
            training: TrainingRecord::default(),
            hashes: BTreeMap::new(),
            metrics: serde_json::Value::Null,
        };
        let table = (0..16u8).collect::<Vec<u8>>().into();
        let weights = Weights {
            table,
            filled: None,
            units: [0.1; N_BLOCKS],
            biases: vec![0.5, -0.5],
            vocabulary: vec![0; VOCABULARY_BYTES].into(),
        };
        StoredModel { manifest, weights, tokenizer: Cow::Owned(Vec::new()) }
    }

    fn parse(manifest: &[u8], tensors: &[u8]) -> Result<StoredModel> {
        StoredModel::parse("tiny", manifest, Cow::Owned(tensors.to_vec()), Cow::Owned(Vec::new()), false)
    }

    #[test]
    fn what_is_written_is_read_and_written_again_alike() {
        let folder = tempfile::tempdir().unwrap();
        let mut model = tiny();
        model.write(folder.path()).unwrap();
        let bytes = || ["manifest.json", "model.safetensors"].map(|file| fs::read(folder.path().join(file)).unwrap());
        let first = bytes();
        let mut read = StoredModel::read(folder.path()).unwrap();
        assert_eq!(read, model);
        read.write(folder.path()).unwrap();
        assert_eq!(first, bytes());
    }

    #[test]
    fn a_model_takes_the_place_of_one_with_pieces() {
        let folder = tempfile::tempdir().unwrap();
        let mut with_pieces = tiny();
        with_pieces.tokenizer = Cow::Borrowed(b"{}");
        with_pieces.write(folder.path()).unwrap();
        tiny().write(folder.path()).unwrap();
        assert!(StoredModel::read(folder.path()).unwrap().tokenizer.is_empty());
    }

    /// The same with rows for buckets 1, 3 and 6 alone.
    fn with_gaps() -> StoredModel {
        let mut model = tiny();
        model.manifest.format = FILLED_FORMAT;
        model.weights.filled = Filled::from_bytes(&[0b0100_1010, 0, 0, 0, 0, 0, 0, 0], 8);
        model.weights.table = vec![1, 2, 3, 4, 5, 6].into();
        model
    }

    #[test]
    fn tables_with_gaps_are_written_and_read() {
        let folder = tempfile::tempdir().unwrap();
        let mut model = with_gaps();
        model.write(folder.path()).unwrap();
        let read = StoredModel::read(folder.path()).unwrap();
        assert_eq!(read, model);
        assert_eq!((read.weights.row(3), read.weights.row(4)), (&[3u8, 4][..], &[][..]));
    }

    #[test]
    fn a_table_that_does_not_fit_its_filled_buckets_is_refused() {
        let manifest = serde_json::to_vec(&with_gaps().manifest).unwrap();
        let refused = |bits: u64, n_rows: usize| {
            let mut model = with_gaps();
            model.weights.filled = Filled::from_bytes(&bits.to_le_bytes(), 64);
            model.weights.table = vec![1; 2 * n_rows].into();
            parse(&manifest, &model.tensor_bytes("tiny").unwrap()).is_err()
        };
        assert!(!refused(0b0100_1010, 3));
        assert!(refused(0b0100_1010, 4) && refused(0b0100_1000, 3));
        assert!(refused(0b1_0000_1010, 3), "a bucket beyond the last");
        assert!(parse(&manifest, &tiny().tensor_bytes("tiny").unwrap()).is_err(), "no `filled` at all");
    }

    #[test]
    fn a_changed_file_is_found_by_its_hash() {
        let folder = tempfile::tempdir().unwrap();
        tiny().write(folder.path()).unwrap();
        let path = folder.path().join(TENSORS);
        let mut bytes = fs::read(&path).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(&path, bytes).unwrap();
        let error = StoredModel::read(folder.path()).unwrap_err().to_string();
        assert!(error.ends_with("model.safetensors is not the one that the manifest names: damaged"), "{error}");
    }

    #[test]
    fn another_format_is_refused_by_number() {
        let mut model = tiny();
        model.manifest.format = 99;
        let manifest = serde_json::to_vec(&model.manifest).unwrap();
        let error = parse(&manifest, &[]).unwrap_err().to_string();
        assert_eq!(error, "tiny: format version 99, but this build reads 1 to 2; retrain or upgrade");
        assert!(parse(b"{}", &[]).unwrap_err().to_string().contains("this is no model of demarche"));
    }

    #[test]
    fn every_truncation_and_many_changes_give_errors_not_panics() {
        let model = tiny();
        let manifest = serde_json::to_vec(&model.manifest).unwrap();
        let tensors = model.tensor_bytes("tiny").unwrap();
        assert!(parse(&manifest, &tensors).is_ok());
        for end in (0..tensors.len()).step_by(97).chain(0..600) {
            assert!(parse(&manifest, &tensors[..end]).is_err(), "cut at {end}");
        }
        for at in 0..400 {
            for bit in [0, 3, 7] {
                let mut changed = tensors.clone();
                changed[at] ^= 1 << bit;
                let _ = parse(&manifest, &changed);
            }
        }
        // A header that claims far more bytes than there are.
        assert!(parse(&manifest, &[0xff; 64]).is_err());
    }

    #[test]
    fn a_manifest_that_does_not_fit_the_tensors_is_refused() {
        let tensors = tiny().tensor_bytes("tiny").unwrap();
        let refused = |edit: fn(&mut Manifest)| {
            let mut manifest = tiny().manifest;
            edit(&mut manifest);
            parse(&serde_json::to_vec(&manifest).unwrap(), &tensors).is_err()
        };
        assert!(refused(|m| m.features.bits[0] = 3));
        assert!(refused(|m| m.labels.push("b".into())));
        assert!(refused(|m| m.temperature = 0.0));
        assert!(refused(|m| m.features.bits[1] = 60));
        assert!(refused(|m| m.features.char_max = 50));
        assert!(!refused(|_| ()));
    }
}
