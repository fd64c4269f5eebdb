//! The demo's further sources: clock changes, registers, raw products, sensor messages.

use super::*;
use crate::tests::show;

/// A time of a series as text, with its number.
fn around(series: &BTreeMap<Instant, f64>, from: &str, to: &str) -> Vec<(String, f64)> {
    let shown = series.iter().map(|(at, value)| (at.to_string(), *value));
    shown.filter(|(at, _)| at.as_str() >= from && at.as_str() < to).collect()
}

#[test]
fn traffic_in_both_nights_of_the_clock_change() {
    let (traffic, summaries) = read_all("verkehr", "");
    assert_eq!(summaries.iter().map(|summary| (summary.records, summary.rejected)).collect::<Vec<_>>(), [(8_868, 0), (8_787, 0)]);
    let all = "https://smartdatamodels.org/dataModel.Transportation/intensity";
    let count = series(&traffic, "urn:ngsi-ld:TrafficFlowObserved:berlin-kfz-te130", all);
    // Lines of TE130 on 31 March: hours 0, 1, 2 and 4; 2 is the hour from 03:00 summer time.
    let march = around(&count, "2024-03-30T23", "2024-03-31T04");
    let hours: Vec<&str> = march.iter().map(|(at, _)| at.as_str()).collect();
    assert_eq!(
        hours,
        ["2024-03-30T23:00:00Z", "2024-03-31T00:00:00Z", "2024-03-31T01:00:00Z", "2024-03-31T02:00:00Z", "2024-03-31T03:00:00Z"]
    );
    assert_eq!((march[1].1, march[2].1), (132.0, 105.0));
    // On 27 October the line of hour 2 holds both hours: it stands at the first, flagged, and the second stays empty.
    let october = around(&count, "2024-10-27T00", "2024-10-27T03");
    assert_eq!(october.iter().map(|(at, _)| at.as_str()).collect::<Vec<_>>(), ["2024-10-27T00:00:00Z", "2024-10-27T02:00:00Z"]);
    assert_eq!(october[0].1, 172.0);
    assert_eq!(summaries[1].flags.get("two-hours"), Some(&36));
    // A mean speed of -1 says that nobody drove.
    let speed = series(
        &traffic,
        "urn:ngsi-ld:TrafficFlowObserved:berlin-kfz-te130",
        "https://smartdatamodels.org/dataModel.Transportation/averageVehicleSpeed",
    );
    assert!(speed.values().all(|value| *value > 0.0));
}

#[test]
fn infections_follow_the_cold_as_computed_independently() {
    let (infections, summaries) = read_all("atemwege", "");
    assert_eq!((summaries[0].records, summaries[0].rejected, summaries[0].values), (23_328, 0, 23_328 + 17));
    let hesse = series(&infections, "urn:ngsi-ld:ConsultationIncidence:rki-are-6", "https://allmende.eu/def/consultationIncidence");
    assert_eq!(hesse.len(), 198);
    // 2022-W49 begins on Monday, 5 December, at midnight in Berlin.
    let (at, highest) = hesse.iter().max_by(|a, b| a.1.total_cmp(b.1)).expect("values");
    assert_eq!((at.to_string().as_str(), *highest), ("2022-12-04T23:00:00Z", 3_013.0));

    let (weather, _) = read_all("wetter", "");
    let days = series(&weather, "urn:ngsi-ld:WeatherObserved:dwd-01420", "https://smartdatamodels.org/dataModel.Weather/temperature");
    let week = 7 * 86_400_000_000;
    let joined: Vec<(f64, f64)> = hesse
        .iter()
        .filter_map(|(monday, incidence)| {
            let midday = monday.plus_micros(12 * 3_600_000_000);
            let from = Instant::from_micros(midday.micros().div_euclid(86_400_000_000) * 86_400_000_000);
            let values: Vec<f64> = days.range(from..from.plus_micros(week)).map(|(_, value)| *value).collect();
            (values.len() == 7).then(|| (values.iter().sum::<f64>() / 7.0, *incidence))
        })
        .collect();
    assert_eq!((joined.len(), format!("{:.4}", pearson(&joined)).as_str()), (198, "-0.6997"));
}

#[test]
fn load_of_the_hour_that_comes_twice() {
    // One profile of four: the others only take time.
    let text = std::fs::read_to_string(folder().join("lastprofile.toml")).expect("the demo's definition");
    let (loads, summaries) = read_with(&definition(&text.replace("(?<profile>.+)", "(?<profile>G0-A)")), "");
    assert_eq!((summaries[0].records, summaries[0].rejected, summaries[0].flags.len()), (35_136, 0, 0));
    let business = series(&loads, "urn:ngsi-ld:LoadProfile:simbench-2016-g0-a", "https://allmende.eu/def/loadShare");
    assert_eq!(business.len(), 35_136);
    // 02:30 occurs twice: 0.142122 in summer time, 0.189496 in winter time; the file gives shares, we per cent.
    let night = |from, to| around(&business, from, to)[0].1;
    assert_eq!((night("2016-10-30T00:30", "2016-10-30T00:45"), night("2016-10-30T01:30", "2016-10-30T01:45")), (14.2122, 18.9496));
    assert_eq!(around(&business, "2016-03-27T00:45", "2016-03-27T01:15").len(), 2);
}

#[test]
fn every_charging_station_of_the_register_is_one() {
    let (stations, summaries) = read_all("ladesaeulen", "");
    assert_eq!((summaries[0].accepted, summaries[0].rejected), (108, 0));
    let updates = || stations.records.iter().flat_map(|record| &record.updates);
    assert_eq!(updates().map(|update| &update.id).collect::<std::collections::BTreeSet<_>>().len(), 108);
    let sum = |iri| updates().filter_map(|update| update.value(Name::known(iri))?.as_f64()).sum::<f64>();
    let capacity = sum("https://smartdatamodels.org/dataModel.Transportation/capacity");
    assert_eq!((capacity, format!("{:.1}", sum("https://allmende.eu/def/chargingPower"))), (189.0, "6351.9".to_owned()));
    // Row 12 of the sheet, the first below the header in row 11.
    let first = show(&stations.records[0].updates[0]);
    assert!(first.iter().any(|line| line.contains("bnetza-2024-09-12 name = \"Ennabeurer Weg, 72535 Heroldstatt\"")), "{first:#?}");
    assert!(first.iter().any(|line| line.contains("[9.659075,48.442398]")), "{first:#?}");
}

#[test]
fn stations_and_stops_have_their_places() {
    for (source, count) in [("bahnhoefe", 430), ("haltestellen", 19)] {
        let (found, summaries) = read_all(source, "");
        assert_eq!((summaries[0].accepted, summaries[0].rejected), (count, 0), "{source}");
        let placed = found.records.iter().flat_map(|record| &record.updates).filter(|update| show(update).join("").contains("\"Point\""));
        assert_eq!(placed.count() as u64, count, "{source}");
    }
}

#[test]
fn raw_products_of_the_weather_service() {
    let (sun, summaries) = read_all("wetter-rohdaten", "");
    assert_eq!((summaries[0].records, summaries[0].rejected), (288, 0));
    let id = "urn:ngsi-ld:WeatherObserved:dwd-10min-1766";
    let minutes = series(&sun, id, "https://allmende.eu/def/sunshineDuration");
    // Sum of SD_10 and maximum of GS_10 (51.6 J/cm² in 600 s), computed from the file.
    assert_eq!(minutes.len(), 288);
    assert_eq!(format!("{:.1}", minutes.values().sum::<f64>() / 60.0), "29.7");
    let power = series(&sun, id, "https://smartdatamodels.org/dataModel.Weather/solarRadiation");
    let strongest = power.values().copied().fold(0.0, f64::max);
    assert_eq!(format!("{strongest:.1}"), "860.0");
}

#[test]
fn messages_of_lorawan_servers() {
    let (weather, summaries) = read_all("lorawan-tts", "");
    assert_eq!((summaries[0].records, summaries[0].accepted, summaries[0].rejected), (48, 48, 0));
    assert_eq!(
        show(&weather.records[0].updates[0]).join("\n").replace("urn:ngsi-ld:WeatherObserved:lorawan-tts-wetter-01 ", ""),
        "name = \"Wetterstation wetter-01\"
temperature @2026-05-04T00:00:07.218394Z = 7.9 CEL
windSpeed @2026-05-04T00:00:07.218394Z = 1.6 MTS
gustSpeed @2026-05-04T00:00:07.218394Z = 2.88 MTS
windDirection @2026-05-04T00:00:07.218394Z = 200.0 DD
batteryVoltage @2026-05-04T00:00:07.218394Z = 3.061 VLT
signalStrength @2026-05-04T00:00:07.218394Z = -101"
    );
    // A device that joins sends no values; a message without decoder neither.
    let join = br#"{"end_device_ids":{"device_id":"dev1"},"received_at":"2026-05-04T00:00:00Z","join_accept":{}}"#;
    let (joined, kept) = run(&load("lorawan-tts"), "join.json", join);
    assert_eq!((joined.expect("readable").rejected, kept.rejected.len()), (0, 0));

    let (soil, summaries) = read_all("lorawan-chirpstack", "");
    assert_eq!((summaries[0].records, summaries[0].accepted, summaries[0].rejected), (48, 48, 0));
    let tension = series(&soil, "urn:ngsi-ld:SoilObserved:lorawan-chirpstack-linde-marktplatz", "https://allmende.eu/def/soilWaterTension");
    assert_eq!(tension.values().next(), Some(&167.5));
}

/// OGC 18-088, 10.2.1: a Thing with its Datastreams and their Observations in one piece.
#[test]
fn a_deep_insert_gives_the_days_of_the_table() {
    let (summer, summaries) = read_all("sensorthings", "");
    assert_eq!((summaries[0].records, summaries[0].rejected, summaries[0].values), (1, 0, 3 * 82 + 2));
    let (weather, _) = read_all("wetter", "");
    for iri in [
        "https://allmende.eu/def/temperatureMaximum",
        "https://allmende.eu/def/temperatureMinimum",
        "https://smartdatamodels.org/dataModel.Weather/temperature",
    ] {
        let sent = series(&summer, "urn:ngsi-ld:WeatherObserved:sensorthings-wetterstation-frankfurt-main", iri);
        let mut table = series(&weather, "urn:ngsi-ld:WeatherObserved:dwd-01420", iri);
        table.retain(|at, _| sent.contains_key(at));
        assert_eq!((sent.len(), &sent), (82, &table));
    }
}
