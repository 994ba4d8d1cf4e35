//! Reports for people and programs: JSON, rows for tables, Markdown, HTML pages.

pub mod corpus;
pub mod html;
pub mod interval;
pub mod json;
pub mod markdown;
pub mod rows;

use crate::{pipeline::LabelledStatement, stance::Prediction};

/// Version of the report records; raised when a field changes its meaning or goes.
pub const SCHEMA: u32 = 1;

/// The program's name and version, as it stands in every report.
pub const PROGRAM: &str = concat!("demarche ", env!("CARGO_PKG_VERSION"));

/// `value` rounded to the four decimals that every report shows.
pub fn rounded(value: f32) -> f64 {
    (f64::from(value) * 1e4).round() / 1e4
}

/// A share or probability (0 to 1) in percent, without decimals; what is not quite certain is never "100 %".
pub fn percent(share: f64) -> String {
    if (0.995..1.0).contains(&share) { "> 99 %".to_owned() } else { format!("{:.0} %", 100.0 * share) }
}

/// The words of a statement: its content pieces as they stand, joined by a space.
pub fn content_text(text: &str, labelled: &LabelledStatement) -> String {
    let pieces: Vec<&str> = labelled.statement.content.iter().map(|span| span.of(text)).collect();
    pieces.join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// [`content_text`] for a reader: a quotation that ends with the content, whose last mark belongs to no content, is closed.
pub fn readable_text(text: &str, labelled: &LabelledStatement) -> String {
    let mut words = content_text(text, labelled);
    let count = |mark: char| words.chars().filter(|&c| c == mark).count();
    let open = [('“', '”'), ('«', '»')].into_iter().find(|&(open, close)| count(open) > count(close));
    if let Some((_, close)) = open.or((count('"') % 2 == 1).then_some(('"', '"'))) {
        words.push(close);
    }
    words
}

/// Name of the most probable label.
pub fn main_label<'l>(labels: &'l [String], prediction: &Prediction) -> &'l str {
    labels.get(prediction.main).map_or("none", String::as_str)
}

/// Names of the labels given, main first; empty for `none`.
pub fn chosen_labels<'l>(labels: &'l [String], prediction: &Prediction) -> Vec<&'l str> {
    prediction.chosen.iter().filter_map(|&i| labels.get(i)).map(String::as_str).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        span::Span,
        statement::{Holder, Kind, Statement},
    };

    #[test]
    fn only_certainty_is_a_hundred_percent() {
        assert_eq!([0.0, 0.5, 0.9949, 0.996, 1.0].map(percent), ["0 %", "50 %", "99 %", "> 99 %", "100 %"]);
    }

    fn shown(text: &str) -> String {
        let content = vec![Span::clamped(text, 0..text.len())];
        let statement = Statement {
            sentence: 0,
            utterance: 0,
            content,
            cue: None,
            holder: Holder::default(),
            kind: Kind::Mixed,
            speech: true,
            reported_by: None,
            target: None,
            found_by: "test",
        };
        readable_text(text, &LabelledStatement { statement, prediction: Prediction::default() })
    }

    #[test]
    fn quotations_at_the_end_are_closed() {
        assert_eq!(shown("they stood “to the last"), "they stood “to the last”");
        assert_eq!(shown("they stood “to the last” man"), "they stood “to the last” man");
        assert_eq!(shown("that it was \"late"), "that it was \"late\"");
    }
}
