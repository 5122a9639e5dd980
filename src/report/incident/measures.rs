//! What a signal was measured by, in plain words.

use super::seconds;
use super::words::counted;
use crate::model::Baseline;
use crate::report::grouped;

/// How long, in words: `10 min`, `24 h`, `90 days`.
pub fn length_words(millis: i64) -> String {
    let minutes = millis / 60_000;
    match minutes {
        0 => format!("{} s", millis / 1000),
        1..120 => format!("{minutes} min"),
        120..2880 => format!("{} h", minutes / 60),
        _ => format!("{} days", minutes / 1440),
    }
}

fn number(value: f64) -> String {
    if value.fract().abs() < 0.005 && value.abs() < 1e15 { grouped(value.abs() as u64) } else { tenths(value) }
}

/// `12,358.5`
fn tenths(value: f64) -> String {
    let text = format!("{value:.1}");
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |digits| ("-", digits));
    match digits.split_once('.').and_then(|(whole, tenth)| Some((whole.parse::<u64>().ok()?, tenth))) {
        Some((whole, tenth)) => format!("{sign}{}.{tenth}", grouped(whole)),
        None => text,
    }
}

/// What was counted, in words: of `distinct eventName` with 6 it is `6 different kinds of call`.
fn measured(measure: &str, observed: f64) -> String {
    let count = number(observed);
    let (how, of) = measure.split_once(' ').unwrap_or((measure, ""));
    let field = |of: &str| of.split(", ").map(field_words).collect::<Vec<_>>().join(" with ");
    match how {
        "count" => format!("{count} matching {}", if count == "1" { "event" } else { "events" }),
        "distinct" => format!("{count} different {}", field(of)),
        "sum" => format!("{count} {} in all", field(of)),
        "average" => format!("{count} {} on average", field(of)),
        "max" => format!("up to {count} {}", field(of)),
        _ => format!("{measure} was {count}"),
    }
}

/// A field of a rule as people say it; a rule of the user's own may name any, and then it is said as it is named.
fn field_words(field: &str) -> &str {
    match field {
        "eventName" => "kinds of call",
        "x.region" | "awsRegion" => "Regions",
        "x.model" => "models",
        "x.ip" | "sourceIPAddress" => "addresses",
        "x.principal" => "principals",
        "x.account" => "accounts",
        "x.request" => "requests",
        "x.system_opening" => "openings of system prompts",
        "x.prompt_chars" => "characters of a prompt",
        "x.tokens_in" => "input tokens",
        "x.tokens_out" => "output tokens",
        "x.tokens_total" => "tokens",
        field => field,
    }
}

/// `>= 6` as `6 or more`.
fn limit_words(limit: &str) -> String {
    let one = |limit: &str| match limit.split_once(' ') {
        Some((">=", number)) => format!("{number} or more"),
        Some((">", number)) => format!("more than {number}"),
        Some(("<=", number)) => format!("{number} or less"),
        Some(("<", number)) => format!("less than {number}"),
        _ => limit.to_owned(),
    };
    limit.split(" and ").map(one).collect::<Vec<_>>().join(" and ")
}

/// What a signal was measured by, in words.
pub fn baseline_words(baseline: &Baseline) -> Vec<String> {
    match baseline {
        Baseline::Threshold { measure, window_ms, observed, limit, from, to, values } => {
            let mut words = vec![format!(
                "{} within {}, from {} to {}; the rule fires at {}",
                measured(measure, *observed),
                length_words(*window_ms),
                seconds(*from),
                seconds(*to),
                limit_words(limit)
            )];
            // The window that crossed the line held so many; the records that follow it may hold more.
            let whose = if values.len() as f64 > *observed { format!("values of all its records ({})", values.len()) } else { "values".to_owned() };
            words.extend((!values.is_empty()).then(|| format!("{whose}: {}", values.iter().take(12).cloned().collect::<Vec<_>>().join(", "))));
            words
        }
        Baseline::Sequence { window_ms, ordered, steps } => {
            let order = if *ordered { "in this order" } else { "in any order" };
            let mut words = vec![format!("{} {order} within {}", counted(steps.len() as u64, "step"), length_words(*window_ms))];
            words.extend(steps.iter().map(|step| format!("{} – {}", seconds(step.at), step.rule)));
            words
        }
        Baseline::FirstSeen { group, new, learnt_since, learnt_until, retention_ms, known, known_total, short, new_group, outside } => {
            let whom = if group.is_empty() { "for anybody".to_owned() } else { format!("for {}", group.join(", ")) };
            let mut words = vec![format!("new {whom}: {}", new.join(", "))];
            if let (Some(since), Some(until)) = (learnt_since, learnt_until) {
                let elsewhere = if *outside { ", and from other evidence" } else { "" };
                words.push(format!(
                    "learnt from {} to {}{elsewhere}; a value is forgotten after {}",
                    seconds(*since),
                    seconds(*until),
                    length_words(*retention_ms)
                ));
            }
            words.push(match known_total {
                0 => "nothing was known before".to_owned(),
                total => format!("{} known before: {}", grouped(*total), known.iter().take(8).cloned().collect::<Vec<_>>().join(", ")),
            });
            words.extend(short.then(|| "there was less history than the rule asks for, so it counts one step less".to_owned()));
            words.extend(new_group.then(|| "the whole group was new: this is the one signal about it".to_owned()));
            words
        }
        Baseline::Outlier {
            measure, bucket_ms, samples, mean, deviation, k, floor, threshold, observed, crossed_at, population, outside, ..
        } => {
            let of = if *population { "of everybody, its own history being too short" } else { "of its own" };
            let elsewhere = if *outside { ", other evidence among them" } else { "" };
            vec![
                format!("{} in the {} from {}", measured(measure, *observed), length_words(*bucket_ms), seconds(*crossed_at)),
                format!("{} buckets {of}{elsewhere}: mean {}, deviation {}", grouped(*samples), number(*mean), number(*deviation)),
                format!("threshold {} = mean + {} deviations; nothing fires below {}", number(*threshold), number(*k), number(*floor)),
            ]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_numbers_in_words() {
        assert_eq!([30_000, 600_000, 86_400_000, 7_776_000_000].map(length_words), ["30 s", "10 min", "24 h", "90 days"]);
        assert_eq!([number(12_358.46), number(-1_234.5), number(f64::MAX).len().to_string()], ["12,358.5", "-1,234.5", "311"].map(str::to_owned));
        assert_eq!([number(12_000.0), number(1.25), number(f64::NAN), number(f64::INFINITY)], ["12,000", "1.2", "NaN", "inf"]);
    }

    #[test]
    fn measures_and_limits_in_words() {
        let said =
            [("distinct eventName", 6.0), ("count", 9.0), ("count", 1.0), ("max x.prompt_chars", 73_087.0), ("distinct x.region, my.field", 3.0)];
        assert_eq!(
            said.map(|(measure, observed)| measured(measure, observed)),
            [
                "6 different kinds of call",
                "9 matching events",
                "1 matching event",
                "up to 73,087 characters of a prompt",
                "3 different Regions with my.field"
            ]
        );
        assert_eq!(measured("percentile 95 of x.latency", 2.5), "percentile 95 of x.latency was 2.5");
        assert_eq!([">= 6", "> 1 and < 9", "!= 3"].map(limit_words), ["6 or more", "more than 1 and less than 9", "!= 3"]);
    }
}
