//! Summaries as files, for scorers of other projects.

use std::{
    fs,
    io::{BufWriter, Write},
    path::Path,
};

use anyhow::Context;
use demarche::{
    corpus::summaries::SummarizedArticle,
    evaluate::summary::{Cut, Ranking, taken},
};
use serde::Serialize;

/// One line of a file of summaries.
#[derive(Serialize)]
struct Prediction<'a> {
    id: &'a str,
    summary: Vec<&'a str>,
}

/// Writes the summaries of one file of data into `folder`, a file for each cut: sentences by rank up to and including
/// the one that reaches the length, whole and in reading order.
pub(crate) fn write(
    folder: &Path,
    data: &Path,
    articles: &[SummarizedArticle],
    rankings: &[Ranking],
    cuts: &[Cut],
) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let stem = data.file_stem().unwrap_or_default().to_string_lossy();
    for &cut in cuts {
        let unit = if matches!(cut, Cut::Words(_)) { "words" } else { "sentences" };
        let path = folder.join(format!("{stem}.{unit}.jsonl"));
        lines(&path, articles, rankings, cut).with_context(|| path.display().to_string())?;
    }
    Ok(())
}

fn lines(path: &Path, articles: &[SummarizedArticle], rankings: &[Ranking], cut: Cut) -> anyhow::Result<()> {
    let mut out = BufWriter::new(fs::File::create(path)?);
    for (number, (it, ranking)) in articles.iter().zip(rankings).enumerate() {
        let number = number.to_string();
        let id = it.article.id.as_deref().unwrap_or(&number);
        serde_json::to_writer(&mut out, &Prediction { id, summary: taken(it, ranking, cut) })?;
        writeln!(out)?;
    }
    Ok(out.flush()?)
}
