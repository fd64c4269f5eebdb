//! Codes of the catalogue in words: licences, frequencies, themes, questions.

use model::Dataset;

use crate::messages::Texts;

/// A licence as people know it.
pub(crate) struct Licence {
    /// In a few words: `Frei nutzbar, mit Namensnennung`.
    pub(crate) short: &'static str,
    /// Its name.
    pub(crate) name: String,
    /// Its text.
    pub(crate) href: String,
}

/// The key of a licence of dcat-ap.de, given with or without its address: `dl-by-de/2.0`.
pub(crate) fn licence_key(code: &str) -> &str {
    code.trim_end_matches('/').rsplit("/licenses/").next().unwrap_or(code)
}

/// The licence of a code of dcat-ap.de, with or without its address.
pub(crate) fn licence(code: &str, texts: Texts) -> Licence {
    let key = licence_key(code);
    let (short, name, href) = match key {
        "dl-by-de/2.0" => (texts.licence_by(), texts.licence_dl_by(), "https://www.govdata.de/dl-de/by-2-0"),
        "dl-zero-de/2.0" => (texts.licence_zero(), texts.licence_dl_zero(), "https://www.govdata.de/dl-de/zero-2-0"),
        "cc-by/4.0" => (texts.licence_by(), texts.licence_cc_by(), "https://creativecommons.org/licenses/by/4.0/"),
        "cc-zero" | "cc-zero/1.0" => (texts.licence_zero(), texts.licence_cc_zero(), "https://creativecommons.org/publicdomain/zero/1.0/"),
        "geoNutz/20130319" | "geonutz/20130319" => {
            (texts.licence_by(), texts.licence_geonutzv(), "https://www.gesetze-im-internet.de/geonutzv/")
        }
        "odbl" => (texts.licence_share_alike(), texts.licence_odbl(), "https://opendatacommons.org/licenses/odbl/1-0/"),
        "other-open" => (texts.licence_open(), texts.licence_other_open(), ""),
        _ => (texts.licence_other(), key, ""),
    };
    // Codes of the list have their address there.
    let href = if href.is_empty() { format!("http://dcat-ap.de/def/licenses/{key}") } else { href.to_owned() };
    Licence { short, name: name.to_owned(), href }
}

/// Whether the licence is one we know.
pub(crate) fn is_known_licence(code: &str, texts: Texts) -> bool {
    licence(code, texts).short != texts.licence_other()
}

/// How often new data come, and after how many days they count as old.
pub(crate) fn frequency(code: &str, texts: Texts) -> (&'static str, i64) {
    match code {
        "CONT" | "UPDATE_CONT" | "1MIN" | "5MIN" | "10MIN" | "15MIN" | "30MIN" => (texts.frequency_continuous(), 1),
        "HOURLY" => (texts.frequency_hourly(), 1),
        "DAILY" => (texts.frequency_daily(), 3),
        "WEEKLY" => (texts.frequency_weekly(), 15),
        "MONTHLY" => (texts.frequency_monthly(), 62),
        "QUARTERLY" => (texts.frequency_quarterly(), 190),
        "ANNUAL" => (texts.frequency_annual(), 550),
        "NEVER" => (texts.frequency_never(), 0),
        _ => (texts.frequency_irregular(), 60),
    }
}

/// The name of a theme of the EU list.
pub(crate) fn theme(code: &str, texts: Texts) -> Option<&'static str> {
    Some(match code {
        "AGRI" => texts.theme_agri(),
        "ECON" => texts.theme_econ(),
        "EDUC" => texts.theme_educ(),
        "ENER" => texts.theme_ener(),
        "ENVI" => texts.theme_envi(),
        "GOVE" => texts.theme_gove(),
        "HEAL" => texts.theme_heal(),
        "INTR" => texts.theme_intr(),
        "JUST" => texts.theme_just(),
        "REGI" => texts.theme_regi(),
        "SOCI" => texts.theme_soci(),
        "TECH" => texts.theme_tech(),
        "TRAN" => texts.theme_tran(),
        _ => return None,
    })
}

/// The word of a theme in addresses.
pub(crate) const THEMES: [(&str, &str); 13] = [
    ("AGRI", "ernaehrung"),
    ("ECON", "wirtschaft"),
    ("EDUC", "bildung"),
    ("ENER", "energie"),
    ("ENVI", "umwelt"),
    ("GOVE", "verwaltung"),
    ("HEAL", "gesundheit"),
    ("INTR", "internationales"),
    ("JUST", "justiz"),
    ("REGI", "regionen"),
    ("SOCI", "bevoelkerung"),
    ("TECH", "wissenschaft"),
    ("TRAN", "verkehr"),
];

/// Whether a dataset plays recorded values as if they came now: its keywords say so.
pub(crate) fn is_played(dataset: &Dataset) -> bool {
    dataset.keywords.iter().any(|word| &**word == "Vorführdaten")
}

/// The everyday question that a dataset answers, by what its things are and what is known of them.
pub(crate) fn question(dataset: &Dataset, texts: Texts) -> Option<&'static str> {
    let has = |term: &str| dataset.columns.iter().any(|column| column.attribute.short() == term);
    Some(match dataset.entity_type.short() {
        "AirQualityObserved" => texts.question_air(),
        "WeatherObserved" if has("temperature") => texts.question_weather(),
        "OffStreetParking" | "ParkingSpot" | "OnStreetParking" => texts.question_parking(),
        "TrafficFlowObserved" if has("intensityCar") => texts.question_cars(),
        "TrafficFlowObserved" => texts.question_traffic(),
        "EVChargingStation" => texts.question_charging(),
        "TransportStation" => texts.question_stations(),
        "ConsultationIncidence" => texts.question_infections(),
        "Municipality" => texts.question_population(),
        "WaterLevelObserved" | "FloodMonitoring" => texts.question_water(),
        "NoiseLevelObserved" => texts.question_noise(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::Language;

    #[test]
    fn licences_are_known_with_and_without_their_address() {
        let texts = Language::De.texts();
        for code in ["http://dcat-ap.de/def/licenses/dl-by-de/2.0", "dl-by-de/2.0"] {
            assert_eq!(licence(code, texts).href, "https://www.govdata.de/dl-de/by-2-0");
        }
        assert!(!is_known_licence("http://dcat-ap.de/def/licenses/other-closed", texts));
    }

    #[test]
    fn every_theme_has_a_name_and_a_word() {
        for (code, word) in THEMES {
            assert!(theme(code, Language::En.texts()).is_some(), "{code}");
            assert!(word.chars().all(|c| c.is_ascii_lowercase()), "{word}");
        }
    }
}
