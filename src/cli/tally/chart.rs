//! Shares over time as SVG: a line and the band of its interval for each label.

use std::fmt::Write;

use super::Group;

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 400.0;
/// Room for the axes, and on the right for the labels.
const LEFT: f64 = 50.0;
const RIGHT: f64 = 110.0;
const TOP: f64 = 20.0;
const BOTTOM: f64 = 40.0;
/// Okabe and Ito's colours (2008), told apart by colour-blind readers too; black last, for more labels than colours.
const COLOURS: [&str; 8] = ["#009e73", "#d55e00", "#0072b2", "#999999", "#cc79a7", "#e69f00", "#56b4e9", "#000000"];
/// Names of periods below the chart at most.
const MOST_NAMES: usize = 10;

/// The chart of `groups`, one for each period, in order; rows without a date are left out.
pub(super) fn svg(labels: &[String], groups: &[Group]) -> String {
    let periods: Vec<&Group> =
        groups.iter().filter(|group| group.values.first().is_some_and(|period| !period.is_empty())).collect();
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"12\">\
         <title>Share of each label by period, with 95 % intervals</title><rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#fff\"/>"
    );
    axes(&periods, &mut out);
    for (number, label) in labels.iter().enumerate() {
        series(number, label, &periods, &mut out);
    }
    out.push_str("</svg>\n");
    out
}

/// Where period number `at` of `n` stands.
fn x(at: usize, n: usize) -> f64 {
    let step = if n > 1 { (WIDTH - LEFT - RIGHT) / (n - 1) as f64 } else { 0.0 };
    LEFT + step * at as f64
}

fn y(share: f64) -> f64 {
    TOP + (HEIGHT - TOP - BOTTOM) * (1.0 - share)
}

fn axes(periods: &[&Group], out: &mut String) {
    for percent in [0u8, 25, 50, 75, 100] {
        let at = y(f64::from(percent) / 100.0);
        let right = WIDTH - RIGHT;
        let _ = write!(out, "<path d=\"M{LEFT} {at:.1}H{right}\" stroke=\"#ddd\"/>");
        let _ = write!(out, "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{percent} %</text>", LEFT - 6.0, at + 4.0);
    }
    let every = periods.len().div_ceil(MOST_NAMES).max(1);
    for (at, period) in periods.iter().enumerate().step_by(every) {
        let name = period.values.first().map_or("", String::as_str);
        let (x, y) = (x(at, periods.len()), HEIGHT - BOTTOM + 20.0);
        let _ = write!(out, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"middle\">{}</text>", escaped(name));
    }
}

fn series(number: usize, label: &str, periods: &[&Group], out: &mut String) {
    let shares: Vec<_> = periods.iter().filter_map(|group| group.shares.get(number)).collect();
    let n = shares.len();
    let colour = COLOURS.get(number).or(COLOURS.last()).unwrap_or(&"#000000");
    let point = |(at, share): (usize, f64)| format!("{:.1},{:.1}", x(at, n), y(share));
    let line: Vec<String> = shares.iter().map(|e| e.share).enumerate().map(point).collect();
    let upper = shares.iter().map(|e| e.high).enumerate().map(point);
    let lower = shares.iter().map(|e| e.low).enumerate().rev().map(point);
    let band: Vec<String> = upper.chain(lower).collect();
    let _ = write!(out, "<polygon points=\"{}\" fill=\"{colour}\" fill-opacity=\"0.15\"/>", band.join(" "));
    let _ = write!(out, "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>", line.join(" "));
    // In a column of their own: labels at the lines' ends would cover each other.
    let (at, down) = (WIDTH - RIGHT + 14.0, TOP + 10.0 + 20.0 * number as f64);
    let _ = write!(out, "<rect x=\"{at}\" y=\"{:.1}\" width=\"12\" height=\"12\" fill=\"{colour}\"/>", down - 10.0);
    let _ = write!(out, "<text x=\"{:.1}\" y=\"{down:.1}\">{}</text>", at + 18.0, escaped(label));
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
