//! How much a sentence shares with the rest of the article.
//!
//! Rows have length 1, so the cosine of two sentences is their dot product and the matrix of all cosines
//! is `R Rᵀ`, which is never built: sums over other sentences are dot products with sums of rows, and a
//! step of LexRank is two passes over the rows. All of it is exact and linear in the length of the text.
//! Only the maximum needs pairs; it looks [`WINDOW`] sentences either way.

use super::view::{self, Entry, Rows, View};

/// Sentences to either side among which the most similar one is looked for.
const WINDOW: usize = 48;
/// Share of LexRank's random walk that follows similarity (Erkan and Radev 2004 give 0.85 for its complement's usual value).
const DAMPING: f32 = 0.85;
/// Steps of LexRank; the change falls by the damping each step, and order settles long before.
const STEPS: usize = 8;

/// Centrality of each sentence.
#[derive(Clone, Debug, Default)]
pub(crate) struct Centrality {
    pub(crate) centroid: Vec<f32>,
    pub(crate) sum_basic: Vec<f32>,
    pub(crate) lex_rank: Vec<f32>,
    pub(crate) to_later: Vec<f32>,
    pub(crate) to_earlier: Vec<f32>,
    pub(crate) nearest: Vec<f32>,
    pub(crate) top_terms: Vec<f32>,
    pub(crate) word_spread: Vec<f32>,
    pub(crate) bigram_spread: Vec<f32>,
    pub(crate) mean_idf: Vec<f32>,
    pub(crate) to_first_two: Vec<f32>,
    pub(crate) new_terms: Vec<f32>,
    pub(crate) names: Vec<f32>,
    pub(crate) new_names: Vec<f32>,
    pub(crate) later_coverage: Vec<f32>,
    pub(crate) title: Vec<f32>,
    pub(crate) title_coverage: Vec<f32>,
    pub(crate) title_weight: Vec<f32>,
    pub(crate) title_bigrams: Vec<f32>,
}

impl Centrality {
    pub(crate) fn new(view: &View) -> Self {
        let rows = &view.rows;
        let n = view.n_sentences;
        let total = sum_of_rows(rows, 0..n);
        let total_length = length(&total);
        let degree: Vec<f32> = (0..n).map(|i| dot(rows.row(i), &total)).collect();
        let (to_earlier, to_later) = directed(rows, &degree);
        Self {
            centroid: degree.iter().map(|d| ratio(*d, total_length)).collect(),
            sum_basic: per_token(rows, n, |term| rows.occurrences[term] as f32 / rows.tokens.len().max(1) as f32),
            lex_rank: lex_rank(rows, &degree),
            to_later,
            to_earlier,
            nearest: nearest(rows, n),
            top_terms: top_terms(rows, n),
            word_spread: per_token(rows, n, |term| rows.sentences_with[term] as f32 / n as f32),
            bigram_spread: bigram_spread(rows, n),
            mean_idf: per_token(rows, n, |term| libm::logf(n as f32 / rows.sentences_with[term].max(1) as f32)),
            to_first_two: to_first_two(rows, n),
            ..Self::by_terms(view)
        }
    }

    /// What one walk over the terms in reading order gives.
    fn by_terms(view: &View) -> Self {
        let rows = &view.rows;
        let mut seen = vec![0_u32; rows.n_terms];
        let mut out = Self::default();
        for sentence in 0..view.n_sentences {
            let row = rows.row(sentence);
            let (mut new, mut names, mut new_names, mut later, mut title) = (0.0, 0.0, 0.0, 0.0, 0.0);
            for entry in row {
                let term = entry.term as usize;
                let first = seen[term] == 0;
                seen[term] += 1;
                new += f32::from(u8::from(first));
                later += (rows.sentences_with[term] - seen[term]) as f32;
                title += f32::from(u8::from(view.title[term]));
                if view.is_name[term] {
                    names += rows.sentences_with[term] as f32;
                    new_names += f32::from(u8::from(first));
                }
            }
            let n = row.len() as f32;
            out.new_terms.push(ratio(new, n));
            out.names.push(ratio(names, view.n_sentences as f32));
            out.new_names.push(new_names);
            out.later_coverage.push(ratio(later, n));
            out.title.push(ratio(title, n));
        }
        (out.title_coverage, out.title_weight) = title_coverage(view);
        out.title_bigrams = title_bigrams(view);
        out
    }
}

/// Share of the title's terms that each sentence has: plain, and weighted by idf.
fn title_coverage(view: &View) -> (Vec<f32>, Vec<f32>) {
    let rows = &view.rows;
    let n = view.n_sentences as f32;
    let idf = |t: u32| 1.0 + libm::logf(n / rows.sentences_with[t as usize].max(1) as f32);
    let total: f32 = view.title_terms().map(idf).sum();
    let of = |i: usize| {
        let shared = rows.row(i).iter().map(|e| e.term).filter(|&t| view.title[t as usize]);
        shared.fold((0.0, 0.0), |(count, weight), t| (count + 1.0, weight + idf(t)))
    };
    let share = |i: usize| {
        let (count, weight) = of(i);
        (ratio(count, view.n_title_words as f32), ratio(weight, total))
    };
    (0..view.n_sentences).map(share).unzip()
}

/// Share of the title's bigrams of content words that each sentence has.
fn title_bigrams(view: &View) -> Vec<f32> {
    let pairs: Vec<&[u32]> = view.title_tokens.windows(2).filter(|p| !p.contains(&view::UNKNOWN)).collect();
    let n = view.title_tokens.len().saturating_sub(1) as f32;
    let share = |i: usize| {
        let tokens = view.rows.tokens_of(i);
        ratio(pairs.iter().filter(|pair| tokens.windows(2).any(|p| p == **pair)).count() as f32, n)
    };
    (0..view.n_sentences).map(share).collect()
}

pub(crate) fn ratio(a: f32, b: f32) -> f32 {
    if b > 0.0 { a / b } else { 0.0 }
}

/// Dot product of a sparse row and a dense one.
pub(crate) fn dot(row: &[Entry], dense: &[f32]) -> f32 {
    row.iter().map(|entry| entry.weight * dense[entry.term as usize]).sum()
}

/// Adds `factor` times a sparse row to a dense one.
pub(crate) fn add(dense: &mut [f32], row: &[Entry], factor: f32) {
    for entry in row {
        dense[entry.term as usize] += factor * entry.weight;
    }
}

fn sum_of_rows(rows: &Rows, sentences: std::ops::Range<usize>) -> Vec<f32> {
    let mut sum = vec![0.0; rows.n_terms];
    sentences.for_each(|i| add(&mut sum, rows.row(i), 1.0));
    sum
}

fn length(dense: &[f32]) -> f32 {
    dense.iter().map(|x| x * x).sum::<f32>().sqrt()
}

/// Sums of similarity to the earlier and to the later sentences, each by the root of the number of
/// sentences (Zheng and Lapata 2019 weigh the two directions apart).
fn directed(rows: &Rows, degree: &[f32]) -> (Vec<f32>, Vec<f32>) {
    let scale = (degree.len() as f32).sqrt();
    let mut before = vec![0.0; rows.n_terms];
    let mut earlier = Vec::with_capacity(degree.len());
    let mut later = Vec::with_capacity(degree.len());
    for (i, degree) in degree.iter().enumerate() {
        let row = rows.row(i);
        let to_itself: f32 = row.iter().map(|e| e.weight * e.weight).sum();
        let to_before = dot(row, &before);
        earlier.push(to_before / scale);
        later.push((degree - to_before - to_itself) / scale);
        add(&mut before, row, 1.0);
    }
    (earlier, later)
}

/// Continuous LexRank (Erkan and Radev 2004), times the number of sentences: 1 is average.
fn lex_rank(rows: &Rows, degree: &[f32]) -> Vec<f32> {
    let mut rank = vec![1.0_f32; degree.len()];
    let mut spread = vec![0.0; rows.n_terms];
    for _ in 0..STEPS {
        spread.fill(0.0);
        for (i, degree) in degree.iter().enumerate() {
            add(&mut spread, rows.row(i), ratio(rank[i], *degree));
        }
        for (i, rank) in rank.iter_mut().enumerate() {
            *rank = (1.0 - DAMPING) + DAMPING * dot(rows.row(i), &spread);
        }
    }
    rank
}

/// Highest cosine with another sentence of the neighbourhood.
fn nearest(rows: &Rows, n: usize) -> Vec<f32> {
    let mut best = vec![0.0_f32; n];
    let mut dense = vec![0.0; rows.n_terms];
    for i in 0..n {
        add(&mut dense, rows.row(i), 1.0);
        for j in i + 1..n.min(i + 1 + WINDOW) {
            let cosine = dot(rows.row(j), &dense);
            best[i] = best[i].max(cosine);
            best[j] = best[j].max(cosine);
        }
        rows.row(i).iter().for_each(|entry| dense[entry.term as usize] = 0.0);
    }
    best
}

/// Mean over the content words of each sentence; 0 where it has none.
fn per_token(rows: &Rows, n: usize, value: impl Fn(usize) -> f32) -> Vec<f32> {
    let values: Vec<f32> = (0..rows.n_terms).map(value).collect();
    let mean = |i| {
        let tokens = rows.tokens_of(i);
        ratio(tokens.iter().map(|&t| values[t as usize]).sum(), tokens.len() as f32)
    };
    (0..n).map(mean).collect()
}

/// Number of terms that count as the article's leading ones.
const TOP: usize = 10;

/// Share of the ten weightiest terms (occurrences times idf) that the sentence has.
fn top_terms(rows: &Rows, n: usize) -> Vec<f32> {
    let weight = |t: usize| rows.occurrences[t] as f32 * (1.0 + libm::logf(n as f32 / rows.sentences_with[t].max(1) as f32));
    let mut order: Vec<(f32, usize)> = (0..rows.n_terms).map(|t| (weight(t), t)).collect();
    let by_weight = |a: &(f32, usize), b: &(f32, usize)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
    if order.len() > TOP {
        order.select_nth_unstable_by(TOP, by_weight);
        order.truncate(TOP);
    }
    let mut top = vec![0.0_f32; rows.n_terms];
    order.iter().for_each(|(_, t)| top[*t] = 1.0);
    (0..n).map(|i| rows.row(i).iter().map(|e| top[e.term as usize]).sum::<f32>() / TOP as f32).collect()
}

/// Mean share of the sentences that have the content bigrams of this one.
fn bigram_spread(rows: &Rows, n: usize) -> Vec<f32> {
    let mut grams: Vec<(u64, u32)> = Vec::with_capacity(rows.tokens.len());
    for i in 0..n {
        let pairs = rows.tokens_of(i).windows(2);
        grams.extend(pairs.map(|p| (u64::from(p[0]) << 32 | u64::from(p[1]), i as u32)));
    }
    grams.sort_unstable();
    grams.dedup();
    let mut sum = vec![(0.0_f32, 0_u32); n];
    for group in grams.chunk_by(|a, b| a.0 == b.0) {
        for (_, sentence) in group {
            let (total, count) = &mut sum[*sentence as usize];
            *total += group.len() as f32;
            *count += 1;
        }
    }
    sum.into_iter().map(|(total, count)| ratio(total, count as f32 * n as f32)).collect()
}

/// Cosine with the first two sentences together, of the others among them for these themselves.
fn to_first_two(rows: &Rows, n: usize) -> Vec<f32> {
    let sums: Vec<Vec<f32>> = [0..2.min(n), 1..2.min(n).max(1), 0..1.min(n)].map(|r| sum_of_rows(rows, r)).into();
    let lengths: Vec<f32> = sums.iter().map(|s| length(s)).collect();
    let against = |i: usize| match i {
        0 => 1,
        1 => 2,
        _ => 0,
    };
    (0..n).map(|i| ratio(dot(rows.row(i), &sums[against(i)]), lengths[against(i)])).collect()
}
