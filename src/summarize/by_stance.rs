//! One sentence for each stance: what is supported, what worries, what is expected.

use super::Summary;

/// Weight of the sentence's score against the log of the label's probability: a clear statement in a key sentence
/// beats a slightly clearer one in passing.
const SCORE_WEIGHT: f32 = 0.5;

/// A labelled statement: its sentence, its main label, the probability of that label.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Labelled {
    /// Number of the sentence.
    pub sentence: usize,
    /// Index of the main label.
    pub label: usize,
    /// Its probability.
    pub probability: f32,
    /// Whether its sentence shows half of a quotation.
    pub half_quotation: bool,
}

/// The best sentence for each of `n_labels` labels: main label of a statement in it, as clear and as central as can
/// be, half quotations only where there is nothing else; `None` where no statement has the label. Ties go to the first.
pub fn best_by_stance(summary: &Summary, statements: &[Labelled], n_labels: usize) -> Vec<Option<usize>> {
    let value = |it: &Labelled| {
        let score = summary.scored.get(it.sentence).map_or(f32::MIN, |scored| scored.score);
        (!it.half_quotation, libm::logf(it.probability.max(f32::MIN_POSITIVE)) + SCORE_WEIGHT * score)
    };
    let best = |label: usize| {
        let with = statements.iter().filter(|it| it.label == label && it.sentence < summary.scored.len());
        with.map(|it| (value(it), it.sentence)).reduce(|a, b| if greater(b.0, a.0) { b } else { a }).map(|(_, sentence)| sentence)
    };
    (0..n_labels).map(best).collect()
}

fn greater(a: (bool, f32), b: (bool, f32)) -> bool {
    a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).is_gt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summarize::Scored;

    #[test]
    fn the_clearest_key_sentence_of_each_label_wins() {
        let scored = [1.0, -1.0, 0.0, 2.0].map(|score| Scored { score, rank: 1 }).to_vec();
        let summary = Summary { scored, ..Summary::default() };
        let of = |sentence, label, probability| Labelled { sentence, label, probability, half_quotation: sentence == 3 };
        let statements = [of(0, 0, 0.6), of(1, 0, 0.9), of(2, 1, 0.5), of(3, 1, 0.9), of(3, 2, 0.4)];
        assert_eq!(best_by_stance(&summary, &statements, 4), [Some(0), Some(2), Some(3), None]);
    }
}
