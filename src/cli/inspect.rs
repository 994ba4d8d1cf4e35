//! `demarche inspect`: what is in a model.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use demarche::{
    model::{Block, Manifest},
    stance::StanceModel,
};

use super::Outcome;

/// Arguments of `demarche inspect`.
#[derive(Debug, clap::Args)]
pub(crate) struct InspectArgs {
    /// Folder of the model [default: the built-in English model]
    #[arg(value_name = "MODEL")]
    model: Option<PathBuf>,
    /// Print the whole manifest as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) fn run(args: &InspectArgs) -> anyhow::Result<Outcome> {
    let model = args.model.as_deref().map_or_else(StanceModel::builtin, StanceModel::load)?;
    let mut out = std::io::stdout().lock();
    match args.json {
        true => writeln!(out, "{}", serde_json::to_string_pretty(model.manifest())?)?,
        false => write!(out, "{}", text(&model.id(), model.manifest(), args.model.as_deref()))?,
    }
    Ok(Outcome::Done)
}

fn text(id: &str, manifest: &Manifest, folder: Option<&Path>) -> String {
    let place = folder.map_or_else(|| "built in".into(), |folder| folder.display().to_string());
    let mut out = format!("{id} ({place})\nformat {}, trained by demarche {}\n\n", manifest.format, manifest.program);
    out += "label                texts  further from  sure from\n";
    for (k, label) in manifest.labels.iter().enumerate() {
        let at = |values: &[f32]| {
            values.get(k).map_or_else(|| "-".into(), |&t| if t > 1.0 { "never".into() } else { format!("{t:.3}") })
        };
        let texts = manifest.training.counts.get(label).copied().unwrap_or_default();
        out += &format!("{label:<20} {texts:>5}  {:>12}  {:>9}\n", at(&manifest.thresholds), at(&manifest.abstain.thresholds));
    }
    out += "\nfeatures  buckets\n";
    for block in Block::ALL.into_iter().filter(|&block| manifest.features.buckets(block) > 0) {
        out += &format!("{:<8}  {:>7}\n", block.name(), manifest.features.buckets(block));
    }
    let training = &manifest.training;
    out += &format!(
        "\ntemperature {}, l2 {}, {} folds, seed {}\n",
        manifest.temperature, training.l2, training.folds, training.seed
    );
    for (file, hash) in training.data.iter().chain(&manifest.hashes) {
        out += &format!("{file}: BLAKE3 {hash}\n");
    }
    if let Some(codebook) = &training.codebook {
        out += &format!("codebook: BLAKE3 {codebook}\n");
    }
    if !manifest.metrics.is_null() {
        out += &format!("\non held-out folds: {}\n", manifest.metrics);
    }
    out
}
