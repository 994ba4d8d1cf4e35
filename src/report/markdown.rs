//! A Markdown document to paste: title, summary, a table of statements.

use std::fmt::Write;

use super::{chosen_labels, readable_text, rounded};
use crate::pipeline::{ArticleReport, LabelledStatement};

/// The report as CommonMark with a table (GitHub's extension). The article's own words are escaped.
pub fn document(report: &ArticleReport, labels: &[String]) -> String {
    let mut out = format!("# {}\n\n", escape(report.title().unwrap_or("Summary")));
    if let Some(date) = report.date() {
        let _ = writeln!(out, "*{}*\n", escape(date));
    }
    for &number in &report.summary.chosen {
        let _ = writeln!(out, "> {}\n>", escape(&report.summary_text(number)));
    }
    if !report.statements.is_empty() {
        out.push_str("\n## Statements\n\n| holder | role | stance | p | kind | statement |\n|---|---|---|---|---|---|\n");
        report.statements.iter().for_each(|s| table_row(&mut out, report, s, labels));
    }
    for warning in &report.warnings {
        let _ = writeln!(out, "\n*Note: {}.*", escape(warning));
    }
    out
}

fn table_row(out: &mut String, report: &ArticleReport, labelled: &LabelledStatement, labels: &[String]) {
    let text = &report.article.text;
    let stances = chosen_labels(labels, &labelled.prediction);
    let stances = if stances.is_empty() { "none".to_owned() } else { stances.join(", ") };
    let p = labelled.prediction.probabilities.get(labelled.prediction.main).map_or(0.0, |&p| rounded(p));
    let holder = report.holder_text(&labelled.statement.holder).unwrap_or("(unnamed)");
    let role = labelled.statement.holder.role.as_deref().unwrap_or("");
    let kind = labelled.statement.kind.name();
    let words = escape(&readable_text(text, labelled));
    let _ = writeln!(out, "| {} | {} | {stances} | {p:.2} | {kind} | {words} |", escape(holder), escape(role));
}

/// Keeps the article's characters from being read as markup, and each text on one line.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '~' | '&' => out.extend(['\\', c]),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn markup_in_the_text_stays_text() {
        assert_eq!(super::escape("a|b <i>\n# *x*"), r"a\|b \<i\> \# \*x\*");
    }
}
