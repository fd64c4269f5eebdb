//! Names of the dataset entity's type and attributes.

use std::sync::LazyLock;

use crate::Name;

macro_rules! terms {
    ($($(#[$doc:meta])* $function:ident = $iri:literal;)*) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $function() -> Name {
            static NAME: LazyLock<Name> = LazyLock::new(|| Name::known($iri));
            *NAME
        }
    )*};
}

terms! {
    /// The entity type of datasets.
    dataset = "http://www.w3.org/ns/dcat#Dataset";
    /// LanguageProperty: the title.
    title = "http://purl.org/dc/terms/title";
    /// LanguageProperty: the description.
    description = "http://purl.org/dc/terms/description";
    /// LanguageProperty: two plain sentences.
    summary = "https://allmende.eu/def/summary";
    /// Property: the slug.
    slug = "https://allmende.eu/def/slug";
    /// JsonProperty: the publisher.
    publisher = "http://purl.org/dc/terms/publisher";
    /// JsonProperty: the contact.
    contact = "http://www.w3.org/ns/dcat#contactPoint";
    /// Property: the licence's IRI.
    licence = "http://purl.org/dc/terms/license";
    /// Property: the source line.
    attribution = "http://dcat-ap.de/def/dcatde/licenseAttributionByText";
    /// LanguageProperty: where the data came from.
    provenance = "http://purl.org/dc/terms/provenance";
    /// Property: the address the data came from.
    landing_page = "http://www.w3.org/ns/dcat#landingPage";
    /// ListProperty: theme codes.
    themes = "http://www.w3.org/ns/dcat#theme";
    /// ListProperty: keywords.
    keywords = "http://www.w3.org/ns/dcat#keyword";
    /// Property: frequency code.
    frequency = "http://purl.org/dc/terms/accrualPeriodicity";
    /// JsonProperty: spatial coverage.
    spatial = "http://purl.org/dc/terms/spatial";
    /// JsonProperty: the periods covered.
    temporal = "http://purl.org/dc/terms/temporal";
    /// JsonProperty: which entities belong to it.
    selection = "https://allmende.eu/def/selection";
    /// JsonProperty: its columns.
    columns = "https://allmende.eu/def/columns";
    /// JsonProperty: how long values are kept.
    retention = "https://allmende.eu/def/retention";
    /// Property: whether it is published.
    published = "https://allmende.eu/def/published";
}
