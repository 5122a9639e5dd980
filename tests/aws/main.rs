//! Everything that talks to AWS, against servers that stand for it: our own, which answers queries and goes wrong when told to
//! (`server`), and emulators that nobody here wrote.

#![cfg(test)]
#![cfg(feature = "live")]

mod asking;
mod baseline;
#[cfg(feature = "s3-bodies")]
mod bodies;
mod checkup;
#[expect(dead_code, reason = "other tests use the rest")]
#[path = "../desk/mod.rs"]
mod desk;
mod emulators;
mod fetching;
mod hard;
mod hunts;
mod of_server;
#[expect(dead_code, reason = "other tests use the rest")]
#[path = "../pty/mod.rs"]
mod pty;
mod server;
mod shell;
mod workbench;
mod workbench_queries;
mod workbench_sources;
mod worlds;
