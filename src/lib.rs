//! outcrop: a terminal workbench for investigating what happened in AWS Bedrock.
//!
//! This file is the map of the house. Folders are rooms; a room may use only the rooms above it in this list
//! (docs/ARCHITECTURE.md, rule 1, and the test that guards it).

pub mod case;
pub mod decode;
pub mod model;
pub mod source;
pub mod report;
pub mod command;
pub mod tui;
