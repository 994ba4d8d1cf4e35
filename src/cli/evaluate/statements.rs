//! `demarche evaluate --task statements`: measures the extraction of statements and their speakers.

use std::io::{self, Write};

use anyhow::{Context, ensure};
use demarche::{
    corpus::split::is_test,
    evaluate::attribution::{AttributionEvaluation, evaluate, read, table},
    statement::{ExtractSettings, tagger::Tagger},
};
use serde::Serialize;

use super::{EvaluateArgs, Format};
use crate::cli::Outcome;

/// Arguments of this task alone.
#[derive(Debug, clap::Args)]
#[group(id = "statements")]
pub(crate) struct Options {
    /// Measure on all articles, not only on those whose id makes them test articles
    #[arg(long)]
    all_articles: bool,
    /// Join the sentences of a quotation to one span, for articles that annotate a quotation as one stretch
    #[arg(long)]
    join_quotations: bool,
    /// Take doubled apostrophes ('') for plain text, for articles annotated so: what stands between them is
    /// found and given its speaker, but is no direct quotation
    #[arg(long)]
    plain_apostrophes: bool,
}

/// The whole report.
#[derive(Debug, Serialize)]
struct Report<'a> {
    schema: u32,
    program: &'static str,
    /// `test` or `all`.
    articles: &'static str,
    #[serde(flatten)]
    evaluation: &'a AttributionEvaluation,
}

/// Runs the task: one table over all files, or one JSON object.
pub(crate) fn run(args: &EvaluateArgs, options: &Options) -> anyhow::Result<Outcome> {
    ensure!(args.format != Format::Html, "--task statements writes text or json; choose one with --format");
    let tagger = args.model.as_ref().map(|folder| {
        let path = folder.join("tagger.bin");
        let bytes = std::fs::read(&path).with_context(|| path.display().to_string())?;
        anyhow::Ok(Tagger::from_bytes(&path.display().to_string(), &bytes)?)
    });
    let tagger = tagger.transpose()?;
    let mut articles = Vec::new();
    for path in &args.data {
        articles.extend(read(path)?.into_iter().filter(|a| options.all_articles || is_test(&a.id)));
    }
    ensure!(!articles.is_empty(), "no test articles among these; --all-articles measures on all");
    let mut settings = ExtractSettings { doubled_apostrophes: !options.plain_apostrophes, ..ExtractSettings::default() };
    settings.tagger = tagger.as_ref().or(settings.tagger);
    let evaluation = evaluate(&articles, &settings, options.join_quotations, args.seed);
    let mut out = io::stdout().lock();
    match args.format {
        Format::Json => {
            let articles = if options.all_articles { "all" } else { "test" };
            let program = concat!("demarche ", env!("CARGO_PKG_VERSION"));
            let report = Report { schema: 1, program, articles, evaluation: &evaluation };
            writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?;
        }
        _ => write!(out, "{}", table(&evaluation))?,
    }
    Ok(Outcome::Done)
}
