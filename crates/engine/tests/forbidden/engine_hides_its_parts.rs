//! Who holds the engine cannot reach its store.

fn reach(engine: &engine::Engine, access: &engine::Access) {
    let _ = &engine.store;
    let _ = &access.tenant;
}

fn main() {}
