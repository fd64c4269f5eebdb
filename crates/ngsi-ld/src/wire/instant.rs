//! Instants as text, written fast.

use model::Instant;

/// Appends `YYYY-MM-DDThh:mm:ss[.f…]Z`; the formatting machinery would cost
/// more than the rest of an attribute.
pub fn write_instant(instant: Instant, out: &mut String) {
    const SECOND: i64 = 1_000_000;
    let (year, month, day) = instant.civil_date();
    let seconds = instant.micros().div_euclid(SECOND).rem_euclid(86_400);
    let micros = instant.micros().rem_euclid(SECOND);
    digits(year, 4, out);
    out.push('-');
    digits(i64::from(month), 2, out);
    out.push('-');
    digits(i64::from(day), 2, out);
    out.push('T');
    digits(seconds / 3600, 2, out);
    out.push(':');
    digits(seconds / 60 % 60, 2, out);
    out.push(':');
    digits(seconds % 60, 2, out);
    if micros != 0 {
        out.push('.');
        let end = out.len() + 6;
        digits(micros, 6, out);
        let trimmed = out.trim_end_matches('0').len();
        out.truncate(trimmed.min(end));
    }
    out.push('Z');
}

fn digits(value: i64, count: u32, out: &mut String) {
    for place in (0..count).rev() {
        let digit = value / 10_i64.pow(place) % 10;
        out.push(char::from(b'0' + u8::try_from(digit).unwrap_or(0)));
    }
}
