//! Kept pages and the data they show.

use engine::Role;

use super::city::City;

const TODAY: &str = r#"
[dashboard]
slug = "heute"
title = { de = "Heute" }
summary = { de = "Wie ist die Luft?" }
published = true

[[tile]]
id = "luft"
question = { de = "Ist die Luft gut?" }
dataset = "luft"
attribute = "no2"
take = "highest"
stale_after = "2h"
sentence = { de = "{place}" }
"#;

#[tokio::test]
async fn a_dashboard_changed_or_gone_is_so_on_every_page_at_once() {
    let city = City::new().await;
    let access = city.engine.with_role(Role::Administrator);
    access.put_dashboard("heute", true, TODAY).await.expect("kept");
    let one = ["/dashboards/heute", "/dashboards/heute/kachel/luft", "/einbetten/dashboards/heute", "/anzeige/heute"];
    let lists = ["/", "/dashboards", "/suche?q=luft", "/suche?q=heute", "/sitemap.xml"];
    for path in one {
        assert!(city.get(path).await.expect(200).contains("Ist die Luft gut?"), "{path}");
        let policy = city.get(path).await.headers["content-security-policy"].to_str().expect("text").to_owned();
        assert_eq!(policy.contains("frame-ancestors *"), path.starts_with("/einbetten"), "{path}: kept with its own policy");
    }
    for path in lists {
        assert!(city.get(path).await.expect(200).contains("/dashboards/heute"), "{path}");
    }
    access.put_dashboard("heute", true, &TODAY.replace("gut?", "rein?")).await.expect("kept");
    for path in one {
        assert!(city.get(path).await.expect(200).contains("Ist die Luft rein?"), "{path}");
    }
    access.put_dashboard("heute", false, TODAY).await.expect("kept");
    for path in one {
        assert_eq!(city.get(path).await.status.as_u16(), 404, "{path}");
    }
    for path in lists {
        assert!(!city.get(path).await.expect(200).contains("/dashboards/heute"), "{path}");
    }
}

#[tokio::test]
async fn a_dataset_withdrawn_is_gone_from_every_page_at_once() {
    let city = City::new().await;
    let paths = ["/", "/datensaetze", "/datensaetze/luft", "/en/datensaetze/luft", "/datensaetze/luft/tabelle"];
    for path in paths {
        assert!(city.get(path).await.expect(200).contains("/datensaetze/luft"), "{path}");
    }
    let access = city.engine.with_role(Role::Administrator);
    let dataset = access.dataset("luft").expect("there");
    access.put_dataset(model::Dataset { published: false, ..(*dataset).clone() }).await.expect("withdrawn");
    for path in paths {
        let answer = city.get(path).await;
        assert_eq!(answer.status.as_u16(), if path.contains("luft") { 404 } else { 200 }, "{path}");
        assert!(path.contains("luft") || !answer.body.contains("/datensaetze/luft"), "{path}");
    }
    let inside = city.get_inside("/datensaetze/luft").await;
    assert!(inside.expect(200).contains("Nicht veröffentlicht"), "the page of somebody logged in");
    assert_eq!(city.get("/datensaetze/luft").await.status.as_u16(), 404);
}
