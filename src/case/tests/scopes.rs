//! What a case answers by scope is what looking at every event by hand answers.

use std::collections::BTreeMap;

use proptest::prelude::*;
use regex::RegexBuilder;

use super::fixture::{Spec, batch, digest, new_case};
use crate::case::{Reader, ValueCount, folded};
use crate::model::{Entity, EntityKind, EventId, EventRef, Name, Outcome, Scope, StrandSet, TextFilter, TimeRange, Timestamp};

fn spec() -> impl Strategy<Value = Spec> {
    let few = || prop::option::of(0..4_u8);
    let words = prop::sample::select(vec!["", "", "alpha beta", "Gamma", "al\u{200b}pha", "gamma\nalpha", "\u{ff42}eta"]);
    (
        prop::option::of(1..40_i64),
        0..6_u8,
        0..3_u8,
        few(),
        prop::collection::vec(0..4_u8, 0..3),
        few(),
        prop::collection::vec(0..4_u8, 0..3),
        words,
        any::<bool>(),
    )
        .prop_map(|(time, strand, outcome, account, buckets, request, objects, text, undecodable)| Spec {
            time,
            strand,
            outcome,
            account,
            buckets,
            request,
            objects,
            text: text.to_owned(),
            undecodable,
        })
}

fn scope() -> impl Strategy<Value = Scope> {
    let time = || prop::option::of((-2..42_i64).prop_map(Timestamp::from_millis));
    let entity = prop_oneof![
        (0..5_u8).prop_map(|n| Entity::new(EntityKind::Account, format!("{n:012}"))),
        (0..5_u8).prop_map(|n| Entity::new(EntityKind::Bucket, format!("bucket-{n}"))),
        (0..5_u8).prop_map(|n| Entity::new(EntityKind::Request, format!("request-{n}"))),
        (0..5_u8).prop_map(|n| Entity::new(EntityKind::Object, format!("bucket/{n}"))),
    ];
    let text = prop::option::of(prop::sample::select(vec!["alpha", "Gamma", "^beta", "a$", r"a\sb"]));
    (time(), time(), prop::collection::vec(entity, 0..3), prop_oneof![Just(StrandSet::ALL), (0..64_u8).prop_map(StrandSet::from_bits)], text)
        .prop_map(|(since, until, entities, strands, text)| Scope {
            range: TimeRange { since, until },
            entities,
            strands,
            text: text.map(|pattern| TextFilter { pattern: pattern.to_owned() }),
            fields: Vec::new(),
        })
}

fn mentions(spec: &Spec) -> Vec<Entity> {
    let mut all: Vec<_> = spec.request.iter().map(|n| Entity::new(EntityKind::Request, format!("request-{n}"))).collect();
    all.extend(spec.buckets.iter().map(|n| Entity::new(EntityKind::Bucket, format!("bucket-{n}"))));
    all.extend(spec.objects.iter().map(|n| Entity::new(EntityKind::Object, format!("bucket/{n}"))));
    all.extend(spec.account.iter().map(|n| Entity::new(EntityKind::Account, format!("{n:012}"))));
    all.sort();
    all.dedup();
    all
}

fn says(spec: &Spec, pattern: &str) -> bool {
    let regex = RegexBuilder::new(pattern).multi_line(true).case_insensitive(pattern != "Gamma").build().unwrap();
    !spec.text.is_empty() && (regex.is_match(&spec.text) || folded(&spec.text).is_some_and(|text| regex.is_match(&text)))
}

/// The scope of the events numbered from 1, by looking at each.
fn by_hand(specs: &[Spec], scope: &Scope) -> Vec<EventRef> {
    let inside = |spec: &Spec| {
        spec.time.map_or(scope.range.is_open(), |time| scope.range.contains(Timestamp::from_millis(time)))
            && scope.strands.contains(spec.strand())
            && scope.entities.iter().all(|entity| mentions(spec).contains(entity))
            && scope.text.as_ref().is_none_or(|text| says(spec, &text.pattern))
    };
    let number =
        |(id, spec): (u32, &Spec)| EventRef::new(spec.time.map(Timestamp::from_millis), EventId(id), spec.strand(), spec.outcome(), spec.undecodable);
    let mut refs: Vec<_> = (1..).zip(specs).filter(|(_, spec)| inside(spec)).map(number).collect();
    refs.sort();
    refs
}

fn values_by_hand(specs: &[Spec], refs: &[EventRef], kind: EntityKind) -> Vec<ValueCount> {
    let mut counts: BTreeMap<Entity, ValueCount> = BTreeMap::new();
    for event in refs {
        for entity in mentions(&specs[event.id.0 as usize - 1]).into_iter().filter(|entity| entity.kind == kind) {
            let empty = ValueCount { value: entity.value.clone(), count: 0, denied: 0, first: None, last: None };
            let count = counts.entry(entity).or_insert(empty);
            count.count += 1;
            count.denied += u64::from(event.outcome() == Outcome::Denied);
            count.first = count.first.into_iter().chain(event.time()).min();
            count.last = count.last.into_iter().chain(event.time()).max();
        }
    }
    let mut counts: Vec<_> = counts.into_values().collect();
    counts.sort_by(|one, other| other.count.cmp(&one.count).then_with(|| one.value.cmp(&other.value)));
    counts
}

fn check(reader: &mut Reader, specs: &[Spec], scopes: &[Scope]) -> Result<(), TestCaseError> {
    for scope in scopes {
        let expected = by_hand(specs, scope);
        prop_assert_eq!(&*reader.refs(scope).unwrap(), &expected, "{:?}", scope);
        for kind in [EntityKind::Account, EntityKind::Bucket, EntityKind::Request, EntityKind::Object] {
            prop_assert_eq!(reader.values_in(scope, kind).unwrap(), values_by_hand(specs, &expected, kind), "{:?} in {:?}", kind, scope);
        }
    }
    let all = by_hand(specs, &Scope::all());
    prop_assert_eq!(&*reader.refs(&Scope::all()).unwrap(), &all);
    for scope in scopes {
        let refs = by_hand(specs, scope);
        // Columns, not mentions: of the buckets the first.
        let mut counted: BTreeMap<[Option<String>; 2], u64> = BTreeMap::new();
        for event in &refs {
            let spec = &specs[event.id.0 as usize - 1];
            let account = spec.account.map(|account| format!("{account:012}"));
            *counted.entry([account, spec.buckets.first().map(|bucket| format!("bucket-{bucket}"))]).or_default() += 1;
        }
        let own = |names: [Option<Name>; 2]| names.map(|name| name.map(|name| name.to_string()));
        let tally = reader.tally(&refs, [EntityKind::Account, EntityKind::Bucket]).unwrap();
        prop_assert_eq!(tally.into_iter().map(|(names, count)| (own(names), count)).collect::<BTreeMap<_, _>>(), counted);
        // What is near the middle of the times, with a bucket.
        let (at, reach) = (20, 12);
        let any = [Entity::new(EntityKind::Bucket, "bucket-1"), Entity::new(EntityKind::Bucket, "bucket-9")];
        let is_near = |event: &&EventRef| event.millis > 0 && (event.millis - at).abs() <= reach && scope.strands.contains(event.strand());
        let names_it = |event: &&EventRef| specs[event.id.0 as usize - 1].buckets.contains(&1);
        let mut near: Vec<EventRef> = all.iter().filter(is_near).filter(names_it).copied().collect();
        let mut found = reader.near(Timestamp::from_millis(at), reach, scope.strands, &any, usize::MAX).unwrap();
        prop_assert!(found.is_sorted_by_key(|event| (event.millis - at).abs()));
        let few = reader.near(Timestamp::from_millis(at), reach, scope.strands, &any, 2).unwrap();
        prop_assert_eq!(&few[..], &found[..found.len().min(2)]);
        found.sort();
        near.sort();
        prop_assert_eq!(found, near);
        let decodable = |event: &&EventRef| is_near(event) && !event.is_undecodable();
        let (before, after) = reader.nearest(Timestamp::from_millis(at), reach, scope.strands, None).unwrap();
        prop_assert_eq!(before, all.iter().filter(|event| event.millis < at).rfind(decodable).copied());
        prop_assert_eq!(after, all.iter().filter(|event| event.millis >= at).find(decodable).copied());
    }
    prop_assert_eq!(reader.spellings(EntityKind::Bucket, "BUCKET_").unwrap(), [] as [Name; 0]);
    let spelled = reader.spellings(EntityKind::Bucket, "Bucket-").unwrap();
    prop_assert_eq!(spelled.len(), reader.values(EntityKind::Bucket).unwrap().len());
    for kind in [EntityKind::Account, EntityKind::Bucket, EntityKind::Request, EntityKind::Object] {
        let expected = values_by_hand(specs, &all, kind);
        for value in &expected {
            prop_assert_eq!(reader.count(&Entity { kind, value: value.value.clone() }).unwrap(), value.count);
        }
        prop_assert_eq!(reader.values(kind).unwrap(), expected);
    }
    let totals = reader.totals().unwrap();
    prop_assert_eq!(totals.events(), specs.len() as u64);
    prop_assert_eq!(totals.undecodable, specs.iter().filter(|spec| spec.undecodable).count() as u64);
    let times = || specs.iter().filter_map(|spec| spec.time.map(Timestamp::from_millis));
    prop_assert_eq!(totals.span, times().min().zip(times().max()));
    for (number, spec) in specs.iter().enumerate() {
        let id = EventId(number as u32 + 1);
        let mut found = reader.mentions(id).unwrap();
        found.sort();
        prop_assert_eq!(found, mentions(spec));
        let event = reader.events(&[id]).unwrap().remove(0);
        prop_assert_eq!(
            (event.digest, event.as_ref().millis, event.undecodable.is_some()),
            (digest(number as u32), spec.time.unwrap_or(0), spec.undecodable)
        );
        prop_assert_eq!(reader.find(&event.uid()).unwrap(), [id]);
        prop_assert_eq!(reader.find(&event.digest.hex()).unwrap(), [id]);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// However it is cut into batches and commits, with a reader that looks in between and one that comes after,
    /// before segments are put together and when they are.
    #[test]
    fn answers_are_those_found_by_hand(
        commits in prop::collection::vec(prop::collection::vec(prop::collection::vec(spec(), 0..6), 0..3), 1..14),
        scopes in prop::collection::vec(scope(), 1..5),
    ) {
        let (_folder, case) = new_case();
        let mut writer = case.writer().unwrap();
        let mut early = case.reader().unwrap();
        let mut specs: Vec<Spec> = Vec::new();
        for (number, batches) in commits.iter().enumerate() {
            for events in batches {
                writer.append(batch(specs.len() as u32, events)).unwrap();
                specs.extend(events.iter().cloned());
            }
            writer.commit().unwrap();
            if number % 3 == 0 {
                for scope in &scopes {
                    prop_assert_eq!(&*early.refs(scope).unwrap(), &by_hand(&specs, scope), "{:?}", scope);
                }
            }
        }
        check(&mut early, &specs, &scopes)?;
        writer.finish().unwrap();
        check(&mut early, &specs, &scopes)?;
        check(&mut case.reader().unwrap(), &specs, &scopes)?;
    }
}

/// Large scopes are counted through the lists of mentions, small ones row by row: both must agree.
#[test]
fn large_scopes_count_like_small_ones() {
    let specs: Vec<Spec> = (0..12_000_u32)
        .map(|n| Spec {
            time: Some(i64::from(n % 977) + 1),
            outcome: (n % 3) as u8,
            account: Some((n % 5) as u8),
            buckets: vec![(n % 7) as u8, (n % 11) as u8],
            ..Spec::default()
        })
        .collect();
    let (_folder, case) = new_case();
    let mut writer = case.writer().unwrap();
    for (from, part) in (0..).step_by(5000).zip(specs.chunks(5000)) {
        writer.append(batch(from, part)).unwrap();
        writer.commit().unwrap();
    }
    let mut reader = case.reader().unwrap();
    for until in [300, 900] {
        let scope = Scope { range: TimeRange { since: None, until: Some(Timestamp::from_millis(until)) }, ..Scope::all() };
        let refs = reader.refs(&scope).unwrap();
        assert_eq!(refs.len() > 4000, until == 900);
        assert_eq!(reader.values_in(&scope, EntityKind::Bucket).unwrap(), values_by_hand(&specs, &refs, EntityKind::Bucket));
    }
}

#[test]
fn a_search_reports_as_it_goes_and_is_remembered() {
    let (_folder, case) = new_case();
    let mut writer = case.writer().unwrap();
    // About 80 blocks; every tenth event says the word, hidden in half of them.
    let filler = "lorem ipsum dolor ".repeat(100);
    let specs: Vec<Spec> = (0..12_000)
        .map(|n| {
            let word = if n % 10 != 0 {
                ""
            } else if n % 20 == 0 {
                "needle"
            } else {
                "nee\u{200b}dle"
            };
            Spec { time: Some(n + 1), text: format!("{filler}{word}{n}"), ..Spec::default() }
        })
        .collect();
    for (from, part) in (0..).step_by(500).zip(specs.chunks(500)) {
        writer.append(batch(from, part)).unwrap();
        writer.commit().unwrap();
    }
    let mut reader = case.reader().unwrap();
    let (mut found, mut calls) = (Vec::new(), 0);
    let report = reader
        .search(&Scope::all(), "Needle|needle", &mut |ids| {
            calls += 1;
            found.extend_from_slice(ids);
        })
        .unwrap();
    assert!(calls > 20, "{calls}");
    assert!(found.first().unwrap().0 > 11_000, "the newest come first");
    assert_eq!((report.events, found.len()), (1200, 1200));
    assert!(report.bytes > 12_000 * 1800);
    found.sort();
    assert!(found.iter().map(|id| id.0).eq((0..12_000).step_by(10).map(|n| n + 1)));
    let scope = Scope { text: Some(TextFilter { pattern: "Needle|needle".into() }), ..Scope::all() };
    assert_eq!(reader.refs(&scope).unwrap().len(), 1200);
    // What is new is added to what is known.
    writer.append(batch(50_000, &[Spec { text: "a needle".into(), ..Spec::default() }, Spec { text: "none".into(), ..Spec::default() }])).unwrap();
    writer.commit().unwrap();
    assert_eq!(reader.refs(&scope).unwrap().len(), 1201);
    // Cancelled from its own callback.
    let cancel = reader.interrupter();
    let stopped = reader.search(&Scope::all(), "lorem", &mut |_| cancel.cancel());
    assert!(matches!(stopped, Err(crate::case::CaseError::Interrupted)));
    assert!(reader.refs(&Scope::all()).is_err());
    reader.rearm();
    assert_eq!(reader.refs(&Scope::all()).unwrap().len(), 12_002);
}

#[test]
fn following_a_live_source_does_not_fragment_the_text() {
    let (_folder, case) = new_case();
    let mut writer = case.writer().unwrap();
    for n in 0..200 {
        writer.append(batch(n, &[Spec { text: format!("line number {n}."), ..Spec::default() }])).unwrap();
        writer.commit().unwrap();
    }
    let count = |sql: &str| writer.connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count("SELECT COUNT(*) FROM text_block"), 1);
    assert!(count("SELECT COUNT(*) FROM segment") <= 24);
    let mut reader = case.reader().unwrap();
    assert_eq!(reader.search(&Scope::all(), r"number 1\d\.", &mut |_| ()).unwrap().events, 10);
}
