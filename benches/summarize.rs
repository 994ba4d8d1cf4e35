//! Speed of splitting, features and ranking on an article of 600 words, and their growth on long ones.
#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use demarche::{
    Article, features, segment,
    summarize::{Budget, SummaryModel},
};

/// Articles of ours, one after the other, cut after about `words` words at a paragraph.
fn article(words: usize) -> String {
    let fixtures = [
        include_str!("../tests/fixtures/corridor-talks.txt"),
        include_str!("../tests/fixtures/trawler-quarrel.txt"),
        include_str!("../tests/fixtures/cable-hours.txt"),
    ];
    let paragraphs = fixtures.iter().flat_map(|text| text.split("\n\n")).cycle();
    let mut seen = 0;
    let taken: Vec<&str> = paragraphs
        .take_while(|paragraph| {
            let more = seen < words;
            seen += paragraph.split_whitespace().count();
            more
        })
        .collect();
    taken.join("\n\n")
}

fn one_article(criterion: &mut Criterion) {
    let text = article(600);
    let read = Article::from_text(text.as_str());
    let segmentation = segment::segment(&text);
    let model = SummaryModel::builtin().unwrap();
    let mut group = criterion.benchmark_group("600 words");
    group.throughput(Throughput::Elements(1));
    group.bench_function("segment", |b| b.iter(|| segment::segment(black_box(&text))));
    group.bench_function("features", |b| b.iter(|| features::matrix(black_box(&read), &segmentation, &[])));
    group.bench_function("rank", |b| b.iter(|| model.summarize(black_box(&read), &segmentation, &[], Budget::default())));
    group.bench_function("segment and rank", |b| {
        b.iter_batched(
            || text.clone(),
            |text| {
                let article = Article::from_text(text);
                let segmentation = segment::segment(&article.text);
                model.summarize(&article, &segmentation, &[], Budget::default())
            },
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

fn long_articles(criterion: &mut Criterion) {
    let model = SummaryModel::builtin().unwrap();
    let mut group = criterion.benchmark_group("rank by sentences");
    group.sample_size(10);
    for words in [10_000, 100_000, 1_000_000] {
        let read = Article::from_text(article(words));
        let segmentation = segment::segment(&read.text);
        let n = segmentation.sentences.len();
        group.throughput(Throughput::Elements(n as u64));
        group.bench_with_input(BenchmarkId::from_parameter(n), &read, |b, read| {
            b.iter(|| model.summarize(read, &segmentation, &[], Budget::default()));
        });
    }
    group.finish();
}

criterion_group!(benches, one_article, long_articles);
criterion_main!(benches);
