//! Reports: what anybody may say of a value that is wrong or of a page that
//! they cannot use, and what the municipality answers.
//!
//! A report is an entity of the tenant, so it is durable, audited and deleted
//! like any other. It stays restricted whatever datasets declare; the address
//! for questions is personal, kept under a key of its own, and goes with its
//! key when the report is settled (Regulation (EU) 2016/679, article 5 (1) e).
//! The report itself goes some time later ([`Access::delete_settled_reports`]).

mod period;

pub use period::{ReportsWaiting, SETTLED_REPORTS};

use std::sync::{Arc, LazyLock};

use model::{Attribute, Class, Entity, EntityId, Instant, Json, Name, Text, Value};
use policy::{Action, Principal, Role};
use tokio::sync::Mutex;

use crate::operation::{Fragment, Operation};
use crate::{Access, Error, Kind};

/// Longest message, in characters.
pub const MESSAGE_CHARS_MAX: usize = 2_000;
/// Longest address for questions, in bytes (RFC 5321, section 4.5.3.1.3).
pub const CONTACT_BYTES_MAX: usize = 254;
/// Longest address of a page, in bytes.
const PAGE_BYTES_MAX: usize = 500;
/// How many reports may wait for an answer.
const OPEN_MAX: usize = 2_000;

/// One at a time looks whether a report has changed and settles it.
static SETTLING: Mutex<()> = Mutex::const_new(());

/// Which value a report is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportedValue {
    /// The dataset it was seen in.
    pub dataset: EntityId,
    /// The thing.
    pub entity: EntityId,
    /// The attribute.
    pub attribute: Name,
    /// What time it stands for; `None` for the current value.
    pub observed_at: Option<Instant>,
    /// The value as it was shown when it was reported.
    pub shown: Text,
}

/// What a report is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// A value that is wrong.
    Value(ReportedValue),
    /// A barrier on a page: its path, as far as it is known.
    Page(Text),
}

/// What somebody reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReport {
    /// About what.
    pub about: About,
    /// What is wrong with it.
    pub message: Text,
    /// An e-mail address for questions.
    pub contact: Option<Text>,
}

/// Where a report stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportState {
    /// It waits for an answer.
    Open,
    /// It was answered in public.
    Answered,
    /// It was closed without a public answer.
    Rejected,
}

impl ReportState {
    /// The word it is kept as.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Answered => "answered",
            Self::Rejected => "rejected",
        }
    }

    /// The state of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Open, Self::Answered, Self::Rejected].into_iter().find(|state| state.word() == word)
    }
}

/// A report as it is kept, without the address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Its key: who knows it may see how the report does.
    pub key: Text,
    /// About what.
    pub about: About,
    /// What is wrong with it.
    pub message: Text,
    /// Where it stands.
    pub state: ReportState,
    /// What the municipality says.
    pub answer: Option<Text>,
    /// When it came.
    pub reported_at: Instant,
    /// When it last changed.
    pub changed_at: Instant,
    /// When it came to its state; `None` while it is open. The period for
    /// which it is kept begins here.
    pub settled_at: Option<Instant>,
    /// Whether there is an address for questions.
    pub has_contact: bool,
}

impl Access {
    /// Takes a report, from anybody. When it answers, the report is durable;
    /// its key is for whoever reported.
    ///
    /// # Errors
    /// [`Kind::NotFound`] when the value is not there or may not be seen,
    /// [`Kind::TooLarge`], or [`Kind::Unavailable`] when too many wait.
    pub async fn report(&self, new: NewReport) -> Result<Text, Error> {
        self.permit(Action::Report)?;
        let length = new.message.chars().count();
        if length == 0 || length > MESSAGE_CHARS_MAX || new.contact.as_ref().is_some_and(|contact| contact.len() > CONTACT_BYTES_MAX) {
            let message = format!("a report has 1 to {MESSAGE_CHARS_MAX} characters and an address of at most {CONTACT_BYTES_MAX} bytes");
            return Err(Error::new(Kind::TooLarge, message));
        }
        match &new.about {
            About::Value(about) => self.provenance(&about.entity, about.attribute, None, about.observed_at).await.map(|_| ())?,
            About::Page(path) if path.len() > PAGE_BYTES_MAX => {
                return Err(Error::new(Kind::TooLarge, format!("the address of a page has at most {PAGE_BYTES_MAX} bytes")));
            }
            About::Page(_) => {}
        }
        if self.all_reports().iter().filter(|report| report.state == ReportState::Open).count() >= OPEN_MAX {
            return Err(Error::new(Kind::Unavailable, format!("{OPEN_MAX} reports wait for an answer; try again when some are settled")));
        }
        let mut key = [0; 16];
        getrandom::fill(&mut key).map_err(|error| Error::internal(format!("the system gives no random numbers: {error}")))?;
        let key: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        let entity = entity_of(&key, new)?;
        self.as_clerk().one(Operation::Create(entity)).await?;
        Ok(key.into())
    }

    /// How a report does, for whoever knows its key.
    ///
    /// # Errors
    /// [`Kind::NotFound`].
    pub fn report_of(&self, key: &str) -> Result<Report, Error> {
        let stored = self.shared().state.read().get(&id_of(key)?).cloned();
        stored.and_then(|stored| read(&stored.entity)).ok_or_else(|| Error::not_found("report", &key))
    }

    /// The public answers about a value of a thing, newest first.
    ///
    /// # Errors
    /// [`Kind::NotFound`] when the thing may not be seen.
    pub fn answers_about(&self, entity: &EntityId, attribute: Name) -> Result<Vec<Report>, Error> {
        self.entity(entity)?.entity().attribute(attribute).ok_or_else(|| Error::not_found("value in", entity))?;
        let mut found = self.all_reports();
        found.retain(|report| {
            let is_about_it = matches!(&report.about, About::Value(about) if about.entity == *entity && about.attribute == attribute);
            is_about_it && report.state == ReportState::Answered
        });
        Ok(found)
    }

    /// All reports, the newest first.
    ///
    /// # Errors
    /// When the principal may not answer reports.
    pub fn reports(&self) -> Result<Vec<Report>, Error> {
        self.permit(Action::AnswerReports)?;
        Ok(self.all_reports())
    }

    /// The address for questions about an open report.
    ///
    /// # Errors
    /// When the principal may not answer reports, or the key store fails.
    pub async fn contact_of_report(&self, key: &str) -> Result<Option<String>, Error> {
        self.permit(Action::AnswerReports)?;
        let sealed = self.shared().state.read().get(&id_of(key)?).and_then(|stored| stored.entity.attribute(contact()).cloned());
        let Some(sealed) = sealed else { return Ok(None) };
        let opened = self.blocking(move |shared| shared.envelope.opened(&sealed)).await?;
        Ok(opened.and_then(|attribute| attribute.value.as_str().map(str::to_owned)))
    }

    /// Settles a report, or opens it again. A settled report has no address
    /// for questions any more. `seen` is its `changed_at` as it was looked at.
    ///
    /// # Errors
    /// When the principal may not, there is no such report, the answer is too
    /// long or missing, or [`Kind::Conflict`] when somebody else was faster.
    pub async fn settle_report(&self, key: &str, seen: Instant, state: ReportState, answer: Option<&str>) -> Result<(), Error> {
        self.permit(Action::AnswerReports)?;
        let answer = answer.map(str::trim).filter(|answer| !answer.is_empty());
        if answer.is_some_and(|answer| answer.chars().count() > MESSAGE_CHARS_MAX) || (state == ReportState::Answered && answer.is_none()) {
            return Err(Error::invalid(format!("a public answer has 1 to {MESSAGE_CHARS_MAX} characters")));
        }
        let _one = SETTLING.lock().await;
        let known = self.report_of(key)?;
        if known.changed_at != seen {
            return Err(Error::new(Kind::Conflict, "somebody else has changed this report; look at it again"));
        }
        let id = id_of(key)?;
        let mut change = Fragment::new(id.clone());
        change.attributes = vec![text(STATE, state.word())];
        change.attributes.extend(answer.map(|answer| text(ANSWER, answer)));
        change.removed = answer.is_none().then_some((Name::known(ANSWER), None)).into_iter().collect();
        if state != ReportState::Open {
            change.removed.push((contact(), None));
        }
        self.one(Operation::Update(change)).await?;
        if known.has_contact && state != ReportState::Open {
            self.blocking(move |shared| shared.envelope.forget(&id)).await?;
        }
        Ok(())
    }

    /// The entities of reports that speak of a thing.
    pub(crate) fn reports_about(&self, entity: &EntityId) -> Result<Vec<EntityId>, Error> {
        let is_about_it = |report: &Report| matches!(&report.about, About::Value(about) if about.entity == *entity);
        self.all_reports().iter().filter(|report| is_about_it(report)).map(|report| id_of(&report.key)).collect()
    }

    fn all_reports(&self) -> Vec<Report> {
        let mut all: Vec<Report> = self.shared().state.read().of_type(kind()).filter_map(|stored| read(&stored.entity)).collect();
        all.sort_by(|a, b| (b.reported_at, &b.key).cmp(&(a.reported_at, &a.key)));
        all
    }

    /// The same person with the right to write what policy allowed already.
    fn as_clerk(&self) -> Self {
        Self::new(Arc::clone(&self.tenant), Principal::new(self.principal().actor.clone(), Role::Editor))
    }

    async fn one(&self, operation: Operation) -> Result<(), Error> {
        self.write(vec![operation]).await?.outcomes.into_iter().collect::<Result<Vec<_>, _>>().map(|_| ())
    }
}

const DATASET: &str = "https://allmende.eu/def/reportedDataset";
const ENTITY: &str = "https://allmende.eu/def/reportedEntity";
const ATTRIBUTE: &str = "https://allmende.eu/def/reportedAttribute";
const OBSERVED_AT: &str = "https://allmende.eu/def/reportedTime";
const SHOWN: &str = "https://allmende.eu/def/reportedValue";
const PAGE: &str = "https://allmende.eu/def/reportedPage";
const MESSAGE: &str = "https://allmende.eu/def/message";
const STATE: &str = "https://allmende.eu/def/reportState";
const ANSWER: &str = "https://allmende.eu/def/answer";

fn kind() -> Name {
    static NAME: LazyLock<Name> = LazyLock::new(|| Name::known("https://allmende.eu/def/Report"));
    *NAME
}

fn contact() -> Name {
    static NAME: LazyLock<Name> = LazyLock::new(|| Name::known("https://allmende.eu/def/contactAddress"));
    *NAME
}

/// The class of a report's attribute; `None` when the entity is no report.
pub(crate) fn class_of(entity: &Entity, attribute: Name) -> Option<Class> {
    entity.is_a(kind()).then(|| if attribute == contact() { Class::Personal } else { Class::Restricted })
}

fn id_of(key: &str) -> Result<EntityId, Error> {
    let is_key = key.len() == 32 && key.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let id = EntityId::parse(&format!("urn:ngsi-ld:Report:{key}")).ok().filter(|_| is_key);
    id.ok_or_else(|| Error::new(Kind::NotFound, "there is no such report"))
}

fn text(name: &'static str, value: &str) -> Attribute {
    Attribute::new(Name::known(name), Value::Property(Json::from(value)))
}

fn entity_of(key: &str, new: NewReport) -> Result<Entity, Error> {
    let mut entity = Entity::new(id_of(key)?, kind()).with(text(MESSAGE, &new.message)).with(text(STATE, ReportState::Open.word()));
    match &new.about {
        About::Page(path) => entity = entity.with(text(PAGE, path)),
        About::Value(about) => {
            entity = entity
                .with(text(DATASET, about.dataset.as_str()))
                .with(text(ENTITY, about.entity.as_str()))
                .with(text(ATTRIBUTE, about.attribute.iri()))
                .with(text(SHOWN, &about.shown));
            if let Some(at) = about.observed_at {
                entity = entity.with(text(OBSERVED_AT, &at.to_string()));
            }
        }
    }
    if let Some(address) = &new.contact {
        entity = entity.with(Attribute::new(contact(), Value::Property(Json::from(address.as_str()))));
    }
    Ok(entity)
}

fn read(entity: &Entity) -> Option<Report> {
    let text = |name: &'static str| entity.value(Name::known(name)).and_then(Value::as_str);
    let about = match text(PAGE) {
        Some(path) => About::Page(path.into()),
        None => About::Value(ReportedValue {
            dataset: EntityId::parse(text(DATASET)?).ok()?,
            entity: EntityId::parse(text(ENTITY)?).ok()?,
            attribute: Name::find(text(ATTRIBUTE)?)?,
            observed_at: text(OBSERVED_AT).and_then(|at| Instant::parse(at).ok()),
            shown: text(SHOWN)?.into(),
        }),
    };
    Some(Report {
        key: entity.id.as_str().rsplit(':').next()?.into(),
        about,
        message: text(MESSAGE)?.into(),
        state: ReportState::from_word(text(STATE)?)?,
        answer: text(ANSWER).map(Into::into),
        reported_at: entity.created_at,
        changed_at: entity.modified_at,
        settled_at: settled_at(entity),
        has_contact: entity.attribute(contact()).is_some(),
    })
}

/// When a report came to the state it is in, if that is not open.
fn settled_at(report: &Entity) -> Option<Instant> {
    let state = report.attribute(Name::known(STATE))?;
    let word = ReportState::from_word(state.value.as_str()?)?;
    (word != ReportState::Open).then_some(state.modified_at)
}
