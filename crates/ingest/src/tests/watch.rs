//! Folders that are looked at by themselves, pauses, silence, and columns that change.

use std::time::{Duration, SystemTime};

use expect_test::expect;

use super::*;

fn watched() -> String {
    WEATHER.replace("glob = \"*.csv\"", "glob = \"*.csv\"\nevery = \"15m\"")
}

impl City {
    /// Writes a file that is so old by the engine's clock.
    fn drop_in(&self, name: &str, text: &str, age_s: i64) {
        self.write(name, text);
        let micros = self.engine.now().micros() - age_s * 1_000_000;
        let modified = SystemTime::UNIX_EPOCH + Duration::from_micros(u64::try_from(micros).expect("after 1970"));
        let file = std::fs::File::options().write(true).open(self.folder.path().join("wetter").join(name)).expect("there");
        file.set_modified(modified).expect("set");
    }
}

#[tokio::test]
async fn a_folder_is_watched_and_half_written_files_are_left() {
    let city = City::empty();
    city.put(&watched()).await;
    city.drop_in("mai.csv", MAY, 60);
    city.pass(0).await;
    city.pass(30).await;
    expect!["1 v1 mai.csv Done"].assert_eq(&city.runs());
    assert_eq!(city.standing(), "due 15");
    city.engine.clock().advance_micros(16 * 60_000_000);
    city.drop_in("juni.csv", "Ort;Zeit;TEMP\nnord;2026-06-01 10:00;21\n", 1);
    city.pass(0).await;
    expect!["1 v1 mai.csv Done"].assert_eq(&city.runs());
    assert_eq!(city.standing(), "due 0", "it is looked at again as soon as the file is settled");
    city.pass(10).await;
    expect!["1 v1 mai.csv Done; 2 v1 juni.csv Done"].assert_eq(&city.runs());
}

#[tokio::test]
async fn a_source_that_rests_is_left_alone_until_it_goes_on() {
    let city = City::empty();
    city.put(&watched()).await;
    city.drop_in("mai.csv", MAY, 60);
    city.pass(0).await;
    city.editor().set_source_paused("wetter", true).await.expect("may");
    city.pass(3600).await;
    assert_eq!((city.runs().as_str(), city.standing().as_str()), ("", "due -"));
    let refused = city.run_text().await;
    assert_eq!(refused, "Conflict: the source `wetter` rests; resume it first\n");
    city.editor().set_source_paused("wetter", false).await.expect("may");
    city.pass(1).await;
    expect!["1 v1 mai.csv Done"].assert_eq(&city.runs());
}

#[tokio::test]
async fn a_missing_folder_is_told_and_looked_for_again() {
    let city = City::empty();
    city.put(&watched()).await;
    city.pass(0).await;
    city.pass(30).await;
    let said = city.standing();
    assert!(said.starts_with("due 5, failed 1: ") && said.contains("`wetter`"), "{said}");
    city.drop_in("mai.csv", MAY, 0);
    city.pass(400).await;
    assert_eq!(city.standing(), "due 13", "its rhythm is kept");
}

#[tokio::test]
async fn silence_and_other_columns_are_noticed() {
    let city = City::empty();
    city.put(&watched()).await;
    city.drop_in("mai.csv", MAY, 60);
    city.pass(0).await;
    city.pass(30).await;
    assert_eq!(city.standing(), "due 15");
    city.pass(3600).await;
    assert_eq!(city.standing(), "due 15; silent", "three times `every` without a value");
    city.drop_in("juni.csv", "Ort;Zeit;TEMP;Wind\nnord;2026-06-01 10:00;21;stark\n", 60);
    city.pass(3600).await;
    assert_eq!(city.standing(), "due 15; the column `Wind` is new");
    city.ingest.accept_drift(&city.editor(), "wetter").await.expect("may");
    assert_eq!(city.standing(), "due 15");
}
