//! The configuration of model invocation logging: what a Put sets, in words, and what it does to the one before.

use super::look::{at, log_group, scalar};
use crate::decode::json::Value;
use crate::model::{Change, Standing};

const MODALITIES: [&str; 4] = ["text", "image", "embedding", "video"];

/// What a Put sets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct LoggingConfig {
    pub(super) bucket: Option<String>,
    prefix: Option<String>,
    pub(super) group: Option<String>,
    role: Option<String>,
    /// Where bodies go that are too large for a log event.
    pub(super) large_bucket: Option<String>,
    /// Whether text, image, embedding and video are delivered, as far as the record says.
    delivers: [Option<bool>; 4],
    /// The configuration as the case's own columns tell it, when the record itself cannot be read.
    told: Option<String>,
}

impl LoggingConfig {
    /// The `loggingConfig` of a Put (FORMATS §3.2).
    pub(super) fn of(config: Value<'_>) -> Option<Self> {
        config.is_object().then(|| Self {
            bucket: scalar(config, "s3Config.bucketName"),
            prefix: scalar(config, "s3Config.keyPrefix"),
            group: scalar(config, "cloudWatchConfig.logGroupName").map(|name| log_group(&name).to_owned()),
            role: scalar(config, "cloudWatchConfig.roleArn"),
            large_bucket: scalar(config, "cloudWatchConfig.largeDataDeliveryS3Config.bucketName"),
            delivers: MODALITIES.map(|kind| at(config, &format!("{kind}DataDeliveryEnabled")).boolean()),
            told: None,
        })
    }

    /// What the event's detail still says (`logging → s3://b, group g, without text`).
    pub(super) fn of_detail(detail: &str) -> Option<Self> {
        let told = detail.strip_prefix("logging → ")?;
        let without = told.split_once(", without ").map_or("", |(_, without)| without);
        let delivers = MODALITIES.map(|kind| without.split(", ").any(|word| word == kind).then_some(false));
        Some(Self { delivers, told: Some(told.to_owned()), ..Self::default() })
    }

    fn has_destination(&self) -> bool {
        match &self.told {
            Some(told) => !told.starts_with("nowhere"),
            None => self.bucket.is_some() || self.group.is_some(),
        }
    }

    /// Where nothing is said of a kind of data it counts as delivered.
    fn delivers_text(&self) -> bool {
        self.delivers.first() != Some(&Some(false))
    }

    /// Prompts and answers are written down somewhere.
    pub(super) fn standing(&self) -> Standing {
        match (self.has_destination(), self.delivers_text()) {
            (false, _) => Standing::Down,
            (true, false) => Standing::Weak,
            (true, true) => Standing::Up,
        }
    }

    /// What this does after `before`, of which nothing may be known.
    pub(super) fn change_from(&self, before: Option<&Self>) -> Change {
        if !self.has_destination() {
            return Change::Disabled;
        }
        let before = match before {
            Some(before) if before.has_destination() => before,
            Some(_) => return Change::Enabled,
            None => return if self.delivers_text() { Change::Enabled } else { Change::Reduced },
        };
        let off = |config: &Self| config.delivers.map(|delivers| delivers == Some(false));
        let lost = off(self).into_iter().zip(off(before)).any(|(now, then)| now && !then);
        let dropped = |now: &Option<String>, then: &Option<String>| now.is_none() && then.is_some();
        if lost || dropped(&self.bucket, &before.bucket) || dropped(&self.group, &before.group) {
            Change::Reduced
        } else if (&self.bucket, &self.prefix, &self.group) != (&before.bucket, &before.prefix, &before.group) {
            Change::Moved
        } else if self.delivers_text() && !before.delivers_text() {
            Change::Enabled
        } else {
            Change::Updated
        }
    }

    /// `on: s3://b/prefix, group g; without video`
    pub(super) fn words(&self) -> String {
        if !self.has_destination() {
            return "off: no destination".to_owned();
        }
        if let Some(told) = &self.told {
            return format!("on: {told}");
        }
        let mut to = Vec::new();
        if let Some(bucket) = &self.bucket {
            let prefix = self.prefix.as_deref().map(|prefix| format!("/{prefix}")).unwrap_or_default();
            to.push(format!("s3://{bucket}{prefix}"));
        }
        to.extend(self.group.as_ref().map(|group| format!("group {group}")));
        let off: Vec<&str> =
            MODALITIES.into_iter().zip(self.delivers).filter(|(_, delivers)| *delivers == Some(false)).map(|(kind, _)| kind).collect();
        let without = if off.is_empty() { String::new() } else { format!("; without {}", off.join(", ")) };
        format!("on: {}{without}", to.join(", "))
    }

    /// What changed besides what [`words`](Self::words) tell.
    pub(super) fn aside(&self, before: Option<&Self>) -> Option<String> {
        let role = |config: &Self| config.role.as_deref().map(|role| super::look::last_part(role).to_owned());
        let before = before?;
        (self.told.is_none() && before.told.is_none() && role(self) != role(before))
            .then(|| format!("role {}, was {}", role(self).unwrap_or_else(|| "none".to_owned()), role(before).unwrap_or_else(|| "none".to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::json::Tape;

    fn config(json: &str) -> LoggingConfig {
        let tape = Tape::of(json.as_bytes());
        LoggingConfig::of(tape.root(json.as_bytes())).expect("an object")
    }

    const FULL: &str = r#"{"s3Config":{"bucketName":"logs","keyPrefix":"a"},"cloudWatchConfig":{"logGroupName":"/g","roleArn":"arn:aws:iam::111122223333:role/r"},"textDataDeliveryEnabled":true,"videoDataDeliveryEnabled":false}"#;

    #[test]
    fn what_a_put_does_to_the_one_before() {
        // Before, after, what it does, how logging stands then.
        let none: &str = r#"{"textDataDeliveryEnabled":true}"#;
        let bucket = r#"{"s3Config":{"bucketName":"logs","keyPrefix":"a"},"textDataDeliveryEnabled":true}"#;
        let other = r#"{"s3Config":{"bucketName":"elsewhere","keyPrefix":"a"},"textDataDeliveryEnabled":true}"#;
        let mute = r#"{"s3Config":{"bucketName":"logs","keyPrefix":"a"},"textDataDeliveryEnabled":false}"#;
        let blind = r#"{"s3Config":{"bucketName":"logs","keyPrefix":"a"},"textDataDeliveryEnabled":true,"imageDataDeliveryEnabled":false}"#;
        let silent = r#"{"s3Config":{"bucketName":"logs","keyPrefix":"a"}}"#;
        for (before, after, change, standing) in [
            (None, FULL, Change::Enabled, Standing::Up),
            (None, none, Change::Disabled, Standing::Down),
            (None, mute, Change::Reduced, Standing::Weak),
            (Some(none), bucket, Change::Enabled, Standing::Up),
            (Some(none), mute, Change::Enabled, Standing::Weak),
            (Some(bucket), bucket, Change::Updated, Standing::Up),
            (Some(bucket), silent, Change::Updated, Standing::Up),
            (Some(bucket), other, Change::Moved, Standing::Up),
            (Some(bucket), mute, Change::Reduced, Standing::Weak),
            (Some(bucket), blind, Change::Reduced, Standing::Up),
            (Some(FULL), bucket, Change::Reduced, Standing::Up),
            (Some(mute), bucket, Change::Enabled, Standing::Up),
            (Some(bucket), none, Change::Disabled, Standing::Down),
        ] {
            let (then, now) = (before.map(config), config(after));
            assert_eq!((now.change_from(then.as_ref()), now.standing()), (change, standing), "{before:?} {after}");
        }
    }

    #[test]
    fn configurations_in_words() {
        assert_eq!(config(FULL).words(), "on: s3://logs/a, group /g; without video");
        assert_eq!(config("{}").words(), "off: no destination");
        let told = LoggingConfig::of_detail("logging → s3://logs, without text, video").expect("told");
        assert_eq!((told.words().as_str(), told.standing()), ("on: s3://logs, without text, video", Standing::Weak));
        assert_eq!(LoggingConfig::of_detail("logging → nowhere").map(|told| told.standing()), Some(Standing::Down));
        let other = FULL.replace("role/r", "role/s");
        assert_eq!(config(&other).aside(Some(&config(FULL))).as_deref(), Some("role s, was r"));
    }
}
