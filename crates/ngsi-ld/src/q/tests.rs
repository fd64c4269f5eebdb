use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;

#[track_caller]
fn check(text: &str, expected: &Expect) {
    let context = Context::core();
    for name in ["a", "b", "c", "rel", "l"] {
        context.name(name).expect("a name");
    }
    let shown = match parse(text, &context) {
        Ok(filter) => show(&filter),
        Err(error) => format!("{}: {error}", error.status().as_u16()),
    };
    expected.assert_eq(&shown.replace("https://uri.etsi.org/ngsi-ld/default-context/", ":"));
}

fn show(filter: &Filter) -> String {
    let all = |filters: &[Filter], word: &str| format!("({})", filters.iter().map(show).collect::<Vec<_>>().join(word));
    match filter {
        Filter::And(filters) => all(filters, " and "),
        Filter::Or(filters) => all(filters, " or "),
        Filter::Has(path) => format!("has {}", show_path(path)),
        Filter::Compare(c) => format!("{} {:?} {}", show_path(&c.path), c.op, show_operand(&c.operand)),
        other => format!("{other:?}"),
    }
}

fn show_path(path: &Path) -> String {
    let mut out = path.attribute.map_or("entity".to_owned(), |name| name.iri().to_owned());
    for sub in &path.sub {
        out.push_str(&format!(".{}", sub.iri()));
    }
    if path.target != Target::Value {
        out.push_str(&format!(".{:?}", path.target));
    }
    if !path.within.is_empty() {
        out.push_str(&format!("[{}]", path.within.join(".")));
    }
    out
}

fn show_operand(operand: &model::query::Operand) -> String {
    use model::query::Operand;
    match operand {
        Operand::Number(number) => number.text().to_owned(),
        Operand::Text(text) => format!("{text:?}"),
        Operand::Bool(truth) => truth.to_string(),
        Operand::Instant(instant) => format!("@{instant}"),
        Operand::Iri(iri) => format!("<{iri}>"),
        Operand::Pattern(pattern) => format!("/{}/", pattern.as_str()),
        Operand::Range(ends) => format!("{}..{}", show_operand(&ends.0), show_operand(&ends.1)),
        Operand::List(all) => all.iter().map(show_operand).collect::<Vec<_>>().join(","),
    }
}

#[test]
fn and_binds_tighter_than_or() {
    check("a;b|c", &expect!["((has :a and has :b) or has :c)"]);
    check("a|b;c", &expect!["(has :a or (has :b and has :c))"]);
    check("(a|b);c", &expect!["((has :a or has :b) and has :c)"]);
    check(" ( a | b ) ; c == 1 ", &expect!["((has :a or has :b) and :c Eq 1)"]);
}

#[test]
fn paths() {
    check("a", &expect!["has :a"]);
    check("a.b==1", &expect![":a.:b Eq 1"]);
    check("a.observedAt>2026-01-01T00:00:00Z", &expect![":a.ObservedAt Gt @2026-01-01T00:00:00Z"]);
    check("a.unitCode==\"GQ\"", &expect![r#":a.UnitCode Eq "GQ",<:GQ>"#]);
    check("modifiedAt>=2026-01-01T00:00:00Z", &expect!["entity.ModifiedAt Ge @2026-01-01T00:00:00Z"]);
    check("a[b.c]==1", &expect![":a[b.c] Eq 1"]);
    check("a.b[c]", &expect!["has :a.:b[c]"]);
    check("l[de]==\"x\"", &expect![r#":l[de] Eq "x",<:x>"#]);
    check("l[*]~=x", &expect![":l[*] Matches /x/"]);
    check("https://example%2Eorg/a%2Eb.c==1", &expect!["https://uri.etsi.org/ngsi-ld/unknown-name.:c Eq 1"]);
    check("https://uri.etsi.org/ngsi-ld/default-context/a.observedAt", &expect!["has :a.ObservedAt"]);
    check("neverSeen==1", &expect!["https://uri.etsi.org/ngsi-ld/unknown-name Eq 1"]);
}

#[test]
fn values() {
    check("a==3", &expect![":a Eq 3"]);
    check("a==-1.50e3", &expect![":a Eq -1.50e3"]);
    check("a==\"3\"", &expect![r#":a Eq "3""#]);
    check(r#"a=="x \"y\" ;|)""#, &expect![r#":a Eq "x \"y\" ;|)""#]);
    check("a!=true", &expect![":a Ne true"]);
    check("a==2026-01-01", &expect![r#":a Eq "2026-01-01""#]);
    check("a==10:00:00Z", &expect![r#":a Eq "10:00:00Z""#]);
    check("rel==urn:x:1", &expect![":rel Eq <urn:x:1>"]);
    check("a==1..3", &expect![":a Eq 1..3"]);
    check("a!=\"a\"..\"c\"", &expect![r#":a Ne "a".."c""#]);
    check("a==1,2,\"x\"", &expect![r#":a Eq 1,2,"x",<:x>"#]);
    check("a<=5", &expect![":a Le 5"]);
    check("a<\"m\"", &expect![r#":a Lt "m""#]);
    check("a~=^(x|y);b", &expect!["(:a Matches /^(x|y)/ and has :b)"]);
    check(r#"a!~="x|\d""#, &expect![r":a NotMatches /x|\d/"]);
    check("a~=[|;)]x", &expect![":a Matches /[|;)]x/"]);
    check("a==\"open\"", &expect![r#":a Eq "open",<:open>"#]);
}

#[test]
fn what_is_not_in_the_grammar() {
    check("", &expect!["400: `q`, its end: the name of an attribute is expected"]);
    check("a=1", &expect!["400: `q`, position 2 (`=1`): `=` is no operator; `==` compares"]);
    check("!a", &expect!["400: `q`, position 1 (`!a`): a name is expected; there is no `!name` in `q`, only `name!=value`"]);
    check("a;", &expect!["400: `q`, its end: the name of an attribute is expected"]);
    check("(a", &expect!["400: `q`, its end: `)` is expected"]);
    check("a)", &expect!["400: `q`, position 2 (`)`): this `)` closes nothing"]);
    check(
        "a==x",
        &expect!["400: `q`, position 4 (`x`): text needs double quotes; without them only numbers, true, false, times and URIs are values"],
    );
    check("a==1..\"x\"", &expect!["400: `q`, its end: both ends of a range must be numbers, both texts or both times"]);
    check("a==true..false", &expect!["400: `q`, its end: both ends of a range must be numbers, both texts or both times"]);
    check("a>true", &expect!["400: `q`, its end: truth values have no order"]);
    check("a==\"x", &expect!["400: `q`, position 4 (`\"x`): this string is not closed"]);
    check("a~=(", &expect!["400: `q`: the pattern `(` cannot be used: unclosed group"]);
    check("a..b==1", &expect!["400: `q`, position 1: `a..b` has a `.` without a name beside it"]);
    check(
        "a[]==1",
        &expect!["400: `q`, position 2 (`[]==1`): between `[` and `]` one or several names with `.` between them are expected"],
    );
    check(
        "rel{T:a}>3",
        &expect!["400: `q`, position 4 (`{T:a}>3`): conditions on linked entities (`name{…}`) need `join`, which is not offered"],
    );
    check("type==\"A\"", &expect!["400: `q`, position 1: `type` is not an attribute; use the parameter of that name"]);
    check(&"(".repeat(100), &expect!["403: `q` nests deeper than 32 parentheses"]);
    check(&vec!["a"; 300].join(";"), &expect!["403: `q` has more than 256 conditions"]);
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "[ab.;|()\\[\\]{}=!<>~\"\\\\ 0-9,:T\\-Zü%]{0,40}") {
        let _ = parse(&text, &Context::core());
    }
}
