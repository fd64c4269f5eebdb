//! What types and attributes there are: `/types`, `/attributes`
//! (NGSI-LD V1.9.1, clauses 5.7.5 to 5.7.10). All of it walks over the
//! entities a principal sees: it takes time that grows with their number.

use std::collections::{BTreeMap, BTreeSet};

use axum::response::Response;
use http::StatusCode;
use model::json::write_string;
use model::{Entity, Filter, Name, Query};

use crate::call::Call;
use crate::context::{Context, core};
use crate::error::Error;

/// What is known of an attribute.
#[derive(Default)]
struct Usage {
    /// The types of entities that have it.
    types: BTreeSet<Name>,
    /// The types of attributes it is used as.
    kinds: BTreeSet<&'static str>,
    /// How many entities have it.
    count: usize,
}

/// What of an attribute an answer tells (clauses 5.2.26 to 5.2.28).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Detail {
    /// In the list of attributes: the types of entities that have it.
    Types,
    /// In a type: what kinds of attribute it is.
    Kinds,
    /// By itself: both, and how many there are.
    All,
}

/// The types of entities: names, or with `details=true` their attributes too.
pub(crate) fn types(call: &Call) -> Result<Response, Error> {
    let context = call.reader_context()?;
    let details = call.params.flag("details")?;
    let mut counts: Vec<(String, Name)> =
        call.access.types()?.into_iter().map(|(name, _)| (context.compact(name).into_owned(), name)).collect();
    counts.sort();
    let mut page = Page::new(call, &context);
    if !details {
        page.list("EntityTypeList", "typeList", counts.iter().map(|(short, _)| short.as_str()));
        return Ok(page.answer());
    }
    page.out.push('[');
    for (index, (short, name)) in counts.iter().enumerate() {
        if index > 0 {
            page.out.push(',');
        }
        let usages = usages(call, Filter::Type(*name))?;
        page.open(name.iri(), "EntityType");
        page.text("typeName", short);
        page.texts("attributeNames", &short_names(usages.keys(), &context));
        page.close();
    }
    page.out.push(']');
    Ok(page.answer())
}

/// One type with its attributes.
pub(crate) fn one_type(call: &Call, text: &str) -> Result<Response, Error> {
    let context = call.reader_context()?;
    let name = context.find(text)?;
    let count = call.access.types()?.into_iter().find(|(known, _)| *known == name).map(|(_, count)| count);
    let count = count.ok_or_else(|| Error::not_found(format!("there is no entity of type `{text}` ({name})")))?;
    let mut page = Page::new(call, &context);
    page.open(name.iri(), "EntityTypeInfo");
    page.text("typeName", &context.compact(name));
    page.raw("entityCount", &count.to_string());
    let usages = usages(call, Filter::Type(name))?;
    page.key("attributeDetails");
    page.out.push('[');
    for (index, (attribute, usage)) in usages.iter().enumerate() {
        if index > 0 {
            page.out.push(',');
        }
        page.attribute(*attribute, usage, Detail::Kinds);
        page.out.push('}');
    }
    page.out.push(']');
    page.close();
    Ok(page.answer())
}

/// The names of attributes, or with `details=true` where they are used.
pub(crate) fn attributes(call: &Call) -> Result<Response, Error> {
    let context = call.reader_context()?;
    let details = call.params.flag("details")?;
    let usages = usages(call, Filter::Always)?;
    let mut page = Page::new(call, &context);
    if !details {
        let names = short_names(usages.keys(), &context);
        page.list("AttributeList", "attributeList", names.iter().map(String::as_str));
        return Ok(page.answer());
    }
    page.out.push('[');
    for (index, (name, usage)) in usages.iter().enumerate() {
        if index > 0 {
            page.out.push(',');
        }
        page.attribute(*name, usage, Detail::Types);
        page.close();
    }
    page.out.push(']');
    Ok(page.answer())
}

/// One attribute and where it is used.
pub(crate) fn attribute(call: &Call, text: &str) -> Result<Response, Error> {
    let context = call.reader_context()?;
    if core::is_non_reified(text) {
        return Err(Error::not_found(format!("`{text}` is not an attribute")));
    }
    let name = context.find(text)?;
    let usages = usages(call, Filter::Has(model::query::Path::value(name)))?;
    let usage = usages.get(&name).ok_or_else(|| Error::not_found(format!("no entity has an attribute `{text}` ({name})")))?;
    let mut page = Page::new(call, &context);
    page.attribute(name, usage, Detail::All);
    page.close();
    Ok(page.answer())
}

/// The attributes of the entities a principal sees.
fn usages(call: &Call, filter: Filter) -> Result<BTreeMap<Name, Usage>, Error> {
    let page = call.access.query(&Query::of(filter, usize::MAX))?;
    let mut usages = BTreeMap::new();
    for view in &page.views {
        note(view.entity(), &mut usages);
    }
    Ok(usages)
}

fn note(entity: &Entity, usages: &mut BTreeMap<Name, Usage>) {
    for (index, attribute) in entity.attributes.iter().enumerate() {
        let usage: &mut Usage = usages.entry(attribute.name).or_default();
        usage.types.extend(entity.types.iter().copied());
        usage.kinds.insert(attribute.value.type_name());
        let again = entity.attributes[..index].iter().any(|other| other.name == attribute.name);
        usage.count += usize::from(!again);
    }
}

fn short_names<'a>(names: impl Iterator<Item = &'a Name>, context: &Context) -> Vec<String> {
    let mut names: Vec<String> = names.map(|name| context.compact(*name).into_owned()).collect();
    names.sort();
    names
}

/// An answer as it is written.
struct Page<'a> {
    call: &'a Call,
    context: &'a Context,
    out: String,
}

impl<'a> Page<'a> {
    fn new(call: &'a Call, context: &'a Context) -> Self {
        Self { call, context, out: String::with_capacity(1024) }
    }

    fn open(&mut self, id: &str, kind: &str) {
        self.out.push('{');
        self.text("id", id);
        self.text("type", kind);
    }

    fn close(&mut self) {
        if self.call.media.embeds_context() {
            self.key("@context");
            self.out.push_str(self.context.json());
        }
        self.out.push('}');
    }

    fn key(&mut self, key: &str) {
        if !self.out.ends_with('{') {
            self.out.push(',');
        }
        self.out.push('"');
        self.out.push_str(key);
        self.out.push_str("\":");
    }

    fn raw(&mut self, key: &str, json: &str) {
        self.key(key);
        self.out.push_str(json);
    }

    fn text(&mut self, key: &str, text: &str) {
        self.key(key);
        write_string(text, &mut self.out);
    }

    fn texts(&mut self, key: &str, texts: &[String]) {
        self.key(key);
        self.out.push('[');
        for (index, text) in texts.iter().enumerate() {
            if index > 0 {
                self.out.push(',');
            }
            write_string(text, &mut self.out);
        }
        self.out.push(']');
    }

    fn list<'t>(&mut self, kind: &str, key: &str, texts: impl Iterator<Item = &'t str>) {
        let id = format!("urn:ngsi-ld:{kind}:{}", self.call.access.tenant());
        self.open(&id, kind);
        let texts: Vec<String> = texts.map(str::to_owned).collect();
        self.texts(key, &texts);
        self.close();
    }

    /// An Attribute, left open.
    fn attribute(&mut self, name: Name, usage: &Usage, detail: Detail) {
        let short = self.context.compact(name).into_owned();
        self.open(name.iri(), "Attribute");
        self.text("attributeName", &short);
        if detail == Detail::All {
            self.raw("attributeCount", &usage.count.to_string());
        }
        if detail != Detail::Types {
            let kinds: Vec<String> = usage.kinds.iter().map(|kind| (*kind).to_owned()).collect();
            self.texts("attributeTypes", &kinds);
        }
        if detail != Detail::Kinds {
            let types = short_names(usage.types.iter(), self.context);
            self.texts("typeNames", &types);
        }
    }

    fn answer(self) -> Response {
        self.call.answer(StatusCode::OK, self.context, self.out)
    }
}
