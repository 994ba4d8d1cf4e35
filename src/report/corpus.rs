//! A labelled corpus, row by row, becomes counts: by label, holder and month, and the rows worth a look.
//!
//! Memory does not grow with the corpus. The longest lists are cut: holders by lossy counting, remarkable rows by heaps.

use std::collections::{BTreeMap, BinaryHeap, HashMap};

use crate::corpus::{columns::UNSURE, fields::Visitor};

/// Holders kept while counting. Above twice as many, the rarer half is dropped.
const HOLDERS_KEPT: usize = 1 << 15;
/// Remarkable rows kept of each sort.
const N_REMARKABLE: usize = 12;
/// Characters of a text that are kept for the page.
const TEXT_CHARS: usize = 600;
/// Characters of a holder's name that are kept.
const NAME_CHARS: usize = 200;
/// Months that are shown one by one; longer times are shown by year.
const MOST_MONTHS: usize = 240;
/// Bars of the distribution of confidence.
const N_BINS: usize = 10;
/// Reasons of rejects that are kept apart.
const N_REASONS: usize = 8;

/// The names of the fields to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldNames {
    /// The text of the statement.
    pub text: String,
    /// Whose statement it is; may be missing.
    pub holder: String,
    /// When it was made; may be missing.
    pub date: String,
}

impl Default for FieldNames {
    fn default() -> Self {
        Self { text: "text".into(), holder: "holder".into(), date: "date".into() }
    }
}

/// Rows by main label, `unsure` last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Rows of each label, in the order of the labels, then of those that are unsure.
    pub counts: Vec<u64>,
}

impl Tally {
    fn new(n_labels: usize) -> Self {
        Self { counts: vec![0; n_labels + 1] }
    }

    fn add(&mut self, label: usize) {
        if let Some(count) = self.counts.get_mut(label) {
            *count += 1;
        }
    }

    fn merge(&mut self, other: &Self) {
        self.counts.iter_mut().zip(&other.counts).for_each(|(sum, n)| *sum += n);
    }

    /// All rows.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }
}

/// What one holder says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HolderTally {
    /// The holder, as the corpus names them.
    pub name: String,
    /// Their statements by label.
    pub tally: Tally,
    /// Statements that may be missing: seen before the holder was kept.
    pub missing: u64,
}

/// A row that is shown for its probability.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remarkable {
    /// Where it stands: file and number of the row.
    pub place: String,
    /// Its text, cut where it is long.
    pub text: String,
    /// Its holder.
    pub holder: Option<String>,
    /// Its date, as written.
    pub date: Option<String>,
    /// Number of its label.
    pub label: usize,
    /// Probability of the likeliest label, in ten-thousandths.
    pub sureness: u32,
    /// Probability of each label, in ten-thousandths.
    pub probabilities: Vec<u32>,
}

/// How a labelled file was made, as the file beside it or its own metadata tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The file.
    pub name: String,
    /// The program and its version.
    pub program: Option<String>,
    /// The model.
    pub model: Option<String>,
    /// Records that were rejected when it was labelled.
    pub rejected: Option<u64>,
}

/// Everything that the page of a corpus shows.
#[derive(Clone, Debug)]
pub struct CorpusReport {
    /// The labels, in the order of the probabilities.
    pub labels: Vec<String>,
    /// All rows.
    pub all: Tally,
    /// Rows by the month of their date, as years × 12 + months from 0 on.
    pub months: BTreeMap<u32, Tally>,
    /// Rows without a date that can be read.
    pub undated: u64,
    /// Rows without a holder.
    pub unnamed: u64,
    /// Whether the corpus has holders and dates at all.
    pub has: Has,
    /// Rows by the probability of their likeliest label, in tenths.
    pub sureness: [u64; N_BINS],
    /// Rows of this report that could not be used, by reason, most frequent first.
    pub rejects: Vec<(String, u64)>,
    /// How the files were made.
    pub origins: Vec<Origin>,
    holders: Holders,
    certain: Vec<TopRows>,
    doubtful: TopRows,
    names: FieldNames,
    file: String,
    columns: usize,
    buffer: Vec<u32>,
}

/// What the rows of a corpus have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Has {
    /// A field of holders.
    pub holders: bool,
    /// A field of dates.
    pub dates: bool,
    /// A field of texts.
    pub texts: bool,
}

impl CorpusReport {
    /// A report of nothing yet, of rows with these fields.
    pub fn new(names: FieldNames) -> Self {
        Self {
            labels: Vec::new(),
            all: Tally::default(),
            months: BTreeMap::new(),
            undated: 0,
            unnamed: 0,
            has: Has::default(),
            sureness: [0; N_BINS],
            rejects: Vec::new(),
            origins: Vec::new(),
            holders: Holders::default(),
            certain: Vec::new(),
            doubtful: TopRows::default(),
            names,
            file: String::new(),
            columns: 0,
            buffer: Vec::new(),
        }
    }

    /// Turns to the next file, made as `origin` says.
    pub fn begin(&mut self, origin: Origin) {
        self.file.clone_from(&origin.name);
        self.origins.push(origin);
    }

    /// Rows that were rejected: here, and when the files were labelled.
    pub fn rejected(&self) -> u64 {
        let before: u64 = self.origins.iter().filter_map(|origin| origin.rejected).sum();
        before + self.rejects.iter().map(|(_, n)| n).sum::<u64>()
    }

    /// Holders by how much they say, then by name; at most `n`.
    pub fn top_holders(&self, n: usize) -> Vec<HolderTally> {
        let mut all = self.holders.sorted();
        all.truncate(n);
        all
    }

    /// How many holders were told apart.
    pub fn n_holders(&self) -> usize {
        self.holders.known.len()
    }

    /// The tallies of each month, or of each year where there are very many months: name, place in time, tally.
    pub fn periods(&self) -> Vec<(String, u32, Tally)> {
        if self.months.len() <= MOST_MONTHS {
            let name = |month: u32| format!("{:04}-{:02}", month / 12, month % 12 + 1);
            return self.months.iter().map(|(&month, tally)| (name(month), month, tally.clone())).collect();
        }
        let mut years: BTreeMap<u32, Tally> = BTreeMap::new();
        for (month, tally) in &self.months {
            years.entry(month / 12).or_insert_with(|| Tally::new(self.labels.len())).merge(tally);
        }
        years.into_iter().map(|(year, tally)| (format!("{year:04}"), year, tally)).collect()
    }

    /// The most certain rows of label number `label`, the surest first.
    pub fn certain(&self, label: usize) -> Vec<&Remarkable> {
        self.certain.get(label).map(TopRows::sorted).unwrap_or_default()
    }

    /// The most doubtful rows, the most doubtful first.
    pub fn doubtful(&self) -> Vec<&Remarkable> {
        self.doubtful.sorted()
    }

    fn set_labels(&mut self, labels: Vec<String>) -> Result<(), String> {
        if self.labels.is_empty() {
            self.all = Tally::new(labels.len());
            self.certain = vec![TopRows::default(); labels.len()];
            self.labels = labels;
            return Ok(());
        }
        if self.labels == labels {
            Ok(())
        } else {
            Err(format!("its labels are {}, those before {}", labels.join(", "), self.labels.join(", ")))
        }
    }

    fn label_number(&self, name: &str) -> Result<usize, String> {
        if name == UNSURE {
            return Ok(self.labels.len());
        }
        let found = self.labels.iter().position(|label| label == name);
        found.ok_or_else(|| format!("unknown label `{name}`; expected {} or unsure", self.labels.join(", ")))
    }

    fn read_probabilities(&mut self, values: &[Option<&str>]) -> Result<(), String> {
        self.buffer.clear();
        for (value, label) in values.iter().zip(&self.labels) {
            let p = value.and_then(|value| value.trim().parse::<f64>().ok()).filter(|p| (0.0..=1.0).contains(p));
            let p = p.ok_or_else(|| {
                format!("field `p_{label}` holds {}; expected a number from 0 to 1", value.unwrap_or("nothing"))
            })?;
            self.buffer.push((p * 1e4).round() as u32);
        }
        Ok(())
    }

    fn count(&mut self, label: usize, holder: Option<&str>, date: Option<&str>) {
        self.all.add(label);
        let n_labels = self.labels.len();
        match date.and_then(month) {
            Some(month) => self.months.entry(month).or_insert_with(|| Tally::new(n_labels)).add(label),
            None => self.undated += 1,
        }
        match holder {
            Some(holder) => self.holders.add(holder, label, n_labels),
            None => self.unnamed += 1,
        }
    }

    fn remember(&mut self, number: u64, row: Row<'_>) {
        let sureness = self.buffer.iter().copied().max().unwrap_or(0);
        let bin = (sureness as usize * N_BINS / 10_000).min(N_BINS - 1);
        if let Some(count) = self.sureness.get_mut(bin) {
            *count += 1;
        }
        let Some(text) = row.text.filter(|text| !text.trim().is_empty()) else { return };
        let serial = self.all.total();
        let make = || Remarkable {
            place: format!("{}, row {number}", self.file),
            text: cut(text),
            holder: row.holder.map(str::to_owned),
            date: row.date.map(str::to_owned),
            label: row.label,
            sureness,
            probabilities: self.buffer.clone(),
        };
        if let Some(top) = self.certain.get_mut(row.label) {
            top.offer(sureness, serial, text, make);
        }
        self.doubtful.offer(10_000 - sureness.min(10_000), serial, text, make);
    }
}

/// What of a row is shown.
#[derive(Clone, Copy)]
struct Row<'v> {
    text: Option<&'v str>,
    holder: Option<&'v str>,
    date: Option<&'v str>,
    label: usize,
}

/// Fields before the probabilities: main label, text, holder, date.
const N_NAMED: usize = 4;

impl Visitor for CorpusReport {
    fn choose(&mut self, names: &[String]) -> Result<Vec<String>, String> {
        let has = |name: &str| names.iter().any(|other| other == name);
        let main = ["stance", "predicted"].into_iter().find(|name| has(name));
        let main = main.ok_or("no field `stance` or `predicted`: give the output of `demarche label`")?;
        let labels: Vec<String> = names.iter().filter_map(|name| name.strip_prefix("p_")).map(str::to_owned).collect();
        if labels.is_empty() {
            return Err("no field `p_…` of probabilities: give the output of `demarche label`".into());
        }
        let named = [main, &self.names.text, &self.names.holder, &self.names.date];
        let mut chosen: Vec<String> = named.into_iter().map(str::to_owned).collect();
        chosen.extend(labels.iter().map(|label| format!("p_{label}")));
        self.has.texts |= has(&self.names.text);
        self.has.holders |= has(&self.names.holder);
        self.has.dates |= has(&self.names.date);
        self.set_labels(labels)?;
        self.columns = chosen.len();
        Ok(chosen)
    }

    fn record(&mut self, number: u64, values: &[Option<&str>]) -> Result<(), String> {
        let given = |at: usize| values.get(at).copied().flatten().filter(|value| !value.trim().is_empty());
        let label = self.label_number(given(0).ok_or("no label")?)?;
        self.read_probabilities(values.get(N_NAMED..).unwrap_or_default())?;
        let row = Row { text: given(1), holder: given(2), date: given(3), label };
        self.count(label, row.holder, row.date);
        self.remember(number, row);
        Ok(())
    }

    fn reject(&mut self, _number: u64, reason: String) {
        let full = self.rejects.len() >= N_REASONS;
        let reason =
            if full && !self.rejects.iter().any(|(r, _)| *r == reason) { "other reasons".to_owned() } else { cut(&reason) };
        match self.rejects.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, count)) => *count += 1,
            None => self.rejects.push((reason, 1)),
        }
    }
}

/// Counts of the holders that say most.
///
/// Lossy counting (Manku and Motwani 2002, "Approximate frequency counts over data streams"): when the table is full, its rarer
/// half is dropped, and whoever comes later may have been dropped with at most as many rows.
#[derive(Clone, Debug, Default)]
struct Holders {
    known: HashMap<String, HolderCounts, foldhash::fast::FixedState>,
    /// Most rows that a dropped holder had.
    dropped: u64,
}

#[derive(Clone, Debug)]
struct HolderCounts {
    tally: Tally,
    missing: u64,
}

impl Holders {
    fn add(&mut self, name: &str, label: usize, n_labels: usize) {
        let name = start(name, NAME_CHARS);
        if let Some(counts) = self.known.get_mut(name) {
            return counts.tally.add(label);
        }
        if self.known.len() >= 2 * HOLDERS_KEPT {
            self.drop_rare();
        }
        let mut counts = HolderCounts { tally: Tally::new(n_labels), missing: self.dropped };
        counts.tally.add(label);
        self.known.insert(name.to_owned(), counts);
    }

    fn drop_rare(&mut self) {
        let sorted = self.sorted();
        for rare in sorted.iter().skip(HOLDERS_KEPT) {
            self.dropped = self.dropped.max(rare.tally.total() + rare.missing);
            self.known.remove(&rare.name);
        }
    }

    fn sorted(&self) -> Vec<HolderTally> {
        let mut all: Vec<HolderTally> = Vec::with_capacity(self.known.len());
        // The order of the map does not matter: the list is sorted by a total order next.
        #[allow(clippy::iter_over_hash_type)]
        for (name, counts) in &self.known {
            all.push(HolderTally { name: name.clone(), tally: counts.tally.clone(), missing: counts.missing });
        }
        all.sort_by(|a, b| b.tally.total().cmp(&a.tally.total()).then_with(|| a.name.cmp(&b.name)));
        all
    }
}

/// The rows with the highest values; of equal ones the first, and of equal texts one.
#[derive(Clone, Debug, Default)]
struct TopRows {
    heap: BinaryHeap<Ranked>,
}

/// The row to drop first is the greatest: the lowest value, the latest of equals.
#[derive(Clone, Debug)]
struct Ranked {
    value: u32,
    serial: u64,
    row: Remarkable,
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        other.value.cmp(&self.value).then(self.serial.cmp(&other.serial))
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Ranked {}

impl TopRows {
    fn offer(&mut self, value: u32, serial: u64, text: &str, make: impl Fn() -> Remarkable) {
        let full = self.heap.len() >= N_REMARKABLE;
        if full && self.heap.peek().is_some_and(|lowest| lowest.value >= value) {
            return;
        }
        let start = cut(text);
        if self.heap.iter().any(|known| known.row.text == start && known.value >= value) {
            return;
        }
        self.heap.retain(|known| known.row.text != start);
        self.heap.push(Ranked { value, serial, row: make() });
        if self.heap.len() > N_REMARKABLE {
            self.heap.pop();
        }
    }

    fn sorted(&self) -> Vec<&Remarkable> {
        let mut all: Vec<&Ranked> = self.heap.iter().collect();
        all.sort();
        all.into_iter().map(|ranked| &ranked.row).collect()
    }
}

/// The first `n` characters of a text.
fn start(text: &str, n: usize) -> &str {
    text.char_indices().nth(n).and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}

/// A text for the page, cut where it is long.
fn cut(text: &str) -> String {
    let kept = start(text, TEXT_CHARS);
    if kept.len() < text.len() { format!("{kept}…") } else { text.to_owned() }
}

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// The month of a date as years × 12 + months from 0 on: "2017-01-21", "2017/01", "20170121", "21 January 2017",
/// "Jan. 21, 2017"; `None` where there is no year of four digits or no month.
pub(crate) fn month(date: &str) -> Option<u32> {
    let numbers: Vec<&str> = date.split(|c: char| !c.is_ascii_digit()).filter(|n| !n.is_empty()).collect();
    let value = |digits: &str| digits.parse::<u32>().ok();
    let year = numbers.iter().position(|n| n.len() == 4);
    let (year, month) = match (year, numbers.first()) {
        (Some(0), _) if numbers.len() > 1 && named_month(date).is_none() => (value(numbers.first()?)?, value(numbers.get(1)?)?),
        (Some(at), _) => (value(numbers.get(at)?)?, named_month(date)?),
        (None, Some(packed)) if packed.len() >= 8 => (value(packed.get(..4)?)?, value(packed.get(4..6)?)?),
        _ => return None,
    };
    ((1000..3000).contains(&year) && (1..=12).contains(&month)).then(|| year * 12 + month - 1)
}

fn named_month(date: &str) -> Option<u32> {
    let words = date.split(|c: char| !c.is_alphabetic()).filter(|w| w.len() >= 3);
    let number = |word: &str| {
        let start = word.get(..3)?.to_ascii_lowercase();
        MONTHS.iter().position(|month| *month == start)
    };
    words.into_iter().find_map(number).and_then(|at| u32::try_from(at + 1).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(rows: &[(&str, &str, &str, &str, [f64; 2])]) -> CorpusReport {
        let mut report = CorpusReport::new(FieldNames::default());
        report.begin(Origin { name: "a.jsonl".into(), ..Origin::default() });
        let names = ["stance", "text", "holder", "date", "p_support", "p_none"].map(String::from);
        assert_eq!(report.choose(&names).unwrap(), names);
        for (number, (label, text, holder, date, p)) in rows.iter().enumerate() {
            let p = p.map(|p| p.to_string());
            let values = [Some(*label), Some(*text), Some(*holder), Some(*date), Some(p[0].as_str()), Some(p[1].as_str())];
            if let Err(reason) = report.record(number as u64 + 1, &values) {
                report.reject(number as u64 + 1, reason);
            }
        }
        report
    }

    #[test]
    fn rows_are_counted_by_label_holder_and_month() {
        let report = report(&[
            ("support", "one", "A", "2024-05-01", [0.9, 0.1]),
            ("none", "two", "B", "2 May 2024", [0.2, 0.8]),
            ("unsure", "three", "A", "", [0.49, 0.51]),
            ("wrong", "four", "A", "2024-06-01", [0.5, 0.5]),
            ("none", "five", "", "May 3, 2024", [0.1, 1.9]),
        ]);
        assert_eq!(report.all.counts, [1, 1, 1]);
        assert_eq!(report.months.keys().copied().collect::<Vec<_>>(), [2024 * 12 + 4]);
        assert_eq!((report.undated, report.unnamed, report.rejected()), (1, 0, 2));
        let holders = report.top_holders(9);
        assert_eq!(holders[0].name, "A");
        assert_eq!(holders[0].tally.counts, [1, 0, 1]);
        assert_eq!(report.doubtful()[0].text, "three");
        assert_eq!(report.certain(0)[0].place, "a.jsonl, row 1");
        assert_eq!(report.sureness, [0, 0, 0, 0, 0, 1, 0, 0, 1, 1]);
    }

    #[test]
    fn the_surest_rows_are_kept_without_repeats_and_the_first_of_equals() {
        let texts: Vec<String> = (0..40).map(|i| format!("text {}", i / 2)).collect();
        let rows: Vec<_> = texts.iter().map(|t| ("support", t.as_str(), "A", "", [0.75, 0.25])).collect();
        let mut rows = rows;
        rows.push(("support", "surest", "A", "", [0.99, 0.01]));
        let report = report(&rows);
        let found: Vec<&str> = report.certain(0).iter().map(|r| r.text.as_str()).collect();
        assert_eq!(found.len(), N_REMARKABLE);
        assert_eq!(found[..3], ["surest", "text 0", "text 1"]);
    }

    #[test]
    fn many_holders_are_counted_within_bounds() {
        let mut holders = Holders::default();
        for i in 0..300_000u32 {
            holders.add(&format!("once {i}"), 0, 1);
            if i % 10 == 0 {
                holders.add("often", 1, 1);
            }
        }
        assert!(holders.known.len() <= 2 * HOLDERS_KEPT);
        let first = &holders.sorted()[0];
        assert_eq!((first.name.as_str(), first.tally.total(), first.missing), ("often", 30_000, 0));
        assert!(holders.dropped >= 1);
    }

    #[test]
    fn months_are_read_from_usual_dates() {
        let jan = Some(2017 * 12);
        for date in
            ["2017-01-21", "2017/01", "2017-01-21T10:00:00Z", "20170121", "21 January 2017", "Jan. 21, 2017", "21. Jan 2017"]
        {
            assert_eq!(month(date), jan, "{date}");
        }
        for date in ["", "2017", "yesterday", "2017-13-01", "March 14", "21.1.17"] {
            assert_eq!(month(date), None, "{date}");
        }
    }
}
