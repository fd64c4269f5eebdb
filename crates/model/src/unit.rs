//! Units of measure: UN/CEFACT Recommendation 20 codes and their conversion.

use std::fmt;

use crate::Text;

/// A UN/CEFACT Recommendation 20 common code (`CEL`, `GQ`, `KMH`), as
/// NGSI-LD's `unitCode` wants it. Unknown codes are kept, but not converted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UnitCode(Text);

/// Why a value cannot be converted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConversionError {
    /// The code is not in the table.
    #[error("the unit `{0}` is not known; use a UN/CEFACT code such as `CEL` or `GQ`, or a symbol such as `°C` or `µg/m³`")]
    Unknown(String),
    /// The units measure different things.
    #[error("`{from}` measures {from_kind} and `{to}` measures {to_kind}: they do not convert")]
    Incompatible {
        /// The unit of the value.
        from: String,
        /// What it measures.
        from_kind: &'static str,
        /// The unit wanted.
        to: String,
        /// What that measures.
        to_kind: &'static str,
    },
}

struct Unit {
    code: &'static str,
    symbol: &'static str,
    /// Other spellings met in data.
    aliases: &'static [&'static str],
    kind: &'static str,
    /// base = value × factor + offset
    factor: f64,
    offset: f64,
}

const fn unit(
    code: &'static str,
    symbol: &'static str,
    aliases: &'static [&'static str],
    kind: &'static str,
    factor: f64,
    offset: f64,
) -> Unit {
    Unit { code, symbol, aliases, kind, factor, offset }
}

/// Codes, symbols and factors after UN/CEFACT Recommendation 20, revision 17.
const UNITS: &[Unit] = &[
    unit("CEL", "°C", &["C", "Celsius", "Grad Celsius"], "temperature", 1.0, 273.15),
    unit("KEL", "K", &["Kelvin"], "temperature", 1.0, 0.0),
    unit("FAH", "°F", &["F", "Fahrenheit"], "temperature", 5.0 / 9.0, 459.67 * 5.0 / 9.0),
    unit("GQ", "µg/m³", &["ug/m3", "µg/m3", "μg/m³"], "mass concentration", 1e-9, 0.0),
    unit("H29", "µg/l", &["ug/l", "µg/L", "μg/l"], "mass concentration", 1e-6, 0.0),
    unit("M1", "mg/l", &["mg/L"], "mass concentration", 1e-3, 0.0),
    unit("GL", "g/l", &["g/L"], "mass concentration", 1.0, 0.0),
    unit("GP", "mg/m³", &["mg/m3"], "mass concentration", 1e-6, 0.0),
    unit("A93", "g/m³", &["g/m3"], "mass concentration", 1e-3, 0.0),
    unit("KMQ", "kg/m³", &["kg/m3"], "mass concentration", 1.0, 0.0),
    unit("59", "ppm", &[], "fraction", 1e-6, 0.0),
    unit("61", "ppb", &[], "fraction", 1e-9, 0.0),
    unit("NX", "‰", &["Promille"], "fraction", 1e-3, 0.0),
    unit("P1", "%", &["Prozent", "percent"], "fraction", 0.01, 0.0),
    unit("C62", "1", &["Stück", "Anzahl"], "fraction", 1.0, 0.0),
    unit("MTR", "m", &["Meter"], "length", 1.0, 0.0),
    // Rain in litres per square metre is its depth.
    unit("MMT", "mm", &["l/m²", "l/m2", "L/m²"], "length", 1e-3, 0.0),
    unit("CMT", "cm", &[], "length", 1e-2, 0.0),
    unit("KMT", "km", &[], "length", 1e3, 0.0),
    unit("MTK", "m²", &["m2", "qm"], "area", 1.0, 0.0),
    // `HAR` is what older revisions call it.
    unit("H18", "ha", &["HAR", "Hektar"], "area", 1e4, 0.0),
    unit("KMK", "km²", &["km2", "qkm"], "area", 1e6, 0.0),
    unit("MTQ", "m³", &["m3", "cbm"], "volume", 1.0, 0.0),
    unit("LTR", "l", &["Liter", "L"], "volume", 1e-3, 0.0),
    unit("MLT", "ml", &["mL", "Milliliter"], "volume", 1e-6, 0.0),
    unit("MQS", "m³/s", &["m3/s"], "flow", 1.0, 0.0),
    unit("MQH", "m³/h", &["m3/h"], "flow", 1.0 / 3600.0, 0.0),
    unit("G52", "m³/d", &["m3/d"], "flow", 1.0 / 86_400.0, 0.0),
    unit("G51", "l/s", &["L/s"], "flow", 1e-3, 0.0),
    unit("L2", "l/min", &["L/min"], "flow", 1e-3 / 60.0, 0.0),
    unit("E32", "l/h", &["L/h"], "flow", 1e-3 / 3600.0, 0.0),
    unit("H67", "mm/h", &["l/(m²h)", "l/m²/h"], "speed", 1e-3 / 3600.0, 0.0),
    unit("MTS", "m/s", &[], "speed", 1.0, 0.0),
    unit("KMH", "km/h", &["kmh"], "speed", 1.0 / 3.6, 0.0),
    unit("KNT", "kn", &["Knoten"], "speed", 1852.0 / 3600.0, 0.0),
    unit("PAL", "Pa", &[], "pressure", 1.0, 0.0),
    unit("A97", "hPa", &["mbar"], "pressure", 1e2, 0.0),
    unit("KPA", "kPa", &[], "pressure", 1e3, 0.0),
    unit("BAR", "bar", &[], "pressure", 1e5, 0.0),
    unit("WTT", "W", &["Watt"], "power", 1.0, 0.0),
    unit("KWT", "kW", &[], "power", 1e3, 0.0),
    unit("MAW", "MW", &[], "power", 1e6, 0.0),
    unit("A90", "GW", &[], "power", 1e9, 0.0),
    unit("D46", "VA", &[], "apparent power", 1.0, 0.0),
    unit("KVA", "kVA", &[], "apparent power", 1e3, 0.0),
    unit("MVA", "MVA", &[], "apparent power", 1e6, 0.0),
    unit("KVR", "kvar", &[], "reactive power", 1e3, 0.0),
    unit("JOU", "J", &["Joule"], "energy", 1.0, 0.0),
    unit("WHR", "Wh", &[], "energy", 3.6e3, 0.0),
    unit("KWH", "kWh", &[], "energy", 3.6e6, 0.0),
    unit("MWH", "MWh", &[], "energy", 3.6e9, 0.0),
    unit("GWH", "GWh", &[], "energy", 3.6e12, 0.0),
    unit("KJO", "kJ", &[], "energy", 1e3, 0.0),
    unit("3B", "MJ", &[], "energy", 1e6, 0.0),
    unit("GV", "GJ", &[], "energy", 1e9, 0.0),
    unit("D54", "W/m²", &["W/m2"], "irradiance", 1.0, 0.0),
    unit("C26", "ms", &["Millisekunden"], "duration", 1e-3, 0.0),
    unit("SEC", "s", &["Sekunden"], "duration", 1.0, 0.0),
    unit("MIN", "min", &["Minuten"], "duration", 60.0, 0.0),
    unit("HUR", "h", &["Stunden"], "duration", 3600.0, 0.0),
    unit("DAY", "d", &["Tage"], "duration", 86400.0, 0.0),
    unit("GRM", "g", &[], "mass", 1e-3, 0.0),
    unit("KGM", "kg", &[], "mass", 1.0, 0.0),
    unit("TNE", "t", &["Tonnen"], "mass", 1e3, 0.0),
    unit("DD", "°", &["Grad"], "angle", std::f64::consts::PI / 180.0, 0.0),
    unit("C81", "rad", &[], "angle", 1.0, 0.0),
    unit("VLT", "V", &["Volt"], "voltage", 1.0, 0.0),
    unit("2Z", "mV", &[], "voltage", 1e-3, 0.0),
    unit("KVT", "kV", &[], "voltage", 1e3, 0.0),
    unit("4K", "mA", &[], "current", 1e-3, 0.0),
    unit("AMP", "A", &["Ampere"], "current", 1.0, 0.0),
    unit("HTZ", "Hz", &["Hertz"], "frequency", 1.0, 0.0),
    unit("KHZ", "kHz", &[], "frequency", 1e3, 0.0),
    unit("MHZ", "MHz", &[], "frequency", 1e6, 0.0),
    unit("D10", "S/m", &[], "conductivity", 1.0, 0.0),
    unit("H61", "mS/cm", &[], "conductivity", 0.1, 0.0),
    unit("G42", "µS/cm", &["uS/cm", "μS/cm"], "conductivity", 1e-4, 0.0),
    unit("Q30", "pH", &["pH-Wert"], "acidity", 1.0, 0.0),
    unit("P72", "µSv/h", &["uSv/h", "μSv/h"], "dose rate", 1.0, 0.0),
    unit("P73", "nSv/h", &[], "dose rate", 1e-3, 0.0),
    unit("LUX", "lx", &["Lux"], "illuminance", 1.0, 0.0),
    unit("2N", "dB", &["dB(A)"], "level", 1.0, 0.0),
    // No code of Recommendation 20, but of ISO 4217: money is counted too.
    unit("EUR", "€", &["Euro"], "money", 1.0, 0.0),
];

impl UnitCode {
    /// Takes a code as it stands.
    #[must_use]
    pub fn new(code: &str) -> Self {
        Self(code.into())
    }

    /// The code of a code, a symbol or a usual spelling.
    #[must_use]
    pub fn find(text: &str) -> Option<Self> {
        let text = text.trim();
        UNITS.iter().find(|u| u.code == text || u.symbol == text || u.aliases.contains(&text)).map(|u| Self(u.code.into()))
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
        UNITS.iter().find(|u| u.code == self.0 || u.aliases.contains(&self.0.as_str()))
    }

    /// Converts a value of this unit into another.
    ///
    /// # Errors
    /// [`ConversionError`] when a unit is unknown or they measure different things.
    pub fn convert(&self, value: f64, to: &Self) -> Result<f64, ConversionError> {
        if self == to {
            return Ok(value);
        }
        let known = |code: &Self| code.entry().ok_or_else(|| ConversionError::Unknown(code.0.to_string()));
        let (from, target) = (known(self)?, known(to)?);
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
            for spelling in [unit.code, unit.symbol].into_iter().chain(unit.aliases.iter().copied()) {
                if let Some(other) = seen.insert(spelling, unit.code) {
                    assert_eq!(other, unit.code, "`{spelling}` means two units");
                }
            }
        }
    }
}
