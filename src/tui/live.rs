//! What the workbench and whoever talks to AWS say to each other: plain data. The workbench itself knows nothing of AWS.

use std::path::PathBuf;

use super::message::Severity;
use super::oracle::AddedSource;

/// What the person wants of AWS.
#[derive(Clone, Debug, PartialEq)]
pub enum LiveCommand {
    /// What has happened since the newest event that was fetched.
    Newer,
    /// As much again from before the oldest.
    Older,
    /// Follow, or stop following.
    Follow,
    /// Events whose text holds this value, in every log group of the case.
    Mentions(String),
    /// The price that was asked about is agreed to.
    Agree,
    /// It is not.
    Decline,
    /// Give up what is being fetched.
    Stop,
    /// Log groups become a source of the case, and are fetched.
    Add(Box<AddedSource>),
    /// A file or folder is read into the case.
    Read(PathBuf),
}

/// How things stand with AWS.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LiveNews {
    /// Where: a Region, or how many sites.
    pub named: String,
    /// Each site: how it is doing.
    pub sites: Vec<SiteNews>,
    /// What is not well, with what to do.
    pub trouble: Option<String>,
    /// What is being done.
    pub working: Option<String>,
    /// New events are looked for all the time.
    pub following: bool,
    /// Bytes scanned in this session, and about what they cost, as shown.
    pub spent: String,
    /// Something that costs more than the budget: what, and how much. To be agreed to or not.
    pub question: Option<String>,
    /// What to tell once.
    pub told: Vec<(Severity, String)>,
}

/// How one site is doing: a Region, seen with the credentials of a profile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SiteNews {
    /// Its name.
    pub name: String,
    /// How it is, in words.
    pub state: String,
    /// Nothing keeps it from answering.
    pub is_well: bool,
    /// Its log groups that are sources of the case.
    pub groups: Vec<String>,
}

impl LiveNews {
    /// For the top line.
    pub fn in_short(&self) -> String {
        let mut text = format!("{} {}", if self.following { "LIVE" } else { "AWS" }, self.named);
        if let Some(state) = self.trouble.as_ref().map(|_| "waits").or(self.working.as_deref()) {
            text = format!("{text} {state}");
        }
        text
    }
}
