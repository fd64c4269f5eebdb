//! Which entities a query asks for, from parameters or a body
//! (NGSI-LD V1.9.1, clauses 5.7.2, 5.2.23, 4.9 to 4.23).

use model::query::{Filter, OrderBy, OrderKey, Path, Pattern};
use model::{Iri, Json, Name};

use crate::context::{Context, core};
use crate::error::Error;
use crate::params::Params;
use crate::projection::{Datasets, Languages, Projection, attribute_names};
use crate::wire::parse::CONTEXT;
use crate::wire::render::RenderOptions;
use crate::{geoq, q, scopeq, typesel};

/// Which entities, in which order.
pub(super) struct Selection {
    pub(super) filter: Filter,
    pub(super) order: Vec<OrderKey>,
}

/// Conditions as they are gathered.
#[derive(Default)]
struct Gathered {
    filters: Vec<Filter>,
    /// Whether something narrows the query that is not just an id.
    narrow: bool,
}

impl Gathered {
    fn add(&mut self, filter: Filter, narrows: bool) {
        self.narrow |= narrows;
        if filter != Filter::Always {
            self.filters.push(filter);
        }
    }

    fn q(&mut self, text: &str, context: &Context, expanded: &[Name]) -> Result<(), Error> {
        let filter = q::parse_expanding(text, context, expanded)?;
        let narrows = q::names_an_attribute(&filter);
        self.add(filter, narrows);
        Ok(())
    }

    fn projection(&mut self, projection: &Projection) {
        let named = |names: &[Name]| names.iter().any(|name| core::term_of(name.iri()).is_none_or(|term| !core::is_non_reified(term)));
        self.add(projection.filter(), matches!(projection, Projection::Attrs(names) if named(names)));
    }

    fn finish(self, order: Vec<OrderKey>) -> Result<Selection, Error> {
        if !self.narrow {
            return Err(Error::bad_request(
                "the query is too wide; it needs `type`, `attrs`, a `q` on an attribute, a geographic query, `scopeQ`, or `local=true`",
            ));
        }
        let mut filters = self.filters;
        let filter = match filters.len() {
            0 => Filter::Always,
            1 => filters.remove(0),
            _ => Filter::And(filters),
        };
        Ok(Selection { filter, order })
    }
}

impl Selection {
    /// From the parameters of a GET.
    pub(super) fn of_params(params: &Params, context: &Context, projection: &Projection) -> Result<Self, Error> {
        let mut all = Gathered { narrow: params.flag("local")?, ..Gathered::default() };
        if let Some(ids) = params.get("id") {
            all.add(ids_filter(ids.split(','))?, false);
        } else if let Some(pattern) = params.get("idPattern") {
            all.add(id_pattern(pattern)?, false);
        }
        if let Some(text) = params.get("type") {
            if text.trim() == "*" && params.get("local") == Some("false") {
                return Err(Error::bad_request("`type=*` asks for entities of this server; it contradicts `local=false`"));
            }
            all.add(typesel::parse(text, context)?, true);
        }
        if let Some(text) = params.get("scopeQ") {
            all.add(scopeq::parse(text)?, true);
        }
        let coordinates = params.get("coordinates").map(coordinates).transpose()?;
        let parts = geoq::Parts {
            georel: params.get("georel"),
            geometry: params.get("geometry"),
            coordinates: coordinates.as_ref(),
            geoproperty: params.get("geoproperty"),
        };
        if let Some(filter) = geoq::parse(parts, context)? {
            all.add(filter, true);
        }
        let expanded =
            params.get("expandValues").map(|names| attribute_names("expandValues", names, context)).transpose()?.unwrap_or_default();
        if let Some(text) = params.get("q") {
            all.q(text, context, &expanded)?;
        }
        all.projection(projection);
        all.finish(params.get("orderBy").map(|text| order_by(text, context)).transpose()?.unwrap_or_default())
    }

    /// From the body of a POST; what it says of the form of the answer goes into `render`.
    pub(super) fn of_body(body: &Json, context: &Context, render: &mut RenderOptions, local: bool) -> Result<Self, Error> {
        let members = body.as_object().ok_or_else(|| Error::bad_request(format!("a Query must be an object, not {}", body.kind())))?;
        let mut all = Gathered { narrow: local, ..Gathered::default() };
        let mut typed = false;
        let mut order = Vec::new();
        let (mut q, mut expanded) = (None, Vec::new());
        let (mut pick, mut omit, mut attrs) = (None, None, None);
        for (key, value) in members {
            match key.as_str() {
                CONTEXT => {}
                "type" | "@type" => typed = value.as_str() == Some("Query"),
                "entities" => all.add(selectors(value, context)?, true),
                "q" => q = Some(text(key, value)?),
                "expandValues" => expanded = attribute_names(key, text(key, value)?, context)?,
                "scopeQ" => all.add(scopeq::parse(text(key, value)?)?, true),
                "geoQ" => all.add(geo_query(value, context)?, true),
                "pick" => pick = Some(words(key, value)?.join(",")),
                "omit" => omit = Some(words(key, value)?.join(",")),
                "attrs" => attrs = Some(words(key, value)?.join(",")),
                "datasetId" => render.datasets = Some(Datasets::read(&words(key, value)?.join(","))?),
                "lang" => render.languages = Some(Languages::read(text(key, value)?)?),
                "ordering" => order = ordering(value, context)?,
                "temporalQ" => return Err(Error::bad_request("`temporalQ` belongs to temporal queries")),
                other => {
                    return Err(Error::bad_request(format!(
                        "the member `{other}` of a Query is not known or not offered; known: type, entities, q, expandValues, geoQ, scopeQ, attrs, pick, omit, datasetId, lang, ordering"
                    )));
                }
            }
        }
        if !typed {
            return Err(Error::bad_request("the body must say `\"type\": \"Query\"`"));
        }
        if let Some(text) = q {
            all.q(text, context, &expanded)?;
        }
        render.projection = Projection::read(pick.as_deref(), omit.as_deref(), attrs.as_deref(), context)?;
        all.projection(&render.projection);
        all.finish(order)
    }
}

fn ids_filter<'a>(ids: impl Iterator<Item = &'a str>) -> Result<Filter, Error> {
    let ids: Result<Vec<Iri>, Error> =
        ids.map(|id| Iri::parse(id.trim()).map_err(|error| Error::bad_request(format!("`id`: {error}")))).collect();
    ids.map(Filter::Id)
}

fn id_pattern(pattern: &str) -> Result<Filter, Error> {
    if pattern.contains("**") {
        return Err(Error::bad_request(format!(
            "`idPattern={pattern}`: `**` has no meaning in a regular expression; `.*` matches anything"
        )));
    }
    Pattern::parse(pattern).map(Filter::IdMatches).map_err(|error| Error::bad_request(format!("`idPattern`: {error}")))
}

fn coordinates(text: &str) -> Result<Json, Error> {
    model::json::parse(text.as_bytes())
        .map_err(|error| Error::bad_request(format!("`coordinates={text}`: a JSON array such as [7.6,51.9] is expected ({error})")))
}

/// `entities`: selectors are alternatives; each has a type (clause 5.2.33).
fn selectors(value: &Json, context: &Context) -> Result<Filter, Error> {
    let items = value
        .as_array()
        .filter(|items| !items.is_empty())
        .ok_or_else(|| Error::bad_request("`entities` must be an array with at least one selector"))?;
    let one = |item: &Json| -> Result<Filter, Error> {
        let members = item
            .as_object()
            .ok_or_else(|| Error::bad_request(format!("a selector in `entities` must be an object, not {}", item.kind())))?;
        if let Some((key, _)) = members.iter().find(|(key, _)| !matches!(key.as_str(), "type" | "@type" | "id" | "@id" | "idPattern")) {
            return Err(Error::bad_request(format!("the member `{key}` of a selector is not known; known: type, id, idPattern")));
        }
        let kind =
            item.get("type").or_else(|| item.get("@type")).ok_or_else(|| Error::bad_request("a selector in `entities` needs a `type`"))?;
        let mut filter = typesel::parse(text("type", kind)?, context)?;
        if let Some(id) = item.get("id").or_else(|| item.get("@id")) {
            filter = filter.and(match id {
                Json::Array(_) => ids_filter(words("id", id)?.into_iter())?,
                single => ids_filter([text("id", single)?].into_iter())?,
            });
        } else if let Some(pattern) = item.get("idPattern") {
            filter = filter.and(id_pattern(text("idPattern", pattern)?)?);
        }
        Ok(filter)
    };
    items.iter().map(one).collect::<Result<Vec<Filter>, Error>>().map(Filter::any)
}

fn geo_query(value: &Json, context: &Context) -> Result<Filter, Error> {
    let parsed = value.get("coordinates").and_then(Json::as_str).map(coordinates).transpose()?;
    let member = |name: &str| value.get(name).map(|json| text(name, json)).transpose();
    let parts = geoq::Parts {
        georel: member("georel")?,
        geometry: member("geometry")?,
        coordinates: parsed.as_ref().or_else(|| value.get("coordinates")),
        geoproperty: member("geoproperty")?,
    };
    geoq::parse(parts, context)?.ok_or_else(|| Error::bad_request("`geoQ` is empty"))
}

fn ordering(value: &Json, context: &Context) -> Result<Vec<OrderKey>, Error> {
    let members = value.as_object().ok_or_else(|| Error::bad_request("`ordering` must be an object"))?;
    if let Some((key, _)) = members.iter().find(|(key, _)| key != "orderBy") {
        return Err(Error::bad_request(format!("`{key}` in `ordering` is not offered; only `orderBy` is")));
    }
    let keys = value.get("orderBy").ok_or_else(|| Error::bad_request("`ordering` needs `orderBy`"))?;
    order_by(&words("orderBy", keys)?.join(","), context)
}

/// `orderBy` (clause 4.23): paths, each with `;asc` or `;desc`.
fn order_by(text: &str, context: &Context) -> Result<Vec<OrderKey>, Error> {
    let key = |part: &str| {
        let (path, direction) = part.split_once(';').unwrap_or((part, "asc"));
        let descending = match direction {
            "asc" => false,
            "desc" => true,
            other => return Err(Error::bad_request(format!("`orderBy={text}`: `{other}` is not offered; expected asc or desc"))),
        };
        let by = match path.trim() {
            "" => return Err(Error::bad_request(format!("`orderBy={text}`: an attribute, id, createdAt or modifiedAt is expected"))),
            "id" => OrderBy::Id,
            "type" | "scope" => return Err(Error::bad_request(format!("`orderBy={text}`: ordering by `{path}` is not offered"))),
            other => order_path(other, context)?,
        };
        Ok(OrderKey { by, descending })
    };
    text.split(',').map(key).collect()
}

fn order_path(text: &str, context: &Context) -> Result<OrderBy, Error> {
    // A path in `q` without an operator is exactly the path of a key.
    match q::parse(text, context)? {
        Filter::Has(Path { attribute: None, target: model::query::Target::CreatedAt, .. }) => Ok(OrderBy::CreatedAt),
        Filter::Has(Path { attribute: None, target: model::query::Target::ModifiedAt, .. }) => Ok(OrderBy::ModifiedAt),
        Filter::Has(path) => Ok(OrderBy::Path(path)),
        _ => Err(Error::bad_request(format!("`orderBy`: `{text}` is not the path of an attribute"))),
    }
}

fn text<'a>(member: &str, value: &'a Json) -> Result<&'a str, Error> {
    value.as_str().ok_or_else(|| Error::bad_request(format!("`{member}` must be a string, not {}", value.kind())))
}

/// An array of strings, not empty.
fn words<'a>(member: &str, value: &'a Json) -> Result<Vec<&'a str>, Error> {
    let items = value
        .as_array()
        .filter(|items| !items.is_empty())
        .ok_or_else(|| Error::bad_request(format!("`{member}` must be an array of strings with at least one")))?;
    items.iter().map(|item| text(member, item)).collect()
}
