use std::sync::Arc;

use expect_test::{Expect, expect};
use model::Json;
use proptest::prelude::*;

use super::*;

fn context(json: &str) -> Arc<Context> {
    Library::default().of(&model::json::parse(json.as_bytes()).expect("JSON"), None).expect("a context")
}

#[track_caller]
fn check(json: &str, terms: &[&str], expected: &Expect) {
    let outcome = match Library::default().of(&model::json::parse(json.as_bytes()).expect("JSON"), None) {
        Err(error) => error.to_string(),
        Ok(context) => {
            let lines = terms.iter().map(|term| match context.expand(term) {
                Ok(iri) => format!("{term} -> {iri} -> {}", context.compact(Name::intern(&iri).expect("a name"))),
                Err(error) => format!("{term}: {error}"),
            });
            lines.collect::<Vec<_>>().join("\n")
        }
    };
    expected.assert_eq(&outcome);
}

#[test]
fn the_core_alone() {
    check(
        "null",
        &[
            "no2",
            "location",
            "status",
            "title",
            "languageMap",
            "json",
            "ngsi-ld:no2",
            "ngsi-ld:default-context/x",
            "geojson:Point",
            "https://example.org/a",
            "ex:a",
            "Größe",
            "a-b",
            "1a",
            "",
        ],
        &expect![[r#"
            no2 -> https://uri.etsi.org/ngsi-ld/default-context/no2 -> no2
            location -> https://uri.etsi.org/ngsi-ld/location -> location
            status -> https://uri.etsi.org/ngsi-ld/status -> status
            title -> http://purl.org/dc/terms/title -> title
            languageMap -> https://uri.etsi.org/ngsi-ld/hasLanguageMap -> languageMap
            json -> https://uri.etsi.org/ngsi-ld/hasJSON -> json
            ngsi-ld:no2 -> https://uri.etsi.org/ngsi-ld/no2 -> ngsi-ld:no2
            ngsi-ld:default-context/x -> https://uri.etsi.org/ngsi-ld/default-context/x -> x
            geojson:Point -> https://purl.org/geojson/vocab#Point -> Point
            https://example.org/a -> https://example.org/a -> https://example.org/a
            ex:a -> ex:a -> ex:a
            Größe -> https://uri.etsi.org/ngsi-ld/default-context/Größe -> Größe
            a-b: `a-b` is not a name: expected a letter followed by letters, digits and `_`, such a name after a prefix (`ex:name`), or a full IRI
            1a: `1a` is not a name: expected a letter followed by letters, digits and `_`, such a name after a prefix (`ex:name`), or a full IRI
            : `` is not a name: expected a letter followed by letters, digits and `_`, such a name after a prefix (`ex:name`), or a full IRI"#]],
    );
}

#[test]
fn user_terms_prefixes_and_vocabulary() {
    check(
        r#"[{"ex":"https://example.org/","no2":"ex:NO2","o3":{"@id":"ex:ozone","@type":"@vocab"},"also":"no2","a-b":"ex:ab","status":"ex:status"},{"o3":"https://other.org/o3"}]"#,
        &["no2", "o3", "also", "a-b", "ex:free", "status", "so2", "https://example.org/ozone"],
        &expect![[r#"
            no2 -> https://example.org/NO2 -> no2
            o3 -> https://other.org/o3 -> o3
            also -> https://example.org/NO2 -> no2
            a-b -> https://example.org/ab -> a-b
            ex:free -> https://example.org/free -> ex:free
            status -> https://uri.etsi.org/ngsi-ld/status -> status
            so2 -> https://uri.etsi.org/ngsi-ld/default-context/so2 -> so2
            https://example.org/ozone -> https://example.org/ozone -> ex:ozone"#]],
    );
    check(
        r#"{"@vocab":"https://example.org/","no2":"https://other.org/no2"}"#,
        &["so2", "no2", "https://example.org/no2", "https://uri.etsi.org/ngsi-ld/default-context/so2"],
        &expect![[r#"
            so2 -> https://example.org/so2 -> so2
            no2 -> https://other.org/no2 -> no2
            https://example.org/no2 -> https://example.org/no2 -> https://example.org/no2
            https://uri.etsi.org/ngsi-ld/default-context/so2 -> https://uri.etsi.org/ngsi-ld/default-context/so2 -> ngsi-ld:default-context/so2"#]],
    );
    check(
        r#"{"no2":"https://example.org/no2"}"#,
        &["https://uri.etsi.org/ngsi-ld/default-context/no2"],
        &expect![[
            "https://uri.etsi.org/ngsi-ld/default-context/no2 -> https://uri.etsi.org/ngsi-ld/default-context/no2 -> ngsi-ld:default-context/no2"
        ]],
    );
}

#[test]
fn what_a_context_may_not_hold() {
    check(
        r#"{"a":{"@id":"https://example.org/a","@context":{}}}"#,
        &[],
        &expect!["the term `a` has an `@context` of its own; NGSI-LD forbids contexts inside terms"],
    );
    check(r#"{"a":5}"#, &[], &expect!["the term `a` of the `@context` must be a string or an object, not a number"]);
    check(r#"{"a":"no-where"}"#, &[], &expect!["the term `a` of the `@context` leads to `no-where`, which is not an absolute IRI"]);
    check(
        r#"{"@import":"https://example.org/c"}"#,
        &[],
        &expect!["`@import` in an `@context` is not supported; name the document in an array instead"],
    );
    check(
        r#""https://example.org/c.jsonld""#,
        &[],
        &expect![
            "the `@context` `https://example.org/c.jsonld` is not at hand and fetching from other servers is not configured; use one listed at `/ngsi-ld/v1/jsonldContexts/`, or send the terms inline as application/ld+json"
        ],
    );
    check(r#""c.jsonld""#, &[], &expect!["`c.jsonld` is not the address of an `@context`: expected http:// or https://"]);
    check("[[[[[[[[[[{}]]]]]]]]]]", &[], &expect!["`@context` nests deeper than 8 arrays and documents"]);
}

#[test]
fn documents_of_the_operator() {
    let documents = vec![
        (
            "https://example.org/a.jsonld".to_owned(),
            r#"{"@context":["https://example.org/b.jsonld",{"x":"https://example.org/X"}]}"#.to_owned(),
        ),
        ("https://example.org/b.jsonld".to_owned(), r#"{"@context":{"y":"https://example.org/Y"}}"#.to_owned()),
        ("https://example.org/loop.jsonld".to_owned(), r#"{"@context":"https://example.org/loop.jsonld"}"#.to_owned()),
    ];
    let library = Library::with_documents(documents).expect("documents");
    let context = library.at("https://example.org/a.jsonld", None).expect("given");
    assert_eq!(context.expand("x").expect("a name"), "https://example.org/X");
    assert_eq!(context.expand("y").expect("a name"), "https://example.org/Y");
    assert_eq!(context.url(), Some("https://example.org/a.jsonld"));
    assert!(library.at("https://example.org/loop.jsonld", None).is_err());
    assert!(Library::with_documents(vec![("https://example.org/".to_owned(), "{}".to_owned())]).is_err());
}

#[test]
fn shipped_documents_are_whole() {
    for (index, known) in KNOWN.iter().enumerate() {
        let document = Known::object(index);
        let terms = document.get("@context").and_then(Json::as_object).expect("a context object");
        let context = context(&format!("\"/ngsi-ld/v1/jsonldContexts/{}\"", known.id));
        assert_eq!(context.url(), Some(format!("/ngsi-ld/v1/jsonldContexts/{}", known.id).as_str()));
        for (term, _) in terms.iter().filter(|(term, _)| !term.starts_with('@') && is_plain_name(term)) {
            if core::iri_of(term).is_some() {
                continue;
            }
            let iri = context.expand(term).unwrap_or_else(|error| panic!("{}: {error}", known.id));
            let name = Name::intern(&iri).expect("a name");
            assert_eq!(context.expand(&context.compact(name)).expect("expands"), iri, "{}: {term}", known.id);
        }
    }
}

/// The combined context names everything the demo's definitions name.
#[test]
fn our_context_covers_the_demo() {
    let context = context("\"/ngsi-ld/v1/jsonldContexts/allmende\"");
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo/quellen");
    let mut count = 0;
    for file in std::fs::read_dir(folder).expect("the definitions of the demo") {
        let text = std::fs::read_to_string(file.expect("a file").path()).expect("text");
        for iri in text.split('"').filter(|part| part.starts_with("https://allmende.eu/def/")) {
            count += 1;
            let name = Name::intern(iri).expect("a name");
            assert!(is_plain_name(&context.compact(name)), "`{iri}` has no term in contexts/allmende.jsonld");
        }
    }
    assert!(count > 0);
    for (term, iri) in [
        ("AirQualityObserved", "https://smartdatamodels.org/dataModel.Environment/AirQualityObserved"),
        ("WeatherObserved", "https://smartdatamodels.org/dataModel.Weather/WeatherObserved"),
        ("OffStreetParking", "https://smartdatamodels.org/dataModel.Parking/OffStreetParking"),
        ("TrafficFlowObserved", "https://smartdatamodels.org/dataModel.Transportation/TrafficFlowObserved"),
        ("no2", "https://smartdatamodels.org/dataModel.Environment/no2"),
        ("temperature", "https://smartdatamodels.org/dataModel.Weather/temperature"),
        ("precipitation", "https://smartdatamodels.org/dataModel.Weather/precipitation"),
        ("availableSpotNumber", "https://smartdatamodels.org/dataModel.Parking/availableSpotNumber"),
        ("intensity", "https://smartdatamodels.org/dataModel.Transportation/intensity"),
        ("name", "https://smartdatamodels.org/name"),
        ("duration", "https://allmende.eu/def/duration"),
        ("Dataset", "http://www.w3.org/ns/dcat#Dataset"),
    ] {
        assert_eq!(context.expand(term).expect("a name"), iri);
    }
    let other = Name::known("https://smartdatamodels.org/dataModel.Environment/temperature");
    assert_eq!(context.compact(other), "environment:temperature");
}

#[test]
fn readers_do_not_fill_the_table_of_names() {
    let core = Context::core();
    let asked = core.find("neverWrittenByAnybody").expect("a name");
    assert_eq!(asked.iri(), "https://uri.etsi.org/ngsi-ld/unknown-name");
    assert_eq!(Name::find("https://uri.etsi.org/ngsi-ld/default-context/neverWrittenByAnybody"), None);
}

#[test]
fn core_addresses_are_exact() {
    for good in
        ["https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context.jsonld", "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.3.jsonld"]
    {
        assert!(core::is_core_url(good), "{good}");
    }
    for bad in [
        "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-non-existing.jsonld",
        "https://example.org/ngsi-ld-core-context.jsonld",
        "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.10.jsonld",
    ] {
        assert!(!core::is_core_url(bad), "{bad}");
    }
}

proptest! {
    /// Whatever a name is expanded to, its short form is expanded to the same again.
    #[test]
    fn compaction_then_expansion_is_identity(
        terms in proptest::collection::vec(("[a-zA-Z][a-z0-9]{0,4}", "(https://[a-c]\\.org/[#/a-c]{0,4}|ex:[a-c]{0,2}|https://uri\\.etsi\\.org/ngsi-ld/(default-context/)?[a-c]{1,2})"), 0..6),
        vocabulary in proptest::option::of("https://[a-c]\\.org/"),
        term in "([a-zA-Z][a-z0-9]{0,4}|ex:[a-c]{1,3}|https://[a-c]\\.org/[a-c#/]{1,5}|location|status|ngsi-ld:[a-c]{1,3})",
    ) {
        let mut members = vec![("ex".into(), Json::from("https://a.org/"))];
        for (key, iri) in terms {
            if !members.iter().any(|(known, _): &(Text, Json)| *known == key) {
                members.push((key.into(), Json::from(iri.as_str())));
            }
        }
        members.extend(vocabulary.map(|iri| ("@vocab".into(), Json::from(iri.as_str()))));
        let context = Library::default().of(&Json::Object(members), None);
        prop_assume!(context.is_ok());
        let context = context.expect("checked");
        if let Ok(iri) = context.expand(&term) {
            let name = Name::intern(&iri).expect("a name");
            let short = context.compact(name).into_owned();
            prop_assert_eq!(context.expand(&short).expect("a compacted name is a name"), iri, "by way of {}", short);
        }
    }

    #[test]
    fn malformed_contexts_never_panic(text in "[\\[\\]{}\":,@a-z/.#]{0,60}") {
        if let Ok(json) = model::json::parse(text.as_bytes()) {
            let _ = Library::default().of(&json, Some("stadt.example"));
        }
    }
}
