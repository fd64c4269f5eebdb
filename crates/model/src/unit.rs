//! Units of measure: UN/CEFACT Recommendation 20 and UCUM codes, and their conversion.

mod table;
mod ucum;

use std::fmt;

use crate::Text;
use table::{UNITS, Unit};
use ucum::Measure;

/// A UN/CEFACT Recommendation 20 common code (`CEL`, `GQ`, `KMH`), as
/// NGSI-LD's `unitCode` wants it; a UCUM code (`mg/(m2.d)`) where that
/// Recommendation has none in our table. Unknown codes are kept, but not converted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UnitCode(Text);

/// Why a value cannot be converted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConversionError {
    /// The code is not in the table.
    #[error(
        "the unit `{0}` is not known; use a UN/CEFACT code such as `CEL` or `GQ`, a UCUM code such as `Cel` or `ug/m3`, or a symbol such as `°C` or `µg/m³`"
    )]
    Unknown(String),
    /// The units measure different things.
    #[error("`{from}` measures {from_kind} and `{to}` measures {to_kind}: they do not convert")]
    Incompatible {
        /// The unit of the value.
        from: String,
        /// What it measures.
        from_kind: String,
        /// The unit wanted.
        to: String,
        /// What that measures.
        to_kind: String,
    },
}

impl UnitCode {
    /// Takes a code as it stands.
    #[must_use]
    pub fn new(code: &str) -> Self {
        Self(code.into())
    }

    /// The code of a code, a symbol or a usual spelling, of the units people write most.
    #[must_use]
    pub fn find(text: &str) -> Option<Self> {
        let text = text.trim();
        UNITS.iter().find(|unit| unit.is_written(text)).map(|unit| Self(unit.code.into()))
    }

    /// The same, or any unit that UCUM can spell: as UN/CEFACT code where one
    /// says the same (`m.s-1` is `MTS`), else as it is written (`mg/(m2.d)`).
    /// What both know means what people write: `C` is degrees Celsius here,
    /// and `ha` hectare.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        Self::find(text)
            .or_else(|| ucum::in_table(text).map(|unit| Self(unit.code.into())))
            .or_else(|| ucum::measure(text).map(|_| Self(text.into())))
    }

    /// The code.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.0
    }

    /// The symbol people know, else the code.
    #[must_use]
    pub fn symbol(&self) -> &str {
        self.entry().map_or(self.0.as_str(), |u| u.symbol)
    }

    fn entry(&self) -> Option<&'static Unit> {
        UNITS
            .iter()
            .find(|unit| unit.code == self.0 || unit.aliases.contains(&self.0.as_str()) || (!self.0.is_empty() && unit.ucum == self.0))
    }

    fn measure(&self) -> Result<Measure, ConversionError> {
        match self.entry() {
            Some(unit) => Ok(Measure { kind: unit.kind.to_owned(), factor: unit.factor, offset: unit.offset }),
            None => ucum::measure(&self.0).ok_or_else(|| ConversionError::Unknown(self.0.to_string())),
        }
    }

    /// Converts a value of this unit into another.
    ///
    /// # Errors
    /// [`ConversionError`] when a unit is unknown or they measure different things.
    pub fn convert(&self, value: f64, to: &Self) -> Result<f64, ConversionError> {
        if self == to {
            return Ok(value);
        }
        let (from, target) = (self.measure()?, to.measure()?);
        if from.kind != target.kind {
            return Err(ConversionError::Incompatible {
                from: self.0.to_string(),
                from_kind: from.kind,
                to: to.0.to_string(),
                to_kind: target.kind,
            });
        }
        Ok((value * from.factor + from.offset - target.offset) / target.factor)
    }
}

impl fmt::Display for UnitCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: f64, from: &str, to: &str, expected: f64) {
        let (from, to) = (UnitCode::find(from).expect(from), UnitCode::find(to).expect(to));
        let got = from.convert(value, &to).expect("convertible");
        assert!((got - expected).abs() <= expected.abs().max(1.0) * 1e-12, "{got} is not {expected}");
    }

    #[test]
    fn converts_within_a_kind() {
        check(100.0, "°C", "°F", 212.0);
        check(-40.0, "FAH", "CEL", -40.0);
        check(0.0, "CEL", "KEL", 273.15);
        check(36.0, "km/h", "m/s", 10.0);
        check(1.5, "mg/m³", "µg/m³", 1500.0);
        check(1013.25, "hPa", "Pa", 101_325.0);
        check(2.0, "kWh", "J", 7.2e6);
        check(50.0, "%", "ppm", 500_000.0);
        check(1.0, "ha", "HAR", 1.0);
        check(3.5, "l/m²", "MMT", 3.5);
        check(7.2, "m³/h", "l/s", 2.0);
        check(3.6, "mm/h", "m/s", 1e-6);
        check(1.0, "mS/cm", "µS/cm", 1000.0);
        check(1.0, "S/m", "mS/cm", 10.0);
        check(25.0, "mg/l", "g/m³", 25.0);
        check(0.4, "kVA", "VA", 400.0);
        check(1.0, "GWh", "GJ", 3600.0);
        check(90.0, "nSv/h", "µSv/h", 0.09);
    }

    #[test]
    fn reads_ucum() {
        let code = |text: &str| UnitCode::read(text).map(|unit| unit.code().to_owned());
        let same = [
            ("Cel", "CEL"),
            ("[degF]", "FAH"),
            ("K", "KEL"),
            ("ug/m3", "GQ"),
            ("ug.m-3", "GQ"),
            ("km/h", "KMH"),
            ("m.s-1", "MTS"),
            ("kW.h", "KWH"),
            ("hPa", "A97"),
            ("mbar", "A97"),
            ("10*-6", "59"),
            ("har", "H18"),
            ("[kn_i]", "KNT"),
            ("[nmi_i]/h", "KNT"),
            ("L/m2", "MMT"),
            ("kV.A", "KVA"),
        ];
        for (ucum, expected) in same {
            assert_eq!(code(ucum).as_deref(), Some(expected), "{ucum}");
        }
        assert_eq!(code("mg/(m2.d)").as_deref(), Some("mg/(m2.d)"), "dust that settles has no code of ours");
        for none in ["Äpfel", "", "m//s", "dB[SPL]", "[IU]", "furlong"] {
            assert_eq!(code(none), None, "{none}");
        }
        // What people write means what they mean.
        assert_eq!((code("C").as_deref(), code("F").as_deref(), code("ha").as_deref()), (Some("CEL"), Some("FAH"), Some("H18")));
    }

    #[test]
    fn converts_ucum_by_published_factors() {
        let check = |value: f64, from: &str, to: &str, expected: f64| {
            let (from, to) = (UnitCode::read(from).expect(from), UnitCode::read(to).expect(to));
            let got = from.convert(value, &to).expect("convertible");
            assert!((got - expected).abs() <= expected.abs() * 1e-12, "{got} is not {expected}");
        };
        // UCUM 2.2, tables 4 to 19: international foot, mile, pound, horse power, BTU at 39 °F, gallon, inch of mercury.
        check(1.0, "[ft_i]", "m", 0.3048);
        check(1.0, "[mi_i]", "km", 1.609_344);
        check(1.0, "[lb_av]", "kg", 0.453_592_37);
        check(1.0, "[HP]", "W", 550.0 * 0.3048 * 0.453_592_37 * 9.806_65);
        check(1.0, "[Btu_39]", "kJ", 1.059_67);
        check(1.0, "[gal_us]", "L", 3.785_411_784);
        check(1.0, "m[Hg]", "kPa", 133.322);
        check(30.0, "mg/(m2.d)", "g/(m2.a)", 30e-3 * 365.25);
        // NIST Special Publication 811: 68 °F is 20 °C, 300 K is 26.85 °C.
        check(68.0, "[degF]", "Cel", 20.0);
        check(300.0, "K", "Cel", 26.85);
        check(80.0, "[degRe]", "Cel", 100.0);
    }

    #[test]
    fn the_table_agrees_with_ucum() {
        for unit in UNITS.iter().filter(|unit| !unit.ucum.is_empty() && !matches!(unit.code, "Q30" | "2N")) {
            let base = UNITS.iter().find(|other| other.kind == unit.kind).expect("itself at least");
            for value in [1.0, 250.0] {
                let ours = UnitCode::new(unit.code).convert(value, &UnitCode::new(base.code)).expect("one kind");
                let theirs = octofhir_ucum::convert(value, unit.ucum, base.ucum).expect(unit.ucum);
                assert!((ours - theirs).abs() <= theirs.abs().max(1.0) * 1e-12, "{} {value}: {ours} is not {theirs}", unit.code);
            }
        }
    }

    #[test]
    fn refuses_nonsense() {
        let celsius = UnitCode::new("CEL");
        assert!(matches!(celsius.convert(1.0, &UnitCode::new("MTR")), Err(ConversionError::Incompatible { .. })));
        assert!(matches!(UnitCode::new("KVA").convert(1.0, &UnitCode::new("KWT")), Err(ConversionError::Incompatible { .. })));
        assert!(matches!(celsius.convert(1.0, &UnitCode::new("XXX")), Err(ConversionError::Unknown(_))));
        assert_eq!(UnitCode::find("Äpfel"), None);
    }

    #[test]
    fn codes_and_spellings_are_unambiguous() {
        let mut seen = std::collections::HashMap::new();
        for unit in UNITS {
            for spelling in
                [unit.code, unit.symbol, unit.ucum].into_iter().chain(unit.aliases.iter().copied()).filter(|text| !text.is_empty())
            {
                if let Some(other) = seen.insert(spelling, unit.code) {
                    assert_eq!(other, unit.code, "`{spelling}` means two units");
                }
            }
        }
    }
}
