//! Numbers and instants as text; the formatting machinery would cost more than
//! the rest of an attribute.

use model::Instant;

/// Appends `YYYY-MM-DDThh:mm:ss[.f…]Z`.
pub fn write_instant(instant: Instant, out: &mut String) {
    const SECOND: i64 = 1_000_000;
    let (year, month, day) = instant.civil_date();
    let seconds = instant.micros().div_euclid(SECOND).rem_euclid(86_400);
    let micros = instant.micros().rem_euclid(SECOND);
    let mut text = *b"0000-00-00T00:00:00.000000";
    let times = [seconds / 3600, seconds / 60 % 60, seconds % 60, micros];
    let figures = [year, i64::from(month), i64::from(day), times[0], times[1], times[2], times[3]];
    let places = [0..4, 5..7, 8..10, 11..13, 14..16, 17..19, 20..26];
    for (figure, place) in figures.into_iter().zip(places) {
        write_digits(figure.unsigned_abs(), &mut text[place]);
    }
    let end = if micros == 0 { 19 } else { 26 - text.iter().rev().take_while(|b| **b == b'0').count() };
    push_ascii(&text[..end], out);
    out.push('Z');
}

/// Appends the shortest text that reads back as the same number; `null` for what is none.
pub(super) fn write_number(value: f64, out: &mut String) {
    use std::fmt::Write;
    if !value.is_finite() {
        out.push_str("null");
    } else if !write_short(value, out) {
        // Writing to a String cannot fail.
        let _ = write!(out, "{value}");
    }
}

/// Writes a number of fifteen digits at most, nine of them after the point,
/// as coordinates have them. Two such texts never mean the same double, so one
/// that reads back as the number is its shortest.
fn write_short(value: f64, out: &mut String) -> bool {
    const PLACES: usize = 9;
    const SCALE: u64 = 1_000_000_000;
    let scaled = (value.abs() * SCALE as f64).round();
    if scaled >= 1e15 || scaled / SCALE as f64 != value.abs() {
        return false;
    }
    let scaled = scaled as u64;
    if value.is_sign_negative() {
        out.push('-');
    }
    let mut text = *b"000000.000000000";
    write_digits(scaled / SCALE, &mut text[..6]);
    write_digits(scaled % SCALE, &mut text[7..]);
    let start = text[..5].iter().take_while(|b| **b == b'0').count();
    let zeros = text.iter().rev().take_while(|b| **b == b'0').count();
    let end = if zeros >= PLACES { 6 } else { text.len() - zeros };
    push_ascii(&text[start..end], out);
    true
}

/// Fills a place with the last digits of a number.
fn write_digits(mut value: u64, place: &mut [u8]) {
    for digit in place.iter_mut().rev() {
        *digit = b'0' + (value % 10) as u8;
        value /= 10;
    }
}

fn push_ascii(text: &[u8], out: &mut String) {
    out.push_str(std::str::from_utf8(text).expect("digits are ASCII"));
}
