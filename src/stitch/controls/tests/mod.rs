//! Controls of cases made of hand-written records. The demo's are in tests/controls.rs, which may use its source.

mod changes;
mod detached;
mod orders;
mod windows;
mod written;
