//! Two at once: what the look and the write of an account have between them.

use super::*;
use crate::ScratchEngine;

#[test]
fn a_token_taken_back_while_it_is_looked_up_is_not_kept() {
    let (cache, now) = (TokenCache::default(), Instant::from_micros(0));
    let known = || KnownToken { principal: Principal::anonymous(), expires_at: None, until: now.plus_micros(TOUCH_MICROS) };
    let age = cache.age();
    cache.forget();
    cache.keep(age, [1; 32], known());
    assert_eq!(cache.get(&[1; 32], now), None);
    cache.keep(cache.age(), [1; 32], known());
    assert!(cache.get(&[1; 32], now).is_some());
}

#[tokio::test]
async fn of_two_administrators_who_end_each_other_one_stays() {
    let engine = Engine::scratch();
    let access = engine.with_role(Role::Administrator);
    for round in 0..8 {
        let names = [format!("anna{round}"), format!("bert{round}")];
        for name in &names {
            access.create_account(name, "ein langes Passwort", Role::Administrator).await.expect("made");
        }
        for before in access.accounts().expect("listed").iter().filter(|account| !names.contains(&account.name)) {
            access.remove_account(&before.name).await.expect("others administer");
        }
        // Each on a thread of its own.
        let outcomes = if round % 2 == 0 {
            tokio::join!(access.disable_account(&names[0]), access.disable_account(&names[1]))
        } else {
            tokio::join!(access.remove_account(&names[0]), access.disable_account(&names[1]))
        };
        let ((Ok(()), Err(refused)) | (Err(refused), Ok(()))) = outcomes else { panic!("{outcomes:?}") };
        assert_eq!(refused.kind(), Kind::Conflict);
        assert_eq!(access.accounts().expect("listed").iter().filter(|account| !account.disabled).count(), 1);
    }
}

#[tokio::test]
async fn of_two_accounts_of_one_name_one_is_made() {
    let engine = Engine::scratch();
    let access = engine.with_role(Role::Administrator);
    let make = |role| access.create_account("anna", "ein langes Passwort", role);
    let ((Ok(()), Err(refused)) | (Err(refused), Ok(()))) = tokio::join!(make(Role::Reader), make(Role::Editor)) else {
        panic!("both or none were made")
    };
    assert_eq!(refused.kind(), Kind::Exists);
}

#[tokio::test]
async fn a_password_changed_while_it_is_compared_begins_no_session() {
    let engine = Engine::scratch();
    let access = engine.with_role(Role::Administrator);
    access.create_account("anna", "ein langes Passwort", Role::Administrator).await.expect("made");
    let shared = access.shared();
    let compared = shared.store.account("anna").expect("read").expect("there");
    access.set_password("anna", "ein anderes Passwort").await.expect("changed");
    assert_eq!(session_of(shared, &compared).expect_err("over").kind(), Kind::Unauthorized);
    let tenant = ScratchEngine::tenant();
    assert!(engine.login(&tenant, "anna", "ein anderes Passwort").await.is_ok());
    assert!(engine.login(&tenant, "anna", "ein langes Passwort").await.is_err());
}

const DAY: i64 = 24 * 3_600_000_000;

/// An engine, and somebody logged in with an account of a role.
async fn logged_in(role: Role) -> (ScratchEngine, Access) {
    let engine = Engine::scratch();
    let administrator = engine.with_role(Role::Administrator);
    administrator.create_account("chef", "ein langes Passwort", Role::Administrator).await.expect("made");
    administrator.create_account("anna", "ein langes Passwort", role).await.expect("made");
    let tenant = ScratchEngine::tenant();
    let session = engine.login(&tenant, "anna", "ein langes Passwort").await.expect("right");
    let access = engine.access(&tenant, session.principal).expect("there");
    (engine, access)
}

#[tokio::test]
async fn a_token_of_ones_own_is_used_listed_and_taken_back() {
    let (engine, anna) = logged_in(Role::Editor).await;
    let tenant = ScratchEngine::tenant();
    let secret = anna.create_own_token(" Wetterstation ", Role::Reader, 90).await.expect("made");
    assert_eq!(engine.principal_of_token(&tenant, &secret).await.expect("good").role, Role::Reader);
    let [token] = anna.own_tokens().await.expect("hers").try_into().expect("one");
    assert_eq!((token.label.as_str(), token.account.as_deref()), ("Wetterstation", Some("anna")));
    assert_eq!(token.expires_at, Some(token.created_at.plus_micros(90 * DAY)));
    assert!(token.last_used.is_some());
    let chef = engine.login(&tenant, "chef", "ein langes Passwort").await.expect("right");
    let chef = engine.access(&tenant, chef.principal).expect("there");
    assert!(chef.own_tokens().await.expect("his").is_empty());
    assert_eq!(chef.revoke_own_token(&token.id).await.expect_err("not his").kind(), Kind::NotFound);
    assert!(engine.principal_of_token(&tenant, &secret).await.is_ok());
    anna.revoke_own_token(&token.id).await.expect("taken back");
    assert!(engine.principal_of_token(&tenant, &secret).await.is_err());
    assert!(anna.own_tokens().await.expect("hers").is_empty());
    assert_eq!(anna.revoke_own_token(&token.id).await.expect_err("gone").kind(), Kind::NotFound);
}

#[tokio::test]
async fn no_token_is_more_than_who_makes_it() {
    let (engine, anna) = logged_in(Role::Editor).await;
    let refused = async |label: &str, role, days| anna.create_own_token(label, role, days).await.expect_err("refused").kind();
    assert_eq!(refused("Skript", Role::Administrator, 1).await, Kind::Forbidden);
    assert_eq!(refused("Skript", Role::Public, 1).await, Kind::Forbidden);
    for (label, days) in [(" ", 1), ("zwei\nZeilen", 1), ("Skript", 0), ("Skript", OWN_TOKEN_DAYS_MAX + 1)] {
        assert_eq!(refused(label, Role::Reader, days).await, Kind::Invalid);
    }
    assert_eq!(refused(&"n".repeat(TOKEN_LABEL_CHARS_MAX + 1), Role::Reader, 1).await, Kind::Invalid);
    let tenant = ScratchEngine::tenant();
    let secret = anna.create_own_token("Skript", Role::Editor, OWN_TOKEN_DAYS_MAX).await.expect("made");
    let program = engine.access(&tenant, engine.principal_of_token(&tenant, &secret).await.expect("good")).expect("there");
    assert_eq!(program.create_own_token("Kind", Role::Reader, 1).await.expect_err("no person").kind(), Kind::Forbidden);
    assert_eq!(program.own_tokens().await.expect_err("no person").kind(), Kind::Forbidden);
    for number in 1..OWN_TOKENS_MAX {
        anna.create_own_token(&number.to_string(), Role::Reader, 1).await.expect("made");
    }
    assert_eq!(refused("einer zu viel", Role::Reader, 1).await, Kind::TooLarge);
    engine.clock().advance_micros(2 * DAY);
    assert!(anna.create_own_token("Platz", Role::Reader, 1).await.is_ok(), "expired ones do not count");
}

#[tokio::test]
async fn tokens_end_with_their_account_for_good() {
    for remove in [false, true] {
        let (engine, anna) = logged_in(Role::Editor).await;
        let tenant = ScratchEngine::tenant();
        let administrator = engine.with_role(Role::Administrator);
        let of_operator = administrator.create_token("Betrieb", Role::Editor, None).await.expect("made");
        let secret = anna.create_own_token("Skript", Role::Editor, 1).await.expect("made");
        administrator.set_password("anna", "ein anderes Passwort").await.expect("changed");
        assert!(engine.principal_of_token(&tenant, &secret).await.is_ok(), "a new password ends sessions, not keys");
        if remove {
            administrator.remove_account("anna").await.expect("removed");
        } else {
            administrator.disable_account("anna").await.expect("disabled");
        }
        assert_eq!(engine.principal_of_token(&tenant, &secret).await.expect_err("over").kind(), Kind::Unauthorized);
        assert!(anna.create_own_token("noch einer", Role::Reader, 1).await.is_err());
        if remove {
            administrator.create_account("anna", "ein langes Passwort", Role::Editor).await.expect("another anna");
        } else {
            administrator.set_password("anna", "ein langes Passwort").await.expect("enabled");
        }
        assert!(engine.principal_of_token(&tenant, &secret).await.is_err(), "what ended stays so");
        assert!(engine.principal_of_token(&tenant, &of_operator).await.is_ok(), "the operator's go on");
    }
}
