//! Bytes in; an article out: encodings decoded, HTML and Markdown reduced to their text.

/// One article.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Article {
    /// Identifier in its corpus.
    pub id: Option<String>,
    /// Headline, where it is known apart from the text.
    pub title: Option<String>,
    /// Date as given.
    pub date: Option<String>,
    /// The text that all spans index; blank lines part paragraphs.
    pub text: String,
    /// Whether `text` was decoded or extracted, so that it is not the input byte for byte.
    pub extracted: bool,
}

impl Article {
    /// An article of nothing but its text.
    pub fn from_text(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }
}
