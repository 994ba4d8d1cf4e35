//! The page that leads to the pages of several articles: title, date, stances and summary of each.

use askama::Template;

use super::{
    SCRIPT, STYLE, folded,
    label::{Label, looks},
    sealed,
};
use crate::{error::Result, pipeline::ArticleReport, report::PROGRAM};

/// What the contents say of one article; far smaller than its report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    file: String,
    title: String,
    date: Option<String>,
    summary: Vec<String>,
    /// Statements with each label as the main one.
    counts: Vec<usize>,
}

impl Listed {
    /// The entry of `report`, whose page stands in `file` beside the contents; `n_labels` is that of the stance model.
    pub fn new(report: &ArticleReport, file: &str, n_labels: usize) -> Self {
        let mains = report.statements.iter().map(|it| it.prediction.main);
        let count = |label: usize| mains.clone().filter(|&main| main == label).count();
        Self {
            file: relative(file),
            title: report.title().map(folded).filter(|it| !it.is_empty()).unwrap_or_else(|| file.to_owned()),
            date: report.date().map(folded),
            summary: report.summary.chosen.iter().map(|&number| folded(&report.summary_text(number))).collect(),
            counts: (0..n_labels).map(count).collect(),
        }
    }

    fn n_statements(&self) -> usize {
        self.counts.iter().sum()
    }
}

/// `file` as a link that stays in the folder whatever the name has in it: all but letters, digits and `-._` in percents.
fn relative(file: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    let encoded = file.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") });
    format!("./{}", encoded.collect::<String>())
}

/// The contents of a folder of pages as one HTML document without anything to load.
///
/// `labels` and `model` are those of the stance model. Equal input gives equal bytes.
///
/// # Errors
/// [`crate::Error::Data`] if the page cannot be put together (a bug).
pub fn contents(articles: &[Listed], labels: &[String], model: &str) -> Result<String> {
    let page = Page { articles, looks: looks(labels), model };
    sealed(|nonce| ContentsPage { nonce, page: &page }.render())
}

#[derive(Template)]
#[template(path = "contents.html")]
struct ContentsPage<'p> {
    nonce: &'p str,
    page: &'p Page<'p>,
}

struct Page<'r> {
    articles: &'r [Listed],
    looks: Vec<Label>,
    model: &'r str,
}

impl Page<'_> {
    fn n_statements(&self) -> usize {
        self.articles.iter().map(Listed::n_statements).sum()
    }

    fn tally(&self) -> Vec<(&Label, usize)> {
        let total = |label: usize| self.articles.iter().filter_map(|it| it.counts.get(label)).sum();
        self.looks.iter().enumerate().map(|(label, look)| (look, total(label))).filter(|&(_, n)| n > 0).collect()
    }

    fn tally_of(&self, article: &Listed) -> Vec<(&Label, usize)> {
        self.looks.iter().zip(article.counts.iter().copied()).filter(|&(_, n)| n > 0).collect()
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn links_stay_in_the_folder() {
        assert_eq!(super::relative("talks.html"), "./talks.html");
        assert_eq!(super::relative("javascript:a b#?é.html"), "./javascript%3Aa%20b%23%3F%C3%A9.html");
    }
}
