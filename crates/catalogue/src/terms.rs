//! The words of the vocabularies DCAT-AP.de is made of.

use oxrdf::NamedNodeRef;

/// Prefix and namespace of each vocabulary, as the documents abbreviate them.
pub(crate) const PREFIXES: [(&str, &str); 14] = [
    ("adms", "http://www.w3.org/ns/adms#"),
    ("dcat", dcat::BASE),
    // With a slash: DCAT-AP's own namespace, which some shapes misspell with `#`.
    ("dcatap", "http://data.europa.eu/r5r/"),
    ("dcatde", dcatde::BASE),
    ("dct", dct::BASE),
    ("foaf", foaf::BASE),
    ("geosparql", geosparql::BASE),
    ("hydra", hydra::BASE),
    ("rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"),
    ("rdfs", rdfs::BASE),
    ("skos", skos::BASE),
    ("theme", "http://publications.europa.eu/resource/authority/data-theme/"),
    ("vcard", vcard::BASE),
    ("xsd", "http://www.w3.org/2001/XMLSchema#"),
];

macro_rules! vocabulary {
    ($(#[$doc:meta])* $module:ident = $base:literal: $($constant:ident = $local:literal),* $(,)?) => {
        $(#[$doc])*
        pub(crate) mod $module {
            use super::NamedNodeRef;

            pub(crate) const BASE: &str = $base;
            $(pub(crate) const $constant: NamedNodeRef<'static> = NamedNodeRef::new_unchecked(concat!($base, $local));)*
        }
    };
}

vocabulary! {
    /// DCAT 3.
    dcat = "http://www.w3.org/ns/dcat#":
    CATALOG = "Catalog", DATASET = "Dataset", DISTRIBUTION = "Distribution", DATA_SERVICE = "DataService",
    DATASET_OF = "dataset", SERVICE = "service", DISTRIBUTION_OF = "distribution", THEME = "theme", THEME_TAXONOMY = "themeTaxonomy",
    KEYWORD = "keyword", CONTACT_POINT = "contactPoint", LANDING_PAGE = "landingPage", ACCESS_URL = "accessURL",
    DOWNLOAD_URL = "downloadURL", ACCESS_SERVICE = "accessService", MEDIA_TYPE = "mediaType", ENDPOINT_URL = "endpointURL",
    ENDPOINT_DESCRIPTION = "endpointDescription", SERVES_DATASET = "servesDataset", START_DATE = "startDate", END_DATE = "endDate",
    BBOX = "bbox", CENTROID = "centroid",
}

vocabulary! {
    /// Dublin Core terms.
    dct = "http://purl.org/dc/terms/":
    TITLE = "title", DESCRIPTION = "description", PUBLISHER = "publisher", IDENTIFIER = "identifier", LICENSE = "license",
    RIGHTS = "rights", ACCESS_RIGHTS = "accessRights", FORMAT = "format", LANGUAGE = "language", ISSUED = "issued", MODIFIED = "modified",
    FREQUENCY = "accrualPeriodicity", SPATIAL = "spatial", TEMPORAL = "temporal", PROVENANCE = "provenance", TYPE = "type",
    LOCATION = "Location", PERIOD_OF_TIME = "PeriodOfTime", PROVENANCE_STATEMENT = "ProvenanceStatement",
}

vocabulary! {
    /// DCAT-AP.de.
    dcatde = "http://dcat-ap.de/def/dcatde/":
    CONTRIBUTOR_ID = "contributorID", GEOCODING_LEVEL = "politicalGeocodingLevelURI", ATTRIBUTION = "licenseAttributionByText",
}

vocabulary! {
    /// People and organisations.
    foaf = "http://xmlns.com/foaf/0.1/":
    AGENT = "Agent", ORGANIZATION = "Organization", NAME = "name", HOMEPAGE = "homepage", PAGE = "page",
}

vocabulary! {
    /// GeoSPARQL.
    geosparql = "http://www.opengis.net/ont/geosparql#":
    WKT = "wktLiteral",
}

vocabulary! {
    /// Paging.
    hydra = "http://www.w3.org/ns/hydra/core#":
    PARTIAL_VIEW = "PartialCollectionView", PAGED_COLLECTION = "PagedCollection", NEXT = "next", NEXT_PAGE = "nextPage",
    FIRST = "first", FIRST_PAGE = "firstPage", TOTAL_ITEMS = "totalItems", ITEMS_PER_PAGE = "itemsPerPage",
}

vocabulary! {
    /// RDF Schema.
    rdfs = "http://www.w3.org/2000/01/rdf-schema#":
    LABEL = "label",
}

vocabulary! {
    /// SKOS.
    skos = "http://www.w3.org/2004/02/skos/core#":
    PREF_LABEL = "prefLabel",
}

vocabulary! {
    /// vCard.
    vcard = "http://www.w3.org/2006/vcard/ns#":
    KIND = "Kind", VCARD_ORGANIZATION = "Organization", FN = "fn", HAS_EMAIL = "hasEmail", HAS_URL = "hasURL",
}
