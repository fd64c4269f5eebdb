//! Sources that run by themselves while the platform serves.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;

use crate::platform::{Platform, Scene, run, token};
use crate::sources::DEFINITION;

/// Waits for the next question and answers it, keeping the connection until it was read.
fn answer(listener: &TcpListener, text: &str) {
    let mut stream = asked(listener);
    write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{text}", text.len()).expect("read");
}

/// Waits for the next question, down to the empty line.
fn asked(listener: &TcpListener) -> TcpStream {
    let (stream, _) = listener.accept().expect("asked");
    let lines = BufReader::new(stream.try_clone().expect("a handle")).lines();
    assert!(lines.map_while(Result::ok).any(|line| line.is_empty()), "a whole question");
    stream
}

/// Keeps a source that asks a server every second; answers the configuration that lets it.
fn ask_every_second(scene: &Scene, far: &TcpListener) -> PathBuf {
    let address = far.local_addr().expect("an address");
    let way = format!("transport = \"http\"\nurl = \"http://{address}/pegel.csv\"\nevery = \"1s\"");
    let definition = DEFINITION.replace("transport = \"folder\"\npath = \"pegel\"\nglob = \"*.csv\"", &way);
    let definition = scene.write("pegel.toml", &definition);
    let config = scene.write("allmende.toml", &format!("[sources]\ntargets = [\"{address}\"]\n"));
    let data = scene.data();
    let words = ["source", "put", definition.to_str().expect("UTF-8"), "--data", data.to_str().expect("UTF-8")];
    run(&words, "").ok();
    config
}

fn start(scene: &Scene, config: &std::path::Path) -> Platform {
    Platform::start(&scene.data(), &scene.path("log"), &["--config", config.to_str().expect("UTF-8")])
}

/// How far the log of the tenant is.
fn log_seq(platform: &Platform) -> u64 {
    let metrics = platform.ask("GET /metrics").body;
    let line = metrics.lines().find_map(|line| line.strip_prefix("allmende_log_seq{tenant=\"musterstadt\"} "));
    line.and_then(|number| number.parse().ok()).unwrap_or(0)
}

#[test]
fn a_planned_run_that_was_killed_is_named_and_done_again_once() {
    const HOURS: usize = 100_000;
    let scene = Scene::new();
    let far = TcpListener::bind("127.0.0.1:0").expect("listens");
    assert!(scene.start().stop().success());
    let secret = token(&scene, "editor");
    let config = ask_every_second(&scene, &far);
    let mut body = "ort;zeit;cm\n".to_owned();
    for hour in 0..HOURS {
        let (day, hour) = (hour / 24, hour % 24);
        let (year, month, day) = (2010 + day / 336, day % 336 / 28 + 1, day % 28 + 1);
        writeln!(body, "Musterbach;{day:02}.{month:02}.{year} {hour:02}:00;{hour}").expect("a string");
    }

    let platform = start(&scene, &config);
    let before = log_seq(&platform);
    answer(&far, &body);
    while log_seq(&platform) < before + 3 {
        std::thread::yield_now();
    }
    platform.kill();

    let platform = start(&scene, &config);
    let runs = || platform.ask(&format!("GET /api/v1/quellen/pegel/laeufe\nauthorization: Bearer {secret}")).json();
    let states = || runs().as_array().expect("a list").iter().map(|run| run["state"].as_str().unwrap_or("").to_owned()).collect::<Vec<_>>();
    assert_eq!(states(), ["interrupted"], "it is named before it is done again");
    answer(&far, &body);
    // The next question comes after the answer was taken in.
    let silent = asked(&far);
    assert_eq!(states(), ["done", "interrupted"]);
    let done = runs()[0].clone();
    let count = |key: &str| done[key].as_u64().expect("a number");
    assert!(count("unchanged") > 0, "what was taken in before is known: {done}");
    assert_eq!((count("written") + count("unchanged"), count("corrected")), (count("records") - count("quarantined"), 0), "{done}");
    let question = "GET /ngsi-ld/v1/temporal/entities/urn:ngsi-ld:Pegel:musterbach?options=aggregatedValues&aggrMethods=totalCount\
                    &aggrPeriodDuration=PT0S&timerel=after&timeAt=2000-01-01T00:00:00Z";
    let total = platform.ask(&format!("{question}\nauthorization: Bearer {secret}")).json();
    let total = &total["https://example.org/wasserstand"]["totalCount"][0][0];
    assert_eq!(total.as_u64(), Some(count("written") + count("unchanged")), "nothing is there twice");
    assert!(platform.stop().success());
    drop(silent);
}

#[test]
fn a_server_is_asked_paused_and_left_at_the_stop() {
    let scene = Scene::new();
    let far = TcpListener::bind("127.0.0.1:0").expect("listens");
    assert!(scene.start().stop().success());
    let config = ask_every_second(&scene, &far);
    let platform = start(&scene, &config);

    answer(&far, "ort;zeit;cm\nMusterbach;04.05.2026 10:00;12,5\n");
    answer(&far, "ort;zeit;cm\nMusterbach;04.05.2026 11:00;13,5\n");
    // The third question comes after the second answer was taken in.
    let silent = asked(&far);
    let list = scene.run("source list").ok();
    let row = list.lines().find(|line| line.starts_with("pegel\t")).unwrap_or_default();
    assert!(row.contains("\tdone\t1\t0\tfalse\t20"), "{list}");
    assert!(scene.run("source pause pegel").ok().contains("ruht"));
    let list = scene.run("source list").ok();
    assert!(list.contains("\ttrue\t–\t"), "what rests has no next run: {list}");
    assert!(scene.run("source pause nirgends").failed().contains("nirgends"));
    assert!(platform.stop().success(), "it does not wait for a server that is silent");
    drop(silent);

    assert!(scene.run("source resume pegel").ok().contains("läuft weiter"), "also without a server");
    let platform = start(&scene, &config);
    let mut refusing = asked(&far);
    write!(refusing, "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n").expect("read");
    drop(refusing);
    // It is asked again only after the failure was noted.
    let silent = asked(&far);
    let list = scene.run("source list").ok();
    assert!(list.contains("Der Server antwortet mit einem Fehler (Status 503)."), "{list}");
    assert!(platform.stop().success());
    drop(silent);
}
