//! What is played when.

use jiff::civil::date;
use model::Instant;

use super::files::Files;
use super::tape::{Form, Tape, minute_of_week};
use super::{BEAT, STEP_MINUTES, TRACKS, minute_at};

fn at(text: &str) -> Instant {
    Instant::parse(text).expect(text)
}

/// The demo's own files, as they lie in the repository.
fn recordings(start: &str) -> Vec<String> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo").join(start);
    let (folder, start) = (root.parent().expect("a folder"), root.file_name().expect("a name").to_string_lossy().into_owned());
    let mut files: Vec<_> = std::fs::read_dir(folder).expect("there").map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&start)));
    files.sort();
    files.iter().map(|path| std::fs::read_to_string(path).expect("text")).collect()
}

fn small() -> Tape {
    let form = Form { delimiter: ';', time: "zeit", keeps: |name| name != "mehr", monday: date(2024, 3, 4), weeks: 1 };
    let text =
        "\u{feff}ort;zeit;\"wert, ganz\";mehr\nA;'2024-03-04 01:00';7;x\nA;'2024-03-04 24:00';9;x\nA;'2024-04-01 01:00';1;x\nkaputt\n";
    Tape::read(&form, &[text.to_owned()]).expect("read")
}

#[test]
fn a_line_comes_with_the_present_time_and_its_own() {
    let tape = small();
    let now = at("2026-11-23T13:00:20Z");
    let played = |minute| tape.play(minute, STEP_MINUTES, now);
    assert_eq!(played(60).as_deref(), Some("zeit;aufgezeichnet;ort;wert, ganz\n2026-11-23T13:00:20Z;04.03.2024, 01:00 Uhr;A;7\n"));
    assert!(played(74).is_some_and(|text| text.contains(";7")), "it was recorded within the step");
    assert_eq!(played(75), None, "it was played before");
    assert!(played(24 * 60).is_some_and(|text| text.contains("05.03.2024, 00:00 Uhr;A;9")), "24:00 is the next day");
    assert!(played(8 * 24 * 60).is_some_and(|text| text.contains(";9")), "the tape begins anew");
    assert!(tape.play(7 * 24 * 60 - 1, tape.minutes(), now).is_some_and(|text| text.contains(";9")), "the newest before, however old");
}

#[test]
fn a_recording_of_another_form_is_refused() {
    let form = Form { delimiter: ',', time: "zeit", keeps: |_| true, monday: date(2024, 3, 4), weeks: 1 };
    assert!(Tape::read(&form, &["a,b\n1,2\n".into()]).is_err_and(|error| error.to_string().contains("zeit")));
    assert!(Tape::read(&form, &[]).is_err());
}

#[test]
fn play_begins_at_the_minute_of_the_week_and_runs_faster() {
    let begun = at("2026-11-23T12:30:00Z");
    assert_eq!(minute_of_week(begun), 13 * 60 + 30, "Monday in Berlin");
    let beat = i64::try_from(BEAT.as_micros()).expect("small");
    assert_eq!(minute_at(begun, begun.plus_micros(beat - 1)), 13 * 60 + 30);
    assert_eq!(minute_at(begun, begun.plus_micros(3 * beat)), 13 * 60 + 30 + 3 * STEP_MINUTES);
    assert_eq!(minute_at(begun, begun.plus_micros(-beat)), 13 * 60 + 30, "a clock that was put back");
}

#[test]
fn every_recording_of_the_demo_plays_around_the_clock() {
    for track in &TRACKS {
        for tape in track.tapes(recordings).expect(track.source) {
            let steps = 0..tape.minutes() / STEP_MINUTES;
            let played = steps.filter(|step| tape.play(step * STEP_MINUTES, STEP_MINUTES, at("2026-11-23T12:00:00Z")).is_some()).count();
            let expected = match track.source {
                "vorfuehrung-wetter" => 28,
                "vorfuehrung-luft" => 28 * 24,
                _ => usize::try_from(tape.minutes() / STEP_MINUTES).expect("small"),
            };
            assert!(played * 100 >= expected * 95, "{}: {played} of {expected}", track.source);
        }
    }
}

#[test]
fn every_definition_is_fed_by_the_player() {
    for track in &TRACKS {
        let definition = recordings(&format!("quellen/{}.toml", track.source)).pop().expect(track.source);
        let parsed = harmonise::Definition::parse(&definition).unwrap_or_else(|issues| panic!("{}: {issues:?}", track.source));
        assert_eq!(matches!(parsed.source.transport, harmonise::Transport::Push), track.way == super::Way::Push);
        for tape in track.tapes(recordings).expect(track.source) {
            let text = tape.play(13 * 60, tape.minutes(), at("2026-11-23T12:00:00Z")).expect("recorded");
            let input = harmonise::Input { name: "probe.csv", reader: &mut text.as_bytes() };
            let preview = harmonise::preview(&parsed, input, 50, at("2026-11-23T12:00:30Z"));
            assert!(preview.fatal.is_none() && preview.rejected.is_empty(), "{}: {preview:?}\n{text}", track.source);
            assert!(!preview.records.is_empty(), "{}", track.source);
        }
    }
}

#[tokio::test]
async fn a_file_keeps_its_newest_plays_and_answers_conditionally() {
    let files = Files::default();
    for minute in 0..5 {
        files.put("a.csv", format!("zeit;wert\n{minute};1\n"));
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("free");
    let (address, (stop, stopped)) = (listener.local_addr().expect("bound"), tokio::sync::oneshot::channel());
    let serving = tokio::spawn(files.serve(listener, stopped));
    let targets = web::outbound::Targets::with(&[address.to_string()]).expect("an address");
    let outbound = web::Outbound::new(targets, b"").expect("no roots");
    let get = |headers| {
        let url = format!("http://{address}/a.csv");
        outbound_get(&outbound, web::outbound::Get { url, headers, timeout: std::time::Duration::from_secs(10), bytes_max: 10_000 })
    };
    let first = get(Vec::new()).await;
    assert_eq!((first.status.as_u16(), &first.body[..]), (200, &b"zeit;wert\n2;1\n3;1\n4;1\n"[..]));
    let tag = first.headers[http::header::ETAG].clone();
    assert_eq!(get(vec![(http::header::IF_NONE_MATCH, tag)]).await.status, 304);
    drop(stop);
    serving.await.expect("stopped");
}

async fn outbound_get(outbound: &web::Outbound, get: web::outbound::Get) -> web::outbound::Got {
    outbound.get(&get).await.expect("an answer")
}
