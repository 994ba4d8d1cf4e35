//! The columns that labelling adds: their names, and their values in JSON and CSV.

use crate::stance::Prediction;

/// Value of the main column where the model is not sure enough.
pub const UNSURE: &str = "unsure";
/// Probabilities are written in ten-thousandths.
pub const SCALE: u32 = 10_000;

/// What is said of a text: the model's prediction, and whether its main label is withheld.
#[derive(Clone, Copy, Debug)]
pub struct Verdict<'p> {
    /// The model's prediction.
    pub prediction: &'p Prediction,
    /// Whether the main label is written as `unsure`.
    pub unsure: bool,
}

/// Names of the added columns and ready-made pieces of their output.
#[derive(Clone, Debug)]
pub struct LabelColumns {
    names: Vec<String>,
    labels: Vec<Label>,
    main_key: String,
    all_key: String,
    probability_keys: Vec<String>,
}

#[derive(Clone, Debug)]
struct Label {
    name: String,
    json: String,
}

impl LabelColumns {
    /// The columns for a model of `labels`.
    pub fn new(labels: &[String]) -> Self {
        let stances = ["support", "concern", "expectation", "none"];
        let are_stances = labels.len() == stances.len() && stances.iter().all(|s| labels.iter().any(|l| l == s));
        let (main, all) = if are_stances { ("stance", "stances") } else { ("predicted", "predicted_all") };
        let mut names = vec![main.to_owned(), all.to_owned()];
        names.extend(labels.iter().map(|label| format!("p_{label}")));
        let key = |name: &String| format!("{}:", json_string(name));
        Self {
            main_key: format!("{}:", json_string(main)),
            all_key: format!(",{}:", json_string(all)),
            probability_keys: names.iter().skip(2).map(|name| format!(",{}", key(name))).collect(),
            labels: labels.iter().map(|name| Label { name: name.clone(), json: json_string(name) }).collect(),
            names,
        }
    }

    /// Names of the columns: main label, all labels, then a probability for each label.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Name of the label number `index`, or `unsure` in its place.
    pub fn main(&self, verdict: Verdict<'_>) -> &str {
        if verdict.unsure {
            return UNSURE;
        }
        self.label(verdict.prediction.main)
    }

    /// Names of the labels given, main first.
    pub fn all<'a>(&'a self, verdict: Verdict<'a>) -> impl Iterator<Item = &'a str> + 'a {
        let chosen: &[usize] = if verdict.unsure { &[] } else { &verdict.prediction.chosen };
        chosen.iter().map(|&index| self.label(index))
    }

    /// Name of the label number `index`.
    pub(crate) fn label(&self, index: usize) -> &str {
        self.labels.get(index).map_or("", |label| label.name.as_str())
    }

    /// Writes `"stance":"…","stances":[…],"p_…":0.1234`, without brackets or comma around.
    pub fn write_json(&self, verdict: Verdict<'_>, out: &mut Vec<u8>) {
        let Verdict { prediction, unsure } = verdict;
        let json = |index: usize| self.labels.get(index).map_or("\"\"", |label| label.json.as_str());
        out.extend_from_slice(self.main_key.as_bytes());
        out.extend_from_slice(if unsure { b"\"unsure\"" } else { json(prediction.main).as_bytes() });
        out.extend_from_slice(self.all_key.as_bytes());
        out.push(b'[');
        for (at, &index) in prediction.chosen.iter().enumerate().take(if unsure { 0 } else { usize::MAX }) {
            if at > 0 {
                out.push(b',');
            }
            out.extend_from_slice(json(index).as_bytes());
        }
        out.push(b']');
        for (key, &p) in self.probability_keys.iter().zip(&prediction.probabilities) {
            out.extend_from_slice(key.as_bytes());
            write_probability(ten_thousandths(p), out);
        }
    }

    /// Writes the values as fields, each after a `delimiter`.
    pub fn write_csv(&self, verdict: Verdict<'_>, delimiter: u8, out: &mut Vec<u8>) {
        out.push(delimiter);
        super::delimited::write_field(self.main(verdict), delimiter, out);
        out.push(delimiter);
        for (at, name) in self.all(verdict).enumerate() {
            if at > 0 {
                out.push(b';');
            }
            super::delimited::write_field(name, delimiter, out);
        }
        for &p in &verdict.prediction.probabilities {
            out.push(delimiter);
            write_probability(ten_thousandths(p), out);
        }
    }
}

/// Probability of the main label, in ten-thousandths.
pub fn confidence(prediction: &Prediction) -> u32 {
    prediction.probabilities.get(prediction.main).map_or(0, |&p| ten_thousandths(p))
}

/// The nearest count of ten-thousandths, 0 to 10,000.
pub fn ten_thousandths(p: f32) -> u32 {
    // f64 holds product and sum exactly, so that every machine rounds the same way; the cast cuts off, and ends at 0.
    ((f64::from(p) * f64::from(SCALE) + 0.5) as u32).min(SCALE)
}

/// Writes ten-thousandths as a number with four decimals: `0.0420`.
pub fn write_probability(p: u32, out: &mut Vec<u8>) {
    let digit = |unit: u32| b'0' + u8::try_from(p / unit % 10).unwrap_or(0);
    out.extend_from_slice(&[digit(SCALE), b'.', digit(1000), digit(100), digit(10), digit(1)]);
}

/// `text` as a JSON string with its quotation marks.
pub(crate) fn json_string(text: &str) -> String {
    serde_json::Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stances() -> Vec<String> {
        ["support", "concern", "expectation", "none"].map(String::from).to_vec()
    }

    fn prediction() -> Prediction {
        Prediction { probabilities: vec![0.12345, 0.6, 0.27655, 0.0], main: 1, chosen: vec![1, 2], ..Prediction::default() }
    }

    fn json(columns: &LabelColumns, unsure: bool) -> String {
        let mut out = Vec::new();
        columns.write_json(Verdict { prediction: &prediction(), unsure }, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn stances_have_their_own_names() {
        let columns = LabelColumns::new(&stances());
        assert_eq!(columns.names(), ["stance", "stances", "p_support", "p_concern", "p_expectation", "p_none"]);
        let expected = r#""stance":"concern","stances":["concern","expectation"],"p_support":0.1235,"p_concern":0.6000,"p_expectation":0.2766,"p_none":0.0000"#;
        // 0.12345 and 0.27655 are no floats: the nearest ones lie above and below the tie.
        assert_eq!(json(&columns, false), expected.replace("0.2766", "0.2765"));
        let mut out = Vec::new();
        columns.write_csv(Verdict { prediction: &prediction(), unsure: false }, b',', &mut out);
        assert_eq!(out, b",concern,concern;expectation,0.1235,0.6000,0.2765,0.0000");
    }

    #[test]
    fn other_labels_are_predictions() {
        let columns = LabelColumns::new(&["a \"b\"".to_owned(), "c".to_owned()]);
        assert_eq!(columns.names(), ["predicted", "predicted_all", "p_a \"b\"", "p_c"]);
        let prediction = Prediction { probabilities: vec![1.0, 0.0], main: 0, chosen: vec![0], ..Prediction::default() };
        let mut out = b"{".to_vec();
        columns.write_json(Verdict { prediction: &prediction, unsure: false }, &mut out);
        out.push(b'}');
        let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(value["predicted"], "a \"b\"");
        assert_eq!(value["p_a \"b\""], 1.0);
    }

    #[test]
    fn an_unsure_main_label_is_withheld() {
        let columns = LabelColumns::new(&stances());
        assert!(json(&columns, true).starts_with(r#""stance":"unsure","stances":[],"p_support""#));
    }
}
