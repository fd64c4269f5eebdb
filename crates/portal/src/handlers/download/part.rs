//! The part of a dataset that a file holds.

use std::collections::BTreeMap;

use engine::{BucketQuery, Statistics};
use model::{Dataset, EntityId};

use super::super::days::Days;
use super::super::figures;
use super::is_over_time;
use crate::ask::{Ask, Trouble};
use crate::file::Form;
use crate::{format, reading};

/// The part of a dataset that is asked for: days, one thing, or all.
pub(super) struct Part {
    pub(super) days: Days,
    pub(super) thing: Option<EntityId>,
}

impl Part {
    pub(super) fn of(ask: &Ask, dataset: &Dataset) -> Result<Self, Trouble> {
        let thing = ask.param("ort").map(|key| reading::id_of(dataset, key)).transpose()?;
        Ok(Self { days: Days::of(ask)?, thing })
    }

    /// What sets its file and tag apart: `_2026-05-01_2026-05-31`.
    pub(super) fn suffix(&self, ask: &Ask) -> String {
        let (from, until) = self.days.texts();
        let days = if self.days.are_chosen() { format!("_{from}_{until}") } else { String::new() };
        let words = ["ort", "uhr"].into_iter().filter_map(|name| ask.param(name)).map(|value| format!("_{}", web::params::encode(value)));
        words.fold(days, |text, word| text + &word.replace(['%', '"'], "-"))
    }

    /// That there are times to choose from, and no more rows than a sheet holds.
    pub(super) async fn ensure_it_fits(&self, ask: &Ask, dataset: &Dataset, statistics: &Statistics, form: Form) -> Result<(), Trouble> {
        if self.days.are_chosen() && (form == Form::GeoJson || !is_over_time(statistics)) {
            return Err(Trouble::Invalid(ask.t().dataset_untimed().to_owned()));
        }
        if form != Form::Xlsx || form.is_offered(statistics.rows(), false) {
            return Ok(());
        }
        if !self.days.are_chosen() && self.thing.is_none() {
            return Err(Trouble::Invalid(ask.t().dataset_too_long(format::count(statistics.rows(), ask.language))));
        }
        let rows = self.rows(ask, dataset).await?;
        if form.is_offered(rows, false) {
            Ok(())
        } else {
            Err(Trouble::Invalid(ask.t().dataset_too_long_chosen(format::count(rows, ask.language))))
        }
    }

    /// How many rows it has at least: of each thing, as many as its longest column.
    async fn rows(&self, ask: &Ask, dataset: &Dataset) -> Result<u64, Trouble> {
        let entities = match &self.thing {
            Some(id) => vec![id.clone()],
            None => ask.access.entities_of(dataset, usize::MAX)?.iter().map(|view| view.entity().id.clone()).collect(),
        };
        let measures = dataset.measures().map(|column| column.attribute).collect();
        let counted = ask.access.buckets(BucketQuery::of(entities, measures, self.days.window(figures::zone(ask)))).await?;
        let mut longest: BTreeMap<&EntityId, u64> = BTreeMap::new();
        for series in &counted {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
            let count = series.buckets.first().and_then(|bucket| bucket.number(0)).unwrap_or(0.0) as u64;
            let known = longest.entry(&series.key.entity).or_default();
            *known = count.max(*known);
        }
        Ok(longest.values().sum())
    }
}
