//! `demarche train --task statements`: trains the tagger of statements from annotated articles.

use std::{fs, path::Path};

use anyhow::{Context, bail};
use demarche::{
    corpus::split::is_test,
    span::Span,
    statement::tagger::{AnnotatedArticle, TaggerSettings, train},
};
use serde_json::Value;

use super::TrainArgs;
use crate::cli::{Outcome, message};

/// Runs the task. Articles of the test split are left out.
pub(crate) fn run(args: &TrainArgs) -> anyhow::Result<Outcome> {
    let mut articles = Vec::new();
    let mut data = Vec::new();
    for path in &args.data {
        let body = fs::read_to_string(path).with_context(|| path.display().to_string())?;
        data.push(serde_json::json!({"file": path.file_name().map(|n| n.to_string_lossy()), "blake3": blake3::hash(body.as_bytes()).to_hex().as_str()}));
        for (n, line) in body.lines().enumerate().filter(|(_, l)| !l.trim().is_empty()) {
            let place = || format!("{}:{}", path.display(), n + 1);
            let record: Value = serde_json::from_str(line).with_context(place)?;
            if !is_test(record["id"].as_str().unwrap_or_default()) {
                articles.push(article(&record).with_context(place)?);
            }
        }
    }
    if articles.is_empty() {
        bail!("no articles to train on; every fifth, by its id, is kept for tests");
    }
    let settings = TaggerSettings { seed: args.seed, ..TaggerSettings::default() };
    let (tagger, report) = train(&articles, settings);
    write(
        &args.output,
        &tagger.to_bytes(),
        &serde_json::json!({
            "format": 1, "name": "statements-en", "program": env!("CARGO_PKG_VERSION"), "data": data, "articles": articles.len(),
            "sentences": report.sentences, "tokens": report.tokens, "wrong_in_last_pass": report.wrong,
            "epochs": settings.epochs, "seed": settings.seed,
        }),
    )?;
    message::line(&format!(
        "{}: {} articles, {} sentences, {} tokens, {} wrong in the last pass",
        args.output.display(),
        articles.len(),
        report.sentences,
        report.tokens,
        report.wrong
    ));
    Ok(Outcome::Done)
}

/// The text and the content spans of one record; offsets count code points.
fn article(record: &Value) -> anyhow::Result<AnnotatedArticle> {
    let text = record["text"].as_str().context("`text` is missing or no text")?.to_owned();
    let starts: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let statements =
        record["statements"].as_array().context("`statements` is missing or no list; expected annotated articles")?;
    let mut content = Vec::new();
    for span in statements.iter().flat_map(|s| s["content"].as_array().into_iter().flatten()) {
        let at = |n: usize| span[n].as_u64().and_then(|c| starts.get(usize::try_from(c).ok()?).copied());
        let (Some(start), Some(end)) = (at(0), at(1)) else {
            bail!("`content` {span} is no [start, end] within the text");
        };
        content.push(Span::new(&text, start..end).with_context(|| format!("`content` {span} ends before it starts"))?);
    }
    Ok(AnnotatedArticle { text, content })
}

fn write(folder: &Path, tagger: &[u8], manifest: &Value) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let put = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        fs::write(&path, bytes).with_context(|| path.display().to_string())
    };
    put("tagger.bin", tagger)?;
    put("manifest.json", (serde_json::to_string_pretty(manifest)? + "\n").as_bytes())
}
