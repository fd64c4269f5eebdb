//! The answer of a tile: one number made of the newest values, its age, its
//! meaning, in words.

use engine::{Access, View};
use model::dataset::Column;
use model::{Dataset, EntityId, Instant};

use super::{Take, Tile};
use crate::messages::Texts;
use crate::pages::dashboard::{Listed, TileAnswer};
use crate::parts::{Badge, Moment, Phrase, Tone};
use crate::{format, reading};

/// How many things a tile looks at.
const THINGS_MAX: usize = 2_000;

/// The newest value of a thing.
struct Reading<'a> {
    view: &'a View,
    value: f64,
    at: Instant,
}

/// What a tile says now, to this reader.
pub(crate) fn answer(access: &Access, tile: &Tile, now: Instant, t: Texts) -> TileAnswer {
    let Ok(dataset) = access.dataset(&tile.dataset) else { return TileAnswer::missing(t, t.dashboard_no_dataset()) };
    let views = access.entities_of(&dataset, THINGS_MAX).unwrap_or_default();
    let Some(column) = reading::column_of(&dataset, &tile.attribute) else { return TileAnswer::missing(t, t.dashboard_no_dataset()) };
    let all = readings(&views, column);
    let is_old = |at: Instant| now.micros().saturating_sub(at.micros()) > i64::try_from(tile.stale_after.as_micros()).unwrap_or(i64::MAX);
    let (fresh, old): (Vec<Reading<'_>>, Vec<Reading<'_>>) = all.into_iter().partition(|reading| !is_old(reading.at));
    // Old values count only when there are no others: a thing that went silent must not speak for now.
    let is_stale = fresh.is_empty();
    let mut used = if is_stale { old } else { fresh };
    sort(&mut used, tile.take);
    let Some(picked) = picked(&used, tile.take) else { return TileAnswer::missing(t, t.dashboard_no_value()) };
    Answering { tile, dataset: &dataset, column, t }.written(&used, &picked, is_stale, now)
}

/// The values of the things that are no parts of other things.
fn readings<'a>(views: &'a [View], column: &Column) -> Vec<Reading<'a>> {
    let ids: Vec<EntityId> = views.iter().map(|view| view.entity().id.clone()).collect();
    let wholes = views.iter().filter(|view| !reading::is_part(view.entity(), &ids));
    let read = wholes.filter_map(|view| {
        let attribute = view.entity().attribute(column.attribute)?;
        let value = attribute.value.as_f64().filter(|value| value.is_finite())?;
        Some(Reading { view, value, at: attribute.observed_at.unwrap_or(attribute.modified_at) })
    });
    read.collect()
}

fn sort(readings: &mut [Reading<'_>], take: Take) {
    let by_id = |a: &Reading<'_>, b: &Reading<'_>| a.view.entity().id.cmp(&b.view.entity().id);
    readings.sort_by(|a, b| {
        let upwards = a.value.total_cmp(&b.value);
        (if take == Take::Lowest { upwards } else { upwards.reverse() }).then_with(|| by_id(a, b))
    });
}

/// The number of a tile.
struct Picked<'a> {
    value: f64,
    /// When it was observed; of several values the oldest.
    at: Instant,
    /// The thing it belongs to, when it is one thing's.
    view: Option<&'a View>,
}

fn picked<'a>(used: &[Reading<'a>], take: Take) -> Option<Picked<'a>> {
    let first = used.first()?;
    let oldest = used.iter().map(|reading| reading.at).min()?;
    let sum: f64 = used.iter().map(|reading| reading.value).sum();
    Some(match take {
        Take::Highest | Take::Lowest => Picked { value: first.value, at: first.at, view: Some(first.view) },
        Take::Sum => Picked { value: sum, at: oldest, view: None },
        #[expect(clippy::cast_precision_loss, reason = "a few thousand things")]
        Take::Mean => Picked { value: sum / used.len() as f64, at: oldest, view: None },
    })
}

/// What the words of an answer are made from.
struct Answering<'a> {
    tile: &'a Tile,
    dataset: &'a Dataset,
    column: &'a Column,
    t: Texts,
}

impl Answering<'_> {
    fn written(&self, used: &[Reading<'_>], picked: &Picked<'_>, is_stale: bool, now: Instant) -> TileAnswer {
        let (t, language) = (self.t, self.t.language);
        let level = self.tile.level(picked.value);
        let badge = if is_stale {
            Some(Badge::new(Tone::Warning, t.dashboard_stale()))
        } else {
            level.map(|level| Badge::new(level.tone, level.text.get(language.code())))
        };
        let sentence = Phrase::of(&self.tile.sentence, language);
        let place = picked.view.map(|view| reading::name_of(view.entity(), language)).unwrap_or_default();
        let subject = badge.as_ref().map_or(place.as_str(), |badge| &badge.text);
        let say = (!subject.is_empty()).then(|| t.dashboard_said(subject, self.tile.question.get(language.code())));
        TileAnswer {
            texts: t,
            value: Some(self.number(picked.value)),
            unit: reading::unit(self.column).to_owned(),
            badge,
            sentence: Phrase { text: self.filled(&sentence.text, used.len(), picked), ..sentence },
            list: used.iter().take(if used.len() > 1 { self.tile.list } else { 0 }).map(|reading| self.listed(reading)).collect(),
            at: Some(Moment::with_age(picked.at, now, language)),
            say: say.unwrap_or_default(),
        }
    }

    fn number(&self, value: f64) -> String {
        match self.tile.decimals {
            Some(digits) => format::decimal(value, digits, self.t.language),
            None => format::number(value, self.t.language),
        }
    }

    fn listed(&self, reading: &Reading<'_>) -> Listed {
        Listed {
            name: Phrase::german(&reading::name_of(reading.view.entity(), self.t.language), self.t.language),
            value: format::with_unit(&self.number(reading.value), reading::unit(self.column)),
        }
    }

    /// A sentence with its placeholders filled; what has no value is said to have none.
    fn filled(&self, sentence: &str, count: usize, picked: &Picked<'_>) -> String {
        let mut out = String::with_capacity(sentence.len() + 32);
        let mut rest = sentence;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, after)) = after.split_once('}') else { break };
            out.push_str(before);
            out.push_str(&self.placeholder(name, count, picked).unwrap_or_else(|| self.t.value_missing().to_owned()));
            rest = after;
        }
        out.push_str(rest);
        out
    }

    fn placeholder(&self, name: &str, count: usize, picked: &Picked<'_>) -> Option<String> {
        match name {
            "value" => Some(format::with_unit(&self.number(picked.value), reading::unit(self.column))),
            "count" => Some(format::count(count as u64, self.t.language)),
            "place" => picked.view.map(|view| reading::name_of(view.entity(), self.t.language)),
            _ => reading::current(picked.view?.entity(), reading::column_of(self.dataset, name)?, self.t),
        }
    }
}
