//! GeoJSON: entities as Features (NGSI-LD V1.9.1, clause 4.5.16; RFC 7946).

use model::geo::Position;
use model::{Entity, Geometry, Name, Value};

use super::figures::write_number;
use super::render::{Pen, RenderOptions};
use crate::context::Context;

/// What a Feature's geometry is taken from, and where the `@context` goes.
#[derive(Debug, Clone, Copy)]
pub struct FeatureOptions {
    /// The GeoProperty.
    pub geometry_property: Name,
    /// Whether `@context` is written into the document.
    pub embed_context: bool,
}

/// Appends an entity as a Feature.
pub fn write_feature(out: &mut String, entity: &Entity, context: &Context, options: &RenderOptions, feature: FeatureOptions) {
    let mut pen = Pen::new(out, context, options);
    pen.out.push('{');
    pen.key("id");
    pen.plain_string(entity.id.as_str());
    pen.key("type");
    pen.out.push_str("\"Feature\"");
    pen.key("geometry");
    match entity.value(feature.geometry_property) {
        Some(Value::Geo(geometry)) => write_geometry(geometry, pen.out),
        _ => pen.out.push_str("null"),
    }
    pen.key("properties");
    pen.out.push('{');
    if options.projection.shows_type() {
        pen.key("type");
        pen.types(&entity.types);
    }
    pen.entity_members(entity);
    pen.attributes(&entity.attributes, &|name| options.projection.shows_attribute(name));
    pen.out.push('}');
    if feature.embed_context {
        pen.key("@context");
        pen.out.push_str(context.json());
    }
    pen.out.push('}');
}

/// A FeatureCollection of entities; one `@context` for all.
#[must_use]
pub fn feature_collection<'a>(
    entities: impl Iterator<Item = &'a Entity>,
    context: &Context,
    options: &RenderOptions,
    feature: FeatureOptions,
) -> String {
    let mut out = String::from("{\"type\":\"FeatureCollection\",\"features\":[");
    for (index, entity) in entities.enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_feature(&mut out, entity, context, options, FeatureOptions { embed_context: false, ..feature });
    }
    out.push(']');
    if feature.embed_context {
        out.push_str(",\"@context\":");
        out.push_str(context.json());
    }
    out.push('}');
    out
}

/// Appends a GeoJSON geometry.
pub fn write_geometry(geometry: &Geometry, out: &mut String) {
    out.push_str("{\"type\":\"");
    out.push_str(geometry.kind());
    out.push_str("\",\"coordinates\":");
    match geometry {
        Geometry::Point(position) => write_position(position, out),
        Geometry::MultiPoint(positions) | Geometry::LineString(positions) => write_positions(positions, out),
        Geometry::MultiLineString(lines) | Geometry::Polygon(lines) => write_lines(lines, out),
        Geometry::MultiPolygon(polygons) => write_list(polygons, out, |rings, out| write_lines(rings, out)),
    }
    out.push('}');
}

fn write_lines(lines: &[Vec<Position>], out: &mut String) {
    write_list(lines, out, |line, out| write_positions(line, out));
}

fn write_positions(positions: &[Position], out: &mut String) {
    write_list(positions, out, write_position);
}

fn write_position(position: &Position, out: &mut String) {
    out.push('[');
    write_number(position.lon, out);
    out.push(',');
    write_number(position.lat, out);
    if let Some(height) = position.height_m {
        out.push(',');
        write_number(height, out);
    }
    out.push(']');
}

fn write_list<T>(items: &[T], out: &mut String, write: impl Fn(&T, &mut String)) {
    out.push('[');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write(item, out);
    }
    out.push(']');
}
