use expect_test::expect;

use super::*;

/// Fahrenheit-like nonsense that only a code list explains.
fn mended() -> String {
    WEATHER.replace(r#"decimal = ",""#, "decimal = \",\"\nmissing = [\"defekt\"]")
}

async fn replay(city: &City) -> String {
    match city.ingest.replay(&city.editor(), "wetter").await {
        Ok(report) => report.to_string(),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn a_mended_mapping_empties_the_quarantine() {
    let city = City::with(&[(
        "mai.csv",
        &MAY.replace("TEMP", "TEMP;Rest").replace("11,5", "11,5;").replace("12,0", "12,0;").replace("13,25", "13.25.1;"),
    )])
    .await;
    city.run().await.expect("runs");
    assert_eq!(city.waiting().lines().count(), 1, "{}", city.waiting());

    expect!["0 records left the quarantine, 1 wait on; 0 values new, 0 corrected"].assert_eq(&replay(&city).await);
    // Reading the number of another column is what mends it here.
    city.put(&WEATHER.replace(r#"field = "TEMP""#, r#"field = "warm""#).replace(
        "[entity]",
        "[[compute]]\nfield = \"warm\"\nexpression = '.TEMP | sub(\"\\\\.1$\"; \"\") | sub(\"\\\\.\"; \",\")'\n\n[entity]",
    ))
    .await;
    expect!["1 records left the quarantine, 0 wait on; 1 values new, 0 corrected"].assert_eq(&replay(&city).await);
    expect!["05-01T10=11.5 05-01T11=13.25"].assert_eq(&city.temperatures("nord").await);
    expect!["1 v1 mai.csv Done; 2 v1 replay Done; 3 v2 replay Done"].assert_eq(&city.runs());

    let trace = city
        .ingest
        .trace(&city.editor(), &station_id("nord"), temperature(), None, Some(at("2026-05-01T11:00:00Z")))
        .await
        .expect("traced");
    let raw = trace.raw.expect("an editor may see it");
    assert_eq!((raw.run.input.as_str(), raw.record), ("mai.csv", 4), "a replayed value leads to the line it came from");
    expect!["0 records left the quarantine, 0 wait on; 0 values new, 0 corrected"].assert_eq(&replay(&city).await);
}

#[tokio::test]
async fn a_replay_waits_for_the_run_that_ends() {
    let mut city = City::with(&[("mai.csv", &MAY.replace("12,0", "heiss"))]).await;
    city.run().await.expect("runs");
    city.ingest = Ingest::new(Engine::clone(&city.engine), Config::at(city.folder.path()));
    let turn = city.ingest.turn(&city.editor(), "wetter").expect("nobody has it");
    let (said, ()) = tokio::join!(replay(&city), async { drop(turn) });
    expect!["0 records left the quarantine, 1 wait on; 0 values new, 0 corrected"].assert_eq(&said);
}

#[tokio::test]
async fn what_is_still_wrong_waits_with_the_reason_of_now() {
    let city = City::with(&[("mai.csv", &MAY.replace("12,0", "heiss"))]).await;
    city.run().await.expect("runs");
    let before = city.waiting();
    city.put(&WEATHER.replace(r#"patterns = ["YYYY-MM-DD hh:mm"]"#, r#"patterns = ["DD.MM.YYYY"]"#)).await;
    expect!["0 records left the quarantine, 1 wait on; 0 values new, 0 corrected"].assert_eq(&replay(&city).await);
    let now = city.waiting();
    assert_ne!(before, now);
    assert_eq!(now.lines().count(), 1, "{now}");
    assert!(now.starts_with("run 1 record 3:"), "{now}");
}

#[tokio::test]
async fn a_run_under_a_mended_mapping_settles_what_waited() {
    let city = City::with(&[("mai.csv", &MAY.replace("12,0", "defekt").replace("13,25", "sehr"))]).await;
    city.run().await.expect("runs");
    assert_eq!(city.waiting().lines().count(), 2);
    city.put(&mended()).await;
    let report = city.run_text().await;
    expect![[r#"
        `mai.csv`: run 2, 3 records, 0 values new, 1 unchanged, 0 corrected, 0 flagged, 1 records in quarantine
    "#]]
    .assert_eq(&report);
    assert!(city.waiting().starts_with("run 2 record 4:"), "{}", city.waiting());
    assert_eq!(city.waiting().lines().count(), 1);
}

/// A column for every reading, each an instance of its own.
fn wide() -> String {
    let wide = "[wide]\ncolumns = '^c(?<number>\\d+)$'\nvalue = \"TEMP\"\n\n[entity]";
    WEATHER.replace("[entity]", wide).replace("quality = { max = 50 }", "dataset_id = \"urn:ngsi-ld:Reading:{number}\"")
}

#[tokio::test]
async fn what_the_engine_refuses_waits_with_its_bytes() {
    // One more than the instances an entity may have, in the second row only.
    let columns: String = (0..10_001).map(|column| format!(";c{column}")).collect();
    let few = format!("nord;2026-05-01 10:00;1,5{}", ";".repeat(10_000));
    let many = format!("sued;2026-05-01 10:00{}", ";1,5".repeat(10_001));
    let city = City::with(&[("breit.csv", &format!("Ort;Zeit{columns}\n{few}\n{many}\n"))]).await;
    city.put(&wide()).await;
    expect![[r#"
        `breit.csv`: run 1, 2 records, 1 values new, 0 unchanged, 0 corrected, 0 flagged, 1 records in quarantine
    "#]]
    .assert_eq(&city.run_text().await);
    let rows = city.editor().quarantined(Some("wetter"), 0, 10).expect("readable");
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].item.record, String::from_utf8_lossy(&rows[0].item.raw).trim_end()), (3, many.as_str()));
    assert!(Reason::read(&rows[0].item.reason).to_string().contains("10001 attribute instances"), "{}", rows[0].item.reason);

    expect!["0 records left the quarantine, 1 wait on; 0 values new, 0 corrected"].assert_eq(&replay(&city).await);
    city.put(&wide().replace(r"^c(?<number>\d+)$", r"^c(?<number>\d)$")).await;
    expect!["1 records left the quarantine, 0 wait on; 10 values new, 0 corrected"].assert_eq(&replay(&city).await);
}
