//! Throughput of finding statements in our own annotated articles: `cargo bench --bench extract`.
#![allow(missing_docs, clippy::unwrap_used)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use demarche::{segment, statement};
use std::hint::black_box;

/// Texts of the articles in `training-data/articles/first.jsonl`.
fn texts() -> Vec<String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/training-data/articles/first.jsonl");
    let body = std::fs::read_to_string(path).unwrap();
    body.lines().map(|l| serde_json::from_str::<serde_json::Value>(l).unwrap()["text"].as_str().unwrap().to_owned()).collect()
}

fn extract(c: &mut Criterion) {
    let texts = texts();
    let mut group = c.benchmark_group("extract");
    group.throughput(Throughput::Elements(texts.len() as u64));
    group.bench_function("articles", |b| {
        b.iter(|| texts.iter().map(|text| statement::extract(text, &segment::segment(text)).len()).map(black_box).sum::<usize>());
    });
    group.throughput(Throughput::Bytes(texts.iter().map(|t| t.len() as u64).sum()));
    group.bench_function("bytes", |b| {
        b.iter(|| texts.iter().map(|text| statement::extract(text, &segment::segment(text)).len()).map(black_box).sum::<usize>());
    });
    group.finish();
}

criterion_group!(benches, extract);
criterion_main!(benches);
