//! What values become: every kind of NGSI-LD attribute, code lists, lookups.

use super::{definition, outcome};

const BEGIN: &str = r#"
[source]
name = "probe"
transport = "push"

[format]
kind = "csv"
delimiter = ";"

[terms]
open = "https://example.org/status/open"
closed = "https://example.org/status/closed"
v = "https://example.org/v"
w = "https://example.org/w"

[entity]
type = "https://example.org/Probe"
id = "urn:ngsi-ld:Probe:{id}"
"#;

/// What a definition makes of a table.
#[track_caller]
fn check(rest: &str, table: &str, expected: &[&str]) {
    let got = outcome(&definition(&format!("{BEGIN}{rest}")), "probe.csv", table.as_bytes());
    assert_eq!(got.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn a_vocab_property_holds_terms() {
    // ETSI GS CIM 009 V1.9.1, clause 4.5.20: one or several terms, expanded.
    check(
        "[[attribute]]\nname = \"v\"\nfield = \"v\"\nkind = \"VocabProperty\"\nseparator = \",\"\ncodes = { \"zu\" = \"closed\" }",
        "id;v\n1;open\n2;open, zu\n3;https://example.org/x\n4;halb\n5;\n",
        &[
            "urn:ngsi-ld:Probe:1 v = Vocab([<https://example.org/status/open>])",
            "urn:ngsi-ld:Probe:2 v = Vocab([<https://example.org/status/open>, <https://example.org/status/closed>])",
            "urn:ngsi-ld:Probe:3 v = Vocab([<https://example.org/x>])",
            "refused 5 [4;halb] `v`: `halb` is not a term: declare it in `[terms]`, translate it with `codes`, or deliver an IRI",
        ],
    );
}

#[test]
fn a_list_property_keeps_order_and_converts_each_item() {
    // Clause 4.5.21.
    check(
        "[[attribute]]\nname = \"v\"\nfield = \"v\"\nkind = \"ListProperty\"\nas = \"number\"\nseparator = \"|\"\ndecimal = \",\"\nunit = \"[degF]\"\ntarget_unit = \"Cel\"",
        "id;v\n1;68|50,0|68\n2;68|warm\n",
        &[
            "urn:ngsi-ld:Probe:1 v = List([Number(Number(\"20\")), Number(Number(\"10\")), Number(Number(\"20\"))]) CEL",
            "refused 3 [2;68|warm] `v`: `warm` is not a number: expected digits with `,` as decimal sign and nothing between thousands",
        ],
    );
}

#[test]
fn relationships_may_be_several_or_a_list() {
    // Clauses 4.5.3 and 4.5.22.
    check(
        "[[attribute]]\nname = \"v\"\nfield = \"v\"\nkind = \"Relationship\"\nseparator = \" \"\n[[attribute]]\nname = \"w\"\nfield = \"v\"\nkind = \"ListRelationship\"\nseparator = \" \"",
        "id;v\n1;urn:a:1 urn:a:2\n",
        &["urn:ngsi-ld:Probe:1 v = → urn:a:1 → urn:a:2", "urn:ngsi-ld:Probe:1 w = ListRelationship([<urn:a:1>, <urn:a:2>])"],
    );
}

#[test]
fn a_json_property_is_a_tree() {
    // Clause 4.5.24.
    check(
        "[[attribute]]\nname = \"v\"\nfield = \"v\"\nkind = \"JsonProperty\"",
        "id;v\n1;{\"a\":[1,2]}\n2;{a}\n3;7\n",
        &[
            "urn:ngsi-ld:Probe:1 v = JsonProperty(Object([(\"a\", Array([Number(Number(\"1\")), Number(Number(\"2\"))]))]))",
            "refused 3 [2;{a}] `v`: an object or a list in JSON is expected: line 1, column 2: a member name in quotes is expected",
            "refused 4 [3;7] `v`: an object or a list in JSON is expected: 7",
        ],
    );
}

#[test]
fn code_lists_are_shared_over_columns_and_ignore_case() {
    let attribute = |name: &str, rest: &str| format!("[[attribute]]\nname = \"{name}\"\nfield = \"{name}\"\ncodes = \"zustand\"\n{rest}\n");
    check(
        &format!(
            "[codes.zustand]\nges = \"closed\"\nfrei = \"open\"\n{}{}",
            attribute("v", "ignore_case = true\ndefault = \"unknown\""),
            attribute("w", "otherwise = \"reject\"")
        ),
        "id;v;w\n1;GES;frei\n2;halb;ges\n3; Frei ;Frei\n",
        &[
            "urn:ngsi-ld:Probe:1 v = \"closed\"",
            "urn:ngsi-ld:Probe:1 w = \"open\"",
            "urn:ngsi-ld:Probe:2 v = \"unknown\"",
            "urn:ngsi-ld:Probe:2 w = \"closed\"",
            "urn:ngsi-ld:Probe:3 v = \"open\"",
            "refused 4 [3; Frei ;Frei] `w`: the code `Frei` is not known; known are `frei`, `ges`",
        ],
    );
}

#[test]
fn codes_and_lookups_go_over_several_columns() {
    check(
        "[lookup.art]\ntemplate = \"{kind}/{state}\"\nignore_case = true\ndefault = { label = \"?\" }\nvalues = { \"rad/1\" = { label = \"Radweg\" } }\n\
         [[attribute]]\nname = \"v\"\nfield = \"label\"\n\
         [[attribute]]\nname = \"w\"\ntemplate = \"{kind}-{state}\"\ncodes = { \"Rad-1\" = 10, \"Rad-2\" = 20 }\nas = \"number\"\notherwise = \"missing\"",
        "id;kind;state\n1;Rad;1\n2;Rad;2\n3;Auto;1\n",
        &[
            "urn:ngsi-ld:Probe:1 v = \"Radweg\"",
            "urn:ngsi-ld:Probe:1 w = 10",
            "urn:ngsi-ld:Probe:2 v = \"?\"",
            "urn:ngsi-ld:Probe:2 w = 20",
            "urn:ngsi-ld:Probe:3 v = \"?\"",
        ],
    );
}

#[test]
fn an_old_municipality_key_leads_to_todays_municipality() {
    check(
        "[lookup.gemeinde]\nfield = \"ags\"\nlist = \"municipalities\"\notherwise = \"reject\"\n\
         [[attribute]]\nname = \"v\"\nfield = \"ags\"\n\
         [[attribute]]\nname = \"w\"\ntemplate = \"urn:ngsi-ld:Municipality:de-{municipality}\"\nkind = \"Relationship\"",
        "id;ags\n1;06437002\n2;6412000\n3;Beerfelden\n",
        &[
            "urn:ngsi-ld:Probe:1 v = \"06437002\"",
            "urn:ngsi-ld:Probe:1 w = → urn:ngsi-ld:Municipality:de-06437016",
            "urn:ngsi-ld:Probe:2 v = \"6412000\"",
            "urn:ngsi-ld:Probe:2 w = → urn:ngsi-ld:Municipality:de-06412000",
            "refused 4 [3;Beerfelden] `ags`: `Beerfelden` is no municipality key: expected eight digits (AGS) or twelve (regional key)",
        ],
    );
}
