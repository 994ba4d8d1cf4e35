//! How long a summary may be, and which sentences fit.

/// How long the summary may be; never over, as near below as whole sentences allow.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Budget {
    /// At most so many sentences.
    Sentences(usize),
    /// At most so many words.
    Words(usize),
    /// At most this share (0 to 1) of the article's words.
    Ratio(f64),
}

impl Default for Budget {
    fn default() -> Self {
        Self::Sentences(3)
    }
}

impl Budget {
    /// The sentences of `order` that fit, in reading order, and warnings.
    ///
    /// Words are counted as white space parts them. A sentence that does not fit is passed over for the next
    /// one that does, together with a following sentence that `depends` on it. Where none fits, the first of the
    /// order is given, with a warning.
    pub(super) fn choose(self, order: &[usize], words: &[usize], depends: &[bool]) -> (Vec<usize>, Vec<String>) {
        let limit = match self {
            Self::Sentences(n) => {
                let mut chosen = order[..n.min(order.len())].to_vec();
                chosen.sort_unstable();
                return (chosen, Vec::new());
            }
            Self::Words(n) => n,
            Self::Ratio(share) => (words.iter().sum::<usize>() as f64 * share.clamp(0.0, 1.0)).floor() as usize,
        };
        let chosen = fit(order, words, depends, limit);
        match order.first() {
            Some(&best) if chosen.is_empty() => {
                let shortest = words.iter().min().unwrap_or(&0);
                let warning = format!("no sentence fits {limit} words (the shortest has {shortest}): the best one is given");
                (vec![best], vec![warning])
            }
            _ => (chosen, Vec::new()),
        }
    }
}

fn fit(order: &[usize], words: &[usize], depends: &[bool], limit: usize) -> Vec<usize> {
    let mut taken = vec![false; words.len()];
    let mut left = limit;
    for &sentence in order {
        let alone = sentence > 0 && depends[sentence] && !taken[sentence - 1];
        if words[sentence] <= left && !alone {
            taken[sentence] = true;
            left -= words[sentence];
        }
    }
    (0..taken.len()).filter(|&i| taken[i]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FREE: [bool; 4] = [false; 4];

    #[test]
    fn sentences_are_counted_and_put_in_reading_order() {
        assert_eq!(Budget::Sentences(2).choose(&[3, 1, 0, 2], &[5; 4], &FREE).0, [1, 3]);
        assert_eq!(Budget::Sentences(9).choose(&[3, 1, 0, 2], &[5; 4], &FREE).0, [0, 1, 2, 3]);
        assert!(Budget::Sentences(3).choose(&[], &[], &[]).0.is_empty());
    }

    #[test]
    fn words_are_never_exceeded_and_later_ones_fill_the_rest() {
        // 10 words: the second of the order (8) does not fit beside the first (7), the third (3) does.
        assert_eq!(Budget::Words(10).choose(&[0, 1, 2, 3], &[7, 8, 3, 1], &FREE).0, [0, 2]);
        assert_eq!(Budget::Ratio(0.5).choose(&[0, 1, 2, 3], &[7, 8, 3, 2], &FREE).0, [0, 2]);
    }

    #[test]
    fn a_sentence_that_points_back_goes_with_the_one_before() {
        let depends = [false, true, false, false];
        assert_eq!(Budget::Words(5).choose(&[0, 1, 2, 3], &[7, 2, 3, 9], &depends).0, [2]);
    }

    #[test]
    fn where_nothing_fits_the_best_is_given_with_a_warning() {
        let (chosen, warnings) = Budget::Words(2).choose(&[1, 0], &[3, 4], &FREE);
        assert_eq!(chosen, [1]);
        assert!(warnings[0].contains("no sentence fits 2 words"), "{warnings:?}");
    }
}
