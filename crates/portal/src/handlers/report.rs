//! „Fehler melden“: the form, what becomes of it, and the page of a report for whoever sent it.

use axum::body::Body;
use axum::extract::Path;
use axum::response::Response;
use engine::{About, MESSAGE_CHARS_MAX, Report, ReportState, ReportedValue};
use model::dataset::Column;
use model::{Dataset, Entity, Instant};
use web::Params;

use super::dataset::crumbs;
use super::letter::Letter;
use super::table::{shown_value, value_facts, value_query};
use crate::ask::{Ask, Trouble};
use crate::frame::{Frame, Section};
use crate::messages::Texts;
use crate::pages::dataset::{Fact, FactValue};
use crate::pages::report::{ChooseFirstPage, ReportPage, StatusPage, Subject};
use crate::parts::{Alert, Badge, Crumbs, Field, Moment, Phrase, Tone};
use crate::svg::Markup;
use crate::{format, reading};

const DAY_MICROS: i64 = 86_400_000_000;

/// The value a form is about, as the page shows it.
struct Chosen {
    about: ReportedValue,
    dataset: std::sync::Arc<Dataset>,
    facts: Vec<Fact>,
    query: String,
}

/// `GET /fehler-melden?datensatz=…&id=…&spalte=…&zeit=…`
pub(crate) async fn form(ask: Ask) -> Response {
    let answer = form_page(&ask).await;
    ask.answer(answer)
}

/// `POST /fehler-melden`
pub(crate) async fn send(ask: Ask, body: Body) -> Response {
    let answer = take(&ask, body).await;
    ask.answer(answer)
}

/// `GET /meldungen/{key}`
pub(crate) async fn status(ask: Ask, Path(key): Path<String>) -> Response {
    let answer = status_page(&ask, &key);
    ask.answer(answer)
}

async fn form_page(ask: &Ask) -> Result<Response, Trouble> {
    if ask.param("datensatz").is_none() {
        let t = ask.t();
        let above = vec![(Phrase::plain(t.nav_home()), ask.href("/"))];
        let crumbs = Crumbs { texts: t, above, here: Phrase::plain(t.report_title()) };
        return Ok(ask.page(&ChooseFirstPage { frame: ask.frame(Section::Other), crumbs }));
    }
    let subject = subject(ask, &ask.params).await?;
    Ok(ask.page(&page(ask, subject, &Letter::default())))
}

/// The value that an address or a form names.
async fn subject(ask: &Ask, named: &Params) -> Result<Chosen, Trouble> {
    let field = |name: &str| named.all(name).next().map(str::trim).filter(|value| !value.is_empty());
    let dataset = ask.access.dataset(field("datensatz").ok_or(Trouble::NotFound)?)?;
    let id = reading::id_of(&dataset, field("id").ok_or(Trouble::NotFound)?)?;
    let column = field("spalte").and_then(|key| reading::column_of(&dataset, key)).ok_or(Trouble::NotFound)?;
    let at = match field("zeit") {
        None => None,
        Some(text) => Some(Instant::parse(text).map_err(|_| ask.bad_param("zeit", text, ask.t().error_expected_day()))?),
    };
    let view = ask.access.entity(&id)?;
    let found = ask.access.provenance(&id, column.attribute, None, at).await?;
    let attribute = &found.observation.attribute;
    let shown = shown_value(ask, column, attribute);
    let mut facts = vec![text_fact(ask.t().report_shown(), &shown)];
    facts.extend(value_facts(ask, view.entity(), column, attribute));
    // The newest value changes: what was seen has a time where it has one.
    let observed_at = at.or(attribute.observed_at);
    let query = value_query(&dataset, &id, column, observed_at);
    let about = ReportedValue { dataset: dataset.id.clone(), entity: id, attribute: column.attribute, observed_at, shown: shown.into() };
    Ok(Chosen { about, facts, query, dataset })
}

fn text_fact(name: &str, value: &str) -> Fact {
    Fact { name: name.to_owned(), value: FactValue::Text(Phrase::plain(value)) }
}

async fn take(ask: &Ask, body: Body) -> Result<Response, Trouble> {
    let form = ask.form(body).await?;
    let subject = subject(ask, &form).await?;
    let mut letter = Letter::read(ask, &form, ask.t().report_need_message(), MESSAGE_CHARS_MAX);
    let new = letter.report(About::Value(subject.about.clone()), &letter.message);
    match letter.send(ask, new).await? {
        Some(kept) => Ok(kept),
        None => Ok(ask.page_with(letter.status(), &page(ask, subject, &letter))),
    }
}

fn page(ask: &Ask, subject: Chosen, letter: &Letter) -> ReportPage {
    let (t, alert) = (ask.t(), letter.alert(ask));
    let zeit = subject.about.observed_at.map(|at| at.to_string()).unwrap_or_default();
    let hidden = [
        ("csrf", ask.visitor.csrf.clone().unwrap_or_default()),
        ("datensatz", subject.dataset.slug.to_string()),
        ("id", subject.about.entity.to_string()),
        ("spalte", subject.about.attribute.iri().to_owned()),
        ("zeit", zeit),
    ];
    let contact = Field {
        hint: Some(t.report_contact_hint().to_owned()),
        value: letter.contact.clone(),
        error: letter.error("email"),
        ..Field::new("email", t.report_contact(), "email", "email")
    };
    ReportPage {
        frame: Frame { indexed: false, failed: alert.is_some(), ..ask.frame(Section::Data) },
        crumbs: crumbs(ask, &subject.dataset, Some(t.report_title())),
        alert,
        action: ask.href("/fehler-melden"),
        hidden: hidden.map(|(name, value)| (name, value)).to_vec(),
        facts: subject.facts,
        value_href: ask.href(&format!("/datensaetze/{}/herkunft?{}", subject.dataset.slug, subject.query)),
        message: letter.message.clone(),
        message_hint: t.report_message_hint(format::count(MESSAGE_CHARS_MAX as u64, ask.language)),
        message_error: letter.error("meldung"),
        contact,
        trap: letter.trap.clone(),
        trap_error: letter.error("webseite"),
    }
}

/// A report's state as a badge.
pub(super) fn state_badge(state: ReportState, t: Texts) -> Badge {
    match state {
        ReportState::Open => Badge::new(Tone::Warning, t.report_state_open()),
        ReportState::Answered => Badge::new(Tone::Success, t.report_state_answered()),
        ReportState::Rejected => Badge::new(Tone::Info, t.report_state_rejected()),
    }
}

/// Where the title of a dataset goes in a sentence: no text has this character.
pub(super) const TITLE: char = '\u{1}';

/// A sentence with a title in its gap, marked with its language.
pub(super) fn with_title(sentence: &str, title: &Phrase) -> Markup {
    let (before, after) = sentence.split_once(TITLE).unwrap_or((sentence, ""));
    let mut line = Markup::from(before);
    match title.lang {
        Some(lang) => line.text("span", &[("lang", &lang)], &title.text),
        None => line.words(&title.text),
    }
    line.words(after);
    line
}

/// What a report is about, as far as it is still there for this reader.
pub(super) struct Told {
    /// Dataset, thing, column, time in a line; or the page.
    pub(super) line: Markup,
    /// Where the value and its origin are, or the page.
    pub(super) href: Option<String>,
}

impl Told {
    /// The same with the words around it.
    pub(super) fn subject(self, about: &About, t: Texts) -> Subject {
        let (heading, link, gone) = match about {
            About::Value(_) => (t.report_which(), t.report_to_value(), Some(t.report_gone())),
            About::Page(_) => (t.barrier_which(), t.barrier_to_page(), None),
        };
        let gone = gone.filter(|_| self.href.is_none());
        Subject { heading, line: self.line, link: self.href.map(|href| (link, href)), gone }
    }
}

/// Tells what a report is about.
pub(super) fn told(ask: &Ask, about: &About) -> Result<Told, Trouble> {
    let (t, language) = (ask.t(), ask.language);
    let about = match about {
        About::Value(about) => about,
        About::Page(path) => return Ok(super::barrier::told(ask, path)),
    };
    let dataset = ask.access.datasets()?.into_iter().find(|dataset| dataset.id == about.dataset);
    let Some(dataset) = dataset else { return Ok(Told { line: Markup::from(&*about.shown), href: None }) };
    let column: Option<&Column> = dataset.columns.iter().find(|column| column.attribute == about.attribute);
    let view = ask.access.entity(&about.entity).ok();
    let name = view.as_ref().map_or_else(|| about.entity.to_string(), |view| name(view.entity(), language));
    let label = column.map_or(about.attribute.short(), |column| reading::label(column, language));
    let mut line = t.report_about(label, TITLE, name, &about.shown);
    if let Some(at) = about.observed_at {
        line = format!("{line}, {}", format::moment_long(at, language));
    }
    let href = column.filter(|_| view.is_some()).map(|column| {
        ask.href(&format!("/datensaetze/{}/herkunft?{}", dataset.slug, value_query(&dataset, &about.entity, column, about.observed_at)))
    });
    Ok(Told { line: with_title(&line, &Phrase::of(&dataset.title, language)), href })
}

fn name(entity: &Entity, language: crate::messages::Language) -> String {
    reading::name_of(entity, language)
}

fn status_page(ask: &Ask, key: &str) -> Result<Response, Trouble> {
    let report: Report = ask.access.report_of(key)?;
    let t = ask.t();
    let is_barrier = matches!(report.about, About::Page(_));
    let form = if is_barrier { (t.nav_report_barrier(), super::barrier::PATH) } else { (t.report_title(), "/fehler-melden") };
    let above = [(t.nav_home(), "/"), form].map(|(name, path)| (Phrase::plain(name), ask.href(path))).to_vec();
    let frame = Frame { indexed: false, ..ask.frame(Section::Other) };
    let page = StatusPage {
        crumbs: Crumbs { texts: t, above, here: Phrase::plain(t.report_status_title()) },
        alert: ask.param("neu").map(|_| Alert::new(Tone::Success, t.report_thanks(), t.report_thanks_text())),
        badge: state_badge(report.state, t),
        subject: told(ask, &report.about)?.subject(&report.about, t),
        message: report.message.to_string(),
        answer: report.answer.as_ref().map(ToString::to_string),
        explained: match (report.state, is_barrier) {
            (ReportState::Open, _) => t.report_open_text(),
            (ReportState::Answered, false) => t.report_answered_text(),
            (ReportState::Answered, true) => t.barrier_answered_text(),
            (ReportState::Rejected, false) => t.report_rejected_text(),
            (ReportState::Rejected, true) => t.barrier_rejected_text(),
        },
        reported: Moment::with_age(report.reported_at, ask.now(), ask.language),
        changed: (report.state != ReportState::Open).then(|| Moment::with_age(report.changed_at, ask.now(), ask.language)),
        deleted: deleted(ask, &report),
        address: frame.absolute(&ask.href(&ask.path)),
        frame,
    };
    Ok(ask.page(&page))
}

/// The day on which a settled report is deleted.
pub(super) fn deleted(ask: &Ask, report: &Report) -> Option<Moment> {
    let kept_micros = i64::from(ask.site().reports_kept_days) * DAY_MICROS;
    report.settled_at.map(|at| Moment::date(at.plus_micros(kept_micros), ask.language))
}
