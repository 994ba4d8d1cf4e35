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
    /// Words of the text.
    pub words: u32,
    /// Words of the text that the training texts did not have: many are a sign of drift.
    pub unknown_words: u32,
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

    /// Loads the model in `folder`.
    ///
    /// # Errors
    /// [`crate::Error::Model`] if it is damaged, foreign or too new.
    pub fn load(folder: &std::path::Path) -> Result<Self> {
        Err(crate::Error::model(folder.display().to_string(), "cannot be loaded yet"))
    }

    /// Label names in the order of the probabilities; the label `none` means no label.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// Short identifier of the model: its name and the first digits of its hash.
    pub fn id(&self) -> String {
        "placeholder".into()
    }

    /// A labeller of this model, with its own table of words: one for each thread.
    pub fn labeller(&self) -> Labeller {
        Labeller { model: self.clone(), prediction: Prediction::default() }
    }

    /// Whether `prediction` is too doubtful for `--abstain`: its probability stays below what its label needs
    /// for the precision that was wanted at training.
    pub fn is_unsure(&self, prediction: &Prediction) -> bool {
        let _ = prediction;
        false
    }

    /// Reads a model folder.
    ///
    /// # Errors
    /// [`crate::Error::Model`] if it is no model, damaged, or of a format that this build does not read.
    pub fn open(folder: &std::path::Path) -> Result<Self> {
        let _ = folder;
        Self::builtin()
    }

    /// Labels one text. For many texts use a [`Labeller`].
    pub fn predict(&self, text: &str) -> Prediction {
        let _ = text;
        Prediction { probabilities: vec![0.25; 4], main: 3, ..Prediction::default() }
    }
}

/// Labels text after text without allocating; its answers are those of [`StanceModel::predict`] to the last bit.
#[derive(Debug)]
pub struct Labeller {
    model: StanceModel,
    prediction: Prediction,
}

impl Labeller {
    /// Labels one text; the answer stays in the labeller until the next one.
    pub fn predict(&mut self, text: &str) -> &Prediction {
        self.prediction = self.model.predict(text);
        &self.prediction
    }

    /// The model that labels.
    pub fn model(&self) -> &StanceModel {
        &self.model
    }
}
