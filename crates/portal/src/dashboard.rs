//! Dashboards: tiles that ask an everyday question and answer it with the
//! newest value of a dataset. A definition declares them; nothing here knows
//! any municipality.

mod answer;
pub(crate) mod edit;
mod fault;
mod live;
mod meaning;
mod read;

use jiff::SignedDuration;
use model::dataset::Texts;

pub(crate) use answer::answer;
pub(crate) use edit::NewTile;
pub use fault::Fault;
pub(crate) use live::{Live, tiles_of};
pub(crate) use meaning::{Meaning, with_meaning};

/// A dashboard as its definition declares it.
#[derive(Debug, Clone, PartialEq)]
pub struct Dashboard {
    /// Its name in addresses.
    pub slug: String,
    /// What it is called.
    pub title: Texts,
    /// What it tells, in a sentence or two.
    pub summary: Texts,
    /// A remark that every view of it shows.
    pub notice: Option<Texts>,
    /// Whether everybody may see it.
    pub published: bool,
    /// Its tiles in order; at least one.
    pub tiles: Vec<Tile>,
}

/// A question with its answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Tile {
    /// Its name in addresses, once in a dashboard.
    pub id: String,
    /// What people ask.
    pub question: Texts,
    /// Slug of the dataset that answers.
    pub dataset: String,
    /// Short name of the column that answers.
    pub attribute: String,
    /// How one number is made of the values of several things.
    pub take: Take,
    /// With how many decimals it is shown; as in the data unless said.
    pub decimals: Option<usize>,
    /// From which age on a value is marked as old.
    pub stale_after: SignedDuration,
    /// How many things are listed with their values, for comparison.
    pub list: usize,
    /// The answer in words, with `{value}`, `{place}`, `{count}` and other columns of the thing by name.
    pub sentence: Texts,
    /// What values mean, lowest first.
    pub levels: Vec<Level>,
    /// The value that a rule sets.
    pub threshold: Option<Threshold>,
}

/// How one number is made of several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Take {
    /// The greatest; the answer names its place.
    Highest,
    /// The smallest; the answer names its place.
    Lowest,
    /// Their sum.
    Sum,
    /// Their mean.
    Mean,
}

/// What values up to a bound mean.
#[derive(Debug, Clone, PartialEq)]
pub struct Level {
    /// The greatest value of the level; none for the last.
    pub upto: Option<f64>,
    /// Its colour, which the word repeats.
    pub tone: crate::parts::Tone,
    /// Its word.
    pub text: Texts,
}

/// A value that a rule sets, and what it means.
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    /// What it is and means, in plain sentences.
    pub text: Texts,
    /// The rule.
    pub source: String,
    /// Where it can be read.
    pub url: Option<String>,
}

impl Dashboard {
    /// Reads a definition (TOML; `docs/dashboards.md` names every key).
    ///
    /// # Errors
    /// All faults that were found, each with its place and the remedy.
    pub fn parse(text: &str) -> Result<Self, Vec<Fault>> {
        read::parse(text)
    }

    /// The tile of an id.
    #[must_use]
    pub fn tile(&self, id: &str) -> Option<&Tile> {
        self.tiles.iter().find(|tile| tile.id == id)
    }
}

impl Tile {
    /// What it asks, and what its values mean.
    pub(crate) fn meaning(&self) -> Meaning {
        Meaning { question: self.question.clone(), levels: self.levels.clone(), threshold: self.threshold.clone() }
    }

    /// The level of a value.
    fn level(&self, value: f64) -> Option<&Level> {
        self.levels.iter().find(|level| level.upto.is_none_or(|upto| value <= upto))
    }
}
