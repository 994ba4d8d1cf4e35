//! The stance of one statement: `cargo run --release --example label_statement "We welcome the truce."`.
#![allow(clippy::print_stdout, reason = "a program")]

use demarche::stance::StanceModel;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let text = std::env::args().nth(1).ok_or("which statement? give it as the argument")?;
    let model = StanceModel::builtin()?;
    let prediction = model.predict(&text);
    for (label, probability) in model.labels().iter().zip(&prediction.probabilities) {
        println!("{label:<12} {probability:.4}");
    }
    Ok(())
}
