//! What the user and the model said is told apart within the searchable text.

use regex::RegexSet;

use super::fixture::new_case;
use crate::case::{Batch, Lanes, TextSearch, Whose, Writable};
use crate::decode::{Decoded, Said, Searchable};
use crate::model::{Digest, RecordPosition, SourceId, Strand};

/// One commit for each exchange, so that small blocks are put together.
fn add(case: &Writable, number: u8, pieces: &[&'static str], said: Said) {
    let mut writer = case.writer().unwrap();
    let searchable = pieces.iter().map(|piece| Searchable::Text((*piece).into())).collect();
    let decoded = Decoded { strand: Some(Strand::Invocation), searchable, said, ..Decoded::default() };
    let mut batch = Batch::new();
    batch.push(SourceId(1), RecordPosition::default(), Digest([number; 32]), None, &decoded);
    writer.append(batch).unwrap();
    writer.commit().unwrap();
}

fn matching(case: &Writable, after: u32, whose: Whose, words: &[&str]) -> Vec<Vec<u32>> {
    let (any, each) = (Lanes::new(&words.join("|")).unwrap(), RegexSet::new(words).unwrap());
    case.reader().unwrap().matching(after, &mut [TextSearch { whose, any, each }]).unwrap().remove(0)
}

#[test]
fn words_are_found_where_they_were_said() {
    let (_folder, case) = new_case();
    add(&case, 1, &["alpha", "beta", "gamma"], Said { user: 1..2, answer: 2..3 });
    // The folded form of a text with hidden characters is an entry of its own, and nobody's.
    add(&case, 2, &["be\u{200b}ta", "al\npha", "alpha beta"], Said { user: 0..2, answer: 2..3 });
    add(&case, 3, &["beta"], Said::default());
    for (whose, expected) in
        [(Whose::User, [vec![], vec![1], vec![]]), (Whose::Answer, [vec![2], vec![2], vec![1]]), (Whose::All, [vec![1, 2], vec![1, 2, 3], vec![1]])]
    {
        assert_eq!(matching(&case, 0, whose, &["alpha", "beta", "gamma"]), expected, "{whose:?}");
    }
    assert_eq!(matching(&case, 0, Whose::User, &[r"ta\s+al", "pha$", "^b"]), [vec![2], vec![2], vec![1, 2]]);
    assert_eq!(matching(&case, 1, Whose::Answer, &["gamma", "alpha"]), [vec![], vec![2]]);
}

#[test]
fn in_a_case_of_before_anything_may_have_been_said() {
    let (_folder, case) = new_case();
    add(&case, 1, &["alpha", "beta"], Said { user: 1..2, answer: 2..2 });
    let set = |said: &str| case.writer().unwrap().connection.execute(&format!("UPDATE text_block SET said = {said}"), []).unwrap();
    set("NULL");
    assert_eq!(matching(&case, 0, Whose::User, &["alpha"]), [[1]]);
    // What is put together with it is told apart all the same.
    add(&case, 2, &["alpha", "beta"], Said { user: 1..2, answer: 2..2 });
    assert_eq!(matching(&case, 0, Whose::User, &["alpha", "beta"]), [vec![1], vec![1, 2]]);
    assert_eq!(matching(&case, 0, Whose::Answer, &["beta"]), [[1]]);
    for damaged in ["x'00'", "x'0505000000'", "x'00ffffffff0f000000'"] {
        set(damaged);
        let (any, each) = (Lanes::new("a").unwrap(), RegexSet::new(["a"]).unwrap());
        let search = TextSearch { whose: Whose::User, any, each };
        assert!(case.reader().unwrap().matching(0, &mut [search]).is_err(), "{damaged}");
    }
}
