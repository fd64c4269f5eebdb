//! Values of the past as one table for analysis: a row for each value. Unlike
//! the export of a tenant it is not read back.

mod choice;
mod form;

use std::collections::HashMap;

use model::{EntityId, Known, Observation, SeriesKey, SeriesQuery, TimeWindow};
use policy::Action;

use super::export::is_sealed;
use super::{Progress, REPORT_EVERY, Step};
use crate::past::Moment;
use crate::sequencer::Work;
use crate::tenant::Shared;
use crate::{Access, Error, Kind, Sentence};
use choice::Choice;
pub use form::HistoryForm;
use form::{Row, Writer};

/// Which values of the past are carried away, and in which form. What is
/// named narrows together; names are short or IRIs.
#[derive(Debug, Clone)]
pub struct HistoryOrder {
    /// Things of a dataset, by its slug.
    pub dataset: Option<String>,
    /// These things; all when empty.
    pub entities: Vec<EntityId>,
    /// Things of a type.
    pub entity_type: Option<String>,
    /// These attributes; all when empty.
    pub attributes: Vec<String>,
    /// The time observed. Values nobody gave one are part of all of time only.
    pub window: TimeWindow,
    /// Whether values that were corrected or taken back come too.
    pub versions: bool,
    /// For what purpose values of persons come too; `None` leaves them out.
    pub personal: Option<String>,
    /// The form of the file.
    pub form: HistoryForm,
}

/// What was carried away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HistoryReport {
    /// How many values.
    pub values: u64,
    /// Of how many things.
    pub things: u64,
    /// How many values of persons were left out.
    pub personal: u64,
    /// How many cannot be opened any more.
    pub erased: u64,
}

impl Access {
    /// Gives values of the past to `give` as a table, piece by piece, as of one
    /// position of the log, while writes go on; what is held in memory does not
    /// grow with their number. With a purpose for values of persons, the audit
    /// names it before the first of them is opened. The file is whole when this
    /// returns a report.
    ///
    /// # Errors
    /// When the principal may not, nothing fits what was chosen, what is kept
    /// is damaged, or `give` answers `false`: nobody takes it any more.
    pub async fn export_history(
        &self,
        order: HistoryOrder,
        mut give: impl FnMut(Vec<u8>) -> bool + Send + 'static,
        progress: impl Fn(Step) + Send + Sync + 'static,
    ) -> Result<HistoryReport, Error> {
        self.permit(Action::Export)?;
        let named = order.entities.clone();
        let (moment, maybe_gone) = self
            .blocking(move |shared| {
                // What is sealed is read from the disk and needs no memory.
                shared.past.seal(&shared.state)?;
                let moment = shared.past.moment(&shared.state);
                let maybe_gone = if named.is_empty() { moment.gone()? } else { named };
                Ok((moment, maybe_gone))
            })
            .await?;
        let choice = self.choose(&order, &moment, &maybe_gone).await?;
        if let Some(purpose) = &order.personal {
            let purpose = format!("export of history with personal values: {purpose}").into();
            self.tenant.sequencer()?.submit(Work::Note { run: None }, self.actor(), Some(purpose)).await?;
        }
        self.blocking(move |shared| {
            let mut export = Export::new(shared, &order, &choice, &mut give, &progress)?;
            let question = Self::authorized(SeriesQuery {
                entities: choice.things.keys().cloned().collect(),
                attributes: choice.attributes.clone(),
                window: order.window,
                known: if order.versions { Known::Versions } else { Known::Now },
                ..SeriesQuery::default()
            });
            moment.walk(&question, &mut |row| export.value(row))?;
            if export.report.values == 0 {
                return Err(nothing(&moment, &choice, export.report));
            }
            export.finish()
        })
        .await
    }
}

struct Export<'a> {
    shared: &'a Shared,
    choice: &'a Choice,
    personal: bool,
    writer: Writer,
    give: &'a mut dyn FnMut(Vec<u8>) -> bool,
    progress: Progress<'a>,
    /// Which attribute has a short name to itself.
    shorts: HashMap<&'static str, model::Name>,
    thing: Option<EntityId>,
    report: HistoryReport,
}

impl<'a> Export<'a> {
    fn new(
        shared: &'a Shared,
        order: &HistoryOrder,
        choice: &'a Choice,
        give: &'a mut dyn FnMut(Vec<u8>) -> bool,
        progress: Progress<'a>,
    ) -> Result<Self, Error> {
        let mut about = vec![
            ("tenant".to_owned(), shared.tenant().to_string()),
            ("exported_at".to_owned(), shared.clock.now().to_string()),
            ("format".to_owned(), "Allmende history table 1".to_owned()),
        ];
        about.extend(choice.about());
        Ok(Self {
            shared,
            choice,
            personal: order.personal.is_some(),
            writer: Writer::new(order.form, order.versions, about)?,
            give,
            progress,
            shorts: HashMap::new(),
            thing: None,
            report: HistoryReport::default(),
        })
    }

    fn value(&mut self, observation: Observation) -> Result<(), Error> {
        let Some(observation) = self.opened(observation)? else { return Ok(()) };
        if self.thing.as_ref() != Some(&observation.entity) {
            self.report.things += 1;
            self.thing = Some(observation.entity.clone());
        }
        let name = observation.attribute.name;
        let is_alone = *self.shorts.entry(name.short()).or_insert(name) == name;
        let attribute = if is_alone { name.short() } else { name.iri() };
        let types = self.choice.things.get(&observation.entity).map_or("", |types| types);
        self.writer.row(&Row { types, attribute, observation: &observation })?;
        self.report.values += 1;
        if self.report.values.is_multiple_of(REPORT_EVERY) {
            (self.progress)(Step::Values(self.report.values));
        }
        let ready = self.writer.ready();
        self.hand_over(ready)
    }

    /// The value in plain; `None` where it is left out or its key was destroyed.
    fn opened(&mut self, observation: Observation) -> Result<Option<Observation>, Error> {
        if !is_sealed(&observation.attribute) {
            return Ok(Some(observation));
        }
        if !self.personal {
            self.report.personal += 1;
            return Ok(None);
        }
        let opened = self.shared.envelope.opened(&observation.attribute)?;
        self.report.erased += u64::from(opened.is_none());
        Ok(opened.map(|attribute| Observation { attribute, ..observation }))
    }

    fn hand_over(&mut self, piece: Vec<u8>) -> Result<(), Error> {
        if piece.is_empty() || (self.give)(piece) {
            return Ok(());
        }
        Err(Error::new(Kind::Unavailable, "nobody waits for the answer any more"))
    }

    fn finish(mut self) -> Result<HistoryReport, Error> {
        let rest = self.writer.finish()?;
        self.hand_over(rest)?;
        Ok(self.report)
    }
}

/// Why there is no value: none in the window, of persons only, or none at all.
fn nothing(moment: &Moment, choice: &Choice, report: HistoryReport) -> Error {
    if report.personal > 0 {
        let message = Sentence::new(
            "history-personal",
            "all {count} values chosen are values of persons and stay here; name a purpose with --personal, then they are exported",
        );
        return Error::new(Kind::Forbidden, message.with("count", report.personal));
    }
    let chosen = |key: &SeriesKey| {
        choice.things.contains_key(&key.entity)
            && key.attribute != model::series::life()
            && choice.attributes.as_ref().is_none_or(|names| names.contains(&key.attribute))
    };
    match moment.span(&chosen) {
        Ok(Some((first, last))) => {
            let message = Sentence::new(
                "history-elsewhere",
                "no value chosen lies in this period; they lie between {first} and {last}: choose another period",
            );
            Error::new(Kind::NotFound, message.with("first", &first).with("last", &last))
        }
        Ok(None) => Error::new(Kind::NotFound, Sentence::new("history-empty", "there is no value of what was chosen")),
        Err(error) => error,
    }
}
