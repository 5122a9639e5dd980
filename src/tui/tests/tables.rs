//! Principals and Buckets: what an analyst sees there, and where it leads.

use super::session::Session;
use crate::model::{EntityKind, Scope};
use crate::source::demo::cast;
use crate::tui::tables::PagePart;
use crate::tui::view::{Focus, Pane};

const SIZE: (u16, u16) = (120, 40);
const STRANGER: &str = "999900001111/principal/AROASTRANGERXEXAMPLE";

fn shown(session: &Session) -> Vec<String> {
    (0..session.state.list_len()).map(|at| session.state.list.row(at).expect("a row").shown.to_string()).collect()
}

fn chosen(session: &Session) -> String {
    session.state.selected_entity().expect("a row").value.to_string()
}

#[test]
fn a_row_opens_its_page_and_each_value_there_is_a_pivot() {
    for size in [SIZE, (80, 24)] {
        let mut session = Session::demo(size);
        session.keys("5/svc-ml-reporting<enter><enter>");
        assert!(session.state.view.open && session.state.view.focus == Focus::Detail);
        let screen = session.screen();
        for wanted in ["tokens over time", "actions 1", "InvokeModel", "denied"] {
            assert!(screen.contains(wanted), "{wanted}: {screen}");
        }
        // The cursor stands on the first value: its records are one key away.
        session.keys("<enter>");
        assert_eq!(session.state.view.pane, Pane::Timeline);
        let kinds: Vec<EntityKind> = session.state.view.scope.entities.iter().map(|entity| entity.kind).collect();
        assert_eq!(kinds, [EntityKind::Principal, EntityKind::Action]);
        assert!(!session.state.list.refs.is_empty());
        // Back is the page at the same line, then the list at the same row.
        session.keys("[");
        assert!(session.state.view.open && session.state.view.pane == Pane::Principals);
        session.keys("<esc>");
        assert!(!session.state.view.open && chosen(&session).ends_with("/user/svc-ml-reporting"));
    }
}

#[test]
fn counts_of_a_page_are_those_of_the_records_it_leads_to() {
    let mut session = Session::demo(SIZE);
    session.keys("5/svc-ml-reporting<enter><enter>");
    let page = session.state.current_profile().expect("its page").clone();
    let values: Vec<usize> = (0..page.lines.len()).filter(|line| matches!(page.lines[*line], PagePart::Value(..))).collect();
    for line in values {
        let Some(PagePart::Value(section, at, _)) = page.lines.get(line) else { continue };
        let (section, value) = (&page.profile.sections[*section], &page.profile.sections[*section].values[*at]);
        if section.title == "named by others" {
            continue;
        }
        let scope = Scope::all().narrowed(page.profile.entity.clone()).narrowed(value.entity.clone());
        let found = session.reader().refs(&scope).expect("a list").len() as u64;
        // Others may have done the same to it.
        assert!(found >= value.count && found <= value.count + page.profile.summary.named, "{}: {value:?} {found}", section.title);
    }
}

#[test]
fn rows_are_ordered_and_named_as_a_person_chooses() {
    let mut session = Session::demo(SIZE);
    session.keys("5");
    let by_events = shown(&session);
    session.keys("otokens<enter>");
    // Whoever leaked the key used most tokens.
    assert_eq!(chosen(&session), "111122223333/user/svc-ml-reporting");
    assert!(session.screen().contains("▾tokens"), "{}", session.screen());
    session.keys("otokens<enter>G");
    assert!(session.screen().contains("▴tokens") && chosen(&session).ends_with("svc-ml-reporting"));
    session.keys("oevents<enter>");
    assert_eq!(shown(&session), by_events);
    session.keys("fAcme-<enter>");
    assert!(session.state.list_len() > 3 && shown(&session).iter().all(|name| name.contains("acme-")), "{:?}", shown(&session));
    assert!(session.rows()[0].contains("named Acme-"), "{}", session.rows()[0]);
    // Conditions on fields narrow the scope instead.
    session.keys("f<ctrl-u><enter>");
    assert_eq!(shown(&session), by_events);
    session.keys("fx.denied<enter>");
    assert_eq!(session.state.view.scope.fields.len(), 1);
    assert!(
        (0..session.state.list_len())
            .all(|at| session.state.list.row(at).expect("a row").summary.denied > 0 || session.state.list.row(at).expect("a row").summary.named > 0)
    );
    // Back is the order and the names of before.
    session.keys("[");
    assert_eq!(shown(&session), by_events);
}

#[test]
fn the_scope_is_that_of_every_pane() {
    let mut session = Session::demo(SIZE);
    session.keys("1/AKIALEAK<enter>pkey<enter>6");
    assert!(!session.state.view.scope.is_all());
    assert_eq!(shown(&session), ["acme-bedrock-logs-111122223333"], "{}", session.screen());
    session.keys("5");
    // The key's holder, and who switched the key off; others are only named by what they did.
    let acted = (0..session.state.list_len()).filter(|at| session.state.list.row(*at).expect("a row").summary.events > 0).count();
    assert_eq!((acted, chosen(&session).as_str()), (2, "111122223333/user/svc-ml-reporting"));
}

#[test]
fn a_bucket_tells_of_strangers_first() {
    let mut session = Session::demo(SIZE);
    session.keys("6oforeign<enter>/acme-ml-training-data<enter><enter>");
    let page = session.state.current_profile().expect("its page");
    assert_eq!(page.profile.sections[0].title, "foreign accounts");
    assert_eq!(&*page.profile.sections[0].values[0].entity.value, "999900001111");
    let screen = session.screen();
    assert!(screen.contains("jobs 2") && screen.contains(STRANGER) && screen.contains("CreateModelCustomizationJob"), "{screen}");
}

#[test]
fn other_keys_do_what_they_do_elsewhere() {
    let mut session = Session::demo(SIZE);
    session.keys("5/svc-ml-reporting<enter>p");
    assert!(session.screen().contains("Pivot to"), "{}", session.screen());
    // A value of the page narrows the scope, in the same pane.
    session.keys("AKIALEAK<enter>");
    assert_eq!((session.state.view.pane, &*session.state.view.scope.entities[0].value), (Pane::Principals, cast().leaked_key));
    session.keys("[P");
    assert_eq!(session.state.view.pane, Pane::Prompts);
    assert!(!session.state.list.refs.is_empty());
    session.keys("[y");
    assert_eq!(session.copied, ["111122223333/user/svc-ml-reporting"]);
    session.keys("6P");
    assert!(session.screen().contains("a bucket asks nothing"), "{}", session.screen());
    // What is about an event says so.
    session.keys("b");
    session.keys("1o");
    assert!(session.screen().contains("order of time"), "{}", session.screen());
}

#[test]
fn the_page_follows_the_cursor() {
    let mut session = Session::demo(SIZE);
    session.keys("5jj");
    let row = chosen(&session);
    assert_eq!(session.state.current_profile().map(|page| page.profile.entity.value.to_string()), Some(row.clone()));
    session.keys("j");
    assert_ne!(session.state.current_profile().map(|page| page.profile.entity.value.to_string()), Some(row));
}

#[test]
fn the_table_is_written_as_it_is_ordered() {
    for (pane, name) in [("5", "principals.csv"), ("6", "buckets.csv")] {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(name);
        let mut session = Session::demo(SIZE);
        session.keys(pane).keys("oname<enter>e");
        session.keys("table<enter>");
        assert!(session.screen().contains(name), "a name is offered: {}", session.screen());
        session.keys("<ctrl-u>").keys(&path.display().to_string()).keys("<enter>");
        let written = std::fs::read_to_string(&path).expect("it is there");
        let mut lines = written.lines();
        let titles: Vec<&str> = lines.next().expect("titles").split(',').collect();
        assert_eq!(titles[1..6], ["first", "last", "events", "named_by_others", "denied"]);
        let names: Vec<&str> = lines.filter_map(|line| line.split(',').next()).collect();
        assert_eq!(names.len(), session.state.list.table.rows.len());
        assert!(names.is_sorted() && names.len() > 3, "{names:?}");
        // What is on the screen and what is in the file are the same number.
        let row = session.state.list.row(0).expect("a row").summary.clone();
        let first: Vec<&str> = written.lines().nth(1).expect("a row").split(',').collect();
        assert_eq!((first[0], first[3]), (&*row.value, row.events.to_string().as_str()));
        // A file that is there stays as it is, and a table is written in no other form.
        session.keys("etable<enter><ctrl-u>").keys(&path.display().to_string()).keys("<enter>");
        assert!(session.screen().contains("cannot write"), "{}", session.screen());
        session.keys("etable<enter><ctrl-u>rows.json<enter>");
        assert!(session.screen().contains("a table is written in CSV"), "{}", session.screen());
    }
    // The events are still there to be written.
    let mut session = Session::demo(SIZE);
    session.keys("5eevents<enter>");
    assert!(session.screen().contains("events.csv"), "{}", session.screen());
}
