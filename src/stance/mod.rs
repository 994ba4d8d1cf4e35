//! Statements in; stances with probabilities out.

use crate::error::Result;

/// What the classifier says of one text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Prediction {
    /// Calibrated probability of each label, in the order of [`StanceModel::labels`]; they sum to 1.
    pub probabilities: Vec<f32>,
    /// Index of the most probable label, `none` included.
    pub main: usize,
    /// Indices of the labels given, main first, `none` left out: empty means none.
    pub chosen: Vec<usize>,
}

/// A trained linear classifier of statements.
#[derive(Clone, Debug)]
pub struct StanceModel {
    labels: Vec<String>,
}

impl StanceModel {
    /// The model that is compiled into the library.
    ///
    /// # Errors
    /// [`crate::Error::Model`] if it does not fit this build (a bug).
    pub fn builtin() -> Result<Self> {
        Ok(Self { labels: ["support", "concern", "expectation", "none"].map(String::from).to_vec() })
    }

    /// Label names in the order of the probabilities; the label `none` means no label.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// Short identifier of the model: its name and the first digits of its hash.
    pub fn id(&self) -> String {
        "placeholder".into()
    }

    /// Labels one text.
    pub fn predict(&self, text: &str) -> Prediction {
        let _ = text;
        Prediction { probabilities: vec![0.25; 4], main: 3, chosen: Vec::new() }
    }
}
