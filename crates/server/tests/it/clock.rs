//! The clock of the machine jumps (RT-13): what the binary does then, under
//! `libfaketime`, which shows it another clock than the machine's.

use std::path::PathBuf;

use crate::platform::{Platform, Scene, entity, has_entity, token};
use crate::sources::DEFINITION;

const DATASET: &str = r#"
[dataset]
slug = "pegel"
title = { de = "Pegel", en = "Water levels" }
summary = { de = "Ein Pegel." }
description = { de = "Erfundene Werte." }
publisher = { name = "Amt" }
licence = "dl-zero-de/2.0"
provenance = { de = "Erfunden." }
themes = ["ENVI"]

[[dataset.retention]]
keep = "P2D"
"#;

/// Twenty hours: from 3 May, 13:00 UTC, to 4 May, 8:00 UTC.
fn values() -> String {
    let line = |hour: u32| format!("Musterbach;{:02}.05.2026 {:02}:00;{hour}\n", 3 + hour / 24, hour % 24);
    std::iter::once("ort;zeit;cm\n".to_owned()).chain((15..35).map(line)).collect()
}

/// What the clock shows is in a file, which is replaced in one step.
struct Clock(PathBuf);

impl Clock {
    fn at(scene: &Scene, instant: &str) -> Self {
        let clock = Self(scene.path("clock"));
        clock.set(instant);
        clock
    }

    /// Shows an instant, UTC, from now on.
    fn set(&self, instant: &str) {
        let new = self.0.with_extension("new");
        std::fs::write(&new, instant).expect("written");
        std::fs::rename(new, &self.0).expect("renamed");
    }

    fn start(&self, scene: &Scene) -> Platform {
        let file = format!("FAKETIME_TIMESTAMP_FILE={}", self.0.display());
        // The loader knows where libraries of this machine are; timers go on as ever.
        let under = [
            "env",
            "LD_PRELOAD=/usr/$LIB/faketime/libfaketimeMT.so.1",
            &file,
            "FAKETIME_NO_CACHE=1",
            "FAKETIME_DONT_FAKE_MONOTONIC=1",
            "NO_FAKE_STAT=1",
            "TZ=UTC",
        ];
        let platform = Platform::start_under(&under, &scene.data(), &scene.path("log"), &[]);
        let answer = platform.ask("GET /healthz");
        let date = answer.header("date").expect("a date");
        assert!(date.contains("04 may 202"), "libfaketime is not at work; install it with `scripts/need libfaketime`: {date}");
        platform
    }
}

/// How many values there are.
fn count(platform: &Platform, secret: &str) -> usize {
    let path = "/ngsi-ld/v1/temporal/entities/urn:ngsi-ld:Pegel:musterbach?options=temporalValues";
    let answer = platform.ask(&format!("GET {path}\nauthorization: Bearer {secret}"));
    assert!(answer.status == 200 || answer.status == 404, "{answer:?}");
    answer.body.matches("\"2026-05-0").count()
}

/// One pass; whether it asks about the clock.
fn is_asked(scene: &Scene) -> bool {
    let ran = scene.run("retention run");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    ran.err.contains("um mehr als 48 Stunden weiter")
}

#[test]
fn retention_never_deletes_early_asks_after_a_jump_and_goes_on_when_confirmed() {
    let scene = Scene::new();
    let clock = Clock::at(&scene, "2026-05-04 12:00:00");
    let platform = clock.start(&scene);
    let secret = token(&scene, "editor");
    let definition = scene.write("pegel.toml", &format!("{DEFINITION}{DATASET}"));
    scene.write("data/eingang/pegel/a.csv", &values());
    scene.run(&format!("source put {}", definition.display())).ok();
    scene.run("source run pegel").ok();
    assert_eq!((is_asked(&scene), count(&platform, &secret)), (false, 20));

    // Back and forth within two days: writes are taken in order, nothing goes before its time.
    for (number, instant) in
        [(1, "2026-05-04 11:00:00"), (2, "2026-05-03 12:00:00"), (3, "2026-05-05 11:59:59"), (4, "2026-05-05 12:59:59")]
    {
        clock.set(instant);
        assert_eq!(platform.ask(&entity(&secret, number)).status, 201, "{instant}");
        assert_eq!((is_asked(&scene), count(&platform, &secret)), (false, 20), "{instant}");
    }
    clock.set("2026-05-05 15:30:00");
    assert_eq!((is_asked(&scene), count(&platform, &secret)), (false, 17), "those whose two days are over, and no other");

    // A year ahead: nothing goes, after a new start neither.
    clock.set("2027-05-04 15:30:00");
    assert_eq!((is_asked(&scene), count(&platform, &secret)), (true, 17));
    platform.kill();
    let platform = clock.start(&scene);
    assert_eq!((is_asked(&scene), count(&platform, &secret)), (true, 17));
    // Set right again, it goes on by itself.
    clock.set("2026-05-05 16:30:00");
    assert_eq!((is_asked(&scene), count(&platform, &secret)), (false, 16));

    // It stood still for a year, and somebody says so.
    clock.set("2027-05-04 16:30:00");
    assert!(is_asked(&scene));
    let plans: serde_json::Value = serde_json::from_str(&scene.run("retention plan --json").ok()).expect("JSON");
    let plan = plans[0]["plan"].as_str().expect("a plan").to_owned();
    assert_eq!(count(&platform, &secret), 16);
    scene.run(&format!("retention confirm pegel {plan} --name Anna")).ok();
    assert_eq!((is_asked(&scene), count(&platform, &secret)), (false, 0));
    assert!(scene.run("retention receipts pegel").ok().contains("Anna"));
    assert!((1..=4).all(|number| has_entity(&platform, &secret, number)));
    assert!(platform.stop().success());
    assert!(scene.run("check").ok().contains("unversehrt"));
}
