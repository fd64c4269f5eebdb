//! Files as offices have them: those of the demo and small ones like them.

use expect_test::{Expect, expect};

use super::{guess, show};
use crate::guess::{Finding, Meaning};

/// The first lines of a file of the demo.
fn demo(path: &str, bytes_max: usize) -> Vec<u8> {
    let mut bytes = std::fs::read(format!("{}/../../demo/daten/{path}", env!("CARGO_MANIFEST_DIR"))).expect(path);
    if bytes.len() > bytes_max {
        let end = bytes[..bytes_max].iter().rposition(|byte| *byte == b'\n').expect("a whole line");
        bytes.truncate(end + 1);
    }
    bytes
}

#[track_caller]
fn check(bytes: &[u8], expected: &Expect) {
    expected.assert_eq(&show(bytes));
}

#[test]
fn weather_with_decimal_comma() {
    check(
        &demo("wetter/dwd_frankfurt_01420_tageswerte_1935-2026.csv", 40_000),
        &expect![[r#"
        Csv auto ';' header 1 rows 1205
          column 1 = Spalte 1: Skip
          datum = Datum: Time YYYY-MM-DD
          temp = Temp: Number , over time
          temp_min = Temp min: Number , over time
          temp_max = Temp max: Number , over time
          nieder = Nieder: Number , over time
        key [] name - crs - missing []"#]],
    );
}

#[test]
fn air_quality_with_apostrophes_around_times() {
    check(
        &demo("luftqualitaet/luftqualitaet_muenster_2022-01-01_2024-01-01_station1140.csv", 20_000),
        &expect![[r#"
        Csv utf-8 ';' header 1 rows 415
          Station code = Station code: Text
          Date = Date: Time 'YYYY-MM-DD hh:mm'
          Particulate matter (PM₁₀) Daily average (hourly floating) in µg/m³ = Particulate matter (PM₁₀) Daily average (hourly floating): Number GQ . over time
          Ozone (O₃) One hour average in µg/m³ = Ozone (O₃) One hour average: Number GQ . over time
          Nitrogen dioxide (NO₂) One hour average in µg/m³ = Nitrogen dioxide (NO₂) One hour average: Number GQ . over time
          Particulate matter (PM₂,₅) Daily average (hourly floating) in µg/m³ = Particulate matter (PM₂,₅) Daily average (hourly floating): Skip
          Air quality index = Air quality index: Text over time
        key ["Station code"] name Station code crs - missing ["-"]
        Zone { zone: "Europe/Berlin" }"#]],
    );
}

#[test]
fn parking_with_a_column_for_each_car_park() {
    let (sample, plan, _) = guess(&demo("parken/2024-03-01.csv", 8_000));
    assert_eq!(plan.columns[0].meaning, Meaning::Time);
    assert!(plan.columns[1..].iter().all(|column| column.meaning == Meaning::Number && column.over_time));
    assert_eq!((sample.header.len(), plan.key.len()), (18, 0));
}

#[test]
fn stations_as_json() {
    check(
        &demo("bahnhoefe/db_stations_hessen.json", usize::MAX),
        &expect![[r#"
        Json - - header 0 rows 430
          type = Type: Text
          id = Id: Text
          ril100 = Ril100: Text
          nr = Nr: Text
          name = Name: Text
          weight = Weight: Number .
          /location/type = Type: Text
          /location/latitude = Latitude: North
          /location/longitude = Longitude: East .
          /operator/type = Type: Text
          /operator/id = Id: Text
          /operator/name = Name: Text
          /address/city = City: Text
          /address/zipcode = Zipcode: Text
          /address/street = Street: Text
          category = Category: Number .
          priceCategory = PriceCategory: Number .
          hasParking = HasParking: YesNo
          hasBicycleParking = HasBicycleParking: YesNo
          hasLocalPublicTransport = HasLocalPublicTransport: YesNo
          hasPublicFacilities = HasPublicFacilities: YesNo
          hasLockerSystem = HasLockerSystem: YesNo
          hasTaxiRank = HasTaxiRank: YesNo
          hasTravelNecessities = HasTravelNecessities: YesNo
          hasSteplessAccess = HasSteplessAccess: Text
          hasMobilityService = HasMobilityService: Text
          hasWiFi = HasWiFi: YesNo
          hasTravelCenter = HasTravelCenter: YesNo
          hasRailwayMission = HasRailwayMission: YesNo
          hasDBLounge = HasDBLounge: YesNo
          hasLostAndFound = HasLostAndFound: YesNo
          hasCarRental = HasCarRental: YesNo
          federalState = FederalState: Text
          /regionalbereich/number = Number: Number .
          /regionalbereich/name = Name: Text
          /regionalbereich/shortName = ShortName: Text
          /timeTableOffice/email = Email: Text
          /timeTableOffice/name = Name: Text
          /szentrale/number = Number: Number .
          /szentrale/publicPhoneNumber = PublicPhoneNumber: Text
          /szentrale/name = Name: Text
          /stationManagement/number = Number: Number .
          /stationManagement/name = Name: Text
          /productLine/productLine = ProductLine: Text
          /productLine/segment = Segment: Text
        key ["id"] name name crs EPSG:4326 missing []
        Personal { column: "/timeTableOffice/email", why: Email }
        Personal { column: "/szentrale/publicPhoneNumber", why: Phone }"#]],
    );
}

#[test]
fn boundaries_as_geojson() {
    check(
        &demo("gemeinden/grenzen-hessen.geojson", usize::MAX),
        &expect![[r#"
        GeoJson - - header 0 rows 421
          ags = Ags: Text
          name = Name: Text
          art = Art: Text
        key ["ags"] name name crs EPSG:4326 missing []
        LeadingZero { column: "ags", value: "06411000" }"#]],
    );
}

#[test]
fn a_register_in_a_spreadsheet_below_its_heading() {
    let path = format!("{}/fixtures/ladesaeulen/in.xlsx", env!("CARGO_MANIFEST_DIR"));
    check(
        &std::fs::read(path).expect("the fixture"),
        &expect![[r#"
        Xlsx Register - header 4 rows 4
          Betreiber = Betreiber: Text
          Leistung = Leistung: Text
          Inbetriebnahme = Inbetriebnahme: Text YYYY-MM-DD hh:mm:ss
          Öffentlich = Öffentlich: YesNo
          Breite = Breite: North
          Länge = Länge: East ,
        key ["Leistung"] name Leistung crs EPSG:4326 missing []
        Elsewhere { line: 9, lands: None, more: 0 }
        HeaderBelow { line: 4 }"#]],
    );
}

#[test]
fn latin_one_with_a_preamble_german_times_and_utm_coordinates() {
    let text = "Zählstellen der Straßenmeisterei;;;;;\nStand: 01.03.2026;;;;;\n\nZählstelle;Zeit;Kfz (Anzahl);Temperatur (°C);Rechtswert;Hochwert\n\
        Brückenstraße;01.03.2026 14:05;1.204;3,5;477123,40;5556789,10\nAm Markt;01.03.2026 14:05;12;3,5;477200,00;5556800,00\n\
        Brückenstraße;01.03.2026 15:05;980;k.A.;477123,40;5556789,10\nAm Markt;01.03.2026 15:05;15;4,0;477200,00;5556800,00\n";
    check(
        &encoding_rs::WINDOWS_1252.encode(text).0,
        &expect![[r#"
        Csv windows-1252 ';' header 4 rows 4
          Zählstelle = Zählstelle: Text
          Zeit = Zeit: Time TT.MM.JJJJ hh:mm
          Kfz (Anzahl) = Kfz: Number C62 ,. over time
          Temperatur (°C) = Temperatur: Number CEL , over time
          Rechtswert = Rechtswert: East ,
          Hochwert = Hochwert: North
        key ["Zählstelle"] name Zählstelle crs EPSG:25832 missing ["k.A."]
        System { code: "EPSG:25832" }
        HeaderBelow { line: 4 }
        Zone { zone: "Europe/Berlin" }"#]],
    );
}

#[test]
fn municipality_keys_keep_their_leading_zero() {
    check(
        "AGS;Gemeinde;PLZ;Einwohner;Fläche in km²\n06411000;Darmstadt;64283;162.243;122,07\n06412000;Frankfurt am Main;60311;773.068;248,31\n06631000;Köln;01067;1.084.831;405,01\n".as_bytes(),
        &expect![[r#"
            Csv utf-8 ';' header 1 rows 3
              AGS = AGS: Text
              Gemeinde = Gemeinde: Text
              PLZ = PLZ: Text
              Einwohner = Einwohner: Number ,.
              Fläche in km² = Fläche: Number KMK ,
            key ["AGS"] name Gemeinde crs - missing []
            LeadingZero { column: "AGS", value: "06411000" }
            LeadingZero { column: "PLZ", value: "01067" }"#]],
    );
}

#[test]
fn a_date_and_a_clock_in_two_columns() {
    check(
        b"Datum;Uhrzeit;Pegel [cm]\n01.02.2024;00:00;120\n01.02.2024;00:15;121\n01.02.2024;00:30;121\n",
        &expect![[r#"
        Csv auto ';' header 1 rows 3
          Datum = Datum: Time TT.MM.JJJJ
          Uhrzeit = Uhrzeit: Time hh:mm
          Pegel [cm] = Pegel: Number CMT . over time
        key [] name - crs - missing []
        Zone { zone: "Europe/Berlin" }"#]],
    );
}

#[test]
fn weeks_told_apart_by_two_columns() {
    check(
        "Kalenderwoche\tBundesland\tAltersgruppe\tInzidenz\n2024-W01\tHessen\t0-4\t970\n2024-W01\tHessen\t5-14\t388\n2024-W01\tBayern\t0-4\t12\n2024-W02\tHessen\t0-4\t70\n2024-W02\tHessen\t5-14\t88\n2024-W02\tBayern\t0-4\t2\n".as_bytes(),
        &expect![[r#"
            Csv auto '\t' header 1 rows 6
              Kalenderwoche = Kalenderwoche: Time YYYY-[W]WW
              Bundesland = Bundesland: Text
              Altersgruppe = Altersgruppe: Text
              Inzidenz = Inzidenz: Number . over time
            key ["Bundesland", "Altersgruppe"] name Bundesland crs - missing []"#]],
    );
}

#[test]
fn geojson_in_metres_without_a_word_about_it() {
    let (_, plan, findings) = guess(
        br#"{"type":"FeatureCollection","features":[{"type":"Feature","id":7,"properties":{"name":"Linde"},"geometry":{"type":"Point","coordinates":[477123.4,5556789.1]}}]}"#,
    );
    assert_eq!(plan.crs.as_deref(), Some("EPSG:25832"));
    assert_eq!(findings, [Finding::System { code: "EPSG:25832".into() }]);
}

#[test]
fn a_register_without_a_key_is_no_time_series() {
    let path = "ladesaeulen/bnetza_ladesaeulenregister_2024-09_auszug.xlsx";
    let (sample, plan, findings) = guess(&demo(path, usize::MAX));
    assert_eq!((sample.layout.header, sample.rows.len()), (11, 108));
    // Several of its rows are the same in all columns.
    assert!(plan.by_row && plan.key.is_empty() && findings.contains(&Finding::ByRow), "{findings:?}");
    assert_eq!(plan.times().count(), 0);
    assert!(plan.columns.iter().all(|column| !column.over_time));
}

#[test]
fn members_of_an_object_are_records() {
    let bare = br#"{"nord":{"wert":1.5,"name":"Nord"},"sued":{"wert":2,"name":"S\u00fcd"}}"#;
    let below = br#"{"stand":"2026-05-01","stationen":{"nord":{"wert":1.5,"name":"Nord"},"sued":{"wert":2,"name":"S\u00fcd"}}}"#;
    for (bytes, records) in [(&bare[..], ""), (&below[..], "/stationen")] {
        let (sample, plan, findings) = guess(bytes);
        assert_eq!((sample.layout.records.as_deref(), sample.layout.member.as_deref()), (Some(records), Some("Kennung")));
        assert_eq!(sample.header, ["Kennung", "wert", "name"]);
        assert_eq!((plan.key, plan.name.as_deref(), findings), (vec!["Kennung".to_owned()], Some("name"), Vec::new()));
    }
    // One record is a list of one.
    let (sample, _, _) = guess(br#"{"name":"Musterstadt","plz":"12345"}"#);
    assert_eq!((sample.header, sample.rows.len()), (vec!["name".to_owned(), "plz".to_owned()], 1));
}
