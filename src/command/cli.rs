//! The arguments, defined once. Help, completions and the man page are made from these definitions.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::aws::AwsArgs;
use super::groups::GroupsArgs;
use super::tables::TablesArgs;
use crate::model::{
    Entity, EntityKind, Scope, Secrets, Strand, StrandSet, TextFilter, TimeRange, Timestamp, field_without_x, parse_field_filters, parse_when,
};

/// Where bedrock comes to the surface: investigate what happened in AWS Bedrock, from a terminal.
#[derive(Debug, Parser)]
#[command(name = "outcrop", version, args_conflicts_with_subcommands = true, max_term_width = 100)]
#[command(
    after_help = "Without a command: opens the workbench on the paths, or on the last case.\nExit codes: 0 done; 1 an error; 2 wrong usage; 3 done but incomplete."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Files, folders or globs with evidence; `-` reads standard input.
    pub paths: Vec<PathBuf>,
    /// How the workbench is opened.
    #[command(flatten)]
    pub workbench: WorkbenchArgs,
}

/// How the workbench is opened.
#[derive(Clone, Debug, Default, Args)]
pub struct WorkbenchArgs {
    /// The case file; without it, one in the data folder named after the paths.
    #[arg(long, value_name = "FILE")]
    pub case: Option<PathBuf>,
    /// A theme: default, light, mono, high-contrast, or the path of a theme file.
    #[arg(long, value_name = "NAME|FILE")]
    pub theme: Option<String>,
    /// A keymap: default, vim or emacs.
    #[arg(long, value_name = "NAME", default_value = "default")]
    pub keymap: String,
    /// Colours: auto looks at the terminal and at NO_COLOR.
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub color: Color,
    /// Only ASCII characters on the screen.
    #[arg(long)]
    pub ascii: bool,
}

/// Use of colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// As the terminal and NO_COLOR say.
    #[default]
    Auto,
    /// None.
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Open the workbench on the built-in incident: no AWS, no files, no network
    Demo(DemoArgs),
    /// Read evidence into a case without a screen, and print a summary
    Ingest(IngestArgs),
    /// Open the workbench on CloudWatch Logs: fetch, follow, and ask for more from within
    Live(LiveArgs),
    /// Fetch evidence from CloudWatch Logs into a case: docs/LIVE.md says what is needed and what it costs
    Fetch(FetchArgs),
    /// Print events, oldest first
    Events(QuestionArgs),
    /// Print one event or exchange, by event id or request id
    Show(ShowArgs),
    /// Print every event that mentions an entity; without VALUE, the values of a kind with counts
    Pivot(PivotArgs),
    /// Answer a query in CloudWatch Logs Insights QL from a case, or at AWS: docs/QUERY.md says what runs
    Query(QueryArgs),
    /// Run a hunt: a query with a purpose and parameters; without NAME, the catalogue
    Hunt(HuntArgs),
    /// Print the names of log groups that queries of a case may use, or say what one means in it
    Groups(GroupsArgs),
    /// Print the tables that `lookup` and `cidrlookup` read, or put one into a case
    Tables(TablesArgs),
    /// Print what was done to guardrails and logs: changes, their state, and when nobody saw what was done
    Controls(ControlsArgs),
    /// Write a report: what happened, with the evidence it rests on, as Markdown or HTML
    Report(ReportArgs),
    /// Run the rules: print signals, and the leads they add up to
    Detect(DetectArgs),
    /// Look at rules without running them
    Rules(RulesArgs),
    /// Learn from other evidence what is usual, for the rules of a case
    Baseline(BaselineArgs),
    /// Say whether the logs at AWS can be read and are written, what is missing, and the remedy
    Doctor(DoctorArgs),
    /// Copy the evidence a case refers to into it, so that it travels alone
    Seal(SealArgs),
    /// Derive everything in a case again from its records
    Rebuild(RebuildArgs),
    /// Print completions for a shell
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the man page
    Man,
}

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Write the incident as files, as AWS would deliver them, instead of opening it
    #[arg(long, value_name = "DIR")]
    pub write: Option<PathBuf>,
    /// About how many events; the stories stay the same, the background grows
    #[arg(long, value_name = "N")]
    pub events: Option<u64>,
    /// Another seed gives another background
    #[arg(long, value_name = "S")]
    pub seed: Option<u64>,
    /// Begin afresh: forget marks, notes and the place of the last time
    #[arg(long, conflicts_with = "write")]
    pub fresh: bool,
    /// How the workbench is opened.
    #[command(flatten)]
    pub workbench: WorkbenchArgs,
}

/// Arguments of `ingest`.
#[derive(Debug, Args)]
pub struct IngestArgs {
    /// Files, folders or globs; `-` reads standard input
    #[arg(required = true)]
    pub paths: Vec<PathBuf>,
    /// The case file, made when it is not there
    #[arg(long, value_name = "FILE")]
    pub case: PathBuf,
    /// Form of the answer.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// What to fetch from AWS.
#[derive(Clone, Debug, Args)]
pub struct WantedArgs {
    /// Whose logs, where, and for how much.
    #[command(flatten)]
    pub aws: AwsArgs,
    /// From this time on: 24h, yesterday, 14:00, 2026-11-10, RFC 3339 (UTC)
    #[arg(long, value_name = "TIME", default_value = "24h")]
    pub since: String,
    /// Before this time
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// Only events whose text holds this value, such as a key or a request id
    #[arg(long, value_name = "VALUE")]
    pub mentions: Option<String>,
    /// A folder with a local copy of the bodies that Bedrock keeps in S3: those found are joined to their records
    #[arg(long, value_name = "DIR")]
    pub bodies: Option<PathBuf>,
    /// Look again for log groups, though the case remembers some
    #[arg(long)]
    pub discover: bool,
}

impl WantedArgs {
    /// The interval.
    ///
    /// # Errors
    /// A sentence about the time that cannot be understood.
    pub fn range(&self, now: Timestamp) -> Result<TimeRange, String> {
        let scope = ScopeArgs { since: Some(self.since.clone()), until: self.until.clone(), ..ScopeArgs::default() };
        scope.scope(now).map(|scope| scope.range)
    }
}

/// Arguments of `fetch`.
#[derive(Debug, Args)]
#[command(
    after_help = "Without --log-group the log groups that hold evidence are looked for, and remembered in the case.\nWhat the case has already is not fetched again; an interrupted fetch goes on when it is run again."
)]
pub struct FetchArgs {
    /// The case file, made when it is not there
    #[arg(long, value_name = "FILE")]
    pub case: PathBuf,
    /// What to fetch.
    #[command(flatten)]
    pub wanted: WantedArgs,
    /// Only say what would be fetched, and for how much
    #[arg(long)]
    pub estimate: bool,
    /// Read the bodies that records name in S3, after asking: their number, size and price are shown (builds with the feature s3-bodies)
    #[arg(long)]
    pub s3_bodies: bool,
    /// With --s3-bodies: do not ask
    #[arg(long, requires = "s3_bodies")]
    pub yes: bool,
    /// Form of the answer.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Arguments of `live`.
#[derive(Debug, Args)]
pub struct LiveArgs {
    /// What to fetch.
    #[command(flatten)]
    pub wanted: WantedArgs,
    /// Go on with what comes: new events are looked for every ten seconds
    #[arg(long)]
    pub follow: bool,
    /// How the workbench is opened.
    #[command(flatten)]
    pub workbench: WorkbenchArgs,
}

/// Arguments of `doctor`.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Whose logs, where.
    #[command(flatten)]
    pub aws: AwsArgs,
    /// Print the least-privilege policy that outcrop needs, and nothing else
    #[arg(long)]
    pub policy: bool,
    /// Form of the answer.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// What every question to a case has.
#[derive(Debug, Args)]
pub struct QuestionArgs {
    /// Which case.
    #[command(flatten)]
    pub case: CaseArgs,
    /// Which events.
    #[command(flatten)]
    pub scope: ScopeArgs,
    /// Masked or not.
    #[command(flatten)]
    pub reveal: RevealArgs,
    /// Form of the answer.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Arguments of `show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// An event id, the beginning of one (four characters or more), or a request id
    pub id: String,
    /// Which case.
    #[command(flatten)]
    pub case: CaseArgs,
    /// Masked or not.
    #[command(flatten)]
    pub reveal: RevealArgs,
    /// Form of the answer.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Arguments of `pivot`.
#[derive(Debug, Args)]
pub struct PivotArgs {
    /// Kind of entity: request principal key ip bucket object model guardrail agent knowledge-base account region host user-agent session
    pub kind: EntityKind,
    /// Its value; without it the values are listed, the most frequent first
    pub value: Option<String>,
    /// Of which case, about what, answered how.
    #[command(flatten)]
    pub question: QuestionArgs,
}

/// Arguments of `query`.
#[derive(Debug, Args)]
#[command(
    after_help = "Fields are those of the records by their dotted paths, @timestamp, @message and the like, and the derived fields x.…\nExample: outcrop query 'filter x.denied = true | stats count(*) as n by eventName | sort n desc'\nIn SQL:  outcrop query --language sql 'SELECT eventName, COUNT(*) AS n FROM management WHERE `x.denied` = true GROUP BY eventName ORDER BY n DESC'"
)]
pub struct QueryArgs {
    /// The query; `-` reads it from standard input
    #[arg(value_name = "TEXT")]
    pub query: String,
    /// The language; a query that begins with SELECT is SQL only when this says so
    #[arg(long, value_enum, default_value_t = Language::Ql)]
    pub language: Language,
    /// Where it is answered
    #[arg(long, value_enum, default_value_t = Place::Case)]
    pub on: Place,
    /// With `--on aws`: whose logs, where, and for how much.
    #[command(flatten)]
    pub aws: AwsArgs,
    /// Of which case, about what, answered how.
    #[command(flatten)]
    pub question: QuestionArgs,
}

/// Arguments of `hunt`.
#[derive(Debug, Args)]
#[command(
    after_help = "A file *.toml in the folder `hunts` of the configuration adds hunts or replaces those of its names; keyword lists lie in `hunts/lists`, and in `lists` those that rules use too.\nIn the catalogue: name=value has a default, [name] may be left out, name! is needed.\nExample: outcrop hunt long-prompts --param longer_than=p99"
)]
pub struct HuntArgs {
    /// The hunt: its name, or its number such as S19
    pub name: Option<String>,
    /// A parameter of the hunt (may be repeated)
    #[arg(long, short = 'p', value_name = "NAME=VALUE")]
    pub param: Vec<String>,
    /// Print the query instead of running it
    #[arg(long, requires = "name")]
    pub print: bool,
    /// Where it is answered
    #[arg(long, value_enum, default_value_t = Place::Case)]
    pub on: Place,
    /// With `--on aws`: whose logs, where, and for how much.
    #[command(flatten)]
    pub aws: AwsArgs,
    /// Of which case, about what, answered how.
    #[command(flatten)]
    pub question: QuestionArgs,
}

/// Languages of queries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// CloudWatch Logs Insights QL.
    Ql,
    /// SQL, as CloudWatch Logs Insights takes it.
    Sql,
}

/// Where a query is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Place {
    /// From the case.
    Case,
    /// By CloudWatch Logs Insights, from the log groups that --log-group names.
    Aws,
}

/// Arguments of `controls`.
#[derive(Debug, Args)]
#[command(
    after_help = "The scope chooses the changes and blind windows that are printed; the state is that at --until, or at the end.\nA denied or failed attempt has the word of what it would have done, and moved nothing: look at `outcome`.\nThe calls in a blind window are those without an invocation record; where a trail was off, those without a CloudTrail event."
)]
pub struct ControlsArgs {
    /// Of which case, about what, answered how.
    #[command(flatten)]
    pub question: QuestionArgs,
}

/// Arguments of `report`.
#[derive(Debug, Args)]
#[command(
    after_help = "The report is about a lead, about what was marked in the workbench, or about the events of a scope; with each model call comes its invocation record.\nTemplates report.md and report.html in the folder templates of the configuration folder stand in for the built-in ones.\nExample: outcrop report --key AKIA… -o leak.html"
)]
pub struct ReportArgs {
    /// The file to write: .md or .html; - is Markdown on standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// About a lead: an entity (KIND=VALUE), a value, or the lead's id
    #[arg(long, value_name = "ENTITY", conflicts_with = "marked")]
    pub lead: Option<String>,
    /// About what was marked, tagged or noted in the workbench
    #[arg(long)]
    pub marked: bool,
    /// The title
    #[arg(long, value_name = "TEXT")]
    pub title: Option<String>,
    /// Quote so many exchanges
    #[arg(long, value_name = "N", default_value_t = crate::report::incident::USUAL_PROMPTS)]
    pub prompts: usize,
    /// Also (or only) write the signals as a layer of the MITRE ATT&CK Navigator
    #[arg(long, value_name = "FILE")]
    pub navigator: Option<PathBuf>,
    /// Also (or only) write the events as CSV for Timesketch
    #[arg(long, value_name = "FILE")]
    pub timesketch: Option<PathBuf>,
    /// A template of your own, in the language of minijinja
    #[arg(long, value_name = "FILE")]
    pub template: Option<PathBuf>,
    /// Write over files that exist
    #[arg(long)]
    pub force: bool,
    /// Which case.
    #[command(flatten)]
    pub case: CaseArgs,
    /// Which events; --limit is of the timeline.
    #[command(flatten)]
    pub scope: ScopeArgs,
    /// Masked or not.
    #[command(flatten)]
    pub reveal: RevealArgs,
}

/// Arguments of `detect`.
#[derive(Debug, Args)]
#[command(
    after_help = "The scope chooses the signals that are printed; the rules look at the whole case.\nWith --rules what is found is printed and not kept in the case.\ndocs/RULES.md says how rules, signals and leads work."
)]
pub struct DetectArgs {
    /// Rules of this folder too; they take the place of others with the same id
    #[arg(long, value_name = "DIR")]
    pub rules: Option<PathBuf>,
    /// Of which case, about what, answered how.
    #[command(flatten)]
    pub question: QuestionArgs,
}

/// Arguments of `rules`.
#[derive(Debug, Args)]
pub struct RulesArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: RulesCommand,
}

/// What can be done with rules.
#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// Say what is wrong with the rules of a folder, and what to do; nothing is run
    Check {
        /// A folder with rules, or one file
        dir: PathBuf,
        /// Form of the answer.
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Print the rules that run, built in and your own
    List {
        /// Form of the answer.
        #[command(flatten)]
        output: OutputArgs,
    },
}

/// Arguments of `baseline`.
#[derive(Debug, Args)]
pub struct BaselineArgs {
    /// Files, folders or globs with evidence of an ordinary time
    #[arg(required_unless_present = "on")]
    pub paths: Vec<PathBuf>,
    /// Instead of files: let AWS count who did what in Bedrock, hour by hour, in the log groups of CloudTrail, and learn from the counts
    #[arg(long, value_name = "aws", value_parser = ["aws"], conflicts_with = "paths")]
    pub on: Option<String>,
    /// With `--on aws`: from this time on
    #[arg(long, value_name = "TIME", default_value = "30d")]
    pub since: String,
    /// With `--on aws`: before this time
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// With `--on aws`: whose logs, where, and for how much.
    #[command(flatten)]
    pub aws: AwsArgs,
    /// The case whose rules are to know it
    #[arg(long, value_name = "FILE")]
    pub case: PathBuf,
    /// What to call it; another one of the same name takes its place
    #[arg(long, value_name = "NAME", default_value = "baseline")]
    pub name: String,
}

/// Arguments of `seal`.
#[derive(Debug, Args)]
pub struct SealArgs {
    /// Which case.
    #[command(flatten)]
    pub case: CaseArgs,
    /// Form of the answer.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Arguments of `rebuild`.
#[derive(Debug, Args)]
pub struct RebuildArgs {
    /// Which case.
    #[command(flatten)]
    pub case: CaseArgs,
    /// Form of the answer.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Which case to read.
#[derive(Clone, Debug, Args)]
pub struct CaseArgs {
    /// The case file; without it, the last one
    #[arg(long, value_name = "FILE")]
    pub case: Option<PathBuf>,
}

/// Form of an answer.
#[derive(Clone, Copy, Debug, Args)]
pub struct OutputArgs {
    /// Form: table when stdout is a terminal, ndjson when not
    #[arg(long, value_enum)]
    pub format: Option<Format>,
}

/// Whether credentials are shown.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct RevealArgs {
    /// Show credentials as logged; without it they are masked, except in the raw record of `show --format json`
    #[arg(long)]
    pub reveal: bool,
}

impl RevealArgs {
    /// What is asked for.
    pub const fn secrets(self) -> Secrets {
        if self.reveal { Secrets::Revealed } else { Secrets::Masked }
    }
}

/// Forms of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Table,
    /// One array, or one object.
    Json,
    /// One object a line.
    Ndjson,
    /// Comma-separated values.
    Csv,
}

/// Which events.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Scope")]
pub struct ScopeArgs {
    /// From this time on: 24h, yesterday, 14:00, 2026-11-10, RFC 3339 (UTC)
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// Before this time
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// Only this principal, as `pivot principal` lists them
    #[arg(long, value_name = "VALUE")]
    pub principal: Option<String>,
    /// Only this request id
    #[arg(long, value_name = "ID")]
    pub request: Option<String>,
    /// Only this bucket
    #[arg(long, value_name = "NAME")]
    pub bucket: Option<String>,
    /// Only this model
    #[arg(long, value_name = "ID")]
    pub model: Option<String>,
    /// Only this access key id
    #[arg(long, value_name = "ID")]
    pub key: Option<String>,
    /// Only this source address
    #[arg(long, value_name = "ADDRESS")]
    pub ip: Option<String>,
    /// Only this strand: management data invocation endpoint network span (may be repeated)
    #[arg(long, value_name = "STRAND")]
    pub strand: Vec<Strand>,
    /// Only events that mention this entity, or for which conditions on derived fields hold: key=AKIA…, 'x.tokens_in > 1000
    /// and x.denied' (may be repeated; all must hold,
    /// of several actions one)
    #[arg(long = "where", value_name = "KIND=VALUE")]
    pub constraint: Vec<String>,
    /// Only events whose text matches this regular expression
    #[arg(long, value_name = "REGEX")]
    pub text: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
}

impl ScopeArgs {
    /// The scope they name.
    ///
    /// # Errors
    /// A sentence about the first argument that cannot be understood.
    pub fn scope(&self, now: Timestamp) -> Result<Scope, String> {
        let when = |text: &Option<String>| text.as_deref().map(|text| parse_when(text, now)).transpose();
        let named = [
            (EntityKind::Principal, &self.principal),
            (EntityKind::Request, &self.request),
            (EntityKind::Bucket, &self.bucket),
            (EntityKind::Model, &self.model),
            (EntityKind::Key, &self.key),
            (EntityKind::Ip, &self.ip),
        ];
        let mut entities: Vec<Entity> = named.into_iter().filter_map(|(kind, value)| Some(Entity::new(kind, value.as_deref()?))).collect();
        let mut fields = Vec::new();
        for constraint in &self.constraint {
            if constraint.trim_start().starts_with("x.") {
                fields.extend(parse_field_filters(constraint).map_err(|error| format!("--where {constraint}: {error}"))?);
                continue;
            }
            // Some fields have the name of a kind of entity: that comes first.
            let meant = |error: String| match field_without_x(constraint) {
                Some(name) => format!("--where {constraint}: did you mean {name}? Conditions on fields begin with x."),
                None => format!("--where {constraint}: {error}"),
            };
            let (kind, value) = constraint.split_once('=').ok_or_else(|| meant("write KIND=VALUE, such as --where key=AKIA…".to_owned()))?;
            entities.push(Entity::new(kind.parse::<EntityKind>().map_err(|error| meant(error.to_string()))?, value));
        }
        let strands = if self.strand.is_empty() { StrandSet::ALL } else { self.strand.iter().fold(StrandSet::NONE, |set, strand| set.with(*strand)) };
        if let Some(pattern) = &self.text {
            regex::Regex::new(pattern).map_err(|error| format!("--text {pattern}: {error}"))?;
        }
        let text = self.text.clone().map(|pattern| TextFilter { pattern });
        let range = TimeRange { since: when(&self.since)?, until: when(&self.until)? };
        if let (Some(since), Some(until)) = (range.since, range.until)
            && since > until
        {
            return Err(format!("--since {since} is later than --until {until}: nothing can be between them"));
        }
        Ok(Scope { range, entities, strands, text, fields })
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn scopes_are_read_and_mistakes_named() {
        let now = Timestamp::parse("2026-11-20T12:00:00Z").expect("a time");
        let args = ScopeArgs {
            since: Some("1h".to_owned()),
            constraint: vec!["guardrail=gr-1".to_owned()],
            strand: vec![Strand::Data],
            ..ScopeArgs::default()
        };
        let scope = args.scope(now).expect("a scope");
        assert_eq!(scope.range.since.map(|t| t.to_string()).as_deref(), Some("2026-11-20T11:00:00.000Z"));
        assert_eq!(scope.entities, [Entity::new(EntityKind::Guardrail, "gr-1")]);
        assert!(scope.strands.contains(Strand::Data) && !scope.strands.contains(Strand::Management));
        for (args, word) in [
            (ScopeArgs { since: Some("soonish".to_owned()), ..ScopeArgs::default() }, "soonish"),
            (ScopeArgs { constraint: vec!["guardrail".to_owned()], ..ScopeArgs::default() }, "KIND=VALUE"),
            (ScopeArgs { constraint: vec!["rail=x".to_owned()], ..ScopeArgs::default() }, "not a kind"),
            (ScopeArgs { constraint: vec!["tokens_in > 5".to_owned()], ..ScopeArgs::default() }, "x.tokens_in?"),
            (ScopeArgs { constraint: vec!["tokens_in=5".to_owned()], ..ScopeArgs::default() }, "x.tokens_in?"),
            (ScopeArgs { text: Some("(".to_owned()), ..ScopeArgs::default() }, "--text"),
        ] {
            assert!(args.scope(now).expect_err("wrong").contains(word));
        }
    }
}
