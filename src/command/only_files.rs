//! In place of what brings evidence into an open case, in a build without what talks to AWS: files only.

use std::sync::atomic::AtomicBool;
use std::sync::mpsc::Receiver;

use super::aws::Purse;
use super::open;
use crate::case::Writable;
use crate::source::Input;
use crate::tui::{IngestNews, LiveCommand};

/// Nothing begins with AWS here.
pub enum Start {}

/// Reads what the workbench asks for, until it is left.
pub fn attend(
    case: &Writable,
    workbench: &(dyn Fn(IngestNews) + Sync),
    stop: &AtomicBool,
    wishes: &Receiver<LiveCommand>,
    _: Purse,
    _: Option<Start>,
) {
    while let Ok(wish) = wishes.recv() {
        if let LiveCommand::Read(path) = wish {
            open::read_into(vec![Input::Path(path)].into_iter(), case, workbench, stop);
        }
    }
}
