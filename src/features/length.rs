//! How long and how complete a sentence is.

use super::Context;

pub(super) fn log(context: &Context, i: usize) -> f32 {
    libm::logf(1.0 + context.view.counts[i].words as f32)
}

pub(super) fn under(context: &Context, i: usize, words: u32) -> f32 {
    f32::from(u8::from(context.view.counts[i].words < words))
}

pub(super) fn over_40(context: &Context, i: usize) -> f32 {
    f32::from(u8::from(context.view.counts[i].words > 40))
}

pub(super) fn no_stop(context: &Context, i: usize) -> f32 {
    f32::from(u8::from(!context.view.counts[i].final_stop))
}

pub(super) fn parenthesis(context: &Context, i: usize) -> f32 {
    f32::from(u8::from(context.view.counts[i].parentheses > 0))
}
