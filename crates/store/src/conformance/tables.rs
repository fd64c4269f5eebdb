use expect_test::expect;

use crate::testing::{World, at};
use crate::{
    Account, AccountChange, Kind, NewRun, QuarantineItem, QuarantineState, RunOutcome, RunState, Session, SourceState, TenantStore,
    TokenRow,
};

pub(super) fn sources_have_versions(mut world: World) {
    let tenant = world.tenant();
    assert_eq!(tenant.source("luft", None).expect("reads"), None);
    for (text, version) in [("a", 1), ("a", 1), ("b", 2), ("a", 3), ("a", 3)] {
        assert_eq!(tenant.put_source("luft", text, at(version), "user:anna").expect("puts"), version.cast_unsigned());
    }
    tenant.put_source("autos", "x", at(9), "user:bert").expect("puts");
    tenant.set_source_paused("luft", true).expect("pauses");
    world.reopen();
    let tenant = world.tenant();
    let current: Vec<_> = tenant.sources().expect("reads").into_iter().map(|s| (s.name, s.version, s.text, s.paused)).collect();
    assert_eq!(current, [("autos".into(), 1, "x".into(), false), ("luft".into(), 3, "a".into(), true)]);
    let old = tenant.source("luft", Some(2)).expect("reads").expect("there");
    assert_eq!((old.text.as_str(), old.at, old.actor.as_str(), old.paused), ("b", at(2), "user:anna", true));
    assert_eq!(tenant.source("luft", Some(4)).expect("reads"), None);
    assert_eq!(tenant.set_source_paused("lärm", true).expect_err("refused").kind(), Kind::NotFound);
}

pub(super) fn a_source_remembers_how_it_does(mut world: World) {
    let tenant = world.tenant();
    for name in ["luft", "autos", "wetter"] {
        tenant.put_source(name, "x", at(1), "user:anna").expect("puts");
    }
    let state = SourceState {
        version: 1,
        due_at: Some(at(90)),
        checked_at: Some(at(80)),
        succeeded_at: Some(at(70)),
        news_at: Some(at(60)),
        observed_at: Some(at(50)),
        failures: 2,
        trouble: Some("zu langsam".into()),
        memo: "{}".into(),
    };
    tenant.put_source_state("luft", &state).expect("notes");
    tenant.put_source_state("autos", &SourceState { version: 1, due_at: Some(at(40)), ..SourceState::default() }).expect("notes");
    tenant.put_source_state("luft", &SourceState { failures: 3, ..state.clone() }).expect("notes again");
    tenant.set_source_paused("autos", true).expect("pauses");
    world.reopen();
    let tenant = world.tenant();
    let order: Vec<_> = tenant.schedule(None).expect("reads").into_iter().map(|row| (row.source, row.paused, row.state.due_at)).collect();
    assert_eq!(order, [("wetter".into(), false, None), ("autos".into(), true, Some(at(40))), ("luft".into(), false, Some(at(90)))]);
    let luft = tenant.schedule(Some("luft")).expect("reads").remove(0);
    assert_eq!((luft.version, luft.state), (1, SourceState { failures: 3, ..state }));
    assert!(tenant.put_source_state("fehlt", &SourceState::default()).is_err());
}

pub(super) fn outcome(state: RunState) -> RunOutcome {
    RunOutcome {
        at: at(50),
        state,
        records: 10,
        written: 5,
        unchanged: 2,
        corrected: 1,
        flagged: 1,
        quarantined: 2,
        message: Some("zwei Zeilen ohne Datum".to_owned()),
    }
}

pub(super) fn runs_are_told(world: World) {
    let tenant = world.tenant();
    let begin = |source: &str, checksum| {
        let run = NewRun { source: source.to_owned(), version: 2, input: "luft.csv".to_owned(), checksum, at: at(1) };
        tenant.begin_run(&run).expect("begins")
    };
    let (first, second, third) = (begin("luft", [1; 32]), begin("luft", [2; 32]), begin("autos", [1; 32]));
    assert!(first < second && second < third);
    tenant.finish_run(first, &outcome(RunState::Running)).expect("notes");
    assert_eq!(tenant.run(first).expect("reads").expect("there").finished_at, None);
    assert_eq!(tenant.finished_run_of("luft", 2, &[1; 32]).expect("reads"), None);
    tenant.finish_run(first, &outcome(RunState::Done)).expect("notes");
    tenant.finish_run(second, &outcome(RunState::Failed)).expect("notes");
    assert_eq!(tenant.finished_run_of("luft", 2, &[1; 32]).expect("reads"), Some(first));
    for (source, version, checksum) in [("luft", 3, [1; 32]), ("luft", 2, [2; 32]), ("autos", 2, [1; 32])] {
        assert_eq!(tenant.finished_run_of(source, version, &checksum).expect("reads"), None);
    }
    assert_eq!(tenant.interrupt_open_runs(at(60)).expect("notes"), 1);
    let told: Vec<_> = tenant.runs(None, 10).expect("reads").into_iter().map(|run| (run.id, run.state, run.finished_at)).collect();
    assert_eq!(
        told,
        [(third, RunState::Interrupted, Some(at(60))), (second, RunState::Failed, Some(at(50))), (first, RunState::Done, Some(at(50)))]
    );
    let run = tenant.runs(Some("luft"), 1).expect("reads").remove(0);
    assert_eq!((run.id, run.quarantined, run.message.as_deref()), (second, 2, Some("zwei Zeilen ohne Datum")));
    assert_eq!(tenant.finish_run(99, &outcome(RunState::Done)).expect_err("refused").kind(), Kind::NotFound);
}

pub(super) fn item(source: &str, record: u64) -> QuarantineItem {
    QuarantineItem {
        source: source.to_owned(),
        run: 3,
        record,
        raw: format!("{record};kaputt\u{fc}").into_bytes(),
        context: "Datum;NO2".to_owned(),
        reason: format!("`{record}` is not a date"),
        field: record.is_multiple_of(2).then(|| "Datum".to_owned()),
        at: at(record.cast_signed()),
    }
}

pub(super) fn a_failure_that_repeats_is_counted(mut world: World) {
    let tenant = world.tenant();
    let failed = |n: i64, message: &str, written: u64| {
        let run = NewRun { source: "luft".to_owned(), version: 1, input: "luft.csv".to_owned(), checksum: [1; 32], at: at(n) };
        let id = tenant.begin_run(&run).expect("begins");
        let outcome = RunOutcome {
            at: at(n + 1),
            state: RunState::Failed,
            records: 3,
            written,
            unchanged: 0,
            corrected: 0,
            flagged: 0,
            quarantined: 0,
            message: Some(message.to_owned()),
        };
        (id, tenant.finish_run(id, &outcome).expect("notes"))
    };
    let (first, told) = failed(10, "kein CSV", 0);
    assert_eq!(told, first);
    assert_eq!([failed(20, "kein CSV", 0).1, failed(30, "kein CSV", 0).1], [first, first]);
    // What took something in stays, and so does what failed otherwise.
    let (partial, told) = failed(40, "kein CSV", 1);
    assert_eq!(told, partial);
    assert_eq!(failed(50, "kein CSV", 0).1, partial);
    let (other, told) = failed(60, "leer", 0);
    assert_eq!(told, other);
    let (back, told) = failed(70, "kein CSV", 0);
    assert_eq!(told, back, "it was different in between");
    world.reopen();
    let runs = world.tenant().runs(Some("luft"), 9).expect("reads");
    let seen: Vec<_> = runs.iter().map(|run| (run.id, run.at, run.repeats, run.repeated_at)).collect();
    assert_eq!(
        seen,
        [(back, at(70), 0, None), (other, at(60), 0, None), (partial, at(40), 1, Some(at(51))), (first, at(10), 2, Some(at(31)))]
    );
}

pub(super) fn quarantine_is_kept_and_settled(mut world: World) {
    let items: Vec<QuarantineItem> = (1..=4).map(|n| item("luft", n)).chain([item("autos", u64::MAX)]).collect();
    world.tenant().quarantine(&items).expect("keeps");
    world.reopen();
    let tenant = world.tenant();
    let open = tenant.quarantined(None, QuarantineState::Open, 0, 10).expect("reads");
    assert_eq!(open.iter().map(|row| row.item.clone()).collect::<Vec<_>>(), items);
    assert_eq!(tenant.quarantine_counts().expect("counts"), [("autos".to_owned(), 1), ("luft".to_owned(), 4)]);
    let ids: Vec<u64> = open.iter().map(|row| row.id).collect();
    assert_eq!(tenant.settle_quarantine(&[ids[0], ids[1], 999], QuarantineState::Replayed, Some(8), at(70)).expect("settles"), 2);
    assert_eq!(tenant.settle_quarantine(&[ids[2]], QuarantineState::Discarded, None, at(71)).expect("settles"), 1);
    let replayed = tenant.quarantined(Some("luft"), QuarantineState::Replayed, ids[0], 10).expect("reads");
    assert_eq!(replayed.len(), 1);
    assert_eq!((replayed[0].id, replayed[0].settled_run, replayed[0].settled_at), (ids[1], Some(8), Some(at(70))));
    assert_eq!(tenant.quarantined(Some("luft"), QuarantineState::Open, 0, 10).expect("reads").len(), 1);
    assert_eq!(tenant.quarantined(Some("autos"), QuarantineState::Open, 0, 10).expect("reads").len(), 1);
    assert_eq!(tenant.quarantine_counts().expect("counts"), [("autos".to_owned(), 1), ("luft".to_owned(), 1)]);
}

pub(super) fn accounts_tokens_sessions_settings(mut world: World) {
    let account = |name: &str, role: &str| Account {
        name: name.to_owned(),
        role: role.to_owned(),
        password_hash: "$argon2id$…".to_owned(),
        created_at: at(1),
        must_change: true,
    };
    let token = TokenRow {
        id: "t1".to_owned(),
        hash: [5; 32],
        label: "Skript".to_owned(),
        role: "reader".to_owned(),
        account: Some("anna".to_owned()),
        created_at: at(1),
        expires_at: Some(at(99)),
        revoked_at: None,
        last_used: None,
    };
    let session = |hash, account: &str, expires| Session {
        hash: [hash; 32],
        account: account.to_owned(),
        created_at: at(10),
        last_used: at(10),
        expires_at: at(expires),
    };
    let tenant = world.tenant();
    let put = |tenant: &TenantStore, name: &str, role: &str| {
        let change = AccountChange::Put(account(name, role));
        tenant.change_account(name, at(45), |_| Ok::<_, ()>(change.clone())).expect("puts").expect("decided");
    };
    put(tenant, "bert", "reader");
    put(tenant, "anna", "reader");
    put(tenant, "anna", "admin");
    tenant.put_token(&token).expect("puts");
    let of_bert = TokenRow { id: "t2".to_owned(), hash: [6; 32], account: Some("bert".to_owned()), ..token.clone() };
    let seen = |account: Option<Account>, tokens: Vec<TokenRow>| (account.map(|account| account.name), tokens.len());
    let refused = tenant.put_token_of("bert", &of_bert, |account, tokens| Err(seen(account, tokens))).expect("asks");
    assert_eq!(refused, Err((Some("bert".to_owned()), 0)));
    assert_eq!(tenant.put_token_of("bert", &of_bert, |_, _| Ok::<_, ()>(())).expect("puts"), Ok(()));
    assert_eq!(tenant.tokens_of("bert").expect("reads"), [of_bert]);
    tenant.touch_token("t1", at(20)).expect("touches");
    for session in [session(1, "anna", 50), session(2, "anna", 50), session(3, "bert", 5), session(4, "bert", 50)] {
        tenant.put_session(&session).expect("puts");
    }
    tenant.touch_session(&[1; 32], at(30)).expect("touches");
    tenant.put_setting("code", "1").expect("puts");
    tenant.put_setting("code", "2").expect("puts");
    world.reopen();
    let tenant = world.tenant();
    assert_eq!(tenant.accounts().expect("reads"), [account("anna", "admin"), account("bert", "reader")]);
    assert_eq!(tenant.token_by_hash(&[5; 32]).expect("reads"), Some(TokenRow { last_used: Some(at(20)), ..token.clone() }));
    assert!(tenant.revoke_token("t1", at(40)).expect("revokes"));
    assert!(!tenant.revoke_token("t1", at(41)).expect("revokes"));
    assert_eq!(tenant.tokens().expect("reads")[0].revoked_at, Some(at(40)));
    assert_eq!(tenant.session_by_hash(&[1; 32]).expect("reads").map(|s| s.last_used), Some(at(30)));
    assert_eq!(tenant.session_by_hash(&[3; 32]).expect("reads"), None, "expired sessions go when a new one comes");
    assert!(tenant.remove_session(&[1; 32]).expect("removes"));
    put(tenant, "anna", "admin");
    assert_eq!(tenant.session_by_hash(&[2; 32]).expect("reads"), None, "who was changed logs in again");
    let names = |all: Vec<Account>| all.into_iter().map(|account| account.name).collect::<Vec<_>>();
    assert_eq!(
        tenant.change_account("bert", at(45), |all| Err(names(all))).expect("asks"),
        Err(vec!["anna".to_owned(), "bert".to_owned()])
    );
    assert!(tenant.session_by_hash(&[4; 32]).expect("reads").is_some(), "refused is unchanged");
    assert_eq!(tenant.change_account("bert", at(45), |_| Ok::<_, ()>(AccountChange::Remove)).expect("removes"), Ok(()));
    assert_eq!(tenant.account("bert").expect("reads"), None);
    assert_eq!(tenant.tokens_of("bert").expect("reads")[0].revoked_at, Some(at(45)), "its tokens end with it");
    assert_eq!(tenant.session_by_hash(&[4; 32]).expect("reads"), None, "sessions go with their account");
    assert_eq!(tenant.setting("code").expect("reads").as_deref(), Some("2"));
    assert!(tenant.remove_setting("code").expect("removes"));
    assert_eq!(tenant.setting("code").expect("reads"), None);
}

pub(super) fn keys_are_made_once(mut world: World) {
    let tenant = world.tenant();
    let (raw, blind) = (tenant.tenant_key("raw").expect("a key"), tenant.tenant_key("blind").expect("a key"));
    assert_ne!(raw, blind);
    assert_eq!(tenant.subject_key(&[1; 32], false).expect("asks"), None);
    let anna = tenant.subject_key(&[1; 32], true).expect("asks").expect("made");
    let both = tenant.subject_keys(&[[1; 32], [2; 32], [2; 32]]).expect("asks");
    assert_eq!((both[0], both[1]), (anna, both[2]));
    world.reopen();
    let tenant = world.tenant();
    assert_eq!(tenant.tenant_key("raw").expect("a key"), raw);
    assert_eq!(tenant.subject_key(&[1; 32], false).expect("asks"), Some(anna));
    assert_eq!(tenant.key_by_id(anna.0).expect("asks"), Some(anna.1));
}

pub(super) fn destroyed_keys_are_gone(mut world: World) {
    let subjects: Vec<[u8; 32]> = (0..100).map(|n| [n; 32]).collect();
    let keys = world.tenant().subject_keys(&subjects).expect("made");
    let (id, key) = keys[40];
    assert!(holds(&world, &key), "the search finds what is there");
    assert!(world.tenant().destroy_subject_key(&subjects[40]).expect("destroys"));
    assert!(!holds(&world, &key), "not in the database, not in its write-ahead log");
    assert!(!world.tenant().destroy_subject_key(&subjects[40]).expect("destroys"));
    world.reopen();
    let tenant = world.tenant();
    assert_eq!(tenant.key_by_id(id).expect("asks"), None);
    assert_eq!(tenant.key_by_id(keys[41].0).expect("asks"), Some(keys[41].1));
    let again = tenant.subject_key(&subjects[40], true).expect("asks").expect("made");
    assert!(again.0 > keys[99].0, "numbers are not given twice");
    assert_ne!(again.1, key);
    expect!["keys/musterstadt.db"].assert_eq(
        &crate::disk::files_below(&world.root())
            .expect("lists")
            .iter()
            .map(|path| path.to_string_lossy().into_owned())
            .filter(|path| path.starts_with("keys") && path.ends_with(".db"))
            .collect::<String>(),
    );
}

/// Whether bytes lie anywhere in the data directory.
pub(super) fn holds(world: &World, needle: &[u8]) -> bool {
    let files = crate::disk::files_below(&world.root()).expect("lists");
    files.iter().any(|file| {
        let content = std::fs::read(world.root().join(file)).expect("reads");
        content.windows(needle.len()).any(|window| window == needle)
    })
}
