//! The page of a labelled corpus.

use askama::Template;

use super::{
    SCRIPT, STYLE,
    chart::{Line, Share, thousands},
    hundredths,
    label::{Label, looks},
    percent, sealed,
};
use crate::{
    corpus::columns::{SCALE, UNSURE},
    error::Result,
    report::{
        PROGRAM,
        corpus::{CorpusReport, HolderTally, Origin, Remarkable, Tally},
    },
};

/// Holders with a row of their own.
const N_HOLDERS: usize = 200;

/// The page of `report` under `title`, as one HTML document without anything to load.
///
/// # Errors
/// [`crate::Error::Data`] if the page cannot be put together (a bug).
pub fn corpus(report: &CorpusReport, title: &str) -> Result<String> {
    let mut names = report.labels.clone();
    names.push(UNSURE.to_owned());
    let looks = looks(&names);
    let page = Page::new(report, title, &looks);
    sealed(|nonce| CorpusPage { nonce, page: &page }.render())
}

#[derive(Template)]
#[template(path = "corpus.html")]
struct CorpusPage<'p> {
    nonce: &'p str,
    page: &'p Page<'p>,
}

struct Page<'r> {
    title: &'r str,
    report: &'r CorpusReport,
    rows: String,
    n_holders: String,
    /// Labels with their shares; `unsure` where there is any.
    stances: Vec<(&'r Label, Share)>,
    /// Where the longest interval ends.
    most: f64,
    unsure: Share,
    rejected: Share,
    holders: Vec<HolderRow<'r>>,
    holders_missing: u64,
    /// Labels that are shown in tables, in order.
    shown: Vec<&'r Label>,
    periods: Vec<PeriodRow>,
    lines: Vec<(&'r Label, Line, String)>,
    top_of_lines: f64,
    certain: Vec<(&'r Label, Vec<Shown<'r>>)>,
    doubtful: Vec<Shown<'r>>,
    bins: Vec<Bin>,
}

struct HolderRow<'r> {
    name: String,
    total: u64,
    missing: u64,
    parts: Vec<Part<'r>>,
    shares: Vec<Share>,
    spoken: String,
}

struct Part<'r> {
    look: &'r Label,
    start: u64,
    count: u64,
}

struct PeriodRow {
    name: String,
    total: u64,
    shares: Vec<Share>,
}

struct Shown<'r> {
    row: &'r Remarkable,
    /// Labels by probability, the likeliest first, as far as they matter.
    probabilities: Vec<(&'r Label, String)>,
}

struct Bin {
    name: String,
    share: Share,
}

impl<'r> Page<'r> {
    fn new(report: &'r CorpusReport, title: &'r str, looks: &'r [Label]) -> Self {
        let total = report.all.total();
        let shown = shown_labels(report, looks);
        let stances: Vec<(&Label, Share)> = shown.iter().map(|&(at, look)| (look, share_of(&report.all, at))).collect();
        let holders = report.top_holders(N_HOLDERS);
        let periods: Vec<(String, u32, Tally)> = report.periods();
        let top_of_lines = top(&periods, &shown);
        Self {
            title,
            report,
            rows: thousands(total),
            n_holders: thousands(report.n_holders() as u64),
            most: stances.iter().map(|(_, share)| share.high).fold(0.01, f64::max),
            stances,
            unsure: share_of(&report.all, report.labels.len()),
            rejected: Share::new(report.rejected(), total + report.rejected()),
            holders_missing: holders.iter().map(|h| h.missing).max().unwrap_or(0),
            holders: holders.into_iter().map(|holder| holder_row(holder, &shown)).collect(),
            lines: shown.iter().map(|&(at, look)| line(&periods, at, look, top_of_lines)).collect(),
            periods: periods.into_iter().map(|(name, _, tally)| period_row(name, &tally, &shown)).collect(),
            top_of_lines,
            certain: certain(report, looks),
            doubtful: report.doubtful().into_iter().map(|row| shown_row(row, looks)).collect(),
            bins: bins(report),
            shown: shown.iter().map(|&(_, look)| look).collect(),
        }
    }

    fn is_by_year(&self) -> bool {
        self.periods.first().is_some_and(|period| period.name.len() == 4)
    }
}

/// The labels with their numbers; `unsure` only where there is any.
fn shown_labels<'r>(report: &CorpusReport, looks: &'r [Label]) -> Vec<(usize, &'r Label)> {
    let n_labels = report.labels.len();
    let unsure = report.all.counts.last().is_some_and(|&n| n > 0);
    looks.iter().enumerate().filter(|(at, _)| *at < n_labels || unsure).collect()
}

fn share_of(tally: &Tally, label: usize) -> Share {
    Share::new(tally.counts.get(label).copied().unwrap_or(0), tally.total())
}

fn holder_row<'r>(holder: HolderTally, shown: &[(usize, &'r Label)]) -> HolderRow<'r> {
    let mut start = 0;
    let mut parts = Vec::new();
    for &(at, look) in shown {
        let count = holder.tally.counts.get(at).copied().unwrap_or(0);
        if count > 0 {
            parts.push(Part { look, start, count });
            start += count;
        }
    }
    let spoken: Vec<String> = parts.iter().map(|p| format!("{} {}", thousands(p.count), p.look.name)).collect();
    HolderRow {
        total: holder.tally.total(),
        missing: holder.missing,
        parts,
        shares: shown.iter().map(|&(at, _)| share_of(&holder.tally, at)).collect(),
        spoken: spoken.join(", "),
        name: holder.name,
    }
}

fn period_row(name: String, tally: &Tally, shown: &[(usize, &Label)]) -> PeriodRow {
    PeriodRow { name, total: tally.total(), shares: shown.iter().map(|&(at, _)| share_of(tally, at)).collect() }
}

/// The highest share of any label at any time, so that all lines have one scale.
fn top(periods: &[(String, u32, Tally)], shown: &[(usize, &Label)]) -> f64 {
    let shares = periods.iter().flat_map(|(_, _, tally)| shown.iter().map(|&(at, _)| share_of(tally, at).value));
    (shares.fold(0.05, f64::max) * 1.15).min(1.0)
}

fn line<'r>(periods: &[(String, u32, Tally)], at: usize, look: &'r Label, most: f64) -> (&'r Label, Line, String) {
    let clipped = |share: Share| Share { high: share.high.min(most), low: share.low.min(most), ..share };
    let points: Vec<(u32, Share)> = periods.iter().map(|(_, time, tally)| (*time, clipped(share_of(tally, at)))).collect();
    let ends = periods.first().zip(periods.last());
    let spoken = ends.map(|((from, _, a), (to, _, b))| {
        format!("{}: {} in {from}, {} in {to}", look.name, share_of(a, at).percent(), share_of(b, at).percent())
    });
    (look, Line::new(&points, most), spoken.unwrap_or_default())
}

fn certain<'r>(report: &'r CorpusReport, looks: &'r [Label]) -> Vec<(&'r Label, Vec<Shown<'r>>)> {
    let rows = |at: usize| report.certain(at).into_iter().map(|row| shown_row(row, looks)).collect::<Vec<_>>();
    let labels = looks.iter().take(report.labels.len()).enumerate();
    labels.map(|(at, look)| (look, rows(at))).filter(|(look, rows)| look.name != "none" && !rows.is_empty()).collect()
}

fn shown_row<'r>(row: &'r Remarkable, looks: &'r [Label]) -> Shown<'r> {
    let mut probabilities: Vec<(&Label, u32)> = looks.iter().zip(row.probabilities.iter().copied()).collect();
    probabilities.sort_by_key(|(_, p)| std::cmp::Reverse(*p));
    probabilities.truncate(3);
    let of = |p: u32| percent(f64::from(p) / f64::from(SCALE));
    Shown { row, probabilities: probabilities.into_iter().map(|(look, p)| (look, of(p))).collect() }
}

fn bins(report: &CorpusReport) -> Vec<Bin> {
    let total: u64 = report.sureness.iter().sum();
    let n = report.sureness.len();
    let bin = |(at, &count): (usize, &u64)| Bin {
        name: format!("{}–{} %", 100 * at / n, 100 * (at + 1) / n),
        share: Share::new(count, total),
    };
    // With k labels the likeliest has at least 1/k.
    report.sureness.iter().enumerate().map(bin).skip_while(|bin| bin.share.count == 0).collect()
}

fn unknown(value: &Option<String>) -> &str {
    value.as_deref().unwrap_or("not known")
}

fn rejected_before(origin: &Origin) -> String {
    origin.rejected.map_or_else(|| "not known".to_owned(), thousands)
}
