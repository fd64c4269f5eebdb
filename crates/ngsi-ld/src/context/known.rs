//! Context documents that travel with the program, so that nothing has to be
//! fetched for the data models the platform itself uses. Sources and licences
//! are listed in `contexts/README.md`.

use std::sync::{Arc, LazyLock};

use super::{Context, Definitions};
use model::Json;

/// A context document that travels with the program.
#[derive(Debug)]
pub struct Known {
    /// Its name in `/ngsi-ld/v1/jsonldContexts/{id}`.
    pub id: &'static str,
    /// The document.
    pub document: &'static str,
    /// The addresses under which others publish it.
    pub urls: &'static [&'static str],
}

/// The documents, ours first.
pub static KNOWN: &[Known] = &[
    Known { id: "allmende", document: include_str!("../../contexts/allmende.jsonld"), urls: &[] },
    Known {
        id: "dataModel.Environment",
        document: include_str!("../../contexts/dataModel.Environment.jsonld"),
        urls: &[
            "https://raw.githubusercontent.com/smart-data-models/dataModel.Environment/master/context.jsonld",
            "https://smart-data-models.github.io/dataModel.Environment/context.jsonld",
        ],
    },
    Known {
        id: "dataModel.Parking",
        document: include_str!("../../contexts/dataModel.Parking.jsonld"),
        urls: &[
            "https://raw.githubusercontent.com/smart-data-models/dataModel.Parking/master/context.jsonld",
            "https://smart-data-models.github.io/dataModel.Parking/context.jsonld",
        ],
    },
    Known {
        id: "dataModel.Transportation",
        document: include_str!("../../contexts/dataModel.Transportation.jsonld"),
        urls: &[
            "https://raw.githubusercontent.com/smart-data-models/dataModel.Transportation/master/context.jsonld",
            "https://smart-data-models.github.io/dataModel.Transportation/context.jsonld",
        ],
    },
    Known {
        id: "dataModel.Weather",
        document: include_str!("../../contexts/dataModel.Weather.jsonld"),
        urls: &[
            "https://raw.githubusercontent.com/smart-data-models/dataModel.Weather/master/context.jsonld",
            "https://smart-data-models.github.io/dataModel.Weather/context.jsonld",
        ],
    },
];

static DEFINITIONS: LazyLock<Vec<Definitions>> = LazyLock::new(|| KNOWN.iter().map(definitions).collect());

impl Known {
    /// The document with this id.
    #[must_use]
    pub fn by_id(id: &str) -> Option<usize> {
        KNOWN.iter().position(|known| known.id == id)
    }

    /// The document that others publish at this address.
    #[must_use]
    pub fn by_url(url: &str) -> Option<usize> {
        KNOWN.iter().position(|known| known.urls.contains(&url))
    }

    /// What the document at a place in [`KNOWN`] defines.
    #[must_use]
    pub fn object(index: usize) -> Json {
        model::json::parse(KNOWN[index].document.as_bytes()).expect("a shipped document is JSON, as the tests see")
    }
}

fn definitions(known: &Known) -> Definitions {
    let document = model::json::parse(known.document.as_bytes()).expect("a shipped document is JSON, as the tests see");
    let members = document.get("@context").and_then(Json::as_object).expect("a shipped document holds a context object, as the tests see");
    let mut definitions = Definitions::default();
    definitions.add(members).expect("a shipped document is a valid context, as the tests see");
    definitions.finish()
}

/// The context of one shipped document under the address it was asked for.
pub(super) fn context(index: usize, url: &str) -> Arc<Context> {
    let mut json = String::with_capacity(url.len() + 2);
    model::json::write_string(url, &mut json);
    Arc::new(Context::new(json, Some(url.to_owned()), Some(DEFINITIONS[index].clone())))
}
