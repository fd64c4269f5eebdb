//! `[dataset]`: what the catalogue says of the data.

use model::dataset::{Agent, Column, Contact, Spatial};
use model::{Dataset, EntityId, Instant, Name, Text, TimeWindow};

use super::attribute::{self, Described, Shape};
use super::section::Section;
use super::source::is_slug;

/// The EU's data themes.
const THEMES: [&str; 14] =
    ["AGRI", "ECON", "EDUC", "ENER", "ENVI", "GOVE", "HEAL", "INTR", "JUST", "OP_DATPRO", "REGI", "SOCI", "TECH", "TRAN"];
/// Where dcat-ap.de keeps its licences.
const LICENCES: &str = "http://dcat-ap.de/def/licenses/";

/// Reads `[dataset]`; `columns` come from the attributes.
pub(super) fn dataset(
    mut section: Section<'_>,
    entity_type: Option<Name>,
    columns: Vec<Column>,
    name: &dyn Fn(&str) -> Result<Name, String>,
) -> Option<Dataset> {
    let slug = section.need("slug", "give the dataset a short name for its address, such as `luftqualitaet`").and_then(|slug| {
        if is_slug(&slug) {
            return Some(slug);
        }
        section.fault("slug", Some(&slug), "this is no slug", "use 1 to 63 characters a-z, 0-9 and `-`, beginning with a letter");
        None
    });
    let id = section.read("id", "write a URN or URL", |text| EntityId::parse(text).map_err(|error| error.to_string()));
    let title = section.need_languages("title");
    let summary = section.need_languages("summary");
    let description = section.need_languages("description");
    let publisher = publisher(&mut section);
    let contact = section.child("contact").and_then(contact);
    let licence = section.need("licence", "name a licence of dcat-ap.de such as `dl-by-de/2.0`").and_then(|text| licence(&section, &text));
    let attribution = text(section.text("attribution"));
    let provenance = section.need_languages("provenance");
    let landing_page = section.read("landing_page", "write an address with https://", address);
    let themes = themes(&mut section);
    let keywords = section.texts("keywords").iter().map(|word| Text::from(word.as_str())).collect();
    let frequency = text(section.text("frequency"));
    let spatial = section.child("spatial").and_then(spatial);
    let period = section.child("period").and_then(period);
    let id_prefix = text(section.text("id_prefix"));
    let published = section.flag("published").unwrap_or(false);
    let columns = all_columns(&mut section, columns, name);
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
        period,
        entity_type: entity_type?,
        id_prefix,
        columns,
        published,
    })
}

fn text(value: Option<String>) -> Option<Text> {
    value.map(|text| text.as_str().into())
}

fn address(text: &str) -> Result<String, String> {
    let web = text.starts_with("https://") || text.starts_with("http://");
    if web && model::id::is_absolute_iri(text) { Ok(text.to_owned()) } else { Err("this is no address".to_owned()) }
}

fn publisher(section: &mut Section<'_>) -> Option<Agent> {
    let Some(mut publisher) = section.child("publisher") else {
        let _ = section.need("publisher", "say who decided to publish the data: `publisher = { name = \"…\", homepage = \"https://…\" }`");
        return None;
    };
    let name = publisher.need("name", "name the office");
    let homepage = publisher.read("homepage", "write an address with https://", address);
    publisher.finish();
    Some(Agent { name: name?.as_str().into(), homepage: text(homepage) })
}

fn contact(mut section: Section<'_>) -> Option<Contact> {
    let name = section.need("name", "name the office people can ask");
    let email = text(section.text("email"));
    let url = text(section.read("url", "write an address with https://", address));
    section.finish();
    Some(Contact { name: name?.as_str().into(), email, url })
}

fn licence(section: &Section<'_>, written: &str) -> Option<Text> {
    let iri = if written.contains("://") { written.to_owned() } else { format!("{LICENCES}{written}") };
    if iri.starts_with(LICENCES) && model::id::is_absolute_iri(&iri) {
        return Some(iri.as_str().into());
    }
    section.fault(
        "licence",
        Some(written),
        "this is no licence of dcat-ap.de",
        "use for example `dl-by-de/2.0`, `dl-zero-de/2.0` or `cc-by/4.0`",
    );
    None
}

fn themes(section: &mut Section<'_>) -> Vec<Text> {
    let given = section.texts("themes");
    for theme in given.iter().filter(|theme| !THEMES.contains(&theme.as_str())) {
        section.fault("themes", Some(theme), "this is no EU data theme", format!("use some of `{}`", THEMES.join("`, `")));
    }
    given.iter().map(|theme| Text::from(theme.as_str())).collect()
}

fn spatial(mut section: Section<'_>) -> Option<Spatial> {
    let iri = section.need("iri", "write an IRI such as `http://dcat-ap.de/def/politicalGeocoding/regionalKey/055150000000`");
    let label = section.need("label", "say what the area is called");
    section.finish();
    Some(Spatial { iri: iri?.as_str().into(), label: label?.as_str().into() })
}

fn period(mut section: Section<'_>) -> Option<TimeWindow> {
    let instant = |text: &str| Instant::parse(text).map_err(|error| error.to_string());
    let start = section.read("start", "write for example `2022-01-01T00:00:00Z`", instant);
    let end = section.read("end", "write for example `2024-01-01T00:00:00Z`", instant);
    let window = TimeWindow { start: start.unwrap_or(TimeWindow::ALL.start), end: end.unwrap_or(TimeWindow::ALL.end) };
    if window.is_empty() {
        section.fault("end", None, "the period ends before it begins", "swap `start` and `end`");
    }
    section.finish();
    Some(window)
}

/// The attributes' columns and those that other sources of the dataset fill.
fn all_columns(section: &mut Section<'_>, mut columns: Vec<Column>, name: &dyn Fn(&str) -> Result<Name, String>) -> Vec<Column> {
    for mut extra in section.children("column") {
        let attribute = extra.need("attribute", "name the attribute");
        let attribute = attribute.and_then(|term| match name(&term) {
            Ok(name) => Some(name),
            Err(reason) => {
                extra.fault(
                    "attribute",
                    Some(&term),
                    reason,
                    "use a term of the type's data model, declare it in `[terms]`, or write an IRI",
                );
                None
            }
        });
        if attribute.is_some_and(|attribute| columns.iter().any(|column| column.attribute == attribute)) {
            extra.fault("attribute", None, "this attribute has a column already", "drop one of them");
        }
        columns.extend(attribute::column(extra, &Described { name: attribute, shape: Shape::Text, unit: None, observed: false }));
    }
    columns
}
