//! The program: what was typed becomes library calls; only here is anything printed.

mod args;
mod completions;
mod evaluate;
mod explain;
mod inspect;
mod label;
mod labelled_input;
mod man;
mod message;
mod report;
mod summarize;
mod tally;
mod train;

use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};

/// How a command ended; errors count as [`Outcome::Nothing`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// All done.
    Done,
    /// Finished, but some inputs were rejected, or stopped with usable output.
    Partly,
    /// Nothing done: usage, unreadable model, every input rejected.
    Nothing,
    /// Stopped by the user.
    Interrupted,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        ExitCode::from(match outcome {
            Outcome::Done => 0,
            Outcome::Partly => 1,
            Outcome::Nothing => 2,
            Outcome::Interrupted => 130,
        })
    }
}

/// Parses the command line, runs the command, prints the error chain, gives the exit code.
pub(crate) fn run() -> ExitCode {
    let args = Args::parse();
    message::set_level(args.quiet, args.verbose);
    tell_of_no_caught_panics();
    let result = match &args.command {
        Command::Summarize(it) => summarize::run(it),
        Command::Label(it) => label::run(it),
        Command::Tally(it) => tally::run(it),
        Command::Report(it) => report::run(it),
        Command::Train(it) => train::run(it),
        Command::Evaluate(it) => evaluate::run(it),
        Command::Explain(it) => explain::run(it),
        Command::Inspect(it) => inspect::run(it),
        Command::Completions(it) => completions::run(it),
        Command::Man(it) => man::run(it),
    };
    match result {
        Ok(outcome) => outcome.into(),
        Err(error) if is_broken_pipe(&error) => Outcome::Done.into(),
        Err(error) => {
            message::error(&format!("{error:#}"));
            Outcome::Nothing.into()
        }
    }
}

/// A panic of a reader that becomes an error about a damaged file is told as that error alone.
fn tell_of_no_caught_panics() {
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !demarche::corpus::is_reading_table() {
            tell(panic);
        }
    }));
}

/// A reader that has seen enough (`| head`) is no error.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().filter_map(|cause| cause.downcast_ref::<std::io::Error>()).any(|io| io.kind() == std::io::ErrorKind::BrokenPipe)
}
