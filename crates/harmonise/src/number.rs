//! Numbers as people write them become numbers as JSON writes them, digit for digit.

use model::{Number, UnitCode};

use crate::message::{Code, Message};

/// How a source writes numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Style {
    /// The decimal sign.
    pub(crate) decimal: char,
    /// What groups thousands, if anything.
    pub(crate) thousands: Option<char>,
}

impl Default for Style {
    fn default() -> Self {
        Self { decimal: '.', thousands: None }
    }
}

impl Style {
    /// Reads a number and keeps its digits: `1.234,50` is `1234.50`.
    pub(crate) fn read(self, text: &str) -> Result<Number, Message> {
        normalise(self, text.trim()).and_then(|plain| Number::parse(&plain)).ok_or_else(|| self.complaint(text))
    }

    fn complaint(self, text: &str) -> Message {
        let said = match self.thousands {
            Some(' ') => Code::NotANumberSpaced.into(),
            Some(sign) => Code::NotANumberGrouped.with("sign", sign.to_string()),
            None => Message::from(Code::NotANumber),
        };
        said.with("value", text).with("decimal", self.decimal.to_string())
    }
}

fn normalise(style: Style, text: &str) -> Option<String> {
    let (negative, unsigned) = match text.strip_prefix(['-', '−']) {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], &unsigned[at..]),
        None => (unsigned, ""),
    };
    let (whole, fraction) = match mantissa.split_once(style.decimal) {
        Some((whole, fraction)) => (whole, fraction),
        None => (mantissa, ""),
    };
    let whole = ungroup(style.thousands, whole)?;
    let digits_only = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if !digits_only(&whole) || !digits_only(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let trimmed = whole.trim_start_matches('0');
    let mut plain = String::with_capacity(text.len() + 2);
    plain.push_str(if negative { "-" } else { "" });
    plain.push_str(if trimmed.is_empty() { "0" } else { trimmed });
    if !fraction.is_empty() {
        plain.push('.');
        plain.push_str(fraction);
    }
    plain.push_str(exponent);
    Some(plain)
}

/// The whole part without its group signs; groups must have three digits.
fn ungroup(thousands: Option<char>, whole: &str) -> Option<String> {
    let Some(sign) = thousands else { return Some(whole.to_owned()) };
    // A declared space stands for its no-break relatives, too.
    let is_sign = |c: char| c == sign || (sign == ' ' && matches!(c, '\u{a0}' | '\u{2009}' | '\u{202f}'));
    let mut groups = whole.split(is_sign);
    let first = groups.next()?;
    let mut plain = first.to_owned();
    let mut grouped = false;
    for group in groups {
        if group.len() != 3 {
            return None;
        }
        grouped = true;
        plain.push_str(group);
    }
    (!grouped || (1..=3).contains(&first.len())).then_some(plain)
}

/// Converts a number to another unit. The result is rounded to twelve digits,
/// so that 7.1 stays 7.1 and does not become 7.1000000000000005.
pub(crate) fn convert(number: &Number, from: &UnitCode, to: &UnitCode) -> Result<Number, Message> {
    let value = from.convert(number.as_f64(), to).map_err(|_| units_differ(from, to))?;
    let rounded: f64 = format!("{value:.11e}").parse().unwrap_or(value);
    Number::from_f64(rounded)
        .ok_or_else(|| Code::NumberTooLarge.with("value", number.text()).with("from", from.to_string()).with("to", to.to_string()))
}

/// Two units that do not convert.
pub(crate) fn units_differ(from: &UnitCode, to: &UnitCode) -> Message {
    Code::UnitsDiffer.with("from", from.code()).with("to", to.code())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(decimal: char, thousands: Option<char>, text: &str, expected: Option<&str>) {
        let got = Style { decimal, thousands }.read(text);
        assert_eq!(got.as_ref().ok().map(Number::text), expected, "{text}: {got:?}");
    }

    #[test]
    fn german_numbers() {
        check(',', Some('.'), "1.234,50", Some("1234.50"));
        check(',', Some('.'), "1.234.567", Some("1234567"));
        check(',', None, "24,7", Some("24.7"));
        check(',', None, ",5", Some("0.5"));
        check(',', None, "−3,0", Some("-3.0"));
        check(',', Some(' '), "1\u{202f}234,5", Some("1234.5"));
        check(',', None, "1.234", None);
        check(',', Some('.'), "1.23", None);
        check(',', Some('.'), "1234.567", None);
    }

    #[test]
    fn plain_numbers_stay_as_written() {
        check('.', None, "007.10", Some("7.10"));
        check('.', None, "1e3", Some("1e3"));
        check('.', None, "9007199254740993", Some("9007199254740993"));
        for bad in ["", "-", ".", "1,5", "1.2.3", "12 °C", "NaN", "0x10", "1e", "--1"] {
            check('.', None, bad, None);
        }
    }

    #[test]
    fn conversions_do_not_invent_digits() {
        let number = Number::parse("71").expect("a number");
        let converted = convert(&number, &UnitCode::new("A97"), &UnitCode::new("PAL")).expect("pressure");
        assert_eq!(converted.text(), "7100");
        let fahrenheit =
            convert(&Number::parse("100").expect("a number"), &UnitCode::new("CEL"), &UnitCode::new("FAH")).expect("temperature");
        assert_eq!(fahrenheit.text(), "212");
    }
}
