//! Several articles on one event in; one summary without repetition out, each sentence with its source.

use super::{
    Budget, Reading, SummaryModel,
    select::{self, Candidates},
};
use crate::{
    article::Article,
    features::{Context, Rows},
    segment::{Segmentation, Sentence},
    span::Span,
    statement::Statement,
};

/// λ of selection over several articles: they tell the same, so what is told already weighs more against a sentence.
const REDUNDANCY: f32 = 3.0;
/// What a sentence gains whose best match in each other article is the same sentence: several tell it.
const AGREEMENT: f32 = 1.0;

/// An article as the pipeline has read it.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The article.
    pub article: &'a Article,
    /// Its sentences.
    pub segmentation: &'a Segmentation,
    /// Its statements.
    pub statements: &'a [Statement],
}

/// A summary of several articles.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MergedSummary {
    /// Chosen sentences as (article, sentence), in the order of the articles.
    pub chosen: Vec<(usize, usize)>,
    /// What the reader should know.
    pub warnings: Vec<String>,
}

impl SummaryModel {
    /// Summarises several articles as one: scores within each, agreement between them, no repetition.
    pub fn merge(&self, sources: &[Source], budget: Budget) -> MergedSummary {
        let all = Joined::new(sources);
        let context = Context::new(&all.article, &all.segmentation, &[]);
        let mut scores = Vec::new();
        let (mut dependent, mut half) = (Vec::new(), Vec::new());
        for source in sources {
            let context = Context::new(source.article, source.segmentation, source.statements);
            let reading = Reading::new(&self.scorer, &context, &context.matrix());
            scores.extend(reading.scores);
            dependent.extend(reading.dependent);
            half.extend(reading.half);
        }
        let agreement = agreement(context.rows(), &all.of_article, sources.len());
        scores.iter_mut().zip(agreement).for_each(|(score, agreement)| *score += AGREEMENT * agreement);
        let candidates = Candidates {
            scores: &scores,
            rows: context.rows(),
            dependent: &dependent,
            half: &half,
            preferred: &[],
            redundancy: REDUNDANCY,
        };
        let order: Vec<usize> = select::order(&candidates).iter().map(|place| place.sentence).collect();
        let (chosen, warnings) = budget.choose(&order, &context.word_counts(), &dependent);
        MergedSummary { chosen: chosen.into_iter().map(|i| all.of_article[i]).collect(), warnings }
    }
}

/// Several articles as one text, so that their words share their numbers.
struct Joined {
    article: Article,
    segmentation: Segmentation,
    /// Article and sentence of each sentence.
    of_article: Vec<(usize, usize)>,
}

impl Joined {
    fn new(sources: &[Source]) -> Self {
        let mut text = String::new();
        let mut segmentation = Segmentation::default();
        let mut of_article = Vec::new();
        let mut spans = Vec::new();
        for (number, source) in sources.iter().enumerate() {
            let offset = text.len();
            text.push_str(&source.article.text);
            text.push_str("\n\n");
            for (i, sentence) in source.segmentation.sentences.iter().enumerate() {
                spans.push((sentence.span.start() + offset..sentence.span.end() + offset, sentence.paragraph));
                of_article.push((number, i));
            }
        }
        let sentence =
            |(range, paragraph): (std::ops::Range<usize>, usize)| Sentence { span: Span::clamped(&text, range), paragraph };
        segmentation.sentences = spans.into_iter().map(sentence).collect();
        Self { article: Article::from_text(text), segmentation, of_article }
    }
}

/// Mean over the other articles of each sentence's highest cosine with a sentence there, 0 to 1.
///
/// Looks at the first 60 sentences of an article only, so that time stays linear.
fn agreement(rows: &Rows, of_article: &[(usize, usize)], n_articles: usize) -> Vec<f32> {
    const HORIZON: usize = 60;
    let near: Vec<usize> = (0..of_article.len()).filter(|&i| of_article[i].1 < HORIZON).collect();
    let mut best = vec![0.0_f32; of_article.len() * n_articles];
    let mut dense = vec![0.0; rows.n_terms];
    for &i in &near {
        rows.scatter(i, &mut dense);
        for &j in near.iter().filter(|&&j| of_article[j].0 != of_article[i].0) {
            let cell = &mut best[i * n_articles + of_article[j].0];
            *cell = cell.max(rows.dot(j, &dense));
        }
        rows.clear(i, &mut dense);
    }
    let others = n_articles.saturating_sub(1).max(1) as f32;
    best.chunks(n_articles.max(1)).map(|cells| cells.iter().sum::<f32>() / others).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment;

    /// The second article tells all of the first again, in other places, and two things more.
    #[test]
    fn what_both_tell_is_told_once() {
        let texts = [
            "Lake ministers agreed on Monday to share the water of the Orvel basin. Farmers in the basin had asked for a \
             share since the dry years. The agreement on the basin runs for ten years. Rain fell on the capital.",
            "The agreement on the basin runs for ten years. Two villages will vote on the mayor's plea for a dam. Rain \
             fell on the capital. Farmers in the basin had asked for a share since the dry years. Lake ministers agreed \
             on Monday to share the water of the Orvel basin. Fishing rights were left to a later round in spring.",
        ];
        let articles = texts.map(Article::from_text);
        let cut = texts.map(segment::segment);
        let sources: Vec<Source> =
            articles.iter().zip(&cut).map(|(article, segmentation)| Source { article, segmentation, statements: &[] }).collect();
        let merged = SummaryModel::builtin().unwrap().merge(&sources, Budget::Sentences(6));
        let mut told: Vec<&str> = merged.chosen.iter().map(|&(a, s)| cut[a].sentences[s].span.of(texts[a])).collect();
        told.sort_unstable();
        told.dedup();
        assert_eq!(told.len(), 6, "{told:?}");
        assert!(merged.chosen.is_sorted());
    }

    #[test]
    fn no_articles_give_nothing() {
        assert_eq!(SummaryModel::builtin().unwrap().merge(&[], Budget::default()), MergedSummary::default());
    }
}
