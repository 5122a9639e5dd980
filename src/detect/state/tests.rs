//! Windows at their edges, worked out by hand; and that order and batches do not matter.

use std::collections::{BTreeMap, HashMap};

use proptest::prelude::*;

use super::buckets::Buckets;
use super::plain::Plain;
use super::sightings::{History, Sightings};
use super::steps::{Sequences, Taken};
use super::window::{Windows, only_grows};
use super::{At, Draft, MOST_GROUPS};
use crate::detect::block::NewGroup;
use crate::detect::rule::{Aggregate, FirstSeen, Outlier};
use crate::detect::sigma::{Correlation, Kind, Limit, StepsWanted, Window};
use crate::model::Baseline;

const SECOND: i64 = 1_000;
const HOUR: i64 = 3_600_000;
const DAY: i64 = 86_400_000;

fn at(millis: i64, event: u32) -> At {
    // The hash of a record has nothing to do with its number.
    At { millis, tie: u64::from(event).wrapping_mul(0x9e37_79b9_7f4a_7c15), event, strand: 0, volatile: false }
}

fn correlation(kind: Kind, timespan_ms: i64, limits: &[Limit], rules: usize) -> Correlation {
    Correlation {
        kind,
        rules: (0..rules).map(|rule| rule.to_string()).collect(),
        group_by: Vec::new(),
        timespan_ms,
        window: Window::Sliding,
        limits: limits.to_vec(),
        fields: vec!["f".to_owned()],
        percentile: 50.0,
        wanted: StepsWanted::All((0..rules).map(StepsWanted::Step).collect()),
        aliases: Vec::new(),
        generate: false,
    }
}

type Firings = BTreeMap<u32, Vec<Draft>>;

fn collect(firings: &mut Firings) -> impl FnMut(u32, Vec<Draft>) {
    |group, drafts| {
        if drafts.is_empty() {
            firings.remove(&group);
        } else {
            firings.insert(group, drafts);
        }
    }
}

/// First, last, crossing event and number of records of each firing of group 1.
fn told(firings: &Firings) -> Vec<(i64, i64, u32, u64)> {
    firings.get(&1).into_iter().flatten().map(|draft| (draft.first, draft.last, draft.at.event, draft.total)).collect()
}

fn windows(correlation: &Correlation, items: &[(i64, u32, f64)]) -> Firings {
    let mut windows = Windows::new(correlation.kind);
    for (event, (millis, value, number)) in (1..).zip(items) {
        windows.add(1, at(*millis, event), *value, *number);
    }
    let mut firings = Firings::new();
    windows.fire(correlation, 0, &|number| format!("v{number}"), &mut collect(&mut firings));
    firings
}

fn seconds(times: &[i64]) -> Vec<(i64, u32, f64)> {
    times.iter().map(|time| (time * SECOND, 0, 1.0)).collect()
}

#[test]
fn a_window_holds_both_its_ends() {
    let rule = correlation(Kind::Count, 60 * SECOND, &[Limit::AtLeast(3.0)], 1);
    assert_eq!(told(&windows(&rule, &seconds(&[0, 30, 60]))), [(0, 60_000, 3, 3)]);
    assert_eq!(told(&windows(&rule, &[(0, 0, 1.0), (30_000, 0, 1.0), (60_001, 0, 1.0)])), []);
    // Windows that overlap are one firing; crossed by the third event.
    assert_eq!(told(&windows(&rule, &seconds(&[0, 10, 20, 70, 80, 300]))), [(0, 80_000, 3, 5)]);
    assert_eq!(told(&windows(&rule, &seconds(&[0, 1, 2, 1000, 1001, 1002]))), [(0, 2_000, 3, 3), (1_000_000, 1_002_000, 6, 3)]);
    // Ranges: more than one and at most two.
    let range = correlation(Kind::Count, 60 * SECOND, &[Limit::Above(1.0), Limit::AtMost(2.0)], 1);
    assert_eq!(told(&windows(&range, &seconds(&[0, 10, 20]))), [(0, 10_000, 2, 2)]);
}

#[test]
fn values_sums_averages_and_ranks() {
    let items = [(0, 1, 10.0), (1_000, 1, 20.0), (2_000, 2, 60.0), (3_000, 3, 1_000.0)];
    for (kind, percentile, limit, crossing) in [
        // Distinct: a, a, b, c.
        (Kind::Distinct, 0.0, 2.0, 3),
        (Kind::Distinct, 0.0, 3.0, 4),
        // Sums: 10, 30, 90, 1090.
        (Kind::Sum, 0.0, 30.0, 2),
        (Kind::Sum, 0.0, 91.0, 4),
        // Averages: 10, 15, 30, 272.5.
        (Kind::Average, 0.0, 30.0, 3),
        (Kind::Average, 0.0, 31.0, 4),
        // Medians by nearest rank: 10, 10, 20, 20.
        (Kind::Percentile, 50.0, 20.0, 3),
        // The 75th of four is the third: 60.
        (Kind::Percentile, 75.0, 60.0, 3),
        (Kind::Percentile, 100.0, 1_000.0, 4),
    ] {
        let rule = Correlation { percentile, ..correlation(kind, 60 * SECOND, &[Limit::AtLeast(limit)], 1) };
        let firings = windows(&rule, &items);
        assert_eq!(told(&firings).first().map(|told| told.2), Some(crossing), "{kind:?} {percentile} {limit}");
    }
    let never = correlation(Kind::Percentile, 60 * SECOND, &[Limit::AtLeast(21.0)], 1);
    assert!(windows(&never, &items).is_empty());
    // What leaves the window leaves the sum.
    let sum = correlation(Kind::Sum, 10 * SECOND, &[Limit::AtLeast(3.0)], 1);
    assert_eq!(told(&windows(&sum, &seconds(&[0, 5, 11, 16]))), []);
    let Some(Baseline::Threshold { values, observed, limit, .. }) =
        windows(&correlation(Kind::Distinct, 60 * SECOND, &[Limit::AtLeast(2.0)], 1), &items)[&1][0].baseline.clone()
    else {
        panic!("a threshold")
    };
    assert_eq!((values, observed, limit.as_str()), (vec!["v1".to_owned(), "v2".to_owned(), "v3".to_owned()], 2.0, ">= 2"));
}

#[test]
fn pieces_and_sessions() {
    let three = [Limit::AtLeast(3.0)];
    let tumbling = Correlation { window: Window::Tumbling, ..correlation(Kind::Count, 60 * SECOND, &three, 1) };
    // 58, 59, 60: two pieces; 60, 61, 62: one.
    assert_eq!(told(&windows(&tumbling, &seconds(&[58, 59, 60]))), []);
    assert_eq!(told(&windows(&tumbling, &seconds(&[59, 60, 61, 62, 119, 120]))), [(60_000, 119_000, 4, 4)]);
    let session = Correlation { window: Window::Session { gap_ms: 10 * SECOND }, ..correlation(Kind::Count, 60 * SECOND, &three, 1) };
    assert_eq!(told(&windows(&session, &seconds(&[0, 10, 20, 31, 41]))), [(0, 20_000, 3, 3)]);
    // No longer than the timespan, though no gap ends it.
    assert_eq!(told(&windows(&session, &seconds(&[0, 10, 20, 30, 40, 50, 60, 70, 80]))), [(0, 60_000, 3, 7)]);
    // At the end of the session the condition must hold.
    let exactly = Correlation { window: Window::Session { gap_ms: 10 * SECOND }, ..correlation(Kind::Count, 60 * SECOND, &[Limit::Is(2.0)], 1) };
    assert_eq!(told(&windows(&exactly, &seconds(&[0, 1, 2, 100, 101]))), [(100_000, 101_000, 5, 2)]);
}

#[test]
fn records_are_asked_for_when_the_threshold_is_near() {
    let rule = correlation(Kind::Distinct, 10 * SECOND, &[Limit::AtLeast(3.0)], 1);
    let when = |second: i64, event| at(second * SECOND, event);
    let mut windows = Windows::new(rule.kind);
    let fired = |windows: &mut Windows| {
        let mut firings = Firings::new();
        windows.fire(&rule, 0, &|number| format!("v{number}"), &mut collect(&mut firings));
        told(&firings)
    };
    windows.add(1, when(0, 1), 7, 1.0);
    windows.suspect(1, when(1, 2), 8, 1.0);
    // Of another group, and too late.
    windows.suspect(2, when(2, 3), 9, 1.0);
    windows.suspect(1, when(11, 4), 9, 1.0);
    assert!(windows.suspects(&rule).is_empty(), "two values at most within ten seconds");
    assert_eq!(fired(&mut windows), []);
    // What is sure makes the unsure matter, also when it comes later.
    windows.add(1, when(5, 5), 9, 1.0);
    let mut suspects = windows.suspects(&rule);
    suspects.sort_unstable();
    assert_eq!(suspects, [2, 4]);
    assert!(windows.suspects(&rule).is_empty(), "each is asked for once");
    // One of them was none.
    assert_eq!(fired(&mut windows), []);
    windows.add(1, when(1, 2), 8, 1.0);
    assert_eq!(fired(&mut windows), [(0, 5 * SECOND, 5, 3)]);
}

#[test]
fn only_what_grows_is_put_off() {
    let grows = |kind, limits: &[Limit]| only_grows(&correlation(kind, SECOND, limits, 1));
    assert!(grows(Kind::Count, &[Limit::AtLeast(3.0)]) && grows(Kind::Distinct, &[Limit::Above(3.0)]));
    assert!(!grows(Kind::Count, &[Limit::Below(3.0)]) && !grows(Kind::Count, &[Limit::AtLeast(3.0), Limit::AtMost(9.0)]));
    assert!(!grows(Kind::Sum, &[Limit::Above(3.0)]) && !grows(Kind::Average, &[Limit::Above(3.0)]));
}

fn steps(rule: &Correlation, distinct: bool, items: &[(i64, u8, u32, u32)]) -> Firings {
    let mut sequences = Sequences::default();
    for (millis, step, event, value) in items {
        sequences.groups.add(1, Taken { at: at(*millis, *event), step: *step, value: *value });
    }
    let mut firings = Firings::new();
    sequences.fire(rule, distinct, &["a".to_owned(), "b".to_owned(), "c".to_owned()], 0, &mut collect(&mut firings));
    firings
}

#[test]
fn steps_in_their_order() {
    let rule = correlation(Kind::Steps { ordered: true }, 60 * SECOND, &[], 2);
    // Both ends of the window; the other order is none.
    assert_eq!(told(&steps(&rule, false, &[(0, 0, 1, 0), (60_000, 1, 2, 0)])), [(0, 60_000, 2, 2)]);
    assert_eq!(told(&steps(&rule, false, &[(0, 0, 1, 0), (60_001, 1, 2, 0)])), []);
    assert_eq!(told(&steps(&rule, false, &[(0, 1, 1, 0), (1_000, 0, 2, 0)])), []);
    // In one instant, whichever came first into the case.
    assert_eq!(told(&steps(&rule, false, &[(5, 1, 1, 0), (5, 0, 2, 0)])), [(5, 5, 1, 2)]);
    // No event is two steps.
    assert_eq!(told(&steps(&rule, false, &[(5, 0, 1, 0), (5, 1, 1, 0)])), []);
    assert_eq!(told(&steps(&rule, false, &[(1, 0, 7, 0), (5, 0, 1, 0), (5, 1, 1, 0)])), [(1, 5, 1, 2)]);
    // Three steps, the second of which comes again.
    let three = correlation(Kind::Steps { ordered: true }, 60 * SECOND, &[], 3);
    let items = [(0, 0, 1, 0), (10_000, 1, 2, 0), (20_000, 0, 3, 0), (30_000, 1, 4, 0), (70_000, 2, 5, 0)];
    assert_eq!(told(&steps(&three, false, &items)), [(20_000, 70_000, 5, 3)]);
    // Values that must differ.
    assert_eq!(told(&steps(&rule, true, &[(0, 0, 1, 8), (1, 1, 2, 8)])), []);
    assert_eq!(told(&steps(&rule, true, &[(0, 0, 1, 9), (1, 0, 3, 8), (2, 1, 2, 8)])), [(0, 2, 2, 2)]);
}

#[test]
fn steps_in_any_order() {
    let rule = correlation(Kind::Steps { ordered: false }, 60 * SECOND, &[], 2);
    assert_eq!(told(&steps(&rule, false, &[(0, 1, 1, 0), (60_000, 0, 2, 0)])), [(0, 60_000, 2, 2)]);
    assert_eq!(told(&steps(&rule, false, &[(0, 1, 1, 0), (60_001, 0, 2, 0)])), []);
    // All records of the steps in that time are kept, and while they go on it is one firing.
    assert_eq!(told(&steps(&rule, false, &[(0, 0, 1, 0), (1, 0, 2, 0), (2, 1, 3, 0), (50_000, 0, 4, 0)])), [(0, 50_000, 3, 4)]);
    assert_eq!(told(&steps(&rule, false, &[(0, 0, 1, 0), (1, 1, 2, 0), (500_000, 1, 3, 0), (500_001, 0, 4, 0)])).len(), 2);
    // Others than the second step's own.
    assert_eq!(told(&steps(&rule, true, &[(0, 0, 1, 5), (1, 0, 2, 6), (2, 1, 3, 6)])), [(0, 2, 3, 2)]);
    assert_eq!(told(&steps(&rule, true, &[(0, 0, 1, 6), (2, 1, 3, 6)])), []);
    // One of two ways.
    let wanted = StepsWanted::All(vec![StepsWanted::Step(0), StepsWanted::Any(vec![StepsWanted::Step(1), StepsWanted::Step(2)])]);
    let either = Correlation { wanted, ..correlation(Kind::Steps { ordered: false }, 60 * SECOND, &[], 3) };
    assert_eq!(told(&steps(&either, false, &[(0, 0, 1, 0), (1, 2, 2, 0)])), [(0, 1, 2, 2)]);
    assert_eq!(told(&steps(&either, false, &[(0, 1, 1, 0), (1, 2, 2, 0)])), []);
}

fn first_seen() -> FirstSeen {
    FirstSeen {
        value: vec!["v".to_owned()],
        group_by: vec!["g".to_owned()],
        baseline_ms: 10 * DAY,
        retention_ms: 30 * DAY,
        tiers: Vec::new(),
        new_group: NewGroup::One,
        services: false,
    }
}

fn sightings(rule: &FirstSeen, until: i64, items: &[(u32, u32, i64, u32)]) -> Firings {
    let mut seen = Sightings::default();
    for (group, value, millis, event) in items {
        seen.add(*group, *value, at(*millis, *event), rule.retention_ms);
    }
    let mut firings = Firings::new();
    let history = History { since: 0, until, outside: false };
    seen.fire(rule, 5, history, &|number| vec![format!("v{number}")], &mut collect(&mut firings));
    firings
}

/// Value, time and weight of what is told of group 1.
fn new_values(firings: &Firings) -> Vec<(String, i64, Option<u8>)> {
    firings.get(&1).into_iter().flatten().map(|draft| (draft.value.join(" "), draft.at.millis, draft.weight)).collect()
}

#[test]
fn what_is_new_is_told_once_it_was_learnt() {
    let rule = first_seen();
    let known = [(1, 1, 0, 1), (1, 2, 10 * DAY - 1, 2)];
    // The last moment of learning, and the first after it.
    let with = |more: &[(u32, u32, i64, u32)]| [&known[..], more].concat();
    assert_eq!(new_values(&sightings(&rule, 20 * DAY, &with(&[(1, 3, 10 * DAY, 3)]))), [("v3".to_owned(), 10 * DAY, None)]);
    assert_eq!(new_values(&sightings(&rule, 20 * DAY, &known)), []);
    // Seen again within the retention, at its very end; and just after it.
    assert_eq!(new_values(&sightings(&rule, 90 * DAY, &with(&[(1, 1, 30 * DAY, 3), (1, 1, 60 * DAY, 4)]))), []);
    let forgotten = sightings(&rule, 90 * DAY, &with(&[(1, 2, 39 * DAY, 3), (1, 1, 30 * DAY + 1, 4)]));
    assert_eq!(new_values(&forgotten), [("v1".to_owned(), 30 * DAY + 1, None)]);
    // With less history than wanted the first half is learnt from, and weighs one level less: 5 is high, 3 is medium.
    assert_eq!(
        new_values(&sightings(&rule, 8 * DAY, &[(1, 1, 0, 1), (1, 2, 4 * DAY - 1, 2), (1, 3, 4 * DAY, 3)])),
        [("v3".to_owned(), 4 * DAY, Some(3))]
    );
    let Some(Baseline::FirstSeen { short, known, known_total, .. }) =
        sightings(&rule, 8 * DAY, &[(1, 1, 0, 1), (1, 2, 1, 2), (1, 3, 4 * DAY, 3)])[&1][0].baseline.clone()
    else {
        panic!("a first sighting")
    };
    assert_eq!((short, known, known_total), (true, vec!["v2".to_owned(), "v1".to_owned()], 2));
}

#[test]
fn weights_by_the_length_of_history() {
    let rule = FirstSeen { tiers: vec![(7 * DAY, 1), (30 * DAY, 3)], ..first_seen() };
    let weights =
        |until, items: &[(u32, u32, i64, u32)]| new_values(&sightings(&rule, until, items)).into_iter().map(|told| told.2).collect::<Vec<_>>();
    let known = (1, 1, 0, 1);
    assert_eq!(weights(40 * DAY, &[known, (1, 2, 7 * DAY, 2)]), [Some(1)]);
    assert_eq!(weights(40 * DAY, &[known, (1, 2, 30 * DAY - 1, 2)]), [Some(1)]);
    assert_eq!(weights(40 * DAY, &[known, (1, 2, 30 * DAY, 2)]), [Some(3)]);
    assert_eq!(weights(40 * DAY, &[known, (1, 2, 7 * DAY - 1, 2)]), []);
}

#[test]
fn a_new_group_makes_one_signal() {
    let rule = first_seen();
    let group = [(1, 1, 15 * DAY, 1), (1, 2, 15 * DAY + HOUR, 2), (1, 3, 16 * DAY - 1, 3), (1, 4, 16 * DAY, 4)];
    let firings = sightings(&rule, 20 * DAY, &group);
    let told: Vec<(u64, i64)> = firings[&1].iter().map(|draft| (draft.total, draft.at.millis)).collect();
    assert_eq!(told, [(3, 15 * DAY), (1, 16 * DAY)]);
    let Some(Baseline::FirstSeen { new, new_group, .. }) = firings[&1][0].baseline.clone() else { panic!("a first sighting") };
    assert_eq!((new, new_group), (vec!["v1".to_owned(), "v2".to_owned(), "v3".to_owned()], true));
    let ignored = sightings(&FirstSeen { new_group: NewGroup::Ignore, ..first_seen() }, 20 * DAY, &group);
    assert_eq!(new_values(&ignored).into_iter().map(|told| told.0).collect::<Vec<_>>(), ["v2", "v3", "v4"]);
    let each = sightings(&FirstSeen { new_group: NewGroup::Each, ..first_seen() }, 20 * DAY, &group);
    assert_eq!(new_values(&each).len(), 4);
}

#[test]
fn what_other_evidence_knows_is_not_new() {
    let rule = first_seen();
    let mut seen = Sightings::default();
    seen.add_outside(1, 2, -5 * DAY, -DAY, rule.retention_ms);
    seen.add(1, 1, at(2 * DAY, 1), rule.retention_ms);
    seen.add(1, 2, at(3 * DAY, 2), rule.retention_ms);
    let mut firings = Firings::new();
    let history = History { since: -20 * DAY, until: 4 * DAY, outside: true };
    seen.fire(&rule, 5, history, &|number| vec![format!("v{number}")], &mut collect(&mut firings));
    assert_eq!(new_values(&firings), [("v1".to_owned(), 2 * DAY, None)]);
}

fn outlier(k: f64, floor: f64) -> Outlier {
    Outlier { group_by: Vec::new(), bucket_ms: HOUR, aggregate: Aggregate::Count, baseline_ms: 48 * HOUR, k, floor, services: false }
}

fn buckets(rule: &Outlier, items: &[(u32, i64, f64)]) -> Firings {
    let mut buckets = Buckets::default();
    for (group, hour, amount) in items {
        buckets.add(*group, hour * HOUR, *amount, rule);
    }
    let mut firings = Firings::new();
    buckets.fire(rule, 0, &mut collect(&mut firings));
    firings
}

#[test]
fn an_hour_far_above_the_others() {
    // 1 in the first hour, then nothing: of 24 hours the mean is 1/24, the deviation √(1/24 − 1/576) = √23/24.
    let rule = outlier(2.0, 5.0);
    let firings = buckets(&rule, &[(1, 0, 1.0), (1, 24, 5.0)]);
    let Some(Baseline::Outlier { mean, deviation, samples, threshold, observed, series, population, .. }) = firings[&1][0].baseline.clone() else {
        panic!("an outlier")
    };
    assert!((mean - 1.0 / 24.0).abs() < 1e-12 && (deviation - 23.0_f64.sqrt() / 24.0).abs() < 1e-12);
    assert!((threshold - (mean + 2.0 * deviation)).abs() < 1e-12);
    assert_eq!((samples, observed, population), (24, 5.0, false));
    assert_eq!((series.len(), series[0].value, series[1].value, series[24].value), (25, 1.0, 0.0, 5.0));
    // Below the floor; an hour too soon for a history of its own, and nobody else has one; exactly at the mean.
    assert!(buckets(&outlier(2.0, 6.0), &[(1, 0, 1.0), (1, 24, 5.0)]).is_empty());
    assert!(buckets(&rule, &[(1, 0, 1.0), (1, 23, 5.0)]).is_empty());
    let even: Vec<(u32, i64, f64)> = (0..30).map(|hour| (1, hour, 5.0)).collect();
    assert!(buckets(&outlier(0.0, 5.0), &even).is_empty());
    // What is older than the baseline does not count: 9 in each of the first hours, which are out of the window at hour 50.
    let old: Vec<(u32, i64, f64)> = (0..=1).map(|hour| (1, hour, 9.0)).chain([(1, 50, 5.0)]).collect();
    assert!(matches!(buckets(&rule, &old)[&1][0].baseline, Some(Baseline::Outlier { mean, .. }) if mean == 0.0));
}

#[test]
fn all_groups_stand_in_for_a_short_history() {
    let rule = outlier(1.0, 5.0);
    // Group 2 had one event in each of 30 hours; group 1 begins in the last of them.
    let quiet: Vec<(u32, i64, f64)> = (0..30).map(|hour| (2, hour, 1.0)).collect();
    let firings = buckets(&rule, &[&quiet[..], &[(1, 30, 6.0)]].concat());
    assert!(matches!(
        firings[&1][0].baseline,
        Some(Baseline::Outlier { population: true, samples: 30, mean, deviation, .. }) if (mean - 1.0).abs() < 1e-12 && deviation.abs() < 1e-6
    ));
    // Hours one after another are one signal.
    let firings = buckets(&rule, &[&quiet[..], &[(1, 30, 6.0), (1, 31, 9.0), (1, 33, 60.0)]].concat());
    assert_eq!(firings[&1].iter().map(|draft| draft.firings).collect::<Vec<_>>(), [2, 1]);
}

#[test]
fn too_many_groups_are_counted_and_do_no_harm() {
    let mut plain = Plain::default();
    for group in 1..=MOST_GROUPS as u32 + 7 {
        plain.groups.add(group, at(i64::from(group), group));
    }
    plain.groups.add(1, at(5, 1_000_000));
    let mut firings = Firings::new();
    plain.fire(HOUR, &mut collect(&mut firings));
    assert_eq!((plain.groups.overflow, firings.len()), (7, MOST_GROUPS));
    assert_eq!(firings[&1][0].total, 2);
}

/// One thing to be remembered: group, what, and when.
type Thing = (u32, u32, i64, u32);

/// The same things in any order, looked at after each batch, fire what they fire all at once.
fn fires_the_same<S>(
    new: impl Fn() -> S,
    things: &[Thing],
    order: &[usize],
    batch: usize,
    add: impl Fn(&mut S, Thing),
    fire: impl Fn(&mut S, &mut Firings),
) {
    let (mut at_once, mut bit_by_bit) = (new(), new());
    let (mut expected, mut found) = (Firings::new(), Firings::new());
    for thing in things {
        add(&mut at_once, *thing);
    }
    fire(&mut at_once, &mut expected);
    for part in order.chunks(batch.max(1)) {
        for place in part {
            add(&mut bit_by_bit, things[*place]);
        }
        fire(&mut bit_by_bit, &mut found);
    }
    assert_eq!(found, expected);
}

fn shuffled() -> impl Strategy<Value = (Vec<Thing>, Vec<usize>, usize)> {
    let thing = (1..4_u32, 1..4_u32, 0..60_i64);
    prop::collection::vec(thing, 1..60).prop_flat_map(|things| {
        let things: Vec<Thing> = (1..).zip(things).map(|(event, (group, value, time))| (group, value, time, event)).collect();
        let order: Vec<usize> = (0..things.len()).collect();
        (Just(things), Just(order).prop_shuffle(), 1..20_usize)
    })
}

fn sightings_in_order(things: &[Thing], order: &[usize], batch: usize, new_group: NewGroup) {
    let rule = FirstSeen { baseline_ms: 10 * DAY, retention_ms: 12 * DAY, new_group, ..first_seen() };
    let history = History { since: 0, until: 60 * DAY, outside: false };
    let add = |state: &mut Sightings, (group, value, time, event): Thing| state.add(group, value, at(time * DAY, event), rule.retention_ms);
    let fire = |state: &mut Sightings, firings: &mut Firings| {
        state.fire(&rule, 5, history, &|value| vec![value.to_string()], &mut collect(firings));
    };
    fires_the_same(Sightings::default, things, order, batch, add, fire);
}

/// On day 45 a value of the group is new again; that the group was there on day 43, which comes later, changes what it fires.
#[test]
fn what_comes_late_before_a_value_is_new_again_is_heeded() {
    let things: [Thing; 4] = [(3, 2, 13, 1), (3, 2, 45, 2), (3, 3, 31, 3), (3, 3, 43, 4)];
    sightings_in_order(&things, &[0, 1, 2, 3], 1, NewGroup::One);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn plain_rules_do_not_mind_the_order((things, order, batch) in shuffled()) {
        let add = |state: &mut Plain, (group, _, time, event): Thing| state.groups.add(group, at(time * SECOND, event));
        fires_the_same(Plain::default, &things, &order, batch, add, |state, firings| state.fire(3 * SECOND, &mut collect(firings)));
    }

    #[test]
    fn windows_do_not_mind_the_order((things, order, batch) in shuffled(), kind in 0..5_usize, mode in 0..3_usize) {
        let kinds = [Kind::Count, Kind::Distinct, Kind::Sum, Kind::Average, Kind::Percentile];
        let window = [Window::Sliding, Window::Tumbling, Window::Session { gap_ms: 4 * SECOND }][mode];
        let rule = Correlation { window, ..correlation(kinds[kind], 10 * SECOND, &[Limit::AtLeast(2.0)], 1) };
        let new = || Windows::new(rule.kind);
        let add = |state: &mut Windows, (group, value, time, event): Thing| {
            state.add(group, at(time * SECOND, event), value, f64::from(value));
        };
        fires_the_same(new, &things, &order, batch, add, |state, firings| state.fire(&rule, SECOND, &|value| value.to_string(), &mut collect(firings)));
    }

    #[test]
    fn sequences_do_not_mind_the_order((things, order, batch) in shuffled(), ordered: bool, distinct: bool) {
        let rule = correlation(Kind::Steps { ordered }, 10 * SECOND, &[], 3);
        let add = |state: &mut Sequences, (group, value, time, event): Thing| {
            state.groups.add(group, Taken { at: at(time * SECOND, event), step: (value - 1) as u8, value: event % 3 });
        };
        let titles = ["a", "b", "c"].map(str::to_owned);
        fires_the_same(Sequences::default, &things, &order, batch, add, |state, firings| state.fire(&rule, distinct, &titles, SECOND, &mut collect(firings)));
    }

    #[test]
    fn sightings_do_not_mind_the_order((things, order, batch) in shuffled(), mode in 0..3_usize) {
        sightings_in_order(&things, &order, batch, [NewGroup::One, NewGroup::Ignore, NewGroup::Each][mode]);
    }

    #[test]
    fn buckets_do_not_mind_the_order((things, order, batch) in shuffled(), max: bool) {
        let aggregate = if max { Aggregate::Max("f".to_owned()) } else { Aggregate::Sum("f".to_owned()) };
        let rule = Outlier { aggregate, ..outlier(0.5, 2.0) };
        let add = |state: &mut Buckets, (group, value, time, _): Thing| state.add(group, time * HOUR, f64::from(value), &rule);
        fires_the_same(Buckets::default, &things, &order, batch, add, |state, firings| state.fire(&rule, 0, &mut collect(firings)));
    }

    /// A window counted by hand: every event looks back over all others.
    #[test]
    fn a_sliding_window_counts_what_counting_counts(times in prop::collection::vec(0..200_i64, 1..80), needed in 1..6_u32) {
        let rule = correlation(Kind::Count, 10 * SECOND, &[Limit::AtLeast(f64::from(needed))], 1);
        let fired = windows(&rule, &seconds(&times));
        let is_crossed = |end: &i64| times.iter().filter(|time| (end - 10..=*end).contains(time)).count() >= needed as usize;
        let expected: HashMap<i64, bool> = times.iter().map(|end| (*end, is_crossed(end))).collect();
        let last: Vec<i64> = expected.iter().filter(|(_, crossed)| **crossed).map(|(end, _)| end * SECOND).collect();
        let inside = |time: i64| fired.get(&1).into_iter().flatten().any(|draft| (draft.first..=draft.last).contains(&time));
        prop_assert!(last.iter().all(|time| inside(*time)));
        prop_assert_eq!(fired.is_empty(), last.is_empty());
        prop_assert_eq!(fired.get(&1).map(|drafts| drafts.last().map(|draft| draft.last)), last.iter().max().map(|last| Some(*last)));
    }
}
