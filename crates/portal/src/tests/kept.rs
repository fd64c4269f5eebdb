//! Kept pages and the data they show.

use engine::Role;

use super::city::City;

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
