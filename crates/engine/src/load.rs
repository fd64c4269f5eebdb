//! Imports of many values at once: what is new to a series goes straight into
//! sealed history, without a payload in the log.

use std::sync::Arc;

use model::{Attribute, Entity, EntityId, Fact, Instant, Iri, Name, Observation, Origin, SeriesKey, rollup};
use policy::Action;

use crate::operation::ImportReceipt;
use crate::resolve::Known;
use crate::sequencer::{Done, Work};
use crate::tenant::Shared;
use crate::{Access, Error, Table, resolve};

/// Records of one import.
const AT_ONCE: usize = 1_000;

impl Access {
    /// As [`Access::import`], for many records at once. The newest value of
    /// each series and whatever repeats or corrects something is imported;
    /// values older than the newest, of instants that nothing was known of,
    /// are written as a segment of history of their own.
    ///
    /// When it answers, all is durable. After an error some of the records may
    /// be: the same call again completes them, and doubles nothing.
    ///
    /// # Errors
    /// As [`Access::import`]; what the disk refuses.
    pub async fn load(&self, run: u64, records: Vec<(u64, Entity)>) -> Result<ImportReceipt, Error> {
        self.permit(Action::Write)?;
        let known = self.known(&records).await?;
        let Divided { plain, passed } = self.blocking(move |shared| Ok(Divided::of(shared, run, records, &known))).await?;
        let mut receipt = self.import_by_few(run, plain).await?;
        let (mut rows, kept_close) = self.blocking(move |shared| Ok(stamped(shared, passed))).await?;
        receipt += self.import_by_few(run, kept_close).await?;
        while !rows.is_empty() {
            let (seq, at) = self.place(run).await?;
            let (left, loaded) = self.blocking(move |shared| shared.past.load(seq, at, rows)).await?;
            rows = left;
            receipt += loaded;
            // A log that is played back sees that it does not tell all.
            self.place(run).await?;
        }
        Ok(receipt)
    }

    /// Records of one commit are compared with each other, each with each.
    async fn import_by_few(&self, run: u64, records: Vec<(u64, Entity)>) -> Result<ImportReceipt, Error> {
        let (mut receipt, mut records) = (ImportReceipt::default(), records.into_iter().peekable());
        while records.peek().is_some() {
            receipt += self.import(run, records.by_ref().take(AT_ONCE).collect()).await?;
        }
        Ok(receipt)
    }

    /// A commit of its own without effects, for what is written beside the log.
    async fn place(&self, run: u64) -> Result<(u64, Instant), Error> {
        let work = Work::Note { run: Some(run) };
        match self.tenant.sequencer()?.submit(work, self.actor(), self.principal().purpose.clone()).await? {
            Done::Noted { seq, at } => Ok((seq, at)),
            Done::Operations(..) | Done::Import(_) => Err(Error::internal("a note was answered as something else")),
        }
    }
}

/// Values of one series.
pub(crate) type Rows = Vec<Observation>;

/// What is imported one by one, and what may pass by the log.
struct Divided {
    plain: Vec<(u64, Entity)>,
    passed: Table<EntityId, Passed>,
}

/// What is known of an entity's values in these records.
struct Passed {
    /// Without attributes; records that say something else of the entity are imported.
    head: Entity,
    courses: Vec<Course>,
}

/// A series in these records.
struct Course {
    name: Name,
    dataset: Option<Iri>,
    /// What the current value stands for.
    current: Option<Instant>,
    /// The newest value that comes, or the current one.
    newest: Instant,
    rows: Rows,
}

impl Divided {
    fn of(shared: &Shared, run: u64, records: Vec<(u64, Entity)>, known: &Known) -> Self {
        let mut passed = courses(shared, &records);
        let mut plain = Vec::new();
        for (record, mut entity) in records {
            let Some(one) = passed.get_mut(&entity.id).filter(|one| one.has_head(&entity)) else {
                plain.push((record, entity));
                continue;
            };
            let had = entity.attributes.len();
            let attributes = std::mem::take(&mut entity.attributes);
            for attribute in attributes {
                match one.course(&attribute).filter(|course| course.passes(&entity.id, attribute.observed_at, known)) {
                    Some(course) => course.rows.push(row(&entity.id, attribute, Origin { run, record })),
                    None => entity.attributes.push(attribute),
                }
            }
            if had == 0 || !entity.attributes.is_empty() {
                plain.push((record, entity));
            }
        }
        Self { plain, passed }
    }
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
fn stamped(shared: &Shared, passed: Table<EntityId, Passed>) -> (Vec<Rows>, Vec<(u64, Entity)>) {
    let (classes, state) = (shared.classes.load(), shared.state.read());
    let (mut all, mut kept_close) = (Vec::new(), Vec::new());
    for Passed { head, courses } in passed.into_values() {
        let stored = state.get(&head.id).map(|stored| Arc::clone(&stored.entity));
        for mut course in courses.into_iter().filter(|course| !course.rows.is_empty()) {
            let there = stored.as_ref().and_then(|entity| Some((entity, entity.instance(course.name, course.dataset.as_ref())?)));
            let class = there.map(|(entity, _)| classes.class_of(entity, course.name)).filter(|class| !class.is_enveloped());
            let Some((class, (_, instance))) = class.zip(there) else {
                kept_close.extend(course.rows.into_iter().map(|row| {
                    let record = row.origin.map_or(0, |origin| origin.record);
                    (record, Entity { attributes: vec![row.attribute], ..head.clone() })
                }));
                continue;
            };
            for row in &mut course.rows {
                row.class = class;
                row.attribute.created_at = instance.created_at;
            }
            all.push(course.rows);
        }
    }
    (all, kept_close)
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
