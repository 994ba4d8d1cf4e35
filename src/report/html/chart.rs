//! Charts as SVG: shares with their intervals, as bars and over time. They stretch with the page, and their words stand beside them.

use crate::report::interval::wilson;

/// A share with its 95 % interval.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Share {
    pub(super) count: u64,
    pub(super) value: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

impl Share {
    /// The share that `count` is of `total`; 0 of nothing.
    pub(super) fn new(count: u64, total: u64) -> Self {
        let (low, high) = wilson(count, total);
        Self { count, value: if total == 0 { 0.0 } else { count as f64 / total as f64 }, low, high }
    }

    /// "34.1 %"
    pub(super) fn percent(&self) -> String {
        format!("{:.1} %", 100.0 * self.value)
    }

    /// "33.0–35.2"
    pub(super) fn range(&self) -> String {
        format!("{:.1}–{:.1}", 100.0 * self.low, 100.0 * self.high)
    }

    /// Where the interval begins and how long it is, for a bar.
    pub(super) fn reach(&self) -> f64 {
        self.high - self.low
    }
}

/// A line over time with the band of its intervals, in a box `width` wide and 1 high.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Line {
    /// Points of the line, as SVG wants them.
    pub(super) line: String,
    /// Outline of the band.
    pub(super) band: String,
    /// Length of the time shown, at least 1.
    pub(super) width: u32,
}

impl Line {
    /// The line through `points` (time, share), scaled so that `most` is at the top.
    pub(super) fn new(points: &[(u32, Share)], most: f64) -> Self {
        let first = points.first().map_or(0, |p| p.0);
        let width = points.last().map_or(0, |p| p.0 - first).max(1);
        // One observation alone becomes a level line.
        let alone = points.first().filter(|_| points.len() == 1).map(|&(at, share)| (at + 1, share));
        let all: Vec<(u32, Share)> = points.iter().copied().chain(alone).collect();
        let y = |value: f64| 1.0 - value / most.max(f64::MIN_POSITIVE);
        let point = |at: u32, value: f64| format!("{},{:.4}", at - first, y(value));
        let low = all.iter().rev().map(|(at, share)| point(*at, share.low));
        Self {
            line: all.iter().map(|(at, share)| point(*at, share.value)).collect::<Vec<_>>().join(" "),
            band: all.iter().map(|(at, share)| point(*at, share.high)).chain(low).collect::<Vec<_>>().join(" "),
            width,
        }
    }
}

/// A whole number with commas between thousands.
pub(super) fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!([0, 999, 1000, 1_234_567].map(thousands), ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn a_line_has_a_point_for_each_time() {
        let share = |value| Share { count: 1, value, low: value - 0.1, high: value + 0.1 };
        let line = Line::new(&[(10, share(0.2)), (12, share(0.4))], 0.5);
        assert_eq!(line.line, "0,0.6000 2,0.2000");
        assert_eq!(line.band, "0,0.4000 2,0.0000 2,0.4000 0,0.8000");
        assert_eq!(line.width, 2);
        assert_eq!(Line::new(&[(7, share(0.5))], 1.0).line, "0,0.5000 1,0.5000");
        assert_eq!(Line::new(&[], 0.0), Line { width: 1, ..Line::default() });
    }
}
