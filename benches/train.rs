//! The solver on a sparse matrix of our statements: word pairs, unit rows, one class against the rest.
//!
//! The same matrix is written for `benches/liblinear.py`, which fits it with scikit-learn's liblinear and compares
//! seconds and objective: `cargo bench --bench train -- FILE && python benches/liblinear.py FILE`.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

use std::{collections::BTreeMap, fmt::Write, path::Path, time::Instant};

use demarche::{
    corpus::labelled::{self, Reading},
    stance::{self, SoftTargets, SoftmaxParams, SparseRows},
};
use linfa::{DatasetBase, traits::Fit};

fn main() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("training-data/statements/authored.jsonl");
    let texts = labelled::read(&path, &Reading::default()).unwrap().texts;
    let mut columns: BTreeMap<String, u32> = BTreeMap::new();
    let rows: Vec<Vec<(u32, f32)>> = texts.iter().map(|it| row(&it.text, &mut columns)).collect();
    let gold: Vec<usize> = texts.iter().map(|it| usize::from(it.labels[0] == "concern")).collect();
    if let Some(file) = std::env::args().skip(1).find(|arg| !arg.starts_with('-')) {
        std::fs::write(file, svmlight(&rows, &gold)).unwrap();
    }
    let shares = gold.iter().flat_map(|&k| [1.0 - k as f32, k as f32]).collect();
    let targets = SoftTargets { shares, weights: vec![1.0; rows.len()], n_labels: 2 };
    let data = DatasetBase::new(SparseRows::new(&rows, columns.len()).unwrap(), targets);
    println!("{} rows, {} columns, {} entries", rows.len(), columns.len(), rows.iter().map(Vec::len).sum::<usize>());
    for threads in [1, 2, 4] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let start = Instant::now();
        // Two vectors w and -w: ½·l2·2·‖w‖² is liblinear's ½·‖2w‖² at l2 = 2.
        let params = SoftmaxParams::default().l2(2.0).tolerance(TOLERANCE);
        let fitted = pool.install(|| params.fit(&data)).unwrap();
        println!(
            "{threads} threads: {:.3} s, objective {:.6}, {} steps",
            start.elapsed().as_secs_f64(),
            fitted.objective,
            fitted.steps
        );
    }
}

/// At which the objective agrees with the optimum to 1e-6 of its value.
const TOLERANCE: f64 = 1e-3;

/// Words and pairs of words of a text as a row of unit length; new ones get a new column.
fn row(text: &str, columns: &mut BTreeMap<String, u32>) -> Vec<(u32, f32)> {
    let mut counts: BTreeMap<u32, f32> = BTreeMap::new();
    let mut last = String::from("^");
    let mut add = |key: String| {
        let next = columns.len() as u32;
        *counts.entry(*columns.entry(key).or_insert(next)).or_default() += 1.0;
    };
    stance::words(text, |word| {
        add(format!("{last} {word}"));
        add(word.clone());
        last = word;
    });
    let length = counts.values().map(|c| c * c).sum::<f32>().sqrt().max(1.0);
    // A last column of ones is not needed: the bias is free.
    counts.into_iter().map(|(column, count)| (column, count / length)).collect()
}

fn svmlight(rows: &[Vec<(u32, f32)>], gold: &[usize]) -> String {
    let mut out = String::new();
    for (row, label) in rows.iter().zip(gold) {
        let _ = write!(out, "{label}");
        row.iter().for_each(|(column, value)| {
            let _ = write!(out, " {}:{value}", column + 1);
        });
        out.push('\n');
    }
    out
}
