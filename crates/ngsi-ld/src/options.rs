//! `format`, `options` and the other parameters that say how entities are
//! written (NGSI-LD V1.9.1, clause 6.3.7).

use http::HeaderMap;
use model::Name;

use crate::context::Context;
use crate::error::Error;
use crate::params::Params;
use crate::projection::{Datasets, Languages, Projection};
use crate::wire::render::{Form, RenderOptions};

/// How entities are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Representation {
    #[default]
    Normalized,
    Concise,
    Simplified,
    TemporalValues,
    AggregatedValues,
}

/// What a reader asked for.
#[derive(Debug, Clone)]
pub(crate) struct ReadOptions {
    pub(crate) render: RenderOptions,
    pub(crate) representation: Representation,
    pub(crate) count: bool,
    pub(crate) geometry_property: Option<Name>,
    /// `Prefer: body=json`: the `@context` of GeoJSON goes into `Link`.
    pub(crate) context_in_link: bool,
}

impl ReadOptions {
    pub(crate) fn read(params: &Params, context: &Context, headers: &HeaderMap, temporal: bool) -> Result<Self, Error> {
        let words = Words::read(params.get("options"), temporal)?;
        let representation = match params.get("format") {
            Some(word) => representation(word, temporal).ok_or_else(|| unknown_word("format", word, temporal))?,
            None => words.representation.unwrap_or_default(),
        };
        let form = match representation {
            Representation::Concise => Form::Concise,
            Representation::Simplified => Form::Simplified,
            Representation::Normalized | Representation::TemporalValues | Representation::AggregatedValues => Form::Normalized,
        };
        let projection = Projection::read(params.get("pick"), params.get("omit"), params.get("attrs"), context)?;
        params.flag("local")?;
        let render = RenderOptions {
            form,
            sys_attrs: words.sys_attrs || params.flag("sysAttrs")?,
            projection,
            datasets: params.get("datasetId").map(Datasets::read).transpose()?,
            languages: params.get("lang").map(Languages::read).transpose()?,
            embed_context: false,
        };
        let geometry_property = params.get("geometryProperty").map(|name| context.find(name)).transpose()?;
        Ok(Self {
            render,
            representation,
            count: words.count || params.flag("count")?,
            geometry_property,
            context_in_link: prefers_json_body(headers),
        })
    }
}

/// `Prefer: body=json` (clause 6.3.6).
fn prefers_json_body(headers: &HeaderMap) -> bool {
    let preferences = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    preferences.map(|preference| preference.trim().replace('"', "")).any(|preference| preference.eq_ignore_ascii_case("body=json"))
}

#[derive(Default)]
struct Words {
    representation: Option<Representation>,
    sys_attrs: bool,
    count: bool,
}

impl Words {
    fn read(options: Option<&str>, temporal: bool) -> Result<Self, Error> {
        let mut words = Self::default();
        for word in options.into_iter().flat_map(|options| options.split(',')).map(str::trim) {
            match word {
                "sysAttrs" => words.sys_attrs = true,
                "count" => words.count = true,
                other => match representation(other, temporal) {
                    Some(representation) => words.representation = Some(representation),
                    None => return Err(unknown_word("options", other, temporal)),
                },
            }
        }
        Ok(words)
    }
}

fn representation(word: &str, temporal: bool) -> Option<Representation> {
    match word {
        "normalized" => Some(Representation::Normalized),
        "temporalValues" | "simplified" if temporal => Some(Representation::TemporalValues),
        "aggregatedValues" if temporal => Some(Representation::AggregatedValues),
        "concise" if !temporal => Some(Representation::Concise),
        "simplified" | "keyValues" if !temporal => Some(Representation::Simplified),
        _ => None,
    }
}

fn unknown_word(parameter: &str, word: &str, temporal: bool) -> Error {
    let known =
        if temporal { "normalized, temporalValues, simplified, aggregatedValues" } else { "normalized, concise, simplified, keyValues" };
    let more = if parameter == "options" { ", sysAttrs, count" } else { "" };
    Error::invalid_request(format!("`{parameter}={word}` is not known here; expected {known}{more}"))
}

/// A word of `options` that a write knows.
///
/// # Errors
/// The word is not among those known (InvalidRequest).
pub(crate) fn write_option<'a>(params: &Params, known: &[&'a str]) -> Result<Option<&'a str>, Error> {
    let Some(text) = params.get("options") else { return Ok(None) };
    let mut found = None;
    for word in text.split(',').map(str::trim) {
        let one = known.iter().find(|one| **one == word);
        found =
            Some(*one.ok_or_else(|| Error::invalid_request(format!("`options={word}` is not known here; expected {}", known.join(", "))))?);
    }
    Ok(found)
}
