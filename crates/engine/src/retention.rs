//! Retention: values go when their time is over (Regulation (EU) 2016/679,
//! article 5 (1) e), by the rules that datasets declare.
//!
//! What is due is removed for readers in one commit with its receipt, and
//! leaves the disk with [`Access::finish_removals`]. Nothing goes early, and
//! nothing goes unasked when the clock has jumped or much would go at once:
//! then somebody confirms exactly what the plan names
//! (`docs/adr/0008-retention-asks-before-it-deletes-much.md`).

mod calendar;
mod clock;
mod plan;
mod receipt;
mod roll;

use std::fmt;
use std::sync::Arc;

use model::dataset::Keep;
use model::series::{SeriesLimit, SeriesQuery};
use model::{Authorized, Class, Dataset, EntityId, Instant, Name, Rollup, SeriesKey, Text};
use policy::Action;

pub(crate) use clock::{jumped_since, note_seen};
pub(crate) use plan::{Cut, is_over, spared};
pub use receipt::RetentionReceipt;
pub(crate) use receipt::{is_receipt, kept_for_receipts};
pub(crate) use roll::Stretch;

use crate::report::SETTLED_REPORTS;
use crate::resolve::Mending;
use crate::sequencer::Work;
use crate::{Access, DOOR, Error, Kind, Sentence};

/// More of a dataset than this at once is asked about, in percent.
const SHARE_MAX_PERCENT: u64 = 20;
/// How many series one commit may cut.
const CUTS_PER_COMMIT: usize = 10_000;
/// How many series of a dataset one pass may cut; the rest waits for the next.
const CUTS_PER_PASS: usize = 100_000;
/// How many receipts are looked at for whether they are finished.
const UNFINISHED_MAX: usize = 200;

/// What is due of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The attribute.
    pub attribute: Name,
    /// Its class.
    pub class: Class,
    /// How long its values are kept.
    pub keep: Keep,
    /// What takes their place, where something does.
    pub becomes: Option<Rollup>,
    /// How long what goes stands for, where it is roll-ups.
    pub rolled: Option<Rollup>,
    /// The first instant whose values stay.
    pub until: Instant,
    /// How many values are due, each version counted.
    pub values: u64,
    /// Of how many series.
    pub series: u64,
    /// The time the oldest of them stands for.
    pub oldest: Instant,
    /// The newest.
    pub newest: Instant,
}

/// Why nothing goes until somebody confirms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The clock has gone on by more than 48 hours since this instant, when it was seen last.
    Clock(Instant),
    /// More than 20 % of the dataset would go at once.
    Share,
}

/// Prints `clock 2026-05-04T10:00:00Z` or `share`.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clock(since) => write!(f, "clock {since}"),
            Self::Share => f.write_str("share"),
        }
    }
}

impl Reason {
    fn parse(text: &str) -> Option<Self> {
        match text.split_once(' ') {
            Some(("clock", since)) => Instant::parse(since).ok().map(Self::Clock),
            None if text == "share" => Some(Self::Share),
            _ => None,
        }
    }
}

/// What would be deleted of a dataset, and whether somebody must confirm it.
#[derive(Debug, Clone)]
pub struct RetentionPlan {
    /// The dataset.
    pub dataset: Arc<Dataset>,
    /// At which instant.
    pub as_of: Instant,
    /// What is due, by attribute.
    pub parts: Vec<Due>,
    /// How many values the dataset holds in all, each version counted; 0 when nothing is due.
    pub total: u64,
    /// Why it waits to be confirmed; empty when it does not.
    pub reasons: Vec<Reason>,
    /// What a confirmation names: this plan and no other.
    pub token: Text,
    cuts: Vec<Cut>,
}

impl RetentionPlan {
    /// How many values are due.
    #[must_use]
    pub fn values(&self) -> u64 {
        self.parts.iter().map(|part| part.values).sum()
    }
}

/// What the sequencer carries out in one commit.
pub(crate) struct Expiry {
    pub(crate) cuts: Vec<(SeriesKey, Instant)>,
    /// What is replaced.
    pub(crate) stretches: Vec<Stretch>,
    pub(crate) receipt: model::Entity,
}

impl Access {
    /// What is due of each dataset that has rules, and deletes nothing.
    ///
    /// # Errors
    /// When the principal may not administer; when history is damaged.
    pub async fn retention_plans(&self) -> Result<Vec<RetentionPlan>, Error> {
        self.permit(Action::Administer)?;
        let mut plans = Vec::new();
        for dataset in self.with_rules() {
            plans.push(self.plan(&dataset, self.shared().clock.now()).await?);
        }
        Ok(plans)
    }

    /// The plans that the last pass did not carry out, because somebody must confirm them.
    ///
    /// # Errors
    /// When the principal may not administer.
    pub fn retention_waiting(&self) -> Result<Vec<RetentionPlan>, Error> {
        self.permit(Action::Administer)?;
        Ok(self.shared().retention_waiting.lock().clone())
    }

    /// One pass: deletes what is due of every dataset, unless somebody must
    /// confirm it first. Answers the receipts.
    ///
    /// # Errors
    /// When the principal may not administer; the first failure, after all
    /// datasets were looked at. A pass that was cut off goes on with the next.
    pub async fn keep_retention(&self) -> Result<Vec<RetentionReceipt>, Error> {
        let plans = self.retention_plans().await?;
        let (mut receipts, mut waiting, mut failed) = (Vec::new(), Vec::new(), None);
        for plan in plans {
            if !plan.reasons.is_empty() {
                waiting.push(plan);
                continue;
            }
            match self.carry_out(&plan, None).await {
                Ok(done) => receipts.extend(done),
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        *self.shared().retention_waiting.lock() = waiting;
        failed.map_or(Ok(receipts), Err)
    }

    /// Confirms a plan and carries it out: exactly what it names. Answers the receipts.
    /// `name` is who confirms, where the principal stands for several. With
    /// [`SETTLED_REPORTS`] as the slug it confirms the clock for them; that
    /// leaves no receipt but the audit.
    ///
    /// # Errors
    /// When the principal may not administer; [`Kind::NotFound`] when the
    /// dataset has no rules; [`Kind::Conflict`] when other values are due than
    /// the plan named, or the clock stands before it.
    pub async fn confirm_retention(&self, slug: &str, token: &str, name: Option<&str>) -> Result<Vec<RetentionReceipt>, Error> {
        self.permit(Action::Administer)?;
        let changed = || {
            Error::new(
                Kind::Conflict,
                Sentence::new("retention-changed", "other values are due than the plan named; nothing was deleted, look at the plan again"),
            )
        };
        if slug == SETTLED_REPORTS {
            return self.confirm_reports(token).await?.map(|_| Vec::new()).ok_or_else(changed);
        }
        let dataset = self.with_rules().into_iter().find(|dataset| dataset.slug == *slug);
        let dataset = dataset.ok_or_else(|| Error::not_found("dataset with retention", &slug))?;
        let as_of = plan::as_of(token).filter(|as_of| *as_of <= self.shared().clock.now()).ok_or_else(changed)?;
        let plan = self.plan(&dataset, as_of).await?;
        if plan.token != *token {
            return Err(changed());
        }
        let who = name.map_or_else(|| self.actor(), |name| Text::from(format!("{}: {name}", self.actor())));
        let receipts = self.carry_out(&plan, Some(who)).await?;
        self.shared().retention_waiting.lock().retain(|waiting| waiting.dataset.id != dataset.id);
        Ok(receipts)
    }

    /// The last receipts of a dataset, the newest first.
    ///
    /// # Errors
    /// When the principal may not administer; when history is damaged.
    pub async fn retention_receipts(&self, slug: &str, limit: usize) -> Result<Vec<RetentionReceipt>, Error> {
        self.permit(Action::Administer)?;
        let found = self.receipts(slug, limit).await?;
        Ok(found.into_iter().rev().map(|(receipt, _)| receipt).collect())
    }

    /// Notes in receipts of which nothing is left on the disk when that was.
    ///
    /// # Errors
    /// When the principal may not administer, or it is not durable.
    pub async fn settle_retention(&self) -> Result<(), Error> {
        self.permit(Action::Administer)?;
        let open = self.shared().store.removals()?.into_iter().map(|(_, removal)| removal.seq).min().unwrap_or(u64::MAX);
        let ids: Vec<EntityId> = self.shared().state.read().of_type(receipt::kind()).map(|stored| stored.entity.id.clone()).collect();
        for id in ids {
            let Some(slug) = id.as_str().rsplit(':').next() else { continue };
            for (mut receipt, seq) in self.receipts(slug, UNFINISHED_MAX).await? {
                if receipt.finished_at.is_none() && seq < open {
                    receipt.finished_at = Some(self.shared().clock.now());
                    let key = SeriesKey { entity: id.clone(), attribute: receipt::run(), dataset: None };
                    self.mend(&id, receipt::run(), &key.instance_id(receipt.at), Mending::Finish(receipt.attribute())).await?;
                }
            }
        }
        Ok(())
    }

    fn with_rules(&self) -> Vec<Arc<Dataset>> {
        self.shared().datasets.load().iter().filter(|dataset| !dataset.retention.is_empty()).cloned().collect()
    }

    async fn plan(&self, dataset: &Arc<Dataset>, as_of: Instant) -> Result<RetentionPlan, Error> {
        let dataset = Arc::clone(dataset);
        self.blocking(move |shared| {
            let jumped = jumped_since(shared, dataset.id.as_str(), as_of)?;
            plan::plan(shared, &dataset, as_of, jumped)
        })
        .await
    }

    /// Deletes and rolls up in commits of bounded size, each with its receipt, and notes what the clock showed.
    async fn carry_out(&self, plan: &RetentionPlan, confirmed_by: Option<Text>) -> Result<Vec<RetentionReceipt>, Error> {
        let cuts = plan.cuts[..plan.cuts.len().min(CUTS_PER_PASS)].iter().cloned();
        let (rolled, deleted): (Vec<Cut>, Vec<Cut>) = cuts.partition(|cut| cut.becomes.is_some());
        let mut receipts = Vec::new();
        // What somebody confirmed is written down also where nothing is due.
        let nothing: &[Cut] = &[];
        let alone = (plan.cuts.is_empty() && confirmed_by.is_some()).then_some(nothing);
        for cuts in deleted.chunks(CUTS_PER_COMMIT).chain(alone) {
            receipts.push(self.expire(plan, cuts, Vec::new(), confirmed_by.as_ref()).await?);
        }
        receipts.extend(self.roll_up(plan, rolled, confirmed_by.as_ref()).await?);
        let (id, seen) = (plan.dataset.id.clone(), plan.as_of);
        self.blocking(move |shared| note_seen(shared, id.as_str(), seen)).await?;
        Ok(receipts)
    }

    /// One commit with its receipt: of all these cuts, the ones that are not replaced by stretches are deleted.
    async fn expire(
        &self,
        plan: &RetentionPlan,
        cuts: &[Cut],
        stretches: Vec<Stretch>,
        confirmed_by: Option<&Text>,
    ) -> Result<RetentionReceipt, Error> {
        let at = self.free_instant(plan)?;
        let receipt = RetentionReceipt {
            dataset: plan.dataset.slug.clone(),
            at,
            parts: plan::parts(&plan.dataset, cuts),
            total: plan.total,
            confirmed_by: confirmed_by.cloned(),
            reasons: plan.reasons.clone(),
            finished_at: cuts.is_empty().then_some(at),
        };
        let entity = receipt::entity(&plan.dataset)?.with(receipt.attribute());
        let cuts = cuts.iter().filter(|cut| cut.becomes.is_none()).map(|cut| (cut.key.clone(), cut.until)).collect();
        self.submit(Work::Expire(Box::new(Expiry { cuts, stretches, receipt: entity }))).await?;
        Ok(receipt)
    }

    /// Now, or the first instant after the last receipt.
    fn free_instant(&self, plan: &RetentionPlan) -> Result<Instant, Error> {
        let state = self.shared().state.read();
        let last = state.get(&receipt::id_of(&plan.dataset.slug)?).and_then(|stored| stored.entity.attribute(receipt::run())?.observed_at);
        let now = self.shared().clock.now();
        Ok(last.map_or(now, |last| now.max(last.plus_micros(1))))
    }

    /// Receipts with the position of their commit, the oldest first.
    async fn receipts(&self, slug: &str, limit: usize) -> Result<Vec<(RetentionReceipt, u64)>, Error> {
        let question = SeriesQuery {
            entities: vec![receipt::id_of(slug)?],
            attributes: Some(vec![receipt::run()]),
            limit: SeriesLimit::Last(limit),
            ..SeriesQuery::default()
        };
        let found = self.blocking(move |shared| shared.past.series(&Authorized::new(&DOOR, question))).await?;
        let slug = Text::from(slug);
        Ok(found.iter().filter_map(|one| Some((RetentionReceipt::read(&slug, one)?, one.seq))).collect())
    }
}
