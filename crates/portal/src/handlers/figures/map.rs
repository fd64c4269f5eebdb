//! The map of a dataset, and its places as a list.

use model::Dataset;
use model::dataset::ColumnKind;
use model::geo::Geometry;

use super::Thing;
use crate::ask::Ask;
use crate::map_image::{self, Classes, Feature};
use crate::parts::{Cell, Head, MapFigure, MapLegend, Phrase, Table};
use crate::{format, reading};

/// How many places a map shows.
const PLACES_MAX: usize = 500;
/// How many places its list shows.
const LIST_MAX: usize = 40;

/// The map of the things that have a shape, coloured or marked by the first number.
pub(in crate::handlers) fn map(ask: &Ask, dataset: &Dataset, things: &[Thing<'_>]) -> Option<MapFigure> {
    let (t, language) = (ask.t(), ask.language);
    let placed: Vec<(&Thing<'_>, &Geometry)> =
        things.iter().filter_map(|thing| Some((thing, reading::shape(thing.view.entity())?))).take(PLACES_MAX).collect();
    let are_areas = placed.iter().any(|(_, shape)| matches!(shape, Geometry::Polygon(_) | Geometry::MultiPolygon(_)));
    let column = dataset.columns.iter().find(|column| matches!(column.kind, ColumnKind::Measure | ColumnKind::Number));
    let number = |thing: &Thing<'_>| thing.view.entity().value(column?.attribute)?.as_f64();
    let classes = if are_areas { Classes::of(placed.iter().filter_map(|(thing, _)| number(thing))) } else { None };
    let values: Vec<Option<String>> = placed.iter().map(|(thing, _)| reading::current(thing.view.entity(), column?, t)).collect();
    let features: Vec<Feature<'_>> = placed
        .iter()
        .zip(&values)
        .map(|((thing, geometry), value)| Feature {
            name: &thing.name,
            value: value.as_deref(),
            geometry,
            class: classes.as_ref().and_then(|classes| Some(classes.class(number(thing)?))),
        })
        .collect();
    let title = dataset.title.get(language.code());
    let picture = map_image::draw(&features, &[], &t.map_label(title), language)?;
    let measure = column.map(|column| reading::label_with_unit(column, t));
    let subtitle = match (&classes, &measure) {
        (Some(_), Some(measure)) => t.map_colours(measure),
        _ => t.map_points().to_owned(),
    };
    Some(MapFigure {
        texts: t,
        title: t.map_title().to_owned(),
        subtitle,
        picture,
        legend: classes.map_or_else(Vec::new, |classes| legend(ask, &classes)),
        attribution: Phrase::german(dataset.attribution.as_deref().unwrap_or(&dataset.publisher.name), ask.language),
        list: list(ask, dataset, &placed, &values, measure.as_deref()),
        more: (things.len() > LIST_MAX).then(|| {
            (t.map_more(format::count(things.len() as u64, language)), ask.href(&format!("/datensaetze/{}/tabelle", dataset.slug)))
        }),
    })
}

fn legend(ask: &Ask, classes: &Classes) -> Vec<MapLegend> {
    let number = |value: f64| format::decimal(value, format::digits_for(value), ask.language);
    let entry = |(class, (from, to)): (usize, (f64, f64))| MapLegend {
        class: u8::try_from(class).unwrap_or(0),
        text: ask.t().map_range(number(from), number(to)),
    };
    classes.ranges().into_iter().enumerate().map(entry).collect()
}

fn list(ask: &Ask, dataset: &Dataset, placed: &[(&Thing<'_>, &Geometry)], values: &[Option<String>], measure: Option<&str>) -> Table {
    let t = ask.t();
    let mut head = vec![Head::text(t.map_place())];
    head.extend(measure.map(Head::number));
    let rows = placed.iter().zip(values).take(LIST_MAX).map(|((thing, _), value)| {
        let key = web::params::encode(reading::key_of(dataset, &thing.view.entity().id));
        let name = Cell::text(&thing.name).header().link(ask.href(&format!("/datensaetze/{}/tabelle?ort={key}", dataset.slug)));
        let cell = value.as_ref().map_or_else(|| Cell::missing(t.value_missing()), |value| Cell::number(value));
        if measure.is_some() { vec![name, cell] } else { vec![name] }
    });
    let caption = if measure.is_some() { t.map_list_caption() } else { t.map_list_caption_plain() };
    Table { id: "places".to_owned(), caption: caption.to_owned(), head, rows: rows.collect() }
}
