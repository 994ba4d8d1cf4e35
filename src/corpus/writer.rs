//! The writing end of a run: rows and rejects in order, checkpoints, and the whole file at the end.

use std::{
    fs,
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    batch::{Clock, End, Event, Finish, Halt, Job, Position},
    columnar::{self, Inputs, Packing},
    counts::Counts,
    feeder::Lost,
    fields::origin,
    format::Compression,
    layout::RowFormat,
    output::{Output, is_device, partial_path, publish, with_suffix, write_whole},
    plan::Plan,
    reject::Reject,
    source::Source,
    worker::Labelled,
};
use crate::error::{Error, Result};

/// Version of the checkpoint's form and of what stands in `OUT.partial`; 2: labels alone, for Parquet to Parquet.
const CHECKPOINT_VERSION: u32 = 2;

/// Up to where a run is safe.
#[derive(Debug, Serialize, Deserialize)]
struct Checkpoint {
    version: u32,
    settings: String,
    position: Position,
    counts: Counts,
    /// Bytes of `OUT.partial`.
    output: u64,
    /// Content that is not compressed yet, in base64.
    pending: String,
    /// Bytes of the rejects.
    rejects: u64,
    /// Whether all rows are written, so that only names must be given.
    done: bool,
}

/// Writes what the workers bring.
pub(crate) struct Writer<'a> {
    job: &'a Job,
    plan: &'a Plan,
    tell: &'a mut dyn FnMut(Event<'_>),
    output: Output,
    rejects: Option<Output>,
    position: Position,
    counts: Counts,
    clock: Clock,
    done: bool,
}

impl<'a> Writer<'a> {
    /// Opens the output, or goes on with it; `None` where it is whole already.
    pub(crate) fn open(job: &'a Job, plan: &'a Plan, tell: &'a mut dyn FnMut(Event<'_>)) -> Result<Option<Self>> {
        let found = match job.resumable() {
            Some(path) => match found(job, plan, path)? {
                Found::Whole => return Ok(None),
                Found::Nothing => None,
                Found::Checkpoint(checkpoint) => Some(checkpoint),
            },
            None => None,
        };
        let mut writer = match found {
            Some(checkpoint) => Self::resumed(job, plan, tell, *checkpoint)?,
            None => Self::fresh(job, plan, tell)?,
        };
        if writer.position == Position::default() && !writer.done && writer.output.state() == (0, &[]) {
            writer.start()?;
        }
        Ok(Some(writer))
    }

    fn fresh(job: &'a Job, plan: &'a Plan, tell: &'a mut dyn FnMut(Event<'_>)) -> Result<Self> {
        if let Some(path) = job.resumable() {
            remove(&checkpoint_path(path))?;
        }
        let compression = job.kind.compression;
        let output = match &job.output {
            None => Output::stdout(compression),
            Some(path) => Output::create(path, compression)?,
        };
        let rejects = job.rejects.as_ref().map(|path| Output::create(path, Compression::None)).transpose()?;
        let counts = Counts::new(plan.layout.labels.names().len().saturating_sub(2));
        let clock = Clock::new(job.checkpoint_every);
        Ok(Self { job, plan, tell, output, rejects, position: Position::default(), counts, clock, done: false })
    }

    fn resumed(job: &'a Job, plan: &'a Plan, tell: &'a mut dyn FnMut(Event<'_>), from: Checkpoint) -> Result<Self> {
        let path = job.output.as_deref().unwrap_or(Path::new(""));
        let pending = STANDARD.decode(&from.pending).map_err(|_| damaged(path))?;
        let output = Output::resume(path, job.kind.compression, from.output, pending)?;
        let rejects = match &job.rejects {
            // A finished run may have given the rejects their name already.
            Some(path) if !from.done => Some(Output::resume(path, Compression::None, from.rejects, Vec::new())?),
            _ => None,
        };
        let clock = Clock::new(job.checkpoint_every);
        Ok(Self { job, plan, tell, output, rejects, position: from.position, counts: from.counts, clock, done: from.done })
    }

    /// Writes what stands before the first row.
    fn start(&mut self) -> Result<()> {
        if let RowFormat::Delimited(delimiter) = self.plan.layout.rows
            && self.job.shard.is_none_or(|(number, _)| number == 1)
        {
            self.output.write(&self.plan.layout.header(delimiter))?;
        }
        Ok(())
    }

    /// Where reading must go on.
    pub(crate) fn position(&self) -> Position {
        if self.done { Position { source: usize::MAX, ..self.position } } else { self.position }
    }

    /// Writes the rows of a chunk; gives its memory back.
    pub(crate) fn take(&mut self, labelled: Labelled) -> Result<(Vec<u8>, Vec<u8>), Halt> {
        if labelled.source != self.position.source {
            self.position = Position { source: labelled.source, ..Position::default() };
        }
        self.position.lines += labelled.skipped_lines;
        self.output.write(&labelled.rows)?;
        for reject in &labelled.rejects {
            self.reject(reject)?;
        }
        self.position.lines += labelled.lines;
        self.position.offset = labelled.end;
        self.counts.merge(&labelled.counts);
        if self.job.line_buffered {
            self.output.flush()?;
        }
        (self.tell)(Event::Progress(&self.counts));
        if self.job.max_rejects.is_some_and(|most| self.counts.rejected > most) {
            return Err(Halt::TooManyRejects);
        }
        if self.clock.is_due() {
            self.checkpoint()?;
        }
        Ok((labelled.spent, labelled.rows))
    }

    fn reject(&mut self, reject: &Reject) -> Result<()> {
        let Some(out) = &mut self.rejects else { return Ok(()) };
        let name = self.job.sources.get(self.position.source).map(Source::name).unwrap_or_default();
        let mut line = Vec::new();
        reject.write(&name, self.position.lines + reject.lines_before + 1, &mut line);
        out.write(&line)
    }

    /// Notes an input that was given up.
    pub(crate) fn lost(&mut self, lost: &Lost) -> Result<(), Halt> {
        if lost.source != self.position.source {
            self.position = Position { source: lost.source, ..Position::default() };
        }
        let source = self.job.sources.get(lost.source);
        let name = source.map(Source::name).unwrap_or_default();
        let byte = Some(lost.offset).filter(|_| source.is_some_and(|source| !source.format.is_columnar()));
        let place = byte.map_or_else(|| format!("row {}", lost.offset + 1), |byte| format!("byte {byte}"));
        (self.tell)(Event::Lost(&name, &place, &lost.reason));
        self.reject(&Reject::new(0, byte, lost.reason.clone(), &[]))?;
        self.counts.lost_inputs += 1;
        self.position = Position { source: lost.source + 1, ..Position::default() };
        Ok(())
    }

    /// Makes sure of everything up to here.
    fn checkpoint(&mut self) -> Result<()> {
        let Some(path) = self.job.resumable() else { return Ok(()) };
        self.output.sync()?;
        if let Some(rejects) = &mut self.rejects {
            rejects.sync()?;
        }
        let (output, pending) = self.output.state();
        let checkpoint = Checkpoint {
            version: CHECKPOINT_VERSION,
            settings: self.plan.settings.clone(),
            position: self.position,
            counts: self.counts.clone(),
            output,
            pending: STANDARD.encode(pending),
            rejects: self.rejects.as_ref().map_or(0, |rejects| rejects.state().0),
            done: self.done,
        };
        let text = serde_json::to_vec(&checkpoint).map_err(|e| Error::Data(e.to_string()))?;
        write_whole(&checkpoint_path(path), &text)
    }

    /// Ends the run: the whole output under its name, or a checkpoint to go on from.
    pub(crate) fn close(mut self, ended: Result<(), Halt>) -> Result<Finish> {
        let end = match ended {
            Ok(()) => self.publish().map_or_else(End::Failed, |()| End::Whole),
            Err(Halt::Stopped) => self.suspend().map_or_else(End::Failed, |()| End::Stopped),
            Err(Halt::TooManyRejects) => self.suspend().map_or_else(End::Failed, |()| End::TooManyRejects),
            Err(Halt::Failed(error)) => End::Failed(error),
        };
        Ok(Finish { end, counts: self.counts, columns: self.plan.layout.labels.names().to_vec() })
    }

    fn suspend(&mut self) -> Result<()> {
        self.output.flush()?;
        if self.job.resumable().is_some() {
            return self.checkpoint();
        }
        self.publish_rejects()
    }

    fn publish(&mut self) -> Result<()> {
        if !self.done {
            self.output.finish()?;
            if let Some(rejects) = &mut self.rejects {
                rejects.finish()?;
            }
            self.done = true;
            self.checkpoint()?;
        }
        self.publish_rejects()?;
        let Some(path) = self.job.resumable() else { return Ok(()) };
        if self.counts.nothing_usable() {
            // An empty file would look like a result.
            remove(&partial_path(path))?;
        } else {
            match &self.plan.layout.packing {
                Some(packing) => self.assemble(packing, path)?,
                None => {
                    write_whole(&meta_path(path), &self.meta()?)?;
                    publish(&partial_path(path), path)?;
                }
            }
        }
        remove(&checkpoint_path(path))
    }

    /// Makes one file of the parts; how the rows were made stands in its metadata.
    fn assemble(&self, packing: &Packing, path: &Path) -> Result<()> {
        let whole = with_suffix(path, ".whole");
        let meta = [
            ("demarche.meta".to_owned(), String::from_utf8_lossy(&self.meta()?).into_owned()),
            ("demarche.model".to_owned(), self.plan.model.clone()),
            ("demarche.program".to_owned(), concat!("demarche ", env!("CARGO_PKG_VERSION")).to_owned()),
        ];
        let inputs = Inputs {
            sources: &self.job.sources,
            stamps: &self.plan.stamps,
            layout: &self.plan.layout,
            threads: self.job.threads,
        };
        columnar::assemble(packing, &inputs, &partial_path(path), &whole, &meta)
            .map_err(|reason| Error::Data(format!("{}: {reason}", whole.display())))?;
        publish(&whole, path)?;
        remove(&partial_path(path))
    }

    fn publish_rejects(&self) -> Result<()> {
        match &self.job.rejects {
            Some(path) if partial_path(path).exists() => publish(&partial_path(path), path),
            _ => Ok(()),
        }
    }

    /// What stands in `OUT.meta.json`: how the rows were made.
    fn meta(&self) -> Result<Vec<u8>> {
        let inputs: Vec<_> =
            self.job.sources.iter().map(|source| json!({"name": source.name(), "format": source.format.name()})).collect();
        let meta = json!({
            "schema": 1,
            "program": concat!("demarche ", env!("CARGO_PKG_VERSION")),
            "model": self.plan.model,
            "columns": self.plan.layout.labels.names(),
            "format": self.job.kind.to_string(),
            "shard": self.job.shard.map(|(number, of)| format!("{number}/{of}")),
            "inputs": inputs,
            "records": self.counts.records,
            "rows": self.counts.rows,
            "rejected": self.counts.rejected,
            "lost_inputs": self.counts.lost_inputs,
            "settings": self.plan.settings,
        });
        let mut text = serde_json::to_vec_pretty(&meta).map_err(|e| Error::Data(e.to_string()))?;
        text.push(b'\n');
        Ok(text)
    }
}

impl Counts {
    /// Whether there were inputs, and all were given up.
    pub fn nothing_usable(&self) -> bool {
        self.rejected == self.records && self.rejected + self.lost_inputs > 0
    }
}

impl Job {
    /// The output, where it is a file that appears only when it is whole.
    pub(crate) fn resumable(&self) -> Option<&Path> {
        self.output.as_deref().filter(|path| !is_device(path))
    }
}

enum Found {
    Nothing,
    Whole,
    Checkpoint(Box<Checkpoint>),
}

/// Looks for an earlier run's output.
fn found(job: &Job, plan: &Plan, path: &Path) -> Result<Found> {
    let partial = partial_path(path);
    match (job.resume, path.exists(), partial.exists()) {
        (true, _, true) => return resumed(job, plan, path),
        (true, true, false) => return finished(job, plan, path),
        (false, true, _) if !job.force => {
            return Err(Error::Parameter(format!("{} is there already; write over it with --force", path.display())));
        }
        (false, _, true) if !job.force => {
            let name = partial.display();
            return Err(Error::Parameter(format!(
                "{name} is left of an interrupted run; go on with --resume or start anew with --force"
            )));
        }
        _ => {}
    }
    Ok(Found::Nothing)
}

/// A checkpoint that fits the job, or nothing where the run ended before its first one.
fn resumed(job: &Job, plan: &Plan, path: &Path) -> Result<Found> {
    let file = checkpoint_path(path);
    let Ok(text) = fs::read(&file) else { return Ok(Found::Nothing) };
    let checkpoint: Checkpoint = serde_json::from_slice(&text).map_err(|_| damaged(path))?;
    if checkpoint.version != CHECKPOINT_VERSION || checkpoint.settings != plan.settings {
        let name = file.display();
        let reason = "was made with other inputs, options, model or version, or an input changed since; start anew with --force";
        return Err(Error::Parameter(format!("{name} {reason}")));
    }
    let _ = job;
    Ok(Found::Checkpoint(Box::new(checkpoint)))
}

/// Whether the output that is there is this job's.
fn finished(job: &Job, plan: &Plan, path: &Path) -> Result<Found> {
    remove(&checkpoint_path(path))?;
    match origin(&Source { path: Some(path.to_owned()), format: job.kind.format }) {
        Some(meta) if meta.get("settings").and_then(|s| s.as_str()) != Some(&plan.settings) => Err(Error::Parameter(format!(
            "{} is whole, but was made with other inputs, options, model or version; make it anew with --force",
            path.display()
        ))),
        _ => Ok(Found::Whole),
    }
}

fn damaged(path: &Path) -> Error {
    Error::Data(format!("{}: cannot be read; start anew with --force", checkpoint_path(path).display()))
}

fn checkpoint_path(path: &Path) -> PathBuf {
    with_suffix(path, ".checkpoint")
}

fn meta_path(path: &Path) -> PathBuf {
    with_suffix(path, ".meta.json")
}

/// Removes a file that may be missing.
fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::io(path, error)),
        _ => Ok(()),
    }
}
