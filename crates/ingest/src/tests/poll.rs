//! Sources that are asked over HTTP, against a real server on this machine.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, ETAG, IF_NONE_MATCH, LINK, LOCATION, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderName, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use expect_test::expect;
use harmonise::Language;

use super::*;

const JUNE: &str = "Ort;Zeit;TEMP\nnord;2026-06-01 10:00;21\n";
const JULY: &str = "Ort;Zeit;TEMP\nnord;2026-07-01 10:00;25\n";

/// A server that answers as it was told, in order, and notes what it was asked.
struct Far {
    address: SocketAddr,
    answers: Arc<Mutex<VecDeque<Response>>>,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Far {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("listens");
        let address = listener.local_addr().expect("an address");
        let (answers, heard) = (Arc::new(Mutex::new(VecDeque::<Response>::new())), Arc::new(Mutex::new(Vec::new())));
        let (script, notes) = (Arc::clone(&answers), Arc::clone(&heard));
        let answer = move |uri: Uri, headers: HeaderMap| {
            let said = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).map(|value| format!(" {value}"));
            let line = format!("{uri}{}{}", said(IF_NONE_MATCH).unwrap_or_default(), said(AUTHORIZATION).unwrap_or_default());
            notes.lock().expect("nobody panics").push(line);
            let next = script.lock().expect("nobody panics").pop_front();
            std::future::ready(next.unwrap_or_else(|| StatusCode::NOT_FOUND.into_response()))
        };
        let router = Router::new().fallback(answer);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, answers, heard }
    }

    fn says(&self, answer: impl IntoResponse) {
        self.answers.lock().expect("nobody panics").push_back(answer.into_response());
    }

    fn heard(&self) -> String {
        std::mem::take(&mut *self.heard.lock().expect("nobody panics")).join("; ")
    }

    /// The weather, asked for here every five minutes; `more` are keys of `[source]`.
    fn definition(&self, more: &str) -> String {
        let files = "transport = \"folder\"\npath = \"wetter\"\nglob = \"*.csv\"";
        assert!(WEATHER.contains(files));
        WEATHER.replace(files, &format!("transport = \"http\"\nurl = \"http://{}/werte.csv\"\nevery = \"5m\"\n{more}", self.address))
    }
}

async fn asking(more: &str) -> (City, Far) {
    let (city, far) = (City::empty(), Far::start().await);
    city.put(&far.definition(more)).await;
    (city, far)
}

impl City {
    /// What comes of asking now, with the port left out.
    async fn asked(&self, far: &Far) -> String {
        self.run_text().await.replace(&far.address.to_string(), "far").trim_end().to_owned()
    }
}

/// RFC 9110, section 13.1.2: `If-None-Match`; section 15.4.5: 304.
#[tokio::test]
async fn what_did_not_change_is_not_sent_again() {
    let (city, far) = asking("").await;
    city.pass(0).await;
    assert_eq!(far.heard(), "", "a new source is planned first");
    far.says(([(ETAG, "\"1\"")], MAY));
    city.pass(30).await;
    assert_eq!((far.heard().as_str(), city.standing().as_str()), ("/werte.csv", "due 5"));
    expect!["05-01T10=11.5 05-01T11=13.25"].assert_eq(&city.temperatures("nord").await);
    city.pass(60).await;
    assert_eq!(far.heard(), "", "its time has not come");
    far.says(StatusCode::NOT_MODIFIED);
    city.pass(300).await;
    assert_eq!((far.heard().as_str(), city.standing().as_str()), ("/werte.csv \"1\"", "due 4"));
    far.says(([(ETAG, "\"2\"")], JUNE));
    city.pass(360).await;
    expect!["05-01T10=11.5 05-01T11=13.25 06-01T10=21"].assert_eq(&city.temperatures("nord").await);
    city.put(&far.definition("").replace("max = 50", "max = 20")).await;
    far.says(([(ETAG, "\"2\"")], JUNE));
    far.heard();
    city.pass(0).await;
    city.pass(30).await;
    assert_eq!(far.heard(), "/werte.csv", "another version reads all of it again");
    let runs = city.runs().replace(&far.address.to_string(), "far");
    expect!["1 v1 far/werte.csv Done; 2 v1 far/werte.csv Done; 3 v2 far/werte.csv Done"].assert_eq(&runs);
}

#[tokio::test]
async fn a_server_that_fails_is_asked_less_and_less_often() {
    let (city, far) = asking("").await;
    city.pass(0).await;
    let mut dues = Vec::new();
    for _ in 0..5 {
        far.says(StatusCode::INTERNAL_SERVER_ERROR);
        city.pass(2 * 3600).await;
        dues.push(city.standing().split(',').next().unwrap_or_default().to_owned());
    }
    assert_eq!(dues, ["due 5", "due 10", "due 20", "due 40", "due 60"]);
    let access = city.editor();
    let standing = city.ingest.standing(&access, &access.source("wetter", None).expect("there")).expect("readable");
    let trouble = standing.trouble.expect("it failed");
    expect!["Der Server antwortet mit einem Fehler (Status 500). Prüfen Sie die Adresse, oder warten Sie, bis er wieder arbeitet."]
        .assert_eq(&trouble.say(Language::De));
    far.says(MAY);
    city.pass(2 * 3600).await;
    assert_eq!(city.standing(), "due 5");
}

/// RFC 6585, section 4; RFC 9110, section 10.2.3.
#[tokio::test]
async fn a_server_that_asks_for_patience_gets_it() {
    let (city, far) = asking("").await;
    city.pass(0).await;
    far.says((StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, "1800")]));
    city.pass(30).await;
    assert_eq!(city.standing(), "due 30, failed 1: the server asks for patience (status 429); ask less often");
    far.heard();
    city.pass(1740).await;
    assert_eq!(far.heard(), "");
    far.says(MAY);
    city.pass(120).await;
    assert_eq!(city.standing(), "due 4", "its rhythm is kept");
}

#[tokio::test]
async fn what_is_no_data_is_told_and_changes_nothing() {
    let (city, far) = asking("http = { timeout = \"1s\", bytes_max = 100 }").await;
    let endless = || futures_util::stream::pending::<Result<bytes::Bytes, std::io::Error>>();
    far.says(Body::from_stream(endless()));
    expect!["Unavailable: there was no whole answer within 1 seconds; raise `timeout` or ask for smaller pages"]
        .assert_eq(&city.asked(&far).await);
    far.says("x".repeat(101));
    expect!["Unavailable: the answer is larger than 100 bytes; raise `bytes_max` or use pages"].assert_eq(&city.asked(&far).await);
    far.says(([(CONTENT_TYPE, "text/html; charset=utf-8")], "<h1>Wartung</h1>"));
    expect!["Unavailable: a web page came instead of data (text/html; charset=utf-8); check the address"]
        .assert_eq(&city.asked(&far).await);
    far.says(StatusCode::FORBIDDEN);
    expect!["Unavailable: the server did not let us in (status 403); check the key"].assert_eq(&city.asked(&far).await);
    far.heard();
    for _ in 0..9 {
        far.says((StatusCode::FOUND, [(LOCATION, "/werte.csv")]));
    }
    expect!["Unavailable: one redirect follows the other, the last to `far`; write the final address"].assert_eq(&city.asked(&far).await);
    assert_eq!(far.heard().split("; ").count(), 4, "the first question and three redirects");
    assert_eq!(city.runs(), "");
}

#[tokio::test]
async fn a_dead_server_is_named() {
    let (city, far) = asking("").await;
    let dead = std::net::TcpListener::bind("127.0.0.1:0").expect("listens").local_addr().expect("an address");
    city.put(&far.definition("").replace(&far.address.to_string(), &dead.to_string())).await;
    let said = city.asked(&far).await;
    assert!(said.starts_with(&format!("Unavailable: the server `{dead}` cannot be reached: ")), "{said}");
}

/// The header `Link` of RFC 8288.
#[tokio::test]
async fn pages_are_read_to_the_last() {
    let (city, far) = asking("http = { paging = { by = \"link\" }, pages_max = 3 }").await;
    far.says(([(LINK, "<?p=2>; rel=\"next\"")], MAY));
    far.says(([(LINK, "</werte.csv?p=1>; rel=\"prev\"")], JUNE));
    expect![[r#"
        `far/werte.csv#1`: run 1, 3 records, 3 values new, 0 unchanged, 0 corrected, 0 flagged, 0 records in quarantine
        `far/werte.csv#2`: run 2, 1 records, 1 values new, 0 unchanged, 0 corrected, 0 flagged, 0 records in quarantine"#]]
    .assert_eq(&city.asked(&far).await);
    assert_eq!(far.heard(), "/werte.csv; /werte.csv?p=2");
}

#[tokio::test]
async fn pages_that_do_not_end_are_left() {
    let (city, far) = asking("http = { paging = { by = \"link\" }, pages_max = 2 }").await;
    far.says(([(LINK, "</werte.csv>; rel=\"next\"")], MAY));
    expect!["Unavailable: a page leads back to one that was read; check `paging`"].assert_eq(&city.asked(&far).await);
    far.says(([(LINK, "<?p=2>; rel=\"next\"")], MAY));
    far.says(([(LINK, "<?p=3>; rel=\"next\"")], MAY));
    expect!["Unavailable: two pages in a row are the same; check `paging`"].assert_eq(&city.asked(&far).await);
    far.says(([(LINK, "<?p=2>; rel=\"next\"")], MAY));
    far.says(([(LINK, "<?p=3>; rel=\"next\"")], JUNE));
    expect!["Unavailable: there are more than 2 pages; raise `pages_max` or check `paging`"].assert_eq(&city.asked(&far).await);
    expect!["05-01T10=11.5 05-01T11=13.25 06-01T10=21"].assert_eq(&city.temperatures("nord").await);
}

#[tokio::test]
async fn pages_are_counted_until_one_is_short() {
    let (city, far) = asking("http = { paging = { by = \"offset\", parameter = \"ab\", size = 1, size_parameter = \"n\" } }").await;
    far.says(JUNE);
    far.says(JULY);
    far.says("Ort;Zeit;TEMP\n");
    city.run().await.expect("runs");
    assert_eq!(far.heard(), "/werte.csv?ab=0&n=1; /werte.csv?ab=1&n=1; /werte.csv?ab=2&n=1");
    expect!["06-01T10=21 07-01T10=25"].assert_eq(&city.temperatures("nord").await);
}

#[tokio::test]
async fn a_key_is_sent_to_its_host_only() {
    let (city, far) = asking("http = { key = { secret = \"wetterdienst\" } }").await;
    let path = city.folder.path().join("secrets/musterstadt/wetterdienst");
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    std::fs::write(&path, format!("abc\n{}\n", far.address)).expect("written");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("set");
    far.says(MAY);
    city.run().await.expect("runs");
    assert_eq!(far.heard(), "/werte.csv Bearer abc");
    std::fs::write(&path, "abc\nelsewhere.example\n").expect("written");
    let said = city.asked(&far).await;
    assert!(said.starts_with("Unavailable: the key `wetterdienst` may not be sent to `far`"), "{said}");
    assert_eq!(far.heard(), "");
}

#[tokio::test]
async fn a_definition_can_be_tried_before_it_is_kept() {
    let (city, far) = (City::empty(), Far::start().await);
    far.says(MAY);
    let preview = city.ingest.preview(&city.editor(), &far.definition(""), None, 2).await.expect("read");
    assert_eq!(preview.records.len(), 2);
}

/// Pages of JSON that name the next one.
fn named_pages(far: &Far) -> String {
    let pages = "http = { pages_max = 3, paging = { by = \"next\", field = \"/weiter/href\" } }";
    let definition =
        far.definition(pages).replace("kind = \"csv\"\ndelimiter = \";\"\ndecimal = \",\"", "kind = \"json\"\nrecords = \"/werte\"");
    assert!(definition.contains("/werte\""));
    definition
}

fn named_page(hour: u8, next: &str) -> Response {
    let body = format!(r#"{{"werte":[{{"Ort":"nord","Zeit":"2026-05-01 {hour:02}:00","TEMP":{hour}}}],"weiter":{next}}}"#);
    ([(CONTENT_TYPE, "application/json")], body).into_response()
}

#[tokio::test]
async fn pages_that_name_the_next_one_are_followed_to_the_last() {
    let (city, far) = (City::empty(), Far::start().await);
    city.put(&named_pages(&far)).await;
    far.says(named_page(1, r#"{"href":"/werte.csv?seite=2"}"#));
    far.says(named_page(2, r#"{"href":"?seite=3"}"#));
    far.says(named_page(3, "null"));
    city.run().await.expect("runs");
    assert_eq!(far.heard(), "/werte.csv; /werte.csv?seite=2; /werte.csv?seite=3");
    expect!["05-01T01=1 05-01T02=2 05-01T03=3"].assert_eq(&city.temperatures("nord").await);
    far.says(named_page(1, r#"{"href":7}"#));
    expect!["Unavailable: `/weiter/href` holds no address; mend `field` below `paging`"].assert_eq(&city.asked(&far).await);
}

#[tokio::test]
async fn a_feed_without_end_is_left_at_its_bound() {
    let (city, far) = (City::empty(), Far::start().await);
    city.put(&named_pages(&far)).await;
    (1..20).for_each(|hour| far.says(named_page(hour, &format!(r#"{{"href":"/werte.csv?seite={hour}"}}"#))));
    expect!["Unavailable: there are more than 3 pages; raise `pages_max` or check `paging`"].assert_eq(&city.asked(&far).await);
    assert_eq!(far.heard(), "/werte.csv; /werte.csv?seite=1; /werte.csv?seite=2");
    expect!["05-01T01=1 05-01T02=2 05-01T03=3"].assert_eq(&city.temperatures("nord").await);
    assert_eq!(city.standing(), "due 5, failed 1: there are more than 3 pages; raise `pages_max` or check `paging`");
}

/// Connections are taken, nothing is ever answered: the kernel does it for a listener nobody serves.
#[tokio::test]
async fn silent_servers_keep_nobody_else_waiting() {
    let (city, far) = (City::empty(), Far::start().await);
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("listens");
    let silent_address = silent.local_addr().expect("an address").to_string();
    let bare = far.definition("").split("[dataset]").next().expect("a beginning").replace(", class = \"open\"", "");
    let bare: String = bare.lines().filter(|line| !line.starts_with("column")).map(|line| format!("{line}\n")).collect();
    for n in 0..20 {
        let definition = bare.replace("\"wetter\"", &format!("\"stumm{n}\"")).replace(&far.address.to_string(), &silent_address);
        city.put(&definition).await;
    }
    city.put(&far.definition("").replace("every = \"5m\"", "every = \"4m\"")).await;
    far.says(MAY);
    // All are planned, then due, the silent ones no later than the other.
    let planned = city.ingest.tick().await;
    city.engine.clock().advance_micros(1_000_000);
    for look in planned.into_iter().chain(city.ingest.tick().await) {
        look.await.expect("a look does not panic");
    }
    city.engine.clock().advance_micros(120_000_000);
    let looks = city.ingest.tick().await;
    assert!((2..16).contains(&looks.len()), "the silent host has its part of the places: {}", looks.len());
    while city.runs().is_empty() || city.runs().contains("Running") {
        tokio::task::yield_now().await;
    }
    assert!(city.runs().ends_with("Done"), "{}", city.runs());
    looks.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test]
async fn a_failure_that_repeats_is_one_run_and_one_file() {
    let (city, far) = asking("").await;
    for n in 0..4 {
        far.says(format!("Stelle;Zeit;TEMP\nnord;2026-05-01 1{n}:00;1\n"));
        city.pass(if n == 0 { 0 } else { 7200 }).await;
        city.pass(30).await;
    }
    let runs = city.editor().runs(Some("wetter"), 9).expect("readable");
    let seen: Vec<_> = runs.iter().map(|run| (run.state, run.repeats, run.repeated_at.is_some())).collect();
    assert_eq!(seen, [(engine::RunState::Failed, 3, true)]);
    assert_eq!(city.editor().removed_files(9).expect("readable").len(), 3, "the first one shows the fault");
    let source = city.editor().source("wetter", None).expect("there");
    let standing = city.ingest.standing(&city.editor(), &source).expect("readable");
    assert_eq!((standing.failures, standing.troubled_since), (4, Some(runs[0].finished_at.expect("it ended"))));
}
