//! In place of what talks to AWS, in a build without it.

use super::Done;
use super::aws::AwsArgs;
use super::cli::{Language, OutputArgs, RevealArgs};
use super::failure::Failure;
use crate::model::TimeRange;

/// Says that this build cannot.
pub fn refused() -> Result<Done, Failure> {
    Err(Failure::Usage("this outcrop was built without what talks to AWS: build it with the feature `live`, which is the default".to_owned()))
}

/// In place of asking AWS.
pub fn run(_: &str, _: Language, _: &AwsArgs, _: &TimeRange, _: RevealArgs, _: OutputArgs) -> Result<Done, Failure> {
    refused()
}

/// In place of asking AWS for a hunt.
pub fn rows(_: &str, _: &AwsArgs, _: &TimeRange) -> Result<crate::query::run::Answer, Failure> {
    refused().map(|_| crate::query::run::Answer::default())
}
