//! Reports of citizens are not kept for ever.

use std::sync::Arc;

use engine::{About, Actor, Engine, NewReport, Principal, ReportState, Role};
use model::{Clock, Instant, ManualClock, SystemClock, TenantId};

use crate::platform::{Platform, Scene};

const DAY: i64 = 86_400_000_000;

/// Reports that were closed so many days ago, the oldest first; answers their keys.
async fn closed_reports(scene: &Scene, days_ago: &[i64]) -> Vec<String> {
    let clock = Arc::new(ManualClock::at(Instant::from_micros(0)));
    let engine = Engine::open(engine::Config::at(&scene.data()), Arc::clone(&clock) as Arc<dyn Clock>).expect("a new folder opens");
    let tenant = TenantId::parse("musterstadt").expect("a name");
    engine.create_tenant(&tenant).expect("made");
    let clerk = engine.access(&tenant, Principal::new(Actor::Account("anna".into()), Role::Editor)).expect("there");
    let mut keys = Vec::new();
    for days in days_ago {
        let then = SystemClock.now().plus_micros(-days * DAY);
        clock.advance_micros(then.micros() - clock.now().micros());
        let barrier = NewReport { about: About::Page("/".into()), message: "Zu kleine Schrift.".into(), contact: None };
        let key = clerk.report(barrier).await.expect("taken");
        let seen = clerk.report_of(&key).expect("there").changed_at;
        clerk.settle_report(&key, seen, ReportState::Rejected, None).await.expect("closed");
        keys.push(key.to_string());
    }
    drop(clerk);
    engine.shutdown().expect("closed");
    keys
}

fn is_there(platform: &Platform, key: &str) -> bool {
    platform.ask(&format!("GET /meldungen/{key}")).status == 200
}

#[tokio::test]
async fn settled_reports_are_deleted_when_the_configured_time_is_over() {
    let scene = Scene::new();
    let keys = closed_reports(&scene, &[181, 100, 1]).await;
    let platform = scene.start();
    while is_there(&platform, &keys[0]) {}
    assert!(is_there(&platform, &keys[1]) && is_there(&platform, &keys[2]));
    assert!(platform.ask("GET /datenschutz").body.contains("180 Tage nach der Antwort"));
    assert!(platform.stop().success());
    let log = std::fs::read_to_string(scene.path("log")).expect("a log");
    assert!(log.contains("settled reports were deleted") && log.contains("count=1"), "{log}");

    let config = scene.write("allmende.toml", "[reports]\nkept_days = 30\n");
    let platform = Platform::start(&scene.data(), &scene.path("log"), &["--config", config.to_str().expect("UTF-8")]);
    while is_there(&platform, &keys[1]) {}
    assert!(is_there(&platform, &keys[2]));
    assert!(platform.ask("GET /en/datenschutz").body.contains("30 days after the answer"));
    assert_eq!(platform.complaints(), Vec::<String>::new());
}
