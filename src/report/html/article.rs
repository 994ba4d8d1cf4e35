//! The page of one article: summary, who says what, the marked text, the table of statements.

use askama::Template;

use super::{
    Contribution, Evidence, SCRIPT, STYLE, bar_class, evidence, folded, hundredths,
    label::{Label, looks},
    marks::{Paragraph, paragraphs},
    percent, sealed, signed,
};
use crate::{
    error::Result,
    pipeline::{ArticleReport, LabelledStatement},
    report::{PROGRAM, content_text, rounded},
    stance::StanceModel,
    statement::{Holder, stance_text},
};

/// Contributions shown for one statement.
const N_CONTRIBUTIONS: usize = 6;
/// With more statements the evidence is told in sentences instead of tables with bars, so that pages of long articles stay small.
const MOST_IN_FULL: usize = 60;
/// With more, only probabilities, cue and how the holder was found are told.
const MOST_WITH_WEIGHTS: usize = 150;
/// With more, stances and their probabilities alone: 280 statements then stay under 300 kB beside their words.
const MOST_WITH_EVIDENCE: usize = 250;
/// Contributions that are told in a sentence.
const N_TOLD: usize = 3;
/// Below this probability a label is shown as doubtful: it is likelier wrong than right.
const DOUBTFUL: f64 = 0.5;
/// Holders with a bar of their own; the others share one.
const N_HOLDERS: usize = 24;
/// Who holds a statement whose source the text does not name.
const UNNAMED: &str = "(unnamed)";

/// The page of `report` as one HTML document without anything to load.
///
/// `labels` and `model` are those of the stance model; `evidence` goes with the statements one by one and may be
/// shorter. Equal input gives equal bytes.
///
/// # Errors
/// [`crate::Error::Data`] if the page cannot be put together (a bug).
pub fn article(report: &ArticleReport, labels: &[String], model: &str, evidence: &[Evidence]) -> Result<String> {
    let looks = looks(labels);
    let page = Page::new(report, &looks, model, evidence);
    sealed(|nonce| ArticlePage { nonce, page: &page }.render())
}

/// What made the label of each statement of `report`, for [`article`].
pub fn explained(report: &ArticleReport, model: &StanceModel) -> Vec<Evidence> {
    let one = |labelled: &LabelledStatement| {
        let text = stance_text(&report.article.text, &labelled.statement);
        evidence(&model.explain(&text), &text, N_CONTRIBUTIONS)
    };
    report.statements.iter().map(one).collect()
}

#[derive(Template)]
#[template(path = "article.html")]
struct ArticlePage<'p> {
    nonce: &'p str,
    page: &'p Page<'p>,
}

/// Everything that the template shows.
struct Page<'r> {
    title: String,
    date: Option<&'r str>,
    dateline: Option<&'r str>,
    /// The headline in the text, where another title is shown.
    headline: Option<&'r str>,
    model: &'r str,
    warnings: &'r [String],
    summary: Vec<KeySentence>,
    paragraphs: Vec<Paragraph<'r>>,
    statements: Vec<Card<'r>>,
    /// Labels that occur, with their counts.
    tally: Vec<(&'r Label, usize)>,
    holders: Vec<HolderBar<'r>>,
    holder_names: Vec<String>,
    longest_bar: usize,
}

struct KeySentence {
    sentence: usize,
    text: String,
}

/// One statement as margin note, table row and evidence.
struct Card<'r> {
    holder: String,
    is_named: bool,
    role: Option<&'r str>,
    reported_by: Option<String>,
    target: Option<&'r str>,
    cue: Option<&'r str>,
    kind: &'static str,
    speech: bool,
    resolved_by: &'static str,
    found_by: &'static str,
    look: &'r Label,
    also: Vec<&'r Label>,
    /// Place of the main label among the labels, for sorting.
    order: usize,
    p: f64,
    probabilities: Vec<(&'r Label, f64)>,
    words: String,
    /// Whether the margin names its holder: not where the statement before in its paragraph has the same.
    opens: bool,
    evidence: &'r [Contribution],
    heaviest: f64,
}

impl Card<'_> {
    fn percent(&self) -> String {
        percent(self.p)
    }

    fn is_doubtful(&self) -> bool {
        self.p < DOUBTFUL
    }

    fn shortest_evidence(&self) -> &[Contribution] {
        self.evidence.get(..N_TOLD).unwrap_or(self.evidence)
    }

    fn all_probabilities(&self) -> String {
        self.probabilities.iter().map(|(_, p)| format!("{p:.4}")).collect::<Vec<_>>().join(",")
    }

    fn all_labels(&self) -> String {
        self.also.iter().filter(|l| l.name != self.look.name).fold(self.look.name.clone(), |all, l| all + ";" + &l.name)
    }
}

/// What one holder says: statements by label.
struct HolderBar<'r> {
    name: String,
    role: Option<&'r str>,
    total: usize,
    parts: Vec<BarPart<'r>>,
    /// Whether the table can be filtered by it.
    is_one: bool,
}

struct BarPart<'r> {
    look: &'r Label,
    start: usize,
    count: usize,
}

impl HolderBar<'_> {
    fn spoken(&self) -> String {
        let parts: Vec<String> = self.parts.iter().map(|p| format!("{} {}", p.count, p.look.name)).collect();
        format!("{}: {}", self.name, parts.join(", "))
    }
}

impl<'r> Page<'r> {
    fn new(report: &'r ArticleReport, looks: &'r [Label], model: &'r str, evidence: &'r [Evidence]) -> Self {
        let text = report.article.text.as_str();
        let title = report.title().map(folded).filter(|t| !t.is_empty());
        let headline = report.segmentation.headline.map(|h| h.of(text));
        let cards = cards(report, looks, evidence);
        let holders = holder_bars(&cards, looks);
        Self {
            headline: headline.filter(|h| title.as_deref() != Some(folded(h).as_str())),
            title: title.unwrap_or_else(|| "Untitled article".into()),
            date: report.date(),
            dateline: report.segmentation.dateline.as_ref().map(|d| d.span.of(text)),
            model,
            warnings: &report.warnings,
            summary: key_sentences(report),
            paragraphs: paragraphs(report),
            tally: tally(&cards, looks),
            longest_bar: holders.iter().map(|h| h.total).max().unwrap_or(1),
            holder_names: holder_names(&cards),
            holders,
            statements: cards,
        }
    }

    fn key(&self, sentence: &usize) -> Option<usize> {
        self.summary.iter().position(|key| key.sentence == *sentence)
    }

    fn card(&self, number: &usize) -> Option<&Card<'r>> {
        self.statements.get(*number)
    }

    /// Whether the bars are few enough to stand beside the summary.
    fn is_short(&self) -> bool {
        !self.summary.is_empty() && (1..=6).contains(&self.holders.len())
    }

    fn is_long(&self) -> bool {
        self.statements.len() > MOST_IN_FULL
    }

    fn is_brief(&self) -> bool {
        self.statements.len() > MOST_WITH_WEIGHTS
    }

    fn is_bare(&self) -> bool {
        self.statements.len() > MOST_WITH_EVIDENCE
    }

    fn n_holders(&self) -> usize {
        self.holder_names.len()
    }
}

fn key_sentences(report: &ArticleReport) -> Vec<KeySentence> {
    let key = |&sentence: &usize| KeySentence { sentence, text: folded(&report.summary_text(sentence)) };
    report.summary.chosen.iter().map(key).collect()
}

fn cards<'r>(report: &'r ArticleReport, looks: &'r [Label], evidence: &'r [Evidence]) -> Vec<Card<'r>> {
    let none: &[Contribution] = &[];
    let evidence = evidence.iter().map(Vec::as_slice).chain(std::iter::repeat(none));
    let mut before: Option<usize> = None;
    let mut cards: Vec<Card<'r>> = Vec::with_capacity(report.statements.len());
    for (labelled, evidence) in report.statements.iter().zip(evidence) {
        let Some(mut card) = card(report, labelled, looks, evidence) else { continue };
        let paragraph = paragraph_of(report, labelled.statement.sentence);
        let same_holder = cards.last().is_some_and(|last| last.holder == card.holder);
        card.opens = !same_holder || before != Some(paragraph);
        before = Some(paragraph);
        cards.push(card);
    }
    cards
}

fn paragraph_of(report: &ArticleReport, sentence: usize) -> usize {
    report.segmentation.sentences.get(sentence).map_or(0, |s| s.paragraph)
}

/// The card of one statement; `None` only where the prediction is not of the model with these labels.
fn card<'r>(
    report: &'r ArticleReport,
    labelled: &'r LabelledStatement,
    looks: &'r [Label],
    evidence: &'r [Contribution],
) -> Option<Card<'r>> {
    let text = report.article.text.as_str();
    let LabelledStatement { statement, prediction } = labelled;
    let role = statement.holder.role.as_deref();
    let holder = report.holder_text(&statement.holder).or(role).map(folded);
    let probabilities: Vec<(&Label, f64)> = looks.iter().zip(prediction.probabilities.iter().map(|&p| rounded(p))).collect();
    let reporter = |h: &'r Holder| report.holder_text(h).map(folded);
    let shown = &evidence[..evidence.len().min(N_CONTRIBUTIONS)];
    Some(Card {
        is_named: holder.is_some(),
        role: role.filter(|role| !holder.as_ref().is_some_and(|holder| holder.ends_with(role))),
        holder: holder.unwrap_or_else(|| UNNAMED.into()),
        reported_by: statement.reported_by.as_ref().and_then(reporter),
        target: statement.target.map(|span| span.of(text)),
        cue: statement.cue.map(|span| span.of(text)),
        kind: statement.kind.name(),
        speech: statement.speech,
        resolved_by: statement.holder.resolved_by,
        found_by: statement.found_by,
        look: looks.get(prediction.main)?,
        also: prediction.chosen.iter().filter(|&&i| i != prediction.main).filter_map(|&i| looks.get(i)).collect(),
        order: prediction.main,
        p: probabilities.get(prediction.main)?.1,
        probabilities,
        words: content_text(text, labelled),
        opens: true,
        evidence: shown,
        heaviest: shown.iter().map(|c| c.weight.abs()).fold(f64::MIN_POSITIVE, f64::max),
    })
}

fn tally<'r>(cards: &[Card<'r>], looks: &'r [Label]) -> Vec<(&'r Label, usize)> {
    let count = |look: &Label| cards.iter().filter(|card| card.look == look).count();
    looks.iter().map(|look| (look, count(look))).filter(|&(_, n)| n > 0).collect()
}

/// Every holder once, in order of appearance.
fn holder_names(cards: &[Card<'_>]) -> Vec<String> {
    let mut seen = std::collections::BTreeSet::new();
    cards.iter().map(|card| card.holder.as_str()).filter(|name| seen.insert(*name)).map(str::to_owned).collect()
}

/// One bar per holder, the one who says most first; where there are many, the rest share the last one.
fn holder_bars<'r>(cards: &[Card<'r>], looks: &'r [Label]) -> Vec<HolderBar<'r>> {
    let mut names = holder_names(cards);
    let said = |name: &String| cards.iter().filter(|card| card.holder == *name).count();
    names.sort_by_key(|name| std::cmp::Reverse(said(name)));
    let rest = names.split_off(names.len().min(N_HOLDERS));
    let one = |name: &String| {
        let own: Vec<&Card<'r>> = cards.iter().filter(|card| card.holder == *name).collect();
        HolderBar { role: own.iter().find_map(|card| card.role), is_one: true, ..bar(name.clone(), &own, looks) }
    };
    let mut bars: Vec<HolderBar<'r>> = names.iter().map(one).collect();
    if !rest.is_empty() {
        let others: Vec<&Card<'r>> = cards.iter().filter(|card| rest.contains(&card.holder)).collect();
        bars.push(bar(format!("{} others", rest.len()), &others, looks));
    }
    bars
}

fn bar<'r>(name: String, cards: &[&Card<'r>], looks: &'r [Label]) -> HolderBar<'r> {
    let mut start = 0;
    let mut parts = Vec::new();
    for look in looks {
        let count = cards.iter().filter(|card| card.look == look).count();
        if count > 0 {
            parts.push(BarPart { look, start, count });
            start += count;
        }
    }
    HolderBar { name, role: None, total: cards.len(), parts, is_one: false }
}
