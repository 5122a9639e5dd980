//! How a command fails: one line on stderr, and an exit code.

use std::io;
use std::process::ExitCode;

use crate::model::SafeText;

/// Why a command failed.
#[derive(Debug)]
pub enum Failure {
    /// What was tried, what happened, what to do. Exit code 1.
    Error(String),
    /// The arguments make no sense together. Exit code 2.
    Usage(String),
    /// The reader of our output has gone (`outcrop events | head`): no error. Exit code 0.
    Unheard,
}

impl Failure {
    /// Says it, and gives the exit code.
    pub fn report(self) -> ExitCode {
        let (text, code) = match self {
            Self::Error(text) => (text, 1),
            Self::Usage(text) => (text, 2),
            Self::Unheard => return ExitCode::SUCCESS,
        };
        eprintln!("outcrop: {}", SafeText::new(text.trim()));
        ExitCode::from(code)
    }

    fn unwritten(error: &dyn std::fmt::Display) -> Self {
        Self::Error(format!("cannot write the answer: {error}; what was written before is not all of it: send it somewhere else and try again"))
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe { Self::Unheard } else { Self::unwritten(&error) }
    }
}

impl From<crate::case::CaseError> for Failure {
    fn from(error: crate::case::CaseError) -> Self {
        Self::Error(error.to_string())
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Error(format!("{error:#}"))
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        if error.io_error_kind() == Some(io::ErrorKind::BrokenPipe) { Self::Unheard } else { Self::unwritten(&error) }
    }
}

impl From<csv::Error> for Failure {
    fn from(error: csv::Error) -> Self {
        match error.into_kind() {
            csv::ErrorKind::Io(error) => error.into(),
            other => Self::Error(format!("cannot write the answer as CSV: {other:?}; try --format ndjson")),
        }
    }
}
