//! The catalogue as machines read it: DCAT-AP.de 3.0, written from the
//! datasets and from the data itself.
//!
//! [`Catalogue`] gathers what everybody may see, describes it as a graph
//! without blank nodes, and serialises it as Turtle, RDF/XML or JSON-LD.
//! [`attach`] puts the addresses in front of the portal's router. What a
//! dataset needs before it can be listed is said by [`check()`].

mod authority;
mod check;
mod describe;
mod document;
mod extent;
mod http;
mod seen;
mod select;
mod site;
mod terms;
#[cfg(test)]
mod tests;
mod vocabulary;
mod write;

pub use check::{Finding, Severity, check};
pub use document::{Catalogue, Error};
pub use http::attach;
pub use select::Selection;
pub use site::{InvalidSite, Site};
pub use write::Format;
