//! Sources that run by themselves while the platform serves.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};

use crate::platform::{Platform, Scene, run};
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

#[test]
fn a_server_is_asked_paused_and_left_at_the_stop() {
    let scene = Scene::new();
    let far = TcpListener::bind("127.0.0.1:0").expect("listens");
    let address = far.local_addr().expect("an address");
    let way = format!("transport = \"http\"\nurl = \"http://{address}/pegel.csv\"\nevery = \"1s\"");
    let definition = DEFINITION.replace("transport = \"folder\"\npath = \"pegel\"\nglob = \"*.csv\"", &way);
    let definition = scene.write("pegel.toml", &definition);
    let config = scene.write("allmende.toml", &format!("[sources]\ntargets = [\"{address}\"]\n"));
    let config = ["--config", config.to_str().expect("UTF-8")];
    let platform = Platform::start(&scene.data(), &scene.path("log"), &config);
    let data = scene.data();
    let words = ["source", "put", definition.to_str().expect("UTF-8"), "--data", data.to_str().expect("UTF-8")];
    run(&words, "").ok();

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
    let platform = Platform::start(&scene.data(), &scene.path("log"), &config);
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
