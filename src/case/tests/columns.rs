//! Columns, flags and twins are what looking at every row by hand gives.

use super::fixture::{digest, new_case};
use crate::case::{Batch, Reader};
use crate::decode::Decoded;
use crate::model::{
    Entity, EntityKind, EventId, EventRef, ExchangeFacts, ExchangeFlags, RecordPosition, Scope, SourceId, Strand, StrandSet, Timestamp, Wrap,
};

/// A made-up event: what it has follows from its number.
fn decoded(number: u32) -> Decoded<'static> {
    let exchange = number.is_multiple_of(2);
    Decoded {
        time: Some(Timestamp::from_millis(i64::from(number / 3) + 1)),
        strand: Some(if exchange { Strand::Invocation } else { Strand::Management }),
        account: (!number.is_multiple_of(5)).then(|| format!("{:012}", number % 7).into()),
        principal: Some(format!("p/{}", number % 11).into()),
        action: Some(["InvokeModel", "Converse", "ListGuardrails"][number as usize % 3].into()),
        // Every exchange but those of a multiple of six shares its request with the event before it.
        request_id: Some(format!("r{}", if exchange && !number.is_multiple_of(6) { number - 1 } else { number }).into()),
        exchange: exchange.then(|| ExchangeFacts { flags: ExchangeFlags(number), ..ExchangeFacts::default() }),
        ..Decoded::default()
    }
}

fn reader(events: u32) -> (tempfile::TempDir, Reader) {
    let (folder, case) = new_case();
    let mut writer = case.writer().unwrap();
    for part in (0..events).collect::<Vec<_>>().chunks(700) {
        let mut batch = Batch::new();
        for number in part {
            let position = RecordPosition { offset: u64::from(*number), length: 1, wrap: Wrap::None };
            batch.push(SourceId(1), position, digest(*number), None, &decoded(*number));
        }
        writer.append(batch).unwrap();
        writer.commit().unwrap();
    }
    writer.finish().unwrap();
    let reader = case.reader().unwrap();
    (folder, reader)
}

#[test]
fn columns_of_few_and_of_many_events() {
    // More than two thousand events are read by their lists of mentions, fewer row by row.
    for events in [50, 2500] {
        let (_folder, mut reader) = reader(events);
        let refs = reader.refs(&Scope::all()).unwrap();
        let rows = reader.events(&refs.iter().map(|event| event.id).collect::<Vec<_>>()).unwrap();
        let of = |kind, reader: &mut Reader| {
            let column = reader.column(&refs, kind).unwrap();
            (0..refs.len()).map(|at| column.name(column.number(at)).cloned()).collect::<Vec<_>>()
        };
        assert_eq!(of(EntityKind::Account, &mut reader), rows.iter().map(|row| row.account.clone()).collect::<Vec<_>>());
        assert_eq!(of(EntityKind::Principal, &mut reader), rows.iter().map(|row| row.principal.clone()).collect::<Vec<_>>());
        let flags = reader.exchange_flags(&refs).unwrap();
        for (event, flags) in refs.iter().zip(flags) {
            // Row numbers begin at 1.
            let number = event.id.0 - 1;
            assert_eq!(flags, (number % 2 == 0).then_some(ExchangeFlags(number)), "{number}");
        }
        let column = reader.column(&refs, EntityKind::Action).unwrap();
        let counts = column.counts();
        assert_eq!(counts.iter().map(|(_, count)| count).sum::<u64>(), u64::from(events));
        assert_eq!(counts.iter().map(|(name, _)| column.number_of(name)).filter(|number| *number == 0).count(), 0);
        assert_eq!(column.number_of("nothing"), 0);
        // A kind that is no column has none.
        assert_eq!(reader.column(&refs, EntityKind::Guardrail).unwrap().number(0), 0);
    }
}

#[test]
fn events_without_the_other_side() {
    let (_folder, mut reader) = reader(60);
    let number = |event: &EventRef| event.id.0 - 1;
    let only = |strand| Scope { strands: StrandSet::only(strand), ..Scope::all() };
    let exchanges = reader.refs(&only(Strand::Invocation)).unwrap();
    let alone = reader.without_twin(&exchanges, StrandSet::only(Strand::Management)).unwrap();
    let mut expected: Vec<u32> = (0..60).filter(|number| number % 6 == 0).collect();
    let mut found: Vec<u32> = alone.iter().map(number).collect();
    found.sort_unstable();
    assert_eq!(found, expected);
    // An odd number is shared by the exchange after it, unless that is a multiple of six; the last has none after it.
    let calls = reader.refs(&only(Strand::Management)).unwrap();
    found = reader.without_twin(&calls, StrandSet::only(Strand::Invocation)).unwrap().iter().map(number).collect();
    found.sort_unstable();
    expected = (0..60).filter(|number| number % 2 == 1 && (number % 6 == 5 || *number == 59)).collect();
    assert_eq!(found, expected);
    // The same strand is no other side.
    assert_eq!(reader.without_twin(&calls, StrandSet::only(Strand::Management)).unwrap().len(), calls.len());
}

#[test]
fn several_actions_mean_any_of_them() {
    let (_folder, mut reader) = reader(90);
    let scope = |actions: &[&str], more: Option<Entity>| {
        let actions = actions.iter().map(|action| Entity::new(EntityKind::Action, *action));
        Scope { entities: actions.chain(more).collect(), ..Scope::all() }
    };
    let mut ids = |scope: &Scope| reader.refs(scope).unwrap().iter().map(|event| event.id).collect::<std::collections::BTreeSet<EventId>>();
    let (one, two) = (ids(&scope(&["InvokeModel"], None)), ids(&scope(&["Converse"], None)));
    assert_eq!((one.len(), two.len()), (30, 30));
    assert_eq!(ids(&scope(&["InvokeModel", "Converse", "Nothing"], None)), one.union(&two).copied().collect());
    let of_one = Entity::new(EntityKind::Principal, "p/1");
    let both = ids(&scope(&["InvokeModel", "Converse"], Some(of_one.clone())));
    assert_eq!(both, one.union(&two).copied().filter(|id| (id.0 - 1) % 11 == 1).collect());
    assert_eq!(ids(&scope(&["Nothing"], Some(of_one))).len(), 0);
}
