//! Where records come from: files, the built-in demo, and (feature `live`) AWS itself.

pub mod demo;
pub mod files;
pub mod ingest;
#[cfg(feature = "live")]
pub mod insights;

pub use ingest::{IngestError, Input, Progress, ingest, ingest_by, rebuild};
