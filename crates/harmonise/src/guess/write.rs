//! A plan and a person's answers as the definition of a source.

use std::fmt::Write as _;

use model::Class;

use super::{Column, Kind, Meaning, Plan, Writing, attribute_name};
use crate::template::slug;
use crate::terms::ALLMENDE;

/// What only a person knows.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Answers {
    /// Name in addresses; also the source's name. Never changes.
    pub slug: String,
    /// What the dataset is called.
    pub title: String,
    /// What it says, in two sentences.
    pub summary: String,
    /// Who decided to publish it.
    pub publisher: String,
    /// Code of the licence (`dl-by-de/2.0`).
    pub licence: String,
    /// Code of the EU data theme (`ENVI`), when one fits.
    pub theme: Option<String>,
    /// The period that the data cover, when that was said.
    #[serde(default)]
    pub temporal: Option<Period>,
    /// Where the data come from, in a sentence.
    pub provenance: String,
    /// Whether the data speak of persons: then nothing of them is open.
    pub personal: bool,
    /// Whether everybody may see them.
    pub published: bool,
}

/// A period as it was typed: days as `JJJJ-MM-TT`.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Period {
    /// The first day.
    pub start: String,
    /// The last day; empty when the data go on.
    pub end: String,
}

/// The type of a dataset's entities: `freie-parkplaetze` is `FreieParkplaetze`.
#[must_use]
pub fn type_name(slug: &str) -> String {
    let mut name = String::new();
    for part in slug.split('-').filter(|part| !part.is_empty()) {
        let mut letters = part.chars();
        name.extend(letters.next().into_iter().flat_map(char::to_uppercase).chain(letters));
    }
    name
}

/// Writes the definition. The same plan and answers give the same text.
#[must_use]
pub fn definition(plan: &Plan, answers: &Answers) -> String {
    let mut out = Toml(String::new());
    let names = names(plan);
    out.line("[source]");
    out.text("name", &answers.slug);
    out.line("version = 1");
    out.line(&format!("title = {{ de = {} }}", quoted(&answers.title)));
    out.text("transport", "push");
    format(&mut out, plan);
    time(&mut out, plan);
    out.section("terms");
    let own = type_name(&answers.slug);
    out.text(&own, &format!("{ALLMENDE}{own}"));
    for (_, name) in names.iter().filter(|(column, _)| plan.name.as_deref() != Some(&column.field)) {
        out.text(name, &format!("{ALLMENDE}{name}"));
    }
    out.section("entity");
    out.text("type", &own);
    let row = plan.by_row.then(|| format!("{{{}}}", row_field(plan)));
    let gaps: Vec<String> = plan.key.iter().map(|field| format!("{{{field}|slug}}")).chain(row).collect();
    let rest = if gaps.is_empty() { answers.slug.clone() } else { gaps.join("-") };
    out.text("id", &format!("urn:ngsi-ld:{own}:{rest}"));
    attributes(&mut out, plan, answers, &names);
    dataset(&mut out, answers, &own);
    out.0
}

/// TOML as people write it.
struct Toml(String);

impl Toml {
    fn line(&mut self, text: &str) {
        self.0.push_str(text);
        self.0.push('\n');
    }

    fn section(&mut self, name: &str) {
        let _ = write!(self.0, "\n[{name}]\n");
    }

    fn text(&mut self, key: &str, value: &str) {
        let line = format!("{key} = {}", quoted(value));
        self.line(&line);
    }

    fn texts(&mut self, key: &str, values: &[String]) {
        let values: Vec<String> = values.iter().map(|value| quoted(value)).collect();
        let line = format!("{key} = [{}]", values.join(", "));
        self.line(&line);
    }
}

/// A basic string (TOML 1.0, section String).
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Attribute names of the columns that become attributes, each once.
fn names(plan: &Plan) -> Vec<(&Column, String)> {
    let mut names: Vec<(&Column, String)> = Vec::new();
    for column in plan.columns.iter().filter(|column| matches!(column.meaning, Meaning::Text | Meaning::Number | Meaning::YesNo)) {
        let base = if plan.name.as_deref() == Some(&column.field) { "name".to_owned() } else { attribute_name(&column.label) };
        let is_free = |name: &str| names.iter().all(|(_, known)| known != name);
        let numbered = (2..).map(|count| format!("{base}{count}"));
        let name = std::iter::once(base.clone()).chain(numbered).find(|name| is_free(name)).unwrap_or(base);
        names.push((column, name));
    }
    names
}

fn format(out: &mut Toml, plan: &Plan) {
    let layout = &plan.layout;
    out.section("format");
    let kind = match layout.kind {
        Kind::Csv => "csv",
        Kind::Xlsx => "xlsx",
        Kind::Json => "json",
        Kind::GeoJson => "geojson",
    };
    out.text("kind", kind);
    for (key, value) in [("encoding", &layout.encoding), ("sheet", &layout.sheet)] {
        if let Some(value) = value {
            out.text(key, value);
        }
    }
    if let Some(delimiter) = layout.delimiter {
        out.text("delimiter", &if delimiter == '\t' { "tab".to_owned() } else { delimiter.to_string() });
    }
    if matches!(layout.kind, Kind::Csv | Kind::Xlsx) {
        out.line(&format!("header = {}", layout.header));
        if layout.header == 0 {
            let fields: Vec<String> = plan.columns.iter().map(|column| column.field.clone()).collect();
            out.texts("columns", &fields);
        }
    }
    if let Some(records) = layout.records.as_ref().filter(|records| !records.is_empty() && layout.kind == Kind::Json) {
        out.text("records", records);
    }
    if let Some(member) = &layout.member {
        out.text("key", member);
    }
    if plan.by_row {
        out.text("number", &row_field(plan));
    }
    let general = general(plan);
    writing(out, general);
    if !plan.missing.is_empty() {
        out.texts("missing", &plan.missing);
    }
}

/// The field that holds the number of a row: a name that no column has.
fn row_field(plan: &Plan) -> String {
    let is_free = |name: &String| plan.columns.iter().all(|column| column.field != *name);
    std::iter::once("zeile".to_owned()).chain((2..).map(|n| format!("zeile{n}"))).find(is_free).expect("columns come to an end")
}

fn writing(out: &mut Toml, writing: Writing) {
    out.text("decimal", &writing.decimal.to_string());
    if let Some(thousands) = writing.thousands {
        out.text("thousands", &thousands.to_string());
    }
}

/// How coordinates are written, and numbers where no column says otherwise: a point has no writing of its own.
fn general(plan: &Plan) -> Writing {
    let first = plan.one(Meaning::East).or_else(|| plan.one(Meaning::Number));
    first.map_or(Writing { decimal: '.', thousands: None }, |column| column.writing)
}

fn time(out: &mut Toml, plan: &Plan) {
    let (fields, pattern) = super::time::fields(plan);
    if fields.is_empty() {
        return;
    }
    out.section("time");
    out.texts("fields", &fields.into_iter().map(str::to_owned).collect::<Vec<_>>());
    out.texts("patterns", &[pattern]);
    out.text("zone", &plan.zone);
    out.text("repeated_hour", "by-order");
}

fn attributes(out: &mut Toml, plan: &Plan, answers: &Answers, names: &[(&Column, String)]) {
    let timed = plan.times().next().is_some();
    if plan.name.is_none() && plan.key.is_empty() {
        out.line("\n[[attribute]]");
        out.text("name", "name");
        if plan.by_row {
            let title = answers.title.replace(['{', '}', '|'], "");
            out.text("template", &format!("{title} {{{}}}", row_field(plan)));
        } else {
            out.text("value", &answers.title);
        }
        attribute_end(out, timed, &Column { over_time: false, ..unnamed("Bezeichnung") }, answers);
    }
    if let Some((x, y)) = place_fields(plan) {
        out.line("\n[[attribute]]");
        out.text("name", "location");
        out.text("kind", "GeoProperty");
        if let (Some(x), Some(y)) = (x, y) {
            out.text("x", x);
            out.text("y", y);
        }
        if let Some(crs) = plan.crs.as_ref().filter(|crs| *crs != "EPSG:4326") {
            out.text("crs", crs);
        }
        attribute_end(out, timed, &Column { over_time: false, ..unnamed("Lage") }, answers);
    }
    for (column, name) in names {
        out.line("\n[[attribute]]");
        out.text("name", name);
        out.text("field", &column.field);
        match column.meaning {
            Meaning::Number => {
                out.text("as", "number");
                if column.writing != general(plan) {
                    writing(out, column.writing);
                }
            }
            Meaning::YesNo => out.text("as", "bool"),
            _ => {}
        }
        if let Some(unit) = &column.unit {
            out.text("unit", unit);
        }
        attribute_end(out, timed, column, answers);
    }
}

/// The fields of the place; `None` inside for GeoJSON, whose geometry has its own.
fn place_fields(plan: &Plan) -> Option<(Option<&str>, Option<&str>)> {
    if plan.layout.kind == Kind::GeoJson {
        return Some((None, None));
    }
    let (east, north) = (plan.one(Meaning::East)?, plan.one(Meaning::North)?);
    Some((Some(&east.field), Some(&north.field)))
}

fn unnamed(label: &str) -> Column {
    Column {
        field: String::new(),
        label: label.to_owned(),
        meaning: Meaning::Text,
        unit: None,
        writing: Writing { decimal: '.', thousands: None },
        pattern: None,
        over_time: false,
        personal: None,
    }
}

fn attribute_end(out: &mut Toml, timed: bool, column: &Column, answers: &Answers) {
    if timed && !column.over_time {
        out.line("observed = false");
    }
    // Data of persons are never open, whatever becomes of the dataset.
    let class = match (answers.personal, column.personal) {
        (true, Some(_)) => Class::Personal,
        (true, None) => Class::Restricted,
        (false, _) => Class::Open,
    };
    out.line(&format!("column = {{ label = {{ de = {} }}, class = {} }}", quoted(&column.label), quoted(class.word())));
}

fn dataset(out: &mut Toml, answers: &Answers, own: &str) {
    out.section("dataset");
    out.line(&format!("published = {}", answers.published && !answers.personal));
    out.text("slug", &answers.slug);
    for (key, text) in
        [("title", &answers.title), ("summary", &answers.summary), ("description", &answers.summary), ("provenance", &answers.provenance)]
    {
        out.line(&format!("{key} = {{ de = {} }}", quoted(text)));
    }
    out.line(&format!("publisher = {{ name = {} }}", quoted(&answers.publisher)));
    out.text("licence", &answers.licence);
    out.text("attribution", &answers.publisher);
    if let Some(theme) = &answers.theme {
        out.texts("themes", std::slice::from_ref(theme));
    }
    if let Some(period) = &answers.temporal {
        let end = if period.end.is_empty() { String::new() } else { format!(", end = {}", quoted(&period.end)) };
        out.line(&format!("temporal = [{{ start = {}{end} }}]", quoted(&period.start)));
    }
    out.text("frequency", "IRREG");
    out.text("id_prefix", &format!("urn:ngsi-ld:{own}:"));
}

/// A name for addresses made from a title: lower case, at most 50 signs, beginning with a letter.
#[must_use]
pub fn slug_of(title: &str) -> String {
    let mut slug = slug(title);
    slug.truncate(50);
    slug.truncate(slug.trim_end_matches('-').len());
    if slug.starts_with(|first: char| first.is_ascii_lowercase()) { slug } else { format!("daten-{slug}").trim_end_matches('-').to_owned() }
}

/// A definition with its dataset opened or closed; everything else stays as it is written.
/// `None` when it declares no dataset.
#[must_use]
pub fn with_published(definition: &str, published: bool) -> Option<String> {
    let mut out = String::with_capacity(definition.len() + 20);
    let (mut inside, mut done) = (false, false);
    for line in definition.lines() {
        let bare = line.trim();
        if bare.starts_with('[') {
            inside = bare == "[dataset]";
        }
        let is_it = inside && bare.split('=').next().is_some_and(|key| key.trim() == "published");
        if is_it {
            continue;
        }
        out.push_str(line);
        out.push('\n');
        if bare == "[dataset]" && !done {
            let _ = writeln!(out, "published = {published}");
            done = true;
        }
    }
    done.then_some(out)
}
