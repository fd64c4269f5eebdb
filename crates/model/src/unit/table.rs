//! The units of UN/CEFACT Recommendation 20 that municipal data come in.

pub(super) struct Unit {
    pub(super) code: &'static str,
    pub(super) symbol: &'static str,
    /// The same in UCUM; empty where UCUM has none.
    pub(super) ucum: &'static str,
    /// Other spellings met in data.
    pub(super) aliases: &'static [&'static str],
    pub(super) kind: &'static str,
    /// base = value × factor + offset
    pub(super) factor: f64,
    pub(super) offset: f64,
}

impl Unit {
    /// Whether a text means this unit: its code, symbol, UCUM code or a usual spelling.
    pub(super) fn is_written(&self, text: &str) -> bool {
        self.code == text || self.symbol == text || self.aliases.contains(&text) || (!text.is_empty() && self.ucum == text)
    }
}

const fn unit(
    code: &'static str,
    symbol: &'static str,
    ucum: &'static str,
    aliases: &'static [&'static str],
    kind: &'static str,
    factor: f64,
    offset: f64,
) -> Unit {
    Unit { code, symbol, ucum, aliases, kind, factor, offset }
}

/// Codes, symbols and factors after UN/CEFACT Recommendation 20, revision 17; a test compares every factor with UCUM's.
pub(super) const UNITS: &[Unit] = &[
    unit("CEL", "°C", "Cel", &["C", "Celsius", "Grad Celsius"], "temperature", 1.0, 273.15),
    unit("KEL", "K", "K", &["Kelvin"], "temperature", 1.0, 0.0),
    unit("FAH", "°F", "[degF]", &["F", "Fahrenheit"], "temperature", 5.0 / 9.0, 459.67 * 5.0 / 9.0),
    unit("GQ", "µg/m³", "ug/m3", &["ug/m3", "µg/m3", "μg/m³"], "mass concentration", 1e-9, 0.0),
    unit("H29", "µg/l", "ug/L", &["ug/l", "µg/L", "μg/l"], "mass concentration", 1e-6, 0.0),
    unit("M1", "mg/l", "mg/L", &["mg/L"], "mass concentration", 1e-3, 0.0),
    unit("GL", "g/l", "g/L", &["g/L"], "mass concentration", 1.0, 0.0),
    unit("GP", "mg/m³", "mg/m3", &["mg/m3"], "mass concentration", 1e-6, 0.0),
    unit("A93", "g/m³", "g/m3", &["g/m3"], "mass concentration", 1e-3, 0.0),
    unit("KMQ", "kg/m³", "kg/m3", &["kg/m3"], "mass concentration", 1.0, 0.0),
    unit("59", "ppm", "[ppm]", &[], "fraction", 1e-6, 0.0),
    unit("61", "ppb", "[ppb]", &[], "fraction", 1e-9, 0.0),
    unit("NX", "‰", "[ppth]", &["Promille"], "fraction", 1e-3, 0.0),
    unit("P1", "%", "%", &["Prozent", "percent"], "fraction", 0.01, 0.0),
    unit("C62", "1", "1", &["Stück", "Anzahl"], "fraction", 1.0, 0.0),
    unit("MTR", "m", "m", &["Meter"], "length", 1.0, 0.0),
    // Rain in litres per square metre is its depth.
    unit("MMT", "mm", "mm", &["l/m²", "l/m2", "L/m²"], "length", 1e-3, 0.0),
    unit("CMT", "cm", "cm", &[], "length", 1e-2, 0.0),
    unit("KMT", "km", "km", &[], "length", 1e3, 0.0),
    unit("MTK", "m²", "m2", &["m2", "qm"], "area", 1.0, 0.0),
    // `HAR` is what older revisions call it.
    unit("H18", "ha", "har", &["HAR", "Hektar"], "area", 1e4, 0.0),
    unit("KMK", "km²", "km2", &["km2", "qkm"], "area", 1e6, 0.0),
    unit("MTQ", "m³", "m3", &["m3", "cbm"], "volume", 1.0, 0.0),
    unit("LTR", "l", "L", &["Liter", "L"], "volume", 1e-3, 0.0),
    unit("MLT", "ml", "mL", &["mL", "Milliliter"], "volume", 1e-6, 0.0),
    unit("MQS", "m³/s", "m3/s", &["m3/s"], "flow", 1.0, 0.0),
    unit("MQH", "m³/h", "m3/h", &["m3/h"], "flow", 1.0 / 3600.0, 0.0),
    unit("G52", "m³/d", "m3/d", &["m3/d"], "flow", 1.0 / 86_400.0, 0.0),
    unit("G51", "l/s", "L/s", &["L/s"], "flow", 1e-3, 0.0),
    unit("L2", "l/min", "L/min", &["L/min"], "flow", 1e-3 / 60.0, 0.0),
    unit("E32", "l/h", "L/h", &["L/h"], "flow", 1e-3 / 3600.0, 0.0),
    unit("H67", "mm/h", "mm/h", &["l/(m²h)", "l/m²/h"], "speed", 1e-3 / 3600.0, 0.0),
    unit("MTS", "m/s", "m/s", &[], "speed", 1.0, 0.0),
    unit("KMH", "km/h", "km/h", &["kmh"], "speed", 1.0 / 3.6, 0.0),
    unit("KNT", "kn", "[kn_i]", &["Knoten"], "speed", 1852.0 / 3600.0, 0.0),
    unit("PAL", "Pa", "Pa", &[], "pressure", 1.0, 0.0),
    unit("A97", "hPa", "hPa", &["mbar"], "pressure", 1e2, 0.0),
    unit("KPA", "kPa", "kPa", &[], "pressure", 1e3, 0.0),
    unit("BAR", "bar", "bar", &[], "pressure", 1e5, 0.0),
    unit("WTT", "W", "W", &["Watt"], "power", 1.0, 0.0),
    unit("KWT", "kW", "kW", &[], "power", 1e3, 0.0),
    unit("MAW", "MW", "MW", &[], "power", 1e6, 0.0),
    unit("A90", "GW", "GW", &[], "power", 1e9, 0.0),
    unit("D46", "VA", "V.A", &[], "apparent power", 1.0, 0.0),
    unit("KVA", "kVA", "kV.A", &[], "apparent power", 1e3, 0.0),
    unit("MVA", "MVA", "MV.A", &[], "apparent power", 1e6, 0.0),
    unit("KVR", "kvar", "", &[], "reactive power", 1e3, 0.0),
    unit("JOU", "J", "J", &["Joule"], "energy", 1.0, 0.0),
    unit("WHR", "Wh", "W.h", &[], "energy", 3.6e3, 0.0),
    unit("KWH", "kWh", "kW.h", &[], "energy", 3.6e6, 0.0),
    unit("MWH", "MWh", "MW.h", &[], "energy", 3.6e9, 0.0),
    unit("GWH", "GWh", "GW.h", &[], "energy", 3.6e12, 0.0),
    unit("KJO", "kJ", "kJ", &[], "energy", 1e3, 0.0),
    unit("3B", "MJ", "MJ", &[], "energy", 1e6, 0.0),
    unit("GV", "GJ", "GJ", &[], "energy", 1e9, 0.0),
    unit("D54", "W/m²", "W/m2", &["W/m2"], "irradiance", 1.0, 0.0),
    unit("C26", "ms", "ms", &["Millisekunden"], "duration", 1e-3, 0.0),
    unit("SEC", "s", "s", &["Sekunden"], "duration", 1.0, 0.0),
    unit("MIN", "min", "min", &["Minuten"], "duration", 60.0, 0.0),
    unit("HUR", "h", "h", &["Stunden"], "duration", 3600.0, 0.0),
    unit("DAY", "d", "d", &["Tage"], "duration", 86400.0, 0.0),
    unit("GRM", "g", "g", &[], "mass", 1e-3, 0.0),
    unit("KGM", "kg", "kg", &[], "mass", 1.0, 0.0),
    unit("TNE", "t", "t", &["Tonnen"], "mass", 1e3, 0.0),
    unit("DD", "°", "deg", &["Grad"], "angle", std::f64::consts::PI / 180.0, 0.0),
    unit("C81", "rad", "rad", &[], "angle", 1.0, 0.0),
    unit("VLT", "V", "V", &["Volt"], "voltage", 1.0, 0.0),
    unit("2Z", "mV", "mV", &[], "voltage", 1e-3, 0.0),
    unit("KVT", "kV", "kV", &[], "voltage", 1e3, 0.0),
    unit("4K", "mA", "mA", &[], "current", 1e-3, 0.0),
    unit("AMP", "A", "A", &["Ampere"], "current", 1.0, 0.0),
    unit("HTZ", "Hz", "Hz", &["Hertz"], "frequency", 1.0, 0.0),
    unit("KHZ", "kHz", "kHz", &[], "frequency", 1e3, 0.0),
    unit("MHZ", "MHz", "MHz", &[], "frequency", 1e6, 0.0),
    unit("D10", "S/m", "S/m", &[], "conductivity", 1.0, 0.0),
    unit("H61", "mS/cm", "mS/cm", &[], "conductivity", 0.1, 0.0),
    unit("G42", "µS/cm", "uS/cm", &["uS/cm", "μS/cm"], "conductivity", 1e-4, 0.0),
    unit("Q30", "pH", "[pH]", &["pH-Wert"], "acidity", 1.0, 0.0),
    unit("P72", "µSv/h", "uSv/h", &["uSv/h", "μSv/h"], "dose rate", 1.0, 0.0),
    unit("P73", "nSv/h", "nSv/h", &[], "dose rate", 1e-3, 0.0),
    unit("LUX", "lx", "lx", &["Lux"], "illuminance", 1.0, 0.0),
    unit("2N", "dB", "dB", &["dB(A)"], "level", 1.0, 0.0),
    // No code of Recommendation 20, but of ISO 4217: money is counted too.
    unit("EUR", "€", "", &["Euro"], "money", 1.0, 0.0),
];
