//! Messages to the person at the terminal: on standard error, with colour where it helps.

use std::{
    io::Write,
    sync::atomic::{AtomicU8, Ordering},
};

use anstyle::{AnsiColor, Style};

static LEVEL: AtomicU8 = AtomicU8::new(1);

/// Sets what is said: nothing but errors, warnings, or also what is done.
pub(crate) fn set_level(quiet: bool, verbose: bool) {
    LEVEL.store(if quiet { 0 } else { 1 + u8::from(verbose) }, Ordering::Relaxed);
}

/// Whether `--quiet` was given.
pub(crate) fn is_quiet() -> bool {
    LEVEL.load(Ordering::Relaxed) == 0
}

/// Says what went wrong; always shown.
pub(crate) fn error(text: &str) {
    say("error", AnsiColor::Red, text);
}

/// Says what the user should know; silent under `--quiet`.
pub(crate) fn warning(text: &str) {
    if LEVEL.load(Ordering::Relaxed) >= 1 {
        say("warning", AnsiColor::Yellow, text);
    }
}

/// Says what is done; shown under `--verbose`.
pub(crate) fn note(text: &str) {
    if LEVEL.load(Ordering::Relaxed) >= 2 {
        say("note", AnsiColor::Cyan, text);
    }
}

fn say(word: &str, colour: AnsiColor, text: &str) {
    let style = Style::new().bold().fg_color(Some(colour.into()));
    // A closed standard error leaves nobody to tell.
    let _ = writeln!(anstream::stderr(), "{style}{word}:{style:#} {text}");
}

/// Says something without a word before it; silent under `--quiet`.
pub(crate) fn line(text: &str) {
    if LEVEL.load(Ordering::Relaxed) >= 1 {
        let _ = writeln!(anstream::stderr(), "{text}");
    }
}
