//! Which parts of a segment can hold an answer.

use std::ops::Range;

use model::time::TimeProperty;
use model::{EntityId, Grain, Known, Segment, SeriesQuery};
use parquet::arrow::arrow_reader::RowSelection;
use parquet::arrow::push_decoder::RowGroupSelection;
use parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use parquet::file::statistics::Statistics;

use crate::columns::Column;

/// What is looked for: entities and attributes sorted, times in microseconds.
/// `None` is no restriction.
#[derive(Debug, Clone)]
pub(crate) struct Wanted<'a> {
    entities: Option<Vec<&'a str>>,
    /// Those of the entities of which more is wanted than instances with a `datasetId`.
    open: Option<Vec<&'a str>>,
    attributes: Option<Vec<&'a str>>,
    times: Option<Range<i64>>,
    /// Nothing that was recorded later.
    known_at: Option<i64>,
    grain: Grain,
}

/// Everything.
impl Default for Wanted<'_> {
    fn default() -> Self {
        Self { entities: None, open: None, attributes: None, times: None, known_at: None, grain: Grain::All }
    }
}

impl<'a> Wanted<'a> {
    /// What a question looks for. Its window narrows the files only when it
    /// speaks of the time that rows are sorted by.
    pub(crate) fn of(question: &'a SeriesQuery) -> Self {
        let sorted = |mut words: Vec<&'a str>| {
            words.sort_unstable();
            words.dedup();
            words
        };
        let by_time = question.time_property == TimeProperty::ObservedAt || question.grain != Grain::Values;
        let entities = sorted(question.entities.iter().map(|id| id.as_str()).collect());
        Self {
            open: Some(entities.clone()),
            entities: Some(entities),
            attributes: question.attributes.as_ref().map(|names| sorted(names.iter().map(|name| name.iri()).collect())),
            times: by_time.then(|| question.window.start.micros()..question.window.end.micros()),
            known_at: match question.known {
                Known::At(instant) => Some(instant.micros()),
                Known::Now | Known::Versions => None,
            },
            grain: question.grain,
        }
    }

    /// Everything that stands for a time before an instant.
    pub(crate) fn before(latest: model::Instant) -> Self {
        Self { times: Some(i64::MIN..latest.micros()), ..Self::default() }
    }

    /// Everything of these entities.
    pub(crate) fn entities(entities: &[&'a EntityId]) -> Self {
        let mut entities: Vec<&str> = entities.iter().map(|id| id.as_str()).collect();
        entities.sort_unstable();
        Self { open: Some(entities.clone()), entities: Some(entities), ..Self::default() }
    }

    /// From now on nothing is wanted of these entities but instances with a `datasetId`.
    pub(crate) fn leave(&mut self, entities: Vec<&str>) {
        if let Some(open) = &mut self.open {
            open.retain(|entity| !entities.contains(entity));
        }
    }

    /// Whether all of an entity is still wanted.
    pub(crate) fn is_open(&self, entity: &str) -> bool {
        self.open.as_ref().is_none_or(|open| open.binary_search(&entity).is_ok())
    }

    /// Whether what was recorded then was known at the instant asked for.
    pub(crate) fn knows(&self, recorded_at: i64) -> bool {
        self.known_at.is_none_or(|known_at| recorded_at <= known_at)
    }

    /// Whether it matters when something was recorded.
    pub(crate) fn is_of_the_past(&self) -> bool {
        self.known_at.is_some()
    }

    /// Whether no row of the segment can be wanted.
    pub(crate) fn misses(&self, segment: &Segment) -> bool {
        !self.spans_time(segment.time.0.micros(), segment.time.1.micros())
    }

    pub(crate) fn has_entity(&self, id: &str) -> bool {
        self.entities.as_ref().is_none_or(|wanted| wanted.binary_search(&id).is_ok())
    }

    pub(crate) fn has_attribute(&self, iri: &str) -> bool {
        self.attributes.as_ref().is_none_or(|wanted| wanted.binary_search(&iri).is_ok())
    }

    pub(crate) fn has_dataset(&self, iri: Option<&str>) -> bool {
        self.grain.holds(iri)
    }

    /// Of ascending times, those that are wanted.
    pub(crate) fn within(&self, times: &[i64]) -> Range<usize> {
        let Some(wanted) = &self.times else { return 0..times.len() };
        let start = times.partition_point(|time| *time < wanted.start);
        let end = times.partition_point(|time| *time < wanted.end);
        start..end.max(start)
    }

    fn spans_time(&self, least: i64, greatest: i64) -> bool {
        self.times.as_ref().is_none_or(|wanted| greatest >= wanted.start && least < wanted.end)
    }

    /// The row groups, and the rows in them, whose statistics do not rule them out.
    pub(crate) fn select(&self, footer: &ParquetMetaData) -> Vec<RowGroupSelection> {
        let groups = footer.row_groups().iter().enumerate();
        groups.filter(|(_, group)| self.may_be_in(group)).filter_map(|(index, group)| self.pages(footer, index, group)).collect()
    }

    fn may_be_in(&self, group: &RowGroupMetaData) -> bool {
        let statistics = |column: Column| group.columns().get(column.place()).and_then(|chunk| chunk.statistics());
        let words = |column, wanted| match statistics(column) {
            Some(Statistics::ByteArray(found)) => spans(wanted, found.min_opt().map(|v| v.data()), found.max_opt().map(|v| v.data())),
            _ => true,
        };
        let times = match statistics(Column::Time) {
            Some(Statistics::Int64(found)) => found.min_opt().zip(found.max_opt()).is_none_or(|(min, max)| self.spans_time(*min, *max)),
            _ => true,
        };
        times && words(Column::Entity, self.entities_in(group)) && words(Column::Attribute, self.attributes.as_deref())
    }

    /// The entities that may be wanted of a row group.
    fn entities_in(&self, group: &RowGroupMetaData) -> Option<&[&'a str]> {
        let empty = group.columns().get(Column::DatasetId.place()).and_then(|chunk| chunk.statistics()?.null_count_opt());
        let has_datasets = empty.and_then(|empty| i64::try_from(empty).ok()) != Some(group.num_rows());
        match (has_datasets, self.grain) {
            (true, _) => self.entities.as_deref(),
            (false, Grain::Rollups) => Some(&[]),
            (false, Grain::Values | Grain::All) => self.open.as_deref(),
        }
    }

    fn pages(&self, footer: &ParquetMetaData, index: usize, group: &RowGroupMetaData) -> Option<RowGroupSelection> {
        let rows = usize::try_from(group.num_rows()).ok()?;
        let kept = [Column::Entity, Column::Attribute, Column::Time]
            .into_iter()
            .filter_map(|column| self.pages_of(footer, index, column, rows))
            .reduce(|one, two| one.intersection(&two));
        match kept {
            Some(selection) if !selection.selects_any() => None,
            kept => Some(RowGroupSelection::new(index, kept)),
        }
    }

    /// The rows of a column's pages that may hold what is wanted; `None` where the file does not tell.
    fn pages_of(&self, footer: &ParquetMetaData, group: usize, column: Column, rows: usize) -> Option<RowSelection> {
        let index = footer.page_index_for_row_group(group);
        let found = index.column_index(column.place())?;
        let starts: Vec<usize> = index
            .offset_index(column.place())?
            .page_locations()
            .iter()
            .map(|page| usize::try_from(page.first_row_index).ok())
            .collect::<Option<_>>()?;
        let ends = starts.iter().skip(1).copied().chain([rows]);
        let entities = self.entities_in(footer.row_group(group));
        let kept = starts.iter().copied().zip(ends).enumerate().filter(|(page, _)| self.may_be_in_page(found, *page, column, entities));
        Some(RowSelection::from_consecutive_ranges(kept.map(|(_, (start, end))| start..end), rows))
    }

    fn may_be_in_page(&self, found: &ColumnIndexMetaData, page: usize, column: Column, entities: Option<&[&str]>) -> bool {
        match (found, column) {
            (ColumnIndexMetaData::BYTE_ARRAY(index), Column::Entity) => spans(entities, index.min_value(page), index.max_value(page)),
            (ColumnIndexMetaData::BYTE_ARRAY(index), Column::Attribute) => {
                spans(self.attributes.as_deref(), index.min_value(page), index.max_value(page))
            }
            (ColumnIndexMetaData::INT64(index), Column::Time) => {
                index.min_value(page).zip(index.max_value(page)).is_none_or(|(min, max)| self.spans_time(*min, *max))
            }
            _ => true,
        }
    }
}

/// Whether one of the sorted words lies between two bounds; a missing bound says nothing.
fn spans(wanted: Option<&[&str]>, least: Option<&[u8]>, greatest: Option<&[u8]>) -> bool {
    let Some((wanted, (least, greatest))) = wanted.zip(least.zip(greatest)) else { return true };
    let first = wanted.partition_point(|word| word.as_bytes() < least);
    wanted.get(first).is_some_and(|word| word.as_bytes() <= greatest)
}
