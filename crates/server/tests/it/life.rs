//! Starting, stopping, dying.

use std::os::unix::fs::PermissionsExt;

use crate::platform::{Platform, Scene, entity, has_entity, run, token};

#[test]
fn the_first_start_shows_how_to_become_administrator() {
    let scene = Scene::new();
    let mut platform = scene.start();
    let line = platform.next_line();
    assert!(line.contains("Einmal-Code: "), "{line}");
    assert!(line.contains(&format!("{}verwaltung/anmelden", platform.url)), "{line}");
    let code = line.rsplit(' ').next().unwrap_or_default();
    assert!(code.len() >= 8, "{line}");
    assert_eq!(platform.ask("GET /livez").json()["live"], true);
    assert_eq!(platform.ask("GET /readyz").json()["ready"], true);
    assert_eq!(platform.complaints(), Vec::<String>::new());
    let log = std::fs::read_to_string(scene.path("log")).expect("a log");
    assert!(!log.contains(code), "the code must not stand in the log");
}

#[test]
fn it_stops_gracefully_and_leaves_no_socket() {
    let scene = Scene::new();
    let platform = scene.start();
    let socket = scene.data().join("control.sock");
    assert_eq!(socket.metadata().expect("a socket").permissions().mode() & 0o777, 0o600);
    assert_eq!(scene.data().metadata().expect("a folder").permissions().mode() & 0o077, 0);
    assert_eq!(platform.stop().code(), Some(0));
    assert!(!socket.exists());
    assert!(scene.start().stop().success(), "it starts again");
}

#[test]
fn tokens_are_made_while_it_runs_and_while_it_does_not() {
    let scene = Scene::new();
    let platform = scene.start();
    let running = token(&scene, "editor");
    assert!(running.starts_with("alm_") && !running.contains(char::is_whitespace), "{running}");
    assert_eq!(platform.ask(&entity(&running, 1)).status, 201);
    assert!(has_entity(&platform, &running, 1));
    assert_eq!(platform.ask("GET /ngsi-ld/v1/entities/urn:ngsi-ld:Ding:1").status, 404, "undeclared is restricted");
    let reader = token(&scene, "reader");
    assert_eq!(platform.ask(&entity(&reader, 2)).status, 403);
    assert!(platform.stop().success());

    let resting = token(&scene, "administrator");
    let platform = scene.start();
    assert!(has_entity(&platform, &running, 1) && has_entity(&platform, &resting, 1));
    let id = running.split('_').nth(1).expect("an id");
    scene.run(&format!("token revoke {id}")).ok();
    assert_eq!(platform.ask(&entity(&running, 3)).status, 401);
    assert_eq!(platform.complaints(), Vec::<String>::new());
}

#[test]
fn one_directory_belongs_to_one_process() {
    let scene = Scene::new();
    let _platform = scene.start();
    let refused = scene.run("serve --listen 127.0.0.1:0").failed();
    assert!(refused.contains("in Benutzung durch einen anderen Prozess") && refused.contains("--data"), "{refused}");
}

#[test]
fn a_port_in_use_is_said_before_data_are_opened() {
    let scene = Scene::new();
    let platform = scene.start();
    let other = Scene::new();
    let refused = other.run(&format!("serve --listen 127.0.0.1:{}", platform.port())).failed();
    assert!(refused.contains("schon vergeben") && refused.contains("--listen"), "{refused}");
    assert!(!other.data().exists());
}

#[test]
fn what_was_acknowledged_survives_being_killed() {
    let scene = Scene::new();
    let mut acknowledged = 0;
    let mut secret = None;
    for round in 0..3 {
        let platform = scene.start();
        let secret = secret.get_or_insert_with(|| token(&scene, "editor")).clone();
        for number in 1..=acknowledged {
            assert!(has_entity(&platform, &secret, number), "round {round}: {number} of {acknowledged} is lost");
        }
        let url = platform.port();
        let writer = std::thread::spawn(move || {
            let mut next = acknowledged;
            // Until the connection breaks, which is the kill.
            while std::net::TcpStream::connect(("127.0.0.1", url)).is_ok() {
                let body = format!(
                    "{{\"id\":\"urn:ngsi-ld:Ding:{}\",\"type\":\"Ding\",\"zahl\":{{\"type\":\"Property\",\"value\":{}}}}}",
                    next + 1,
                    next + 1
                );
                let raw = format!(
                    "POST /ngsi-ld/v1/entities HTTP/1.0\r\nhost: x\r\nauthorization: Bearer {secret}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
                    body.len()
                );
                let sent = std::panic::catch_unwind(|| crate::platform::send(url, raw.as_bytes()).status);
                // Written in the last round, but the answer was lost: it exists and that is as good.
                if !matches!(sent, Ok(201 | 409)) {
                    break;
                }
                next += 1;
            }
            next
        });
        let progressed = || {
            platform
                .ask("GET /metrics")
                .body
                .lines()
                .find_map(|line| line.strip_prefix("allmende_log_seq{tenant=\"musterstadt\"} ")?.parse().ok())
                .unwrap_or(0_usize)
        };
        let before = progressed();
        while progressed() < before + 20 {
            std::thread::yield_now();
        }
        platform.kill();
        acknowledged = writer.join().expect("the writer ended");
        assert!(acknowledged >= 10, "{acknowledged} were written");
    }
    let platform = scene.start();
    let secret = secret.expect("a token");
    assert!((1..=acknowledged).all(|number| has_entity(&platform, &secret, number)));
}

#[test]
fn the_configuration_is_one_file() {
    let scene = Scene::new();
    let file = scene.write(
        "allmende.toml",
        "tenant = \"beispiel\"\n[log]\nformat = \"json\"\nrequests = \"all\"\n[metrics]\ntoken = \"0123456789abcdef\"\n",
    );
    let mut platform = Platform::start(&scene.data(), &scene.path("log"), &["--config", file.to_str().expect("UTF-8")]);
    assert!(platform.next_line().contains("Mandant beispiel"));
    assert_eq!(platform.ask("GET /metrics").status, 401);
    assert_eq!(platform.ask("GET /metrics\nauthorization: Bearer 0123456789abcdef").status, 200);
    assert!(platform.stop().success());
    let log = std::fs::read_to_string(scene.path("log")).expect("a log");
    let lines: Vec<serde_json::Value> = log.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let request = lines.iter().find(|line| line["path"] == "/metrics").expect("a line for the request");
    assert_eq!(request["peer"], "127.0.0.0/24");
    assert!(!log.contains("0123456789abcdef"));

    scene.write("allmende.toml", "[http]\nconnection_max = 5\n");
    let refused = run(&["serve", "--data", scene.data().to_str().expect("UTF-8"), "--config", file.to_str().expect("UTF-8")], "").failed();
    assert!(refused.contains("unbekannter Schlüssel `http.connection_max`; gemeint ist vielleicht `http.connections_max`"), "{refused}");
}
