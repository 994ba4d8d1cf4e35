//! Where a sentence stands: news puts the point first.

use super::Context;

pub(super) fn inverse(_: &Context, i: usize) -> f32 {
    1.0 / (1.0 + i as f32)
}

pub(super) fn log(_: &Context, i: usize) -> f32 {
    libm::logf(1.0 + i as f32)
}

pub(super) fn relative(context: &Context, i: usize) -> f32 {
    i as f32 / (context.view.n_sentences as f32 - 1.0).max(1.0)
}

pub(super) fn is(_: &Context, i: usize, wanted: usize) -> f32 {
    f32::from(u8::from(i == wanted))
}

pub(super) fn last(context: &Context, i: usize) -> f32 {
    is(context, i + 1, context.view.n_sentences)
}

pub(super) fn first_tenth(context: &Context, i: usize) -> f32 {
    f32::from(u8::from(i * 10 < context.view.n_sentences))
}
