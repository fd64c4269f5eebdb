//! Content negotiation: `Accept`, `Accept-Language`, `Accept-Encoding` with weights
//! (RFC 9110, section 12).

use http::HeaderMap;
use http::header::{ACCEPT, ACCEPT_ENCODING, ACCEPT_LANGUAGE, HeaderName};

/// Which of our media types the client likes best: the index into `offers`.
/// Without `Accept` the first; `None` when it wants none of them (406).
/// Equal weights go to the earlier offer. Parameters other than `q` are not compared.
#[must_use]
pub fn best(headers: &HeaderMap, offers: &[&str]) -> Option<usize> {
    if !headers.contains_key(ACCEPT) {
        return (!offers.is_empty()).then_some(0);
    }
    let ranges = weighted(headers, &ACCEPT);
    let weight = |offer: &str| {
        let essence = offer.split(';').next().unwrap_or(offer).trim();
        ranges
            .iter()
            .filter_map(|(range, weight)| specificity(range, essence).map(|s| (s, *weight)))
            .max_by_key(|(specificity, _)| *specificity)
            .map_or(0, |(_, weight)| weight)
    };
    choose(offers.iter().map(|offer| weight(offer)))
}

/// Which of our languages (`de`, `en`) the client likes best; the first when it says nothing we have.
#[must_use]
pub fn language<'a>(headers: &HeaderMap, offers: &[&'a str]) -> &'a str {
    let ranges = weighted(headers, &ACCEPT_LANGUAGE);
    let weight = |offer: &str| {
        let primary = |range: &str| range.split('-').next().is_some_and(|first| first.eq_ignore_ascii_case(offer));
        ranges.iter().filter(|(range, _)| primary(range)).map(|(_, weight)| *weight).max().unwrap_or(0)
    };
    choose(offers.iter().map(|offer| weight(offer))).or(Some(0)).and_then(|i| offers.get(i).copied()).unwrap_or("de")
}

/// Whether the client takes a content coding such as `gzip`.
#[must_use]
pub fn takes_encoding(headers: &HeaderMap, coding: &str) -> bool {
    let ranges = weighted(headers, &ACCEPT_ENCODING);
    let of = |name: &str| ranges.iter().find(|(range, _)| range.eq_ignore_ascii_case(name)).map(|(_, weight)| *weight);
    of(coding).or_else(|| of("*")).unwrap_or(0) > 0
}

/// The first of the highest weights above zero.
fn choose(weights: impl Iterator<Item = u16>) -> Option<usize> {
    weights.enumerate().filter(|(_, weight)| *weight > 0).max_by_key(|(i, weight)| (*weight, std::cmp::Reverse(*i))).map(|(i, _)| i)
}

/// How precisely a media range names a media type; `None` when it does not.
fn specificity(range: &str, essence: &str) -> Option<u8> {
    if range.eq_ignore_ascii_case(essence) {
        return Some(2);
    }
    if range == "*/*" || range == "*" {
        return Some(0);
    }
    let family = range.strip_suffix("/*")?;
    essence.split('/').next().is_some_and(|own| own.eq_ignore_ascii_case(family)).then_some(1)
}

/// The elements of a header with their weights in thousandths. An element we
/// cannot read weighs nothing.
fn weighted<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Vec<(&'a str, u16)> {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .take(64)
        .filter_map(|element| {
            let mut parts = element.split(';').map(str::trim);
            let range = parts.next().filter(|range| !range.is_empty())?;
            let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
            Some((range, weight.map_or(1000, thousandths)))
        })
        .collect()
}

fn thousandths(weight: &str) -> u16 {
    let (whole, fraction) = weight.split_once('.').unwrap_or((weight, ""));
    let digits = fraction.bytes().chain(std::iter::repeat(b'0')).take(3);
    let fraction_ok = fraction.len() <= 3 && fraction.bytes().all(|b| b.is_ascii_digit());
    match whole {
        "1" => 1000,
        "0" if fraction_ok => digits.fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0')),
        _ => 0,
    }
}
