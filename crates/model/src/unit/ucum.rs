//! The Unified Code for Units of Measure: units that are spelled out (`kW.h`, `[degF]`, `mg/(m2.d)`).

use std::sync::LazyLock;

use octofhir_ucum::{Dimension, SpecialKind, UnitAnalysis};

use super::table::{UNITS, Unit};

/// What a unit measures, and how its values become the base of that.
pub(super) struct Measure {
    /// The quantity: a word where the table has one, else the dimension (`M.L-2.T-1`).
    pub(super) kind: String,
    pub(super) factor: f64,
    pub(super) offset: f64,
}

/// The first unit of the table with a dimension: what others of that dimension are counted in.
static ANCHORS: LazyLock<Vec<(UnitAnalysis, &Unit)>> = LazyLock::new(|| {
    let mut anchors: Vec<(UnitAnalysis, &Unit)> = Vec::new();
    for unit in UNITS {
        if let Some(analysis) = linear(unit.ucum)
            && !anchors.iter().any(|(known, _)| known.dimension == analysis.dimension)
        {
            anchors.push((analysis, unit));
        }
    }
    anchors
});

/// What UCUM says of a unit whose values become others by a factor and an
/// offset: not levels, which are logarithms, not arbitrary units.
fn linear(ucum: &str) -> Option<UnitAnalysis> {
    let usable = |analysis: &UnitAnalysis| match analysis.special {
        None | Some(SpecialKind::None) => analysis.arbitrary.is_empty(),
        Some(SpecialKind::Celsius | SpecialKind::Fahrenheit | SpecialKind::Reaumur) => true,
        Some(_) => false,
    };
    octofhir_ucum::analyse(ucum).ok().filter(usable)
}

fn anchor(dimension: Dimension) -> Option<&'static (UnitAnalysis, &'static Unit)> {
    ANCHORS.iter().find(|(analysis, _)| analysis.dimension == dimension)
}

/// What a UCUM unit measures. `None` when it is no UCUM unit, or one without a factor.
pub(super) fn measure(ucum: &str) -> Option<Measure> {
    let analysis = linear(ucum)?;
    let factor = analysis.factor.to_f64() * analysis.scale.to_f64();
    let (kind, base) = match anchor(analysis.dimension) {
        // Temperatures apart nothing has an offset, and theirs is in kelvins in UCUM and in the table.
        Some((known, unit)) => (unit.kind.to_owned(), unit.factor / known.factor.to_f64()),
        None => (analysis.dimension.to_string(), 1.0),
    };
    Some(Measure { kind, factor: factor * base, offset: analysis.offset.to_f64() })
}

/// The unit of the table that says the same as a UCUM unit: `m.s-1` is `m/s`.
pub(super) fn in_table(ucum: &str) -> Option<&'static Unit> {
    let wanted = measure(ucum)?;
    let same = |a: f64, b: f64| (a - b).abs() <= a.abs().max(b.abs()) * 1e-12;
    UNITS.iter().find(|unit| unit.kind == wanted.kind && same(unit.factor, wanted.factor) && same(unit.offset, wanted.offset))
}
