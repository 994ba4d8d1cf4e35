//! The report for reading in a terminal: wrapped to its width, stances in colour with a sign.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use demarche::{
    pipeline::{ArticleReport, LabelledStatement},
    report::{chosen_labels, percent, readable_text, rounded},
    summarize::{Explanation, merge::MergedSummary},
};
use textwrap::Options;

/// Width where standard output is no terminal.
const DEFAULT_WIDTH: usize = 80;
/// Longer lines are hard to read.
const MAX_WIDTH: usize = 100;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// The page of one article. With several articles each is headed by its name.
pub(super) fn page(report: &ArticleReport, labels: &[String], scores: bool, several: bool, first: bool) -> String {
    let mut page = Page { out: String::new(), width: width() };
    if several {
        page.name(report.article.id.as_deref().unwrap_or(""), first);
    }
    page.head(report);
    page.summary(report);
    page.statements(report, labels);
    if scores {
        page.scores(report);
    }
    page.out
}

fn width() -> usize {
    let columns = terminal_size::terminal_size().map_or(DEFAULT_WIDTH, |(width, _)| usize::from(width.0));
    columns.clamp(20, MAX_WIDTH)
}

struct Page {
    out: String,
    width: usize,
}

impl Page {
    fn name(&mut self, name: &str, first: bool) {
        let gap = if first { "" } else { "\n" };
        let rule = "─".repeat(self.width.saturating_sub(textwrap::core::display_width(name) + 4));
        let _ = writeln!(self.out, "{gap}{DIM}──{DIM:#} {BOLD}{}{BOLD:#} {DIM}{rule}{DIM:#}", printable(name));
    }

    fn head(&mut self, report: &ArticleReport) {
        if let Some(title) = report.title() {
            self.wrapped(&printable(title), "", "", BOLD);
        }
        let dateline = report.segmentation.dateline.as_ref().map(|d| d.span.of(&report.article.text));
        if let Some(line) = dateline.or_else(|| report.date()) {
            self.wrapped(&printable(line), "", "", DIM);
        }
        if report.title().is_some() || dateline.is_some() {
            self.out.push('\n');
        }
    }

    fn summary(&mut self, report: &ArticleReport) {
        if report.summary.chosen.is_empty() {
            return;
        }
        let _ = writeln!(self.out, "{BOLD}Summary{BOLD:#}");
        for &number in &report.summary.chosen {
            let with = report.summary.by_stance.iter().filter(|(_, sentence)| *sentence == number);
            let stances: Vec<&str> = with.map(|(label, _)| label.as_str()).collect();
            let stance = if stances.is_empty() { String::new() } else { format!("[{}] ", stances.join(", ")) };
            self.wrapped(&(stance + &printable(&report.summary_text(number))), "  • ", "    ", Style::new());
        }
    }

    fn statements(&mut self, report: &ArticleReport, labels: &[String]) {
        if report.statements.is_empty() {
            return;
        }
        let _ = writeln!(self.out, "\n{BOLD}Statements{BOLD:#}");
        for utterance in report.statements.chunk_by(|a, b| a.statement.utterance == b.statement.utterance) {
            self.holder(report, &utterance[0]);
            utterance.iter().for_each(|labelled| self.statement(report, labelled, labels));
        }
    }

    fn holder(&mut self, report: &ArticleReport, labelled: &LabelledStatement) {
        let holder = &labelled.statement.holder;
        let name = printable(report.holder_text(holder).unwrap_or("(unnamed)"));
        let role = holder.role.as_deref().map(|role| format!(", {}", printable(role))).unwrap_or_default();
        let kind = labelled.statement.kind.name();
        let _ = writeln!(self.out, "  {BOLD}{name}{BOLD:#}{DIM}{role} · {kind}{DIM:#}");
    }

    fn statement(&mut self, report: &ArticleReport, labelled: &LabelledStatement, labels: &[String]) {
        let prediction = &labelled.prediction;
        let chosen = chosen_labels(labels, prediction);
        let main = chosen.first().copied().unwrap_or("none");
        let also = chosen.get(1..).filter(|rest| !rest.is_empty()).map(|rest| format!(" ({})", rest.join(", ")));
        let p = prediction.probabilities.get(prediction.main).map_or(0.0, |&p| rounded(p));
        let style = style(main);
        let label = format!("{} {main} {}{}", sign(main), percent(p), also.unwrap_or_default());
        let _ = writeln!(self.out, "    {style}{label}{style:#}");
        self.wrapped(&printable(&readable_text(&report.article.text, labelled)), "      ", "      ", Style::new());
    }

    fn scores(&mut self, report: &ArticleReport) {
        let _ = writeln!(self.out, "\n{BOLD}Scores{BOLD:#}\n  {DIM}rank   score  sentence{DIM:#}");
        for (number, scored) in report.summary.scored.iter().enumerate() {
            let head = format!("  {:>4}  {:>6.3}  ", scored.rank, rounded(scored.score));
            self.wrapped(&printable(report.sentence_text(number)), &head, "                ", Style::new());
            if let Some(explanation) = report.summary.explanations.get(number) {
                self.wrapped(&reasons(explanation), "                ", "                ", DIM);
            }
        }
    }

    fn wrapped(&mut self, text: &str, first: &str, rest: &str, style: Style) {
        let options = Options::new(self.width).initial_indent(first).subsequent_indent(rest);
        for line in textwrap::wrap(text, options) {
            let _ = writeln!(self.out, "{style}{line}{style:#}");
        }
    }
}

/// Features shown for a sentence under `--scores`; the JSON report has all.
const SHOWN_PARTS: usize = 5;

/// What made a sentence's place, the strongest first.
fn reasons(explanation: &Explanation) -> String {
    let parts = explanation.parts.iter().take(SHOWN_PARTS).map(|part| format!("{} {:+.2}", part.name, part.value));
    let mut reasons: Vec<String> = parts.collect();
    if explanation.redundancy > 0.0 {
        reasons.push(format!("redundancy {:+.2}", -explanation.redundancy));
    }
    if explanation.waits {
        reasons.push("waits for the sentence before".into());
    }
    if explanation.half_quotation {
        reasons.push("half a quotation".into());
    }
    reasons.join(", ")
}

/// The merged summary for reading in a terminal.
pub(super) fn merged_page(reports: &[ArticleReport], merged: &MergedSummary) -> String {
    let mut page = Page { out: String::new(), width: width() };
    let _ = writeln!(page.out, "{BOLD}Summary of {} articles{BOLD:#}", reports.len());
    for (source, sentence) in told(reports, merged) {
        page.wrapped(&printable(sentence), "  • ", "    ", Style::new());
        page.wrapped(&printable(&source), "      ", "      ", DIM);
    }
    page.out
}

/// The merged summary as a document to paste.
pub(super) fn merged_markdown(reports: &[ArticleReport], merged: &MergedSummary) -> String {
    let items = told(reports, merged).map(|(source, sentence)| format!("- {} *({})*\n", printable(sentence), printable(&source)));
    items.collect()
}

/// The chosen sentences with the names of their articles.
fn told<'r>(reports: &'r [ArticleReport], merged: &'r MergedSummary) -> impl Iterator<Item = (String, &'r str)> {
    merged.chosen.iter().filter_map(|&(article, sentence)| {
        let report = reports.get(article)?;
        let name = report.article.id.as_deref().or(report.title()).unwrap_or("standard input");
        Some((name.to_string(), report.sentence_text(sentence)))
    })
}

/// The sign of a stance: colour is never the only mark.
fn sign(label: &str) -> &'static str {
    match label {
        "support" => "+",
        "concern" => "!",
        "expectation" => ">",
        _ => "·",
    }
}

fn style(label: &str) -> Style {
    let colour = match label {
        "support" => AnsiColor::Green,
        "concern" => AnsiColor::Red,
        "expectation" => AnsiColor::Blue,
        _ => return DIM,
    };
    Style::new().bold().fg_color(Some(colour.into()))
}

/// White space folded, and no control characters: the article's text must not steer the terminal.
pub(crate) fn printable(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().filter(|c| !c.is_control()).collect()
}
