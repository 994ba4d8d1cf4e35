//! Loaded models and options; an [`Article`] in, an [`ArticleReport`] out.

use std::borrow::Cow;

use crate::{
    article::Article,
    error::Result,
    features,
    segment::{self, Segmentation},
    stance::{self, Labeller, Prediction, StanceModel},
    statement::{self, Holder, Statement},
    summarize::{Request, Summary, SummaryModel, by_stance},
};

/// A statement and what the classifier says of it.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelledStatement {
    /// Who says what.
    pub statement: Statement,
    /// With which stance.
    pub prediction: Prediction,
}

/// Everything that the pipeline finds in one article. Spans index `article.text`.
#[derive(Clone, Debug, PartialEq)]
pub struct ArticleReport {
    /// The article.
    pub article: Article,
    /// Headline, dateline, paragraphs, sentences.
    pub segmentation: Segmentation,
    /// Key sentences; scores and ranks of all.
    pub summary: Summary,
    /// Statements with their stances, in reading order.
    pub statements: Vec<LabelledStatement>,
    /// What the reader should know ("the text does not look like English").
    pub warnings: Vec<String>,
}

impl ArticleReport {
    /// The title: the one given, else the headline that stands in the text.
    pub fn title(&self) -> Option<&str> {
        let headline = || self.segmentation.headline.map(|span| span.of(&self.article.text));
        self.article.title.as_deref().or_else(headline)
    }

    /// The date: the one given, else that of the dateline, as written.
    pub fn date(&self) -> Option<&str> {
        let dateline = || self.segmentation.dateline.as_ref()?.date.map(|span| span.of(&self.article.text));
        self.article.date.as_deref().or_else(dateline)
    }

    /// The text of sentence `number`; empty where there is no such sentence.
    pub fn sentence_text(&self, number: usize) -> &str {
        self.segmentation.sentences.get(number).map_or("", |s| s.span.of(&self.article.text))
    }

    /// The words of sentence `number` that the summary shows: the sentence, or what is left of it where it is shortened,
    /// with a mark of omission where words are left away.
    pub fn summary_text(&self, number: usize) -> Cow<'_, str> {
        let whole = self.sentence_text(number);
        let Some((_, span)) = self.summary.trimmed.iter().find(|(sentence, _)| *sentence == number) else {
            return Cow::Borrowed(whole);
        };
        let shown = span.of(&self.article.text);
        let (head, tail) = (if whole.starts_with(shown) { "" } else { "… " }, if whole.ends_with(shown) { "" } else { " …" });
        Cow::Owned(format!("{head}{shown}{tail}"))
    }

    /// What to call the holder, as [`Holder::shown`].
    pub fn holder_text<'a>(&'a self, holder: &'a Holder) -> Option<&'a str> {
        holder.shown(&self.article.text)
    }
}

/// What to do with an article.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Which summary is wanted.
    pub summary: Request,
    /// Whether the summary is one sentence for each stance instead.
    pub by_stance: bool,
    /// Whether stances of statements are wanted.
    pub statements: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { summary: Request::default(), by_stance: false, statements: true }
    }
}

/// Models and options, ready to read articles; shared freely between threads.
#[derive(Clone, Debug)]
pub struct Pipeline {
    /// Labels statements.
    pub stance: StanceModel,
    /// Scores sentences.
    pub summary: SummaryModel,
    /// What to do.
    pub options: Options,
}

impl Pipeline {
    /// A pipeline of the models that are compiled in.
    ///
    /// # Errors
    /// [`crate::Error::Model`] if they do not fit this build (a bug).
    pub fn builtin(options: Options) -> Result<Self> {
        Ok(Self { stance: StanceModel::builtin()?, summary: SummaryModel::builtin()?, options })
    }

    /// Reads one article. An empty one gives an empty report with a warning.
    pub fn read(&self, article: Article) -> ArticleReport {
        self.read_with(&mut self.stance.labeller(), article)
    }

    /// As [`Pipeline::read`], with a labeller of its stance model that is kept from article to article: for many.
    pub fn read_with(&self, labeller: &mut Labeller, article: Article) -> ArticleReport {
        let segmentation = segment::segment(&article.text);
        let mut warnings = warnings(&article.text, &segmentation);
        let found = statement::extract(&article.text, &segmentation);
        let mut summary = self.summary.summarize_for(&article, &segmentation, &found, &self.options.summary);
        let wanted = self.options.statements || self.options.by_stance;
        let mut statements = if wanted { label(labeller, &article.text, found) } else { Vec::new() };
        if self.options.by_stance {
            let half = features::half_quotations(&article.text, &segmentation);
            self.choose_by_stance(&mut summary, &statements, &half);
        }
        if !self.options.statements {
            statements.clear();
        }
        warnings.extend(summary.warnings.iter().cloned());
        ArticleReport { article, segmentation, summary, statements, warnings }
    }

    /// Makes the summary one sentence for each label but `none`.
    fn choose_by_stance(&self, summary: &mut Summary, statements: &[LabelledStatement], half: &[bool]) {
        let labelled = |it: &LabelledStatement| by_stance::Labelled {
            sentence: it.statement.sentence,
            label: it.prediction.main,
            probability: it.prediction.probabilities.get(it.prediction.main).copied().unwrap_or(0.0),
            half_quotation: half.get(it.statement.sentence).copied().unwrap_or(false),
        };
        let labelled: Vec<by_stance::Labelled> = statements.iter().map(labelled).collect();
        let labels = self.stance.labels();
        let best = by_stance::best_by_stance(summary, &labelled, labels.len());
        let named = labels.iter().zip(best).filter(|(label, _)| *label != stance::NONE);
        summary.by_stance = named.filter_map(|(label, sentence)| Some((label.clone(), sentence?))).collect();
        summary.chosen = summary.by_stance.iter().map(|(_, sentence)| *sentence).collect();
        summary.chosen.sort_unstable();
        summary.chosen.dedup();
        summary.trimmed.clear();
        summary.warnings.clear();
        if summary.by_stance.is_empty() {
            summary.warnings.push("no statement of the article has a stance".into());
        }
    }
}

fn label(labeller: &mut Labeller, text: &str, statements: Vec<Statement>) -> Vec<LabelledStatement> {
    let mut label = |statement: Statement| {
        let prediction = labeller.predict(&statement::stance_text(text, &statement)).clone();
        LabelledStatement { statement, prediction }
    };
    statements.into_iter().map(&mut label).collect()
}

/// Letters that a text must have before its language is judged.
const MIN_LETTERS_FOR_LANGUAGE: usize = 120;
/// Bytes of the text on which its language is judged.
const LANGUAGE_SAMPLE: usize = 4096;

fn warnings(text: &str, segmentation: &Segmentation) -> Vec<String> {
    if text.trim().is_empty() {
        return vec!["the article is empty".into()];
    }
    let mut out = Vec::new();
    if segmentation.sentences.is_empty() {
        out.push("the article has no sentences".into());
    }
    let sample = crate::Span::clamped(text, 0..LANGUAGE_SAMPLE).of(text);
    let letters = sample.chars().filter(|c| c.is_alphabetic()).count();
    if letters >= MIN_LETTERS_FOR_LANGUAGE
        && let Some(info) = whatlang::detect(sample)
        && info.is_reliable()
        && info.lang() != whatlang::Lang::Eng
    {
        out.push(format!("the text looks like {}, not English: expect little", info.lang().eng_name()));
    }
    out
}
