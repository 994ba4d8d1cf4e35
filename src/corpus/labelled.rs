//! Labelled texts in: JSONL, CSV or TSV, also compressed; annotated articles; labels that stand off from their texts.

use std::{
    collections::{BTreeMap, HashMap},
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use serde_json::{Map, Value};

use super::{
    format::{FileKind, Format},
    source::Source,
    split,
};
use crate::{
    article::Article,
    error::{Error, Result},
    segment,
    span::Span,
    stance::NONE,
    statement::{self, Holder, Kind, Statement},
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
    /// File and line it stands in.
    pub place: String,
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
        if let Ok(Record { id: Some(id), text: Some(text) }) = serde_json::from_str(line) {
            texts.insert(id, text);
        }
        Ok(())
    })
}

/// Reads all labelled texts of `path`; `-` is standard input, as JSONL. An article with `statements` gives one text for
/// each of its statements and one, labelled [`NONE`], for each sentence without.
///
/// # Errors
/// [`Error::Record`] with file and line for a record that cannot be used, [`Error::Io`] where the file cannot be read.
pub fn read(path: &Path, reading: &Reading) -> Result<Vec<LabelledText>> {
    let format = if path.as_os_str() == "-" { Some(Format::Jsonl) } else { format_of(path) };
    match format {
        Some(Format::Jsonl) => read_jsonl(path, reading),
        Some(Format::Csv) => read_delimited(path, b',', reading),
        Some(Format::Tsv) => read_delimited(path, b'\t', reading),
        _ => Err(Error::Data(format!("{}: labelled texts are read from jsonl, csv and tsv (also .gz, .zst)", path.display()))),
    }
}

fn open(path: &Path) -> Result<Box<dyn Read + Send>> {
    let path = (path.as_os_str() != "-").then(|| path.to_path_buf());
    Source { path, format: Format::Jsonl }.open(0)
}

/// Calls `act` with number and content of each line that is not blank.
fn each_line(path: &Path, act: &mut dyn FnMut(u64, &str) -> Result<()>) -> Result<()> {
    let mut reader = BufReader::new(open(path)?);
    let (mut line, mut number) = (Vec::new(), 0);
    loop {
        line.clear();
        number += 1;
        if reader.read_until(b'\n', &mut line).map_err(|e| Error::io(path, e))? == 0 {
            return Ok(());
        }
        let text = std::str::from_utf8(&line).map_err(|_| bad(path, number, "is not UTF-8".into()))?;
        let text = text.trim_start_matches('\u{feff}').trim();
        if !text.is_empty() {
            act(number, text)?;
        }
    }
}

fn bad(path: &Path, line: u64, reason: String) -> Error {
    Error::Record { name: path.display().to_string(), line, offset: 0, reason }
}

fn read_jsonl(path: &Path, reading: &Reading) -> Result<Vec<LabelledText>> {
    let mut out = Vec::new();
    each_line(path, &mut |number, line| {
        let record: Map<String, Value> =
            serde_json::from_str(line).map_err(|e| bad(path, number, format!("broken JSON: {e}")))?;
        let place = format!("{}:{number}", path.display());
        match record.get("statements") {
            Some(Value::Array(_)) if record.contains_key("text") => {
                out.extend(of_article(&record, &place, reading.test_articles).map_err(|reason| bad(path, number, reason))?);
            }
            _ => out.push(of_record(record, place, reading).map_err(|reason| bad(path, number, reason))?),
        }
        Ok(())
    })?;
    Ok(out)
}

type Reason = String;

fn of_record(mut record: Map<String, Value>, place: String, reading: &Reading) -> Result<LabelledText, Reason> {
    let id = record.remove("id").map(|id| id.as_str().map_or_else(|| id.to_string(), String::from));
    let text_field = reading.text_field.as_deref().unwrap_or("text");
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

fn take_labels(record: &mut Map<String, Value>, reading: &Reading) -> Result<Option<Vec<String>>, Reason> {
    let names: Vec<&str> = reading.label_field.as_deref().map_or_else(|| vec!["labels", "label"], |name| vec![name]);
    let Some((name, value)) = names.iter().find_map(|&name| record.remove(name).map(|value| (name, value))) else {
        return Ok(None);
    };
    let mut labels = match value {
        Value::Null => Vec::new(),
        Value::Array(values) => values.iter().map(|value| label_name(name, value)).collect::<Result<Vec<_>, _>>()?,
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

fn read_delimited(path: &Path, delimiter: u8, reading: &Reading) -> Result<Vec<LabelledText>> {
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(open(path)?);
    let failed = |error: csv::Error| {
        let line = error.position().map_or(1, csv::Position::line);
        bad(path, line, error.to_string())
    };
    let names: Vec<String> =
        reader.headers().map_err(failed)?.iter().map(|name| name.trim_start_matches('\u{feff}').to_string()).collect();
    let wanted = reading.text_field.as_deref().unwrap_or("text");
    if !names.iter().any(|name| name == wanted) {
        return Err(bad(path, 1, format!("no column `{wanted}`; there are {}", names.join(", "))));
    }
    let mut out = Vec::new();
    for record in reader.records() {
        let record = record.map_err(failed)?;
        let line = record.position().map_or(0, csv::Position::line);
        let fields = names.iter().zip(&record).map(|(name, value)| (name.clone(), cell(name, value, reading))).collect();
        out.push(of_record(fields, format!("{}:{line}", path.display()), reading).map_err(|reason| bad(path, line, reason))?);
    }
    Ok(out)
}

/// A cell as the value it would be in JSON: several labels are parted by `;`.
fn cell(name: &str, value: &str, reading: &Reading) -> Value {
    match name {
        "weight" => value.parse::<f64>().map_or_else(|_| Value::String(value.into()), Value::from),
        "labels" if reading.label_field.is_none() => value.split(';').map(|label| Value::String(label.trim().into())).collect(),
        _ => Value::String(value.into()),
    }
}

/// The training texts of one annotated article: every statement as the pipeline hands it to the classifier, and the
/// sentences that hold none. Articles of the test part give none unless they are wanted; then the others give none.
fn of_article(record: &Map<String, Value>, place: &str, want_test: bool) -> Result<Vec<LabelledText>, Reason> {
    let id = record.get("id").and_then(Value::as_str).unwrap_or_default();
    if split::is_test(id) != want_test {
        return Ok(Vec::new());
    }
    let text = record.get("text").and_then(Value::as_str).ok_or("field `text` is no text")?;
    let offsets: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let statements = record.get("statements").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut taken = Vec::new();
    let mut out = Vec::new();
    for (number, annotated) in statements.iter().enumerate() {
        let statement = of_annotation(annotated, text, &offsets).ok_or_else(|| format!("statement {number} has a bad span"))?;
        let labels = annotated.get("labels").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let labels = tidy(labels.iter().filter_map(Value::as_str).map(String::from).collect());
        taken.extend(statement.content.iter().copied());
        out.push((statement::stance_text(text, &statement), labels));
    }
    let segmentation = segment::segment(&Article::from_text(text).text);
    let is_free = |span: &Span| !taken.iter().any(|t| t.start() < span.end() && span.start() < t.end());
    out.extend(
        segmentation.sentences.iter().map(|s| s.span).filter(is_free).map(|span| (span.of(text).to_string(), tidy(Vec::new()))),
    );
    let fields: Map<String, Value> =
        [("doc", id), ("source", "article")].map(|(k, v)| (k.to_string(), Value::from(v))).into_iter().collect();
    let texts = out.into_iter().enumerate().map(|(i, (text, labels))| LabelledText {
        id: Some(format!("{id}#{i}")),
        text,
        labels,
        weight: 1.0,
        fields: fields.clone(),
        place: place.to_string(),
        ..LabelledText::default()
    });
    Ok(texts.collect())
}

fn of_annotation(annotated: &Value, text: &str, offsets: &[usize]) -> Option<Statement> {
    let span = |value: &Value| {
        let at = |i: usize| offsets.get(value.get(i)?.as_u64()? as usize).copied();
        Some(Span::clamped(text, at(0)?..at(1)?))
    };
    let content = annotated.get("content")?.as_array()?.iter().map(span).collect::<Option<Vec<_>>>()?;
    let holder = Holder { mention: annotated.get("source").and_then(span), ..Holder::default() };
    let cue = annotated.get("cue").and_then(span);
    let (kind, speech) = (Kind::Indirect, true);
    Some(Statement {
        sentence: 0,
        utterance: 0,
        content,
        cue,
        holder,
        kind,
        speech,
        reported_by: None,
        target: None,
        found_by: "annotated",
    })
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

    fn read_text(name: &str, content: &str) -> Result<Vec<LabelledText>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        read(&path, &Reading::default())
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
    fn errors_name_file_and_line() {
        let error = |content: &str| read_text("x.jsonl", content).unwrap_err().to_string();
        let good = "{\"text\":\"a\",\"label\":\"x\"}\n";
        assert!(error(&format!("{good}{{\"text\":")).contains("x.jsonl:2: broken JSON"));
        assert!(error(&format!("{good}{{\"text\":\" \",\"label\":\"x\"}}")).ends_with("x.jsonl:2: the text is empty"));
        assert!(error("{\"text\":\"a\"}").contains("x.jsonl:1: no field `labels`"));
        assert!(error("{\"id\":\"7\",\"label\":\"x\"}").contains("give the folder of the texts"));
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
