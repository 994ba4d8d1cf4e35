//! `demarche summarize`: articles in; summaries and labelled statements out.

mod merge;
mod pages;
mod text;

use std::{
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::{Args, ValueEnum};
use demarche::{
    Article, Error, Pipeline,
    article::Format,
    pipeline::{ArticleReport, Options},
    report,
    stance::StanceModel,
    summarize::{Budget, Request},
};

pub(crate) use text::printable;

use super::{Outcome, args::ModelArg, message};

/// Arguments of `demarche summarize`.
#[derive(Debug, Args)]
pub(crate) struct SummarizeArgs {
    /// Articles: plain text, Markdown or HTML; `-` is standard input
    #[arg(value_name = "ARTICLE", default_value = "-")]
    articles: Vec<PathBuf>,
    #[command(flatten)]
    budget: BudgetArgs,
    /// Words that the summary must speak of, where the article does; separate them with commas
    #[arg(long, value_name = "WORDS", value_delimiter = ',')]
    focus: Vec<String>,
    /// Summarise what one holder says: a name, or part of it
    #[arg(long, value_name = "NAME")]
    holder: Option<String>,
    /// One sentence for each stance instead: what is supported, what worries, what is expected
    #[arg(long, conflicts_with_all = ["sentences", "words", "ratio", "focus", "holder", "merge"])]
    by_stance: bool,
    /// One summary of all articles, without repetition, each sentence with its source
    #[arg(long, conflicts_with_all = ["focus", "holder", "scores"])]
    merge: bool,
    /// Leave away leading connectives ("However, ") and attributions (", he said on Monday") where a sentence of the
    /// article's own words is left
    #[arg(long, conflicts_with_all = ["by_stance", "merge"])]
    trim: bool,
    /// What to write
    #[arg(short, long, value_enum, default_value_t)]
    format: OutputFormat,
    /// Where to write [default: standard output]; the folder of the pages with several articles and --format html
    #[arg(short, long, value_name = "PATH")]
    output: Option<PathBuf>,
    /// How to read the articles [default: by extension and first characters]
    #[arg(long, value_enum, value_name = "FORMAT")]
    input_format: Option<InputFormat>,
    /// The article's title, where the text does not give it
    #[arg(long)]
    title: Option<String>,
    /// The article's date, where the text does not give it
    #[arg(long)]
    date: Option<String>,
    /// Leave the statements out
    #[arg(long)]
    no_statements: bool,
    /// Show every sentence with its score and rank, and what made them
    #[arg(long)]
    scores: bool,
    #[command(flatten)]
    model: ModelArg,
}

impl SummarizeArgs {
    fn options(&self) -> Options {
        let words = self.focus.iter().map(|word| word.trim().to_string()).filter(|word| !word.is_empty());
        Options {
            summary: Request {
                budget: self.budget.budget(),
                focus: words.collect(),
                holder: self.holder.clone(),
                trim: self.trim,
                explain: self.scores,
            },
            by_stance: self.by_stance,
            statements: !self.no_statements,
        }
    }
}

/// Length of the summary.
#[derive(Debug, Args)]
#[group(multiple = false)]
struct BudgetArgs {
    /// At most so many sentences [default: 3]
    #[arg(short = 'n', long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    sentences: Option<u32>,
    /// At most so many words
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    words: Option<u32>,
    /// At most this share of the article's words, above 0 to 1
    #[arg(short, long, value_name = "R", value_parser = ratio)]
    ratio: Option<f64>,
}

impl BudgetArgs {
    fn budget(&self) -> Budget {
        match (self.words, self.ratio) {
            (Some(words), _) => Budget::Words(words as usize),
            (_, Some(ratio)) => Budget::Ratio(ratio),
            _ => self.sentences.map_or_else(Budget::default, |n| Budget::Sentences(n as usize)),
        }
    }
}

fn ratio(typed: &str) -> Result<f64, String> {
    match typed.parse::<f64>() {
        Ok(ratio) if ratio > 0.0 && ratio <= 1.0 => Ok(ratio),
        _ => Err("must be a number above 0 and at most 1, such as 0.2".into()),
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum OutputFormat {
    /// For reading in a terminal
    #[default]
    Text,
    /// One object an article, with spans
    Json,
    /// One row a statement
    Csv,
    /// A document to paste
    Markdown,
    /// A page to read and to send on; of several articles a folder of pages with their contents
    Html,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum InputFormat {
    /// Plain text
    Text,
    /// Markdown
    Markdown,
    /// HTML: the main text is extracted
    Html,
}

/// Summarises every article that can be read; the others are reported and counted.
pub(crate) fn run(args: &SummarizeArgs) -> anyhow::Result<Outcome> {
    let options = args.options();
    let mut pipeline = Pipeline::builtin(options)?;
    if let Some(folder) = &args.model.model {
        pipeline.stance = StanceModel::load(folder)?;
    }
    if args.merge {
        return merge::run(args, &pipeline);
    }
    if args.format == OutputFormat::Html && pages::wanted(args) {
        return pages::run(args, &pipeline);
    }
    let reports = args.articles.iter().filter_map(|path| read_reported(path, args, &pipeline));
    let mut out = Writer::new(args, &pipeline)?;
    for (number, report) in reports.enumerate() {
        report.warnings.iter().for_each(|warning| message::warning(warning));
        out.write(&report, number)?;
    }
    let written = out.finish()?;
    Ok(match args.articles.len() - written {
        0 => Outcome::Done,
        missing if missing == args.articles.len() => Outcome::Nothing,
        _ => Outcome::Partly,
    })
}

/// The report of one article; what cannot be read is told and gives `None`.
fn read_reported(path: &Path, args: &SummarizeArgs, pipeline: &Pipeline) -> Option<ArticleReport> {
    match read_article(path, args) {
        Ok(article) => Some(pipeline.read(article)),
        Err(error) => {
            message::error(&format!("{error:#}"));
            None
        }
    }
}

fn read_article(path: &Path, args: &SummarizeArgs) -> anyhow::Result<Article> {
    let (name, bytes) = read_bytes(path)?;
    let format = match args.input_format {
        None => Format::Detect,
        Some(InputFormat::Text) => Format::Text,
        Some(InputFormat::Markdown) => Format::Markdown,
        Some(InputFormat::Html) => Format::Html,
    };
    let (mut article, notes) = Article::from_bytes(&name, bytes, format)?;
    notes.iter().for_each(|note| message::warning(note));
    article.title = args.title.clone().or(article.title);
    article.date = args.date.clone().or(article.date);
    if args.articles.len() > 1 {
        article.id = Some(name);
    }
    Ok(article)
}

pub(crate) fn read_bytes(path: &Path) -> anyhow::Result<(String, Vec<u8>)> {
    if path == Path::new("-") {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes).context("standard input")?;
        return Ok(("standard input".into(), bytes));
    }
    let name = path.display().to_string();
    anyhow::ensure!(!path.is_dir(), "{name}: is a folder; name the articles in it, for example {name}/*.txt");
    let bytes = std::fs::read(path).map_err(|e| Error::io(path, e))?;
    Ok((name, bytes))
}

/// Where the result goes: the file that was named, without colours, or standard output.
fn sink(args: &SummarizeArgs) -> anyhow::Result<Box<dyn Write>> {
    let Some(path) = &args.output else { return Ok(Box::new(anstream::stdout().lock())) };
    let file: Box<dyn Write> = Box::new(io::BufWriter::new(std::fs::File::create(path).map_err(|e| Error::io(path, e))?));
    Ok(Box::new(anstream::StripStream::new(file)))
}

/// Writes reports in the wanted format, one after the other.
struct Writer<'a> {
    args: &'a SummarizeArgs,
    labels: &'a [String],
    stance: &'a StanceModel,
    model: String,
    sink: Box<dyn Write>,
    written: usize,
}

impl<'a> Writer<'a> {
    fn new(args: &'a SummarizeArgs, pipeline: &'a Pipeline) -> anyhow::Result<Self> {
        let sink = sink(args)?;
        let stance = &pipeline.stance;
        Ok(Self { args, labels: stance.labels(), stance, model: stance.id(), sink, written: 0 })
    }

    fn write(&mut self, report: &ArticleReport, number: usize) -> anyhow::Result<()> {
        let first = self.written == 0;
        let bytes = match self.args.format {
            OutputFormat::Text => text::page(report, self.labels, self.args.scores, self.args.articles.len() > 1, first),
            OutputFormat::Json => serde_json::to_string(&report::json::record(report, self.labels, self.model.clone()))? + "\n",
            OutputFormat::Csv => csv_rows(report, self.labels, number, first)?,
            OutputFormat::Markdown => report::markdown::document(report, self.labels),
            OutputFormat::Html => self.page(report)?,
        };
        self.sink.write_all(bytes.as_bytes())?;
        self.written += 1;
        Ok(())
    }

    fn page(&self, report: &ArticleReport) -> anyhow::Result<String> {
        let evidence = report::html::explained(report, self.stance);
        Ok(report::html::article(report, self.labels, &self.model, &evidence)?)
    }

    fn finish(mut self) -> anyhow::Result<usize> {
        self.sink.flush()?;
        Ok(self.written)
    }
}

fn csv_rows(report: &ArticleReport, labels: &[String], number: usize, first: bool) -> anyhow::Result<String> {
    let mut table = csv::Writer::from_writer(Vec::new());
    if first {
        table.write_record(report::rows::csv_header(labels))?;
    }
    for row in report::rows::rows(report, labels, number) {
        table.write_record(report::rows::csv_fields(&row))?;
    }
    Ok(String::from_utf8(table.into_inner()?)?)
}
