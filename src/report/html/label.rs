//! How a label looks: a colour, and always a sign beside it.

/// A label with its sign and the class that gives its colour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Label {
    /// The model's name for it.
    pub(super) name: String,
    /// One character that tells it apart without colour.
    pub(super) sign: String,
    /// The CSS class of its colour.
    pub(super) class: &'static str,
}

/// Colours for labels that are not the three stances; taken in turn.
const OTHER_CLASSES: [&str; 6] = ["o1", "o2", "o3", "o4", "o5", "o6"];

/// The looks of a model's `labels`, in their order.
pub(super) fn looks(labels: &[String]) -> Vec<Label> {
    let mut others = OTHER_CLASSES.iter().cycle();
    labels.iter().map(|name| look(name, &mut others)).collect()
}

fn look<'c>(name: &str, others: &mut impl Iterator<Item = &'c &'static str>) -> Label {
    let (sign, class) = match name {
        "support" => ("+".to_owned(), "support"),
        "concern" => ("!".to_owned(), "concern"),
        "expectation" => (">".to_owned(), "expectation"),
        "none" => ("·".to_owned(), "none"),
        "unsure" => ("?".to_owned(), "unsure"),
        _ => {
            let initial = name.chars().find(|c| c.is_alphanumeric()).unwrap_or('•');
            (initial.to_uppercase().collect(), others.next().copied().unwrap_or("o1"))
        }
    };
    Label { name: name.to_owned(), sign, class }
}

#[cfg(test)]
mod tests {
    #[test]
    fn labels_of_other_models_have_signs_too() {
        let labels = ["concern", "none", "location", "<i>", "…"].map(String::from);
        let signs: Vec<String> = super::looks(&labels).into_iter().map(|l| l.sign).collect();
        assert_eq!(signs, ["!", "·", "L", "I", "•"]);
    }
}
