//! What the workbench and whoever talks to AWS say to each other: plain data. The workbench itself knows nothing of AWS.

use super::message::Severity;

/// What the person wants of AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
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
}

/// How things stand with AWS.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LiveNews {
    /// Where: a Region, or how many sites.
    pub sites: String,
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

impl LiveNews {
    /// For the top line.
    pub fn in_short(&self) -> String {
        let mut text = format!("{} {}", if self.following { "LIVE" } else { "AWS" }, self.sites);
        if let Some(state) = self.trouble.as_ref().map(|_| "waits").or(self.working.as_deref()) {
            text = format!("{text} {state}");
        }
        if self.spent.is_empty() { text } else { format!("{text} · {}", self.spent) }
    }
}
