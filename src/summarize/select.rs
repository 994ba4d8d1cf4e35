//! Scores in; the order of selection and the sentences that fit a budget out.

use std::cmp::Ordering;

use crate::features::Rows;

/// Ranks up to which redundancy is looked at; the sentences after them follow by what is left of their
/// score. Keeps time linear in the article: a summary this long repeats itself whatever one does.
const REDUNDANCY_HORIZON: usize = 200;

/// Cosine from which a sentence repeats one that is picked: pull quotes, captions, the same report twice.
const REPEATED: f32 = 0.98;

/// What selection knows of the sentences of one article.
pub(super) struct Candidates<'a> {
    /// Standardised scores.
    pub(super) scores: &'a [f32],
    /// Term rows, for redundancy.
    pub(super) rows: &'a Rows,
    /// Opens with a pronoun or connective that points to the sentence before.
    pub(super) dependent: &'a [bool],
    /// Shows half of a quotation.
    pub(super) half: &'a [bool],
    /// Comes before all others, because the reader asked for it.
    pub(super) preferred: &'a [bool],
    /// Weight of redundancy against score, λ.
    pub(super) redundancy: f32,
}

/// A place in the order of selection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Place {
    pub(super) sentence: usize,
    /// What redundancy took off the score when the sentence was picked: λ · highest similarity.
    pub(super) penalty: f32,
}

/// The order in which sentences are picked, best first.
///
/// Maximal marginal relevance (Carbonell and Goldstein 1998): the highest score less λ times the highest
/// cosine with a sentence picked before; what is said already comes after all else. A sentence that points back waits until the one before it is in,
/// and sentences with half a quotation come last, so that every cut of the order reads well.
pub(super) fn order(candidates: &Candidates) -> Vec<Place> {
    let n = candidates.scores.len();
    let mut picker = Picker::new(candidates);
    while picker.order.len() < n.min(REDUNDANCY_HORIZON) {
        let Some(best) = picker.best() else { break };
        picker.pick(best);
    }
    picker.rest()
}

struct Picker<'a> {
    candidates: &'a Candidates<'a>,
    picked: Vec<bool>,
    repeated: Vec<bool>,
    penalty: Vec<f32>,
    order: Vec<Place>,
    dense: Vec<f32>,
}

impl<'a> Picker<'a> {
    fn new(candidates: &'a Candidates<'a>) -> Self {
        let n = candidates.scores.len();
        Self {
            candidates,
            picked: vec![false; n],
            repeated: vec![false; n],
            penalty: vec![0.0; n],
            order: Vec::with_capacity(n),
            dense: vec![0.0; candidates.rows.n_terms],
        }
    }

    fn waits(&self, i: usize) -> bool {
        i > 0 && self.candidates.dependent[i] && !self.picked[i - 1]
    }

    /// What was asked for first, then sentences that stand alone before those that wait, whole quotations before
    /// half ones, what is new before what is repeated, then value.
    fn key(&self, i: usize) -> Key {
        let class = [self.preferred(i), !self.waits(i), !self.candidates.half[i], !self.repeated[i]];
        (class, self.candidates.scores[i] - self.penalty[i])
    }

    fn preferred(&self, i: usize) -> bool {
        self.candidates.preferred.get(i).copied().unwrap_or(false)
    }

    /// The best sentence not yet picked; the first of equals.
    fn best(&self) -> Option<usize> {
        let left = (0..self.picked.len()).filter(|&i| !self.picked[i]);
        left.reduce(|best, i| if compare(self.key(i), self.key(best)).is_gt() { i } else { best })
    }

    fn pick(&mut self, i: usize) {
        self.picked[i] = true;
        self.order.push(Place { sentence: i, penalty: self.penalty[i] });
        let rows = self.candidates.rows;
        rows.scatter(i, &mut self.dense);
        for j in (0..self.picked.len()).filter(|&j| !self.picked[j]) {
            let cosine = rows.dot(j, &self.dense);
            self.penalty[j] = self.penalty[j].max(self.candidates.redundancy * cosine);
            self.repeated[j] |= cosine >= REPEATED;
        }
        rows.clear(i, &mut self.dense);
    }

    /// Adds the sentences beyond the horizon; one that waits follows the sentence it waits for.
    fn rest(mut self) -> Vec<Place> {
        let mut left: Vec<usize> = (0..self.picked.len()).filter(|&i| !self.picked[i]).collect();
        let value = |i: usize| {
            let class = [self.preferred(i), true, !self.candidates.half[i], !self.repeated[i]];
            (class, self.candidates.scores[i] - self.penalty[i])
        };
        left.sort_by(|&a, &b| compare(value(b), value(a)).then(a.cmp(&b)));
        for i in left {
            let mut next = i;
            while !self.picked.get(next).copied().unwrap_or(true) && !self.waits(next) {
                self.picked[next] = true;
                self.order.push(Place { sentence: next, penalty: self.penalty[next] });
                next += 1;
                if !self.candidates.dependent.get(next).copied().unwrap_or(false) {
                    break;
                }
            }
        }
        self.order
    }
}

type Key = ([bool; 4], f32);

fn compare(a: Key, b: Key) -> Ordering {
    a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picked(n: usize, scores: &[f32], dependent: &[bool], half: &[bool], preferred: &[bool]) -> Vec<usize> {
        let rows = Rows { start: vec![0; n + 1], token_start: vec![0; n + 1], ..Rows::default() };
        let candidates = Candidates { scores, rows: &rows, dependent, half, preferred, redundancy: 1.0 };
        order(&candidates).iter().map(|place| place.sentence).collect()
    }

    #[test]
    fn what_points_back_waits_and_half_quotations_come_last() {
        let dependent = [false, true, false, true];
        assert_eq!(picked(4, &[0.0, 3.0, 1.0, 2.0], &dependent, &[false; 4], &[]), [2, 3, 0, 1]);
        assert_eq!(picked(4, &[0.0, 3.0, 1.0, 2.0], &dependent, &[false, false, true, false], &[]), [0, 1, 2, 3]);
    }

    #[test]
    fn what_was_asked_for_comes_first_and_ties_by_position() {
        assert_eq!(picked(3, &[1.0, 1.0, 0.0], &[false; 3], &[false; 3], &[false, false, true]), [2, 0, 1]);
    }

    /// The third sentence is the first again, with a higher score than the second.
    #[test]
    fn what_is_said_already_comes_last() {
        let text = "Farmers want water. Rain fell. Farmers want water.";
        let context = crate::features::Context::new(&crate::Article::from_text(text), &crate::segment::segment(text), &[]);
        let (scores, free) = ([3.0, -3.0, 2.0], [false; 3]);
        let rows = context.rows();
        let candidates = Candidates { scores: &scores, rows, dependent: &free, half: &free, preferred: &[], redundancy: 0.0 };
        assert_eq!(order(&candidates).iter().map(|place| place.sentence).collect::<Vec<_>>(), [0, 1, 2]);
    }

    /// Beyond the horizon the order is by score, and what waits follows what it waits for.
    #[test]
    fn long_articles_are_ranked_to_the_end() {
        let n = REDUNDANCY_HORIZON + 5;
        let scores: Vec<f32> = (0..n).map(|i| -(i as f32)).collect();
        let mut dependent = vec![false; n];
        dependent[n - 1] = true;
        assert_eq!(picked(n, &scores, &dependent, &vec![false; n], &[]), (0..n).collect::<Vec<_>>());
    }
}
