//! Imports of many values at once: what is new to a series goes straight into
//! sealed history, without a payload in the log.

use std::sync::Arc;
use std::time::Duration;

use model::{Attribute, Entity, EntityId, Fact, Instant, Iri, Name, Observation, Origin, SeriesKey, rollup};
use policy::Action;

use crate::operation::ImportReceipt;
use crate::resolve::Known;
use crate::sequencer::{Done, Work};
use crate::tenant::Shared;
use crate::{Access, Error, Kind, Table, resolve};

/// Records of a long input, told apart.
#[derive(Debug)]
pub struct Divided {
    /// To be imported first: the newest value of each series, and whatever
    /// repeats or corrects something.
    pub plain: Vec<(u64, Entity)>,
    /// To be loaded then: values older than the newest, of instants that
    /// nothing was known of.
    pub passing: Passing,
}

/// Values that pass by the log.
#[derive(Debug)]
pub struct Passing {
    run: u64,
    /// What the records say of the entities beside their attributes.
    heads: Table<EntityId, Entity>,
    rows: Vec<Rows>,
}

/// What became of values that were loaded.
#[derive(Debug)]
pub struct Loaded {
    /// What is durable now.
    pub receipt: ImportReceipt,
    /// To be imported after all: values of persons, of entities that are gone
    /// meanwhile, and what history would not give back as it is.
    pub plain: Vec<(u64, Entity)>,
}

impl Access {
    /// Tells values that may pass by the log from those to be imported. What
    /// is loaded at the moment must not meet the records ([`Passing::times`]).
    ///
    /// # Errors
    /// When the principal may not write; what history says.
    pub async fn divide(&self, run: u64, records: Vec<(u64, Entity)>) -> Result<Divided, Error> {
        self.permit(Action::Write)?;
        let known = self.known(&records).await?;
        self.blocking(move |shared| Ok(divided(shared, run, records, &known))).await
    }

    /// Writes values as a segment of history of their own. Those to be
    /// imported first must be.
    ///
    /// When it answers, all is durable but what it gives back. After an error
    /// some of the values may be: the same input again completes them, and
    /// doubles nothing.
    ///
    /// # Errors
    /// When the principal may not write; what the disk refuses.
    pub async fn load(&self, passing: Passing) -> Result<Loaded, Error> {
        self.permit(Action::Write)?;
        let Passing { run, heads, mut rows } = passing;
        let heads = Arc::new(heads);
        let mut loaded = Loaded { receipt: ImportReceipt::default(), plain: Vec::new() };
        while !rows.is_empty() {
            let (seq, at) = match self.place(run).await {
                Ok(place) => place,
                Err(error) if error.kind() == Kind::Unavailable => {
                    loaded.plain.extend(records_of(rows, &heads));
                    break;
                }
                Err(error) => return Err(error),
            };
            let known = Arc::clone(&heads);
            let (left, receipt, plain) = self
                .blocking(move |shared| {
                    // Only now: what was erased before this position is seen to be gone.
                    let (rows, plain) = stamped(shared, rows, &known);
                    let (left, receipt) = shared.past.load(seq, at, rows)?;
                    Ok((left, receipt, plain))
                })
                .await?;
            loaded.receipt += receipt;
            loaded.plain.extend(plain);
            rows = match left {
                Left::Nothing => Vec::new(),
                Left::OfPosition(left) => left,
                Left::NotKept(left) => {
                    loaded.plain.extend(records_of(left, &heads));
                    Vec::new()
                }
            };
            // A log that is played back sees that it does not tell all.
            self.place(run).await?;
        }
        Ok(loaded)
    }

    /// A commit of its own without effects, for what is written beside the
    /// log. Where too many writes wait it waits as well, for some seconds.
    async fn place(&self, run: u64) -> Result<(u64, Instant), Error> {
        let mut wait = PATIENCE_FIRST;
        loop {
            let work = Work::Note { run: Some(run) };
            match self.tenant.sequencer()?.submit(work, self.actor(), self.principal().purpose.clone()).await {
                Ok(Done::Noted { seq, at }) => return Ok((seq, at)),
                Ok(Done::Operations(..) | Done::Import(_)) => return Err(Error::internal("a note was answered as something else")),
                Err(error) if error.kind() == Kind::Unavailable && wait < PATIENCE_LAST => tokio::time::sleep(wait).await,
                Err(error) => return Err(error),
            }
            wait *= 2;
        }
    }
}

/// How long a place is waited for at first, and when no longer.
const PATIENCE_FIRST: Duration = Duration::from_millis(20);
const PATIENCE_LAST: Duration = Duration::from_secs(2);

/// Values of one series.
pub(crate) type Rows = Vec<Observation>;

/// What was not written.
#[derive(Debug, PartialEq)]
pub(crate) enum Left {
    Nothing,
    /// History is sealed beyond the position already.
    OfPosition(Vec<Rows>),
    /// A value would not come back as it is.
    NotKept(Vec<Rows>),
}

/// For which times values of which entities are being written.
#[derive(Debug)]
pub struct Times(Table<EntityId, (Instant, Instant)>);

impl Times {
    /// Whether one of the records speaks of such an entity and time.
    #[must_use]
    pub fn meet(&self, records: &[(u64, Entity)]) -> bool {
        records.iter().any(|(_, entity)| {
            let Some((first, last)) = self.0.get(&entity.id) else { return false };
            entity.attributes.iter().filter_map(|attribute| attribute.observed_at).any(|time| *first <= time && time <= *last)
        })
    }
}

impl Passing {
    /// The times that it speaks of.
    #[must_use]
    pub fn times(&self) -> Times {
        let mut times: Table<EntityId, (Instant, Instant)> = Table::default();
        for row in self.rows.iter().flatten() {
            let time = row.time();
            match times.get_mut(&row.entity) {
                Some((first, last)) => (*first, *last) = ((*first).min(time), (*last).max(time)),
                None => drop(times.insert(row.entity.clone(), (time, time))),
            }
        }
        Times(times)
    }
}

/// What is known of an entity's values in these records.
#[derive(Debug)]
struct Passed {
    /// Without attributes; records that say something else of the entity are imported.
    head: Entity,
    courses: Vec<Course>,
}

/// A series in these records.
#[derive(Debug)]
struct Course {
    name: Name,
    dataset: Option<Iri>,
    /// What the current value stands for.
    current: Option<Instant>,
    /// The newest value that comes, or the current one.
    newest: Instant,
    /// How many values come at most.
    values: usize,
    rows: Rows,
}

fn divided(shared: &Shared, run: u64, records: Vec<(u64, Entity)>, known: &Known) -> Divided {
    let mut entities = courses(shared, &records);
    let mut plain = Vec::new();
    for (record, mut entity) in records {
        let Some(one) = entities.get_mut(&entity.id).filter(|one| one.has_head(&entity)) else {
            plain.push((record, entity));
            continue;
        };
        let had = entity.attributes.len();
        let attributes = std::mem::take(&mut entity.attributes);
        for attribute in attributes {
            match one.course(&attribute).filter(|course| course.passes(&entity.id, attribute.observed_at, known)) {
                Some(course) => course.take(row(&entity.id, attribute, Origin { run, record })),
                None => entity.attributes.push(attribute),
            }
        }
        if had == 0 || !entity.attributes.is_empty() {
            plain.push((record, entity));
        }
    }
    let (mut heads, mut rows) = (Table::default(), Vec::new());
    for (id, Passed { head, courses }) in entities {
        let before = rows.len();
        rows.extend(courses.into_iter().map(|course| course.rows).filter(|rows| !rows.is_empty()));
        if rows.len() > before {
            heads.insert(id, head);
        }
    }
    Divided { plain, passing: Passing { run, heads, rows } }
}

/// Every series in the records, with its newest value.
fn courses(shared: &Shared, records: &[(u64, Entity)]) -> Table<EntityId, Passed> {
    let (state, now) = (shared.state.read(), shared.clock.now());
    let mut all: Table<EntityId, Passed> = Table::default();
    for (_, entity) in records {
        let one = match all.get_mut(&entity.id) {
            Some(one) => one,
            None => {
                let head = Entity { attributes: Vec::new(), ..entity.clone() };
                all.entry(entity.id.clone()).or_insert(Passed { head, courses: Vec::new() })
            }
        };
        for attribute in &entity.attributes {
            let Some(time) = attribute.observed_at else { continue };
            if let Some(course) = one.course(attribute) {
                course.newest = course.newest.max(time);
                course.values += 1;
                continue;
            }
            let there = state.get(&entity.id).filter(|stored| stored.entity.alive_at(now));
            let current = there.and_then(|stored| stored.entity.instance(attribute.name, attribute.dataset.as_ref())?.observed_at);
            let (name, dataset) = (attribute.name, attribute.dataset.clone());
            one.courses.push(Course {
                name,
                dataset,
                current,
                newest: current.map_or(time, |current| current.max(time)),
                values: 1,
                rows: Vec::new(),
            });
        }
    }
    all
}

impl Passed {
    fn has_head(&self, entity: &Entity) -> bool {
        let head = &self.head;
        head.types == entity.types && head.scopes == entity.scopes && head.expires_at == entity.expires_at
    }

    fn course(&mut self, attribute: &Attribute) -> Option<&mut Course> {
        self.courses.iter_mut().find(|course| course.name == attribute.name && course.dataset == attribute.dataset)
    }
}

impl Course {
    fn take(&mut self, row: Observation) {
        if self.rows.is_empty() {
            self.rows.reserve_exact(self.values);
        }
        self.rows.push(row);
    }

    fn passes(&self, entity: &EntityId, time: Option<Instant>, known: &Known) -> bool {
        let Some(time) = time.filter(|time| *time < self.newest && self.current != Some(*time)) else { return false };
        if self.dataset.as_ref().is_some_and(|dataset| rollup::is_reserved(dataset.as_str())) {
            return false;
        }
        known.is_empty() || {
            let key = SeriesKey { entity: entity.clone(), attribute: self.name, dataset: self.dataset.clone() };
            !known.contains_key(&(key, time))
        }
    }
}

fn row(id: &EntityId, attribute: Attribute, origin: Origin) -> Observation {
    let unknown = Instant::from_micros(0);
    Observation {
        entity: id.clone(),
        attribute,
        fact: Fact::Value,
        class: model::Class::default(),
        seq: 0,
        recorded_at: unknown,
        origin: Some(origin),
    }
}

/// Series with class and creation as the state has them now, and records of
/// what has to be imported after all: personal values, and those of entities
/// that are gone meanwhile.
fn stamped(shared: &Shared, rows: Vec<Rows>, heads: &Table<EntityId, Entity>) -> (Vec<Rows>, Vec<(u64, Entity)>) {
    let (classes, state) = (shared.classes.load(), shared.state.read());
    let (mut all, mut plain) = (Vec::new(), Vec::new());
    for mut rows in rows {
        let Some(first) = rows.first() else { continue };
        let stored = state.get(&first.entity).map(|stored| &stored.entity);
        let there = stored.and_then(|entity| Some((entity, entity.instance(first.attribute.name, first.attribute.dataset.as_ref())?)));
        let class = there.map(|(entity, _)| classes.class_of(entity, first.attribute.name)).filter(|class| !class.is_enveloped());
        let Some((class, (_, instance))) = class.zip(there) else {
            plain.extend(records_of(vec![rows], heads));
            continue;
        };
        for row in &mut rows {
            row.class = class;
            row.attribute.created_at = instance.created_at;
        }
        all.push(rows);
    }
    (all, plain)
}

/// The records that values came in.
fn records_of(rows: Vec<Rows>, heads: &Table<EntityId, Entity>) -> impl Iterator<Item = (u64, Entity)> {
    rows.into_iter().flatten().filter_map(|row| heads.get(&row.entity).map(|head| record_of(head, row)))
}

fn record_of(head: &Entity, row: Observation) -> (u64, Entity) {
    (row.origin.map_or(0, |origin| origin.record), Entity { attributes: vec![row.attribute], ..head.clone() })
}

/// Brings the values of a series into order and gives them their position.
/// Of several values of one instant the last that says something else holds.
pub(crate) fn settle(rows: &mut Rows, seq: u64, at: Instant) -> ImportReceipt {
    let mut receipt = ImportReceipt::default();
    rows.sort_by_key(Observation::time);
    rows.dedup_by(|later, kept| {
        let repeats = later.time() == kept.time();
        if repeats && kept.attribute.says_the_same(&later.attribute) {
            receipt.unchanged += 1;
        } else if repeats {
            receipt.corrected += 1;
            std::mem::swap(later, kept);
        }
        repeats
    });
    for row in &mut *rows {
        row.seq = seq;
        row.recorded_at = at;
        let created_at = row.attribute.created_at;
        resolve::stamp(&mut row.attribute, created_at, at);
    }
    receipt.written = rows.len() as u64;
    receipt
}
