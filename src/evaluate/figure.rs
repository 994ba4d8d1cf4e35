//! Evaluations in; tables, confusion matrix and reliability curve out, as text and as SVG.

use std::fmt::Write;

use super::{
    bootstrap::Estimate,
    classification::{BINS, Evaluation},
};

/// A line for each evaluation: the measures over all labels.
pub fn overview_text<'e>(evaluations: impl Iterator<Item = &'e Evaluation>) -> String {
    let plain = |x: Option<Estimate>| x.map_or_else(|| "-    ".into(), |x| format!("{:.3}", x.value));
    let mut out = String::from(
        "                     accuracy              macro-F1              MCC                   log-loss  Brier  ECE\n",
    );
    for e in evaluations {
        let (accuracy, macro_f1, mcc) = (estimate_text(e.accuracy), estimate_text(e.macro_f1), estimate_text(e.mcc));
        let (loss, brier, ece) = (plain(e.log_loss), plain(e.brier), plain(e.ece));
        let _ = writeln!(out, "{:<20} {accuracy}  {macro_f1}  {mcc}  {loss}     {brier}  {ece}", cut(&e.name));
    }
    out
}

/// A line for each label, and what `--abstain` and calibration come to.
pub fn labels_text(evaluation: &Evaluation) -> String {
    let width = longest(evaluation).clamp(20, 60);
    let mut out = format!(
        "{:<width$} texts  precision             recall                F1                    F1 of sets  sure\n",
        "label"
    );
    for l in &evaluation.labels {
        let sure = l.precision_when_sure.map_or_else(|| "-".into(), |p| format!("{p:.3}"));
        let (precision, recall, f1) = (estimate_text(l.precision), estimate_text(l.recall), estimate_text(l.f1));
        let _ =
            writeln!(out, "{:<width$} {:>5}  {precision}  {recall}  {f1}  {:.3}       {sure}", l.label, l.texts, l.f1_of_sets);
    }
    let answered = 100.0 * evaluation.coverage;
    let _ =
        writeln!(out, "\nUnder --abstain {answered:.1} % of the texts are answered; `sure` is the precision of these answers.");
    if let (Some(mass), Some(perfect)) = (evaluation.ece_equal_mass, evaluation.ece_of_perfect) {
        let _ = writeln!(out, "ECE over bins of equal mass {mass:.3}; a perfectly calibrated model would show {perfect:.3}.");
    }
    out
}

/// A measure with its interval.
pub fn estimate_text(x: Estimate) -> String {
    format!("{:>5.3} [{:>5.3}, {:>5.3}]", x.value, x.low, x.high)
}

fn cut(name: &str) -> String {
    name.chars().take(20).collect()
}

/// Characters of the longest label.
fn longest(evaluation: &Evaluation) -> usize {
    evaluation.labels.iter().map(|l| l.label.chars().count()).max().unwrap_or(0)
}

/// Most labels of a confusion matrix that is read as text.
const READABLE: usize = 12;
/// Mistakes that are listed in its place.
const LISTED: usize = 25;

/// The confusion matrix as a text table: a line for each gold label, a column for each answer. Of many labels the
/// commonest mistakes instead.
pub fn confusion_text(evaluation: &Evaluation) -> String {
    if evaluation.labels.len() > READABLE {
        return mistakes_text(evaluation);
    }
    let names: Vec<&str> = evaluation.labels.iter().map(|l| l.label.as_str()).collect();
    let width = longest(evaluation).max(6);
    let mut out = format!("{:>width$}", "gold");
    names.iter().for_each(|name| {
        let _ = write!(out, "  {name:>width$}");
    });
    for (name, line) in names.iter().zip(&evaluation.confusion) {
        let _ = write!(out, "\n{name:>width$}");
        line.iter().for_each(|count| {
            let _ = write!(out, "  {count:>width$}");
        });
    }
    out
}

/// The commonest pairs of gold label and wrong answer.
fn mistakes_text(evaluation: &Evaluation) -> String {
    let (labels, width) = (&evaluation.labels, longest(evaluation).max(6));
    let name = |label: usize| labels.get(label).map_or("", |l| l.label.as_str());
    let lines = evaluation.confusion.iter().enumerate();
    let cells = lines.flat_map(|(gold, line)| line.iter().enumerate().map(move |(answer, &count)| (count, gold, answer)));
    let mut mistakes: Vec<(usize, usize, usize)> = cells.filter(|&(count, gold, answer)| count > 0 && gold != answer).collect();
    mistakes.sort_by_key(|&(count, gold, answer)| (std::cmp::Reverse(count), gold, answer));
    let all: usize = mistakes.iter().map(|(count, ..)| count).sum();
    let mut out = format!("{:<width$}  {:<width$}  texts", "gold", "answer");
    for (count, gold, answer) in mistakes.iter().take(LISTED) {
        let _ = write!(out, "\n{:<width$}  {:<width$}  {count:>5}", name(*gold), name(*answer));
    }
    let listed: usize = mistakes.iter().take(LISTED).map(|(count, ..)| count).sum();
    out + &format!("\n{listed} of {all} mistakes; the whole matrix stands in the JSON report and the SVG")
}

/// The reliability curve as text: a line for each bin that holds answers.
pub fn reliability_text(evaluation: &Evaluation) -> String {
    let mut out = String::from("probability  texts  stated  right");
    for bin in evaluation.reliability.iter().filter(|bin| bin.texts > 0) {
        let bar = "#".repeat((bin.accuracy * 20.0).round() as usize);
        let to = bin.from + 1.0 / BINS as f64;
        let _ = write!(out, "\n{:.2}-{to:.2}    {:>6}   {:.3}  {:.3} {bar}", bin.from, bin.texts, bin.confidence, bin.accuracy);
    }
    out
}

/// Side of one cell of the confusion matrix, in pixels; of one of many.
const CELL: usize = 64;
const SMALL_CELL: usize = 24;
/// Least room for the names of the labels.
const MARGIN: usize = 110;
/// About the width of a letter.
const LETTER: usize = 7;

/// The confusion matrix as SVG: cells shaded by their share of the gold label.
pub fn confusion_svg(evaluation: &Evaluation) -> String {
    let n = evaluation.labels.len();
    let cell = if n > READABLE { SMALL_CELL } else { CELL };
    let names_width = LETTER * longest(evaluation);
    let margin = MARGIN.max(names_width + 16);
    let side = margin + n * cell + 10;
    let mut out = open_svg(side, side, "Confusion matrix: gold labels down, answers across");
    for (i, (scores, line)) in evaluation.labels.iter().zip(&evaluation.confusion).enumerate() {
        let name = escape(&scores.label);
        let (at, middle, edge) = (margin + i * cell, margin + i * cell + cell / 2, margin - 8);
        let _ = writeln!(out, "<text x=\"{edge}\" y=\"{}\" text-anchor=\"end\">{name}</text>", middle + 4);
        // Names wider than their column stand upright.
        let _ = match names_width > cell + LETTER {
            true => writeln!(out, "<text transform=\"translate({} {edge}) rotate(-90)\">{name}</text>", middle + 4),
            false => writeln!(out, "<text x=\"{middle}\" y=\"{edge}\" text-anchor=\"middle\">{name}</text>"),
        };
        let total = line.iter().sum::<usize>().max(1) as f64;
        for (j, &count) in line.iter().enumerate() {
            svg_cell(&mut out, (margin + j * cell, at), cell, count, count as f64 / total);
        }
    }
    out.push_str("</svg>\n");
    out
}

fn svg_cell(out: &mut String, (x, y): (usize, usize), side: usize, count: usize, share: f64) {
    let _ = writeln!(
        out,
        "<rect x=\"{x}\" y=\"{y}\" width=\"{side}\" height=\"{side}\" fill=\"#1f5a96\" fill-opacity=\"{share:.3}\" stroke=\"#ccc\"/>"
    );
    // Among many cells only those that hold something are written in.
    if count > 0 || side == CELL {
        let ink = if share > 0.5 { "#fff" } else { "#111" };
        let (x, y) = (x + side / 2, y + side / 2 + 4);
        let _ = writeln!(out, "<text x=\"{x}\" y=\"{y}\" text-anchor=\"middle\" fill=\"{ink}\">{count}</text>");
    }
}

/// Side of the reliability curve, in pixels.
const PLOT: f64 = 320.0;
const EDGE: f64 = 40.0;

/// The reliability curve as SVG: share of right answers over stated probability; size of a point by number of texts.
pub fn reliability_svg(evaluation: &Evaluation) -> String {
    let side = (PLOT + 2.0 * EDGE) as usize;
    let mut out = open_svg(side, side, "Reliability: share of right answers over stated probability");
    let (x, y) = (|p: f64| EDGE + p * PLOT, |p: f64| EDGE + (1.0 - p) * PLOT);
    let _ = writeln!(out, "<rect x=\"{EDGE}\" y=\"{EDGE}\" width=\"{PLOT}\" height=\"{PLOT}\" fill=\"none\" stroke=\"#999\"/>");
    let _ = writeln!(
        out,
        "<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" stroke=\"#999\" stroke-dasharray=\"4\"/>",
        x(0.0),
        y(0.0),
        x(1.0),
        y(1.0)
    );
    for tick in [0.0, 0.5, 1.0] {
        let _ = writeln!(out, "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{tick}</text>", x(tick), y(0.0) + 16.0);
        let _ = writeln!(out, "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{tick}</text>", x(0.0) - 6.0, y(tick) + 4.0);
    }
    let total = evaluation.texts.max(1) as f64;
    for bin in evaluation.reliability.iter().filter(|bin| bin.texts > 0) {
        let radius = 3.0 + 20.0 * (bin.texts as f64 / total).sqrt();
        let (cx, cy) = (x(bin.confidence), y(bin.accuracy));
        let _ = writeln!(out, "<circle cx=\"{cx:.1}\" cy=\"{cy:.1}\" r=\"{radius:.1}\" fill=\"#1f5a96\" fill-opacity=\"0.6\"/>");
    }
    out.push_str("</svg>\n");
    out
}

fn open_svg(width: usize, height: usize, title: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         font-family=\"sans-serif\" font-size=\"12\" role=\"img\">\n<title>{title}</title>\n"
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::classification::{Judged, evaluate};

    fn evaluation() -> Evaluation {
        let answer = |gold: usize, p: f32| Judged { gold, main: 0, probabilities: vec![p, 1.0 - p], ..Judged::default() };
        evaluate("x", &["yes".into(), "a<b".into()], &[answer(0, 0.9), answer(1, 0.9)], 10, 1)
    }

    #[test]
    fn tables_hold_the_counts() {
        assert_eq!(confusion_text(&evaluation()), "  gold     yes     a<b\n   yes       1       0\n   a<b       1       0");
        assert!(reliability_text(&evaluation()).ends_with("2   0.900  0.500 ##########"));
    }

    #[test]
    fn of_many_labels_the_commonest_mistakes_are_listed() {
        let labels: Vec<String> = (0..13).map(|k| format!("a label with a long name {k}")).collect();
        let answer = |gold: usize, main: usize| Judged { gold, main, ..Judged::default() };
        let found = evaluate("x", &labels, &[answer(1, 2), answer(1, 2), answer(3, 4), answer(5, 5)], 10, 1);
        let text = confusion_text(&found);
        assert!(text.contains("a label with a long name 1   a label with a long name 2       2\n"), "{text}");
        assert!(text.ends_with("\n3 of 3 mistakes; the whole matrix stands in the JSON report and the SVG"), "{text}");
        assert!(labels_text(&found).contains("a label with a long name 12     0"), "names are whole");
        assert!(confusion_svg(&found).contains("rotate(-90)"));
    }

    #[test]
    fn names_are_escaped_in_svg() {
        let svg = confusion_svg(&evaluation());
        assert!(svg.contains("a&lt;b") && !svg.contains("a<b"));
        assert!(reliability_svg(&evaluation()).contains("<circle"));
    }
}
