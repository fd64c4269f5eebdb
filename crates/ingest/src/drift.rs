//! When a source begins to write otherwise: columns that came, went, or hold something else.

use std::collections::BTreeMap;

use harmonise::{Code, ColumnLook, Look, Message};
use serde::{Deserialize, Serialize};

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Drift {
    /// A column that was not there.
    Appeared(String),
    /// A column that every record had and none has now.
    Vanished(String),
    /// A column whose values look otherwise.
    Changed {
        /// The column.
        column: String,
        /// What its values were: `number`, `time`, `flag`, `nested`, `text`.
        was: String,
        /// What they are.
        is: String,
    },
}

impl Drift {
    /// It in a sentence.
    pub(crate) fn message(&self) -> Message {
        match self {
            Self::Appeared(column) => Code::ColumnAppeared.with("column", column.as_str()),
            Self::Vanished(column) => Code::ColumnVanished.with("column", column.as_str()),
            Self::Changed { column, was, is } => {
                Code::ColumnChanged.with("column", column.as_str()).with("was", said(was)).with("is", said(is))
            }
        }
    }
}

fn said(look: &str) -> Code {
    match look {
        "number" => Code::LookNumber,
        "time" => Code::LookTime,
        "flag" => Code::LookFlag,
        "nested" => Code::LookNested,
        _ => Code::LookText,
    }
}

/// The shapes of a source's records. Files of one folder look alike; those of
/// another may look otherwise without anything being wrong.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Shapes(BTreeMap<String, Known>);

impl Shapes {
    /// Looks at the columns of an input that lay in a folder; empty where there are no folders.
    pub(crate) fn see(&mut self, folder: &str, version: u64, columns: &BTreeMap<String, ColumnLook>) {
        // What no longer speaks of the definition as it is would be kept for ever.
        self.0.retain(|_, known| known.version == version);
        self.0.entry(folder.to_owned()).or_default().see(version, columns);
    }

    /// What is other than it was.
    pub(crate) fn drift(&self) -> impl Iterator<Item = &Drift> {
        self.0.values().flat_map(|known| &known.drift)
    }

    /// The columns as they are now are right.
    pub(crate) fn accept(&mut self) {
        self.0.values_mut().for_each(Known::accept);
    }
}

/// The shape that records had when the definition was written, and what is other now.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
struct Known {
    version: u64,
    /// Look of each column, with `?` when not every record has it.
    columns: BTreeMap<String, String>,
    /// The columns as they are now, while they differ.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    now: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    drift: Vec<Drift>,
}

impl Known {
    /// Looks at the columns of an input. The first one of a definition's
    /// version is what later ones are compared with.
    fn see(&mut self, version: u64, columns: &BTreeMap<String, ColumnLook>) {
        if columns.is_empty() {
            return;
        }
        let is: BTreeMap<String, String> = columns.iter().map(|(name, column)| (name.clone(), word(*column))).collect();
        if self.version != version || self.columns.is_empty() {
            *self = Self { version, columns: is, ..Self::default() };
            return;
        }
        self.drift = compare(&self.columns, &is);
        self.now = if self.drift.is_empty() { BTreeMap::new() } else { is };
        if self.drift.is_empty() {
            self.learn(columns);
        }
    }

    /// The columns as they are now are right.
    fn accept(&mut self) {
        self.drift.clear();
        if !self.now.is_empty() {
            self.columns = std::mem::take(&mut self.now);
        }
    }

    /// Columns that were empty get the look of their first values.
    fn learn(&mut self, columns: &BTreeMap<String, ColumnLook>) {
        for (name, column) in columns {
            if let Some(known) = self.columns.get_mut(name)
                && known.trim_end_matches('?') == EMPTY
            {
                *known = word(*column);
            }
        }
    }
}

const EMPTY: &str = "empty";

fn word(column: ColumnLook) -> String {
    let look = match column.look {
        Look::Empty => EMPTY,
        Look::Number => "number",
        Look::Time => "time",
        Look::Flag => "flag",
        Look::Nested => "nested",
        Look::Text => "text",
    };
    format!("{look}{}", if column.always { "" } else { "?" })
}

fn compare(was: &BTreeMap<String, String>, is: &BTreeMap<String, String>) -> Vec<Drift> {
    let appeared = is.keys().filter(|name| !was.contains_key(*name)).map(|name| Drift::Appeared(name.clone()));
    let vanished =
        was.iter().filter(|(name, look)| !look.ends_with('?') && !is.contains_key(*name)).map(|(name, _)| Drift::Vanished(name.clone()));
    let changed = was.iter().filter_map(|(name, look)| {
        let (was, is) = (look.trim_end_matches('?'), is.get(name)?.trim_end_matches('?'));
        // Text may look like anything for a while.
        let other = was != is && ![was, is].contains(&EMPTY) && was != "text";
        other.then(|| Drift::Changed { column: name.clone(), was: was.to_owned(), is: is.to_owned() })
    });
    appeared.chain(vanished).chain(changed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(text: &str) -> BTreeMap<String, ColumnLook> {
        let one = |part: &str| {
            let (name, look) = part.split_once('=').expect("name=look");
            let looks = [("n", Look::Number), ("t", Look::Time), ("x", Look::Text), ("-", Look::Empty)];
            let look_word = look.trim_end_matches('?');
            let found = looks.iter().find(|(word, _)| *word == look_word).expect("a look").1;
            (name.to_owned(), ColumnLook { look: found, always: !look.ends_with('?') })
        };
        text.split_whitespace().map(one).collect()
    }

    fn drift(before: &str, now: &str) -> Vec<Drift> {
        let mut known = Known::default();
        known.see(1, &columns(before));
        known.see(1, &columns(now));
        known.drift
    }

    #[test]
    fn columns_come_go_and_change() {
        let changed = Drift::Changed { column: "no2".into(), was: "number".into(), is: "text".into() };
        assert_eq!(
            drift("zeit=t no2=n ort=x", "zeit=t no2=x pm10=n"),
            [Drift::Appeared("pm10".into()), Drift::Vanished("ort".into()), changed]
        );
        assert_eq!(drift("zeit=t no2=n", "zeit=t no2=n"), []);
    }

    #[test]
    fn what_varies_anyway_is_no_drift() {
        assert_eq!(drift("a=n b=n?", "a=n"), [], "a member that some records lack");
        assert_eq!(drift("a=n", "a=-"), [], "a column that is empty today");
        assert_eq!(drift("a=x", "a=n"), [], "names that happen to be numbers");
    }

    #[test]
    fn a_column_that_was_empty_is_learnt() {
        let mut known = Known::default();
        known.see(1, &columns("a=-"));
        known.see(1, &columns("a=n"));
        assert_eq!(known.drift, []);
        known.see(1, &columns("a=x"));
        assert_eq!(known.drift.len(), 1);
    }

    #[test]
    fn each_folder_has_its_own_shape() {
        let mut shapes = Shapes::default();
        for (folder, look) in [("a", "a=n"), ("b", "b=n"), ("a", "a=n"), ("b", "b=n c=n")] {
            shapes.see(folder, 1, &columns(look));
        }
        assert_eq!(shapes.drift().collect::<Vec<_>>(), [&Drift::Appeared("c".into())]);
        shapes.accept();
        shapes.see("b", 1, &columns("b=n c=n"));
        assert_eq!(shapes.drift().count(), 0);
    }

    #[test]
    fn a_new_version_or_somebodys_word_begins_anew() {
        let mut known = Known::default();
        known.see(1, &columns("a=n"));
        known.see(1, &columns("a=x"));
        known.accept();
        known.see(1, &columns("a=x"));
        assert_eq!(known.drift, []);
        known.see(2, &columns("b=n"));
        assert_eq!(known.drift, []);
    }
}
