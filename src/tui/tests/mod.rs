//! The whole workbench without a terminal: keys in, screens out, on the built-in incident and on hostile records.

mod abroad;
mod budget;
mod controls;
mod hostile;
mod live;
mod query;
mod screens;
mod secrets;
mod session;
mod signals;
mod sources;
mod story;
mod tables;
