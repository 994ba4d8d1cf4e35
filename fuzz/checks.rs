//! What must hold for any input: the fuzz targets run these, and a test replays the inputs that once failed.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
};

use demarche::{
    corpus::{
        Labelling,
        batch::{self, Job},
        format::Format,
        json_record::RecordScanner,
        source::Source,
    },
    model::StoredModel,
    segment,
    stance::StanceModel,
    statement,
};

/// The scanner accepts exactly the objects that serde_json accepts.
pub(crate) fn json_record(record: &str) {
    let object = record.trim_start_matches([' ', '\t', '\r', '\n']).starts_with('{');
    let theirs = object && serde_json::from_str::<serde::de::IgnoredAny>(record).is_ok();
    assert_eq!(RecordScanner::default().scan(record).is_ok(), theirs, "{record:?}");
}

/// Rows and rejects depend on neither threads nor chunks, whatever the bytes.
pub(crate) fn read_records(data: &[u8]) {
    let Some((&first, data)) = data.split_first() else { return };
    let format = [Format::Jsonl, Format::Csv, Format::Tsv, Format::Text][usize::from(first % 4)];
    let folder = tempfile::tempdir().expect("a temporary folder");
    let job = job(folder.path(), format, data);
    let one = labelled(&job);
    assert_eq!(one, labelled(&Job { threads: 2, chunk_bytes: 7, ..job }));
}

/// A job that labels `data` in `folder`.
fn job(folder: &Path, format: Format, data: &[u8]) -> Job {
    fs::write(folder.join("in"), data).expect("written");
    Job {
        sources: vec![Source { path: Some(folder.join("in")), format }],
        output: Some(folder.join("out")),
        rejects: Some(folder.join("bad")),
        max_record: 64,
        force: true,
        ..Job::default()
    }
}

/// The bytes of rows and rejects; nothing where the job is refused.
fn labelled(job: &Job) -> Option<(Vec<u8>, Vec<u8>)> {
    static MODEL: std::sync::OnceLock<StanceModel> = std::sync::OnceLock::new();
    let model = MODEL.get_or_init(|| StanceModel::builtin().expect("the built-in model"));
    let bytes = |path: &Option<PathBuf>| path.as_ref().and_then(|path| fs::read(path).ok()).unwrap_or_default();
    job.output.iter().for_each(|path| drop(fs::remove_file(path)));
    batch::run(job, Labelling::Statements(model), &AtomicBool::new(false), &mut |_| {}).ok()?;
    Some((bytes(&job.output), bytes(&job.rejects)))
}

/// A table of any bytes gives rows or an error, as JSON or as a table again.
pub(crate) fn read_table(data: &[u8]) {
    let Some((&first, data)) = data.split_first() else { return };
    let format = if first & 1 == 0 { Format::Parquet } else { Format::Arrow };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut job = job(folder.path(), format, data);
    if first & 2 > 0 {
        job.kind.format = format;
    }
    // Without rejects only the columns that are needed are read.
    if first & 4 > 0 {
        job.rejects = None;
    }
    labelled(&job);
}

/// Sentences stand in order and apart, and only white space is in none of the parts.
pub(crate) fn split_sentences(text: &str) {
    let found = segment::segment(text);
    let mut last = 0;
    for sentence in &found.sentences {
        assert!(last <= sentence.span.start() && sentence.span.end() <= text.len());
        assert!(!sentence.span.is_empty() && sentence.paragraph < found.paragraphs.len());
        last = sentence.span.end();
    }
}

/// Statements name a sentence, and their spans lie in the text.
pub(crate) fn extract_statements(text: &str) {
    let segmentation = segment::segment(text);
    for statement in statement::extract(text, &segmentation) {
        assert!(statement.sentence < segmentation.sentences.len());
        assert!(!statement.content.is_empty());
        let spans = statement.content.iter().chain(&statement.cue).chain(&statement.holder.mention);
        for span in spans {
            assert!(text.get(span.range()).is_some(), "{span:?} is no span of the text");
        }
        let _ = statement::stance_text(text, &statement);
    }
}

/// A model one of whose files holds any bytes labels or is refused. The others are those of a model of 256 random weights a
/// label: a real one takes a hundred times as long to load.
pub(crate) fn load_model(data: &[u8]) {
    let Some((&first, data)) = data.split_first() else { return };
    let part = |number: u8, good: &'static [u8]| if first % 3 == number { data.to_vec() } else { good.to_vec() };
    let manifest = part(0, include_bytes!("tiny-model/manifest.json"));
    let tensors = part(1, include_bytes!("tiny-model/model.safetensors"));
    let tokenizer = part(2, include_bytes!("tiny-model/tokenizer.json"));
    let parsed = StoredModel::parse("fuzzed", &manifest, tensors.into(), tokenizer.into(), false);
    if let Ok(stored) = parsed {
        StanceModel::from_stored(stored).predict("The minister welcomed the truce.");
    }
}
