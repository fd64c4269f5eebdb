//! Wire forms: bytes to entities and back (NGSI-LD V1.9.1, clauses 4.5, 5.2).

pub mod figures;
pub mod geojson;
mod instance;
pub mod parse;
pub mod record;
pub mod render;
pub mod temporal;
#[cfg(test)]
mod tests;
mod value;
