//! Parse, expand, validate and render one entity of 1 KB, against `serde_json`'s value.

use std::hint::black_box;
use std::time::Instant;

use anyhow::{Result, ensure};

use crate::reading::median;
use crate::report::Row;

/// An entity of about 1 KB with six attributes.
pub(crate) fn entity_json(group: &str, number: usize) -> String {
    format!(
        concat!(
            r#"{{"id":"urn:ngsi-ld:Bench:{group}-{number}","type":"Bench","#,
            r#""name":{{"type":"Property","value":"Messstelle {number} an der Weseler Straße, Fahrtrichtung stadteinwärts"}},"#,
            r#""location":{{"type":"GeoProperty","value":{{"type":"Point","coordinates":[7.61964,51.95319]}}}},"#,
            r#""temperature":{{"type":"Property","value":21.5,"unitCode":"CEL","observedAt":"2026-05-04T10:00:00Z","accuracy":{{"type":"Property","value":0.2}}}},"#,
            r#""relativeHumidity":{{"type":"Property","value":0.63,"unitCode":"P1","observedAt":"2026-05-04T10:00:00Z"}},"#,
            r#""no2":{{"type":"Property","value":38,"unitCode":"GQ","observedAt":"2026-05-04T10:00:00Z","quality":{{"type":"Property","value":"geprüft"}}}},"#,
            r#""refDevice":{{"type":"Relationship","object":"urn:ngsi-ld:Device:musterstadt-klima-{number}"}},"#,
            r#""description":{{"type":"LanguageProperty","languageMap":{{"de":"Eine Messstelle an einer viel befahrenen Straße.","en":"A station beside a busy street."}}}}}}"#
        ),
        group = group,
        number = number
    )
}

const ROUNDS: u32 = 200_000;

pub(crate) fn measure() -> Result<Row> {
    let text = entity_json("codec", 1);
    let context = ngsi_ld::Context::core();
    let options = ngsi_ld::RenderOptions::default();
    let parsed = ngsi_ld::parse_entity(text.as_bytes(), &context).map_err(|error| anyhow::anyhow!("{error:?}"))?;
    ensure!(parsed.attributes.len() == 7, "the entity has seven attributes");
    let ours = median(
        (0..5)
            .map(|_| {
                per_round(|| {
                    let entity = ngsi_ld::parse_entity(black_box(text.as_bytes()), &context);
                    entity.is_ok_and(|entity| !black_box(ngsi_ld::render_entity(&entity, &context, &options)).is_empty())
                })
            })
            .collect(),
    );
    let reference = median(
        (0..5)
            .map(|_| {
                per_round(|| {
                    let value: serde_json::Value = serde_json::from_slice(black_box(text.as_bytes())).unwrap_or_default();
                    !black_box(value.to_string()).is_empty()
                })
            })
            .collect(),
    );
    Ok(Row {
        row: "parse, expand, validate, render 1 KB",
        ours,
        unit: "µs",
        reference,
        ratio: ours / reference,
        goal: "≤ 3 µs (serde_json Value: parse, print)",
        met: ours <= 3.0,
    })
}

fn per_round(mut work: impl FnMut() -> bool) -> f64 {
    let start = Instant::now();
    let worked = (0..ROUNDS).all(|_| work());
    let micros = start.elapsed().as_secs_f64() * 1e6 / f64::from(ROUNDS);
    if worked { micros } else { f64::NAN }
}
