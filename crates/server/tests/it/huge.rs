//! Inputs without end: memory stays bounded, the answer is clear.

use std::io::Write;
use std::net::TcpStream;

use crate::platform::{Scene, token};

/// What the whole process may ever hold here: itself, and a few records of the largest size (16 MiB).
const MEMORY_BYTES_MAX: u64 = 384 << 20;
static PIECE: [u8; 1 << 20] = [b'7'; 1 << 20];

/// The long run has a line of a gigabyte, the short one of 64 MiB.
fn line_mebibytes() -> usize {
    if std::env::var_os("ALLMENDE_SLOW").is_some() { 1024 } else { 64 }
}

#[test]
fn one_endless_line_is_one_bad_record() {
    let scene = Scene::new();
    let platform = scene.start();
    let definition = scene.write("pegel.toml", crate::sources::DEFINITION);
    scene.run(&format!("source put {}", definition.display())).ok();
    let file = scene.write("data/eingang/pegel/a.csv", "ort;zeit;cm\nMusterbach;04.05.2026 10:00;12,5\nMusterbach;04.05.2026 11:00;");
    let mut endless = std::fs::File::options().append(true).open(&file).expect("there");
    for _ in 0..line_mebibytes() {
        endless.write_all(&PIECE).expect("written");
    }
    endless.write_all(b"\nMusterbach;04.05.2026 12:00;13,5\n").expect("written");
    let said = scene.run("source run pegel").ok();
    assert!(said.contains("3 Sätze, 2 Werte neu") && said.contains("1 Sätze zurückgestellt"), "{said}");
    let peak = platform.memory_peak_bytes();
    assert!(peak < MEMORY_BYTES_MAX, "{} MiB", peak >> 20);
    assert_eq!(platform.complaints(), Vec::<String>::new());
}

#[test]
fn an_endless_push_is_cut_off() {
    let scene = Scene::new();
    let platform = scene.start();
    let definition = scene.write("pegel.toml", &crate::sources::pushed());
    scene.run(&format!("source put {}", definition.display())).ok();
    let secret = token(&scene, "editor");
    for length in ["transfer-encoding: chunked".to_owned(), format!("content-length: {}", line_mebibytes() << 20)] {
        let mut stream = TcpStream::connect(("127.0.0.1", platform.port())).expect("connected");
        let head = format!(
            "POST /api/v1/quellen/pegel/daten HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {secret}\r\ncontent-type: text/csv\r\nconnection: close\r\n{length}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).expect("sent");
        let chunked = length.starts_with("transfer");
        for _ in 0..line_mebibytes() {
            let piece = if chunked { [b"100000\r\n", &PIECE[..], b"\r\n"].concat() } else { PIECE.to_vec() };
            if stream.write_all(&piece).is_err() {
                // It has closed: it does not want more.
                break;
            }
        }
        let mut answer = Vec::new();
        // The rest of what was sent may reset the connection after the answer.
        drop(std::io::Read::read_to_end(&mut stream, &mut answer));
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 413 "), "{answer}");
    }
    assert_eq!(platform.ask("GET /livez").status, 200);
    let peak = platform.memory_peak_bytes();
    assert!(peak < MEMORY_BYTES_MAX, "{} MiB", peak >> 20);
}
