//! Summary and statements of an article: `cargo run --release --example summarize_article FILE`.
#![allow(clippy::print_stdout, reason = "a program")]

use demarche::{Article, Pipeline, pipeline::Options, report};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("which article? name a text file")?;
    let pipeline = Pipeline::builtin(Options::default())?;
    let report = pipeline.read(Article::from_text(std::fs::read_to_string(path)?));
    for &number in &report.summary.chosen {
        println!("{}", report.sentence_text(number));
    }
    for labelled in &report.statements {
        let holder = report.holder_text(&labelled.statement.holder).unwrap_or("(unnamed)");
        let stance = report::main_label(pipeline.stance.labels(), &labelled.prediction);
        println!("{holder}: {stance}: {}", report::content_text(&report.article.text, labelled));
    }
    Ok(())
}
