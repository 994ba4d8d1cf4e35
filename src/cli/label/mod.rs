//! `demarche label`: labels a corpus.

pub(super) mod inputs;
mod progress;
mod summary;

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use anyhow::{Context, bail};
use demarche::{
    Error, Pipeline,
    corpus::{
        Labelling,
        batch::{self, Abstain, End, Event, Finish, Job},
        format::{Compression, FileKind, Format},
    },
    pipeline::Options,
    stance::StanceModel,
};

use super::{Outcome, args::ModelArg, message};

/// Arguments of `demarche label`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 all labelled, 1 some records or inputs were rejected or the run stopped early with usable rows, \
                        2 nothing labelled, 130 interrupted."
)]
pub(crate) struct LabelArgs {
    /// Files, folders or patterns; `-` or nothing is standard input.
    #[arg(value_name = "INPUT")]
    inputs: Vec<PathBuf>,
    /// File to write; its extension tells the format [default: standard output]
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
    #[command(flatten)]
    model: ModelArg,
    /// Field or column that holds the text.
    #[arg(long, value_name = "NAME", default_value = "text")]
    text_field: String,
    /// Each record is an article; each of its statements gives a row.
    ///
    /// A file of plain text (.txt) is one article, named after the file. Without this option each of its lines is a
    /// statement.
    #[arg(long)]
    articles: bool,
    /// Format of the inputs, whatever their names: jsonl, csv, tsv, text, parquet or arrow.
    #[arg(long, value_name = "FORMAT", value_parser = parse_format)]
    input_format: Option<Format>,
    /// Format of the output, packing included (`csv.gz`), whatever its name.
    #[arg(long, value_name = "FORMAT")]
    output_format: Option<FileKind>,
    /// Input fields that go out, in this order; label columns follow [default: all]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    columns: Option<Vec<String>>,
    /// Write over fields that have the name of a label column.
    #[arg(long)]
    replace: bool,
    /// Write `unsure` where the main label is less probable than P [default: what training found necessary]
    #[arg(long, value_name = "P", num_args = 0..=1, require_equals = true, default_missing_value = "auto", value_parser = parse_abstain)]
    abstain: Option<Abstain>,
    /// Threads that label; the output does not depend on it [default: one per processor]
    ///
    /// Rows that pass through tables are labelled on at most 8, so that memory stays under 300 MB; lines, and Parquet to
    /// Parquet, on any number.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Label only part I of N; the parts joined are the whole.
    ///
    /// Parts are equal shares of the bytes (of tables: of the rows) of all inputs. What stands before a part is left out
    /// unread where that can be: in JSONL and plain text that is not packed, unless --rejects wants line numbers.
    #[arg(long, value_name = "I/N", value_parser = parse_shard)]
    shard: Option<(u64, u64)>,
    /// Go on with an interrupted run; does nothing where the output is whole.
    #[arg(long, requires = "output")]
    resume: bool,
    /// Write over an existing output.
    #[arg(long)]
    force: bool,
    /// Write rejected records here, with file, line, byte and reason, as JSONL.
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// Stop when more than N records are rejected.
    #[arg(long, value_name = "N")]
    max_rejects: Option<u64>,
    /// Reject records longer than this many bytes.
    #[arg(long, value_name = "BYTES", default_value_t = 8 << 20, value_parser = parse_max_record)]
    max_record: usize,
    /// Write each row as soon as its record is there.
    #[arg(long)]
    line_buffered: bool,
    /// Write counts, confidence, model and time here, as JSON.
    #[arg(long, value_name = "FILE")]
    summary: Option<PathBuf>,
    /// Bytes read at a time.
    #[arg(long, hide = true, default_value_t = 256 << 10)]
    chunk_bytes: usize,
    /// Milliseconds from one checkpoint to the next.
    #[arg(long, hide = true, default_value_t = 5000)]
    checkpoint_ms: u64,
}

pub(super) fn parse_format(text: &str) -> Result<Format, String> {
    Format::named(text).ok_or_else(|| "expected jsonl, csv, tsv, text, parquet or arrow".into())
}

fn parse_abstain(text: &str) -> Result<Abstain, String> {
    if text == "auto" {
        return Ok(Abstain::AsTrained);
    }
    let p = text.parse().ok().filter(|p| (0.0..=1.0).contains(p));
    p.map(Abstain::Under).ok_or_else(|| "expected a probability from 0 to 1".into())
}

/// Room for what a record becomes; eight threads then stay under 300 MB with the longest records.
const MAX_RECORD: usize = 64 << 20;

fn parse_max_record(text: &str) -> Result<usize, String> {
    let limit = text.parse().ok().filter(|bytes| (1..=MAX_RECORD).contains(bytes));
    limit.ok_or_else(|| format!("expected a number of bytes from 1 to {MAX_RECORD}"))
}

fn parse_shard(text: &str) -> Result<(u64, u64), String> {
    let parts = text.split_once('/').and_then(|(part, of)| Some((part.parse().ok()?, of.parse().ok()?)));
    parts.filter(|(part, of)| (1..=*of).contains(part)).ok_or_else(|| "expected I/N with I from 1 to N, such as 2/8".into())
}

/// Labels the inputs.
pub(crate) fn run(args: &LabelArgs) -> anyhow::Result<Outcome> {
    let started = Instant::now();
    let job = job(args)?;
    let pipeline = pipeline(args)?;
    let labelling = if args.articles { Labelling::Articles(&pipeline) } else { Labelling::Statements(&pipeline.stance) };
    let stop = stop_flag(job.sources.iter().any(|source| source.path.is_none()))?;
    let mut progress = progress::Progress::new(&job);
    let finish = batch::run(&job, labelling, &stop, &mut |event| match event {
        Event::Progress(counts) => progress.show(counts),
        Event::Lost(name, place, reason) => progress.above(|| message::error(&format!("{name}: {place}: {reason}"))),
    });
    progress.clear();
    let finish = finish?;
    let report = summary::Summary::new(&finish, &pipeline.stance, started.elapsed());
    if let Some(path) = &args.summary {
        report.write(path)?;
    }
    report.print(&finish);
    Ok(outcome(args, &finish))
}

fn job(args: &LabelArgs) -> anyhow::Result<Job> {
    let output = args.output.clone().filter(|path| path != Path::new("-"));
    let sources = inputs::expand(&args.inputs, args.input_format)?;
    let kind = output_kind(args, output.as_deref(), sources.first().map(|source| source.format))?;
    Ok(Job {
        sources,
        output,
        kind,
        text_field: args.text_field.clone(),
        columns: args.columns.clone(),
        replace: args.replace,
        abstain: args.abstain,
        threads: args.threads.map_or_else(processors, usize::from),
        shard: args.shard,
        rejects: args.rejects.clone(),
        max_rejects: args.max_rejects,
        max_record: args.max_record,
        chunk_bytes: args.chunk_bytes.max(1),
        line_buffered: args.line_buffered,
        resume: args.resume,
        force: args.force,
        checkpoint_every: std::time::Duration::from_millis(args.checkpoint_ms),
    })
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// As asked, else by the name of the output, else as the first input.
fn output_kind(args: &LabelArgs, output: Option<&Path>, input: Option<Format>) -> anyhow::Result<FileKind> {
    let of_input = match input.unwrap_or(Format::Jsonl) {
        Format::Text => Format::Jsonl,
        other => other,
    };
    let kind = match (args.output_format, output) {
        (Some(kind), _) => kind,
        (None, Some(path)) if !path.exists() || path.is_file() => FileKind::of_path(path)
            .with_context(|| format!("{}: unknown extension; name the format with --output-format", path.display()))?,
        _ => FileKind { format: of_input, compression: Compression::None },
    };
    if kind.format == Format::Text {
        bail!("rows have several columns: write jsonl, csv, tsv, parquet or arrow, not text");
    }
    Ok(kind)
}

fn pipeline(args: &LabelArgs) -> anyhow::Result<Pipeline> {
    let mut pipeline = Pipeline::builtin(Options::default())?;
    if let Some(folder) = &args.model.model {
        pipeline.stance = StanceModel::load(folder)?;
    }
    Ok(pipeline)
}

/// Seconds after which an interrupted run that still waits for standard input is given up.
const GRACE: std::time::Duration = std::time::Duration::from_secs(1);

/// A flag that an interruption sets; a second one ends the program at once.
fn stop_flag(reads_stdin: bool) -> anyhow::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    let interrupted = move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        if reads_stdin {
            std::thread::sleep(GRACE);
            std::process::exit(130);
        }
    };
    ctrlc::set_handler(interrupted).context("cannot listen for interruptions")?;
    Ok(stop)
}

fn outcome(args: &LabelArgs, finish: &Finish) -> Outcome {
    let counts = &finish.counts;
    match &finish.end {
        End::AlreadyWhole => {
            message::note("the output is whole already; nothing to do");
            Outcome::Done
        }
        End::Whole if counts.nothing_usable() => {
            message::error(if counts.records == 0 {
                "no input could be read"
            } else {
                "every record was rejected; the reasons stand in the file given with --rejects"
            });
            Outcome::Nothing
        }
        End::Whole if counts.rejected + counts.lost_inputs > 0 => Outcome::Partly,
        End::Whole => {
            if counts.records == 0 {
                message::warning("the input holds no records");
            }
            Outcome::Done
        }
        End::Stopped => {
            message::warning(&format!("interrupted after {} records{}", counts.records, how_to_go_on(args)));
            Outcome::Interrupted
        }
        End::TooManyRejects => {
            let most = args.max_rejects.unwrap_or(0);
            message::error(&format!("stopped: more than {most} records were rejected (--max-rejects){}", how_to_go_on(args)));
            Outcome::Partly
        }
        End::Failed(error) => failed(args, error, counts.rows > 0),
    }
}

fn failed(args: &LabelArgs, error: &Error, any: bool) -> Outcome {
    if let Error::Io { error, .. } = error
        && error.kind() == std::io::ErrorKind::BrokenPipe
    {
        return Outcome::Done;
    }
    message::error(&format!("{error}{}", how_to_go_on(args)));
    if any { Outcome::Partly } else { Outcome::Nothing }
}

/// What to do after an early end: nothing where the output is a stream, or nothing was written.
fn how_to_go_on(args: &LabelArgs) -> String {
    let Some(path) = args.output.as_ref().filter(|_| !args.inputs.is_empty()) else { return String::new() };
    let mut partial = path.clone().into_os_string();
    partial.push(".partial");
    match Path::new(&partial).exists() {
        true => format!("; the rows so far are in {}, go on with the same command and --resume", partial.display()),
        false => String::new(),
    }
}
