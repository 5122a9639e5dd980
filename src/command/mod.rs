//! The command line: one file a command, the arguments defined once in [`cli`].

#[cfg(feature = "live")]
mod ask_aws;
#[cfg(not(feature = "live"))]
#[path = "without_aws.rs"]
mod ask_aws;
pub mod aws;
mod baseline;
#[cfg(feature = "s3-bodies")]
mod bodies;
#[cfg(all(feature = "live", not(feature = "s3-bodies")))]
#[path = "without_s3.rs"]
mod bodies;
pub mod cli;
mod controls;
mod demo;
mod detect;
#[cfg(feature = "live")]
mod doctor;
mod events;
mod failure;
#[cfg(feature = "live")]
mod fetch;
#[cfg(feature = "live")]
mod following;
mod generate;
pub mod groups;
mod hunt;
mod ingest;
#[cfg(feature = "live")]
mod live;
mod open;
#[cfg(feature = "live")]
mod oracle;
mod output;
mod pivot;
mod place;
mod query;
mod rebuild;
mod report;
mod rules;
mod seal;
mod show;
#[cfg(feature = "live")]
mod sources;
#[cfg(not(feature = "live"))]
#[path = "only_files.rs"]
mod sources;
pub mod tables;
mod unknown;

use std::process::ExitCode;

use clap::Parser;

use cli::{Cli, Command};
use failure::Failure;

/// How a command ended, when it did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// Everything was done.
    Complete,
    /// Something was skipped, truncated or could not be decoded: counted in the answer.
    Incomplete,
}

/// Runs the command line. Exit codes: 0 done; 1 an error; 2 wrong usage; 3 done but incomplete.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    match run(cli) {
        Ok(Done::Complete) => ExitCode::SUCCESS,
        Ok(Done::Incomplete) => ExitCode::from(3),
        Err(failure) => failure.report(),
    }
}

fn run(cli: Cli) -> Result<Done, Failure> {
    match cli.command {
        None => open::run(&cli.paths, cli.workbench),
        Some(Command::Demo(args)) => demo::run(args),
        Some(Command::Ingest(args)) => ingest::run(&args),
        #[cfg(feature = "live")]
        Some(Command::Fetch(args)) => fetch::run(&args),
        #[cfg(feature = "live")]
        Some(Command::Doctor(args)) => doctor::run(&args),
        #[cfg(feature = "live")]
        Some(Command::Live(args)) => live::run(args),
        #[cfg(not(feature = "live"))]
        Some(Command::Live(_) | Command::Fetch(_) | Command::Doctor(_)) => ask_aws::refused(),
        Some(Command::Events(args)) => events::run(&args),
        Some(Command::Show(args)) => show::run(&args),
        Some(Command::Pivot(args)) => pivot::run(&args),
        Some(Command::Query(args)) => query::run(&args),
        Some(Command::Hunt(args)) => hunt::run(&args),
        Some(Command::Groups(args)) => groups::run(&args),
        Some(Command::Tables(args)) => tables::run(&args),
        Some(Command::Controls(args)) => controls::run(&args),
        Some(Command::Report(args)) => report::run(&args),
        Some(Command::Detect(args)) => detect::run(&args),
        Some(Command::Rules(args)) => rules::run(&args),
        Some(Command::Baseline(args)) => baseline::run(&args),
        Some(Command::Seal(args)) => seal::run(&args),
        Some(Command::Rebuild(args)) => rebuild::run(&args),
        Some(Command::Completions { shell }) => generate::completions(shell),
        Some(Command::Man) => generate::man(),
    }
}
