//! What a sentence looks like: capitals, numbers, word classes, quotation marks.

use super::{Context, centrality::ratio, words::Classes};

pub(super) fn share(context: &Context, i: usize, class: Classes) -> f32 {
    let counts = &context.view.counts[i];
    ratio(counts.of(class), counts.tokens as f32)
}

pub(super) fn count(context: &Context, i: usize, class: Classes) -> f32 {
    context.view.counts[i].of(class).min(4.0)
}

pub(super) fn has(context: &Context, i: usize, class: Classes) -> f32 {
    flag(context.view.counts[i].of(class) > 0.0)
}

pub(super) fn opens(context: &Context, i: usize, class: Classes) -> f32 {
    flag(context.view.counts[i].opening & class != 0)
}

pub(super) fn capitals(context: &Context, i: usize) -> f32 {
    let counts = &context.view.counts[i];
    ratio(counts.capitals as f32, counts.tokens as f32)
}

pub(super) fn numbers(context: &Context, i: usize) -> f32 {
    let counts = &context.view.counts[i];
    ratio(counts.numbers as f32, counts.tokens as f32)
}

pub(super) fn full_names(context: &Context, i: usize) -> f32 {
    (context.view.counts[i].full_names as f32).min(6.0)
}

pub(super) fn lone_names(context: &Context, i: usize) -> f32 {
    (context.view.counts[i].lone_names as f32).min(6.0)
}

pub(super) fn question(context: &Context, i: usize) -> f32 {
    flag(context.view.counts[i].questions > 0)
}

pub(super) fn quotation(context: &Context, i: usize) -> f32 {
    flag(context.view.quotation[i].has_mark)
}

pub(super) fn opens_quotation(context: &Context, i: usize) -> f32 {
    flag(context.view.quotation[i].begins)
}

pub(super) fn inside_quotation(context: &Context, i: usize) -> f32 {
    let it = context.view.quotation[i];
    flag(it.opens_inside || it.ends_inside)
}

pub(super) fn half_quotation(context: &Context, i: usize) -> f32 {
    flag(context.view.quotation[i].is_half())
}

fn flag(it: bool) -> f32 {
    f32::from(u8::from(it))
}
