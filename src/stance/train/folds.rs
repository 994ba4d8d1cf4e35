//! Folds: texts of one group together, labels spread evenly.

use std::collections::BTreeMap;

use super::Example;

/// Gives each example its fold, `None` where it is never held out (soft labels of no judged group).
///
/// Groups go, largest first, to the fold that has fewest of their labels so far; ties by a seeded hash.
pub(super) fn assign(examples: &[Example], n_labels: usize, n_folds: usize, seed: u64) -> Vec<Option<usize>> {
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (number, example) in examples.iter().enumerate() {
        groups.entry(name(number, example)).or_default().push(number);
    }
    let judged = |numbers: &[usize]| numbers.iter().any(|&i| examples[i].probabilities.is_none());
    let mut order: Vec<(&String, &Vec<usize>)> = groups.iter().filter(|(_, numbers)| judged(numbers)).collect();
    order.sort_by_key(|(name, numbers)| (std::cmp::Reverse(numbers.len()), draw(name, seed)));
    let mut filled = vec![vec![0usize; n_labels]; n_folds];
    let mut folds = vec![None; examples.len()];
    for (_, numbers) in order {
        let hard: Vec<usize> = numbers.iter().copied().filter(|&i| examples[i].probabilities.is_none()).collect();
        let cost = |fold: &Vec<usize>| hard.iter().map(|&i| fold[examples[i].main()]).sum::<usize>() * 1000 / hard.len().max(1);
        let best = (0..n_folds).min_by_key(|&f| (cost(&filled[f]), filled[f].iter().sum::<usize>(), f)).unwrap_or(0);
        hard.iter().for_each(|&i| filled[best][examples[i].main()] += 1);
        numbers.iter().for_each(|&i| folds[i] = Some(best));
    }
    folds
}

/// The group of an example; one of its own where it has none.
pub(super) fn name(number: usize, example: &Example) -> String {
    example.group.clone().unwrap_or_else(|| format!("\u{0}{number:012}"))
}

/// A place from 0 to 1 drawn for the group `name`, other than the one that orders the folds.
pub(super) fn place(name: &str, seed: u64) -> f64 {
    (u64::from_le_bytes(draw(name, !seed)) >> 11) as f64 / (1u64 << 53) as f64
}

/// A number drawn for `name`: the same for the same seed.
fn draw(name: &str, seed: u64) -> [u8; 8] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&seed.to_le_bytes());
    hasher.update(name.as_bytes());
    let mut out = [0; 8];
    hasher.finalize_xof().fill(&mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(label: usize, group: Option<&str>) -> Example {
        Example { labels: vec![label], weight: 1.0, group: group.map(String::from), ..Example::default() }
    }

    #[test]
    fn a_group_stays_together_and_labels_spread() {
        let mut examples: Vec<Example> = (0..40).map(|i| example(i % 2, None)).collect();
        examples.extend((0..6).map(|_| example(0, Some("a"))));
        let folds = assign(&examples, 2, 4, 1);
        assert!(folds[40..].iter().all(|f| *f == folds[40]));
        for fold in 0..4 {
            let of = |label: usize| (0..46).filter(|&i| folds[i] == Some(fold) && examples[i].labels[0] == label).count();
            assert_eq!(of(1), 5);
            assert!((6..=7).contains(&of(0)), "{} of label 0 in fold {fold}", of(0));
        }
    }

    #[test]
    fn soft_labels_are_held_out_only_with_their_group() {
        let soft = |group| Example { probabilities: Some(vec![0.5, 0.5]), ..example(0, group) };
        let examples = [example(0, Some("a")), soft(Some("a")), soft(Some("b")), soft(None)];
        let folds = assign(&examples, 2, 2, 1);
        assert_eq!(folds[0], folds[1]);
        assert!(folds[0].is_some() && folds[2].is_none() && folds[3].is_none());
    }
}
