//! One's own account: the password, the sessions, and who may not.

use axum::body::Body;
use axum::http::Request;
use engine::Role;

use super::city::{Answer, City};

const PATH: &str = "/verwaltung/konto";
const OLD: &str = "ein langer satz";
const NEW: &str = "ein anderer langer satz";

/// A city in which the session's account, anna, exists.
async fn city() -> City {
    let city = City::new().await;
    city.engine.with_role(Role::Administrator).create_account("anna", OLD, Role::Administrator).await.expect("made");
    city
}

async fn log_in(city: &City, password: &str) -> bool {
    let tenant = engine::ScratchEngine::tenant();
    city.engine.login(&tenant, "anna", password).await.is_ok()
}

async fn change(city: &City, old: &str, new: &str, again: &str) -> Answer {
    let form = format!("csrf=csrf&aktion=passwort&passwort={old}&neu={new}&wiederholung={again}").replace(' ', "+");
    city.post_inside(PATH, &form).await
}

#[tokio::test]
async fn only_those_logged_in_with_a_password_have_one() {
    let city = city().await;
    let nobody = city.get(PATH).await;
    nobody.expect(303);
    assert_eq!(nobody.header("location"), "/verwaltung/anmelden?weiter=%2Fverwaltung%2Fkonto");
    let token = Request::get(PATH).header("authorization", "Bearer administrator").body(Body::empty()).expect("valid");
    city.send(token).await.expect(303);
    let german = city.get_inside(PATH).await;
    let german = german.expect(200);
    assert!(german.contains("Mindestens 12 Zeichen") && german.contains("autocomplete=\"new-password\""), "{german}");
    assert!(city.get_inside(&format!("/en{PATH}")).await.expect(200).contains("At least 12 characters"));
}

#[tokio::test]
async fn readers_are_offered_no_page_that_is_refused_to_them() {
    let city = city().await;
    let as_reader = async |path: &str| {
        city.send(Request::get(path).header("cookie", "allmende=session-of-a-reader").body(Body::empty()).expect("valid")).await
    };
    let inside = |page: &str| -> Vec<String> {
        let links = page.split("href=\"/verwaltung").skip(1).filter_map(|rest| rest.split('"').next());
        links.filter(|rest| *rest != "/konto").map(str::to_owned).collect()
    };
    for path in ["/", "/datensaetze/luft", PATH] {
        let page = as_reader(path).await;
        let page = page.expect(200);
        assert!(inside(page).is_empty() && page.contains("href=\"/verwaltung/konto\""), "{path}: {:?}", inside(page));
    }
    for path in ["/verwaltung", "/verwaltung/quellen", "/verwaltung/meldungen"] {
        let refused = as_reader(path).await;
        let page = refused.expect(403);
        assert!(inside(page).is_empty() && page.contains("Mein Konto"), "{path}: {:?}", inside(page));
    }
    assert_eq!(as_reader("/verwaltung/anmelden").await.header("location"), PATH);
    assert!(!inside(&city.get_inside("/").await.body).is_empty(), "who administers is led there");
}

#[tokio::test]
async fn the_password_changes_and_all_sessions_end() {
    let city = city().await;
    assert!(log_in(&city, OLD).await);
    let changed = change(&city, OLD, NEW, NEW).await;
    changed.expect(303);
    assert_eq!(changed.header("location"), "/verwaltung/konto?geaendert=1");
    assert!(changed.header("set-cookie").starts_with("allmende="), "a new session: {}", changed.header("set-cookie"));
    let page = city.get_inside(changed.header("location")).await.body;
    assert!(page.contains("Das Passwort ist geändert."), "{page}");
    assert_eq!(page.matches("name=\"sitzung\"").count(), 1, "the session before is over, the new one is there: {page}");
    assert!(!log_in(&city, OLD).await && log_in(&city, NEW).await);
}

#[tokio::test]
async fn what_is_wrong_is_said_and_changes_nothing() {
    let city = city().await;
    for (old, new, again, told) in [
        ("", NEW, NEW, "Geben Sie das bisherige Passwort ein."),
        (OLD, "kurz", "kurz", "Das Passwort ist zu kurz."),
        (OLD, OLD, OLD, "Das neue Passwort ist das bisherige."),
        (OLD, NEW, "ein dritter langer satz", "Die Wiederholung ist anders"),
        ("geraten geraten", NEW, NEW, "Das bisherige Passwort stimmt nicht."),
    ] {
        let answer = change(&city, old, new, again).await;
        let body = answer.expect(422);
        assert!(body.contains(told) && body.contains("<title>Fehler: ") && body.contains("id=\"errors\""), "{told}: {body}");
        assert!(!body.contains(NEW), "no password comes back");
    }
    assert!(log_in(&city, OLD).await);
}

#[tokio::test]
async fn guessing_is_slowed_down_as_at_the_login() {
    let city = city().await;
    for _ in 0..10 {
        change(&city, "geraten geraten", NEW, NEW).await.expect(422);
    }
    let waiting = change(&city, OLD, NEW, NEW).await;
    assert!(waiting.expect(422).contains("Zu viele Versuche."), "{}", waiting.body);
    assert!(log_in(&city, OLD).await, "nothing was changed");
}

#[tokio::test]
async fn sessions_are_listed_and_ended() {
    let city = city().await;
    for _ in 0..3 {
        assert!(log_in(&city, OLD).await);
    }
    let page = city.get_inside(PATH).await.body;
    let keys: Vec<&str> = page.split("name=\"sitzung\" value=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(keys.len(), 3, "{page}");
    let ended = city.post_inside(PATH, &format!("csrf=csrf&sitzung={}", keys[0])).await;
    assert_eq!(ended.header("location"), "/verwaltung/konto?beendet=1");
    let left = city.get_inside(ended.header("location")).await.body;
    assert!(left.contains("Eine Sitzung ist beendet.") && !left.contains(keys[0]) && left.contains(keys[1]), "{left}");
    let others = city.post_inside(PATH, "csrf=csrf&aktion=andere").await;
    assert_eq!(others.header("location"), "/verwaltung/konto?beendet=2");
    assert!(!city.get_inside(PATH).await.body.contains("name=\"sitzung\""));
}

#[tokio::test]
async fn others_can_neither_see_nor_end_them() {
    let city = city().await;
    let administrator = city.engine.with_role(Role::Administrator);
    administrator.create_account("berta", OLD, Role::Editor).await.expect("made");
    let tenant = engine::ScratchEngine::tenant();
    let berta = city.engine.login(&tenant, "berta", OLD).await.expect("logged in");
    let access = city.engine.access(&tenant, berta.principal.clone()).expect("there");
    let key = access.own_sessions(&berta.secret).await.expect("hers")[0].key.clone();
    assert!(!city.get_inside(PATH).await.body.contains(&key));
    city.post_inside(PATH, &format!("csrf=csrf&sitzung={key}")).await.expect(303);
    city.post_inside(PATH, "csrf=csrf&aktion=andere").await.expect(303);
    let forged = city.post_inside(PATH, "csrf=falsch&aktion=andere").await;
    assert!(forged.expect(403).contains("Das Formular ist abgelaufen."));
    assert_eq!(access.own_sessions(&berta.secret).await.expect("hers").len(), 1, "untouched");
}

const STATION: &str = "csrf=csrf&aktion=schluessel&bezeichnung=Wetter+%3Cb%3E&rolle=editor&tage=90";

/// What stands in a page between two texts.
fn between<'a>(page: &'a str, before: &str, after: &str) -> &'a str {
    page.split_once(before).and_then(|(_, rest)| rest.split_once(after)).expect(before).0
}

#[tokio::test]
async fn a_key_is_made_shown_once_and_withdrawn() {
    let city = city().await;
    let tenant = engine::ScratchEngine::tenant();
    assert!(city.get_inside(PATH).await.expect(200).contains("Sie haben keinen Schlüssel."));
    let made = city.post_inside(PATH, STATION).await;
    let page = made.expect(201);
    assert_eq!(made.header("cache-control"), "no-store");
    let secret = between(page, "<code id=\"key-secret\">", "</code>");
    let line =
        format!("curl --fail -H &#34;Authorization: Bearer {secret}&#34; &#34;https://daten.musterstadt.example/ngsi-ld/v1/types&#34;");
    assert!(page.contains(&line) && !page.contains("Wetter <b>"), "{page}");
    assert_eq!(city.engine.principal_of_token(&tenant, secret).await.expect("good").role, Role::Editor);
    let listed = city.get_inside(PATH).await;
    let listed = listed.expect(200);
    assert!(listed.contains("Wetter &#60;b&#62;") && listed.contains("Zuletzt benutzt:") && !listed.contains(secret), "{listed}");
    let question = between(listed, "href=\"/verwaltung/konto/schluessel/", "\"");
    let asked = city.get_inside(&format!("{PATH}/schluessel/{question}")).await;
    assert!(asked.expect(200).contains("Schlüssel entziehen?") && asked.body.contains("Wetter &#60;b&#62;"), "{}", asked.body);
    assert!(city.engine.principal_of_token(&tenant, secret).await.is_ok(), "asking withdraws nothing");
    let form = format!("csrf=csrf&aktion=entziehen&schluessel={question}");
    let forged = city.post_inside(PATH, &form.replace("csrf=csrf", "csrf=falsch")).await;
    forged.expect(403);
    let withdrawn = city.post_inside(PATH, &form).await;
    assert_eq!(withdrawn.header("location"), "/verwaltung/konto?entzogen=1");
    assert!(city.get_inside(withdrawn.header("location")).await.expect(200).contains("Der Schlüssel ist entzogen."));
    assert!(city.engine.principal_of_token(&tenant, secret).await.is_err());
    city.get_inside(&format!("{PATH}/schluessel/{question}")).await.expect(404);
    city.post_inside(PATH, &form).await.expect(303);
}

#[tokio::test]
async fn what_is_wrong_with_a_key_stands_at_its_field() {
    let city = city().await;
    let long = "n".repeat(65);
    for (label, days, field, told) in [
        ("+", "90", "bezeichnung", "Geben Sie eine Bezeichnung ein."),
        (long.as_str(), "90", "bezeichnung", "Nehmen Sie höchstens 64 Zeichen"),
        ("Skript", "366", "tage", "eine ganze Zahl von 1 bis 365"),
        ("Skript", "bald", "tage", "eine ganze Zahl von 1 bis 365"),
    ] {
        let form = format!("csrf=csrf&aktion=schluessel&bezeichnung={label}&rolle=reader&tage={days}");
        let answer = city.post_inside(PATH, &form).await;
        let error = between(answer.expect(422), &format!("id=\"{field}-error\""), "</p>");
        assert!(error.contains(told) && answer.body.contains(&format!("value=\"{days}\"")), "{told}: {}", answer.body);
    }
    city.post_inside(PATH, &STATION.replace("editor", "alles")).await.expect(400);
    city.post_inside(PATH, &STATION.replace("csrf=csrf", "csrf=falsch")).await.expect(403);
    for _ in 0..engine::OWN_TOKENS_MAX {
        city.post_inside(PATH, STATION).await.expect(201);
    }
    let full = city.post_inside(PATH, STATION).await;
    assert!(between(full.expect(422), "id=\"bezeichnung-error\"", "</p>").contains("Sie haben schon 20 Schlüssel."), "{}", full.body);
}

#[tokio::test]
async fn readers_make_keys_that_read() {
    let city = city().await;
    let page = city.send(Request::get(PATH).header("cookie", "allmende=session-of-a-reader").body(Body::empty()).expect("valid")).await;
    let choices = between(page.expect(200), "name=\"rolle\"", "</select>");
    assert!(choices.contains("value=\"reader\"") && !choices.contains("value=\"editor\""), "{choices}");
    let nobody = city.get(&format!("{PATH}/schluessel/abc")).await;
    assert!(nobody.expect(303).is_empty() && nobody.header("location").starts_with("/verwaltung/anmelden"));
}
