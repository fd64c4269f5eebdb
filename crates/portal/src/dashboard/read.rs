//! Reading definitions of dashboards.

use jiff::SignedDuration;
use model::dataset::Texts;
use serde::Deserialize;

use super::fault::{Fault, What};
use super::{Dashboard, Level, Take, Threshold, Tile};
use crate::parts::Tone;

/// How many tiles a dashboard has at most: more are no overview.
pub(super) const TILES_MAX: usize = 24;
/// How many things a tile lists at most.
const LIST_MAX: usize = 10;
const DECIMALS_MAX: usize = 6;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    dashboard: RawDashboard,
    #[serde(default)]
    tile: Vec<RawTile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDashboard {
    slug: String,
    title: RawTexts,
    summary: RawTexts,
    notice: Option<RawTexts>,
    #[serde(default)]
    published: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTexts {
    de: String,
    en: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTile {
    id: String,
    question: RawTexts,
    dataset: String,
    attribute: String,
    take: RawTake,
    decimals: Option<usize>,
    stale_after: String,
    #[serde(default)]
    list: usize,
    sentence: RawTexts,
    #[serde(default)]
    level: Vec<RawLevel>,
    threshold: Option<RawThreshold>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RawTake {
    Highest,
    Lowest,
    Sum,
    Mean,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLevel {
    upto: Option<f64>,
    tone: RawTone,
    text: RawTexts,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RawTone {
    Info,
    Success,
    Warning,
    Danger,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawThreshold {
    text: RawTexts,
    source: String,
    url: Option<String>,
}

pub(super) fn parse(text: &str) -> Result<Dashboard, Vec<Fault>> {
    let raw: RawFile = toml::from_str(text).map_err(|error| vec![unreadable(text, &error)])?;
    let mut faults = Vec::new();
    let dashboard = raw.dashboard;
    slug(&mut faults, "dashboard.slug", &dashboard.slug);
    if raw.tile.is_empty() || raw.tile.len() > TILES_MAX {
        faults.push(Fault::new("[[tile]]", What::Tiles(raw.tile.len())));
    }
    let mut tiles: Vec<Tile> = Vec::new();
    for raw in raw.tile {
        if tiles.iter().any(|known| known.id == raw.id) {
            faults.push(Fault::new("tile.id", What::Twice(raw.id.clone())));
        }
        tiles.push(tile(&mut faults, raw));
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(Dashboard {
        slug: dashboard.slug,
        title: texts(dashboard.title),
        summary: texts(dashboard.summary),
        notice: dashboard.notice.map(texts),
        published: dashboard.published,
        tiles,
    })
}

/// The line of a fault and what the reader says of it, in one line.
fn unreadable(text: &str, error: &toml::de::Error) -> Fault {
    let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].lines().count().max(1));
    let found = text.lines().nth(line - 1).unwrap_or_default().trim();
    Fault::new(format!("{line}: {found}"), What::Unreadable(error.message().replace('\n', " ")))
}

fn tile(faults: &mut Vec<Fault>, raw: RawTile) -> Tile {
    let place = |key: &str| format!("tile.{}.{key}", raw.id);
    slug(faults, &place("id"), &raw.id);
    slug(faults, &place("dataset"), &raw.dataset);
    let stale_after = raw.stale_after.parse().ok().filter(|time: &SignedDuration| time.is_positive());
    if stale_after.is_none() {
        faults.push(Fault::new(place("stale_after"), What::NoDuration(raw.stale_after.clone())));
    }
    let bounds: Vec<Option<f64>> = raw.level.iter().map(|level| level.upto).collect();
    let rises = bounds.windows(2).all(|pair| matches!(pair, [Some(low), Some(high)] if low < high) || matches!(pair, [Some(_), None]));
    if !rises || bounds.iter().flatten().any(|bound| !bound.is_finite()) {
        faults.push(Fault::new(place("level"), What::Levels));
    }
    if let Some(url) = raw.threshold.as_ref().and_then(|threshold| threshold.url.as_ref())
        && !(url.starts_with("https://") && model::id::is_absolute_iri(url))
    {
        faults.push(Fault::new(place("threshold.url"), What::NoAddress(url.clone())));
    }
    Tile {
        question: texts(raw.question),
        dataset: raw.dataset,
        attribute: raw.attribute,
        take: match raw.take {
            RawTake::Highest => Take::Highest,
            RawTake::Lowest => Take::Lowest,
            RawTake::Sum => Take::Sum,
            RawTake::Mean => Take::Mean,
        },
        decimals: raw.decimals.map(|digits| digits.min(DECIMALS_MAX)),
        stale_after: stale_after.unwrap_or_default(),
        list: raw.list.min(LIST_MAX),
        sentence: texts(raw.sentence),
        levels: raw.level.into_iter().map(level).collect(),
        threshold: raw.threshold.map(|raw| Threshold { text: texts(raw.text), source: raw.source, url: raw.url }),
        id: raw.id,
    }
}

fn level(raw: RawLevel) -> Level {
    let tone = match raw.tone {
        RawTone::Info => Tone::Info,
        RawTone::Success => Tone::Success,
        RawTone::Warning => Tone::Warning,
        RawTone::Danger => Tone::Danger,
    };
    Level { upto: raw.upto, tone, text: texts(raw.text) }
}

fn texts(raw: RawTexts) -> Texts {
    Texts { de: raw.de.into(), en: raw.en.map(Into::into) }
}

fn slug(faults: &mut Vec<Fault>, place: &str, text: &str) {
    let plain = (1..=100).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if !plain {
        faults.push(Fault::new(place, What::NoSlug(text.to_owned())));
    }
}
