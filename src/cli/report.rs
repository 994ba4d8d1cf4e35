//! `demarche report`: the HTML page of a labelled corpus.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::Context;
use demarche::{
    Error,
    corpus::{fields, format::Format, source::Source},
    report::{
        corpus::{CorpusReport, FieldNames, Origin},
        html,
    },
};
use serde_json::Value;

use super::{
    Outcome,
    label::{inputs, parse_format},
    message,
};

/// Arguments of `demarche report`.
#[derive(Debug, clap::Args)]
pub(crate) struct ReportArgs {
    /// Labelled files, folders or patterns, as `demarche label` writes them; `-` or nothing is standard input
    #[arg(value_name = "LABELLED")]
    labelled: Vec<PathBuf>,
    /// The page to write [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Title of the page [default: the files' names]
    #[arg(long)]
    title: Option<String>,
    /// Format of the inputs, whatever their names: jsonl, csv, tsv, parquet or arrow
    #[arg(long, value_name = "FORMAT", value_parser = parse_format)]
    input_format: Option<Format>,
    /// Field that holds the text
    #[arg(long, value_name = "NAME", default_value = "text")]
    text_field: String,
    /// Field that holds the holder
    #[arg(long, value_name = "NAME", default_value = "holder")]
    holder_field: String,
    /// Field that holds the date
    #[arg(long, value_name = "NAME", default_value = "date")]
    date_field: String,
}

/// Counts every file that can be read; the others are reported.
pub(crate) fn run(args: &ReportArgs) -> anyhow::Result<Outcome> {
    let sources = inputs::expand(&args.labelled, args.input_format)?;
    let names = FieldNames { text: args.text_field.clone(), holder: args.holder_field.clone(), date: args.date_field.clone() };
    let mut report = CorpusReport::new(names);
    let mut failed = 0;
    for source in &sources {
        report.begin(origin(source));
        if let Err(error) = fields::visit(source, &mut report) {
            message::error(&error.to_string());
            failed += 1;
        }
    }
    tell_rejects(&report);
    anyhow::ensure!(report.all.total() > 0, "no labelled row was read; give the output of `demarche label`");
    let page = html::corpus(&report, &title(args, &sources))?;
    write(args.output.as_deref(), &page)?;
    Ok(if failed > 0 || !report.rejects.is_empty() { Outcome::Partly } else { Outcome::Done })
}

fn tell_rejects(report: &CorpusReport) {
    for (reason, count) in &report.rejects {
        message::warning(&format!("{count} rows left out: {reason}"));
    }
}

fn title(args: &ReportArgs, sources: &[Source]) -> String {
    let stem = |source: &Source| {
        let name = source.path.as_ref().and_then(|path| path.file_name());
        name.map_or_else(|| source.name(), |name| name.to_string_lossy().into_owned())
    };
    args.title.clone().unwrap_or_else(|| match sources {
        [one] => stem(one),
        [first, rest @ ..] => format!("{} and {} more files", stem(first), rest.len()),
        [] => "Labelled statements".to_owned(),
    })
}

/// How a labelled file was made, as far as it is told.
fn origin(source: &Source) -> Origin {
    let meta = fields::origin(source).unwrap_or_default();
    let words = |key: &str| meta.get(key).and_then(Value::as_str).map(str::to_owned);
    Origin {
        name: source.name(),
        program: words("program"),
        model: words("model"),
        rejected: meta.get("rejected").and_then(Value::as_u64),
    }
}

fn write(output: Option<&Path>, page: &str) -> anyhow::Result<()> {
    match output {
        Some(path) => std::fs::write(path, page).map_err(|error| Error::io(path, error))?,
        None => std::io::stdout().lock().write_all(page.as_bytes()).context("standard output")?,
    }
    Ok(())
}
