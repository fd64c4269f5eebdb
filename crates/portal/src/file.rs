//! Writing rows of data as files: CSV after RFC 4180, CSV for Excel in German,
//! XLSX, JSON, GeoJSON, Parquet. All have the same rows and columns; each is
//! made piece by piece.

mod about;
mod cell;
mod parquet;
mod text;
mod xlsx;

use std::collections::HashSet;

use axum::BoxError;
use model::dataset::Column;
use model::geo::Geometry;
use model::{Attribute, Instant};

pub(crate) use self::about::{About, meaning};
pub(crate) use self::xlsx::ROWS_MAX as SHEET_ROWS_MAX;
use crate::messages::{Language, Texts};
use crate::reading;

/// A form of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// RFC 4180: comma, decimal point, times in UTC.
    Csv,
    /// For Excel in German: semicolon, decimal comma, local times, and no cell
    /// that Excel would run as a formula.
    Excel,
    /// A workbook: numbers as numbers, times as local times, and a sheet about the data.
    Xlsx,
    /// A list of objects.
    Json,
    /// RFC 7946: things with their places and current values.
    GeoJson,
    /// Apache Parquet: typed columns, packed.
    Parquet,
}

impl Form {
    /// Whether a dataset with so many rows, with or without places, comes so.
    pub(crate) fn is_offered(self, rows: u64, has_places: bool) -> bool {
        match self {
            Self::Xlsx => rows < u64::from(SHEET_ROWS_MAX),
            Self::GeoJson => has_places,
            Self::Csv | Self::Excel | Self::Json | Self::Parquet => true,
        }
    }

    /// What it is called in tags.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Excel => "excel",
            other => other.ending(),
        }
    }

    /// The ending of its name.
    pub(crate) fn ending(self) -> &'static str {
        match self {
            Self::Csv | Self::Excel => "csv",
            Self::Xlsx => "xlsx",
            Self::Json => "json",
            Self::GeoJson => "geojson",
            Self::Parquet => "parquet",
        }
    }

    /// Its media type.
    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::Csv | Self::Excel => "text/csv; charset=utf-8; header=present",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Json => "application/json",
            Self::GeoJson => "application/geo+json",
            Self::Parquet => "application/vnd.apache.parquet",
        }
    }

    /// Whether its bytes are text that grows evenly with the rows.
    pub(crate) fn is_text(self) -> bool {
        !matches!(self, Self::Xlsx | Self::Parquet)
    }

    /// A writer of such a file.
    ///
    /// # Errors
    /// When the columns make no file of this form.
    pub(crate) fn writer(self, layout: Layout) -> Result<Box<dyn Writer>, BoxError> {
        Ok(match self {
            Self::Xlsx => Box::new(xlsx::Workbook::new(layout, xlsx::ROWS_MAX)?),
            Self::Parquet => Box::new(parquet::Parquet::new(layout)?),
            _ => Box::new(text::Text::new(self, layout)),
        })
    }
}

/// A row: what is known of a thing at a time.
pub(crate) struct Row<'a> {
    pub(crate) id: &'a str,
    pub(crate) name: &'a str,
    pub(crate) time: Option<Instant>,
    pub(crate) attributes: &'a [Attribute],
    pub(crate) place: Option<&'a Geometry>,
}

/// Writes rows in a form. What stands before them is ready from the start.
pub(crate) trait Writer: Send {
    /// Appends a row.
    fn row(&mut self, row: &Row<'_>) -> Result<(), BoxError>;

    /// Ends the file; its last bytes are to be taken.
    fn finish(&mut self) -> Result<(), BoxError>;

    /// Takes the bytes that are ready.
    fn take(&mut self) -> Vec<u8>;

    /// Whether no more rows have room.
    fn is_full(&self) -> bool {
        false
    }
}

/// What the rows of a file look like, and what they are about.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    pub(crate) columns: Vec<Column>,
    /// Whether rows carry a time; else they carry a place.
    pub(crate) has_time: bool,
    language: Language,
    about: About,
    /// Names of the cells for programs, each once.
    names: Vec<String>,
}

impl Layout {
    /// A layout. `has_time`: whether rows carry a time.
    pub(crate) fn new(columns: Vec<Column>, has_time: bool, language: Language, about: About) -> Self {
        let before = if has_time { &["id", "name", "time"][..] } else { &["id", "name", "longitude", "latitude"][..] };
        let own = before.iter().copied().chain(columns.iter().map(|column| column.attribute.short())).chain(["quality"]);
        let mut taken = HashSet::new();
        let names = own.map(|name| unique(name, &mut taken)).collect();
        Self { columns, has_time, language, about, names }
    }

    /// Names of the cells for people.
    fn labels(&self, t: Texts) -> Vec<String> {
        let mut labels = vec![t.dataset_entity().to_owned(), t.fact_thing().to_owned()];
        if self.has_time {
            labels.push(t.dataset_time().to_owned());
        } else {
            labels.extend([t.place_longitude().to_owned(), t.place_latitude().to_owned()]);
        }
        labels.extend(self.columns.iter().map(|column| reading::label_with_unit(column, t)));
        labels.push(t.fact_quality().to_owned());
        labels
    }

    /// The dataset's column behind each cell; `None` for those that every file has.
    fn sources(&self) -> Vec<Option<&Column>> {
        let before = if self.has_time { 3 } else { 4 };
        std::iter::repeat_n(None, before).chain(self.columns.iter().map(Some)).chain([None]).collect()
    }
}

/// A name that no other column has: `no2`, `no2_2`, ….
fn unique(name: &str, taken: &mut HashSet<String>) -> String {
    let mut candidates = std::iter::once(name.to_owned()).chain((2..).map(|number: u32| format!("{name}_{number}")));
    let free = candidates.find(|candidate| !taken.contains(candidate)).unwrap_or_default();
    taken.insert(free.clone());
    free
}

#[cfg(test)]
mod tests;
