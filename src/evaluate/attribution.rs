//! Statements and speakers against annotated articles: exact direct quotations, words of speech, the right
//! speaker, the right person, and content with speaker end to end.
//!
//! All counting is in code points and words of the article. A predicted utterance agrees with an annotated one
//! where the Jaccard index of their words is at least one half; pairs are taken greedily, the most alike first.
//! Annotated beliefs and wishes (`speech: false`) neither help nor harm the figures of speech. The definitions
//! are those of `tools/eval/attribution_score.py`, which this module agrees with.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

use super::bootstrap::{Estimate, estimates};
use crate::{
    error::{Error, Result},
    segment::segment,
    span::{CharIndex, Span},
    statement::{ExtractSettings, Kind, Statement, extract_with},
};

/// Half-open range of code points.
pub type Chars = [usize; 2];

/// Resamples of the bootstrap over articles.
const RESAMPLES: usize = 1000;
/// Least Jaccard index at which two contents are the same.
const SAME_CONTENT: f64 = 0.5;

/// An article with its attributions.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct AnnotatedArticle {
    /// Its id.
    #[serde(default)]
    pub id: String,
    /// The text that all ranges index.
    pub text: String,
    /// Who says what, the sentences of one quotation joined.
    pub attributions: Vec<Attribution>,
}

/// One annotated attribution.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Attribution {
    /// What is said.
    pub content: Vec<Chars>,
    /// The words that name the source; empty where none do.
    pub source: Vec<Chars>,
    /// The same as text.
    pub source_text: Option<String>,
    /// Head word of the source.
    pub source_head: Option<String>,
    /// `name`, `pronoun`, `nominal`, `org`, `none`.
    pub source_kind: Option<String>,
    /// Full name of the source, where known.
    pub resolved: Option<String>,
    /// Sentences from a pronoun back to its antecedent.
    pub antecedent_sent_dist: Option<i64>,
    /// `direct`, `mixed` or `indirect`.
    pub kind: String,
    /// Said or written (`true`), or a belief, wish, support.
    pub speech: bool,
    /// Quoted parts of a mixed attribution.
    pub quoted: Vec<Chars>,
}

/// What a system says of one utterance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Prediction {
    /// Content.
    pub spans: Vec<Chars>,
    /// `direct`, `mixed` or `indirect`.
    pub kind: &'static str,
    /// The speaker's name, where the system knows one.
    pub speaker: Option<String>,
    /// The words that name him.
    pub mention: Option<Chars>,
}

/// The statements of one article as predictions, one an utterance. With `join` the sentences of a quotation that
/// only punctuation parts become one span, as corpora have it that annotate a quotation as one stretch.
pub fn predictions(text: &str, statements: &[Statement], join: bool) -> Vec<Prediction> {
    let index = CharIndex::new(text);
    let mut numbers: Vec<usize> = statements.iter().map(|s| s.utterance).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let of = |n| statements.iter().filter(move |s| s.utterance == n);
    let utterance = |n| {
        let mut spans: Vec<Span> = of(n).flat_map(|s| s.content.iter().copied()).collect();
        if join {
            spans = joined(text, &spans);
        }
        let first = of(n).find(|s| s.holder.mention.is_some()).or_else(|| of(n).next())?;
        Some(Prediction {
            spans: spans.into_iter().map(|c| index.char_range(c)).collect(),
            kind: first.kind.name(),
            speaker: first.holder.name.clone(),
            mention: first.holder.mention.map(|m| index.char_range(m)),
        })
    };
    numbers.into_iter().filter_map(utterance).collect()
}

/// `spans` with those merged that no letter or figure parts.
fn joined(text: &str, spans: &[Span]) -> Vec<Span> {
    let mut out: Vec<Span> = Vec::new();
    for &span in spans {
        match out.last_mut() {
            Some(last) if Span::clamped(text, last.end()..span.start()).of(text).chars().all(|c| !c.is_alphanumeric()) => {
                *last = last.cover(span);
            }
            _ => out.push(span),
        }
    }
    out
}

/// The simplest way that does the task: what stands in double quotation marks, four words or more, is said by the
/// run of capitalised words nearest to it in its paragraph.
pub fn baseline(text: &str) -> Vec<Prediction> {
    let mut out = Vec::new();
    let mut start = 0;
    for paragraph in text.split('\n') {
        let chars: Vec<char> = paragraph.chars().collect();
        let quoted = quoted(&chars);
        let names = names(&chars, &quoted);
        for &[a, b] in quoted.iter().filter(|q| words(&chars[q[0]..q[1]]).len() >= 4) {
            let away = |n: &&Chars| if n[1] <= a { a - n[1] } else { n[0].saturating_sub(b) };
            let mention = names.iter().min_by_key(away).copied();
            out.push(Prediction {
                spans: vec![[start + a, start + b]],
                kind: Kind::Direct.name(),
                speaker: mention.map(|m| chars[m[0]..m[1]].iter().collect()),
                mention: mention.map(|m| [start + m[0], start + m[1]]),
            });
        }
        start += chars.len() + 1;
    }
    out
}

/// What stands in double quotation marks, marks left out.
fn quoted(chars: &[char]) -> Vec<Chars> {
    let mut out = Vec::new();
    let mut open = None;
    for (i, c) in chars.iter().enumerate() {
        match (c, open) {
            ('“' | '"' | '«' | '„', None) => open = Some(i + 1),
            ('”' | '"' | '»', Some(from)) => {
                out.push([from, i]);
                open = None;
            }
            _ => {}
        }
    }
    out
}

/// Runs of capitalised words outside `quoted`.
fn names(chars: &[char], quoted: &[Chars]) -> Vec<Chars> {
    let mut out: Vec<Chars> = Vec::new();
    for word in words(chars) {
        let outside = !quoted.iter().any(|q| word[0] >= q[0] && word[0] < q[1]);
        if !outside || !chars[word[0]].is_uppercase() {
            continue;
        }
        match out.last_mut() {
            Some(last) if last[1] + 1 == word[0] && chars[last[1]] == ' ' => last[1] = word[1],
            _ => out.push(word),
        }
    }
    out
}

/// Words: letters and figures, with one point, hyphen or apostrophe between two of them.
fn words(chars: &[char]) -> Vec<Chars> {
    let mut out = Vec::new();
    let mut i = 0;
    while i < chars.len() {
        if !chars[i].is_alphanumeric() {
            i += 1;
            continue;
        }
        let start = i;
        while i < chars.len()
            && (chars[i].is_alphanumeric()
                || matches!(chars[i], '’' | '\'' | '.' | '-') && chars.get(i + 1).is_some_and(|c| c.is_alphanumeric()))
        {
            i += 1;
        }
        out.push([start, i]);
    }
    out
}

/// How one system did on one article. Sums of it over articles give the figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    /// Exact direct quotations: right, predicted, annotated.
    direct: [u32; 3],
    /// Words of speech: right, predicted, annotated.
    token: [u32; 3],
    /// Utterances with content and speaker right, predicted, annotated.
    end_to_end: [u32; 3],
    /// Last name or head of the speaker right, and attributions looked at.
    speaker: [u32; 2],
    /// Right full name where the source is a name.
    by_name: [u32; 2],
    /// Right full name where it is *he* or *she*.
    by_pronoun: [u32; 2],
}

/// The figures of one system.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SystemFigures {
    /// `demarche` or `baseline`.
    pub name: &'static str,
    /// F1 of direct quotations with exactly the annotated limits.
    pub direct_exact_f1: Estimate,
    /// F1 of the words of what is said.
    pub speech_token_f1: Estimate,
    /// Share of covered contents whose speaker has the right mention, last name or head noun.
    pub speaker_accuracy: Estimate,
    /// Share of named sources that give the right full name.
    pub resolved_name_accuracy: Estimate,
    /// Share of *he* and *she* that give the right full name.
    pub resolved_pronoun_accuracy: Estimate,
    /// F1 of utterances of speech with the right content and the right speaker.
    pub end_to_end_f1: Estimate,
}

/// An evaluation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AttributionEvaluation {
    /// Articles.
    pub n_articles: usize,
    /// Annotated attributions.
    pub n_attributions: usize,
    /// The system, then the baseline.
    pub systems: Vec<SystemFigures>,
}

/// Reads annotated articles: a JSON object a line.
///
/// # Errors
/// [`Error::Io`]; [`Error::Record`] where a line is no annotated article.
pub fn read(path: &std::path::Path) -> Result<Vec<AnnotatedArticle>> {
    let body = std::fs::read_to_string(path).map_err(|e| Error::io(path, e))?;
    let mut offset = 0;
    let mut out = Vec::new();
    for (n, line) in body.split_inclusive('\n').enumerate() {
        let at = offset;
        offset += line.len() as u64;
        if line.trim().is_empty() {
            continue;
        }
        let wrong = |reason| Error::Record { name: path.display().to_string(), line: n as u64 + 1, offset: at, reason };
        let parsed = serde_json::from_str(line);
        out.push(parsed.map_err(|e| wrong(format!("{e}; expected an article with `text` and `attributions`")))?);
    }
    Ok(out)
}

/// Measures the extraction of statements on `articles`, beside [`baseline`]. `join` as in [`predictions`].
pub fn evaluate(articles: &[AnnotatedArticle], settings: &ExtractSettings, join: bool, seed: u64) -> AttributionEvaluation {
    let ours = |a: &AnnotatedArticle| predictions(&a.text, &extract_with(&a.text, &segment(&a.text), settings), join);
    let simple = |a: &AnnotatedArticle| baseline(&a.text);
    let counts = |system: &(dyn Fn(&AnnotatedArticle) -> Vec<Prediction> + Sync)| -> Vec<Counts> {
        articles.par_iter().map(|a| count(a, &system(a))).collect()
    };
    AttributionEvaluation {
        n_articles: articles.len(),
        n_attributions: articles.iter().map(|a| a.attributions.len()).sum(),
        systems: vec![figures("demarche", &counts(&ours), seed), figures("baseline", &counts(&simple), seed)],
    }
}

fn figures(name: &'static str, counts: &[Counts], seed: u64) -> SystemFigures {
    let measure = |sample: &[Counts]| {
        let sum3 = |of: fn(&Counts) -> [u32; 3]| f1(add(sample.iter().map(of)));
        let sum2 = |of: fn(&Counts) -> [u32; 2]| share(add(sample.iter().map(of)));
        vec![
            sum3(|c| c.direct),
            sum3(|c| c.token),
            sum2(|c| c.speaker),
            sum2(|c| c.by_name),
            sum2(|c| c.by_pronoun),
            sum3(|c| c.end_to_end),
        ]
    };
    let found = estimates(counts, RESAMPLES, seed, measure);
    let at = |n: usize| found.get(n).copied().unwrap_or_default();
    SystemFigures {
        name,
        direct_exact_f1: at(0),
        speech_token_f1: at(1),
        speaker_accuracy: at(2),
        resolved_name_accuracy: at(3),
        resolved_pronoun_accuracy: at(4),
        end_to_end_f1: at(5),
    }
}

fn add<const N: usize>(counts: impl Iterator<Item = [u32; N]>) -> [f64; N] {
    let mut out = [0.0; N];
    for count in counts {
        out.iter_mut().zip(count).for_each(|(sum, n)| *sum += f64::from(n));
    }
    out
}

/// F1 of right, predicted and annotated; 0 where nothing is right.
fn f1([right, predicted, annotated]: [f64; 3]) -> f64 {
    let over = |n: f64| if n > 0.0 { right / n } else { 0.0 };
    let (p, r) = (over(predicted), over(annotated));
    if p + r > 0.0 { 2.0 * p * r / (p + r) } else { 0.0 }
}

fn share([right, all]: [f64; 2]) -> f64 {
    if all > 0.0 { right / all } else { 0.0 }
}

/// Words of a text by number.
type Words = HashSet<usize>;

/// An annotated or predicted content with its words.
struct Content<'a, T> {
    of: &'a T,
    spans: Vec<Chars>,
    words: Words,
}

fn count(article: &AnnotatedArticle, predictions: &[Prediction]) -> Counts {
    let text: Vec<char> = article.text.chars().collect();
    let starts: Vec<usize> = words(&text).iter().map(|w| w[0]).collect();
    let gold: Vec<Content<Attribution>> = contents(&article.attributions, |a| a.content.clone(), &starts);
    let found: Vec<Content<Prediction>> = contents(predictions, |p| merged(&text, &p.spans), &starts);
    let mut out = Counts { direct: direct(&text, &gold, &found), ..Counts::default() };
    speech(&gold, &found, &mut out);
    speakers(&text, &gold, &found, &mut out);
    out
}

fn contents<'a, T>(items: &'a [T], spans: impl Fn(&T) -> Vec<Chars>, starts: &[usize]) -> Vec<Content<'a, T>> {
    let content = |of: &'a T| {
        let spans = spans(of);
        let words =
            spans.iter().flat_map(|s| starts.partition_point(|&w| w < s[0])..starts.partition_point(|&w| w < s[1])).collect();
        Content { of, spans, words }
    };
    items.iter().map(content).filter(|c| !c.words.is_empty()).collect()
}

/// `spans` in order, those joined that only white space or quotation marks part.
fn merged(text: &[char], spans: &[Chars]) -> Vec<Chars> {
    let mut spans: Vec<Chars> = spans.iter().map(|s| [s[0].min(text.len()), s[1].min(text.len())]).collect();
    spans.sort_unstable();
    let mut out: Vec<Chars> = Vec::new();
    for span in spans {
        match out.last_mut() {
            Some(last) if text.get(last[1]..span[0]).unwrap_or(&[]).iter().all(|c| " \t\r\n\u{a0}\"“”".contains(*c)) => {
                last[1] = last[1].max(span[1]);
            }
            _ => out.push(span),
        }
    }
    out
}

/// What is cut off the ends of a quotation before limits are compared.
const EDGE: &str = " \t\n\r\u{a0}\"“”‘’'.,;:!?—–-…()[]";

/// `spans` cut at line ends, without marks and punctuation at the ends, each once.
fn by_paragraph(text: &[char], spans: &[Chars]) -> Vec<Chars> {
    let mut out = Vec::new();
    for span in spans {
        let mut start = span[0];
        for line in text.get(span[0]..span[1]).unwrap_or(&[]).split(|&c| c == '\n') {
            let edge = |c: &&char| EDGE.contains(**c);
            let (before, after) = (line.iter().take_while(edge).count(), line.iter().rev().take_while(edge).count());
            if before < line.len() {
                out.push([start + before, start + line.len() - after]);
            }
            start += line.len() + 1;
        }
    }
    unique(out)
}

fn unique(spans: Vec<Chars>) -> Vec<Chars> {
    let mut seen = HashSet::new();
    spans.into_iter().filter(|s| seen.insert(*s)).collect()
}

/// Direct quotations: right, predicted, annotated. A prediction over the quoted part of a mixed attribution is
/// neither right nor wrong.
fn direct(text: &[char], gold: &[Content<Attribution>], found: &[Content<Prediction>]) -> [u32; 3] {
    let wholly = gold.iter().filter(|a| a.of.kind == "direct");
    let annotated = unique(wholly.flat_map(|a| by_paragraph(text, &a.spans)).collect());
    let partly = gold.iter().filter(|a| a.of.kind != "direct").flat_map(|a| by_paragraph(text, &merged(text, &a.of.quoted)));
    let quoted: Vec<Chars> = annotated.iter().copied().chain(partly).collect();
    let predicted =
        unique(found.iter().filter(|p| p.of.kind == Kind::Direct.name()).flat_map(|p| by_paragraph(text, &p.spans)).collect());
    let exact: HashSet<Chars> = annotated.iter().copied().collect();
    let right = predicted.iter().filter(|p| exact.contains(*p)).count();
    let neither = predicted.iter().filter(|p| !exact.contains(*p) && quoted.iter().any(|q| overlap(*q, **p) >= 0.8)).count();
    [right as u32, (predicted.len() - neither) as u32, annotated.len() as u32]
}

/// Length of the intersection over that of the cover.
fn overlap(a: Chars, b: Chars) -> f64 {
    let inside = a[1].min(b[1]).saturating_sub(a[0].max(b[0]));
    inside as f64 / (a[1].max(b[1]) - a[0].min(b[0])).max(1) as f64
}

fn jaccard(a: &Words, b: &Words) -> f64 {
    let shared = a.intersection(b).count();
    shared as f64 / (a.len() + b.len() - shared).max(1) as f64
}

/// Counts words of speech, and utterances with the right content and speaker.
fn speech(gold: &[Content<Attribution>], found: &[Content<Prediction>], out: &mut Counts) {
    let said: Vec<&Content<Attribution>> = gold.iter().filter(|a| a.of.speech).collect();
    let words: Words = said.iter().flat_map(|a| &a.words).copied().collect();
    let unsaid = gold.iter().filter(|a| !a.of.speech).flat_map(|a| &a.words);
    let other: Words = unsaid.copied().filter(|w| !words.contains(w)).collect();
    let all_other: Words = gold.iter().filter(|a| !a.of.speech).flat_map(|a| &a.words).copied().collect();
    let predicted: Words = found.iter().flat_map(|p| &p.words).copied().filter(|w| !other.contains(w)).collect();
    out.token = [words.intersection(&predicted).count() as u32, predicted.len() as u32, words.len() as u32];
    let counted = |p: &&Content<Prediction>| 2 * p.words.intersection(&all_other).count() <= p.words.len();
    let found: Vec<&Content<Prediction>> = found.iter().filter(counted).collect();
    let right = pairs(&said, &found).into_iter().filter(|&(i, j)| right_speaker(said[i].of, found[j].of)).count();
    out.end_to_end = [right as u32, found.len() as u32, said.len() as u32];
}

/// Pairs of contents that are the same, one to one, the most alike first.
fn pairs(gold: &[&Content<Attribution>], found: &[&Content<Prediction>]) -> Vec<(usize, usize)> {
    let mut all: Vec<(f64, usize, usize)> = Vec::new();
    for (i, a) in gold.iter().enumerate() {
        all.extend(found.iter().enumerate().map(|(j, p)| (jaccard(&a.words, &p.words), i, j)).filter(|p| p.0 >= SAME_CONTENT));
    }
    all.sort_by(|x, y| y.0.total_cmp(&x.0).then((y.1, y.2).cmp(&(x.1, x.2))));
    let (mut taken, mut given) = (vec![false; gold.len()], vec![false; found.len()]);
    let mut out = Vec::new();
    for (_, i, j) in all {
        if !taken[i] && !given[j] {
            (taken[i], given[j]) = (true, true);
            out.push((i, j));
        }
    }
    out
}

/// End to end: the mention overlaps, or the last name is that of the source or of the person it stands for.
fn right_speaker(gold: &Attribution, found: &Prediction) -> bool {
    let name = found.speaker.as_deref().unwrap_or("");
    if gold.source.is_empty() {
        return match &gold.resolved {
            Some(truth) => same_person(name, truth),
            None => name.is_empty() && found.mention.is_none(),
        };
    }
    let last = |name: &str| name_words(name).pop();
    let same_last = last(name).is_some() && last(name) == last(gold.source_text.as_deref().unwrap_or(""));
    mentions(gold, found) || same_last || gold.resolved.as_deref().is_some_and(|truth| same_person(name, truth))
}

fn mentions(gold: &Attribution, found: &Prediction) -> bool {
    found.mention.is_some_and(|m| gold.source.iter().any(|s| m[1].min(s[1]) > m[0].max(s[0])))
}

impl Prediction {
    /// The speaker's name, else the words that stand for him.
    fn name(&self, text: &[char]) -> String {
        let mention = || self.mention.and_then(|m| text.get(m[0]..m[1])).map(|m| m.iter().collect());
        self.speaker.clone().or_else(mention).unwrap_or_default()
    }
}

/// Counts right speakers, over the attributions that some prediction covers.
fn speakers(text: &[char], gold: &[Content<Attribution>], found: &[Content<Prediction>], out: &mut Counts) {
    for a in gold.iter().filter(|a| !a.of.source.is_empty()) {
        let Some(best) = covering(a, found) else { continue };
        let name = best.name(text);
        let named = name_words(&name);
        let source = name_words(a.of.source_text.as_deref().unwrap_or(""));
        let head = a.of.source_head.as_deref().unwrap_or("").to_lowercase();
        let last = !source.is_empty() && named.last() == source.last() || !head.is_empty() && named.contains(&head);
        let right = mentions(a.of, best) || !named.is_empty() && last;
        tally(&mut out.speaker, right);
        let Some(truth) = a.of.resolved.as_deref().filter(|r| !r.is_empty() && *r != "-") else { continue };
        let right = same_person(&name, truth);
        match a.of.source_kind.as_deref().unwrap_or("").split('+').next() {
            Some("name") => tally(&mut out.by_name, right),
            Some("pronoun") if is_sure(a.of) => tally(&mut out.by_pronoun, right),
            _ => {}
        }
    }
}

fn tally(count: &mut [u32; 2], right: bool) {
    count[0] += u32::from(right);
    count[1] += 1;
}

/// The prediction that shares most words with `a`, if these are half of the shorter and at least three.
fn covering<'p>(a: &Content<Attribution>, found: &'p [Content<'p, Prediction>]) -> Option<&'p Prediction> {
    let shared = |p: &Content<Prediction>| p.words.intersection(&a.words).count();
    let mut best: Option<(&Content<Prediction>, usize, f64)> = None;
    for p in found {
        let (n, alike) = (shared(p), jaccard(&p.words, &a.words));
        if best.is_none_or(|(_, m, other)| (n, alike) > (m, other)) {
            best = Some((p, n, alike));
        }
    }
    let (p, n, _) = best?;
    (2 * n >= a.words.len().min(p.words.len()) && n >= a.words.len().min(3)).then_some(p.of)
}

/// Whether the annotated antecedent of a pronoun is plausible: singular, at most five sentences back.
fn is_sure(a: &Attribution) -> bool {
    let word = a.source_text.as_deref().unwrap_or("").trim().to_lowercase();
    matches!(word.as_str(), "he" | "she" | "him" | "her" | "his") && (0..6).contains(&a.antecedent_sent_dist.unwrap_or(0))
}

/// Words that stand before or after a name and are none of it.
const TITLES: &str = "mr mrs ms miss dr sen rep gov president senator secretary governor congressman congresswoman representative \
    former vice prime minister sir prof judge justice attorney general mayor pope gen col lt sgt capt rev hon spokesman \
    spokeswoman chairman chairwoman the a an foreign russian us u.s american republican democrat democratic nominee candidate \
    deputy ambassador envoy press jr sr ii iii king queen prince princess";

/// The words of a name in small letters, titles left out.
fn name_words(name: &str) -> Vec<String> {
    let name: Vec<char> = name.chars().map(|c| if c == '’' { '\'' } else { c }).collect();
    let mut out = Vec::new();
    let mut i = 0;
    while i < name.len() {
        if !name[i].is_alphabetic() {
            i += 1;
            continue;
        }
        let start = i;
        while i < name.len() && (name[i].is_alphanumeric() || matches!(name[i], '_' | '.' | '\'' | '-')) {
            i += 1;
        }
        let word: String = name[start..i].iter().collect();
        let word = word.strip_suffix("'s").unwrap_or(&word).to_lowercase();
        let word = word.trim_matches('.');
        if !TITLES.split_whitespace().any(|t| t == word) {
            out.push(word.to_owned());
        }
    }
    out
}

/// Whether two names can be one person's: same last name and no other first name.
fn same_person(found: &str, gold: &str) -> bool {
    let (p, g) = (name_words(found), name_words(gold));
    let (Some(first), Some(last), Some(gold_first), Some(gold_last)) = (p.first(), p.last(), g.first(), g.last()) else {
        return false;
    };
    let inside = |a: &[String], b: &[String]| a.iter().all(|w| b.contains(w));
    match (p.len(), g.len()) {
        (1, _) => first == gold_first || first == gold_last,
        (_, 1) => gold_first == first || gold_first == last,
        _ if inside(&p, &g) || inside(&g, &p) => true,
        _ => last == gold_last && alike(first, gold_first),
    }
}

/// Whether two given names agree: equal, one short for the other, or an initial.
fn alike(a: &str, b: &str) -> bool {
    let head = |s: &str| s.chars().take(3).collect::<String>();
    a == b || a.starts_with(&head(b)) || b.starts_with(&head(a)) || a.chars().count() == 1 || b.chars().count() == 1
}

/// The evaluation as a table.
pub fn table(evaluation: &AttributionEvaluation) -> String {
    let mut out = format!("{} articles, {} attributions\n", evaluation.n_articles, evaluation.n_attributions);
    out += &format!("{:32}", "");
    out += &evaluation.systems.iter().map(|s| format!("{:>24}", s.name)).collect::<String>();
    type Figure = fn(&SystemFigures) -> Estimate;
    let rows: [(&str, Figure); 6] = [
        ("direct quotations, exact F1", |s| s.direct_exact_f1),
        ("words of speech, F1", |s| s.speech_token_f1),
        ("speaker right", |s| s.speaker_accuracy),
        ("full name right, from a name", |s| s.resolved_name_accuracy),
        ("full name right, from he or she", |s| s.resolved_pronoun_accuracy),
        ("content and speaker, F1", |s| s.end_to_end_f1),
    ];
    for (label, figure) in rows {
        let cells: String =
            evaluation.systems.iter().map(|s| format!("{:>24}", super::figure::estimate_text(figure(s)))).collect();
        out += &format!("\n{label:32}{cells}");
    }
    out + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The range of `part` in `text`, in code points.
    fn at(text: &str, part: &str) -> Chars {
        let byte = text.find(part).unwrap();
        let start = text[..byte].chars().count();
        [start, start + part.chars().count()]
    }

    fn gold(text: &str, content: &str, source: &str, kind: &str, resolved: Option<&str>) -> Attribution {
        let pronoun = source == "He";
        Attribution {
            content: vec![at(text, content)],
            source: vec![at(text, source)],
            source_text: Some(source.into()),
            source_head: source.split(' ').next_back().map(str::to_owned),
            source_kind: Some(if pronoun { "pronoun" } else { "name" }.into()),
            resolved: resolved.map(str::to_owned),
            kind: kind.into(),
            speech: true,
            ..Attribution::default()
        }
    }

    fn found(text: &str, content: &str, mention: &str, kind: &'static str, speaker: Option<&str>) -> Prediction {
        let (spans, mention) = (vec![at(text, content)], Some(at(text, mention)));
        Prediction { spans, kind, speaker: speaker.map(str::to_owned), mention }
    }

    #[test]
    fn figures_are_worked_by_hand() {
        let text = "“Größe counts, not speed,” Ann Li said. He denied that the old bridge fell. Bo Ek left at noon.";
        let article = AnnotatedArticle {
            text: text.into(),
            attributions: vec![
                gold(text, "Größe counts, not speed", "Ann Li", "direct", Some("Ann Li")),
                gold(text, "that the old bridge fell", "He", "indirect", Some("Bo Ek")),
            ],
            ..AnnotatedArticle::default()
        };
        let predictions = [
            // Exact, and the right mention.
            found(text, "Größe counts, not speed", "Ann Li", "direct", Some("Ann Li")),
            // Four of five words, the right mention, the wrong person.
            found(text, "the old bridge fell", "He", "indirect", Some("Cy Aho")),
            // Nothing is annotated there.
            found(text, "left at noon", "Bo Ek", "direct", Some("Bo Ek")),
        ];
        let counts = count(&article, &predictions);
        assert_eq!(counts.direct, [1, 2, 1]);
        // Four and four words right of eleven predicted and nine annotated.
        assert_eq!(counts.token, [8, 11, 9]);
        assert_eq!(counts.end_to_end, [2, 3, 2]);
        assert_eq!(counts.speaker, [2, 2]);
        assert_eq!((counts.by_name, counts.by_pronoun), ([1, 1], [0, 1]));
        let figures = figures("x", &[counts], 1);
        assert!((figures.direct_exact_f1.value - 2.0 / 3.0).abs() < 1e-12);
        assert!((figures.speech_token_f1.value - 0.8).abs() < 1e-12);
        assert!((figures.end_to_end_f1.value - 0.8).abs() < 1e-12);
        assert_eq!((figures.resolved_name_accuracy.value, figures.resolved_pronoun_accuracy.value), (1.0, 0.0));
    }

    #[test]
    fn beliefs_neither_help_nor_harm_the_figures_of_speech() {
        let text = "Ann Li thinks that the old bridge fell.";
        let mut belief = gold(text, "that the old bridge fell", "Ann Li", "indirect", None);
        belief.speech = false;
        let article = AnnotatedArticle { text: text.into(), attributions: vec![belief], ..AnnotatedArticle::default() };
        let counts = count(&article, &[found(text, "the old bridge fell", "Ann Li", "indirect", None)]);
        assert_eq!((counts.token, counts.end_to_end), ([0, 0, 0], [0, 0, 0]));
        assert_eq!(counts.speaker, [1, 1]);
    }

    #[test]
    fn names_of_one_person_agree() {
        for (a, b) in [("Li", "Ann Li"), ("President Ann Li", "Ann Li"), ("A. Li", "Ann Li"), ("Ann Maria Li", "Ann Li")] {
            assert!(same_person(a, b), "{a}, {b}");
        }
        for (a, b) in [("Bo Li", "Ann Li"), ("", "Ann Li"), ("the minister", "Ann Li")] {
            assert!(!same_person(a, b), "{a}, {b}");
        }
    }

    #[test]
    fn the_baseline_takes_the_nearest_name() {
        let text = "In Oslo “we will wait for spring,” Ann Li said.";
        let found = baseline(text);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].spans[0], found[0].speaker.as_deref()), (at(text, "we will wait for spring,"), Some("In Oslo")));
    }

    #[test]
    fn no_articles_give_no_figures() {
        let none = evaluate(&[], &ExtractSettings { tagger: None, ..ExtractSettings::default() }, false, 1);
        assert_eq!((none.n_articles, none.systems[0].end_to_end_f1.value), (0, 0.0));
        assert!(table(&none).contains("content and speaker"));
    }
}
