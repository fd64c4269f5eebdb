//! The pages people see: public portal and administration.
//!
//! Every answer is complete HTML, drawn by the server; scripts only improve
//! what is already there. Pages ask `engine` as any protocol does. The words
//! stand in message files, the looks in `frontend/`.

mod allowance;
mod ask;
pub mod assets;
pub mod chart;
mod dashboard;
pub mod facets;
mod file;
pub mod format;
pub mod frame;
mod guesses;
mod handlers;
mod kept;
pub mod map_image;
mod markdown;
pub mod messages;
pub mod pages;
pub mod parts;
mod reading;
mod routes;
mod state;
pub mod svg;
#[cfg(test)]
mod tests;
mod upload;
mod vocabulary;

pub use dashboard::{Dashboard, Fault as DashboardFault};
pub use frame::Site;
pub use pages::document::{OwnTexts, TextFault, slugs as document_names};
pub use routes::router;
pub use state::{Replayed, Standing, State, WorkError, Workshop};
