//! What must not compile: ways around the one door.

#[test]
fn the_door_has_no_back() {
    trybuild::TestCases::new().compile_fail("tests/forbidden/*.rs");
}
