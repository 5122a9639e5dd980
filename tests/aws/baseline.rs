//! `outcrop baseline --on aws`: what is usual, out of counts that AWS makes of the history, which stays where it is.

use crate::asking::only_read;
use crate::server::seed::TRAIL;
use crate::server::{Options, Server};
use crate::shell::Shell;
use crate::worlds::demo;

#[test]
fn rules_learn_from_counts_and_one_small_answer_travels() {
    let server = Server::start(demo(), Options::default());
    let shell = Shell::new("baseline", &server);
    assert_eq!(shell.run("demo --write logs --events 1500").code, 0);
    assert!(matches!(shell.run("ingest logs --case c").code, 0 | 3));
    let outside = |shell: &Shell| shell.run("detect --case c --format json").out.matches("\"outside\": true").count();
    assert_eq!(outside(&shell), 0);
    let flags = format!("--on aws --since 2026-11-08 --until 2026-11-11 --log-group {TRAIL} --region us-east-1");
    let learnt = shell.run(&format!("baseline {flags} --case c"));
    assert_eq!(learnt.code, 0, "{}", learnt.err);
    assert!(learnt.out.contains("2026-11-09 to 2026-11-10"), "{}", learnt.out);
    // What is unusual is so against what was learnt too.
    assert!(outside(&shell) > 0);
    let sent: Vec<String> = server.calls_of("StartQuery").iter().map(|call| call.body["queryString"].as_str().expect("a text").to_owned()).collect();
    assert!(sent.iter().all(|text| text.starts_with("filter eventSource like /bedrock/")), "{sent:?}");
    only_read(&server);
    // Files or AWS, not both, and one of them.
    assert_eq!(shell.run("baseline logs --on aws --case c").code, 2);
    assert_eq!(shell.run("baseline --case c").code, 2);
}
