use expect_test::expect;
use harmonise::Language;

use super::*;
use crate::Outcome;

#[tokio::test]
async fn a_folder_is_taken_in_once() {
    let city = City::with(&[("mai.csv", MAY), ("juni.csv", "Ort;Zeit;TEMP\nnord;2026-06-01 10:00;21\n")]).await;
    expect![[r#"
        `juni.csv`: run 1, 1 records, 1 values new, 0 unchanged, 0 corrected, 0 flagged, 0 records in quarantine
        `mai.csv`: run 2, 3 records, 3 values new, 0 unchanged, 0 corrected, 0 flagged, 0 records in quarantine
    "#]]
    .assert_eq(&city.run_text().await);
    expect![[r#"
        `juni.csv`: done already in run 1, skipped
        `mai.csv`: done already in run 2, skipped
    "#]]
    .assert_eq(&city.run_text().await);
    expect!["05-01T10=11.5 05-01T11=13.25 06-01T10=21"].assert_eq(&city.temperatures("nord").await);
    expect!["1 v1 juni.csv Done; 2 v1 mai.csv Done"].assert_eq(&city.runs());
}

#[tokio::test]
async fn a_changed_file_adds_corrects_and_leaves_the_rest() {
    let city = City::with(&[("mai.csv", MAY)]).await;
    city.run().await.expect("runs");
    city.write("mai.csv", &MAY.replace("13,25", "14,25").replace("sued;2026-05-01 10:00;12,0", "sued;2026-05-01 11:00;60"));
    expect![[r#"
        `mai.csv`: run 2, 3 records, 1 values new, 1 unchanged, 1 corrected, 1 flagged, 0 records in quarantine
    "#]]
    .assert_eq(&city.run_text().await);
    expect!["05-01T10=11.5 05-01T11=14.25"].assert_eq(&city.temperatures("nord").await);
}

#[tokio::test]
async fn what_is_accepted_survives_a_restart() {
    let City { engine, ingest, folder } = City::with(&[("mai.csv", MAY)]).await;
    ingest.run(&engine.with_role(Role::Editor), "wetter", &|_| {}).await.expect("runs");
    drop(ingest);
    let engine = engine.reopened();
    let ingest = Ingest::new(Engine::clone(&engine), Config::at(folder.path()));
    let city = City { engine, folder, ingest };
    expect!["05-01T10=11.5 05-01T11=13.25"].assert_eq(&city.temperatures("nord").await);
    expect![[r#"
        `mai.csv`: done already in run 1, skipped
    "#]]
    .assert_eq(&city.run_text().await);
}

#[tokio::test]
async fn one_unusable_file_does_not_stop_the_others() {
    let city = City::with(&[("a.csv", "Ort;Datum;TEMP\nnord;2026-05-01;1\n"), ("b.csv", MAY)]).await;
    let report = city.run().await.expect("the others run");
    assert!(report.has_failed());
    assert!(
        matches!(&report.inputs[0].outcome, Outcome::Failed { run: Some(1), message } if message.to_string().contains("`Zeit`")),
        "{report:?}"
    );
    assert!(matches!(report.inputs[1].outcome, Outcome::Done { run: 2 }));
    let failed = city.editor().run(1).expect("the run is there");
    assert!(city.editor().open_file(&failed.checksum).await.expect("readable").is_some(), "the input of a failed run is kept");
    assert_eq!(failed.message.as_deref().map(Reason::read), report.inputs[0].outcome_message().map(Reason::from));
    expect!["1 v1 a.csv Failed; 2 v1 b.csv Done"].assert_eq(&city.runs());
}

impl crate::InputReport {
    fn outcome_message(&self) -> Option<harmonise::Message> {
        match &self.outcome {
            Outcome::Failed { message, .. } => Some(message.clone()),
            _ => None,
        }
    }
}

#[tokio::test]
async fn bad_records_wait_and_the_good_ones_pass() {
    let city = City::with(&[("mai.csv", &MAY.replace("12,0", "warm").replace("05-01 11:00", "02-30 11:00"))]).await;
    expect![[r#"
        `mai.csv`: run 1, 3 records, 1 values new, 0 unchanged, 0 corrected, 0 flagged, 2 records in quarantine
    "#]]
    .assert_eq(&city.run_text().await);
    let rows = city.editor().quarantined(Some("wetter"), 0, 100).expect("readable");
    assert_eq!(rows.iter().map(|row| row.item.record).collect::<Vec<_>>(), [3, 4]);
    assert_eq!(String::from_utf8_lossy(&rows[0].item.raw).trim_end(), "sued;2026-05-01 10:00;warm");
    assert_eq!(rows[0].item.field.as_deref(), Some("TEMP"));
    let reason = Reason::read(&rows[0].item.reason);
    assert_eq!(
        reason.say(Language::De),
        "„TEMP“: „warm“ ist keine Zahl. Erwartet werden Ziffern mit „,“ als Dezimalzeichen und nichts zwischen Tausendern."
    );
    assert!(rows[0].item.reason.starts_with('{') && !rows[0].item.reason.contains("Zahl"), "kept as a code: {}", rows[0].item.reason);
}

#[tokio::test]
async fn a_value_leads_back_to_its_line() {
    let city = City::with(&[("mai.csv", MAY)]).await;
    city.run().await.expect("runs");
    let hour = Some(at("2026-05-01T11:00:00Z"));
    let trace = city.ingest.trace(&city.editor(), &station_id("nord"), temperature(), None, hour).await.expect("traced");
    let raw = trace.raw.expect("an editor may see it");
    assert_eq!((raw.run.input.as_str(), raw.record), ("mai.csv", 4));
    assert_eq!(String::from_utf8_lossy(&raw.found.expect("kept").bytes).trim_end(), "nord;2026-05-01 11:00;13,25");

    let anonymous = city.engine.with_role(Role::Public);
    let trace = city.ingest.trace(&anonymous, &station_id("nord"), temperature(), None, hour).await.expect("the value is open");
    assert!(trace.raw.is_none(), "a raw record may hold more than what was published");
    assert_eq!(trace.provenance.run.expect("the run is told").input, "mai.csv");
}

#[tokio::test]
async fn a_value_leads_back_to_the_rules_that_made_it() {
    let city = City::with(&[("mai.csv", MAY)]).await;
    city.run().await.expect("runs");
    let run = city.editor().runs(Some("wetter"), 1).expect("readable")[0].id;
    let rules = |role| {
        let rules = city.ingest.rules_behind(&city.engine.with_role(role), run, temperature()).expect("readable");
        rules.iter().map(|rule| rule.say(Language::De)).collect::<Vec<_>>()
    };
    assert_eq!(rules(Role::Editor)[0], "Der Wert steht in „TEMP“.");
    assert_eq!(rules(Role::Public), Vec::<String>::new(), "names of columns are part of the record");
    // A later version opens the record; the rules told are still those of the run.
    city.put(&opened("").replace("TEMP", "ANDERS")).await;
    assert_eq!(rules(Role::Public)[0], "Der Wert steht in „TEMP“.");
}

/// Opened for everybody; a second column is kept beside the temperature.
fn opened(note: &str) -> String {
    let open = WEATHER.replace("transport = \"folder\"", "transport = \"folder\"\nraw = \"open\"");
    assert_ne!(open, WEATHER);
    open.replace("[dataset]", &format!("{note}\n[dataset]"))
}

const NOTE: &str = "[[attribute]]\nname = \"note\"\nfield = \"Bemerkung\"\n";

/// The line behind the temperature of eleven o'clock as somebody of a role sees it.
async fn line_for(city: &City, role: Role) -> Option<String> {
    let hour = Some(at("2026-05-01T11:00:00Z"));
    let trace = city.ingest.trace(&city.engine.with_role(role), &station_id("nord"), temperature(), None, hour).await;
    let found = trace.expect("the value is open").raw?.found.expect("kept");
    Some(String::from_utf8_lossy(&found.bytes).trim_end().to_owned())
}

#[tokio::test]
async fn everybody_sees_the_line_of_a_source_that_opens_it() {
    let city = City::with(&[("mai.csv", MAY)]).await;
    city.run().await.expect("runs");
    assert_eq!(line_for(&city, Role::Public).await, None, "closed unless opened");
    city.put(&opened("")).await;
    assert_eq!(line_for(&city, Role::Public).await.as_deref(), Some("nord;2026-05-01 11:00;13,25"), "also of runs before");
    city.put(WEATHER).await;
    assert_eq!(line_for(&city, Role::Public).await, None, "closed again");
}

#[tokio::test]
async fn a_source_that_feeds_the_dataset_of_another_opens_its_own_line() {
    let city = City::with(&[("mai.csv", MAY)]).await;
    let (own, dataset) = WEATHER.split_once("[dataset]").expect("declares one");
    let opened = own.replace("transport = \"folder\"", "transport = \"folder\"\nraw = \"open\"");
    let declaring = own.replace("name = \"wetter\"", "name = \"katalog\"").replace("path = \"wetter\"", "path = \"katalog\"");
    let catalogue = format!("{declaring}[dataset]{dataset}");
    city.put(WEATHER).await;
    city.run().await.expect("runs");
    city.put(&catalogue).await;
    city.put(own).await;
    assert_eq!(line_for(&city, Role::Public).await, None, "nobody opened it");
    city.put(&opened).await;
    assert_eq!(line_for(&city, Role::Public).await.as_deref(), Some("nord;2026-05-01 11:00;13,25"));
    city.put(&catalogue.replace("published = true", "published = false")).await;
    assert_eq!(line_for(&city, Role::Editor).await.as_deref(), Some("nord;2026-05-01 11:00;13,25"));
    let run = city.editor().runs(Some("wetter"), 1).expect("readable")[0].id;
    let rules = city.ingest.rules_behind(&city.engine.with_role(Role::Public), run, temperature()).expect("readable");
    assert!(rules.is_empty(), "withdrawn with its dataset");
}

#[tokio::test]
async fn a_restricted_value_never_shows_in_an_open_line() {
    let secret = MAY.replace("TEMP", "TEMP;Bemerkung").replace("13,25", "13,25;krank").replace("11,5", "11,5;").replace("12,0", "12,0;");
    let city = City::with(&[("mai.csv", &secret)]).await;
    // A definition that would open a restricted column is refused.
    let refused = city.ingest.put(&city.editor(), &opened(NOTE)).await;
    let Err(Error::Definition(issues)) = refused else { panic!("{refused:?}") };
    assert!(issues[0].say(Language::De).contains("Der Rohdatensatz würde Spalten zeigen, die nicht offen sind: „note“."), "{issues:?}");
    // Records of an older version that made a restricted value stay closed under one that does not know it.
    city.put(&WEATHER.replace("[dataset]", &format!("{NOTE}\n[dataset]"))).await;
    city.run().await.expect("runs");
    city.put(&opened("")).await;
    assert_eq!(line_for(&city, Role::Public).await, None);
    assert_eq!(line_for(&city, Role::Editor).await.as_deref(), Some("nord;2026-05-01 11:00;13,25;krank"));
}

#[tokio::test]
async fn another_dataset_that_closes_the_attribute_closes_the_line() {
    let city = City::with(&[("mai.csv", MAY)]).await;
    city.put(&opened("")).await;
    city.run().await.expect("runs");
    assert!(line_for(&city, Role::Public).await.is_some());
    // The same type, other ids: the value itself stays open, the line of many entities does not.
    let other = WEATHER.replace("name = \"wetter\"", "name = \"andere\"").replace("slug = \"wetter\"", "slug = \"andere\"");
    let other = other
        .replace("class = \"open\"", "class = \"internal\"")
        .replace("id = \"urn:ngsi-ld:Station:{Ort}\"", "id = \"urn:ngsi-ld:Andere:{Ort}\"");
    city.put(&format!("{other}id_prefix = \"urn:ngsi-ld:Andere:\"\n")).await;
    assert_eq!(line_for(&city, Role::Public).await, None);
}

#[tokio::test]
async fn a_source_runs_once_at_a_time() {
    let city = City::with(&[("mai.csv", MAY)]).await;
    let turn = city.ingest.turn(&city.editor(), "wetter").expect("nobody has it");
    expect![[r#"
        Conflict: the source `wetter` is at work; wait until its run has ended
    "#]]
    .assert_eq(&city.run_text().await);
    drop(turn);
    assert!(city.run().await.is_ok());
}

#[tokio::test]
async fn a_resting_or_unknown_source_does_not_run() {
    let city = City::with(&[("mai.csv", MAY)]).await;
    city.editor().set_source_paused("wetter", true).await.expect("paused");
    expect![[r#"
        Conflict: the source `wetter` rests; resume it first
    "#]]
    .assert_eq(&city.run_text().await);
    let unknown = city.ingest.run(&city.editor(), "luft", &|_| {}).await;
    expect![[r#"
        NotFound: there is no source `luft`
    "#]]
    .assert_eq(&text(unknown));
    let reader = city.ingest.run(&city.engine.with_role(Role::Reader), "wetter", &|_| {}).await;
    expect![[r#"
        Forbidden: the role `reader` may not manage sources; it takes the role `editor`
    "#]]
    .assert_eq(&text(reader));
}

/// Ten thousand rows; every tenth is broken.
fn many() -> String {
    let mut text = String::from("Ort;Zeit;TEMP\n");
    for row in 0..10_000 {
        let temperature = if row % 10 == 0 { "x".to_owned() } else { format!("{},5", row % 30) };
        text.push_str(&format!(
            "nord;2026-{:02}-{:02} {:02}:{:02};{temperature}\n",
            1 + row / 2500,
            1 + row / 100 % 25,
            row / 60 % 24,
            row % 60
        ));
    }
    text
}

#[tokio::test]
async fn a_stopped_run_is_completed_by_the_next() {
    let city = City::with(&[("viel.csv", &many())]).await;
    let stop = |progress: &Progress| {
        if progress.counts.written > 0 && progress.outcome.is_none() {
            assert!(city.ingest.stop(&city.editor(), "wetter").expect("permitted"), "a run is there to stop");
        }
    };
    let stopped = city.ingest.run(&city.editor(), "wetter", &stop).await;
    assert!(matches!(stopped, Err(Error::Stopped)), "{stopped:?}");
    let first = city.editor().run(1).expect("there");
    assert_eq!(first.state, engine::RunState::Interrupted);
    assert!(first.written > 0);

    let report = city.run().await.expect("completes");
    let counts = report.counts();
    assert_eq!(counts.records, 10_000);
    assert_eq!(counts.written + counts.unchanged, good_rows(), "what the first run wrote is no change");
    assert_eq!(counts.unchanged, first.written);
    assert_eq!(counts.corrected, 0);
    // The records that the stopped run had set aside wait once, not twice.
    assert_eq!(city.editor().quarantine_counts().expect("readable"), [("wetter".to_owned(), 1_000)]);
}

/// Good rows of [`many`]; no two are of the same time.
fn good_rows() -> u64 {
    let text = many();
    let rows = text.lines().skip(1).filter(|row| !row.ends_with(";x"));
    rows.count() as u64
}

#[tokio::test]
async fn progress_is_told() {
    let city = City::with(&[("mai.csv", MAY)]).await;
    let heard = Heard::default();
    city.ingest.run(&city.editor(), "wetter", &|progress| heard.hear(progress)).await.expect("runs");
    let told: Vec<_> =
        heard.all().iter().map(|p| format!("{} {:?} {:?} {} {:?}", p.input, p.position, p.bytes, p.counts.records, p.outcome)).collect();
    expect![[r#"
        mai.csv (1, 1) (0, 96) 0 None
        mai.csv (1, 1) (96, 96) 3 None
        mai.csv (1, 1) (96, 96) 3 Some(Done { run: 1 })"#]]
    .assert_eq(&told.join("\n"));
}

#[tokio::test]
async fn the_dataset_is_declared_before_values_come() {
    let city = City::with(&[]).await;
    let anonymous = city.engine.with_role(Role::Public);
    assert_eq!(anonymous.dataset("wetter").expect("published").title.de, "Wetter");
    let broken = city.ingest.put(&city.editor(), &WEATHER.replace("delimiter", "delimeter")).await;
    let Err(Error::Definition(issues)) = broken else { panic!("{broken:?}") };
    assert!(issues[0].to_string().contains("delimeter"), "{issues:?}");
    assert_eq!(city.put(WEATHER).await, 1, "the same text is the same version");
    assert_eq!(city.put(&WEATHER.replace("max = 50", "max = 60")).await, 2);
}

#[tokio::test]
async fn a_preview_keeps_nothing() {
    let city = City::with(&[("mai.csv", MAY)]).await;
    let preview = city.ingest.preview(&city.editor(), WEATHER, None, 2).await.expect("readable");
    assert_eq!(preview.records.len(), 2);
    let given = city.ingest.preview(&city.editor(), WEATHER, Some("Ort;TEMP\n".into()), 2).await.expect("readable");
    assert!(given.fatal.is_some_and(|fatal| fatal.to_string().contains("Zeit")));
    assert_eq!(city.runs(), "");
}

/// Batches follow each other while the one before is still being written.
#[tokio::test]
async fn a_long_file_that_repeats_itself_says_each_value_once() {
    use std::fmt::Write as _;

    let mut text = String::from("Ort;Zeit;TEMP\n");
    let mut line = |minute: u32, value: &str| {
        let (day, hour, rest) = (minute / 1440, minute / 60 % 24, minute % 60);
        let _ = writeln!(text, "nord;2026-{:02}-{:02} {hour:02}:{rest:02};{value}", 4 + day / 30, 1 + day % 30);
    };
    (0..70_000).for_each(|minute| line(minute, "5"));
    (55_000..70_000).for_each(|minute| line(minute, if minute == 60_000 { "6" } else { "5" }));
    let city = City::with(&[("lang.csv", &text)]).await;
    expect![[r#"
        `lang.csv`: run 1, 85000 records, 70000 values new, 14999 unchanged, 1 corrected, 0 flagged, 0 records in quarantine
    "#]]
    .assert_eq(&city.run_text().await);
    assert!(city.engine.health().tenants[0].segments > 0, "most passed by the log");
}
