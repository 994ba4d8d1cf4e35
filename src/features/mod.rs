//! Sentences and statements in; a feature matrix out, one row a sentence.

mod centrality;
mod length;
mod position;
mod quotation;
mod surface;
mod view;
pub(crate) mod words;

use ndarray::Array2;

use crate::{article::Article, segment::Segmentation, statement::Statement};
use centrality::Centrality;
use view::View;

pub(crate) use view::{Rows, sentences_with};

/// Features of the sentences of one article.
#[derive(Clone, Debug, PartialEq)]
pub struct FeatureMatrix {
    /// `(n_sentences, n_features)`.
    pub values: Array2<f32>,
    /// Column names, in order.
    pub names: Vec<&'static str>,
}

/// What features are computed from.
pub(crate) struct Context {
    view: View,
    centrality: Centrality,
}

/// One feature.
pub struct Feature {
    /// Name in reports and stored weights.
    pub name: &'static str,
    /// What it says of a sentence.
    pub meaning: &'static str,
    value: fn(&Context, usize) -> f32,
}

macro_rules! table {
    ($($name:literal, $meaning:literal, $value:expr;)*) => {
        /// The table of features: name, meaning, function.
        pub const FEATURES: &[Feature] = &[$(Feature { name: $name, meaning: $meaning, value: $value }),*];
    };
}

table! {
    "position_inverse", "1 / (1 + number of the sentence from 0)", position::inverse;
    "position_log", "ln(1 + number)", position::log;
    "position_relative", "number / (n - 1)", position::relative;
    "first", "is the first sentence", |c, i| position::is(c, i, 0);
    "second", "is the second sentence", |c, i| position::is(c, i, 1);
    "third", "is the third sentence", |c, i| position::is(c, i, 2);
    "last", "is the last sentence", position::last;
    "first_tenth", "is in the first tenth", position::first_tenth;
    "length_log", "ln(1 + words)", length::log;
    "under_5", "has fewer than 5 words", |c, i| length::under(c, i, 5);
    "under_8", "has fewer than 8 words", |c, i| length::under(c, i, 8);
    "over_40", "has more than 40 words", length::over_40;
    "no_stop", "does not end with a full stop, question or exclamation mark", length::no_stop;
    "parenthesis", "has a parenthesis", length::parenthesis;
    "centroid", "cosine with the sum of all sentences", |c, i| c.centrality.centroid[i];
    "sum_basic", "mean probability of its content words (SumBasic)", |c, i| c.centrality.sum_basic[i];
    "lex_rank", "LexRank, 1 is average", |c, i| c.centrality.lex_rank[i];
    "to_later", "similarity to later sentences", |c, i| c.centrality.to_later[i];
    "to_earlier", "similarity to earlier sentences", |c, i| c.centrality.to_earlier[i];
    "nearest", "similarity to the most similar sentence", |c, i| c.centrality.nearest[i];
    "top_terms", "share of the ten weightiest terms", |c, i| c.centrality.top_terms[i];
    "word_spread", "mean share of sentences that have its words", |c, i| c.centrality.word_spread[i];
    "bigram_spread", "mean share of sentences that have its bigrams", |c, i| c.centrality.bigram_spread[i];
    "mean_idf", "mean rarity of its words in the article", |c, i| c.centrality.mean_idf[i];
    "title_overlap", "share of its terms that the title has", |c, i| c.centrality.title[i];
    "title_coverage", "share of the title's words that it has", |c, i| c.centrality.title_coverage[i];
    "title_weight", "the same, rare words counting for more", |c, i| c.centrality.title_weight[i];
    "title_bigrams", "share of the title's bigrams that it has", |c, i| c.centrality.title_bigrams[i];
    "to_first_two", "cosine with the first two sentences", |c, i| c.centrality.to_first_two[i];
    "new_terms", "share of its terms that are new", |c, i| c.centrality.new_terms[i];
    "later_coverage", "mean number of later sentences that take up its terms", |c, i| c.centrality.later_coverage[i];
    "names", "weight of its names", |c, i| c.centrality.names[i];
    "new_names", "names mentioned first here", |c, i| c.centrality.new_names[i];
    "capitals", "share of words with a capital", surface::capitals;
    "numbers", "share of words that are numbers", surface::numbers;
    "full_names", "names of two words or more", surface::full_names;
    "lone_names", "names of one word", surface::lone_names;
    "cue_words", "share of cue words", |c, i| surface::share(c, i, words::CUE);
    "saying", "verbs of saying", |c, i| surface::has(c, i, words::SAYING);
    "first_person", "share of first-person words", |c, i| surface::share(c, i, words::FIRST_PERSON);
    "second_person", "has a second-person word", |c, i| surface::has(c, i, words::SECOND_PERSON);
    "weekday", "names a day", |c, i| surface::has(c, i, words::WEEKDAY);
    "month", "names a month", |c, i| surface::has(c, i, words::MONTH);
    "indefinite", "indefinite articles", |c, i| surface::count(c, i, words::INDEFINITE);
    "definite", "share of definite articles", |c, i| surface::share(c, i, words::DEFINITE);
    "titles", "has a title", |c, i| surface::has(c, i, words::TITLE);
    "negation", "has a negation", |c, i| surface::has(c, i, words::NEGATION);
    "stop_words", "share of stop words", |c, i| surface::share(c, i, words::STOP);
    "furniture", "words of page furniture", |c, i| surface::count(c, i, words::FURNITURE);
    "pronouns", "share of third-person pronouns", |c, i| surface::share(c, i, words::PRONOUN);
    "opens_pronoun", "opens with a pronoun", |c, i| surface::opens(c, i, words::PRONOUN);
    "opens_connective", "opens with a connective", |c, i| surface::opens(c, i, words::CONNECTIVE);
    "opens_definite", "opens with the", |c, i| surface::opens(c, i, words::DEFINITE);
    "opens_indefinite", "opens with a or an", |c, i| surface::opens(c, i, words::INDEFINITE);
    "opens_first_person", "opens with a first-person word", |c, i| surface::opens(c, i, words::FIRST_PERSON);
    "question", "has a question mark", surface::question;
    "quotation", "has a quotation mark", surface::quotation;
    "opens_quotation", "opens with a quotation mark", surface::opens_quotation;
    "inside_quotation", "opens or ends inside a quotation", surface::inside_quotation;
    "half_quotation", "shows half of a quotation", surface::half_quotation;
    "paragraph_start", "opens a paragraph", |c, i| f32::from(u8::from(c.view.paragraph_start[i]));
    "dateline", "the article has a dateline", |c, _| f32::from(u8::from(c.view.has_dateline));
}

impl Context {
    /// Reads an article once.
    pub(crate) fn new(article: &Article, segmentation: &Segmentation, statements: &[Statement]) -> Self {
        let _ = statements;
        let view = View::new(article, segmentation);
        let centrality = Centrality::new(&view);
        Self { view, centrality }
    }

    /// Every feature of every sentence.
    pub(crate) fn matrix(&self) -> FeatureMatrix {
        let values = Array2::from_shape_fn((self.view.n_sentences, FEATURES.len()), |(i, f)| (FEATURES[f].value)(self, i));
        FeatureMatrix { values, names: FEATURES.iter().map(|f| f.name).collect() }
    }

    /// Content terms of each sentence.
    pub(crate) fn rows(&self) -> &Rows {
        &self.view.rows
    }

    /// Words of each sentence, as white space parts them.
    pub(crate) fn word_counts(&self) -> Vec<usize> {
        self.view.counts.iter().map(|counts| counts.words as usize).collect()
    }

    /// Whether each sentence opens with a pronoun or connective that points to the one before; the first
    /// has none before it.
    pub(crate) fn dependent(&self) -> Vec<bool> {
        let opens = |counts: &view::Counts| counts.opening & (words::PRONOUN | words::CONNECTIVE) != 0;
        self.view.counts.iter().enumerate().map(|(i, counts)| i > 0 && opens(counts)).collect()
    }

    /// Whether each sentence shows half of a quotation.
    pub(crate) fn half_quotations(&self) -> Vec<bool> {
        self.view.quotation.iter().map(|it| it.is_half()).collect()
    }
}

/// Computes every feature of every sentence; an article without sentences gives no rows.
pub fn matrix(article: &Article, segmentation: &Segmentation, statements: &[Statement]) -> FeatureMatrix {
    Context::new(article, segmentation, statements).matrix()
}

/// Whether each sentence shows half of a quotation: alone it would leave a mark open, or stand without its marks.
pub fn half_quotations(text: &str, segmentation: &Segmentation) -> Vec<bool> {
    quotation::read(text, segmentation).into_iter().map(quotation::Quoting::is_half).collect()
}
