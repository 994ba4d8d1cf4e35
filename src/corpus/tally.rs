//! Counts of labels by group over a labelled corpus of any size.

use std::collections::BTreeMap;

use super::{columns::UNSURE, fields::Visitor};
use crate::report::corpus::month;

/// Groups that are told apart at most; memory is bounded by them.
const MOST_GROUPS: usize = 1_000_000;

/// What a group is made of: a field, or the time in the date field.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Key {
    Field(usize),
    Month(usize),
    Year(usize),
}

/// Counts rows by group and label; hand it to [`super::fields::visit`].
#[derive(Clone, Debug)]
pub struct Tally {
    labels: Vec<String>,
    by: Vec<String>,
    date_field: String,
    keys: Vec<Key>,
    /// Rows of each label, by the values of the group.
    pub groups: BTreeMap<Vec<String>, Vec<u64>>,
    /// Rows whose label is withheld (`unsure`); in no group.
    pub unsure: u64,
    /// Rows that could not be used, and why the first one could not.
    pub rejected: (u64, Option<String>),
}

impl Tally {
    /// A tally of nothing yet, by the fields `by`. `month` and `year`, where there is no such field, are those of the
    /// field `date_field`.
    pub fn new(labels: &[String], by: &[String], date_field: &str) -> Self {
        Self {
            labels: labels.to_vec(),
            by: by.to_vec(),
            date_field: date_field.to_owned(),
            keys: Vec::new(),
            groups: BTreeMap::new(),
            unsure: 0,
            rejected: (0, None),
        }
    }

    fn key(&self, name: &str, at: usize, names: &[String]) -> Result<(Key, String), String> {
        let there = |wanted: &str| names.iter().any(|other| other == wanted);
        match name {
            _ if there(name) => Ok((Key::Field(at), name.to_owned())),
            "month" if there(&self.date_field) => Ok((Key::Month(at), self.date_field.clone())),
            "year" if there(&self.date_field) => Ok((Key::Year(at), self.date_field.clone())),
            _ => {
                Err(format!("no field `{name}` among {}; --by takes these, and month and year of --date-field", names.join(", ")))
            }
        }
    }
}

impl Visitor for Tally {
    fn choose(&mut self, names: &[String]) -> Result<Vec<String>, String> {
        let main = ["stance", "predicted"].into_iter().find(|name| names.iter().any(|other| other == name));
        let main = main.ok_or("no field `stance` or `predicted`; give the output of `demarche label`")?;
        let keys = self.by.iter().enumerate().map(|(at, name)| self.key(name, at + 1, names)).collect::<Result<Vec<_>, _>>()?;
        let (keys, fields): (Vec<Key>, Vec<String>) = keys.into_iter().unzip();
        self.keys = keys;
        Ok(std::iter::once(main.to_owned()).chain(fields).collect())
    }

    fn record(&mut self, _: u64, values: &[Option<&str>]) -> Result<(), String> {
        let label = values.first().copied().flatten().unwrap_or_default();
        if label == UNSURE {
            self.unsure += 1;
            return Ok(());
        }
        let place = self.labels.iter().position(|other| other == label);
        let place = place.ok_or_else(|| format!("unknown label `{label}`; expected {}", self.labels.join(", ")))?;
        let value = |at: usize| values.get(at).copied().flatten().unwrap_or_default();
        let group: Vec<String> = self
            .keys
            .iter()
            .map(|key| match *key {
                Key::Field(at) => value(at).to_owned(),
                Key::Month(at) => month(value(at)).map_or_else(String::new, |m| format!("{:04}-{:02}", m / 12, m % 12 + 1)),
                Key::Year(at) => month(value(at)).map_or_else(String::new, |m| format!("{:04}", m / 12)),
            })
            .collect();
        if self.groups.len() >= MOST_GROUPS && !self.groups.contains_key(&group) {
            return Err(format!("over {MOST_GROUPS} groups; group by fewer or coarser fields"));
        }
        let n = self.labels.len();
        let counts = self.groups.entry(group).or_insert_with(|| vec![0; n]);
        if let Some(count) = counts.get_mut(place) {
            *count += 1;
        }
        Ok(())
    }

    fn reject(&mut self, number: u64, reason: String) {
        self.rejected.0 += 1;
        self.rejected.1.get_or_insert_with(|| format!("row {number}: {reason}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_counted_by_field_and_time() {
        let labels = ["support".to_owned(), "none".to_owned()];
        let mut tally = Tally::new(&labels, &["holder".into(), "month".into()], "date");
        let names = ["date", "holder", "stance"].map(String::from);
        assert_eq!(tally.choose(&names).unwrap(), ["stance", "holder", "date"]);
        for (label, holder, date) in [
            ("support", "A", "2024-05-01"),
            ("none", "A", "2024-05-31"),
            ("support", "B", "later"),
            ("unsure", "A", "2024-05-01"),
        ] {
            tally.record(1, &[Some(label), Some(holder), Some(date)]).unwrap();
        }
        assert!(tally.record(9, &[Some("other"), None, None]).unwrap_err().contains("unknown label"));
        let groups: Vec<_> = tally.groups.iter().map(|(group, counts)| (group.join("/"), counts.clone())).collect();
        assert_eq!(groups, [("A/2024-05".to_owned(), vec![1, 1]), ("B/".to_owned(), vec![1, 0])]);
        assert_eq!(tally.unsure, 1);
        assert!(Tally::new(&labels, &["nobody".into()], "date").choose(&names).unwrap_err().contains("holder"));
    }
}
