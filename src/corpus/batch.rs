//! A corpus labelled: read → label → write, in bounded memory, order kept, nothing lost.
//!
//! One thread reads chunks of whole records, workers label them, the caller's thread writes them in the
//! order of reading. The rows depend on nothing but the records: not on the number of threads, nor on
//! where chunks are cut. A file appears under its name when it is whole; until then its rows stand in
//! `OUT.partial`, and `OUT.checkpoint` says up to where they are safe.

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    time::{Duration, Instant},
};

use super::{
    counts::Counts,
    feeder::{Feed, Feeder, Share},
    format::FileKind,
    plan::Plan,
    source::Source,
    worker::{Labelled, Labelling, Worker},
    writer::Writer,
};
use crate::error::{Error, Result};

/// What to label, and how.
#[derive(Clone, Debug)]
pub struct Job {
    /// The inputs, in order.
    pub sources: Vec<Source>,
    /// The file to write; `None` is standard output.
    pub output: Option<PathBuf>,
    /// Its format and packing.
    pub kind: FileKind,
    /// Field that holds the text.
    pub text_field: String,
    /// Input fields that go out, in order; `None`: all.
    pub columns: Option<Vec<String>>,
    /// Whether label columns may take the place of fields of the same name.
    pub replace: bool,
    /// When the main label is written as `unsure`.
    pub abstain: Option<Abstain>,
    /// Threads that label, at least 1.
    pub threads: usize,
    /// Part (from 1 on) and number of parts.
    pub shard: Option<(u64, u64)>,
    /// File for rejected records.
    pub rejects: Option<PathBuf>,
    /// Rejected records at which the run stops.
    pub max_rejects: Option<u64>,
    /// Longest record, in bytes.
    pub max_record: usize,
    /// Bytes of a chunk; no effect on the output.
    pub chunk_bytes: usize,
    /// Whether each row is written as soon as its record is there.
    pub line_buffered: bool,
    /// Whether to go on from a checkpoint.
    pub resume: bool,
    /// Whether to write over an existing output.
    pub force: bool,
    /// Time from one checkpoint to the next.
    pub checkpoint_every: Duration,
}

/// When a main label is withheld.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Abstain {
    /// Where it is less probable than training found necessary for its label.
    AsTrained,
    /// Where it is less probable than this.
    Under(f32),
}

impl Default for Job {
    fn default() -> Self {
        Self {
            sources: Vec::new(),
            output: None,
            kind: FileKind { format: super::format::Format::Jsonl, compression: super::format::Compression::None },
            text_field: "text".into(),
            columns: None,
            replace: false,
            abstain: None,
            threads: 1,
            shard: None,
            rejects: None,
            max_rejects: None,
            max_record: 8 << 20,
            chunk_bytes: 256 << 10,
            line_buffered: false,
            resume: false,
            force: false,
            checkpoint_every: Duration::from_secs(5),
        }
    }
}

/// A place in the inputs, between two records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Position {
    /// Number of the input.
    pub source: usize,
    /// Byte of its content.
    pub offset: u64,
    /// Lines of its content up to there.
    pub lines: u64,
}

/// How a run ended.
#[derive(Debug)]
pub enum End {
    /// The output is whole.
    Whole,
    /// The output was whole before.
    AlreadyWhole,
    /// The stop flag was set.
    Stopped,
    /// There were more rejects than allowed.
    TooManyRejects,
    /// Writing failed; what was written before stays.
    Failed(Error),
}

/// What a run did.
#[derive(Debug)]
pub struct Finish {
    /// How it ended.
    pub end: End,
    /// Counts, of earlier parts of a resumed run too.
    pub counts: Counts,
    /// Names of the label columns.
    pub columns: Vec<String>,
}

/// What a run tells while it goes on.
#[derive(Debug)]
pub enum Event<'e> {
    /// Records were written.
    Progress(&'e Counts),
    /// An input was given up: its name, the byte or row, the reason.
    Lost(&'e str, &'e str, &'e str),
}

/// Most threads that label where rows pass as parts of tables: each takes up to 30 MB then, and 300 MB are to do for all.
const MOST_BY_PARTS: usize = 8;

/// Runs `job`. `stop` set from outside ends it at the next chunk; `tell` hears how it goes.
///
/// # Errors
/// Where nothing could be done: settings that contradict each other, an output that is there already,
/// inputs none of which can be read, a folder that is missing.
pub fn run(job: &Job, labelling: Labelling<'_>, stop: &AtomicBool, tell: &mut dyn FnMut(Event<'_>)) -> Result<Finish> {
    let (plan, first) = Plan::new(job, labelling)?;
    let share = job.shard.map(|(number, of)| Share::new(&job.sources, number, of)).transpose()?;
    let Some(mut writer) = Writer::open(job, &plan, tell)? else {
        let columns = plan.layout.labels.names().to_vec();
        return Ok(Finish { end: End::AlreadyWhole, counts: Counts::default(), columns });
    };
    let feeder = Feeder::new(job, &plan.layout, share.as_ref(), &plan.stamps, writer.position(), first);
    let ended = if job.threads <= 1 || job.line_buffered {
        alone(feeder, Worker::new(&plan.layout, labelling), &mut writer, stop)
    } else {
        let threads = if plan.is_by_parts(job) { job.threads.min(MOST_BY_PARTS) } else { job.threads };
        together(threads, feeder, || Worker::new(&plan.layout, labelling), &mut writer, stop)
    };
    writer.close(ended)
}

/// Why writing ends before the inputs do.
pub(crate) enum Halt {
    Stopped,
    TooManyRejects,
    Failed(Error),
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Everything on this thread.
fn alone(mut feeder: Feeder<'_>, mut worker: Worker<'_>, writer: &mut Writer<'_>, stop: &AtomicBool) -> Result<(), Halt> {
    let (mut buffer, mut rows) = (Vec::new(), Vec::new());
    while let Some(feed) = feeder.next(std::mem::take(&mut buffer), std::mem::take(&mut rows)) {
        match feed {
            Feed::Lost(lost) => writer.lost(&lost)?,
            Feed::Task(task) => (buffer, rows) = writer.take(worker.label(task))?,
        }
        if stop.load(Ordering::Relaxed) {
            return Err(Halt::Stopped);
        }
    }
    Ok(())
}

/// A place for one task's result, in the order of reading.
enum Slot {
    Coming(Receiver<Labelled>),
    Lost(super::feeder::Lost),
}

type Order = (super::worker::Task, SyncSender<Labelled>);

/// Time after which a waiting writer looks at the stop flag.
const POLL: Duration = Duration::from_millis(50);

/// A reader, `threads` workers, and the writer on this thread.
fn together<'w>(
    threads: usize,
    feeder: Feeder<'_>,
    worker: impl Fn() -> Worker<'w> + Sync,
    writer: &mut Writer<'_>,
    stop: &AtomicBool,
) -> Result<(), Halt> {
    // A few more in flight than there are threads keep all busy while the writer waits for the slowest.
    let (orders, waiting) = sync_channel::<Order>(2);
    let (slots, results) = sync_channel::<Slot>(threads + 2);
    let (give_back, spent) = sync_channel(threads + 4);
    // Owned by the workers, so that the reader ends should all of them die.
    let waiting = Arc::new(Mutex::new(waiting));
    std::thread::scope(|scope| {
        let mut others = vec![scope.spawn(move || feed(feeder, &orders, &slots, &spent))];
        for _ in 0..threads {
            let (waiting, worker) = (Arc::clone(&waiting), &worker);
            others.push(scope.spawn(move || work(&waiting, worker())));
        }
        drop(waiting);
        let ended = write_in_order(&results, writer, stop, &give_back);
        // A writer that stopped lets the others end too. That one panicked shows in a missing result.
        drop(results);
        others.into_iter().for_each(|other| drop(other.join()));
        ended
    })
}

fn feed(mut feeder: Feeder<'_>, orders: &SyncSender<Order>, slots: &SyncSender<Slot>, spent: &Receiver<(Vec<u8>, Vec<u8>)>) {
    loop {
        let (buffer, rows) = spent.try_recv().unwrap_or_default();
        let sent = match feeder.next(buffer, rows) {
            None => return,
            Some(Feed::Lost(lost)) => slots.send(Slot::Lost(lost)).is_ok(),
            Some(Feed::Task(task)) => {
                let (reply, result) = sync_channel(1);
                slots.send(Slot::Coming(result)).is_ok() && orders.send((task, reply)).is_ok()
            }
        };
        if !sent {
            return;
        }
    }
}

fn work(waiting: &Mutex<Receiver<Order>>, mut worker: Worker<'_>) {
    loop {
        // A poisoned lock means that another worker panicked; the channel itself is whole.
        let order = waiting.lock().unwrap_or_else(std::sync::PoisonError::into_inner).recv();
        let Ok((task, reply)) = order else { return };
        // Nobody may want it any more; the orders that are left are still taken, so that the reader ends.
        drop(reply.send(worker.label(task)));
    }
}

fn write_in_order(
    results: &Receiver<Slot>,
    writer: &mut Writer<'_>,
    stop: &AtomicBool,
    give_back: &SyncSender<(Vec<u8>, Vec<u8>)>,
) -> Result<(), Halt> {
    while let Some(slot) = patiently(results, stop)? {
        match slot {
            Slot::Lost(lost) => writer.lost(&lost)?,
            Slot::Coming(result) => {
                let labelled = patiently(&result, stop)?
                    .ok_or_else(|| Error::Data("a labelling thread ended early; this is a bug, please report it".into()))?;
                // A full channel only means that this memory is not used again.
                drop(give_back.try_send(writer.take(labelled)?));
            }
        }
    }
    Ok(())
}

/// The next thing received; `None` when nothing more comes.
fn patiently<T>(from: &Receiver<T>, stop: &AtomicBool) -> Result<Option<T>, Halt> {
    use std::sync::mpsc::RecvTimeoutError::{Disconnected, Timeout};
    loop {
        if stop.load(Ordering::Relaxed) {
            return Err(Halt::Stopped);
        }
        match from.recv_timeout(POLL) {
            Ok(thing) => return Ok(Some(thing)),
            Err(Disconnected) => return Ok(None),
            Err(Timeout) => {}
        }
    }
}

/// Tells when something is due again.
#[derive(Debug)]
pub(crate) struct Clock {
    every: Duration,
    last: Instant,
}

impl Clock {
    pub(crate) fn new(every: Duration) -> Self {
        Self { every, last: Instant::now() }
    }

    pub(crate) fn is_due(&mut self) -> bool {
        let due = self.last.elapsed() >= self.every;
        if due {
            self.last = Instant::now();
        }
        due
    }
}
