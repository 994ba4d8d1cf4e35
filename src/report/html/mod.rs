//! Pages for people: one self-contained HTML file, readable without script, with nothing loaded from anywhere.
//!
//! Every text goes through one escaper (`escape`), and a Content-Security-Policy allows only the page's own style and script, which
//! carry a nonce: the hash of what the page shows. A text cannot hold its own hash, so nothing in it can run, and
//! the same input gives the same bytes.

mod article;
mod chart;
mod contents;
mod corpus;
mod escape;
mod evaluation;
mod evidence;
mod explanation;
mod label;
mod marks;

pub use article::{article, explained};
pub use contents::{Listed, contents};
pub use corpus::corpus;
pub use evaluation::{Measured, WorstError, evaluation, worst};
pub use evidence::{Contribution, Evidence, evidence};
pub use explanation::{Explained, explanation};

use super::percent;
use crate::error::{Error, Result};

/// The look of every page.
const STYLE: &str = include_str!("../templates/page.css");

/// Sorting, filtering, copying and the evidence card; the page reads fully without it.
const SCRIPT: &str = include_str!("../templates/page.js");

/// The page that `render` gives, sealed: its nonce is a hash of all that it shows.
fn sealed(render: impl Fn(&str) -> askama::Result<String>) -> Result<String> {
    let sealed = render("").and_then(|open| {
        let hash = blake3::hash(open.as_bytes()).to_hex();
        render(hash.get(..32).unwrap_or(&hash))
    });
    sealed.map(|page| page + "\n").map_err(|error| Error::Data(format!("the page cannot be put together: {error}")))
}

/// A weight with its sign, a true minus among them.
fn signed(weight: &f64) -> String {
    if *weight < 0.0 { format!("−{:.2}", -weight) } else { format!("+{weight:.2}") }
}

/// The class of the bar of a weight: pale where it speaks against the label.
fn bar_class<'c>(weight: &f64, class: &'c str) -> &'c str {
    if *weight < 0.0 { "none" } else { class }
}

/// The size of `value` in whole hundredths of `most`.
fn hundredths(value: impl std::borrow::Borrow<f64>, most: impl std::borrow::Borrow<f64>) -> u32 {
    (100.0 * value.borrow().abs() / most.borrow().max(f64::MIN_POSITIVE)).round() as u32
}

/// `text` with white space folded.
fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
