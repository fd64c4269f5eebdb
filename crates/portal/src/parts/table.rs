//! Tables: the accessible form of every chart and map, and of lists in the administration.

use askama::Template;

use super::Moment;

/// A table with a caption, a head and rows.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "parts/table.html")]
pub struct Table {
    /// Unique in the page.
    pub id: String,
    /// What it holds.
    pub caption: String,
    /// Its columns.
    pub head: Vec<Head>,
    /// Its rows, each as long as the head.
    pub rows: Vec<Vec<Cell>>,
}

/// The head of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Its name.
    pub text: String,
    /// The name's language, when it is not the page's.
    pub lang: Option<&'static str>,
    /// Whether the column holds numbers, set to the right.
    pub numeric: bool,
}

impl Head {
    /// The head of a column of texts.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self { text: text.to_owned(), lang: None, numeric: false }
    }

    /// The head of a column of numbers.
    #[must_use]
    pub fn number(text: &str) -> Self {
        Self { text: text.to_owned(), lang: None, numeric: true }
    }
}

/// A cell.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cell {
    /// What it says; never empty.
    pub text: String,
    /// The text's language, when it is not the page's.
    pub lang: Option<&'static str>,
    /// Where it leads.
    pub href: Option<String>,
    /// What a screen reader hears besides the text of the link.
    pub hint: Option<String>,
    /// Whether it is a number, set to the right.
    pub numeric: bool,
    /// Whether it names the row.
    pub header: bool,
    /// Whether there is no value.
    pub missing: bool,
    /// Machine form of a time.
    pub time: Option<String>,
    /// Whether it holds raw data, set in fixed letters.
    pub raw: bool,
}

impl Cell {
    /// A text.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self { text: text.to_owned(), ..Self::default() }
    }

    /// A written number.
    #[must_use]
    pub fn number(text: &str) -> Self {
        Self { text: text.to_owned(), numeric: true, ..Self::default() }
    }

    /// The word for no value.
    #[must_use]
    pub fn missing(word: &str) -> Self {
        Self { text: word.to_owned(), numeric: true, missing: true, ..Self::default() }
    }

    /// A time.
    #[must_use]
    pub fn moment(moment: &Moment) -> Self {
        Self { text: moment.text.clone(), time: Some(moment.iso.clone()), ..Self::default() }
    }

    /// The same as the name of its row.
    #[must_use]
    pub fn header(mut self) -> Self {
        self.header = true;
        self
    }

    /// The same with the machine form of a time.
    #[must_use]
    pub fn time(mut self, iso: &str) -> Self {
        self.time = Some(iso.to_owned());
        self
    }

    /// The same as a link.
    #[must_use]
    pub fn link(mut self, href: String) -> Self {
        self.href = Some(href);
        self
    }

    /// The same with more words for screen readers.
    #[must_use]
    pub fn hint(mut self, hint: String) -> Self {
        self.hint = Some(hint);
        self
    }

    /// The same in fixed letters.
    #[must_use]
    pub fn raw(mut self) -> Self {
        self.raw = true;
        self
    }
}
