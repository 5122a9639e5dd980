//! `outcrop live`: the workbench on CloudWatch Logs.

use std::path::PathBuf;

use super::aws::{Purse, Tally};
use super::cli::LiveArgs;
use super::failure::Failure;
use super::sources::Start;
use super::{Done, open, place};
use crate::source::insights::{Aws, AwsError};

/// Runs the command.
pub fn run(args: LiveArgs) -> Result<Done, Failure> {
    let now = place::now();
    let span = super::aws::seconds_of(&args.wanted.range(now).map_err(Failure::Usage)?, now);
    let purse = Purse { budget: args.wanted.aws.usd()?, usd_per_gb: args.wanted.aws.usd_per_gb, tally: Tally::default() };
    let aws = Aws::connect(&args.wanted.aws.sites()).map_err(|error| Failure::Error(error.to_string()))?;
    let case = match &args.workbench.case {
        Some(case) => case.clone(),
        None => case_of(&aws)?,
    };
    let start = Start { aws, wanted: args.wanted, span, follow: args.follow };
    open::open_live(&case, start, purse, args.workbench)
}

/// The case of these sites: the same ones open the same case again.
fn case_of(aws: &Aws) -> Result<PathBuf, Failure> {
    let names: Vec<String> = aws.states().iter().map(|(site, _)| site.to_string()).collect();
    let word: String = names.join("-").chars().map(|c| if c.is_ascii_alphanumeric() || "-_".contains(c) { c } else { '-' }).take(60).collect();
    Ok(place::cases()?.join(format!("live-{}.outcrop", word.trim_end_matches('-'))))
}

/// An error of connecting, for the command line.
impl From<AwsError> for Failure {
    fn from(error: AwsError) -> Self {
        Self::Error(error.to_string())
    }
}
