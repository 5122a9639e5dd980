//! Controls: the defences whose state matters, what moves them, and when nobody saw what was done.

use std::fmt;

use serde::{Serialize, Serializer};

use super::{Digest, EventRef, Name, Outcome, Timestamp};

macro_rules! words {
    ($(#[$doc:meta])* $type:ident { $($(#[$variant_doc:meta])* $variant:ident $word:literal)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $type {
            $($(#[$variant_doc])* $variant),+
        }

        impl $type {
            /// Every one, in the order lists show them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word in JSON and on the screen.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.name())
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.name())
            }
        }
    };
}

words! {
    /// The kinds of control.
    ControlKind {
        /// Model invocation logging of a Region. Its id is the Region.
        InvocationLogging "invocation-logging"
        /// A guardrail.
        Guardrail "guardrail"
        /// A configuration that enforces a guardrail on a whole account.
        Enforcement "guardrail-enforcement"
        /// An automated reasoning policy.
        ReasoningPolicy "automated-reasoning-policy"
        /// A trail of CloudTrail.
        Trail "trail"
        /// An event data store of CloudTrail Lake.
        EventDataStore "event-data-store"
        /// A log group.
        LogGroup "log-group"
        /// A bucket that logs are delivered to.
        LogBucket "log-bucket"
        /// Access to a model, by the model's folded id; or the use case form of the account.
        ModelAccess "model-access"
    }
}

words! {
    /// What a change does to a control. Of an attempt that failed: what it would have done.
    Change {
        /// Made.
        Created "created"
        /// A numbered version was made of it.
        Versioned "versioned"
        /// Its contents were changed.
        Updated "updated"
        /// Removed altogether.
        Deleted "deleted"
        /// One version was removed.
        VersionDeleted "version-deleted"
        /// Switched on.
        Enabled "enabled"
        /// Switched off.
        Disabled "disabled"
        /// It delivers somewhere else now.
        Moved "moved"
        /// It covers less than before.
        Reduced "reduced"
        /// A guardrail is enforced on the account.
        Enforced "enforced"
        /// It is enforced no more.
        Unenforced "unenforced"
        /// A caller goes on without it. Inferred, never logged.
        Detached "detached"
        /// It records.
        Started "started"
        /// It records no more.
        Stopped "stopped"
        /// Which events it records was changed.
        SelectorsChanged "selectors-changed"
        /// How long logs are kept was changed.
        RetentionChanged "retention-changed"
        /// Who may do what with a bucket was changed.
        PolicyChanged "policy-changed"
        /// Access was asked for.
        Requested "requested"
        /// Access was given.
        Granted "granted"
        /// Access was given up.
        Revoked "revoked"
        /// A change was tried, and the record does not say which.
        Attempted "attempted"
    }
}

/// A defence whose state matters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Control {
    /// What it is.
    pub kind: ControlKind,
    /// Its id or name: untrusted text; empty when no record names it.
    pub id: String,
}

/// Where a control is: both are told apart, since a change in one Region says nothing about another.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Account.
    pub account: Option<Name>,
    /// Region.
    pub region: Option<Name>,
}

/// How well a control stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// Gone, or switched off.
    Down,
    /// There, but less than it was or could be.
    Weak,
    /// The case does not say.
    Unknown,
    /// There.
    Up,
}

/// The event that a statement about a control rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Evidence {
    /// The event.
    pub event: EventRef,
    /// The hash of its record.
    pub digest: Digest,
}

impl Evidence {
    /// The id shown to people: [`Event::uid`](super::Event::uid).
    pub fn uid(&self) -> String {
        self.digest.short()
    }
}

/// One change of a control, or an attempt at one. All text is untrusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlChange {
    /// The event that shows it; the earliest one of several copies.
    pub evidence: Evidence,
    /// Where.
    pub place: Place,
    /// What was changed.
    pub control: Control,
    /// How.
    pub change: Change,
    /// Who, for a person to read.
    pub actor: Option<Name>,
    /// Who, folded.
    pub principal: Option<Name>,
    /// Denied and failed attempts did not happen: they move nothing.
    pub outcome: Outcome,
    /// The state it had, in words; `None` when the case does not say.
    pub before: Option<String>,
    /// What it has become, in words; `None` when nothing was changed or nothing is known.
    pub after: Option<String>,
    /// The guardrail it is about.
    pub guardrail: Option<String>,
    /// Concluded from how exchanges look, not logged as a change.
    pub inferred: bool,
    /// Logs of Bedrock or of CloudTrail are delivered to this log group or bucket.
    pub holds_logs: bool,
    /// The state of the control from now on; `None` when this moved nothing.
    pub state: Option<(Standing, String)>,
}

impl ControlChange {
    /// When; `None` when the record names no time.
    pub const fn time(&self) -> Option<Timestamp> {
        self.evidence.event.time()
    }
}

/// The state of a control at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlState {
    /// Where.
    pub place: Place,
    /// Which.
    pub control: Control,
    /// How it stands.
    pub standing: Standing,
    /// Its state in words.
    pub state: String,
    /// Since when it is so.
    pub since: Option<Timestamp>,
    /// Before this the case says nothing of it.
    pub unknown_before: Option<Timestamp>,
}

/// A time in which what was done was not written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlindWindow {
    /// What was off: invocation logging of a Region, or a trail.
    pub control: Control,
    /// Where.
    pub place: Place,
    /// Invocation logging is on at the end of it, or at the end of the evidence, but without text: still nobody sees what is
    /// asked and answered.
    pub mute: bool,
    /// The trail was known to cover every Region.
    pub all_regions: bool,
    /// From then …
    pub from: Timestamp,
    /// … until then; `None` when it is still open at the end of the evidence.
    pub to: Option<Timestamp>,
    /// What opened it.
    pub opened_by: Evidence,
    /// What closed it.
    pub closed_by: Option<Evidence>,
    /// Model calls inside that one strand saw and the other did not, in order of time: without invocation record where
    /// logging was off, without CloudTrail event where a trail was off.
    pub invocations: Vec<EventRef>,
    /// Their actions with counts, the most frequent first.
    pub actions: Vec<(Name, u64)>,
    /// Who made them, folded, with counts, the most frequent first.
    pub callers: Vec<(Name, u64)>,
}

/// All that is known of the controls of a case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Controls {
    /// Changes and attempts, in order of time; those without a time first.
    pub changes: Vec<ControlChange>,
    /// States that are known though no change of them is, such as logging that only its records show.
    pub seen: Vec<ControlState>,
    /// Blind windows, in order of time.
    pub windows: Vec<BlindWindow>,
    /// Records that could not be read again: what was before and after is missing there.
    pub unreadable: u64,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_word_is_one_of_its_own() {
        let kinds: BTreeSet<&str> = ControlKind::ALL.iter().map(|kind| kind.name()).collect();
        let changes: BTreeSet<&str> = Change::ALL.iter().map(|change| change.name()).collect();
        assert_eq!((kinds.len(), changes.len()), (ControlKind::ALL.len(), Change::ALL.len()));
        assert!(kinds.iter().chain(&changes).all(|word| word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')));
    }
}
