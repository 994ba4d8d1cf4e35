//! Stands for `columnar` in builds without that feature: every table is refused.
#![allow(dead_code)]

use std::path::Path;

use super::{
    columns::{LabelColumns, Verdict},
    format::Format,
    layout::Layout,
    source::{Source, Stamp},
};

pub(crate) const PART_BYTES: usize = 2 << 20;
const MISSING: &str = "this build reads and writes no Parquet and Arrow; build it with the feature `columnar`";

/// No batch.
#[derive(Clone, Debug)]
pub(crate) struct Batch(());

impl Batch {
    pub(crate) fn num_rows(&self) -> usize {
        0
    }

    pub(crate) fn slice(&self, _: usize, _: usize) -> Self {
        self.clone()
    }
}

/// No schema.
#[derive(Clone, Debug)]
pub(crate) struct Schema(());

/// No table.
pub(crate) struct Table(());

impl Table {
    pub(crate) fn open(_: &Source, _: u64, _: &[usize], _: bool) -> Result<Self, String> {
        Err(MISSING.into())
    }

    pub(crate) fn rows(_: &Source) -> Result<u64, String> {
        Err(MISSING.into())
    }

    pub(crate) fn next_part(&mut self) -> Result<Vec<Batch>, String> {
        Err(MISSING.into())
    }

    pub(crate) fn stored_bytes(&self, _: usize) -> u64 {
        0
    }
}

/// Nothing is read.
pub fn is_reading() -> bool {
    false
}

pub(crate) fn schema_of(_: &Source) -> Result<Schema, String> {
    Err(MISSING.into())
}

pub(crate) fn project(_: &Schema, _: &[usize]) -> Result<Schema, String> {
    Err(MISSING.into())
}

pub(crate) fn note<'s>(_: &'s Schema, _: &str) -> Option<&'s str> {
    None
}

pub(crate) fn names(_: &Schema) -> Vec<String> {
    Vec::new()
}

pub(crate) fn json_lines(_: &[Batch], _: &[usize]) -> Result<Vec<u8>, String> {
    Err(MISSING.into())
}

pub(crate) fn text_column(_: &Batch, _: usize) -> Result<Batch, String> {
    Err(MISSING.into())
}

pub(crate) fn texts(_: &Batch) -> Result<std::iter::Empty<Option<&str>>, String> {
    Err(MISSING.into())
}

pub(crate) fn assemble(_: &Packing, _: &Inputs<'_>, _: &Path, _: &Path, _: &[(String, String)]) -> Result<(), String> {
    Err(MISSING.into())
}

pub(crate) enum Typed<'t> {
    Schema(&'t Schema),
    Records(&'t str),
    Texts,
}

/// No columns to copy.
pub(crate) struct Inputs<'i> {
    pub(crate) sources: &'i [Source],
    pub(crate) stamps: &'i [Option<Stamp>],
    pub(crate) layout: &'i Layout,
    pub(crate) threads: usize,
}

/// No labels.
pub(crate) struct Frame(());

impl Frame {
    pub(crate) fn new(_: usize, _: u64, _: Vec<u8>) -> Self {
        Self(())
    }

    pub(crate) fn push(&mut self, _: Option<Verdict<'_>>) {}

    pub(crate) fn finish(self) -> Vec<u8> {
        Vec::new()
    }
}

/// No label columns.
pub(crate) struct LabelArrays(());

impl LabelArrays {
    pub(crate) fn push(&mut self, _: &LabelColumns, _: Verdict<'_>) {}
}

/// No packing.
#[derive(Clone, Debug)]
pub(crate) struct Packing(());

impl Packing {
    pub(crate) fn new(_: Format, _: &Typed<'_>, _: &Layout) -> Result<Self, String> {
        Err(MISSING.into())
    }

    pub(crate) fn grafted(self, _: &[Source], _: &Layout) -> Self {
        self
    }

    pub(crate) fn is_graft(&self) -> bool {
        false
    }

    pub(crate) fn fits(&self, _: &Schema, _: &[usize]) -> bool {
        false
    }

    pub(crate) fn label_arrays(&self) -> LabelArrays {
        LabelArrays(())
    }

    pub(crate) fn joined(&self, _: &Batch, _: &[usize], _: LabelArrays, _: &[bool]) -> Result<Batch, String> {
        Err(MISSING.into())
    }

    pub(crate) fn decoded(&self, _: &[u8]) -> Result<Option<Batch>, String> {
        Err(MISSING.into())
    }

    pub(crate) fn part(&self, _: &[Batch]) -> Result<Vec<u8>, String> {
        Err(MISSING.into())
    }
}
