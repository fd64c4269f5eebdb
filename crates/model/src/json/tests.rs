use proptest::prelude::*;

use super::*;

fn round_trip(text: &str) -> String {
    parse(text.as_bytes()).map_or_else(|e| e.to_string(), |json| json.to_string())
}

#[test]
fn numbers_stay_as_they_came() {
    for text in ["1.0", "-0", "9007199254740993", "1e400", "12.30", "[0.1,1E-7]"] {
        assert_eq!(round_trip(text), text);
    }
    for text in ["01", "1.", ".5", "+1", "1e", "NaN", "- 1"] {
        assert!(parse(text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn strings_unescape_and_escape() {
    assert_eq!(parse(br#""\u00fc\n\ud83d\ude00\/""#).expect("valid"), Json::from("ü\n😀/"));
    assert_eq!(round_trip(r#""a\u0001\"b\\""#), r#""a\u0001\"b\\""#);
    assert!(parse(br#""\ud83d""#).is_err());
    assert!(parse(b"\"a\nb\"").is_err());
}

#[test]
fn errors_name_the_place() {
    assert_eq!(round_trip("{\"a\":1,\n \"a\":2}"), "line 2, column 2: the member `a` occurs twice");
    assert_eq!(round_trip("{\"a\":1} x"), "line 1, column 9: the document ends here, but more text follows");
    assert_eq!(round_trip("[1,]"), "line 1, column 4: a value is expected");
    assert_eq!(parse(b"\"\xff\"").expect_err("not UTF-8").reason, "the text is not UTF-8");
}

#[test]
fn depth_is_bounded() {
    let deep = "[".repeat(65) + &"]".repeat(65);
    assert!(round_trip(&deep).contains("64 deep"));
    let fine = "[".repeat(64) + &"]".repeat(64);
    assert_eq!(round_trip(&fine), fine);
}

#[test]
fn many_members_are_checked_for_doubles() {
    let mut text = String::from("{");
    for index in 0..100 {
        text.push_str(&format!("\"m{index}\":{index},"));
    }
    assert!(parse(format!("{text}\"x\":1}}").as_bytes()).is_ok());
    assert!(parse(format!("{text}\"m3\":1}}").as_bytes()).is_err());
    assert!(parse(format!("{text}\"m99\":1}}").as_bytes()).is_err());
}

#[test]
fn a_document_is_read_where_it_stands() {
    let text = r#"{"a":[1,{"b":null}],"c\u0061":"x\ty","d":true}"#;
    let document = Document::parse(text.as_bytes()).expect("valid");
    let root = document.root();
    let names: Vec<_> = root.as_object().expect("an object").map(|(name, _)| name.into_owned()).collect();
    assert_eq!(names, ["a", "ca", "d"]);
    let kinds: Vec<_> = root.get("a").and_then(Node::as_array).expect("an array").map(Node::kind).collect();
    assert_eq!(kinds, ["a number", "an object"]);
    assert!(root.get("ca").expect("a member").is("x\ty"));
    assert_eq!(root.get("a").and_then(|a| a.as_array()?.next()?.as_f64()), Some(1.0));
    assert_eq!(root.to_json(), parse(text.as_bytes()).expect("valid"));
    assert!(root.get("b").is_none() && root.get("d").expect("a member").get("a").is_none());
}

#[test]
fn doubles_are_found_however_they_are_written() {
    assert!(parse(br#"{"a":1,"\u0061":2}"#).is_err());
    assert!(parse(br#"{"a":{"b":1},"b":2}"#).is_ok());
}

proptest! {
    #[test]
    fn strings_of_any_length_come_back(text in "[a-zäß€😀\\PC\"\\\\\n\t\u{1}\u{1f}]{0,40}") {
        let mut out = String::new();
        write_string(&text, &mut out);
        prop_assert!(!out.bytes().any(|b| b < 0x20));
        prop_assert_eq!(parse(out.as_bytes()).expect("valid"), Json::from(text.as_str()));
    }
}
