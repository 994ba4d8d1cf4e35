//! How far a run is: a bar on a terminal, a plain line every half minute elsewhere.

use std::{
    io::IsTerminal,
    time::{Duration, Instant},
};

use demarche::corpus::{batch::Job, counts::Counts};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::message;

const PLAIN_EVERY: Duration = Duration::from_secs(30);
/// Often enough to look alive.
const DRAWS_PER_SECOND: u8 = 5;

/// Shows counts while they grow.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    total: Option<u64>,
    started: Instant,
    said: Instant,
    shown: Instant,
}

impl Progress {
    /// For `job`; silent under `--quiet`.
    pub(super) fn new(job: &Job) -> Self {
        let total = total_bytes(job);
        let visible = std::io::stderr().is_terminal() && !message::is_quiet();
        let now = Instant::now();
        Self { bar: visible.then(|| bar(total)), total, started: now, said: now, shown: now }
    }

    /// Shows `counts`.
    pub(super) fn show(&mut self, counts: &Counts) {
        if let Some(bar) = &self.bar {
            if self.shown.elapsed() >= Duration::from_millis(100) {
                self.shown = Instant::now();
                bar.set_position(counts.bytes);
                bar.set_message(self.words(counts));
            }
        } else if !message::is_quiet() && self.said.elapsed() >= PLAIN_EVERY {
            self.said = Instant::now();
            let left = self.seconds_left(counts).map_or_else(String::new, |s| format!(", {s:.0} s left"));
            message::line(&format!("{}{left}", self.words(counts)));
        }
    }

    fn words(&self, counts: &Counts) -> String {
        let rate = counts.records as f64 / self.started.elapsed().as_secs_f64().max(1e-3);
        format!("{} records, {rate:.0}/s, {} rejected", counts.records, counts.rejected)
    }

    fn seconds_left(&self, counts: &Counts) -> Option<f64> {
        let done = counts.bytes as f64 / self.total.filter(|&total| total > 0)? as f64;
        (done > 0.0 && done <= 1.0).then(|| self.started.elapsed().as_secs_f64() * (1.0 - done) / done)
    }

    /// Says something without spoiling the bar.
    pub(super) fn above(&self, say: impl FnOnce()) {
        match &self.bar {
            Some(bar) => bar.suspend(say),
            None => say(),
        }
    }

    /// Takes the bar away.
    pub(super) fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Bytes to read, where all inputs are files as they stand.
fn total_bytes(job: &Job) -> Option<u64> {
    let bytes = |source: &demarche::corpus::source::Source| {
        source.is_plain().ok().filter(|&plain| plain)?;
        source.stamp().ok().map(|stamp| stamp.bytes)
    };
    job.sources.iter().map(bytes).sum()
}

fn bar(total: Option<u64>) -> ProgressBar {
    let target = ProgressDrawTarget::stderr_with_hz(DRAWS_PER_SECOND);
    let bar = ProgressBar::with_draw_target(total, target);
    let template = if total.is_some() { "{bar:30} {percent}% {msg}, {eta} left" } else { "{spinner} {bytes} {msg}" };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}
