//! The core context, version 1.9, as tables (NGSI-LD V1.9.1, annex B).

use std::sync::LazyLock;

use super::Table;

/// The address of the core context this program speaks.
pub const URL: &str = "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.9.jsonld";

/// Where names go that no context knows.
pub const DEFAULT_VOCABULARY: &str = "https://uri.etsi.org/ngsi-ld/default-context/";

const NGSI_LD: &str = "https://uri.etsi.org/ngsi-ld/";
const GEOJSON: &str = "https://purl.org/geojson/vocab#";

/// Terms whose IRI is the namespace followed by the term.
const SAME: &str = "accept aggrMethods aggrParams aggrPeriodDuration Attribute attributeCount attributeDetails AttributeList attributeList \
    attributeName attributeNames attributes attributeTypes attrs avg cacheDuration collation contextSourceAlias contextSourceExtras \
    ContextSourceIdentity contextSourceInfo ContextSourceNotification ContextSourceRegistration contextSourceTimeAt contextSourceUptime \
    cooldown createdAt csf data datasetId Date DateTime deletedAt detail distinctCount endAt endpoint endTimeAt entities entity entityCount \
    entityId entityList EntityMap EntityType EntityTypeInfo EntityTypeList error errors ExecutionResultDetails expandValues expiresAt format \
    GeoProperty geoproperty geoQ georel idPattern information instanceId isActive join jsonKeys jsonldContext JsonProperty jsons lang \
    LanguageProperty lastFailure lastN lastNotification lastSuccess lastUsedAt linkedMaps ListProperty ListRelationship localOnly location \
    management managementInterval max min mode modifiedAt ngsildConformance ngsildproof Notification notification notificationTrigger \
    notifiedAt notifierInfo notUpdated observationInterval observationSpace observedAt omit operations operationSpace orderBy ordering pick \
    problemDetails Property propertyNames q reason receiverInfo refreshRate registrationId registrationName Relationship relationshipNames \
    resultStatus scope scopeQ showChanges Snapshot snapshotId snapshotLifetime SnapshotNotification snapshotPriority snapshotQueries \
    snapshotQueriesDetails snapshotStatus snapshotTemporalQueries snapshotTemporalQueriesDetails startAt status stddev Subscription \
    subscriptionId subscriptionName success sum sumsq sysAttrs TemporalProperty temporalQ tenant throttling Time timeAt timeInterval timeout \
    timeproperty timerel timesFailed timesSent totalCount triggerReason typeList typeName typeNames unchanged unitCode updated uri \
    VocabProperty watchedAttributes";

/// Terms whose IRI is the namespace, `has`, and the term with a capital.
const HAS: &str = "dataset entityMap entityMapLifetime joinLevel key languageMap languageMaps object objectList objectLists objects \
    objectType previousJson previousLanguageMap previousObject previousObjectList previousValue previousValueList previousVocab \
    splitEntities value valueList valueLists values valueType vocab vocabs";

/// Terms of GeoJSON.
const GEO: &str = "Feature FeatureCollection GeometryCollection LineString MultiLineString MultiPoint MultiPolygon Point Polygon bbox \
    coordinates features geometry properties";

/// The others.
const OTHERS: &[(&str, &str)] = &[
    ("id", "@id"),
    ("type", "@type"),
    ("json", "https://uri.etsi.org/ngsi-ld/hasJSON"),
    ("containedBy", "https://uri.etsi.org/ngsi-ld/isContainedBy"),
    ("description", "http://purl.org/dc/terms/description"),
    ("title", "http://purl.org/dc/terms/title"),
    ("langString", "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"),
];

struct Tables {
    by_term: Table<&'static str, String>,
    by_iri: Table<String, &'static str>,
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let same = SAME.split_ascii_whitespace().map(|term| (term, format!("{NGSI_LD}{term}")));
    let has = HAS.split_ascii_whitespace().map(|term| (term, format!("{NGSI_LD}has{}{}", term[..1].to_ascii_uppercase(), &term[1..])));
    let geo = GEO.split_ascii_whitespace().map(|term| (term, format!("{GEOJSON}{term}")));
    let others = OTHERS.iter().map(|(term, iri)| (*term, (*iri).to_owned()));
    let by_term: Table<&'static str, String> = same.chain(has).chain(geo).chain(others).collect();
    let by_iri = by_term.iter().map(|(term, iri)| (iri.clone(), *term)).collect();
    Tables { by_term, by_iri }
});

/// The IRI of a core term.
#[must_use]
pub fn iri_of(term: &str) -> Option<&'static str> {
    TABLES.by_term.get(term).map(String::as_str)
}

/// The core term of an IRI.
#[must_use]
pub fn term_of(iri: &str) -> Option<&'static str> {
    // Most names belong to none of these namespaces; that is cheaper to see than to hash.
    let ours = iri.starts_with(NGSI_LD)
        || iri.starts_with(GEOJSON)
        || iri.starts_with("http://purl.org/dc/terms/")
        || iri.starts_with("http://www.w3.org/1999/");
    if ours { TABLES.by_iri.get(iri).copied() } else { None }
}

/// The namespace of a core prefix.
#[must_use]
pub fn prefix(prefix: &str) -> Option<&'static str> {
    match prefix {
        "ngsi-ld" => Some(NGSI_LD),
        "geojson" => Some(GEOJSON),
        _ => None,
    }
}

/// An IRI written with a core prefix.
#[must_use]
pub fn prefixed(iri: &str) -> Option<String> {
    let with = |namespace: &str, prefix: &str| {
        iri.strip_prefix(namespace).filter(|rest| !rest.is_empty() && !rest.starts_with("//")).map(|rest| format!("{prefix}:{rest}"))
    };
    with(NGSI_LD, "ngsi-ld").or_else(|| with(GEOJSON, "geojson"))
}

/// Whether an address means the core context, in whichever version.
#[must_use]
pub fn is_core_url(url: &str) -> bool {
    let Some(rest) = url
        .strip_prefix("https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context")
        .or_else(|| url.strip_prefix("http://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context"))
    else {
        return false;
    };
    rest == ".jsonld" || matches!(rest.as_bytes(), [b'-', b'v', b'1', b'.', b'0'..=b'9', b'.', b'j', b's', b'o', b'n', b'l', b'd'])
}

/// Whether a term describes an entity or attribute and cannot be an attribute's name.
#[must_use]
pub fn is_non_reified(term: &str) -> bool {
    matches!(
        term,
        "id" | "type"
            | "scope"
            | "datasetId"
            | "instanceId"
            | "observedAt"
            | "createdAt"
            | "modifiedAt"
            | "deletedAt"
            | "expiresAt"
            | "unitCode"
            | "objectType"
            | "valueType"
            | "entity"
            | "entityList"
            | "previousValue"
            | "previousObject"
            | "previousLanguageMap"
            | "previousVocab"
            | "previousValueList"
            | "previousObjectList"
            | "previousJson"
    )
}
