//! Groups as a table for reading, and as CSV.

use super::Group;

/// A line for each group: its rows, then each label's share with its interval, in per cent.
pub(super) fn text(by: &[String], labels: &[String], groups: &[Group]) -> String {
    let mut rows = vec![by.iter().cloned().chain(["rows".to_owned()]).chain(labels.iter().cloned()).collect::<Vec<_>>()];
    for group in groups {
        let values = group.values.iter().map(|value| if value.is_empty() { "-".to_owned() } else { value.clone() });
        let total: u64 = group.counts.iter().sum();
        let percent = |x: f64| 100.0 * x;
        let shares =
            group.shares.iter().map(|e| format!("{:.1} ({:.1}–{:.1})", percent(e.share), percent(e.low), percent(e.high)));
        rows.push(values.chain([total.to_string()]).chain(shares).collect());
    }
    let width = |at: usize| rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..by.len() + labels.len() + 1).map(width).collect();
    let line = |row: &Vec<String>| {
        let cell = |(at, (cell, &width)): (usize, (&String, &usize))| {
            let gap = " ".repeat(width - cell.chars().count());
            if at < by.len() { format!("{cell}{gap}") } else { format!("{gap}{cell}") }
        };
        row.iter().zip(&widths).enumerate().map(cell).collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

/// A row for each group and label: the group's fields, label, count, share, low, high (shares from 0 to 1).
pub(super) fn csv(by: &[String], labels: &[String], groups: &[Group]) -> anyhow::Result<String> {
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(by.iter().map(String::as_str).chain(["label", "count", "rows", "share", "low", "high"]))?;
    for group in groups {
        let total: u64 = group.counts.iter().sum();
        for ((label, count), e) in labels.iter().zip(&group.counts).zip(&group.shares) {
            let figures = [label.clone(), count.to_string(), total.to_string()];
            let shares = [e.share, e.low, e.high].map(|x| format!("{x:.4}"));
            out.write_record(group.values.iter().chain(&figures).chain(&shares))?;
        }
    }
    Ok(String::from_utf8(out.into_inner()?)?)
}
