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
