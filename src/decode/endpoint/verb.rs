//! Verbs of command lines in classes (DETECTIONS S23): what a command does, whatever its service calls it.

use std::fmt;

/// What a command does. Deletes come first: they are looked for first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VerbClass {
    /// Something is gone afterwards: `delete`, `rm`, `rb`, `deregister`, `terminate`.
    Delete,
    /// Something is new: `create`, `mb`, `register`.
    Create,
    /// Something is set: `put`, `upload`, `ingest`.
    Put,
    /// Something is changed: `update`, `modify`, `set`, `enable`, `disable`.
    Update,
    /// Files or objects are copied, this way or that: `cp`, `mv`, `sync`.
    Copy,
    /// A model, an agent, a flow or a knowledge base is asked.
    Invoke,
    /// A model is talked to: `converse`, `converse-stream`.
    Converse,
    /// One thing is read: `get`, `describe`, `head`.
    Get,
    /// Many things are named: `list`, `ls`, `search`.
    List,
    /// Tags are set or taken away.
    Tag,
    /// Two things are joined or parted: `associate`, `attach`, `add` and their opposites.
    Associate,
    /// An agent's or a flow's draft is made ready.
    Prepare,
    /// Every other verb, and no verb at all.
    #[default]
    Other,
}

impl VerbClass {
    /// Every class, deletes first.
    pub const ALL: [Self; 13] = [
        Self::Delete,
        Self::Create,
        Self::Put,
        Self::Update,
        Self::Copy,
        Self::Invoke,
        Self::Converse,
        Self::Get,
        Self::List,
        Self::Tag,
        Self::Associate,
        Self::Prepare,
        Self::Other,
    ];

    /// The class of a verb as an event's `action` has it.
    pub fn of(verb: &str) -> Self {
        match verb {
            "delete" | "rm" | "rb" | "deregister" | "terminate" => Self::Delete,
            "create" | "mb" | "register" => Self::Create,
            "put" | "upload" | "ingest" => Self::Put,
            "update" | "modify" | "set" | "enable" | "disable" => Self::Update,
            "cp" | "mv" | "sync" | "copy" => Self::Copy,
            "invoke" | "retrieve" | "rerank" | "optimize" => Self::Invoke,
            "converse" => Self::Converse,
            "get" | "describe" | "head" | "download" => Self::Get,
            "list" | "ls" | "search" => Self::List,
            "tag" | "untag" => Self::Tag,
            "associate" | "disassociate" | "attach" | "detach" | "add" | "remove" => Self::Associate,
            "prepare" => Self::Prepare,
            _ => Self::Other,
        }
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::Create => "create",
            Self::Put => "put",
            Self::Update => "update",
            Self::Copy => "copy",
            Self::Invoke => "invoke",
            Self::Converse => "converse",
            Self::Get => "get",
            Self::List => "list",
            Self::Tag => "tag",
            Self::Associate => "associate",
            Self::Prepare => "prepare",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for VerbClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The verb of an operation: its first word. `batch-delete-x` deletes.
pub(super) fn verb_of(operation: &str) -> Option<&str> {
    let mut words = operation.split('-').filter(|word| !word.is_empty());
    let first = words.next()?;
    Some(if first == "batch" { words.next().unwrap_or(first) } else { first })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_of_the_catalogue_and_nothing_in_an_empty_bucket() {
        // DETECTIONS S23.
        for name in ["list", "get", "delete", "create", "put", "update", "invoke", "converse", "tag", "associate", "prepare", "other"] {
            assert!(VerbClass::ALL.iter().any(|class| class.name() == name), "{name}");
            assert_eq!(VerbClass::of(name).name(), name);
        }
        assert_eq!(VerbClass::ALL.into_iter().max(), Some(VerbClass::Other));
        assert_eq!((VerbClass::of(""), VerbClass::of("wait")), (VerbClass::Other, VerbClass::Other));
    }

    #[test]
    fn verbs_of_operations() {
        for (operation, verb, class) in [
            ("delete-guardrail", "delete", VerbClass::Delete),
            ("batch-delete-evaluation-job", "delete", VerbClass::Delete),
            ("batch", "batch", VerbClass::Other),
            ("rm", "rm", VerbClass::Delete),
            ("converse-stream", "converse", VerbClass::Converse),
            ("retrieve-and-generate", "retrieve", VerbClass::Invoke),
            ("untag-resource", "untag", VerbClass::Tag),
            ("disassociate-agent-knowledge-base", "disassociate", VerbClass::Associate),
            ("start-ingestion-job", "start", VerbClass::Other),
        ] {
            assert_eq!(verb_of(operation), Some(verb), "{operation}");
            assert_eq!(VerbClass::of(verb), class, "{operation}");
        }
        assert_eq!(verb_of(""), None);
        assert_eq!(verb_of("-"), None);
    }
}
