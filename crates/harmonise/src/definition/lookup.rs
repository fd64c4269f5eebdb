//! `[lookup.NAME]`: fields that are found by the value of others.

use model::Json;

use super::codes::is_same;
use super::section::Section;
use crate::fields::Fields;
use crate::issue::Issue;
use crate::message::Code;
use crate::municipality;
use crate::template::Template;

/// Fields looked up in a list.
#[derive(Debug, Clone)]
pub(crate) struct Lookup {
    name: String,
    key: Key,
    list: List,
    ignore_case: bool,
    /// What values bring that are not listed; `None` rejects their records.
    otherwise: Option<Brought>,
}

/// What is looked up.
#[derive(Debug, Clone)]
enum Key {
    Field(String),
    /// Several fields.
    Template(Template),
}

type Brought = Vec<(String, Json)>;

#[derive(Debug, Clone)]
enum List {
    /// Written in the definition.
    Own(Vec<(String, Brought)>),
    /// Today's municipality of an official key.
    Municipalities,
}

impl Lookup {
    /// The fields it reads.
    pub(crate) fn fields(&self) -> Vec<&str> {
        match &self.key {
            Key::Field(field) => vec![field],
            Key::Template(template) => template.fields().collect(),
        }
    }

    /// The fields it may bring.
    pub(crate) fn brings(&self) -> Vec<&str> {
        let mut names: Vec<&str> = match &self.list {
            List::Own(values) => values.iter().flat_map(|(_, fields)| fields).map(|(name, _)| name.as_str()).collect(),
            List::Municipalities => municipality::FIELDS.to_vec(),
        };
        names.extend(self.otherwise.iter().flatten().map(|(name, _)| name.as_str()));
        names
    }

    /// Adds what the record's value brings.
    ///
    /// # Errors
    /// The value is not listed, and such records are to be rejected.
    pub(crate) fn add_to(&self, fields: &mut Fields<'_>) -> Result<(), Issue> {
        let text = match &self.key {
            Key::Field(field) => fields.text(field).map(|text| text.into_owned()).unwrap_or_default(),
            Key::Template(template) => template.fill(fields).unwrap_or_default(),
        };
        let add = |brought: &Brought, fields: &mut Fields<'_>| {
            brought.iter().for_each(|(name, value)| fields.add(name.as_str(), value.clone()));
        };
        match &self.list {
            List::Own(values) => {
                if let Some((_, brought)) = values.iter().find(|(value, _)| is_same(value, &text, self.ignore_case)) {
                    add(brought, fields);
                    return Ok(());
                }
            }
            List::Municipalities => {
                if let Some(found) = municipality::today(&text) {
                    found.into_iter().for_each(|(name, value)| fields.add(name, value));
                    return Ok(());
                }
            }
        }
        match &self.otherwise {
            Some(default) => {
                add(default, fields);
                Ok(())
            }
            None => Err(Issue::refused(self.fields().first().copied().unwrap_or_default(), self.unlisted(text))),
        }
    }

    fn unlisted(&self, text: String) -> crate::message::Message {
        match self.list {
            List::Own(_) => Code::NotInList.with("value", text).with("list", self.name.as_str()),
            List::Municipalities => Code::MunicipalityKey.with("value", text),
        }
    }
}

/// Reads one `[lookup.NAME]`.
pub(super) fn lookup(name: String, mut section: Section<'_>) -> Option<Lookup> {
    let field = section.text("field");
    let template = section.read("template", Code::WriteTemplate, Template::parse);
    let key = match (field, template) {
        (Some(field), None) => Some(Key::Field(field)),
        (None, Some(template)) => Some(Key::Template(template)),
        (Some(_), Some(_)) => {
            section.fault("template", None, Code::KeysContradict.with("keys", vec!["field", "template"]), Code::KeepOne);
            None
        }
        (None, None) if section.has("template") || section.has("field") => None,
        (None, None) => section.need("field", Code::NameLookupField).map(Key::Field),
    };
    let ignore_case = section.flag("ignore_case").unwrap_or(false);
    let otherwise = otherwise(&mut section);
    let list = list(&mut section);
    section.finish();
    Some(Lookup { name, key: key?, list, ignore_case, otherwise })
}

fn otherwise(section: &mut Section<'_>) -> Option<Brought> {
    let strict = section.word("otherwise", &[("missing", false), ("reject", true)]);
    if section.has("default") && strict.is_some() {
        section.fault("otherwise", None, Code::DefaultTwice, Code::KeepOne);
    }
    let default = section.values("default");
    (strict != Some(true)).then_some(default)
}

fn list(section: &mut Section<'_>) -> List {
    let known = section.word("list", &[("municipalities", ())]);
    if section.has("list") && section.has("values") {
        section.fault("list", None, Code::KeysContradict.with("keys", vec!["list", "values"]), Code::KeepOne);
    }
    let mut values = Vec::new();
    for (value, fields) in section.values("values") {
        match fields {
            Json::Object(members) => values.push((value, members.into_iter().map(|(name, json)| (name.to_string(), json)).collect())),
            other => section.fault("values", Some(&other.to_string()), Code::BringsNothing.with("value", value), Code::WriteLookup),
        }
    }
    if known.is_some() {
        return List::Municipalities;
    }
    if values.is_empty() && !section.has("list") {
        section.fault("values", None, Code::TableEmpty, Code::ListLookup);
    }
    List::Own(values)
}
