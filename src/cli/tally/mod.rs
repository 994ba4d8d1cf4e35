//! `demarche tally`: counts over a labelled corpus.

mod chart;
mod table;

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, ensure};
use demarche::{
    corpus::{
        fields,
        format::Format,
        quantify::{Confusion, Estimate},
        tally::Tally,
    },
    report::interval::wilson,
    stance::StanceModel,
};

use super::{
    Outcome,
    args::ModelArg,
    label::{inputs, parse_format},
    message,
};

/// Arguments of `demarche tally`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Shares are corrected for the errors that the model made on held-out texts (adjusted count: Rogan and Gladen 1978, \
                        Forman 2008), with 95 % intervals; --raw gives the shares as labelled, with Wilson intervals."
)]
pub(crate) struct TallyArgs {
    /// Labelled files, folders or patterns, as `demarche label` writes them; `-` or nothing is standard input.
    #[arg(value_name = "LABELLED")]
    labelled: Vec<PathBuf>,
    /// Fields that make a group, such as `holder,month`; month and year are those of the date.
    #[arg(long, value_name = "FIELDS", value_delimiter = ',')]
    by: Vec<String>,
    #[command(flatten)]
    model: ModelArg,
    /// Form of the counts on standard output or in --output.
    #[arg(long, value_enum, default_value_t = Form::Table)]
    format: Form,
    /// File for the counts [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Draw the shares over time (month, or year where --by names it) into this SVG file.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Do not correct for the model's errors.
    #[arg(long)]
    raw: bool,
    /// Format of the inputs, whatever their names: jsonl, csv, tsv, parquet or arrow.
    #[arg(long, value_name = "FORMAT", value_parser = parse_format)]
    input_format: Option<Format>,
    /// Field that holds the date.
    #[arg(long, value_name = "NAME", default_value = "date")]
    date_field: String,
}

/// Forms of the counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    /// For reading.
    Table,
    /// A row for each group and label.
    Csv,
}

/// One group: its values, its rows by label, and the share of each label.
pub(super) struct Group {
    values: Vec<String>,
    counts: Vec<u64>,
    shares: Vec<Estimate>,
}

/// Counts every file that can be read; the others are reported.
pub(crate) fn run(args: &TallyArgs) -> anyhow::Result<Outcome> {
    let model = args.model.model.as_deref().map_or_else(StanceModel::builtin, StanceModel::load)?;
    let confusion = confusion(args, &model);
    let sources = inputs::expand(&args.labelled, args.input_format)?;
    let read = |by: &[String]| -> anyhow::Result<(Tally, usize)> {
        let mut tally = Tally::new(model.labels(), by, &args.date_field);
        let failed = sources.iter().filter_map(|source| fields::visit(source, &mut tally).err());
        let failed = failed.inspect(|error| message::error(&error.to_string())).count();
        Ok((tally, failed))
    };
    let (tally, failed) = read(&args.by)?;
    ensure!(!tally.groups.is_empty(), "no labelled row was read; give the output of `demarche label`");
    let groups = groups(&tally, confusion.as_ref());
    let text = match args.format {
        Form::Table => table::text(&args.by, model.labels(), &groups),
        Form::Csv => table::csv(&args.by, model.labels(), &groups)?,
    };
    write(args.output.as_deref(), text.as_bytes())?;
    if let Some(path) = &args.svg {
        ensure!(
            sources.iter().all(|source| source.path.is_some()),
            "--svg reads the inputs again; give files, not standard input"
        );
        let period = if args.by.iter().any(|name| name == "year") { "year" } else { "month" };
        let (over_time, _) = read(&[period.to_owned()])?;
        let svg = chart::svg(model.labels(), &self::groups(&over_time, confusion.as_ref()));
        std::fs::write(path, svg).with_context(|| format!("{}: cannot be written", path.display()))?;
    }
    Ok(told(&tally, failed))
}

/// The model's held-out confusion; `None` where shares stay as they are.
fn confusion(args: &TallyArgs, model: &StanceModel) -> Option<Confusion> {
    if args.raw {
        return None;
    }
    let found = Confusion::from_metrics(&model.manifest().metrics, model.labels());
    if found.is_none() {
        message::warning("the model tells no usable confusion of its labels: shares are as labelled, not corrected");
    }
    found
}

fn groups(tally: &Tally, confusion: Option<&Confusion>) -> Vec<Group> {
    let shares = |counts: &[u64]| match confusion {
        Some(confusion) => confusion.corrected(counts),
        None => as_labelled(counts),
    };
    tally
        .groups
        .iter()
        .map(|(values, counts)| Group { values: values.clone(), counts: counts.clone(), shares: shares(counts) })
        .collect()
}

fn as_labelled(counts: &[u64]) -> Vec<Estimate> {
    let total: u64 = counts.iter().sum();
    let share = |&count: &u64| {
        let (low, high) = wilson(count, total);
        Estimate { share: count as f64 / total.max(1) as f64, low, high }
    };
    counts.iter().map(share).collect()
}

fn write(output: Option<&Path>, text: &[u8]) -> anyhow::Result<()> {
    match output.filter(|path| *path != Path::new("-")) {
        Some(path) => std::fs::write(path, text).with_context(|| format!("{}: cannot be written", path.display())),
        None => Ok(std::io::stdout().write_all(text)?),
    }
}

fn told(tally: &Tally, failed: usize) -> Outcome {
    if tally.unsure > 0 {
        message::note(&format!("{} unsure rows are in no group", tally.unsure));
    }
    if let (rejected, Some(reason)) = &tally.rejected {
        message::warning(&format!("{rejected} rows left out; {reason}"));
    }
    if failed > 0 || tally.rejected.0 > 0 { Outcome::Partly } else { Outcome::Done }
}
