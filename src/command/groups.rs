//! `outcrop groups`: which names of log groups mean something in a case, and what the analyst says that others mean.

use std::collections::BTreeMap;

use clap::Args;
use serde::Serialize;

use super::Done;
use super::cli::{CaseArgs, Format, OutputArgs};
use super::failure::Failure;
use super::output::Output;
use super::place;
use crate::case::{Reader, Writable, open_read_only};
use crate::model::Strand;
use crate::query::run::{RunError, fetched_group, is_pseudo_group, means_something};
use crate::report::grouped;

/// Arguments of `groups`.
#[derive(Debug, Args)]
#[command(
    after_help = "A name means a strand, a group that was fetched, or the sources in whose paths it stands; here it can be given another meaning.\nExample: outcrop groups /aws/bedrock/modelinvocations invocation --case leak.outcrop"
)]
pub struct GroupsArgs {
    /// A name, as it stands in queries
    pub name: Option<String>,
    /// What it means: strands, groups that were fetched, or parts of the paths of sources
    #[arg(requires = "name")]
    pub means: Vec<String>,
    /// The name means nothing of its own any more
    #[arg(long, requires = "name", conflicts_with = "means")]
    pub forget: bool,
    /// Which case.
    #[command(flatten)]
    pub case: CaseArgs,
    /// Form of the answer.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// A name that queries may use.
#[derive(Serialize)]
struct Group {
    name: String,
    /// Who says so.
    from: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    means: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    events: Option<u64>,
}

/// Runs the command.
pub fn run(args: &GroupsArgs) -> Result<Done, Failure> {
    let path = place::named_or_last(args.case.case.as_deref())?;
    let mut reader = open_read_only(&path)?;
    let mut aliases = reader.group_aliases()?;
    if let Some(name) = &args.name {
        if args.forget {
            if aliases.remove(name).is_none() {
                return Err(Failure::Usage(format!("`{name}` was given no meaning; `outcrop groups` lists those that were")));
            }
        } else if args.means.is_empty() {
            return Err(Failure::Usage(format!("say what `{name}` means: outcrop groups {name} invocation; or forget it with --forget")));
        } else {
            if is_pseudo_group(name) {
                return Err(Failure::Usage(format!("`{name}` means the same in every case: give another name a meaning")));
            }
            for meaning in &args.means {
                means_something(&mut reader, meaning).map_err(|error| match error {
                    RunError::Query(error) => Failure::Usage(error.to_string()),
                    RunError::Case(error) => error.into(),
                    RunError::TooLarge(why) => Failure::Error(why),
                })?;
            }
            aliases.insert(name.clone(), args.means.clone());
        }
        Writable::open(&path)?.notebook()?.set_group_aliases(&aliases)?;
    }
    print(&groups(&mut reader)?, args.output)?;
    Ok(Done::Complete)
}

fn groups(reader: &mut Reader) -> Result<Vec<Group>, Failure> {
    let totals = reader.totals()?;
    let mut groups: Vec<Group> = Strand::ALL
        .iter()
        .zip(totals.by_strand)
        .map(|(strand, events)| Group { name: strand.name().to_owned(), from: "every case", means: Vec::new(), events: Some(events) })
        .collect();
    groups.push(Group { name: "events".to_owned(), from: "every case", means: Vec::new(), events: Some(totals.by_strand.iter().sum()) });
    groups.push(Group { name: "exchanges".to_owned(), from: "every case", means: vec!["invocation".to_owned()], events: None });
    let mut fetched: BTreeMap<String, u64> = BTreeMap::new();
    for source in reader.sources()? {
        if let Some(group) = fetched_group(&source) {
            *fetched.entry(group.to_owned()).or_default() += source.events;
        }
    }
    groups.extend(fetched.into_iter().map(|(name, events)| Group { name, from: "fetched", means: Vec::new(), events: Some(events) }));
    groups.extend(reader.group_aliases()?.into_iter().map(|(name, means)| Group { name, from: "you", means, events: None }));
    Ok(groups)
}

fn print(groups: &[Group], output: OutputArgs) -> Result<(), Failure> {
    let mut output = Output::new(output);
    if matches!(output.format(), Format::Json | Format::Ndjson) {
        groups.iter().try_for_each(|group| output.element(group))?;
        return output.end_list();
    }
    let rows = groups.iter().map(|group| {
        let events = group.events.map(grouped).unwrap_or_default();
        [group.name.clone(), group.from.to_owned(), group.means.join(", "), events]
    });
    output.rows(&["name", "from", "means", "events"], rows)?;
    output.flush()
}
