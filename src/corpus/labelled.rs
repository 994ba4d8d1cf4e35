//! Labelled texts in: JSONL, CSV or TSV, also compressed, Parquet and Arrow; annotated articles; labels that stand off
//! from their texts. A record that cannot be used is noted with its place and left out.

mod annotated;

use std::{
    collections::{BTreeMap, HashMap},
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use serde_json::{Map, Value};

use super::{
    columnar::{self, Table},
    format::{FileKind, Format},
    source::Source,
};
use crate::{
    error::{Error, Result},
    stance::NONE,
};

/// A text with its labels.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LabelledText {
    /// Identifier, where it has one.
    pub id: Option<String>,
    /// The text.
    pub text: String,
    /// Label names, main first; [`NONE`] alone where there is no label.
    pub labels: Vec<String>,
    /// Soft labels by name, where it has them; a list counts as those of support, concern, expectation, none.
    pub probabilities: Option<Vec<(String, f32)>>,
    /// Its weight beside the others, 1 unless given.
    pub weight: f32,
    /// All other fields.
    pub fields: Map<String, Value>,
    /// File and line, or row, it stands in.
    pub place: String,
}

/// What was read of labelled data.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Labelled {
    /// The texts, in order.
    pub texts: Vec<LabelledText>,
    /// Records that cannot be used, in order.
    pub rejects: Vec<Rejected>,
}

/// A record that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// File and line, or row, it stands in.
    pub place: String,
    /// What was found and what was expected.
    pub reason: String,
}

impl std::fmt::Display for Rejected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.place, self.reason)
    }
}

impl Labelled {
    /// Takes what a record gives, or notes why it gives nothing.
    fn add(&mut self, place: String, record: Result<Map<String, Value>, Reason>, reading: &Reading) {
        match record.and_then(|record| texts_of(record, &place, reading)) {
            Ok(texts) => self.texts.extend(texts),
            Err(reason) => self.rejects.push(Rejected { place, reason }),
        }
    }
}

impl LabelledText {
    /// The value of a field as text; of `label` the main label.
    pub fn field(&self, name: &str) -> Option<String> {
        match name {
            "label" => self.labels.first().cloned(),
            "id" => self.id.clone(),
            _ => self.fields.get(name).map(|value| value.as_str().map_or_else(|| value.to_string(), String::from)),
        }
    }
}

/// Which fields are read, and where texts are found for labels that stand off.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// Field of the text; `text` unless given.
    pub text_field: Option<String>,
    /// Field of the label or labels; `labels` or `label` unless given.
    pub label_field: Option<String>,
    /// Texts by id, for records without text.
    pub texts: HashMap<String, String>,
    /// Whether the test articles are read instead of the others.
    pub test_articles: bool,
}

impl Reading {
    fn text_field(&self) -> &str {
        self.text_field.as_deref().unwrap_or("text")
    }

    /// Fields of labels, the one that counts first.
    fn label_fields(&self) -> Vec<&str> {
        self.label_field.as_deref().map_or_else(|| vec!["labels", "label"], |name| vec![name])
    }
}

/// Stances in the order of soft labels that are given as a list.
const STANCES: [&str; 4] = ["support", "concern", "expectation", NONE];

/// Texts by id from every `.jsonl` file (also .gz and .zst) under `folder`, for [`Reading::texts`].
///
/// # Errors
/// [`Error::Io`] or [`Error::Record`] where a file cannot be read.
pub fn read_texts(folder: &Path) -> Result<HashMap<String, String>> {
    let mut texts = HashMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let mut paths: Vec<PathBuf> = entries(&folder)?;
        paths.sort();
        for path in paths {
            match path.is_dir() {
                true => folders.push(path),
                false if format_of(&path) == Some(Format::Jsonl) => add_texts(&path, &mut texts)?,
                false => {}
            }
        }
    }
    Ok(texts)
}

fn format_of(path: &Path) -> Option<Format> {
    FileKind::of_path(path).map(|kind| kind.format)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let read = std::fs::read_dir(folder).map_err(|e| Error::io(folder, e))?;
    read.map(|entry| entry.map(|e| e.path()).map_err(|e| Error::io(folder, e))).collect()
}

fn add_texts(path: &Path, texts: &mut HashMap<String, String>) -> Result<()> {
    each_line(path, &mut |_, line| {
        #[derive(serde::Deserialize)]
        struct Record {
            id: Option<String>,
            text: Option<String>,
        }
        if let Some(Record { id: Some(id), text: Some(text) }) = line.ok().and_then(|line| serde_json::from_str(line).ok()) {
            texts.insert(id, text);
        }
    })
}

/// Reads all labelled texts of `path`; `-` is standard input, as JSONL. An article with `statements` gives one text for
/// each of its statements and one, labelled [`NONE`], for each sentence without.
///
/// # Errors
/// [`Error::Io`] where the file cannot be read, [`Error::Data`] where it is no table or has no text.
pub fn read(path: &Path, reading: &Reading) -> Result<Labelled> {
    let mut out = Labelled::default();
    let format = if path.as_os_str() == "-" { Some(Format::Jsonl) } else { format_of(path) };
    match format {
        Some(Format::Jsonl) => read_jsonl(path, reading, &mut out)?,
        Some(Format::Csv) => read_delimited(path, b',', reading, &mut out)?,
        Some(Format::Tsv) => read_delimited(path, b'\t', reading, &mut out)?,
        Some(format @ (Format::Parquet | Format::Arrow)) => {
            let source = Source { path: Some(path.to_path_buf()), format };
            read_table(&source, reading, &mut out).map_err(|reason| Error::Data(format!("{}: {reason}", source.name())))?;
        }
        Some(Format::Text) | None => {
            let known = "jsonl, csv, tsv (also .gz, .zst), parquet and arrow";
            return Err(Error::Data(format!("{}: labelled texts are read from {known}", path.display())));
        }
    }
    Ok(out)
}

fn open(path: &Path) -> Result<Box<dyn Read + Send>> {
    let path = (path.as_os_str() != "-").then(|| path.to_path_buf());
    Source { path, format: Format::Jsonl }.open(0)
}

/// Calls `act` with number and content of each line that is not blank.
fn each_line(path: &Path, act: &mut dyn FnMut(u64, Result<&str, Reason>)) -> Result<()> {
    let mut reader = BufReader::new(open(path)?);
    let (mut line, mut number) = (Vec::new(), 0);
    loop {
        line.clear();
        number += 1;
        if reader.read_until(b'\n', &mut line).map_err(|e| Error::io(path, e))? == 0 {
            return Ok(());
        }
        match std::str::from_utf8(&line).map(|text| text.trim_start_matches('\u{feff}').trim()) {
            Ok("") => {}
            Ok(text) => act(number, Ok(text)),
            Err(_) => act(number, Err("is not UTF-8".into())),
        }
    }
}

fn read_jsonl(path: &Path, reading: &Reading, out: &mut Labelled) -> Result<()> {
    let parsed = |line: &str| serde_json::from_str(line).map_err(|e| format!("broken JSON: {e}"));
    each_line(path, &mut |number, line| out.add(format!("{}:{number}", path.display()), line.and_then(parsed), reading))
}

/// Rows of a table, by way of JSON: what they mean is said once.
fn read_table(source: &Source, reading: &Reading, out: &mut Labelled) -> Result<(), Reason> {
    let names = columnar::names(&columnar::schema_of(source)?);
    wants_text(&names, reading)?;
    let columns: Vec<usize> = (0..names.len()).collect();
    let mut table = Table::open(source, 0, &columns, false)?;
    let mut row = 0u64;
    loop {
        let part = table.next_part()?;
        if part.is_empty() {
            return Ok(());
        }
        for line in columnar::json_lines(&part, &columns)?.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
            row += 1;
            let record = serde_json::from_slice(line).map_err(|e| format!("no form in JSON: {e}"));
            out.add(format!("{}: row {row}", source.name()), record, reading);
        }
    }
}

/// Columns without the text are of no use, unless texts stand elsewhere.
fn wants_text(names: &[String], reading: &Reading) -> Result<(), Reason> {
    let wanted = reading.text_field();
    match names.iter().any(|name| name == wanted) || !reading.texts.is_empty() {
        true => Ok(()),
        false => Err(format!("no column `{wanted}`; there are {}", names.join(", "))),
    }
}

type Reason = String;

fn texts_of(record: Map<String, Value>, place: &str, reading: &Reading) -> Result<Vec<LabelledText>, Reason> {
    match record.get("statements") {
        Some(Value::Array(_)) if record.contains_key("text") => annotated::of_article(&record, place, reading.test_articles),
        _ => of_record(record, place.to_owned(), reading).map(|text| vec![text]),
    }
}

fn of_record(mut record: Map<String, Value>, place: String, reading: &Reading) -> Result<LabelledText, Reason> {
    let text_field = reading.text_field();
    let has_label = reading.label_fields().iter().any(|name| record.contains_key(*name));
    // A table has each column in each row: what is empty there is what JSONL leaves out.
    record.retain(|name, value| !value.is_null() && (value != "" || name == text_field));
    let id = record.remove("id").map(|id| id.as_str().map_or_else(|| id.to_string(), String::from));
    let text = match record.remove(text_field) {
        Some(Value::String(text)) => text,
        Some(_) => return Err(format!("field `{text_field}` is no text")),
        None => stood_off(id.as_deref(), text_field, reading)?,
    };
    if text.trim().is_empty() {
        return Err("the text is empty".into());
    }
    let probabilities = record.remove("probs").map(|probs| soft_labels(&probs)).transpose()?;
    let labels = match take_labels(&mut record, reading)? {
        Some(labels) => labels,
        None if probabilities.is_some() => Vec::new(),
        None if has_label => tidy(Vec::new()),
        None => return Err("no field `labels` or `label`; `[]` or \"none\" is no stance".into()),
    };
    let weight = match record.remove("weight") {
        None => 1.0,
        Some(value) => value
            .as_f64()
            .filter(|w| w.is_finite() && *w >= 0.0)
            .ok_or_else(|| format!("weight {value} is no number from 0 on"))? as f32,
    };
    Ok(LabelledText { id, text, labels, probabilities, weight, fields: record, place })
}

fn stood_off(id: Option<&str>, text_field: &str, reading: &Reading) -> Result<String, Reason> {
    let id = id.ok_or_else(|| format!("no field `{text_field}`"))?;
    let hint = if reading.texts.is_empty() { "; give the folder of the texts with --texts" } else { " in the folder of texts" };
    reading.texts.get(id).cloned().ok_or_else(|| format!("no field `{text_field}`, and no text of id {id}{hint}"))
}

/// The labels of a record, where it has a field for them. In `labels` a text may hold several, parted by `;`.
fn take_labels(record: &mut Map<String, Value>, reading: &Reading) -> Result<Option<Vec<String>>, Reason> {
    let found = reading.label_fields().into_iter().find_map(|name| record.remove(name).map(|value| (name, value)));
    let Some((name, value)) = found else { return Ok(None) };
    let mut labels = match value {
        Value::Array(values) => values.iter().map(|value| label_name(name, value)).collect::<Result<Vec<_>, _>>()?,
        Value::String(several) if name == "labels" && reading.label_field.is_none() => {
            several.split(';').map(|label| label.trim().to_owned()).collect()
        }
        value => vec![label_name(name, &value)?],
    };
    labels.retain(|label| !label.is_empty());
    Ok(Some(tidy(labels)))
}

fn label_name(field: &str, value: &Value) -> Result<String, Reason> {
    match value {
        Value::String(label) => Ok(label.trim().to_string()),
        Value::Number(_) | Value::Bool(_) => Ok(value.to_string()),
        _ => Err(format!("field `{field}` holds {value}; expected a label or a list of labels")),
    }
}

/// Labels without repetitions; [`NONE`] where there are no others.
fn tidy(labels: Vec<String>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for label in labels {
        if label != NONE && !out.contains(&label) {
            out.push(label);
        }
    }
    if out.is_empty() { vec![NONE.into()] } else { out }
}

fn soft_labels(value: &Value) -> Result<Vec<(String, f32)>, Reason> {
    let number = |value: &Value| {
        value
            .as_f64()
            .filter(|p| (0.0..=1.000_1).contains(p))
            .map(|p| p as f32)
            .ok_or_else(|| format!("probs holds {value}; expected 0 to 1"))
    };
    match value {
        Value::Object(by_name) => by_name.iter().map(|(name, value)| Ok((name.clone(), number(value)?))).collect(),
        Value::Array(list) if list.len() == STANCES.len() => {
            list.iter().zip(STANCES).map(|(value, name)| Ok((name.to_string(), number(value)?))).collect()
        }
        _ => Err("probs must be an object of labels, or a list for support, concern, expectation, none".into()),
    }
}

fn read_delimited(path: &Path, delimiter: u8, reading: &Reading, out: &mut Labelled) -> Result<()> {
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(open(path)?);
    let at = |line: u64| format!("{}:{line}", path.display());
    let header = match reader.headers() {
        Ok(header) => header,
        Err(error) => return Err(unreadable(path, error, 1)),
    };
    let names: Vec<String> = header.iter().map(|name| name.trim_start_matches('\u{feff}').to_string()).collect();
    wants_text(&names, reading).map_err(|reason| Error::Data(format!("{}: {reason}", at(1))))?;
    let mut line = 1;
    for record in reader.records() {
        let record = match record {
            Err(error) if error.is_io_error() => return Err(unreadable(path, error, line)),
            record => record,
        };
        line = match &record {
            Ok(record) => record.position().map_or(line, csv::Position::line),
            Err(error) => error.position().map_or(line, csv::Position::line),
        };
        let fields =
            record.map(|record| names.iter().zip(&record).map(|(name, value)| (name.clone(), cell(name, value))).collect());
        out.add(at(line), fields.map_err(|error| csv_fault(&error)), reading);
    }
    Ok(())
}

fn unreadable(path: &Path, error: csv::Error, line: u64) -> Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => Error::io(path, error),
        _ => Error::Data(format!("{}:{line}: no readable header", path.display())),
    }
}

/// What is wrong with a record, without the place: that stands before it already.
fn csv_fault(error: &csv::Error) -> Reason {
    match error.kind() {
        csv::ErrorKind::Utf8 { .. } => "is not UTF-8".into(),
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => format!("{len} columns; the header has {expected_len}"),
        _ => error.to_string(),
    }
}

/// A cell as the value it would be in JSON.
fn cell(name: &str, value: &str) -> Value {
    match name {
        // Numbers and soft labels are written as in JSON.
        "weight" | "probs" => serde_json::from_str(value).unwrap_or_else(|_| value.trim().into()),
        _ => Value::String(value.into()),
    }
}

/// Says how many ids stand at several texts, and where the first of them do; `None` if every id is the only one of its kind.
pub fn repeated_ids(texts: &[LabelledText]) -> Option<String> {
    let mut first: BTreeMap<&str, &str> = BTreeMap::new();
    let (mut n, mut example) = (0, String::new());
    for text in texts {
        let Some(id) = text.id.as_deref() else { continue };
        match first.get(id) {
            Some(place) => {
                n += 1;
                if n == 1 {
                    example = format!("{}: id `{id}` stands at {place} too", text.place);
                }
            }
            None => {
                first.insert(id, &text.place);
            }
        }
    }
    match n {
        0 => None,
        1 => Some(example),
        _ => Some(format!("{example}; so do {} more ids", n - 1)),
    }
}

/// Leaves out texts that stand in the data before (white space folded): gives what is left and how many went; of these,
/// how many had other labels.
pub fn without_duplicates(texts: Vec<LabelledText>) -> (Vec<LabelledText>, usize, usize) {
    let mut seen: BTreeMap<[u8; 16], Vec<String>> = BTreeMap::new();
    let (mut gone, mut contradicting) = (0, 0);
    let kept = texts.into_iter().filter(|it| {
        let folded = it.text.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut key = [0; 16];
        blake3::Hasher::new().update(folded.as_bytes()).finalize_xof().fill(&mut key);
        match seen.get(&key) {
            Some(labels) => {
                gone += 1;
                contradicting += usize::from(*labels != it.labels && !it.labels.is_empty() && !labels.is_empty());
                false
            }
            None => {
                seen.insert(key, it.labels.clone());
                true
            }
        }
    });
    let kept = kept.collect();
    (kept, gone, contradicting)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(name: &str, content: impl AsRef<[u8]>) -> Result<Labelled> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        read(&path, &Reading::default())
    }

    fn read_text(name: &str, content: &str) -> Result<Vec<LabelledText>> {
        read_all(name, content).map(|it| it.texts)
    }

    #[test]
    fn ids_that_stand_twice_are_told() {
        let text = |id: &str, place: &str| LabelledText { id: Some(id.into()), place: place.into(), ..LabelledText::default() };
        assert_eq!(repeated_ids(&[text("a", "x:1"), text("b", "x:2")]), None);
        let several = [text("a", "x:1"), text("a", "x:2"), text("b", "y:1"), text("b", "y:2")];
        assert_eq!(repeated_ids(&several).unwrap(), "x:2: id `a` stands at x:1 too; so do 1 more ids");
    }

    #[test]
    fn labels_come_in_many_forms() {
        let lines = concat!(
            "{\"text\": \"a\", \"labels\": [\"concern\", \"expectation\", \"concern\"], \"doc\": 7}\n",
            "{\"text\": \"b\", \"labels\": []}\n\n",
            "{\"text\": \"c\", \"label\": \"none\", \"weight\": 0.5}\n",
            "{\"text\": \"d\", \"probs\": [0.7, 0.1, 0.1, 0.1]}\n",
        );
        let texts = read_text("x.jsonl", lines).unwrap();
        let labels: Vec<&[String]> = texts.iter().map(|t| t.labels.as_slice()).collect();
        assert_eq!(labels, [&["concern".to_string(), "expectation".into()][..], &["none".into()], &["none".into()], &[]]);
        assert_eq!(texts[0].field("doc").as_deref(), Some("7"));
        assert_eq!(texts[2].weight, 0.5);
        assert_eq!(texts[3].probabilities.as_ref().unwrap()[0], ("support".to_string(), 0.7));
    }

    #[test]
    fn columns_of_csv() {
        let texts = read_text("x.csv", "text,labels,doc\n\"a, b\",support;concern,1\nc,,2\n").unwrap();
        assert_eq!(texts[0].text, "a, b");
        assert_eq!(texts[0].labels, ["support", "concern"]);
        assert_eq!(texts[1].labels, ["none"]);
        let error = read_text("x.csv", "sentence,label\na,b\n").unwrap_err().to_string();
        assert!(error.ends_with("x.csv:1: no column `text`; there are sentence, label"), "{error}");
    }

    #[test]
    fn records_that_cannot_be_used_are_left_out_with_their_place() {
        let lines = "{\"text\":\"a\",\"label\":\"x\"}\n{\"text\":\n\n{\"text\":\" \",\"label\":\"x\"}\n{\"text\":\"a\"}\n\
                     {\"id\":\"7\",\"label\":\"x\"}\n{\"text\":\"b\",\"label\":\"y\"}\n";
        let found = read_all("x.jsonl", lines).unwrap();
        assert_eq!(found.texts.iter().map(|it| it.text.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        let told: Vec<String> = found.rejects.iter().map(ToString::to_string).collect();
        let expected = [
            "x.jsonl:2: broken JSON",
            "x.jsonl:4: the text is empty",
            "x.jsonl:5: no field `labels`",
            "give the folder of the texts",
        ];
        assert_eq!(told.len(), expected.len());
        told.iter().zip(expected).for_each(|(told, part)| assert!(told.contains(part), "{told}"));
    }

    #[test]
    fn a_row_that_does_not_fit_its_table_is_left_out() {
        let found = read_all("x.csv", b"text,label\n\"two\nlines\",x\nragged\n\xff,x\ngood,y\n").unwrap();
        assert_eq!(found.texts.iter().map(|it| it.text.as_str()).collect::<Vec<_>>(), ["two\nlines", "good"]);
        let told: Vec<&str> = found.rejects.iter().map(|it| it.reason.as_str()).collect();
        assert_eq!(told, ["1 columns; the header has 2", "is not UTF-8"]);
        assert!(found.rejects[0].place.ends_with("x.csv:4"), "{}", found.rejects[0]);
    }

    #[test]
    fn what_is_empty_is_as_if_it_were_not_there() {
        let found = read_all("x.csv", "text,labels,weight,probs,doc\na,,,\"{\"\"x\"\":0.75}\",\nb,x;y,2,,7\nc,,,,\n").unwrap();
        assert_eq!(found.rejects, []);
        assert_eq!((found.texts[0].labels.len(), found.texts[0].weight), (0, 1.0));
        assert_eq!(found.texts[0].probabilities, Some(vec![("x".into(), 0.75)]));
        assert_eq!((found.texts[0].field("doc"), found.texts[1].field("doc").as_deref()), (None, Some("7")));
        assert_eq!((found.texts[1].labels.len(), found.texts[1].weight), (2, 2.0));
        assert_eq!(found.texts[2].labels, ["none"]);
    }

    #[test]
    fn an_article_gives_statements_and_other_sentences() {
        let text = "The mill stood empty. “We will rebuild it,” Orla Venn said.";
        let article = serde_json::json!({"id": "ca-001", "text": text, "statements": [
            {"content": [[23, 41]], "source": [44, 53], "cue": [54, 58], "labels": ["support"]}]});
        let texts = read_text("x.jsonl", &article.to_string()).unwrap();
        assert_eq!(texts[0].text, "“We will rebuild it,” Orla Venn said.");
        assert_eq!(texts[0].labels, ["support"]);
        assert!(texts.iter().skip(1).any(|t| t.text == "The mill stood empty." && t.labels == ["none"]));
    }

    #[test]
    fn a_text_counts_once() {
        let text =
            |text: &str, label: &str| LabelledText { text: text.into(), labels: vec![label.into()], ..LabelledText::default() };
        let (kept, gone, contradicting) =
            without_duplicates(vec![text("a b", "x"), text("a  b", "y"), text("c", "x"), text("c", "x")]);
        assert_eq!((kept.len(), gone, contradicting), (2, 2, 1));
    }
}
