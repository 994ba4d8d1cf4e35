//! `demarche summarize --merge`: one summary of several articles.

use demarche::{
    pipeline::{ArticleReport, Pipeline},
    report::json::MergedRecord,
    statement::Statement,
    summarize::merge::Source,
};

use super::{OutputFormat, SummarizeArgs, read_reported, sink, text};
use crate::cli::{Outcome, message};

/// Summarises all articles that can be read as one.
pub(super) fn run(args: &SummarizeArgs, pipeline: &Pipeline) -> anyhow::Result<Outcome> {
    anyhow::ensure!(
        !matches!(args.format, OutputFormat::Csv | OutputFormat::Html),
        "--merge writes text, json or markdown; choose one with --format"
    );
    let reports: Vec<ArticleReport> = args.articles.iter().filter_map(|path| read_reported(path, args, pipeline)).collect();
    if reports.is_empty() {
        return Ok(Outcome::Nothing);
    }
    let statements: Vec<Vec<Statement>> =
        reports.iter().map(|report| report.statements.iter().map(|it| it.statement.clone()).collect()).collect();
    let source = |(report, statements)| {
        let ArticleReport { article, segmentation, .. }: &ArticleReport = report;
        let statements: &Vec<Statement> = statements;
        Source { article, segmentation, statements }
    };
    let sources: Vec<Source> = reports.iter().zip(&statements).map(source).collect();
    let merged = pipeline.summary.merge(&sources, args.budget.budget());
    merged.warnings.iter().for_each(|warning| message::warning(warning));
    let out = match args.format {
        OutputFormat::Json => serde_json::to_string(&MergedRecord::new(&reports, &merged, pipeline.stance.id()))? + "\n",
        OutputFormat::Markdown => text::merged_markdown(&reports, &merged),
        _ => text::merged_page(&reports, &merged),
    };
    let mut sink = sink(args)?;
    sink.write_all(out.as_bytes())?;
    sink.flush()?;
    Ok(if reports.len() < args.articles.len() { Outcome::Partly } else { Outcome::Done })
}
