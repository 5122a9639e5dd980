//! How often and how far back AWS is asked while somebody follows.

use std::time::Duration;

use crate::model::live::{SETTLING, usd_for};

/// AWS is asked this often …
pub const EVERY: Duration = Duration::from_secs(10);
/// … for as much as costs so little an hour, of each group: of a small one all that is not settled yet, of a large one what is new …
const USD_AN_HOUR: f64 = 0.03;
/// … but for so many seconds at least, …
const SHORTEST: i64 = 30;
/// … and now and then for all that is not settled: so events that arrive late are not lost.
pub const SWEEP_EVERY: Duration = Duration::from_mins(5);
/// The seconds of a sweep: whatever arrives within [`SETTLING`] is in one.
pub const SWEEP: i64 = SETTLING + 300;

/// For how many seconds a group is asked each time, when a sweep of it scans so many bytes; a minute when nobody can tell.
pub fn window(swept: Option<f64>, usd_per_gb: f64) -> i64 {
    let Some(swept) = swept else { return 60 };
    let usd_a_second = usd_for(swept / SWEEP as f64, usd_per_gb);
    let asked_an_hour = 3600.0 / EVERY.as_secs_f64();
    let seconds = USD_AN_HOUR / (usd_a_second * asked_an_hour);
    if seconds.is_finite() { (seconds as i64).clamp(SHORTEST, SWEEP) } else { SWEEP }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_asked_for_as_long_a_window_as_costs_three_cents_an_hour() {
        // At half a cent a GB three cents are 6 GB: of a group that takes 1 GB an hour, a minute each ten seconds.
        let swept = |gigabytes_an_hour: f64| gigabytes_an_hour * 1e9 / 3600.0 * SWEEP as f64;
        for (an_hour, seconds) in [(0.001, SWEEP), (0.1, 600), (1.0, 60), (2.0, SHORTEST), (50.0, SHORTEST)] {
            let window = window(Some(swept(an_hour)), 0.005);
            assert!((window - seconds).abs() <= 1, "{an_hour} GB an hour: {window}");
        }
        // It costs nothing; or nobody can tell.
        assert_eq!([window(Some(0.0), 0.005), window(Some(1e12), 0.0), window(None, 0.005)], [SWEEP, SWEEP, 60]);
    }
}
