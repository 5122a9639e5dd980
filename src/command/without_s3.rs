//! In place of what reads bodies from S3, in a build without it.

use std::sync::atomic::AtomicBool;

use super::failure::Failure;
use crate::case::Writable;
use crate::source::insights::Aws;

/// What came of it.
pub struct Read {
    /// What to know.
    pub notes: Vec<String>,
    /// Every body that could be named is in the case.
    pub is_complete: bool,
}

/// This build can read them.
pub const IS_HERE: bool = false;

/// Never called: [`IS_HERE`] is looked at before anything is fetched.
pub fn read(_: &Aws, _: &Writable, _: bool, _: &AtomicBool) -> Result<Read, Failure> {
    Err(Failure::Error("this outcrop was built without what reads S3".to_owned()))
}
