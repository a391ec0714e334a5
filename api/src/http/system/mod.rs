//! What machines and people ask of the process itself: is it alive, is it ready, what does it count, what can go wrong.

pub mod get_errors;
pub mod get_live;
pub mod get_metrics;
pub mod get_openapi;
pub mod get_ready;
pub mod list_projections;
