//! Which kind of authority a publisher is, where its name leaves no doubt.

/// Federal offices whose names do not say so.
const FEDERAL: [&str; 6] = [
    "Umweltbundesamt",
    "Deutscher Wetterdienst",
    "Statistisches Bundesamt",
    "Kraftfahrt-Bundesamt",
    "Robert Koch-Institut",
    "Autobahn GmbH des Bundes",
];

const LOCAL: [&str; 11] = [
    "Stadt ",
    "Gemeinde ",
    "Markt ",
    "Landkreis ",
    "Kreis ",
    "Landeshauptstadt ",
    "Universitätsstadt ",
    "Wissenschaftsstadt ",
    "Magistrat ",
    "Gemeindevorstand ",
    "Kreisausschuss ",
];

const REGIONAL: [&str; 5] = ["Landesamt ", "Hessisches ", "Regierungspräsidium ", "Bezirksregierung ", "Land "];

/// The code of the ADMS list of publisher types. `None` where the name could
/// mean several kinds: nothing is better than a wrong statement.
pub(crate) fn publisher_type(name: &str) -> Option<&'static str> {
    let begins = |starts: &[&str]| starts.iter().any(|start| name.starts_with(start));
    if FEDERAL.iter().any(|office| name.contains(office)) || name.starts_with("Bundesamt ") || name.starts_with("Bundesanstalt ") {
        Some("NationalAuthority")
    } else if begins(&LOCAL) {
        Some("LocalAuthority")
    } else if begins(&REGIONAL) {
        Some("RegionalAuthority")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::publisher_type;

    #[test]
    fn only_clear_names_have_a_type() {
        let cases = [
            ("Stadt Münster, Amt für Mobilität und Tiefbau", Some("LocalAuthority")),
            ("Magistrat der Musterstadt", Some("LocalAuthority")),
            ("Deutscher Wetterdienst (DWD)", Some("NationalAuthority")),
            ("Hessisches Landesamt für Naturschutz, Umwelt und Geologie", Some("RegionalAuthority")),
            ("Stadtwerke Musterstadt GmbH", None),
            ("Freunde des Stadtparks", None),
        ];
        for (name, expected) in cases {
            assert_eq!(publisher_type(name), expected, "{name}");
        }
    }
}
