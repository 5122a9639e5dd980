//! What the language cannot say: how far a slice of time is from what its group usually has.
//!
//! `stats` cannot look at a group's mean and at its slices at once, so this is worked out of the rows, on a case and at AWS
//! alike. A slice without a row had nothing: between a group's first and last slice it counts as zero.

use std::collections::{BTreeMap, BTreeSet};

use super::Deviation;
use crate::model::Timestamp;
use crate::query::run::Answer;
use crate::query::value::Value;

/// With fewer slices a deviation says nothing.
const FEWEST: usize = 3;
/// A group with more slices is not filled up.
const MOST: i64 = 200_000;

/// Adds the columns `delta`, `mean` and `deviation` (in standard deviations). `every` is the length of a slice in milliseconds.
pub fn deviate(answer: &mut Answer, deviation: &Deviation, every: i64) {
    let place = |name: &String| answer.columns.iter().position(|column| column == name);
    let (Some(time), Some(value)) = (place(&deviation.time), place(&deviation.value)) else { return };
    let by: Vec<usize> = deviation.by.iter().filter_map(place).collect();
    if every <= 0 {
        return;
    }
    let mut groups: BTreeMap<Vec<String>, BTreeMap<i64, f64>> = BTreeMap::new();
    let key = |values: &[Value]| -> Vec<String> { by.iter().map(|at| values.get(*at).map(Value::to_string).unwrap_or_default()).collect() };
    let slice = |values: &[Value]| Some((millis(values.get(time)?)?, values.get(value)?.as_number()?));
    for row in &answer.rows {
        if let Some((at, number)) = slice(&row.values) {
            *groups.entry(key(&row.values)).or_default().entry(at.div_euclid(every)).or_default() += number;
        }
    }
    let usual: BTreeMap<Vec<String>, (f64, f64, usize)> = groups.iter().map(|(key, slices)| (key.clone(), spread(slices))).collect();
    for row in &mut answer.rows {
        let mut added = [Value::Missing, Value::Missing, Value::Missing];
        let key = key(&row.values);
        if let (Some((at, number)), Some((mean, sd, count)), Some(slices)) = (slice(&row.values), usual.get(&key), groups.get(&key)) {
            let before = slices.get(&(at.div_euclid(every) - 1)).copied().unwrap_or(0.0);
            let far = if *count >= FEWEST && *sd > 0.0 { Value::number(rounded((number - mean) / sd)) } else { Value::Missing };
            added = [Value::number(number - before), Value::number(rounded(*mean)), far];
        }
        row.values.extend(added);
    }
    let taken: BTreeSet<String> = answer.columns.iter().cloned().collect();
    for name in ["delta", "mean", "deviation"] {
        answer.columns.push(if taken.contains(name) { format!("{name} of {}", deviation.value) } else { name.to_owned() });
        answer.names.push(Vec::new());
    }
}

/// Mean, standard deviation and number of a group's slices from its first to its last.
fn spread(slices: &BTreeMap<i64, f64>) -> (f64, f64, usize) {
    let (Some((first, _)), Some((last, _))) = (slices.first_key_value(), slices.last_key_value()) else { return (0.0, 0.0, 0) };
    let count = if last - first < MOST { (last - first + 1) as usize } else { slices.len() };
    let mean = slices.values().sum::<f64>() / count as f64;
    let empty = (count - slices.len()) as f64;
    let squares = slices.values().map(|value| (value - mean).powi(2)).sum::<f64>() + empty * mean.powi(2);
    (mean, (squares / count as f64).sqrt(), count)
}

fn rounded(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

/// A time as a case gives it, or as AWS prints it.
fn millis(value: &Value) -> Option<i64> {
    match value {
        Value::Time(millis) => Some(*millis),
        Value::Text(text) => Timestamp::parse(text).map(Timestamp::as_millis),
        other => other.as_number().map(|number| number as i64),
    }
}
