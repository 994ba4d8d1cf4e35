//! `demarche summarize --format html` with several articles: a folder of pages and their contents.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context;
use demarche::{
    pipeline::Pipeline,
    report::html::{self, Listed},
};

use super::{SummarizeArgs, read_reported};
use crate::cli::{Outcome, message};

/// File of the contents.
const CONTENTS: &str = "index.html";

/// Whether pages go into a folder: several articles, or an output that is one.
pub(super) fn wanted(args: &SummarizeArgs) -> bool {
    let is_folder = |path: &PathBuf| path.is_dir() || path.as_os_str().to_string_lossy().ends_with(std::path::is_separator);
    args.articles.len() > 1 || args.output.as_ref().is_some_and(is_folder)
}

/// Writes the page of every article that can be read, and the contents.
pub(super) fn run(args: &SummarizeArgs, pipeline: &Pipeline) -> anyhow::Result<Outcome> {
    let Some(folder) = &args.output else {
        anyhow::bail!("--format html of several articles writes a folder of pages; name it with --output FOLDER");
    };
    fs::create_dir_all(folder).with_context(|| format!("{}: the folder of the pages", folder.display()))?;
    let (labels, model) = (pipeline.stance.labels(), pipeline.stance.id());
    let mut taken = BTreeSet::from([CONTENTS.to_owned()]);
    let mut listed: Vec<Listed> = Vec::new();
    for path in &args.articles {
        let Some(report) = read_reported(path, args, pipeline) else { continue };
        report.warnings.iter().for_each(|warning| message::warning(warning));
        let name = page_name(path, &mut taken);
        let page = html::article(&report, labels, &model, &html::explained(&report, &pipeline.stance))?;
        write(&folder.join(&name), &page)?;
        listed.push(Listed::new(&report, &name, labels.len()));
    }
    if listed.is_empty() {
        return Ok(Outcome::Nothing);
    }
    write(&folder.join(CONTENTS), &html::contents(&listed, labels, &model)?)?;
    message::line(&format!("{} pages in {}; start with {CONTENTS}", listed.len(), folder.display()));
    Ok(if listed.len() < args.articles.len() { Outcome::Partly } else { Outcome::Done })
}

fn write(path: &Path, page: &str) -> anyhow::Result<()> {
    fs::write(path, page).with_context(|| path.display().to_string())
}

/// A file name for the page of the article in `path`, which no other page of the folder has.
fn page_name(path: &Path, taken: &mut BTreeSet<String>) -> String {
    let stem = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    let stem = if stem.is_empty() || stem == "-" { "standard-input".into() } else { stem };
    let numbered = |n: usize| if n == 1 { format!("{stem}.html") } else { format!("{stem}-{n}.html") };
    // File systems that fold case take two such names for one.
    let free = (1..).map(numbered).find(|name| taken.insert(name.to_lowercase()));
    free.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_has_its_own_name() {
        let mut taken = BTreeSet::from([CONTENTS.to_owned()]);
        let mut name = |path: &str| page_name(Path::new(path), &mut taken);
        assert_eq!(name("a/talks.txt"), "talks.html");
        assert_eq!(name("b/Talks.md"), "Talks-2.html");
        assert_eq!(name("index.html"), "index-2.html");
        assert_eq!(name("-"), "standard-input.html");
    }
}
