//! What commands that talk to AWS have in common: sites, money, and ending well when told to.

use std::io::{IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use clap::Args;

use super::failure::Failure;
use crate::model::live::{Seconds, Site, USD_PER_GB, parse_budget, usd_for, usd_text};
use crate::model::{SafeText, TimeRange, Timestamp};
use crate::report::bytes;

/// Whose logs, where, and for how much.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "AWS")]
pub struct AwsArgs {
    /// Profile of the AWS configuration (several: repeat, or separate by commas); without it what the environment says
    #[arg(long, value_name = "PROFILE", value_delimiter = ',')]
    pub profile: Vec<String>,
    /// Region (several: repeat, or separate by commas); without it that of the profile or environment
    #[arg(long, value_name = "REGION", value_delimiter = ',')]
    pub region: Vec<String>,
    /// Log group (several: repeat, or separate by commas)
    #[arg(long, value_name = "GROUP", value_delimiter = ',')]
    pub log_group: Vec<String>,
    /// What may be spent without asking: 2usd, 0.50, 100GB
    #[arg(long, value_name = "AMOUNT", default_value = "1usd")]
    pub budget: String,
    /// What AWS charges for a gigabyte scanned
    #[arg(long, value_name = "USD", default_value_t = USD_PER_GB)]
    pub usd_per_gb: f64,
}

impl AwsArgs {
    /// Each Region with each profile.
    pub fn sites(&self) -> Vec<Site> {
        let some = |names: &[String]| if names.is_empty() { vec![None] } else { names.iter().cloned().map(Some).collect() };
        let regions = some(&self.region);
        let pairs = some(&self.profile).into_iter().flat_map(|profile| regions.iter().map(move |region| (profile.clone(), region.clone())));
        pairs.map(|(profile, region)| Site { profile, region }).collect()
    }

    /// What may be spent, in dollars.
    pub fn usd(&self) -> Result<f64, Failure> {
        if !(self.usd_per_gb.is_finite() && self.usd_per_gb >= 0.0) {
            return Err(Failure::Usage(format!("--usd-per-gb {}: a price is a number such as 0.005", self.usd_per_gb)));
        }
        parse_budget(&self.budget, self.usd_per_gb)
            .ok_or_else(|| Failure::Usage(format!("--budget {}: write an amount such as 2usd, 0.50 or 100GB", self.budget)))
    }
}

/// Bytes that were scanned in this session, by whoever asked.
#[derive(Clone, Debug, Default)]
pub struct Tally(Arc<Mutex<f64>>);

impl Tally {
    /// Adds bytes.
    pub fn add(&self, scanned: f64) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += scanned;
    }

    /// All of them.
    pub fn bytes(&self) -> f64 {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a workbench may spend, and what it has spent.
#[derive(Clone, Debug)]
pub struct Purse {
    /// Dollars that one question may cost without being agreed to.
    pub budget: f64,
    /// What AWS charges for a gigabyte.
    pub usd_per_gb: f64,
    /// What was scanned.
    pub tally: Tally,
}

impl Default for Purse {
    fn default() -> Self {
        Self { budget: USUAL_BUDGET, usd_per_gb: USD_PER_GB, tally: Tally::default() }
    }
}

impl Purse {
    /// What was scanned and about what it cost; nothing when nothing was.
    pub fn spent(&self) -> String {
        self.spent_with(0.0)
    }

    /// The same with so many bytes that are being scanned.
    pub fn spent_with(&self, scanned: f64) -> String {
        let scanned = self.tally.bytes() + scanned;
        if scanned > 0.0 { format!("{} ≈ {}", bytes(scanned as u64), usd_text(usd_for(scanned, self.usd_per_gb))) } else { String::new() }
    }
}

/// Dollars that may be spent unasked where nobody says otherwise: the default of `--budget`.
pub const USUAL_BUDGET: f64 = 1.0;

/// The whole seconds of a range; without a beginning the last day.
pub fn seconds_of(range: &TimeRange, now: Timestamp) -> Seconds {
    let until = range.until.unwrap_or(now);
    let since = range.since.unwrap_or_else(|| until.plus_millis(-86_400_000));
    Seconds::new(since.as_millis().div_euclid(1000), until.as_millis().saturating_add(999).div_euclid(1000))
}

/// May it cost that much? Asked on a terminal when it is beyond the budget.
pub fn may_spend(what: &str, usd: f64, budget: f64) -> Result<(), Failure> {
    if usd <= budget {
        return Ok(());
    }
    let (cost, most) = (usd_text(usd), usd_text(budget));
    if !(std::io::stdin().is_terminal() && std::io::stderr().is_terminal()) {
        return Err(Failure::Error(format!(
            "{what} would cost ≈ {cost}, and the budget is {most}; nothing was run: ask for a shorter interval or fewer groups, or give --budget {:.2}usd",
            usd + 0.01
        )));
    }
    eprint!("{} would cost ≈ {cost}, and the budget is {most}. Go on? [y/N] ", SafeText::new(what));
    let _ = std::io::stderr().flush();
    let mut answer = String::new();
    let read = std::io::stdin().read_line(&mut answer);
    if read.is_ok() && matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes") {
        return Ok(());
    }
    Err(Failure::Error("nothing was run: the price was not agreed to".to_owned()))
}

/// Set when the process is told to end: ctrl-c, SIGTERM, a lost terminal. What runs at AWS is then stopped before we leave; a
/// second signal leaves at once.
pub fn stop_on_signals() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&stop);
    std::thread::spawn(move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(async {
            use tokio::signal::unix::{SignalKind, signal};
            let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
            let signals: Vec<_> = kinds.into_iter().filter_map(|kind| signal(kind).ok()).collect();
            let mut signals = signals.into_iter();
            let (Some(mut interrupt), Some(mut terminate), Some(mut hang_up)) = (signals.next(), signals.next(), signals.next()) else { return };
            loop {
                tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {}, _ = hang_up.recv() => {} }
                if told.swap(true, Ordering::Relaxed) {
                    std::process::exit(130);
                }
            }
        });
    });
    stop
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sites_are_regions_of_profiles() {
        let args = |profile: &[&str], region: &[&str]| AwsArgs {
            profile: profile.iter().map(ToString::to_string).collect(),
            region: region.iter().map(ToString::to_string).collect(),
            log_group: vec![],
            budget: "1".into(),
            usd_per_gb: 0.005,
        };
        assert_eq!(args(&[], &[]).sites(), [Site::default()]);
        let shown: Vec<String> = args(&["a", "b"], &["us-east-1", "us-west-2"]).sites().iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["us-east-1 (a)", "us-west-2 (a)", "us-east-1 (b)", "us-west-2 (b)"]);
    }

    #[test]
    fn ranges_become_whole_seconds_that_hold_them() {
        let at = Timestamp::from_millis;
        let range = TimeRange { since: Some(at(1_500)), until: Some(at(3_001)) };
        assert_eq!(seconds_of(&range, at(0)), Seconds::new(1, 4));
        assert_eq!(seconds_of(&TimeRange::default(), at(86_400_000)), Seconds::new(0, 86_400));
    }
}
