//! The plain evaluator: what a filter means, one entity at a time.
//!
//! A term is true only of what is there: a missing, expired, sealed or hidden
//! attribute makes every term false, also `!=` (NGSI-LD V1.9.1, clause 4.9).
//! Only [`Filter::Not`] turns that around.

use std::cmp::Ordering;

use super::reach::{Element, Found, View, elements};
use super::{Comparison, Filter, Op, Operand, Path, number};
use crate::geo::PreparedGeoTest;
use crate::{Entity, Instant, Json, Name, Value};

impl Filter {
    /// Whether an entity matches, looking only at what `visible` lets through.
    /// An expired entity matches nothing.
    #[must_use]
    pub fn matches(&self, entity: &Entity, now: Instant, visible: &dyn Fn(Name) -> bool) -> bool {
        self.prepare().matches(entity, now, visible)
    }

    /// The filter with what its spatial tests need worked out once, for many entities.
    #[must_use]
    pub fn prepare(&self) -> PreparedFilter<'_> {
        let mut tests = Vec::new();
        self.collect_tests(&mut tests);
        PreparedFilter { filter: self, tests }
    }

    fn collect_tests<'a>(&'a self, into: &mut Vec<PreparedGeoTest<'a>>) {
        match self {
            Self::And(all) | Self::Or(all) => all.iter().for_each(|filter| filter.collect_tests(into)),
            Self::Not(one) => one.collect_tests(into),
            Self::Geo { test, .. } => into.push(test.prepare()),
            _ => {}
        }
    }

    fn holds(&self, view: View, tests: &[PreparedGeoTest<'_>]) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::And(all) => all.iter().all(|filter| filter.holds(view, tests)),
            Self::Or(some) => some.iter().any(|filter| filter.holds(view, tests)),
            Self::Not(one) => !one.holds(view, tests),
            Self::Type(name) => view.entity.is_a(*name),
            Self::Id(ids) => ids.contains(&view.entity.id),
            Self::IdMatches(pattern) => pattern.finds(view.entity.id.as_str()),
            Self::Scope(pattern) => view.entity.scopes.iter().any(|scope| pattern.covers(scope)),
            Self::Has(path) => has(view, path),
            Self::Compare(comparison) => comparison.holds(view),
            Self::Geo { property, test } => tests.iter().find(|known| known.is_of(test)).is_some_and(|test| lies(view, *property, test)),
        }
    }
}

/// A filter ready for many entities.
#[derive(Debug)]
pub struct PreparedFilter<'a> {
    filter: &'a Filter,
    /// The spatial tests inside the filter.
    tests: Vec<PreparedGeoTest<'a>>,
}

impl PreparedFilter<'_> {
    /// As [`Filter::matches`].
    #[must_use]
    pub fn matches(&self, entity: &Entity, now: Instant, visible: &dyn Fn(Name) -> bool) -> bool {
        entity.alive_at(now) && self.filter.holds(View { entity, now, visible }, &self.tests)
    }
}

fn has(view: View, path: &Path) -> bool {
    view.any(path, &mut |found| elements(&found, &path.within, &mut |_| {}))
}

/// Any instance suffices; entities without the GeoProperty do not match
/// (NGSI-LD V1.9.1, clause 4.10).
fn lies(view: View, property: Name, test: &PreparedGeoTest<'_>) -> bool {
    let mut places = view.instances(property).filter_map(|instance| match &instance.value {
        Value::Geo(geometry) => Some(geometry),
        _ => None,
    });
    places.any(|place| test.passes(place))
}

impl Comparison {
    fn holds(&self, view: View) -> bool {
        view.any(&self.path, &mut |found| self.holds_of(&found))
    }

    /// `==` and its like need one element, the negations that none is.
    fn holds_of(&self, found: &Found) -> bool {
        let any = |test: &dyn Fn(Element) -> bool| {
            let mut hit = false;
            let there = elements(found, &self.path.within, &mut |element| hit = hit || test(element));
            (there, there && hit)
        };
        let operand = &self.operand;
        match self.op {
            Op::Eq => any(&|element| equals(element, operand)).1,
            Op::Ne => any(&|element| equals(element, operand)) == (true, false),
            Op::Lt => any(&|element| order(element, operand) == Some(Ordering::Less)).1,
            Op::Le => any(&|element| order(element, operand).is_some_and(Ordering::is_le)).1,
            Op::Gt => any(&|element| order(element, operand) == Some(Ordering::Greater)).1,
            Op::Ge => any(&|element| order(element, operand).is_some_and(Ordering::is_ge)).1,
            Op::Matches => any(&|element| found_by(element, operand) == Some(true)).1,
            Op::NotMatches => {
                any(&|element| found_by(element, operand).is_some()).1 && !any(&|element| found_by(element, operand) == Some(true)).1
            }
        }
    }
}

fn equals(element: Element, operand: &Operand) -> bool {
    match (element, operand) {
        (_, Operand::List(list)) => list.iter().any(|one| equals(element, one)),
        (_, Operand::Range(ends)) => {
            order(element, &ends.0).is_some_and(Ordering::is_ge) && order(element, &ends.1).is_some_and(Ordering::is_le)
        }
        (Element::Target(target), Operand::Iri(iri)) => target == iri.as_str(),
        (Element::Target(target), Operand::Text(text)) => target == text,
        (Element::Json(json), Operand::Bool(truth)) => *plain(json) == Json::Bool(*truth),
        _ => order(element, operand) == Some(Ordering::Equal),
    }
}

/// How an element lies to the operand; `None` when their types do not compare.
fn order(element: Element, operand: &Operand) -> Option<Ordering> {
    match element {
        Element::Json(json) => match plain(json) {
            Json::Number(a) => match operand {
                Operand::Number(b) => Some(number::compare(a, b)),
                _ => None,
            },
            Json::String(text) => order_text(text, operand),
            Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => None,
        },
        Element::Text(text) => order_text(text, operand),
        Element::Instant(instant) => match operand {
            Operand::Instant(other) => Some(instant.cmp(other)),
            // Quoted, a time of the platform's can only be meant as a time.
            Operand::Text(text) => Instant::parse_any_precision(text).map(|other| instant.cmp(&other)),
            _ => None,
        },
        Element::Target(_) => None,
    }
}

/// UTF-8 keeps the order of code points.
fn order_text(text: &str, operand: &Operand) -> Option<Ordering> {
    match operand {
        Operand::Text(other) => Some(text.cmp(other.as_str())),
        Operand::Iri(iri) => Some(text.cmp(iri.as_str())),
        Operand::Instant(instant) => Instant::parse_any_precision(text).map(|time| time.cmp(instant)),
        _ => None,
    }
}

/// Whether the pattern finds it; `None` where there is no text to search or no pattern.
fn found_by(element: Element, operand: &Operand) -> Option<bool> {
    let Operand::Pattern(pattern) = operand else { return None };
    match element {
        Element::Json(json) => plain(json).as_str().map(|text| pattern.finds(text)),
        Element::Text(text) => Some(pattern.finds(text)),
        Element::Target(_) | Element::Instant(_) => None,
    }
}

/// The value of a typed literal such as `{"@type":"DateTime","@value":"…"}`, else the value itself.
fn plain(json: &Json) -> &Json {
    match json {
        Json::Object(_) => json.get("@value").unwrap_or(json),
        other => other,
    }
}
