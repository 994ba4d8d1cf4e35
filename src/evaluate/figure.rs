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
    let mut out = String::from(
        "label                texts  precision             recall                F1                    F1 of sets  sure\n",
    );
    for l in &evaluation.labels {
        let sure = l.precision_when_sure.map_or_else(|| "-".into(), |p| format!("{p:.3}"));
        let (precision, recall, f1) = (estimate_text(l.precision), estimate_text(l.recall), estimate_text(l.f1));
        let _ =
            writeln!(out, "{:<20} {:>5}  {precision}  {recall}  {f1}  {:.3}       {sure}", cut(&l.label), l.texts, l.f1_of_sets);
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

/// The confusion matrix as a text table: a line for each gold label, a column for each answer.
pub fn confusion_text(evaluation: &Evaluation) -> String {
    let names: Vec<&str> = evaluation.labels.iter().map(|l| l.label.as_str()).collect();
    let width = names.iter().map(|name| name.chars().count()).chain([6]).max().unwrap_or(6);
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

/// Side of one cell of the confusion matrix, in pixels.
const CELL: usize = 64;
/// Room for the names of the labels.
const MARGIN: usize = 110;

/// The confusion matrix as SVG: cells shaded by their share of the gold label.
pub fn confusion_svg(evaluation: &Evaluation) -> String {
    let n = evaluation.labels.len();
    let side = MARGIN + n * CELL + 10;
    let mut out = open_svg(side, side, "Confusion matrix: gold labels down, answers across");
    for (i, (scores, line)) in evaluation.labels.iter().zip(&evaluation.confusion).enumerate() {
        let name = escape(&scores.label);
        let (at, middle) = (MARGIN + i * CELL, MARGIN + i * CELL + CELL / 2);
        let _ = writeln!(out, "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{name}</text>", MARGIN - 8, middle + 4);
        let _ = writeln!(out, "<text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">{name}</text>", MARGIN - 8);
        let total = line.iter().sum::<usize>().max(1) as f64;
        for (j, &count) in line.iter().enumerate() {
            let share = count as f64 / total;
            let x = MARGIN + j * CELL;
            let ink = if share > 0.5 { "#fff" } else { "#111" };
            let _ = writeln!(
                out,
                "<rect x=\"{x}\" y=\"{at}\" width=\"{CELL}\" height=\"{CELL}\" fill=\"#1f5a96\" fill-opacity=\"{share:.3}\" stroke=\"#ccc\"/>"
            );
            let _ = writeln!(
                out,
                "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\" fill=\"{ink}\">{count}</text>",
                x + CELL / 2,
                middle + 4
            );
        }
    }
    out.push_str("</svg>\n");
    out
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
    fn names_are_escaped_in_svg() {
        let svg = confusion_svg(&evaluation());
        assert!(svg.contains("a&lt;b") && !svg.contains("a<b"));
        assert!(reliability_svg(&evaluation()).contains("<circle"));
    }
}
