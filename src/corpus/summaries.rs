//! Articles with reference summaries: JSONL, also compressed.

use std::{
    io::{BufRead, BufReader},
    path::Path,
};

use serde::Deserialize;

use super::{
    format::{EXTENSIONS, FileKind, Format},
    source::Source,
    split,
};
use crate::{
    article::Article,
    error::{Error, Result},
};

/// An article and what people wrote or picked as its summary.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SummarizedArticle {
    /// The article.
    pub article: Article,
    /// Sentences of the reference summary.
    pub reference: Vec<String>,
    /// Sentences that a summary of it may have, where the record says.
    pub sentences: Option<usize>,
    /// Words that a summary of it may have, where the record says.
    pub words: Option<usize>,
}

/// Which records of annotated articles are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Part {
    /// All but those of our own articles that are test everywhere ([`split::is_test`]).
    #[default]
    Train,
    /// Those alone.
    Test,
}

#[derive(Deserialize)]
struct Record {
    id: Option<String>,
    title: Option<String>,
    text: String,
    reference: Option<Reference>,
    summary: Option<Vec<[usize; 2]>>,
    k: Option<usize>,
    words: Option<usize>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Reference {
    Text(String),
    Sentences(Vec<String>),
}

/// Reads the articles of `path`: records with `text` and `reference` (a text or a list of sentences), or, for
/// annotated articles, `summary`: spans of key sentences in code points. `id`, `title`, `k` and `words` (the
/// budgets) are optional. Of annotated articles only those of `part` are given.
///
/// # Errors
/// [`Error::Record`] with file and line for a record that cannot be used, [`Error::Io`] where the file cannot be
/// read, [`Error::Data`] for a format other than JSONL.
pub fn read(path: &Path, part: Part) -> Result<Vec<SummarizedArticle>> {
    if FileKind::of_path(path).is_some_and(|kind| kind.format != Format::Jsonl) {
        return Err(Error::Data(format!(
            "{}: articles with summaries are read from JSONL, not from {EXTENSIONS}",
            path.display()
        )));
    }
    let source = Source { path: Some(path.to_path_buf()), format: Format::Jsonl };
    let mut out = Vec::new();
    let mut offset = 0;
    for (number, line) in BufReader::new(source.open(0)?).lines().enumerate() {
        let line = line.map_err(|e| Error::io(path, e))?;
        if !line.trim().is_empty() {
            let bad = |reason| Error::Record { name: source.name(), line: number as u64 + 1, offset, reason };
            out.extend(parse(&line, part).map_err(bad)?);
        }
        offset += line.len() as u64 + 1;
    }
    Ok(out)
}

fn parse(line: &str, part: Part) -> Result<Option<SummarizedArticle>, String> {
    let record: Record = serde_json::from_str(line).map_err(|e| format!("not an article with a summary: {e}"))?;
    let reference = match (record.reference, record.summary) {
        (Some(Reference::Text(text)), _) => vec![text],
        (Some(Reference::Sentences(sentences)), _) => sentences,
        (None, Some(spans)) => {
            if (part == Part::Test) != record.id.as_deref().is_some_and(split::is_test) {
                return Ok(None);
            }
            spans.into_iter().map(|span| chars_of(&record.text, span)).collect::<Result<_, _>>()?
        }
        (None, None) => return Err("has neither `reference` nor `summary`".into()),
    };
    let title = record.title.filter(|title| !title.trim().is_empty());
    let article = Article { id: record.id, title, ..Article::from_text(record.text) };
    Ok(Some(SummarizedArticle { article, reference, sentences: record.k, words: record.words }))
}

fn chars_of(text: &str, [start, end]: [usize; 2]) -> Result<String, String> {
    let byte = |n: usize| text.char_indices().map(|(at, _)| at).chain([text.len()]).nth(n);
    let found = byte(start).zip(byte(end)).and_then(|(from, to)| text.get(from..to));
    found.map(String::from).ok_or_else(|| format!("span [{start}, {end}] of `summary` is not in the text"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_texts_lists_or_spans() {
        let of = |line: &str| parse(line, Part::Train).unwrap().unwrap();
        assert_eq!(of(r#"{"text":"One. Two.","reference":"Two"}"#).reference, ["Two"]);
        let list = of(r#"{"text":"One.","reference":["a","b"],"k":2,"words":9,"title":" "}"#);
        assert_eq!((list.reference.len(), list.sentences, list.words, list.article.title), (2, Some(2), Some(9), None));
        assert_eq!(of(r#"{"text":"Añø. Two.","summary":[[5,9]]}"#).reference, ["Two."]);
    }

    #[test]
    fn what_cannot_be_used_is_said() {
        for line in ["{", r#"{"text":"a"}"#, r#"{"text":"a","summary":[[0,9]]}"#] {
            assert!(parse(line, Part::Train).is_err(), "{line}");
        }
    }

    #[test]
    fn test_articles_are_kept_apart() {
        let line = r#"{"id":"ca-005","text":"One.","summary":[[0,4]]}"#;
        assert_eq!(parse(line, Part::Train).unwrap(), None);
        assert!(parse(line, Part::Test).unwrap().is_some());
        let other = r#"{"id":"ca-005","text":"One.","reference":"One"}"#;
        assert!(parse(other, Part::Train).unwrap().is_some());
    }
}
