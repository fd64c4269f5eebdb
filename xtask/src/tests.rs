use crate::files::File;
use crate::floors::{Edge, fault_of};
use crate::{tidy, words};

#[test]
fn the_house_is_tidy() {
    tidy().expect("tidy");
}

#[test]
fn directions_are_kept() {
    let fault = |from: &str, to: &str, in_tests_only| fault_of(&Edge { from: from.into(), to: to.into(), in_tests_only });
    for (from, to) in
        [("model", "engine"), ("engine", "web"), ("ngsi-ld", "portal"), ("portal", "server"), ("web", "parquet"), ("engine", "testkit")]
    {
        assert!(fault(from, to, false).is_some(), "{from} → {to}");
    }
    for (from, to) in [("engine", "store"), ("server", "portal"), ("history", "parquet"), ("bench", "server"), ("model", "serde")] {
        assert_eq!(fault(from, to, false), None);
    }
    assert_eq!(fault("engine", "testkit", true), None);
}

#[test]
fn words_are_found() {
    let faults = |path: &str, text: &str| words::check(&[File { path: path.into(), text: text.into() }]);
    assert_eq!(
        faults("crates/web/src/auth.rs", "\nlet key = DoorKey::cut();"),
        ["crates/web/src/auth.rs:2: `DoorKey`: only the door cuts keys"]
    );
    assert!(faults("crates/engine/src/lib.rs", "DoorKey").is_empty());
    assert!(faults("crates/web/src/tests.rs", "DoorKey").is_empty());
    assert!(faults("crates/web/src/a.rs", "fn a() {}\n#[cfg(test)]\nmod tests {\n todo!()").is_empty());
    assert_eq!(faults("README.md", "see ../shared/x").len(), 1);
}
