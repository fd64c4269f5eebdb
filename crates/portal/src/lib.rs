//! The pages people see: public portal and administration.
//!
//! Every answer is complete HTML, drawn by the server; scripts only improve
//! what is already there. Pages ask `engine` as any protocol does. The words
//! stand in message files, the looks in `frontend/`.

pub mod assets;
pub mod chart;
pub mod format;
pub mod frame;
pub mod map_image;
pub mod messages;
pub mod pages;
pub mod parts;
pub mod svg;
