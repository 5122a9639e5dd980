//! The Linux audit log: the samples, and what the samples lack in lines of our own.

use proptest::prelude::*;
use std::io::Write as _;

use super::*;
use crate::decode::containers::{Item, Limits, read_records};
use crate::decode::endpoint::{audit_id, is_audit_record};

/// The records of a log.
fn records(log: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut log = log;
    read_records(&mut log, &Limits::default(), &mut |item| {
        match item {
            Item::Record { bytes, .. } => found.push(bytes.into_owned()),
            item => panic!("{item:?}"),
        }
        std::ops::ControlFlow::Continue(())
    });
    found
}

fn sample(name: &str) -> Vec<Vec<u8>> {
    let folder = std::env::var_os("OUTCROP_SAMPLES")
        .map_or_else(|| std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/samples"), std::path::PathBuf::from);
    std::fs::read(folder.join("endpoint").join(name)).map_or_else(
        |_| {
            let _ = writeln!(std::io::stderr(), "skipped: no {name} in {}", folder.display());
            Vec::new()
        },
        |log| records(&log),
    )
}

#[test]
fn the_normal_sample_read_by_eye() {
    // 17 lines, 5 serials.
    let expected = [
        ("2017-04-12T22:48:09.295Z", "0", "SYSCALL", "exe=/usr/bin/python2.7;58d1ccfb (deleted) comm=google_accounts syscall=42 success=no"),
        ("2017-04-12T22:48:11.036Z", "1000", "grep", "grep --color=auto mapping"),
        ("2017-04-12T22:48:11.038Z", "1000", "cat", "cat securitybeat"),
        ("2017-04-12T22:48:18.883Z", "0", "SYSCALL", "exe=/usr/libexec/postfix/master comm=master syscall=42 success=yes"),
        ("2017-04-12T22:48:18.883Z", "89", "SYSCALL", "exe=/usr/libexec/postfix/pickup comm=pickup syscall=43 success=yes"),
    ];
    let found = sample("auditd_normal.log");
    assert!(found.is_empty() || found.len() == expected.len());
    for (record, (time, user, action, detail)) in found.iter().zip(expected) {
        let [at, host, principal, what, service, said] = seen(record);
        assert_eq!([at, host, principal, what, service], [time, "", user, action, ""]);
        assert!(said.starts_with(detail), "{said}");
    }
    let outcomes: Vec<Outcome> = found.iter().map(|record| outcome(record)).collect();
    assert!(found.is_empty() || outcomes == [Outcome::Error, Outcome::Ok, Outcome::Ok, Outcome::Ok, Outcome::Ok]);
}

#[test]
fn the_mixed_sample_read_by_eye() {
    // 50 lines. Serial 479 has three lines with others between them, serial 17 has two: 47 records.
    let found = sample("auditd_rhel7.log");
    if found.is_empty() {
        return;
    }
    assert_eq!(found.len(), 47);
    let all: Vec<[String; 6]> = found.iter().map(|record| seen(record)).collect();
    let of = |action: &str| all.iter().filter(|seen| seen[3] == action).collect::<Vec<_>>();
    assert_eq!(of("auditctl"), [&["2016-12-07T02:20:31.371Z", "", "", "auditctl", "", "auditctl -a exit,always -F arch=b32 -S execve"]]);
    assert_eq!(of("cat")[0][5], "cat btest=test -f 'regex=8'".replace('\'', ""));
    assert_eq!(of("grep")[0][5], "grep --color=auto -e '[:alpha:]' /etc/passwd");
    assert!(of("jq")[0][5].starts_with(r#"jq . '{ "dev": "08:01", "inode": "19549646","#), "{}", of("jq")[0][5]);
    // USER_CMD: what sudo ran, in hexadecimal.
    assert_eq!(of("metricbeat"), [&["2016-12-07T02:20:31.363Z", "", "1000", "metricbeat", "", "./metricbeat -c mb.dev.yml"]]);
    assert_eq!(of("USER_TTY").iter().map(|seen| seen[5].as_str()).collect::<Vec<_>>(), ["exit", "su - andrew_kroh"]);
    let typed = &of("TTY")[0];
    assert!(typed[2] == "1000" && typed[5].contains("sudo su"), "{typed:?}");
    assert_eq!(of("USER_ERR").len(), 1);
    assert_eq!(of("UNKNOWN[1329]")[0][0], "");
    assert_eq!(of("CWD"), [&["2017-07-21T18:28:19.656Z", "", "", "CWD", "", "cwd=“/tmp/a b c”"]]);
    let failed: Vec<&String> = found.iter().zip(&all).filter(|(record, _)| outcome(record) == Outcome::Error).map(|(_, seen)| &seen[3]).collect();
    assert_eq!(failed, ["SYSCALL", "USER_ERR"]);
    let login = found.iter().find(|record| record.starts_with(b"type=USER_LOGIN ")).expect("a login");
    let mut tape = Tape::new();
    assert_eq!(decode(login, &mut tape).ip.as_deref(), Some("96.241.146.97"));
}

const EXEC: &str = "node=web-1 type=SYSCALL msg=audit(1700000000.123:42): arch=c000003e syscall=59 success=yes exit=0 ppid=1 pid=2 auid=1000 uid=0 comm=\"aws\" exe=\"/usr/local/bin/aws\" key=(null)\u{1d}ARCH=x86_64 SYSCALL=execve AUID=\"bob\" UID=\"root\"
node=web-1 type=SYSCALL msg=audit(1700000000.124:43): arch=c000003e syscall=42 success=yes auid=7 uid=7 exe=\"/bin/other\"
node=web-1 type=EXECVE msg=audit(1700000000.123:42): argc=6 a0=\"aws\" a1=\"bedrock\" a2=\"delete-guardrail\" a3_len=24 a3[0]=\"--guardrail-\" a3[1]=6964656E746966696572
node=web-1 type=EXECVE msg=audit(1700000000.123:42): a4=612062 a5=C3 a10=\"x\"
node=web-2 type=EXECVE msg=audit(1700000000.123:42): argc=1 a0=\"elsewhere\"
node=web-1 type=CWD msg=audit(1700000000.123:42):  cwd=\"/home/bob\"
";

#[test]
fn a_record_is_its_own_lines_only() {
    let found = records(EXEC.as_bytes());
    assert_eq!(found.len(), 3);
    // The first spans the lines of the other two.
    assert_eq!(found[0], EXEC.trim_end().as_bytes());
    let [time, host, principal, action, service, detail] = seen(&found[0]);
    assert_eq!([time, host, principal], ["2023-11-14T22:13:20.123Z", "web-1", "web-1/bob"]);
    assert_eq!((action.as_str(), service.as_str()), ("delete", "bedrock"));
    // An invalid byte is kept as a mark of its own.
    assert!(detail.starts_with("aws bedrock delete-guardrail --guardrail-identifier 'a b' ") && detail.ends_with(" x"), "{detail}");
    assert_eq!(command_call(&found[0]).expect("a call").option("--guardrail-identifier"), Some("a b"));
    assert_eq!(seen(&found[1])[3..], ["SYSCALL", "", "exe=/bin/other syscall=42 success=yes"]);
    assert_eq!(seen(&found[2])[1..4], ["web-2", "web-2", "elsewhere"]);
    let mut tape = Tape::new();
    assert_eq!(searched(&decode(&found[0], &mut tape))[1..], ["/usr/local/bin/aws", "/home/bob"]);
}

#[test]
fn a_character_cut_between_two_pieces() {
    let log = "type=EXECVE msg=audit(1.2:3): argc=2 a0=\"echo\" a1_len=4 a1[0]=C3 a1[1]=A961\n";
    assert_eq!(seen(log.as_bytes())[5], "echo éa");
}

#[test]
fn titles() {
    let title: String = "aws\0bedrock\0list-guardrails".bytes().map(|byte| format!("{byte:02X}")).collect();
    let line = format!("type=PROCTITLE msg=audit(1700000000.123:42): proctitle={title}");
    let exec =
        "type=SYSCALL msg=audit(1700000000.123:42): arch=c000003e syscall=59 success=no exit=-13 auid=4294967295 uid=1000 exe=\"/usr/bin/aws\"";
    let connect = exec.replace("syscall=59", "syscall=42");
    // Alone, or beside the call that started it.
    for record in [line.clone(), format!("{exec}\n{line}")] {
        assert_eq!(seen(record.as_bytes())[3..], ["list", "bedrock", "aws bedrock list-guardrails"]);
    }
    assert_eq!(outcome(exec.as_bytes()), Outcome::Error);
    // A process that is running makes other calls, and is not run again by them.
    let record = format!("{connect}\n{line}");
    assert_eq!(seen(record.as_bytes())[3], "SYSCALL");
    assert_eq!(command_call(record.as_bytes()), None);
    let mut tape = Tape::new();
    assert!(searched(&decode(record.as_bytes(), &mut tape)).iter().any(|text| text.contains("aws bedrock list-guardrails")));
    // Its arguments are missing.
    assert_eq!(seen(exec.as_bytes())[2..], ["1000", "aws", "", "/usr/bin/aws (its command line was not recorded)"]);
    // Cut at 128 bytes.
    let long = format!("type=PROCTITLE msg=audit(1.2:3): proctitle={}", "61".repeat(127));
    assert!(seen(long.as_bytes())[5].ends_with("a …"));
    let quoted = br#"type=PROCTITLE msg=audit(1.2:3): proctitle="/usr/sbin/crond""#;
    assert_eq!(seen(quoted)[3], "crond");
}

#[test]
fn arguments_without_the_first_are_no_command() {
    let record = b"type=EXECVE msg=audit(1.2:3): a7=\"rm\" a8=\"-rf\"";
    assert_eq!(seen(record)[3..], ["EXECVE", "", r#"a7="rm" a8="-rf""#]);
}

#[test]
fn the_end_of_an_event_ends_its_record() {
    let log = b"type=SYSCALL msg=audit(1.2:3): x=1\ntype=EOE msg=audit(1.2:3): \ntype=SYSCALL msg=audit(1.2:3): x=2\n----\ntime->Wed Apr 12\ntype=CWD msg=audit(1.2:4): cwd=\"/\"";
    let texts: Vec<String> = records(log).iter().map(|record| String::from_utf8_lossy(record).into_owned()).collect();
    assert_eq!(
        texts,
        [
            "type=SYSCALL msg=audit(1.2:3): x=1\ntype=EOE msg=audit(1.2:3):",
            "type=SYSCALL msg=audit(1.2:3): x=2",
            "type=CWD msg=audit(1.2:4): cwd=\"/\""
        ]
    );
}

#[test]
fn lines_too_far_apart_are_two_records() {
    let line = |serial: usize| format!("type=CWD msg=audit(1.2:{serial}): cwd=\"/\"\n");
    let near: String = (0..=64).map(line).collect::<String>() + &line(0);
    assert_eq!(records(near.as_bytes()).len(), 65);
    let far: String = (0..=65).map(line).collect::<String>() + &line(0);
    assert_eq!(records(far.as_bytes()).len(), 67);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn interleaved_serials_lose_no_line(serials in prop::collection::vec(0..40u32, 1..200)) {
        let log: String =
            serials.iter().enumerate().map(|(number, serial)| format!("type=CWD msg=audit(17.5:{serial}): item={number} cwd=\"/\"\n")).collect();
        // Every line is read by exactly one record: that of its serial.
        let mut read = Vec::new();
        for record in records(log.as_bytes()) {
            let mut lines = record.split(|byte| *byte == b'\n').filter(|line| is_audit_record(line));
            let first = lines.next().expect("a line");
            let id = audit_id(first).expect("an id").0;
            read.push(first.to_vec());
            read.extend(lines.filter(|line| audit_id(line).is_some_and(|(other, _)| other == id)).map(<[u8]>::to_vec));
        }
        read.sort();
        let mut lines: Vec<Vec<u8>> = log.lines().map(|line| line.as_bytes().to_vec()).collect();
        lines.sort();
        prop_assert_eq!(read, lines);
    }

    #[test]
    fn damaged_lines_are_endpoint_events(at in 0..EXEC.len(), bytes in prop::collection::vec(any::<u8>(), 0..6), cut in 0..EXEC.len()) {
        let mut log = EXEC.as_bytes().to_vec();
        log.splice(at..(at + bytes.len()).min(log.len()), bytes);
        log.truncate(cut.max(40));
        for record in [&log[..]].into_iter().chain(log.split(|byte| *byte == b'\n')) {
            let mut tape = Tape::new();
            let decoded = decode(record, &mut tape);
            prop_assert!(decoded.strand == Some(Strand::Endpoint) || !is_audit_record(record));
            prop_assert!(decoded.undecodable.is_none() || !is_audit_record(record));
            command_call(record);
        }
    }
}
