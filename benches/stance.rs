//! Vectorising and scoring one text with the built-in model, beside the bare rate of hashing words and adding rows.

#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use demarche::{
    corpus::labelled::{self, Reading},
    stance::StanceModel,
};

fn texts() -> Vec<String> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("training-data/statements/authored.jsonl");
    labelled::read(&path, &Reading::default()).unwrap().into_iter().map(|it| it.text).collect()
}

/// What no classifier over word pairs can go without: a hash for each word and pair, and a row of weights for each hash.
fn hash_and_dot(text: &str, table: &[[i8; 4]]) -> [i32; 4] {
    let mut sums = [0i32; 4];
    let mut last = 0u64;
    for word in text.as_bytes().split(|b| *b == b' ') {
        let hash = word.iter().fold(0xcbf2_9ce4_8422_2325u64, |h, &b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
        for key in [hash, hash ^ last.rotate_left(17)] {
            let row = &table[(key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 46) as usize];
            sums.iter_mut().zip(row).for_each(|(s, &w)| *s += i32::from(w));
        }
        last = hash;
    }
    sums
}

fn label(c: &mut Criterion) {
    let texts = texts();
    let bytes: usize = texts.iter().map(String::len).sum();
    let model = StanceModel::builtin().unwrap();
    let mut labeller = model.labeller();
    let table: Vec<[i8; 4]> = (0..1usize << 18).map(|i| [i as i8, (i >> 3) as i8, (i >> 5) as i8, (i >> 7) as i8]).collect();
    let mut group = c.benchmark_group("stance");
    group.throughput(Throughput::Bytes(bytes as u64)).sample_size(20);
    group.bench_function("hash and dot", |b| {
        b.iter(|| texts.iter().map(|text| hash_and_dot(black_box(text), &table)[0]).sum::<i32>())
    });
    group.bench_function("label", |b| b.iter(|| texts.iter().map(|text| labeller.predict(black_box(text)).main).sum::<usize>()));
    group.finish();
}

criterion_group!(benches, label);
criterion_main!(benches);
