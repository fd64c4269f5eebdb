//! Storage takes a tenant context, and a name alone does not make one.

fn open(store: &store::Store) {
    let name = model::TenantId::parse("musterstadt").expect("a name");
    let _ = store.tenant(&name);
    let _ = model::TenantContext(name);
}

fn main() {}
