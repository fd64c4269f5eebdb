use model::{Class, Filter};

use crate::{Action, Actor, Principal, Role, decide};

fn principal(role: Role) -> Principal {
    Principal::new(Actor::Account("anna".into()), role)
}

/// Role and action → classes that may be read, or why not.
#[track_caller]
fn check(role: Role, action: Action, expected: &str) {
    let got = match decide(&principal(role), action) {
        Err(denied) => denied.to_string(),
        Ok(permit) => {
            let open: Vec<_> = Class::ALL.into_iter().filter(|c| *permit.filter(*c) == Filter::Always).map(Class::word).collect();
            open.join(" ")
        }
    };
    assert_eq!(got, expected);
}

#[test]
fn roles_read_classes() {
    check(Role::Public, Action::Read, "open");
    check(Role::Reader, Action::Read, "open internal");
    check(Role::Editor, Action::Read, "open internal restricted");
    check(Role::Administrator, Action::Read, "open internal restricted paid confidential-business");
}

#[test]
fn writing_takes_a_role() {
    check(Role::Public, Action::Write, "the role `public` may not write data; it takes the role `editor`");
    check(Role::Reader, Action::ManageSources, "the role `reader` may not manage sources; it takes the role `editor`");
    check(Role::Editor, Action::Administer, "the role `editor` may not manage accounts and tokens; it takes the role `administrator`");
    check(Role::Editor, Action::Write, "open internal restricted");
    check(Role::Editor, Action::Export, "the role `editor` may not carry the data away; it takes the role `administrator`");
    check(Role::Public, Action::Report, "open");
    check(Role::Reader, Action::AnswerReports, "the role `reader` may not answer reports; it takes the role `editor`");
}

#[test]
fn nobody_reads_personal_values_without_a_register() {
    for role in [Role::Public, Role::Reader, Role::Editor, Role::Administrator] {
        let permit = decide(&principal(role), Action::Read).expect("reading is never refused");
        assert_eq!(permit.filter(Class::Personal), &Filter::Never);
        assert_eq!(permit.filter(Class::Special), &Filter::Never);
    }
}

#[test]
fn the_mask_is_the_set_of_classes() {
    let permit = decide(&principal(Role::Reader), Action::Read).expect("reading is never refused");
    assert_eq!(permit.mask(), Some(0b11));
}
