//! The administration.

use axum::body::Body;
use axum::http::Request;
use engine::{RunOutcome, RunState};

use super::city::City;

const PAGES: [&str; 4] = ["/verwaltung", "/verwaltung/quellen", "/verwaltung/quellen/luft", "/verwaltung/laeufe/1"];

#[tokio::test]
async fn nobody_enters_without_logging_in() {
    let city = City::new().await;
    for path in PAGES {
        let answer = city.get(path).await;
        answer.expect(303);
        assert!(answer.header("location").starts_with("/verwaltung/anmelden?weiter=%2Fverwaltung"), "{path}");
    }
    let reader = Request::get("/verwaltung").header("authorization", "Bearer reader").body(Body::empty()).expect("valid");
    city.send(reader).await.expect(403);
}

#[tokio::test]
async fn every_page_shows_itself_to_an_administrator() {
    let city = City::new().await;
    for path in PAGES {
        for prefix in ["", "/en"] {
            let answer = city.get_inside(&format!("{prefix}{path}")).await;
            let body = answer.expect(200);
            assert!(body.contains("content=\"noindex\""), "{path}");
            assert!(!body.contains("<script>"), "{path}");
            assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        }
    }
    let home = city.get_inside("/verwaltung").await.body;
    assert!(home.contains("1 Zeile der Quelle „luft“ konnte nicht gelesen werden."), "{home}");
    city.get_inside("/verwaltung/quellen/fehlt").await.expect(404);
    city.get_inside("/verwaltung/laeufe/99").await.expect(404);
    city.get_inside("/verwaltung/laeufe/x").await.expect(404);
}

#[tokio::test]
async fn the_quarantine_shows_raw_record_and_reason() {
    let city = City::new().await;
    let body = city.get_inside("/verwaltung/quellen/luft").await.body;
    for part in [
        "Zeile 4.312",
        "<span lang=\"en\">`k. A.` is no number</span>",
        "k. A.;&#60;script&#62;",
        "Erneut verarbeiten",
        "Zuordnung speichern",
    ] {
        assert!(body.contains(part), "{part} is not in\n{body}");
    }
    let german = city.get_inside("/verwaltung/quellen/gemeinden").await.body;
    assert!(german.contains("„k. A.&#60;b&#62;“ ist weder ja noch nein.") && !german.contains("<span lang=\"en\">"), "{german}");
    let english = city.get_inside("/en/verwaltung/quellen/gemeinden").await.body;
    assert!(english.contains("`k. A.&#60;b&#62;` is neither yes nor no"), "{english}");
}

#[tokio::test]
async fn a_definition_is_checked_saved_and_guarded_against_others() {
    let city = City::new().await;
    let path = "/verwaltung/quellen/luft";
    let faulty = city.post_inside(path, "csrf=csrf&version=1&aktion=speichern&text=schlecht").await;
    let body = faulty.expect(422);
    assert!(
        body.contains("Die Zuordnung hat einen Fehler") && body.contains("href=\"#text\"") && body.contains("schlecht</textarea>"),
        "{body}"
    );
    assert!(body.contains("<title>Fehler: "));
    let checked = city.post_inside(path, "csrf=csrf&version=1&aktion=pruefen&text=gut").await;
    assert!(checked.expect(200).contains("Sie ist noch nicht gespeichert."));
    let saved = city.post_inside(path, "csrf=csrf&version=1&aktion=speichern&text=gut%0D%0A").await;
    saved.expect(303);
    assert_eq!(saved.header("location"), "/verwaltung/quellen/luft?gespeichert=2");
    assert!(city.get_inside(saved.header("location")).await.body.contains("Gespeichert als Version 2."));
    let late = city.post_inside(path, "csrf=csrf&version=1&aktion=speichern&text=gut+gut").await;
    assert!(late.expect(200).contains("Jemand hat diese Quelle inzwischen geändert."));
}

#[tokio::test]
async fn forms_of_others_change_nothing() {
    let city = City::new().await;
    for (site, token) in [("cross-site", "csrf"), ("same-origin", "wrong"), ("same-origin", "")] {
        let request = Request::post("/verwaltung/quellen/luft/quarantaene")
            .header("cookie", "allmende=session-administrator")
            .header("sec-fetch-site", site)
            .body(Body::from(format!("csrf={token}&aktion=verwerfen&id=1")))
            .expect("valid");
        let answer = city.send(request).await;
        assert!(answer.expect(403).contains("Das Formular ist abgelaufen."));
    }
    let access = city.engine.with_role(engine::Role::Administrator);
    assert_eq!(access.quarantined(Some("luft"), 0, 10).expect("may").len(), 1);
}

#[tokio::test]
async fn records_are_replayed_and_discarded() {
    let city = City::new().await;
    let replayed = city.post_inside("/verwaltung/quellen/luft/quarantaene", "csrf=csrf&aktion=erneut").await;
    assert_eq!(replayed.header("location"), "/verwaltung/quellen/luft?uebernommen=1&offen=1");
    assert!(city.get_inside(replayed.header("location")).await.body.contains("1 übernommen, 1 bleiben zurückgestellt"));
    let access = city.engine.with_role(engine::Role::Administrator);
    let foreign = access.quarantined(Some("gemeinden"), 0, 1).expect("may")[0].id;
    let own = access.quarantined(Some("luft"), 0, 1).expect("may")[0].id;
    let discarded =
        city.post_inside("/verwaltung/quellen/luft/quarantaene", &format!("csrf=csrf&aktion=verwerfen&id={own}&id={foreign}&id=x")).await;
    assert_eq!(discarded.header("location"), "/verwaltung/quellen/luft?verworfen=1");
    assert_eq!(access.quarantined(Some("gemeinden"), 0, 10).expect("may").len(), 1);
}

#[tokio::test]
async fn a_run_that_cannot_begin_says_why() {
    let city = City::new().await;
    let answer = city.post_inside("/verwaltung/quellen/luft/lauf", "csrf=csrf").await;
    assert!(answer.expect(200).contains("Die Quelle „luft“ arbeitet gerade. Warten Sie, bis ihr Lauf beendet ist."), "{}", answer.body);
}

async fn post(city: &City, form: &str) -> super::city::Answer {
    let request =
        Request::post("/verwaltung/anmelden").header("sec-fetch-site", "same-origin").body(Body::from(form.to_owned())).expect("valid");
    city.send(request).await
}

#[tokio::test]
async fn the_first_account_needs_the_code_and_later_ones_the_password() {
    let city = City::new().await;
    let tenant = engine::ScratchEngine::tenant();
    let code = city.engine.first_run_code(&tenant).expect("made").expect("no account yet");
    assert!(city.get("/verwaltung/anmelden").await.body.contains("Einmaliger Code"));
    let short = post(&city, "code=x&konto=anna&passwort=kurz").await;
    assert!(short.expect(422).contains("Das Passwort ist zu kurz."));
    let wrong = post(&city, "code=x&konto=anna&passwort=ein+langer+satz").await;
    assert!(wrong.expect(422).contains("Der Code stimmt nicht."));
    let first = post(&city, &format!("code={code}&konto=anna&passwort=ein+langer+satz&weiter=%2Fverwaltung%2Fquellen")).await;
    first.expect(303);
    assert_eq!(first.header("location"), "/verwaltung/quellen");
    assert!(first.header("set-cookie").contains("HttpOnly; SameSite=Lax"), "{}", first.header("set-cookie"));
    let form = city.get("/verwaltung/anmelden").await.body;
    assert!(!form.contains("Einmaliger Code"));
    let failed = post(&city, "konto=anna&passwort=ein+anderer+satz").await;
    let body = failed.expect(422);
    assert!(body.contains("Benutzername oder Passwort stimmen nicht.") && body.contains("value=\"anna\""), "{body}");
    post(&city, "konto=anna&passwort=ein+langer+satz").await.expect(303);
    let elsewhere = post(&city, "konto=anna&passwort=ein+langer+satz&weiter=%2F%2Fboese.example").await;
    assert_eq!(elsewhere.header("location"), "/verwaltung");
}

#[tokio::test]
async fn a_stranger_who_guesses_does_not_lock_the_owner_out() {
    let city = City::new().await;
    city.engine.with_role(engine::Role::Administrator).create_account("anna", "ein langer satz", engine::Role::Editor).await.expect("made");
    let try_it = async |from: &str, password: &str| {
        let peer = web::Peer(format!("{from}:4000").parse().expect("an address"));
        let request = Request::post("/verwaltung/anmelden").header("sec-fetch-site", "same-origin").extension(peer);
        city.send(request.body(Body::from(format!("konto=anna&passwort={password}"))).expect("valid")).await
    };
    for _ in 0..10 {
        try_it("192.0.2.1", "geraten").await.expect(422);
    }
    assert!(try_it("192.0.2.1", "ein+langer+satz").await.expect(422).contains("Zu viele Versuche. Warten Sie eine Minute."));
    try_it("192.0.2.2", "ein+langer+satz").await.expect(303);
    city.engine.clock().advance_micros(60_000_000);
    try_it("192.0.2.1", "ein+langer+satz").await.expect(303);
}

#[tokio::test]
async fn logging_out_ends_the_cookie() {
    let city = City::new().await;
    let answer = city.post_inside("/verwaltung/abmelden", "csrf=csrf").await;
    answer.expect(303);
    assert!(answer.header("set-cookie").contains("Max-Age=0"));
}

#[tokio::test]
async fn what_a_source_suffers_from_is_told() {
    let city = City::new().await;
    let german = [
        "Der Server antwortet mit einem Fehler (Status 500). Prüfen Sie die Adresse, oder warten Sie, bis er wieder arbeitet.",
        "kam nichts Neues.",
        "Die Spalte „&#60;b&#62;“ fehlt.",
        "Nächster Lauf",
        "Spalten sind so richtig",
    ];
    let page = city.get_inside("/verwaltung/quellen/gemeinden").await.body;
    for part in german {
        assert!(page.contains(part), "{part} is not in\n{page}");
    }
    let list = city.get_inside("/verwaltung/quellen").await.body;
    assert!(list.contains("Letzter Fehler: Der Server antwortet mit einem Fehler (Status 500).") && list.contains("gescheitert"), "{list}");
    let home = city.get_inside("/verwaltung").await.body;
    assert!(home.contains("Die Quelle „gemeinden“ konnte nicht eingelesen werden: Der Server antwortet"), "{home}");
    assert!(
        home.contains("Die Quelle „gemeinden“ hat seit") && home.contains("sehen anders aus: Die Spalte „&#60;b&#62;“ fehlt."),
        "{home}"
    );
    assert!(
        home.contains("<h1 class=\"kern-heading-x-large\">Was läuft, was ist kaputt</h1>") && home.contains("2 Quellen brauchen Sie."),
        "{home}"
    );
    let english = city.get_inside("/en/verwaltung").await.body;
    assert!(english.contains("the server answered with an error (status 500)"), "{english}");
    assert!(!city.get_inside("/verwaltung/quellen/luft").await.body.contains("Letzter Fehler"));
}

#[tokio::test]
async fn a_source_is_paused_and_goes_on() {
    let city = City::new().await;
    let path = "/verwaltung/quellen/luft/zustand";
    let paused = city.post_inside(path, "csrf=csrf&aktion=anhalten").await;
    assert_eq!(paused.header("location"), "/verwaltung/quellen/luft?zustand=angehalten");
    let page = city.get_inside(paused.header("location")).await.body;
    assert!(page.contains("Die Quelle ist angehalten.") && page.contains("value=\"fortsetzen\""), "{page}");
    assert!(!page.contains("value=\"anhalten\""));
    assert!(city.engine.with_role(engine::Role::Editor).source("luft", None).expect("there").paused);
    let resumed = city.post_inside(path, "csrf=csrf&aktion=fortsetzen").await;
    assert!(city.get_inside(resumed.header("location")).await.body.contains("Die Quelle läuft weiter."));
    assert!(!city.engine.with_role(engine::Role::Editor).source("luft", None).expect("there").paused);
    city.post_inside(path, "csrf=wrong&aktion=anhalten").await.expect(403);
    city.post_inside("/verwaltung/quellen/fehlt/zustand", "csrf=csrf&aktion=anhalten").await.expect(404);
    let busy = city.post_inside(path, "csrf=csrf&aktion=spalten").await;
    assert!(busy.expect(200).contains("Die Quelle „luft“ arbeitet gerade."), "{}", busy.body);
}

#[tokio::test]
async fn a_failure_that_repeats_is_told_once_with_its_number() {
    let city = City::new().await;
    for path in ["/verwaltung", "/verwaltung/quellen/gemeinden"] {
        let page = city.get_inside(path).await.body;
        assert!(page.contains("Das war 3-mal hintereinander so, zuerst 3. Mai 2026"), "{page}");
    }
    let access = city.engine.with_role(engine::Role::Editor);
    for _ in 0..2 {
        let run = access.begin_run("luft", 1, "luft.csv", [8; 32]).await.expect("begun");
        let outcome = RunOutcome {
            at: city.engine.now(),
            state: RunState::Failed,
            records: 0,
            written: 0,
            unchanged: 0,
            corrected: 0,
            flagged: 0,
            quarantined: 0,
            message: Some("leer".to_owned()),
        };
        access.finish_run(run, outcome).await.expect("finished");
    }
    let runs = access.runs(Some("luft"), 1).expect("listed");
    for path in ["/verwaltung".to_owned(), "/verwaltung/quellen/luft".to_owned(), format!("/verwaltung/laeufe/{}", runs[0].id)] {
        let page = city.get_inside(&path).await.body;
        assert!(page.contains("2-mal"), "{path}: {page}");
    }
}
