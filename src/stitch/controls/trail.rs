//! A trail: where it delivers, what it records, whether it runs.

use super::look::{at, get, last_part, log_group, scalar};
use crate::decode::json::Value;
use crate::model::{Change, Standing};

/// What Create and Update set. `None` where the record does not say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct TrailConfig {
    pub(super) bucket: Option<String>,
    prefix: Option<String>,
    /// As an ARN; empty when it was taken away.
    pub(super) group: Option<String>,
    pub(super) all_regions: Option<bool>,
    validation: Option<bool>,
    global: Option<bool>,
    organization: Option<bool>,
}

impl TrailConfig {
    /// From the parameters, completed by the answer: an Update names only what it changes.
    pub(super) fn of(request: Value<'_>, response: Value<'_>) -> Self {
        let word = |key: &str| scalar(request, key).or_else(|| scalar(response, key));
        let flag = |key: &str| get(request, key).boolean().or_else(|| get(response, key).boolean());
        let removed = get(request, "cloudWatchLogsLogGroupArn").text().is_some_and(|group| group.is_empty());
        Self {
            bucket: word("s3BucketName"),
            prefix: word("s3KeyPrefix"),
            group: if removed { Some(String::new()) } else { word("cloudWatchLogsLogGroupArn") },
            all_regions: flag("isMultiRegionTrail"),
            validation: get(request, "enableLogFileValidation").boolean().or_else(|| get(response, "logFileValidationEnabled").boolean()),
            global: flag("includeGlobalServiceEvents"),
            organization: flag("isOrganizationTrail"),
        }
    }

    /// This one with what a later record says.
    pub(super) fn updated(&self, later: &Self) -> Self {
        let either = |one: &Option<String>, other: &Option<String>| other.clone().or_else(|| one.clone());
        Self {
            bucket: either(&self.bucket, &later.bucket),
            prefix: either(&self.prefix, &later.prefix),
            group: either(&self.group, &later.group),
            all_regions: later.all_regions.or(self.all_regions),
            validation: later.validation.or(self.validation),
            global: later.global.or(self.global),
            organization: later.organization.or(self.organization),
        }
    }

    /// What it does to the one before.
    pub(super) fn change_from(&self, before: &Self) -> Change {
        let lost = |now: Option<bool>, then: Option<bool>| now == Some(false) && then == Some(true);
        let unnamed = |group: &Option<String>| group.as_deref().is_none_or(str::is_empty);
        if lost(self.all_regions, before.all_regions)
            || lost(self.validation, before.validation)
            || lost(self.global, before.global)
            || lost(self.organization, before.organization)
            || (unnamed(&self.group) && !unnamed(&before.group))
        {
            return Change::Reduced;
        }
        let moved = |now: &Option<String>, then: &Option<String>| then.is_some() && now != then;
        if moved(&self.bucket, &before.bucket) || moved(&self.prefix, &before.prefix) || (!unnamed(&before.group) && self.group != before.group) {
            return Change::Moved;
        }
        Change::Updated
    }

    /// `s3://b, group g; all Regions`; empty when nothing is known.
    pub(super) fn words(&self) -> String {
        let mut to = Vec::new();
        if let Some(bucket) = &self.bucket {
            let prefix = self.prefix.as_deref().map(|prefix| format!("/{prefix}")).unwrap_or_default();
            to.push(format!("s3://{bucket}{prefix}"));
        }
        to.extend(self.group.as_deref().filter(|group| !group.is_empty()).map(|group| format!("group {}", log_group(group))));
        let mut words = if to.is_empty() { Vec::new() } else { vec![to.join(", ")] };
        for (flag, yes, no) in [
            (self.all_regions, "all Regions", "one Region"),
            (self.organization, "whole organization", ""),
            (self.global, "", "without global services"),
            (self.validation, "validated", "not validated"),
        ] {
            let word = flag.map_or("", |flag| if flag { yes } else { no });
            if !word.is_empty() {
                words.push(word.to_owned());
            }
        }
        words.join("; ")
    }
}

/// What is known of a trail so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Trail {
    pub(super) config: TrailConfig,
    /// It records; `None` when no Start or Stop was seen.
    pub(super) recording: Option<bool>,
    created: bool,
    pub(super) deleted: bool,
    pub(super) selectors: Option<Selectors>,
    pub(super) insights: Option<String>,
}

impl Trail {
    /// Takes a change in that did happen.
    pub(super) fn take(&mut self, change: Change, config: &TrailConfig) {
        match change {
            Change::Created => *self = Self { config: config.clone(), created: true, ..Self::default() },
            Change::Deleted => (self.deleted, self.recording) = (true, Some(false)),
            Change::Started => (self.recording, self.deleted) = (Some(true), false),
            Change::Stopped => self.recording = Some(false),
            _ => self.config = self.config.updated(config),
        }
    }

    /// How it stands, in words.
    pub(super) fn state(&self) -> (Standing, String) {
        let quiet = self.selectors.as_ref().is_some_and(|selectors| selectors.quiet);
        let (standing, word) = match (self.deleted, self.recording) {
            (true, _) => return (Standing::Down, "deleted".to_owned()),
            (_, Some(false)) => (Standing::Down, "stopped"),
            (_, Some(true)) if quiet => (Standing::Weak, "recording"),
            (_, Some(true)) => (Standing::Up, "recording"),
            (_, None) if self.created => (Standing::Weak, "made, not started"),
            (_, None) if quiet => (Standing::Weak, "there"),
            (_, None) => (Standing::Up, "there"),
        };
        let words = [Some(word.to_owned()), Some(self.config.words()), self.selectors.as_ref().map(|selectors| selectors.words.clone())];
        let words: Vec<String> = words.into_iter().flatten().filter(|words| !words.is_empty()).collect();
        (standing, words.join("; ").replacen("; ", ": ", 1))
    }
}

/// Which events a trail records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Selectors {
    pub(super) words: String,
    /// Management events, or the writing ones among them, are left out.
    quiet: bool,
}

impl Selectors {
    /// From the parameters of PutEventSelectors; `None` when they hold none.
    pub(super) fn of(request: Value<'_>) -> Option<Self> {
        let (basic, advanced) = (get(request, "eventSelectors"), get(request, "advancedEventSelectors"));
        if basic.is_array() {
            return Some(Self::basic(basic));
        }
        advanced.is_array().then(|| Self::advanced(advanced))
    }

    fn basic(selectors: Value<'_>) -> Self {
        let (mut management, mut data, mut left_out) = ("none", Vec::new(), Vec::new());
        for selector in selectors.items() {
            if get(selector, "includeManagementEvents").boolean() != Some(false) {
                management = match scalar(selector, "readWriteType").as_deref() {
                    Some("ReadOnly") => "only reads",
                    Some("WriteOnly") => "only writes",
                    _ => "all",
                };
            }
            data.extend(get(selector, "dataResources").items().filter_map(|resource| scalar(resource, "type")));
            left_out.extend(get(selector, "excludeManagementEventSources").items().filter_map(Value::scalar).map(String::from));
        }
        Self::told(&format!("management {management}"), &data, &left_out, matches!(management, "none" | "only reads"))
    }

    fn advanced(selectors: Value<'_>) -> Self {
        let (mut management, mut data, mut left_out) = (None, Vec::new(), Vec::new());
        for selector in selectors.items() {
            let field = |name: &str, operator: &str| {
                let fields = get(selector, "fieldSelectors");
                let named: Vec<Value<'_>> = fields.items().filter(|field| get(*field, "field").is(name)).collect();
                named.iter().flat_map(|field| get(*field, operator).items()).filter_map(|value| value.scalar().map(String::from)).collect::<Vec<_>>()
            };
            let category = field("eventCategory", "equals");
            if category.iter().any(|category| category == "Management") {
                let read_only = field("readOnly", "equals");
                management = Some(match read_only.first().map(String::as_str) {
                    Some("true") => "only reads",
                    Some("false") => "only writes",
                    _ => "all",
                });
                left_out.extend(field("eventSource", "notEquals"));
            } else {
                data.extend(field("resources.type", "equals"));
            }
        }
        let management = management.unwrap_or("none");
        Self::told(&format!("management {management}"), &data, &left_out, matches!(management, "none" | "only reads"))
    }

    fn told(management: &str, data: &[String], left_out: &[String], quiet: bool) -> Self {
        let mut words = management.to_owned();
        if !left_out.is_empty() {
            words = format!("{words} but {}", left_out.join(", "));
        }
        if !data.is_empty() {
            words = format!("{words}; data {}", data.join(", "));
        }
        Self { words, quiet }
    }
}

/// The insights that PutInsightSelectors asks for.
pub(super) fn insights(request: Value<'_>) -> Option<String> {
    let selectors = get(request, "insightSelectors");
    let types: Vec<String> = selectors.items().filter_map(|selector| scalar(selector, "insightType")).collect();
    selectors.is_array().then(|| if types.is_empty() { "no insights".to_owned() } else { format!("insights {}", types.join(", ")) })
}

/// A trail's name in the parameters or the answer.
pub(super) fn name(request: Value<'_>, response: Value<'_>) -> Option<String> {
    let named = [(request, "name"), (request, "trailName"), (response, "trailARN"), (response, "name")];
    named.into_iter().find_map(|(place, key)| scalar(place, key)).map(|name| last_part(&name).to_owned())
}

/// The Region and account that a log group's ARN names.
pub(super) fn place_of_arn(arn: &str) -> Option<(String, String)> {
    let mut parts = arn.strip_prefix("arn:")?.split(':');
    let (region, account) = (parts.nth(2)?, parts.next()?);
    (!region.is_empty() && !account.is_empty()).then(|| (region.to_owned(), account.to_owned()))
}

/// An event data store's id or name.
pub(super) fn data_store(request: Value<'_>, response: Value<'_>) -> Option<String> {
    let named = [(request, "eventDataStore"), (response, "eventDataStoreArn"), (request, "eventDataStoreArn"), (request, "name")];
    named.into_iter().find_map(|(place, key)| at(place, key).text_some()).map(|name| last_part(&name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::json::Tape;

    fn with<T>(json: &str, read: impl FnOnce(Value<'_>) -> T) -> T {
        let tape = Tape::of(json.as_bytes());
        read(tape.root(json.as_bytes()))
    }

    fn config(json: &str) -> TrailConfig {
        with(json, |request| TrailConfig::of(request, request.item(0)))
    }

    #[test]
    fn what_an_update_does() {
        let base = r#"{"name":"t","s3BucketName":"b","isMultiRegionTrail":true,"enableLogFileValidation":true,"cloudWatchLogsLogGroupArn":"arn:aws:logs:us-east-1:111122223333:log-group:/t:*"}"#;
        for (update, change) in [
            (r#"{"name":"t","s3BucketName":"b"}"#, Change::Updated),
            (r#"{"name":"t","s3BucketName":"c"}"#, Change::Moved),
            (r#"{"name":"t","isMultiRegionTrail":false}"#, Change::Reduced),
            (r#"{"name":"t","enableLogFileValidation":false}"#, Change::Reduced),
            (r#"{"name":"t","cloudWatchLogsLogGroupArn":""}"#, Change::Reduced),
            (r#"{"name":"t","cloudWatchLogsLogGroupArn":"arn:aws:logs:us-east-1:111122223333:log-group:/u:*"}"#, Change::Moved),
        ] {
            let before = config(base);
            assert_eq!(before.updated(&config(update)).change_from(&before), change, "{update}");
        }
        assert_eq!(config(base).words(), "s3://b, group /t; all Regions; validated");
    }

    #[test]
    fn selectors_in_words() {
        // The first is the record of a public red-team tool (samples), in its own words.
        for (request, words, quiet) in [
            (
                r#"{"eventSelectors":[{"dataResources":[{"type":"AWS::S3::Object","values":[]},{"type":"AWS::Lambda::Function","values":[]}],"excludeManagementEventSources":[],"includeManagementEvents":false,"readWriteType":"ReadOnly"}],"trailName":"t"}"#,
                "management none; data AWS::S3::Object, AWS::Lambda::Function",
                true,
            ),
            (
                r#"{"eventSelectors":[{"readWriteType":"WriteOnly","includeManagementEvents":true,"excludeManagementEventSources":["kms.amazonaws.com"]}]}"#,
                "management only writes but kms.amazonaws.com",
                false,
            ),
            (
                r#"{"advancedEventSelectors":[{"name":"m","fieldSelectors":[{"field":"eventCategory","equals":["Management"]}]},{"fieldSelectors":[{"field":"eventCategory","equals":["Data"]},{"field":"resources.type","equals":["AWS::Bedrock::Guardrail"]}]}]}"#,
                "management all; data AWS::Bedrock::Guardrail",
                false,
            ),
            (
                r#"{"advancedEventSelectors":[{"fieldSelectors":[{"field":"eventCategory","equals":["Data"]},{"field":"resources.type","equals":["AWS::S3::Object"]}]}]}"#,
                "management none; data AWS::S3::Object",
                true,
            ),
        ] {
            let found = with(request, Selectors::of).expect("selectors");
            assert_eq!((found.words.as_str(), found.quiet), (words, quiet), "{request}");
        }
        assert_eq!(with("{}", Selectors::of), None);
        assert_eq!(with(r#"{"insightSelectors":[]}"#, insights).as_deref(), Some("no insights"));
    }

    #[test]
    fn a_trail_runs_from_start_to_stop() {
        let mut trail = Trail::default();
        let config = config(r#"{"name":"t","s3BucketName":"b"}"#);
        for (change, standing, words) in [
            (Change::Created, Standing::Weak, "made, not started: s3://b"),
            (Change::Started, Standing::Up, "recording: s3://b"),
            (Change::Stopped, Standing::Down, "stopped: s3://b"),
            (Change::Deleted, Standing::Down, "deleted"),
        ] {
            trail.take(change, &config);
            assert_eq!(trail.state(), (standing, words.to_owned()));
        }
    }
}
