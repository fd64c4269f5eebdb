//! Own data in the browser, on the server's side: who may, what is kept, two clerks at once.

use axum::body::Body;
use axum::http::Request;

use super::city::{Answer, City};

const START: &str = "/verwaltung/hochladen";
const FILE: &str = "Nr;Name;Plätze\n01;Rathaus;1.200\n02;Bahnhof;80\n";

/// A form with a file, as browsers write it (RFC 7578).
fn form(token: &str, name: &str, content: &str) -> String {
    format!(
        "--grenze\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{token}\r\n--grenze\r\n\
         Content-Disposition: form-data; name=\"datei\"; filename=\"{name}\"\r\n\
         Content-Type: text/csv\r\n\r\n{content}\r\n--grenze--\r\n"
    )
}

async fn upload(city: &City, body: impl Into<Body>) -> Answer {
    let request = Request::post(START)
        .header("cookie", "allmende=session-administrator")
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "multipart/form-data; boundary=grenze")
        .body(body.into());
    city.send(request.expect("valid")).await
}

/// The form with a file of any bytes.
fn form_of(name: &str, content: &[u8]) -> Vec<u8> {
    let whole = form("csrf", name, "INHALT");
    let (before, after) = whole.split_once("INHALT").expect("it holds the content");
    [before.as_bytes(), content, after.as_bytes()].concat()
}

/// The beginning of a compound file, as old and locked workbooks have it, with a name in UTF-16.
fn compound(name: &str) -> Vec<u8> {
    let mut file = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    file.resize(1024, 0);
    file.extend(name.encode_utf16().flat_map(u16::to_le_bytes));
    file
}

/// Uploads the file; answers the address of its draft.
async fn draft(city: &City) -> String {
    let answer = upload(city, form("csrf", "plaetze.csv", FILE)).await;
    answer.expect(303);
    answer.header("location").to_owned()
}

#[tokio::test]
async fn only_editors_enter() {
    let city = City::new().await;
    city.get(START).await.expect(303);
    let path = draft(&city).await;
    for path in [path.clone(), format!("{path}/angaben")] {
        city.get(&path).await.expect(303);
        let reader = Request::get(&path).header("authorization", "Bearer reader").body(Body::empty()).expect("valid");
        city.send(reader).await.expect(403);
    }
    city.get_inside(&format!("{path}/datensatz")).await.expect(404);
    city.get_inside(&format!("{START}/gibt-es-nicht")).await.expect(404);
}

#[tokio::test]
async fn a_forged_form_keeps_nothing() {
    let city = City::new().await;
    let answer = upload(&city, form("geraten", "plaetze.csv", FILE)).await;
    assert!(answer.status.is_client_error(), "{}", answer.status);
    // A file before the token is not read either.
    let turned = form("csrf", "plaetze.csv", FILE).replace("name=\"csrf\"", "name=\"x\"");
    assert!(upload(&city, turned).await.status.is_client_error());
    let start = city.get_inside(START).await.body;
    assert!(start.contains("Noch keine Datei.") && !start.contains("plaetze.csv"), "{start}");
}

#[tokio::test]
async fn the_preview_speaks_both_languages() {
    let city = City::new().await;
    let path = draft(&city).await;
    let german = city.get_inside(&path).await;
    let german = german.expect(200);
    assert!(german.contains("Die Spalte „Nr“ bleibt Text, damit führende Nullen wie in „01“ erhalten bleiben."), "{german}");
    let english = city.get_inside(&format!("/en{path}")).await;
    let english = english.expect(200);
    assert!(!english.contains("bleibt Text") && english.contains("leading zero"), "{english}");
}

#[tokio::test]
async fn whoever_saves_second_is_told_and_keeps_the_input() {
    let city = City::new().await;
    let path = draft(&city).await;
    let first = city.post_inside(&path, "csrf=csrf&stand=1&aktion=erneuern&art2=weglassen").await;
    first.expect(200);
    let second = city.post_inside(&path, "csrf=csrf&stand=1&aktion=weiter&art2=text").await;
    assert!(second.body.contains("hat diesen Entwurf um"), "{}", second.body);
    assert!(second.body.contains("value=\"text\" selected"), "{}", second.body);
    // The first one's choice still stands.
    assert!(city.get_inside(&path).await.body.contains("value=\"weglassen\" selected"));
    // With the newer state in the form the second choice holds.
    city.post_inside(&path, "csrf=csrf&stand=2&aktion=weiter&art2=text&kennung=0").await.expect(303);
}

/// How many raw files were removed, by whom.
fn removed(city: &City) -> Vec<String> {
    let access = city.engine.with_role(engine::Role::Editor);
    access.removed_files(99).expect("asked").into_iter().map(|file| file.actor).collect()
}

#[tokio::test]
async fn nothing_is_left_of_what_was_discarded_or_refused() {
    let city = City::new().await;
    let first = draft(&city).await;
    city.engine.clock().advance_micros(1_000_000);
    let second = draft(&city).await;
    let discard = |path: String| {
        let city = &city;
        async move {
            let answer = city.post_inside(&path, "csrf=csrf&aktion=verwerfen").await;
            answer.expect(303);
            city.get_inside(answer.header("location")).await.body
        }
    };
    // The same file twice: the first of them still needs it.
    let told = discard(second.clone()).await;
    assert!(told.contains("Ein anderer Entwurf braucht sie noch."), "{told}");
    assert!(removed(&city).is_empty());
    city.get_inside(&first).await.expect(200);
    assert!(discard(first.clone()).await.contains("Die hochgeladene Datei ist gelöscht."));
    assert_eq!(removed(&city).len(), 1);
    for path in [first, second] {
        city.get_inside(&path).await.expect(404);
    }
    // What is no table is not kept either.
    upload(&city, form("csrf", "kopf.csv", "Nr;Name\n")).await.expect(422);
    assert_eq!(removed(&city).len(), 2);
    assert!(removed(&city).iter().all(|actor| actor.starts_with("user:")), "{:?}", removed(&city));
}

/// What happened, why, what now.
#[tokio::test]
async fn what_is_no_table_is_refused_in_three_sentences() {
    let city = City::new().await;
    let wide: Vec<String> = (1..=300).map(|n| format!("Spalte{n}a")).collect();
    let wide = format!("{}\n{}\n", wide.join(";"), vec!["1"; 300].join(";")).into_bytes();
    let cases: [(&str, Vec<u8>, &str, &str); 14] = [
        ("bild.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF".to_vec(), "„bild.jpg“ ist ein Bild.", "Laden Sie die Tabelle hoch"),
        ("brief.pdf", b"%PDF-1.7\n1 0 obj".to_vec(), "„brief.pdf“ ist ein PDF.", "Laden Sie die Tabelle hoch"),
        ("leer.csv", Vec::new(), "Die Datei „leer.csv“ ist leer.", "noch einmal hoch"),
        ("kopf.csv", b"Name;Einwohner\n".to_vec(), "In der Datei „kopf.csv“ stehen keine Daten.", "wenn sie Daten enthält"),
        ("leer.geojson", br#"{"type":"FeatureCollection","features":[]}"#.to_vec(), "stehen keine Daten", "wenn sie Daten enthält"),
        ("geheim.xlsx", compound("EncryptedPackage"), "ist mit einem Kennwort geschützt", "das Kennwort heraus"),
        ("alt.xls", compound("Workbook"), "eine Excel-Datei der alten Art", "Excel-Arbeitsmappe (.xlsx)"),
        ("alt.doc", compound("WordDocument"), "ein Textdokument", "speichern Sie sie als .xlsx oder .csv"),
        ("unicode.csv", b"\xff\xfeN\0a\0;\0".to_vec(), "als UTF-16 gespeichert", "CSV UTF-8"),
        ("programm.exe", b"MZ\x90\0\x03\0\0\0".to_vec(), "„programm.exe“ ist keine Tabelle", "Gelesen werden Excel"),
        ("brief.txt", b"Sehr geehrte Damen und Herren\nanbei die Zahlen\n".to_vec(), "keine Tabelle zu erkennen", "mit Semikolon"),
        ("breit.csv", wide, "Die Tabelle in „breit.csv“ hat 300 Spalten.", "Löschen Sie Spalten"),
        ("halb.json", br#"[{"a": 1}, {"a": "#.to_vec(), "ist beschädigt oder unvollständig", "Speichern Sie die Datei neu"),
        ("archiv.gz", b"\x1f\x8b\x08\0\0\0\0\0".to_vec(), "ist ein Archiv", "Entpacken Sie es"),
    ];
    for (name, content, what, now) in cases {
        let answer = upload(&city, form_of(name, &content)).await;
        let page = answer.expect(422);
        assert!(page.contains(what) && page.contains(now) && page.contains("id=\"errors\""), "{name}: {page}");
        assert!(page.contains("Noch keine Datei."), "{name}: nothing of it is kept");
    }
}

#[tokio::test]
async fn what_is_odd_about_a_table_is_told_with_its_place() {
    let city = City::new().await;
    let cases: [(&str, &str, &[&str]); 5] = [
        (
            "Name;Anzahl\nA;1\nB;2\nC;3\nD;4\nE;5\nF;viele\n",
            "gemischt.csv",
            &["In Zeile 7 steht „viele“ in der Spalte „Anzahl“. Erwartet wird eine Zahl"],
        ),
        ("Nr;Rechtswert;Hochwert\n1;8,6;5556789\n2;8,7;5556800\n", "lage.csv", &["Zeile 2", "Koordinatensystem"]),
        (
            "Nr;Nachname;E-Mail;Telefon;Geburtsdatum\n1;Muster;a@example.org;06151 123456;01.02.1990\n2;Beispiel;b@example.org;06151 654321;03.04.1985\n",
            "verein.csv",
            &["„Nachname“ sieht nach personenbezogenen Daten aus", "„E-Mail“ sieht", "„Telefon“ sieht", "„Geburtsdatum“ sieht"],
        ),
        ("a;b;c\nx;1;2\ny;3;4\nz;5;6\nQuelle: Amt\n", "kurz.csv", &["Zeile 5 hat 1 Felder, die Kopfzeile 3."]),
        (
            "Art;Menge\nGlas;1\nGlas;2\n",
            "ohne.csv",
            &[
                "wird an ihrer Nummer wiedererkannt",
                "name=\"kennung\" value=\"zeile\" autocomplete=\"off\" aria-describedby=\"nach-zeile-hint\" checked",
            ],
        ),
    ];
    for (content, name, told) in cases {
        city.engine.clock().advance_micros(1_000_000);
        let answer = upload(&city, form("csrf", name, content)).await;
        answer.expect(303);
        let page = city.get_inside(answer.header("location")).await.body;
        for sentence in told {
            assert!(page.contains(sentence), "{name}: {sentence}: {page}");
        }
    }
}

#[tokio::test]
async fn a_browser_that_goes_away_leaves_nothing() {
    let city = City::new().await;
    let whole = form("csrf", "plaetze.csv", &FILE.repeat(20_000));
    let answer = upload(&city, whole[..whole.len() / 2].to_owned()).await;
    assert!(answer.expect(400).contains("Von der Datei wurde nichts gespeichert."), "{}", answer.body);
    assert!(city.get_inside(START).await.body.contains("Noch keine Datei."));
    draft(&city).await;
}

#[tokio::test]
async fn two_clerks_make_one_dataset() {
    let city = City::new().await;
    let path = draft(&city).await;
    city.post_inside(&path, "csrf=csrf&stand=1&aktion=weiter&kennung=0").await.expect(303);
    let answers = "csrf=csrf&stand=2&aktion=anlegen&titel=Pl%C3%A4tze&aussage=Wo+Platz+ist.&herausgeber=Amt&personen=nein";
    let page = format!("{path}/angaben");
    let (first, second) = tokio::join!(city.post_inside(&page, answers), city.post_inside(&page, answers));
    let made = [&first, &second].into_iter().filter(|answer| answer.header("location").ends_with("/datensatz?neu=1")).count();
    assert_eq!(made, 1, "{} {}", first.body, second.body);
    let other = if first.header("location").ends_with("/datensatz?neu=1") { second } else { first };
    assert!(other.status == 303 || other.body.contains("hat diesen Entwurf um"), "{}", other.body);
}

#[tokio::test]
async fn the_period_is_suggested_taken_and_taken_back() {
    let city = City::new().await;
    let file = "Datum;Pegel [cm]\n01.03.2024;120\n31.03.2024;121,5\n";
    let path = upload(&city, form("csrf", "pegel.csv", file)).await.header("location").to_owned();
    city.post_inside(&path, "csrf=csrf&stand=1&aktion=weiter&kennung=").await.expect(303);
    let page = format!("{path}/angaben");
    let asked = city.get_inside(&page).await;
    assert!(asked.expect(200).contains("In der Datei stehen Werte vom 1. März 2024 bis zum 31. März 2024."), "{}", asked.body);
    let days = |body: &str| {
        let value = |id: &str| {
            let (_, rest) = body.split_once(&format!("id=\"{id}\" name=\"{id}\" type=\"date\"")).expect("a field");
            let (_, rest) = rest.split_once("value=\"").expect("a value");
            rest.split('"').next().unwrap_or_default().to_owned()
        };
        (value("von"), value("bis"))
    };
    assert_eq!(days(&asked.body), (String::new(), String::new()), "nothing is said unasked");
    let taken = city.post_inside(&page, "csrf=csrf&stand=2&aktion=zeitraum&titel=Pegel&von=&bis=&personen=nein").await;
    assert!(taken.expect(200).contains("value=\"Pegel\"") && taken.body.contains("value=\"nein\" checked"), "{}", taken.body);
    assert_eq!(days(&taken.body), ("2024-03-01".into(), "2024-03-31".into()));
    assert_eq!(days(&city.get_inside(&page).await.body), ("2024-03-01".into(), "2024-03-31".into()), "it is kept");
    let back = city.post_inside(&page, "csrf=csrf&stand=3&aktion=zurueck&titel=Pegel&von=&bis=").await;
    back.expect(303);
    assert_eq!(days(&city.get_inside(&page).await.body), (String::new(), String::new()), "taken back");
    for (typed, field, said) in [
        ("von=gestern&bis=", "von", "„gestern“ ist kein Tag."),
        ("von=&bis=2024-03-31", "von", "Nennen Sie auch den ersten Tag"),
        ("von=2024-03-31&bis=2024-03-01", "bis", "Der letzte Tag liegt vor dem ersten."),
    ] {
        let stand = super::report::hidden(&city.get_inside(&page).await.body, "stand");
        let answer = city
            .post_inside(
                &page,
                &format!("csrf=csrf&stand={stand}&aktion=anlegen&{typed}&titel=Pegel&aussage=A.&herausgeber=B&personen=nein"),
            )
            .await;
        assert!(answer.expect(422).contains(said) && answer.body.contains(&format!("id=\"{field}-error\"")), "{typed}: {}", answer.body);
    }
    let stand = super::report::hidden(&city.get_inside(&page).await.body, "stand");
    let whole =
        format!("csrf=csrf&stand={stand}&aktion=anlegen&von=2024-03-01&bis=2024-03-31&titel=Pegel&aussage=A.&herausgeber=B&personen=nein");
    city.post_inside(&page, &whole).await.expect(303);
}
