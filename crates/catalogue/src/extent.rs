//! What is read off the data instead of being declared: period, area, age.

use engine::Access;
use model::dataset::{ColumnKind, Dataset};
use model::{Class, Instant, Query, Value};

/// Up to how many entities their places are looked through for the area.
/// Beyond it the declared coverage has to do.
const PLACES_MAX: usize = 5_000;

/// What the data say of themselves.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Extent {
    /// The declared periods with their last second, or the first and the last instant with a value.
    pub(crate) temporal: Vec<(Instant, Instant)>,
    /// Rows of its files, at least.
    pub(crate) rows: u64,
    /// West, south, east, north of all places, in degrees.
    pub(crate) bounds: Option<[f64; 4]>,
    /// When the dataset was first declared.
    pub(crate) issued: Option<Instant>,
    /// When it or its data last changed.
    pub(crate) modified: Option<Instant>,
}

impl Extent {
    /// Reads the extent off the data that `access` may see.
    ///
    /// # Errors
    /// Those of the engine: a document with half of the facts would look like
    /// a change downstream.
    pub(crate) async fn of(access: &Access, dataset: &Dataset) -> Result<Self, engine::Error> {
        let statistics = access.statistics(dataset).await?;
        let (issued, changed) = match access.entity(&dataset.id) {
            Ok(view) => (Some(view.entity().created_at), Some(view.entity().modified_at)),
            Err(error) if error.kind() == engine::Kind::NotFound => (None, None),
            Err(error) => return Err(error),
        };
        let longest = statistics.columns.iter().map(|column| column.count).max();
        Ok(Self {
            rows: longest.unwrap_or_default().max(statistics.entities as u64),
            temporal: dataset.temporal_coverage(statistics.period),
            bounds: bounds(access, dataset)?,
            issued,
            modified: changed.max(statistics.modified_at),
        })
    }
}

/// The rectangle around all places of the dataset's open place columns.
fn bounds(access: &Access, dataset: &Dataset) -> Result<Option<[f64; 4]>, engine::Error> {
    let places: Vec<_> =
        dataset.columns.iter().filter(|c| c.kind == ColumnKind::Place && c.class == Class::Open).map(|c| c.attribute).collect();
    if places.is_empty() {
        return Ok(None);
    }
    let views = access.query(&Query::of(dataset.filter(), PLACES_MAX + 1))?.views;
    if views.len() > PLACES_MAX {
        return Ok(None);
    }
    let geometries = views.iter().flat_map(|view| &view.entity().attributes).filter(|a| places.contains(&a.name));
    let boxes = geometries.filter_map(|attribute| match &attribute.value {
        Value::Geo(geometry) => Some(geometry.bounds()),
        _ => None,
    });
    Ok(boxes.reduce(|a, b| [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]))
}
