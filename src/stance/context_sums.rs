//! The context features of a text, summed: the same as rows found by [`context_features`](super::features::context_features)
//! and added up, for models with few labels and the usual settings, several times as fast. A property test compares them.

use super::{
    features::{Context, MODAL_REACH, NEGATION_REACH, WordView, bucket, mix},
    lists::Role,
};
use crate::model::{Block, FeatureSettings, N_BLOCKS, N_WORD_BLOCKS};

/// Number of blocks of context features.
pub(super) const N_CONTEXT_BLOCKS: usize = N_BLOCKS - N_WORD_BLOCKS;

/// Sums of one block, and how many features they are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BlockSum<const L: usize> {
    pub(super) sums: [i64; L],
    pub(super) count: usize,
}

/// Windows of tokens whose sums surely fit 32 bits.
const MANY: usize = 1 << 15;

/// Memory for the events of a text.
#[derive(Debug, Default)]
pub(super) struct Events {
    /// Class of each word of stance, and what bears on it.
    stances: Vec<(u32, u64)>,
    /// Words of content in the reach of a negation.
    negated: Vec<u32>,
}

/// Whether texts of a model with these settings can be summed here: all that bears on contexts is as usual.
pub(super) fn are_usual(settings: &FeatureSettings) -> bool {
    let usual = FeatureSettings::default();
    let same = FeatureSettings {
        bits: settings.bits,
        scale: settings.scale,
        char_min: settings.char_min,
        char_max: settings.char_max,
        stems: settings.stems,
        mask: settings.mask,
        stance_classes: settings.stance_classes,
        ..usual
    };
    same == *settings && settings.bits.iter().skip(N_WORD_BLOCKS).all(|&bits| bits > 0)
}

/// The block's weights as rows of L, and the binary logarithm of their number.
fn rows<'t, const L: usize>(table: &'t [u8], settings: &FeatureSettings, block: Block) -> (&'t [[u8; L]], u8) {
    let start = settings.offsets()[block as usize] * L;
    let rows = table.get(start..start + settings.buckets(block) * L).unwrap_or_default();
    (rows.as_chunks().0, settings.bits[block as usize])
}

/// Weights of one block, and their sum so far.
struct Summed<'t, const L: usize> {
    rows: &'t [[u8; L]],
    bits: u8,
    sums: [i32; L],
    count: usize,
}

impl<'t, const L: usize> Summed<'t, L> {
    fn new((rows, bits): (&'t [[u8; L]], u8)) -> Self {
        Self { rows, bits, sums: [0; L], count: 0 }
    }

    #[inline(always)]
    fn add(&mut self, hash: u64) {
        if let Some(row) = self.rows.get(bucket(hash, self.bits) as usize) {
            self.sums.iter_mut().zip(row).for_each(|(sum, &weight)| *sum += i32::from(weight as i8));
        }
        self.count += 1;
    }

    fn flush(&mut self, into: &mut BlockSum<L>) {
        into.sums.iter_mut().zip(self.sums).for_each(|(sum, more)| *sum += i64::from(more));
        into.count += self.count;
        (self.sums, self.count) = ([0; L], 0);
    }
}

/// Sums over the context features of a text, one for each context block. `padded` are its words between two [`EDGE`](super::features::EDGE)s.
pub(super) fn sum<const L: usize>(
    padded: &[WordView],
    settings: &FeatureSettings,
    table: &[u8],
    events: &mut Events,
) -> [BlockSum<L>; N_CONTEXT_BLOCKS] {
    let mut out = [BlockSum { sums: [0; L], count: 0 }; N_CONTEXT_BLOCKS];
    let [of_ngrams, of_classes, of_scopes] = &mut out;
    let mut ngrams = Summed::new(rows(table, settings, Block::Ngrams));
    let mut classes = Summed::new(rows(table, settings, Block::Classes));
    if let [edge, first, ..] = padded {
        ngrams.add(mix(edge.word, first.word));
        classes.add(mix(edge.class, first.class));
    }
    for start in (0..padded.len()).step_by(MANY) {
        for three in padded.get(start..padded.len().min(start + MANY + 2)).unwrap_or_default().windows(3) {
            if let [before, last, view] = three {
                window(before, last, view, &mut ngrams, &mut classes);
            }
        }
        ngrams.flush(of_ngrams);
        classes.flush(of_classes);
    }
    let words = padded.get(1..padded.len().max(2) - 1).unwrap_or_default();
    scopes(words, rows(table, settings, Block::Scopes), events, of_scopes);
    out
}

#[inline(always)]
fn window<const L: usize>(
    before: &WordView,
    last: &WordView,
    view: &WordView,
    ngrams: &mut Summed<'_, L>,
    classes: &mut Summed<'_, L>,
) {
    ngrams.add(mix(last.word, view.word));
    ngrams.add(mix(before.word ^ 0x5555_5555, view.word));
    let two = mix(last.class, view.class);
    classes.add(two);
    classes.add(mix(before.class, (two >> 32) as u32));
}

// What stands before a token and bears on it, in one number, so that taking account of a token costs no branch. Reaches
// are runs of ones that lose one at each token.
const NEGATED: u64 = (1 << NEGATION_REACH) - 1;
const MODAL_AT: usize = 8;
const MODAL_LEFT: u64 = ((1 << MODAL_REACH) - 1) << MODAL_AT;
const REACHES: u64 = NEGATED | MODAL_LEFT;
/// Bits of `REACHES` after a step: the lowest one of each goes.
const REACHES_LEFT: u64 = (NEGATED >> 1) | ((MODAL_LEFT >> 1) & MODAL_LEFT);
const MODAL: u32 = 16;
const SUBJECT: u32 = 24;
const CLAUSE: u32 = 32;
const CONDITION: u32 = 34;
const QUOTED: u32 = 35;

/// The field of `width` bits at `at`.
#[inline(always)]
fn field(state: u64, at: u32, width: u32) -> u32 {
    (state >> at) as u32 & ((1 << width) - 1)
}

/// What a token of some role does to the state: bits that are kept, then bits that change.
#[derive(Clone, Copy)]
struct Step {
    keep: u64,
    flip: u64,
}

impl Step {
    const fn set(self, at: u32, width: u32, value: u64) -> Self {
        let field = ((1 << width) - 1) << at;
        Self { keep: self.keep & !field, flip: self.flip & !field | value << at }
    }
}

const STEPS: [Step; 32] = steps();

const fn steps() -> [Step; 32] {
    let none = Step { keep: u64::MAX, flip: 0 };
    let mut steps = [none; 32];
    let modals = [Role::StrongModal, Role::WillModal, Role::CanModal];
    let subjects = [Role::FirstPerson, Role::SecondPerson, Role::ThirdPerson, Role::Name];
    steps[Role::Negator as usize] = none.set(0, NEGATION_REACH as u32, NEGATED);
    let mut i = 0;
    while i < modals.len() {
        let reach = none.set(MODAL_AT as u32, MODAL_REACH as u32, MODAL_LEFT >> MODAL_AT);
        steps[modals[i] as usize] = reach.set(MODAL, 8, modals[i] as u64);
        i += 1;
    }
    i = 0;
    while i < subjects.len() {
        steps[subjects[i] as usize] = none.set(SUBJECT, 8, subjects[i] as u64);
        i += 1;
    }
    steps[Role::Condition as usize] = none.set(CONDITION, 1, 1);
    steps[Role::Subordinator as usize] = none.set(CLAUSE, 2, 1);
    steps[Role::Coordinator as usize] = none.set(CLAUSE, 2, 2);
    let mark = none.set(0, NEGATION_REACH as u32, 0).set(CLAUSE, 2, 2);
    steps[Role::ClauseMark as usize] = mark;
    steps[Role::SentenceMark as usize] = mark.set(CONDITION, 1, 0);
    steps[Role::QuoteOpen as usize] = none.set(QUOTED, 1, 1);
    steps[Role::QuoteClose as usize] = none.set(QUOTED, 1, 0);
    steps[Role::QuoteEither as usize] = Step { keep: u64::MAX, flip: 1 << QUOTED };
    steps
}

/// Finds the words that have a scope, then adds their features.
fn scopes<const L: usize>(views: &[WordView], rows: (&[[u8; L]], u8), events: &mut Events, out: &mut BlockSum<L>) {
    let mut summed = Summed::new(rows);
    let mut state = 0;
    let mut last_stance = 0;
    for views in views.chunks(MANY) {
        let (n_stances, n_negated) = events.find(views, &mut state);
        for &(class, state) in events.stances.get(..n_stances).unwrap_or_default() {
            stance(&mut summed, class, state, last_stance);
            last_stance = class;
        }
        for &word in events.negated.get(..n_negated).unwrap_or_default() {
            summed.add(mix(Context::NegatedWord as u32, word));
        }
        summed.flush(out);
    }
}

impl Events {
    /// Finds what has a scope among `views`; `state` is what stands before them, then what stands behind them. Gives the
    /// numbers of words of stance and of negated words.
    fn find(&mut self, views: &[WordView], state: &mut u64) -> (usize, usize) {
        // Each place is written, and kept or written over: that costs less than a branch that cannot be foreseen.
        self.stances.resize(self.stances.len().max(views.len()), (0, 0));
        self.negated.resize(self.negated.len().max(views.len()), 0);
        let (mut n_stances, mut n_negated) = (0, 0);
        for view in views {
            if let (Some(stance), Some(negated)) = (self.stances.get_mut(n_stances), self.negated.get_mut(n_negated)) {
                *stance = (view.class, *state);
                *negated = view.word;
            }
            n_stances += usize::from(view.stance > 0);
            n_negated += usize::from(*state & NEGATED != 0) & usize::from(view.role == Role::Content);
            let step = STEPS[view.role as usize % STEPS.len()];
            *state = (*state & !REACHES) | (*state >> 1 & REACHES_LEFT);
            *state = (*state & step.keep) ^ step.flip;
        }
        (n_stances, n_negated)
    }
}

/// Adds the features of a word of stance.
#[inline(always)]
fn stance<const L: usize>(summed: &mut Summed<'_, L>, class: u32, state: u64, last_stance: u32) {
    let mut add = |kind: Context, value: u32| summed.add(mix(value << 8 | kind as u32, class));
    let is_modal = state & MODAL_LEFT != 0;
    add(Context::Negated, u32::from(state & NEGATED != 0));
    add(Context::Modal, if is_modal { field(state, MODAL, 8) } else { 0 });
    add(Context::Subject, field(state, SUBJECT, 8));
    add(Context::Clause, field(state, CLAUSE, 2));
    add(Context::Quoted, field(state, QUOTED, 1));
    add(Context::Sequence, last_stance & 0x00ff_ffff);
    if field(state, CONDITION, 1) == 1 {
        add(Context::Conditional, 0);
    }
    if last_stance == 0 {
        add(Context::First, 0);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stance::features::{EDGE, context_features};

    /// The same by the definition.
    fn by_rows(views: &[WordView], settings: &FeatureSettings, table: &[u8]) -> [BlockSum<4>; N_CONTEXT_BLOCKS] {
        let mut out = [BlockSum { sums: [0; 4], count: 0 }; N_CONTEXT_BLOCKS];
        context_features(views, settings, |block, bucket, _, _, _| {
            let row = (settings.offsets()[block as usize] + bucket as usize) * 4;
            let sum = &mut out[block as usize - N_WORD_BLOCKS];
            sum.sums.iter_mut().zip(&table[row..row + 4]).for_each(|(sum, &weight)| *sum += i64::from(weight as i8));
            sum.count += 1;
        });
        out
    }

    /// A view of any kind; few kinds of words, so that they meet again.
    fn view(kind: u8, word: u32) -> WordView {
        use Role::*;
        const ROLES: [Role; 24] = [
            Content,
            Negator,
            StrongModal,
            WillModal,
            CanModal,
            Condition,
            FirstPerson,
            SecondPerson,
            ThirdPerson,
            Subordinator,
            Coordinator,
            Determiner,
            Preposition,
            Auxiliary,
            Adverb,
            Date,
            Name,
            Number,
            ClauseMark,
            SentenceMark,
            QuoteOpen,
            QuoteClose,
            QuoteEither,
            OtherMark,
        ];
        let role = ROLES.get(usize::from(kind)).copied().unwrap_or(Content);
        let stance = kind.saturating_sub(40);
        WordView { word: word.wrapping_mul(0x9e37_79b9), class: word.wrapping_mul(0x85eb_ca6b), role, stance }
    }

    fn table(settings: &FeatureSettings) -> Vec<u8> {
        (0..settings.total_buckets() * 4).map(|i| ((i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8).collect()
    }

    fn same(words: &[(u8, u32)]) {
        let settings = FeatureSettings { bits: [2, 3, 0, 9, 8, 7], ..FeatureSettings::default() };
        assert!(are_usual(&settings));
        let table = table(&settings);
        let views: Vec<WordView> = words.iter().map(|&(kind, word)| view(kind, word)).collect();
        let padded: Vec<WordView> = [EDGE].into_iter().chain(views.iter().copied()).chain([EDGE]).collect();
        assert_eq!(sum::<4>(&padded, &settings, &table, &mut Events::default()), by_rows(&views, &settings, &table));
    }

    #[test]
    fn a_long_text_is_summed_in_parts() {
        let words: Vec<(u8, u32)> = (0..MANY as u32 * 2 + 5).map(|i| ((i * 7 % 60) as u8, i % 91)).collect();
        same(&words);
    }

    #[test]
    fn unusual_settings_are_not_for_here() {
        let usual = FeatureSettings::default();
        assert!(are_usual(&FeatureSettings { mask: false, stems: true, ..usual.clone() }));
        assert!(!are_usual(&FeatureSettings { skips: false, ..usual.clone() }));
        assert!(!are_usual(&FeatureSettings { trigrams: true, ..usual.clone() }));
        assert!(!are_usual(&FeatureSettings { bits: [16, 18, 0, 18, 0, 14], ..usual }));
    }

    proptest! {
        #[test]
        fn sums_are_those_of_the_rows(words in prop::collection::vec((0u8..60, 0u32..20), 0..40)) {
            same(&words);
        }
    }
}
