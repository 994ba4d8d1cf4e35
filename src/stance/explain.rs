//! One text in; every feature with what it adds to each logit out. Names come from the text itself: the model stores none.

use std::{collections::BTreeMap, ops::Range};

use serde::Serialize;

use super::{
    Prediction, StanceModel,
    features::{self, Context, WordView},
    rows::factor,
    token::{Token, Tokens},
};
use crate::model::{Block, N_BLOCKS};

/// One feature of a text.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evidence {
    /// The group it belongs to.
    pub block: Block,
    /// What it is, in words: `call + on`, `not … support (negated)`.
    pub name: String,
    /// Bytes of the text it is made of, from its first to its last word.
    pub bytes: Range<usize>,
    /// What it adds to the logit of each label, before the temperature.
    pub contributions: Vec<f32>,
}

/// A prediction and all that made it.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// What the model says.
    pub prediction: Prediction,
    /// Logits before the temperature: biases and contributions, summed.
    pub logits: Vec<f32>,
    /// What stands for each label before any feature.
    pub biases: Vec<f32>,
    /// All features, in order of position; equal ones of the same place are summed.
    pub evidence: Vec<Evidence>,
}

/// Words with at least this share of the strongest word's evidence are marked.
const MARKED: f32 = 0.35;

impl Evidence {
    /// What it speaks for `label`: its contribution less the mean over the labels.
    pub fn weight(&self, label: usize) -> f32 {
        let mean = self.contributions.iter().sum::<f32>() / self.contributions.len().max(1) as f32;
        self.contributions.get(label).map_or(0.0, |c| c - mean)
    }
}

impl Explanation {
    /// The words that speak most for `label`, in order: each has its part of every feature that it belongs to.
    pub fn marked_words(&self, label: usize) -> Vec<Range<usize>> {
        let mut places: Vec<(usize, usize)> =
            self.evidence.iter().filter(|e| e.block == Block::Words).map(|e| (e.bytes.start, e.bytes.end)).collect();
        places.dedup();
        let mut words: BTreeMap<(usize, usize), f32> = BTreeMap::new();
        for e in &self.evidence {
            let inside = places.iter().filter(|(start, end)| *start >= e.bytes.start && *end <= e.bytes.end);
            let inside: Vec<&(usize, usize)> = inside.collect();
            let share = e.weight(label) / inside.len().max(1) as f32;
            inside.into_iter().for_each(|place| *words.entry(*place).or_default() += share);
        }
        let strongest = words.values().copied().fold(0.0f32, f32::max);
        let is_strong = |weight: f32| strongest > 0.0 && weight >= MARKED * strongest;
        words.into_iter().filter(|(_, weight)| is_strong(*weight)).map(|((start, end), _)| start..end).collect()
    }
}

/// A feature as it is found: its row of the table, its name, its first and last token.
struct Found {
    block: Block,
    bucket: u32,
    name: String,
    first: usize,
    last: usize,
}

impl StanceModel {
    /// Explains the prediction of one text.
    pub fn explain(&self, text: &str) -> Explanation {
        let tokens: Vec<Token> = Tokens::new(text).collect();
        let found = self.found(text, &tokens);
        let parts = &*self.parts;
        let settings = &parts.manifest.features;
        let (offsets, n) = (settings.offsets(), self.labels().len());
        let mut counts = [0usize; N_BLOCKS];
        found.iter().for_each(|f| counts[f.block as usize] += 1);
        let evidence = found.iter().map(|f| {
            let b = f.block as usize;
            let unit = factor(settings.scale[b], counts[b]) * parts.weights.units[b];
            let row = parts.weights.row(offsets[b] + f.bucket as usize);
            let contribution = |k: usize| row.get(k).map_or(0.0, |&w| unit * f32::from(w as i8));
            let start = tokens.get(f.first).map_or(0, |t| t.start);
            let end = tokens.get(f.last).map_or(text.len(), |t| t.end);
            Evidence {
                block: f.block,
                name: f.name.clone(),
                bytes: start..end,
                contributions: (0..n).map(contribution).collect(),
            }
        });
        let evidence = merged(evidence.collect());
        let biases = parts.weights.biases.clone();
        let mut logits = biases.clone();
        evidence.iter().for_each(|e| logits.iter_mut().zip(&e.contributions).for_each(|(z, c)| *z += c));
        Explanation { prediction: self.predict(text), logits, biases, evidence }
    }

    fn found(&self, text: &str, tokens: &[Token]) -> Vec<Found> {
        let parts = &*self.parts;
        let settings = &parts.manifest.features;
        let stemmer = features::stemmer();
        let word = |i: usize| tokens.get(i).map_or("", |t| &text[t.start..t.end]);
        let mut found = Vec::new();
        for (i, token) in tokens.iter().enumerate() {
            let split = |word: &str, sink: &mut dyn FnMut(&str)| parts.pieces.split(word, sink);
            features::word_features(word(i), token.kind, settings, split, &mut |block, bucket, name| {
                found.push(Found { block, bucket, name: name.to_string(), first: i, last: i });
            });
        }
        let views: Vec<WordView> =
            tokens.iter().enumerate().map(|(i, t)| features::view(word(i), t.kind, settings, &stemmer)).collect();
        features::context_features(&views, settings, |block, bucket, context, first, last| {
            let name = name(context, &views, &word, first, last);
            found.push(Found { block, bucket, name, first, last });
        });
        found
    }
}

/// Sums features of the same name and place.
fn merged(mut evidence: Vec<Evidence>) -> Vec<Evidence> {
    evidence.sort_by(|a, b| {
        (a.bytes.start, a.bytes.end, a.block as u8, &a.name).cmp(&(b.bytes.start, b.bytes.end, b.block as u8, &b.name))
    });
    let mut out: Vec<Evidence> = Vec::new();
    for e in evidence {
        match out.last_mut() {
            Some(last) if last.bytes == e.bytes && last.block == e.block && last.name == e.name => {
                last.contributions.iter_mut().zip(&e.contributions).for_each(|(a, b)| *a += b);
            }
            _ => out.push(e),
        }
    }
    out
}

fn name<'t>(context: Context, views: &[WordView], word: &impl Fn(usize) -> &'t str, first: usize, last: usize) -> String {
    let at = |i: usize| if i < views.len() { features::normalise(word(i)) } else { "(end)".into() };
    let class = |i: usize| views.get(i).map_or_else(|| "(end)".into(), |view| features::class_name(view, word(i)));
    let before = |i: usize, show: &dyn Fn(usize) -> String| if i == 0 { "(start)".into() } else { show(i - 1) };
    match context {
        Context::Pair => format!("{} + {}", before(last, &at), at(last)),
        Context::Skip => format!("{} … {}", if last >= 2 { at(last - 2) } else { "(start)".into() }, at(last)),
        Context::Triple => format!("{} + {} + {}", at(first), before(last, &at), at(last)),
        Context::ClassPair => format!("{} + {}", before(last, &class), class(last)),
        Context::ClassTriple if last >= 2 => format!("{} + {} + {}", class(last - 2), class(last - 1), class(last)),
        Context::ClassTriple => format!("(start) + {} + {}", before(last, &class), class(last)),
        Context::NegatedWord => format!("{} (negated)", at(last)),
        Context::Negated => format!("{}: negated or not", class(last)),
        Context::Conditional => format!("{}: under a condition", class(last)),
        Context::Modal => format!("{}: under which modal verb", class(last)),
        Context::Subject => format!("{}: whose", class(last)),
        Context::Clause => format!("{}: in which clause", class(last)),
        Context::Quoted => format!("{}: quoted or not", class(last)),
        Context::First => format!("{}: first word of stance", class(last)),
        Context::Sequence => format!("{}: after which word of stance", class(last)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contributions_sum_to_the_logits_of_the_labeller() {
        let model = StanceModel::builtin().unwrap();
        for text in
            ["We do not support the plan, but we urge calm.", "", "— ", "Rainfall reached 40 mm on Monday, the bureau said."]
        {
            let explanation = model.explain(text);
            let temperature = model.manifest().temperature;
            let mut p: Vec<f32> = explanation.logits.iter().map(|z| z / temperature).collect();
            crate::stance::softmax::softmax(&mut p);
            for (a, b) in p.iter().zip(&explanation.prediction.probabilities) {
                assert!((a - b).abs() < 1e-5, "{text}: {p:?} {:?}", explanation.prediction);
            }
        }
    }

    #[test]
    fn evidence_is_named_from_the_text() {
        let explanation = StanceModel::builtin().unwrap().explain("We urge Norvania to act.");
        let names: Vec<&str> = explanation.evidence.iter().map(|e| e.name.as_str()).collect();
        assert!(names.contains(&"we + urge") && names.contains(&"(start) + we") && names.contains(&"[urge] + NAME"), "{names:?}");
    }
}
