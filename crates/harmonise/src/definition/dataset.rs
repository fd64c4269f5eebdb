//! `[dataset]`: what the catalogue says of the data.

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::dataset::{Agent, Column, Contact, Spatial, licence};
use model::{Dataset, EntityId, Instant, Name, Text, TimeWindow};

use super::attribute::{self, Described, Scalar, Shape};
use super::retention;
use super::section::Section;
use super::source::is_slug;
use crate::issue::nearest;
use crate::message::{Code, Message};

/// The EU's data themes.
const THEMES: [&str; 14] =
    ["AGRI", "ECON", "EDUC", "ENER", "ENVI", "GOVE", "HEAL", "INTR", "JUST", "OP_DATPRO", "REGI", "SOCI", "TECH", "TRAN"];
/// How many licences a fault names that could have been meant.
const LICENCES_NEAR: usize = 3;

/// Reads `[dataset]`; `columns` come from the attributes.
pub(super) fn dataset(
    mut section: Section<'_>,
    entity_type: Option<Name>,
    columns: Vec<Column>,
    name: &dyn Fn(&str) -> Result<Name, Message>,
) -> Option<Dataset> {
    let slug = section.need("slug", Code::NameDataset).and_then(|slug| {
        if is_slug(&slug) {
            return Some(slug);
        }
        section.fault("slug", Some(&slug), Code::NoSlug, Code::WriteSlug);
        None
    });
    let id = section.read("id", Code::WriteUrn, |text| EntityId::parse(text).map_err(|_| Code::BadIri.with("value", text)));
    let title = section.need_languages("title");
    let summary = section.need_languages("summary");
    let description = section.need_languages("description");
    let publisher = publisher(&mut section);
    let contact = section.child("contact").and_then(contact);
    let licence = section.need("licence", Code::NameLicence).and_then(|text| licence_of(&section, &text));
    let attribution = text(section.text("attribution"));
    let provenance = section.need_languages("provenance");
    let landing_page = section.read("landing_page", Code::WriteAddress, address);
    let themes = themes(&mut section);
    let keywords = section.texts("keywords").iter().map(|word| Text::from(word.as_str())).collect();
    let frequency = text(section.text("frequency"));
    let spatial = section.child("spatial").and_then(spatial);
    let former = section.child("period").and_then(former_period);
    let mut temporal = temporal(&mut section);
    if temporal.is_empty() {
        temporal.extend(former);
    }
    let id_prefix = text(section.text("id_prefix"));
    let published = section.flag("published").unwrap_or(false);
    let columns = all_columns(&mut section, columns, name);
    let retention = retention::rules(&mut section, &columns, name);
    section.finish();
    let slug = slug?;
    let default_id = EntityId::parse(&format!("urn:ngsi-ld:Dataset:{slug}")).ok();
    Some(Dataset {
        id: id.or(default_id)?,
        slug: slug.as_str().into(),
        title,
        summary,
        description,
        publisher: publisher?,
        contact,
        licence: licence?,
        attribution,
        provenance,
        landing_page: landing_page.map(|page| page.as_str().into()),
        themes,
        keywords,
        frequency,
        spatial,
        temporal,
        entity_type: entity_type?,
        id_prefix,
        columns,
        retention,
        published,
    })
}

fn text(value: Option<String>) -> Option<Text> {
    value.map(|text| text.as_str().into())
}

fn address(text: &str) -> Result<String, Message> {
    let web = text.starts_with("https://") || text.starts_with("http://");
    if web && model::id::is_absolute_iri(text) { Ok(text.to_owned()) } else { Err(Code::NoAddress.into()) }
}

fn publisher(section: &mut Section<'_>) -> Option<Agent> {
    let Some(mut publisher) = section.child("publisher") else {
        let _ = section.need("publisher", Code::NamePublisher);
        return None;
    };
    let name = publisher.need("name", Code::NameOffice);
    let homepage = publisher.read("homepage", Code::WriteAddress, address);
    publisher.finish();
    Some(Agent { name: name?.as_str().into(), homepage: text(homepage) })
}

fn contact(mut section: Section<'_>) -> Option<Contact> {
    let name = section.need("name", Code::NameContact);
    let email = text(section.text("email"));
    let url = text(section.read("url", Code::WriteAddress, address));
    section.finish();
    Some(Contact { name: name?.as_str().into(), email, url })
}

fn licence_of(section: &Section<'_>, written: &str) -> Option<Text> {
    let code = written.strip_prefix(licence::BASE).unwrap_or(written);
    if licence::codes().any(|known| known == code) {
        return Some(format!("{}{code}", licence::BASE).as_str().into());
    }
    let near = licences_like(code);
    let remedy = if near.is_empty() { Code::UseLicence.into() } else { Code::UseLicenceNear.with("near", near) };
    section.fault("licence", Some(written), Code::NoLicence, remedy);
    None
}

/// The licences that could have been meant. Their names are often known in
/// another order (`dl-de/by-2-0`), so parts are compared before letters.
fn licences_like(written: &str) -> Vec<&'static str> {
    let parts = |text: &str| -> BTreeSet<String> {
        text.to_lowercase().split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    let wanted = parts(written);
    let mut like: Vec<(usize, &str)> = licence::codes()
        .filter_map(|code| {
            let known = parts(code);
            let shared = known.intersection(&wanted).count();
            (2 * shared > known.len()).then(|| (known.len() + wanted.len() - 2 * shared, code))
        })
        .collect();
    like.sort();
    match like.is_empty() {
        true => nearest(written, licence::codes()).into_iter().collect(),
        false => like.into_iter().take(LICENCES_NEAR).map(|(_, code)| code).collect(),
    }
}

fn themes(section: &mut Section<'_>) -> Vec<Text> {
    let given = section.texts("themes");
    for theme in given.iter().filter(|theme| !THEMES.contains(&theme.as_str())) {
        section.fault("themes", Some(theme), Code::NoTheme, Code::UseSome.with("words", THEMES.to_vec()));
    }
    given.iter().map(|theme| Text::from(theme.as_str())).collect()
}

fn spatial(mut section: Section<'_>) -> Option<Spatial> {
    let iri = section.need("iri", Code::WriteSpatial);
    let label = section.need("label", Code::NameArea);
    section.finish();
    Some(Spatial { iri: iri?.as_str().into(), label: label?.as_str().into() })
}

/// The periods that the data cover (DCAT 3, class Dataset, property temporal coverage), by their
/// first and last day in Germany.
fn temporal(section: &mut Section<'_>) -> Vec<TimeWindow> {
    let mut periods: Vec<(String, TimeWindow)> = Vec::new();
    for mut part in section.children("temporal") {
        let path = part.path.clone();
        if let Some((first, period)) = period(&mut part) {
            if let Some((other, _)) = periods.iter().find(|(_, known)| known.start < period.end && period.start < known.end) {
                part.fault("start", Some(&first), Code::PeriodsOverlap.with("other", other.as_str()), Code::PartPeriods);
            }
            periods.push((path, period));
        }
        part.finish();
    }
    let mut temporal: Vec<TimeWindow> = periods.into_iter().map(|(_, period)| period).collect();
    temporal.sort_by_key(|period| period.start);
    temporal
}

/// The one period that earlier versions wrote, between instants: their definitions are still read,
/// and explain the values they made.
fn former_period(mut section: Section<'_>) -> Option<TimeWindow> {
    let instant = |text: &str| Instant::parse(text).map_err(|_| Code::NotAnInstant.with("value", text));
    let start = section.read("start", Code::WriteDate, instant);
    let end = section.read("end", Code::WriteDate, instant);
    let window = TimeWindow { start: start.unwrap_or(TimeWindow::ALL.start), end: end.unwrap_or(TimeWindow::ALL.end) };
    if window.is_empty() {
        section.fault("end", None, Code::PeriodReversed, Code::SwapPeriod);
    }
    section.finish();
    (!window.is_empty()).then_some(window)
}

/// A period with its first day as it is written.
fn period(part: &mut Section<'_>) -> Option<(String, TimeWindow)> {
    let first = part.need("start", Code::WriteDate);
    let start = first.as_ref().and_then(|_| part.read("start", Code::WriteDate, |text| midnight(text, 0)));
    let goes_on = !part.has("end");
    let end = part.read("end", Code::WriteDate, |text| midnight(text, 1));
    let period = TimeWindow { start: start?, end: if goes_on { TimeWindow::ALL.end } else { end? } };
    if period.is_empty() {
        let last = part.text("end");
        part.fault("end", last.as_deref(), Code::PeriodReversed, Code::SwapPeriod);
        return None;
    }
    first.map(|first| (first, period))
}

/// The instant in Germany at which the day begins that lies so many days after `JJJJ-MM-TT`.
fn midnight(text: &str, days_after: i32) -> Result<Instant, Message> {
    let date = || {
        // The parser takes times behind the date, too.
        let date: Date = text.parse().ok().filter(|_| text.len() == "JJJJ-MM-TT".len())?;
        let day = date.checked_add(days_after.days()).ok()?;
        let berlin = TimeZone::get("Europe/Berlin").expect("the time zone database is built in");
        day.to_zoned(berlin).ok()
    };
    let begin = date().ok_or_else(|| Code::NotADate.with("value", text))?;
    Ok(Instant::from_micros(begin.timestamp().as_microsecond()))
}

/// The attributes' columns and those that other sources of the dataset fill.
fn all_columns(section: &mut Section<'_>, mut columns: Vec<Column>, name: &dyn Fn(&str) -> Result<Name, Message>) -> Vec<Column> {
    for mut extra in section.children("column") {
        let attribute = extra.need("attribute", Code::NameAttribute);
        let attribute = attribute.and_then(|term| match name(&term) {
            Ok(name) => Some(name),
            Err(reason) => {
                extra.fault("attribute", Some(&term), reason, Code::UseAttributeTerm);
                None
            }
        });
        if attribute.is_some_and(|attribute| columns.iter().any(|column| column.attribute == attribute)) {
            extra.fault("attribute", None, Code::ColumnTwice, Code::DropOne);
        }
        columns.extend(attribute::column(
            extra,
            &Described { name: attribute, shape: Shape::Property(Scalar::Text), unit: None, observed: false },
        ));
    }
    columns
}
