//! Labelling one text with the built-in model, in whole and in its two halves, beside the bare rate of hashing words and
//! adding rows. At the end it prints each rate as a share of the bare one.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

use std::{hint::black_box, time::Instant};

use criterion::{Criterion, Throughput, criterion_group};
use demarche::{
    corpus::labelled::{self, Reading},
    stance::{Labeller, StanceModel},
};

fn texts() -> Vec<String> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("training-data/statements/authored.jsonl");
    labelled::read(&path, &Reading::default()).unwrap().texts.into_iter().map(|it| it.text).collect()
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

/// What is measured: its name, and one pass over all texts.
type Pass<'t> = (&'static str, Box<dyn FnMut() -> usize + 't>);

fn passes(texts: &[String]) -> Vec<Pass<'_>> {
    let model = StanceModel::builtin().unwrap();
    let table: Vec<[i8; 4]> = (0..1usize << 18).map(|i| [i as i8, (i >> 3) as i8, (i >> 5) as i8, (i >> 7) as i8]).collect();
    let (mut whole, mut half) = (model.labeller(), model.labeller());
    // A labeller for each text, so that the second half finds what the first one left.
    let read = |text: &String| {
        let mut labeller = model.labeller();
        labeller.vectorise(text);
        labeller
    };
    let mut readers: Vec<Labeller> = texts.iter().map(read).collect();
    vec![
        ("hash and dot", Box::new(move || texts.iter().map(|text| hash_and_dot(black_box(text), &table)[0] as usize & 1).sum())),
        ("vectorise", Box::new(move || texts.iter().map(|text| half.vectorise(black_box(text))).sum())),
        ("score", Box::new(move || readers.iter_mut().map(|labeller| labeller.score().main).sum())),
        ("label", Box::new(move || texts.iter().map(|text| whole.predict(black_box(text)).main).sum())),
    ]
}

fn label(c: &mut Criterion) {
    let texts = texts();
    let mut group = c.benchmark_group("stance");
    let bytes: usize = texts.iter().map(String::len).sum();
    group.throughput(Throughput::Bytes(bytes as u64)).sample_size(20);
    for (name, mut pass) in passes(&texts) {
        group.bench_function(name, |b| b.iter(&mut pass));
    }
    group.finish();
}

/// Prints the best rate of each pass, and its share of the first one's.
fn shares() {
    let texts = texts();
    let mut bare = 0.0;
    for (name, mut pass) in passes(&texts) {
        let best = (0..40).map(|_| seconds(&mut pass)).fold(f64::INFINITY, f64::min);
        let rate = texts.len() as f64 / best;
        bare = if bare > 0.0 { bare } else { rate };
        println!("{name:<14}{rate:>12.0} texts/s{:>8.0} % of hash and dot", 100.0 * rate / bare);
    }
}

fn seconds(pass: &mut impl FnMut() -> usize) -> f64 {
    let start = Instant::now();
    black_box(pass());
    start.elapsed().as_secs_f64()
}

criterion_group!(benches, label);

fn main() {
    benches();
    Criterion::default().configure_from_args().final_summary();
    shares();
}
