//! Geographic queries (NGSI-LD V1.9.1, clause 4.10).

use model::geo::GeoTest;
use model::{Filter, Geometry, Json};

use crate::context::Context;
use crate::error::Error;

/// The parts of a geographic query as they came.
#[derive(Debug, Clone, Copy, Default)]
pub struct Parts<'a> {
    /// `georel`: the relation with its modifier.
    pub georel: Option<&'a str>,
    /// `geometry`: the type of the reference.
    pub geometry: Option<&'a str>,
    /// `coordinates` of the reference.
    pub coordinates: Option<&'a Json>,
    /// `geoproperty`: which GeoProperty; `location` by default.
    pub geoproperty: Option<&'a str>,
}

/// The filter of a geographic query; `None` when nothing of one is there.
///
/// # Errors
/// A part is missing, or is not what the grammar has.
pub fn parse(parts: Parts<'_>, context: &Context) -> Result<Option<Filter>, Error> {
    let (Some(georel), Some(geometry), Some(coordinates)) = (parts.georel, parts.geometry, parts.coordinates) else {
        if parts.georel.is_none() && parts.geometry.is_none() && parts.coordinates.is_none() && parts.geoproperty.is_none() {
            return Ok(None);
        }
        return Err(Error::bad_request("a geographic query needs `georel`, `geometry` and `coordinates` together"));
    };
    let reference = Geometry::from_coordinates(geometry, coordinates)
        .map_err(|error| Error::bad_request(format!("`geometry`, `coordinates`: {error}")))?;
    let property = context.find(parts.geoproperty.unwrap_or("location")).map_err(|error| error.at("`geoproperty`"))?;
    let test = relation(georel, reference)?;
    Ok(Some(Filter::Geo { property, test }))
}

fn relation(georel: &str, reference: Geometry) -> Result<GeoTest, Error> {
    if let Some(modifiers) = georel.strip_prefix("near") {
        return near(modifiers, reference);
    }
    match georel {
        "within" if matches!(reference, Geometry::Polygon(_) | Geometry::MultiPolygon(_)) => Ok(GeoTest::Within(reference)),
        "within" => Err(Error::bad_request(format!("nothing lies `within` a {}; use a Polygon or MultiPolygon", reference.kind()))),
        "contains" => Ok(GeoTest::Contains(reference)),
        "intersects" => Ok(GeoTest::Intersects(reference)),
        "equals" => Ok(GeoTest::Equals(reference)),
        "disjoint" => Ok(GeoTest::Disjoint(reference)),
        "overlaps" => Ok(GeoTest::Overlaps(reference)),
        other => Err(Error::bad_request(format!(
            "`georel={other}` is not known; expected near;maxDistance==METRES, near;minDistance==METRES, within, contains, intersects, equals, disjoint or overlaps"
        ))),
    }
}

fn near(modifiers: &str, reference: Geometry) -> Result<GeoTest, Error> {
    let wrong = || {
        Error::bad_request(format!(
            "`georel=near{modifiers}`: expected exactly one of near;maxDistance==METRES and near;minDistance==METRES, more than 0"
        ))
    };
    let (name, metres) = modifiers.strip_prefix(';').and_then(|modifier| modifier.split_once("==")).ok_or_else(wrong)?;
    let metres: f64 = metres.parse().ok().filter(|m: &f64| m.is_finite() && *m > 0.0).ok_or_else(wrong)?;
    match name {
        "maxDistance" => Ok(GeoTest::NearerThan { reference, distance_m_max: metres }),
        "minDistance" => Ok(GeoTest::FartherThan { reference, distance_m_min: metres }),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    #[track_caller]
    fn check(georel: &str, geometry: &str, coordinates: &str, expected: &Expect) {
        let coordinates = model::json::parse(coordinates.as_bytes()).expect("JSON");
        let parts = Parts { georel: Some(georel), geometry: Some(geometry), coordinates: Some(&coordinates), geoproperty: None };
        let shown = match parse(parts, &Context::core()) {
            Ok(Some(Filter::Geo { test, .. })) => match test {
                GeoTest::NearerThan { reference, distance_m_max } => format!("at most {distance_m_max} m from a {}", reference.kind()),
                GeoTest::FartherThan { reference, distance_m_min } => format!("at least {distance_m_min} m from a {}", reference.kind()),
                GeoTest::Within(g) => format!("within a {}", g.kind()),
                GeoTest::Contains(g) => format!("contains a {}", g.kind()),
                GeoTest::Intersects(g) => format!("intersects a {}", g.kind()),
                GeoTest::Equals(g) => format!("equals a {}", g.kind()),
                GeoTest::Disjoint(g) => format!("disjoint from a {}", g.kind()),
                GeoTest::Overlaps(g) => format!("overlaps a {}", g.kind()),
            },
            Ok(other) => format!("{other:?}"),
            Err(error) => error.to_string(),
        };
        expected.assert_eq(&shown);
    }

    const SQUARE: &str = "[[[7,51],[8,51],[8,52],[7,52],[7,51]]]";

    #[test]
    fn each_relation() {
        check("near;maxDistance==2000", "Point", "[7.6,51.9]", &expect!["at most 2000 m from a Point"]);
        check("near;minDistance==0.5", "LineString", "[[7,51],[8,52]]", &expect!["at least 0.5 m from a LineString"]);
        check("within", "Polygon", SQUARE, &expect!["within a Polygon"]);
        check("contains", "Point", "[7.6,51.9]", &expect!["contains a Point"]);
        check("intersects", "MultiPoint", "[[7.6,51.9]]", &expect!["intersects a MultiPoint"]);
        check("equals", "Point", "[7.6,51.9]", &expect!["equals a Point"]);
        check("disjoint", "Polygon", SQUARE, &expect!["disjoint from a Polygon"]);
        check("overlaps", "Polygon", SQUARE, &expect!["overlaps a Polygon"]);
    }

    #[test]
    fn what_is_refused() {
        check(
            "near",
            "Point",
            "[7.6,51.9]",
            &expect!["`georel=near`: expected exactly one of near;maxDistance==METRES and near;minDistance==METRES, more than 0"],
        );
        check(
            "near;maxDistance==0",
            "Point",
            "[7.6,51.9]",
            &expect![
                "`georel=near;maxDistance==0`: expected exactly one of near;maxDistance==METRES and near;minDistance==METRES, more than 0"
            ],
        );
        check(
            "near;maxDistance=5",
            "Point",
            "[7.6,51.9]",
            &expect![
                "`georel=near;maxDistance=5`: expected exactly one of near;maxDistance==METRES and near;minDistance==METRES, more than 0"
            ],
        );
        check(
            "near;maxDistance==1;minDistance==2",
            "Point",
            "[7.6,51.9]",
            &expect![
                "`georel=near;maxDistance==1;minDistance==2`: expected exactly one of near;maxDistance==METRES and near;minDistance==METRES, more than 0"
            ],
        );
        check("within", "Point", "[7.6,51.9]", &expect!["nothing lies `within` a Point; use a Polygon or MultiPolygon"]);
        check(
            "nearby",
            "Point",
            "[7.6,51.9]",
            &expect!["`georel=nearby`: expected exactly one of near;maxDistance==METRES and near;minDistance==METRES, more than 0"],
        );
        check(
            "within",
            "Polygon",
            "[[[7,51],[8,51],[8,52],[7,52]]]",
            &expect!["`geometry`, `coordinates`: the coordinates do not fit a Polygon: a ring must end where it begins"],
        );
        check(
            "within",
            "Circle",
            "[]",
            &expect![
                "`geometry`, `coordinates`: `Circle` is no geometry type; expected Point, MultiPoint, LineString, MultiLineString, Polygon or MultiPolygon"
            ],
        );
    }
}
