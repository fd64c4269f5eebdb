//! What goes out: feeds, the page of a dataset's interface, the way from a chart's point to its source.

use super::city::City;

#[tokio::test]
async fn feeds_tell_what_changed_and_pages_name_them() {
    let city = City::new().await;
    let all = city.get("/changes.atom").await;
    assert_eq!(all.header("content-type"), "application/atom+xml; charset=utf-8");
    let parts = [
        "<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"de\">",
        "<id>urn:allmende:changes:musterstadt</id>",
        "<link rel=\"self\" type=\"application/atom+xml\" href=\"https://daten.musterstadt.example/changes.atom\"/>",
        "<title>Luft &lt;/title&gt;&lt;script&gt;</title>",
        "<author><name>Umweltbundesamt</name>",
        "<updated>2026-05-04T10:00:00Z</updated>",
    ];
    for part in parts {
        assert!(all.expect(200).contains(part), "{part} is not in\n{}", all.body);
    }
    assert_eq!(all.body.matches("<entry>").count(), 2, "what is not published is not told");
    let one = city.get("/en/datensaetze/luft/changes.atom").await;
    for part in ["<title>141 new values</title>", "<id>urn:ngsi-ld:Dataset:luft:2026-05-04</id>", "xml:lang=\"en\""] {
        assert!(one.expect(200).contains(part), "{part} is not in\n{}", one.body);
    }
    city.get("/datensaetze/geheim/changes.atom").await.expect(404);
    let start = city.get("/").await.body;
    assert!(start.contains("type=\"application/atom+xml\" href=\"/changes.atom\""), "{start}");
    assert!(city.get("/datensaetze/luft").await.body.contains("type=\"application/atom+xml\" href=\"/datensaetze/luft/changes.atom\""));
    let known = axum::http::Request::get("/changes.atom").header("if-none-match", all.header("etag"));
    city.send(known.body(axum::body::Body::empty()).expect("valid")).await.expect(304);
}

#[tokio::test]
async fn the_interface_shows_requests_and_their_real_answers() {
    let city = City::new().await;
    let page = city.get("/datensaetze/luft/api?frage=tabelle").await;
    let parts = [
        "GET https://daten.musterstadt.example/datensaetze/luft/daten.csv",
        "Status 200 OK",
        "text/csv",
        "id,name,time,no2",
        "curl --fail &#34;https://daten.musterstadt.example/datensaetze/luft/daten.csv&#34;",
        "/ngsi-ld/v1/temporal/entities/",
        "Hier steht nur der Anfang.",
    ];
    for part in parts {
        assert!(page.expect(200).contains(part), "{part} is not in\n{}", page.body);
    }
    for path in ["frage=quatsch", "anzahl=0", "anzahl=101", "anzahl=viele"] {
        city.get(&format!("/datensaetze/luft/api?{path}")).await.expect(400);
    }
    city.get("/datensaetze/luft/api?spalte=fehlt").await.expect(404);
    city.get("/datensaetze/geheim/api").await.expect(404);
}

#[tokio::test]
async fn every_point_of_a_chart_leads_to_its_source() {
    let city = City::new().await;
    let body = city.get("/datensaetze/luft").await.body.replace("&#38;", "&");
    let table = body.split("id=\"c-no2-table\"").nth(1).and_then(|rest| rest.split("</table>").next()).expect("the table");
    let ways: Vec<&str> = table.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    // 31 hours of two stations; the second misses one of them.
    assert_eq!(ways.len(), 31 * 2 - 1, "{table}");
    for way in [ways[0], ways[ways.len() - 1]] {
        let answer = city.get(way).await;
        answer.expect(303);
        let target = answer.header("location");
        assert!(target.contains("/herkunft?") && target.contains("&zeit="), "{way} → {target}");
        assert!(city.get(target).await.expect(200).contains("Lauf 1"));
    }
    let day = "/datensaetze/luft/herkunft?id=AirQualityObserved%3ADENW095&spalte=no2&ab=2026-05-01T22:00:00Z&schritt=day";
    let many = city.get(day).await;
    many.expect(303);
    assert_eq!(
        many.header("location"),
        "/datensaetze/luft/tabelle?ort=AirQualityObserved%3ADENW095&von=2026-05-02&vor=2026-05-02T22:00:00Z"
    );
    assert_eq!(city.get(many.header("location")).await.expect(200).matches("<time ").count(), 24);
    city.get(&day.replace("=day", "=eon")).await.expect(400);
    city.get(&day.replace("2026", "1999")).await.expect(404);
}
