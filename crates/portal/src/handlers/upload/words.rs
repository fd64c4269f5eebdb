//! What was found in a file, in sentences: what, why, what now.

use harmonise::guess::{Finding, Meaning, Personal, Refusal, Weight};

use crate::format;
use crate::messages::Texts;
use crate::parts::{Badge, Tone};

/// Title and text of why a file is not taken.
pub(super) fn refusal(t: Texts, name: &str, refusal: &Refusal) -> (String, String) {
    let (title, text) = match refusal {
        Refusal::Empty => (t.upload_refused_empty(name), t.upload_refused_empty_now()),
        Refusal::HeaderOnly => (t.upload_refused_header(name), t.upload_refused_header_now()),
        Refusal::Image => (t.upload_refused_image(name), t.upload_refused_image_now()),
        Refusal::Pdf => (t.upload_refused_pdf(name), t.upload_refused_pdf_now()),
        Refusal::Protected => (t.upload_refused_protected(name), t.upload_refused_protected_now()),
        Refusal::OldSpreadsheet => (t.upload_refused_old(name), t.upload_refused_old_now()),
        Refusal::OpenDocument => (t.upload_refused_ods(name), t.upload_refused_ods_now()),
        Refusal::Document => (t.upload_refused_document(name), t.upload_refused_document_now()),
        Refusal::Archive => (t.upload_refused_archive(name), t.upload_refused_archive_now()),
        Refusal::Utf16 => (t.upload_refused_utf16(name), t.upload_refused_utf16_now()),
        Refusal::Binary => (t.upload_refused_binary(name), t.upload_refused_binary_now()),
        Refusal::NoTable => (t.upload_refused_no_table(name), t.upload_refused_no_table_now()),
        Refusal::NoRecords => (t.upload_refused_no_records(name), t.upload_refused_no_records_now()),
        Refusal::TooWide { found } => (t.upload_refused_wide(format::count(*found as u64, t.language), name), t.upload_refused_wide_now()),
        Refusal::Broken(reason) => {
            let reason = reason.say(t.language.of_faults());
            return (t.upload_refused_broken(name), t.upload_refused_broken_now(reason.trim_end_matches('.')));
        }
    };
    (title, text.to_owned())
}

/// The badge of a finding.
pub(super) fn badge(t: Texts, finding: &Finding) -> Badge {
    match finding.weight() {
        Weight::Note => Badge::new(Tone::Info, t.upload_weight_note()),
        Weight::Question => Badge::new(Tone::Warning, t.upload_weight_question()),
        Weight::Problem => Badge::new(Tone::Danger, t.upload_weight_problem()),
    }
}

/// A finding as a sentence or two.
pub(super) fn finding(t: Texts, finding: &Finding) -> String {
    let n = |count: usize| format::count(count as u64, t.language);
    let line = |line: &u64| format::count(*line, t.language);
    let more = |count: usize| if count == 0 { String::new() } else { format!(" {}", t.upload_more_rows(count as u64)) };
    match finding {
        Finding::HeaderBelow { line: at } => t.upload_found_header_below(line(at)),
        Finding::NoHeader => t.upload_found_no_header().to_owned(),
        Finding::Part { rows } => t.upload_found_part(n(*rows)),
        Finding::Formulas => t.upload_found_formulas().to_owned(),
        Finding::Macros => t.upload_found_macros().to_owned(),
        Finding::MoreSheets { names, read } => t.upload_found_sheets(names.join("“, „"), read),
        Finding::Ragged { line: at, found, expected, more: rest } => {
            t.upload_found_ragged(n(*expected), n(*found), line(at)) + &more(*rest)
        }
        Finding::Unfit { column, meaning, line: at, value, more: rest } => {
            let value = if value.is_empty() { t.upload_nothing_there() } else { value };
            t.upload_found_unfit(column, expected(t, *meaning), line(at), value) + &more(*rest)
        }
        Finding::Ambiguous { column, value, decimal } => {
            let read = if *decimal == ',' { value.replace('.', "") } else { value.replace(',', "") };
            t.upload_found_ambiguous(column, read, value)
        }
        Finding::DayOrMonth { column, value, day_first: true } => t.upload_found_day_first(column, value),
        Finding::DayOrMonth { column, value, day_first: false } => t.upload_found_month_first(column, value),
        Finding::ShortYear { column } => t.upload_found_short_year(column),
        Finding::Zone { zone } => t.upload_found_zone(self::zone(t, zone)),
        Finding::LeadingZero { column, value } => t.upload_found_leading_zero(column, value),
        Finding::LostZero { column, value } => t.upload_found_lost_zero(column, value),
        Finding::Unit { column, unit } => t.upload_found_unit(column, unit),
        Finding::System { code } => t.upload_found_system(code),
        Finding::Elsewhere { line: at, lands: Some((lon, lat)), more: rest } => {
            let degrees = |value: f64| format::decimal(value, 1, t.language);
            t.upload_found_elsewhere(degrees(*lat), line(at), degrees(*lon)) + &more(*rest)
        }
        Finding::Elsewhere { line: at, lands: None, more: rest } => t.upload_found_nowhere(line(at)) + &more(*rest),
        Finding::HalfPlace => t.upload_found_half_place().to_owned(),
        Finding::Personal { column, why } => t.upload_found_personal(column, personal(t, *why)),
        Finding::Repeated { key, rows } if key.is_empty() => t.upload_found_repeated_time(n(*rows)),
        Finding::Repeated { key, rows } => t.upload_found_repeated(key.join("“ + „"), n(*rows)),
        Finding::ByRow => t.upload_found_by_row().to_owned(),
        Finding::NoKey => t.upload_found_no_key().to_owned(),
    }
}

/// What was expected in a cell.
fn expected(t: Texts, meaning: Meaning) -> &'static str {
    match meaning {
        Meaning::Time => t.upload_expected_time(),
        Meaning::YesNo => t.upload_expected_yes_no(),
        _ => t.upload_expected_number(),
    }
}

fn personal(t: Texts, why: Personal) -> &'static str {
    match why {
        Personal::Name => t.upload_personal_name(),
        Personal::Email => t.upload_personal_email(),
        Personal::Phone => t.upload_personal_phone(),
        Personal::Birth => t.upload_personal_birth(),
        Personal::Iban => t.upload_personal_iban(),
    }
}

/// A meaning in the list people choose from.
pub(super) fn meaning(t: Texts, meaning: Meaning) -> &'static str {
    match meaning {
        Meaning::Skip => t.upload_meaning_skip(),
        Meaning::Text => t.upload_meaning_text(),
        Meaning::Number => t.upload_meaning_number(),
        Meaning::YesNo => t.upload_meaning_yes_no(),
        Meaning::Time => t.upload_meaning_time(),
        Meaning::East => t.upload_meaning_east(),
        Meaning::North => t.upload_meaning_north(),
    }
}

/// A time zone for people.
pub(super) fn zone(t: Texts, zone: &str) -> String {
    match zone {
        "Europe/Berlin" => t.upload_zone_berlin().to_owned(),
        "UTC" => t.upload_zone_utc().to_owned(),
        "+01:00" => t.upload_zone_winter().to_owned(),
        "in-value" => t.upload_zone_in_value().to_owned(),
        other => other.to_owned(),
    }
}

/// A reference system for people.
pub(super) fn system(t: Texts, code: &str) -> String {
    let name = match code {
        "EPSG:4326" => t.upload_crs_degrees(),
        "EPSG:25832" => t.upload_crs_utm32(),
        "EPSG:25833" => t.upload_crs_utm33(),
        "EPSG:3857" => t.upload_crs_web(),
        _ => t.upload_crs_gauss(),
    };
    format!("{name} ({code})")
}

/// Units people choose from, by their codes.
pub(super) const UNITS: [&str; 40] = [
    "C62", "P1", "EUR", "CEL", "MMT", "CMT", "MTR", "KMT", "MTK", "H18", "KMK", "LTR", "MTQ", "GRM", "KGM", "TNE", "SEC", "MIN", "HUR",
    "DAY", "KMH", "MTS", "WTT", "KWT", "MAW", "KWH", "MWH", "GQ", "M1", "59", "A97", "PAL", "G51", "MQS", "DD", "2N", "LUX", "VLT", "AMP",
    "D54",
];

/// A unit for people.
pub(super) fn unit(t: Texts, code: &str) -> String {
    if code == "C62" { t.upload_unit_pieces().to_owned() } else { model::UnitCode::new(code).symbol().to_owned() }
}
