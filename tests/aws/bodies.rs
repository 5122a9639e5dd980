//! Bodies in S3: only those that records name, only after somebody agreed, and only read.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

use crate::asking::only_read;
use crate::emulators::Emulator;
use crate::server::faults::{Fault, on};
use crate::server::seed::{HOME, INVOCATIONS};
use crate::server::world::{Lines, World};
use crate::server::{Options, Server};
use crate::shell::Shell;

const BUCKET: &str = "acme-bedrock-logs";
const HOURS: &str = "--since 2026-11-10T12:00:00Z --until 2026-11-10T16:00:00Z";

fn request(number: usize) -> String {
    format!("{number:08x}-0000-4000-8000-00000000000a")
}

fn key(number: usize, side: &str) -> String {
    format!("logs/data/{}_{side}.json.gz", request(number))
}

/// A record whose bodies lie in S3.
pub fn record(number: usize, path: &str) -> String {
    let (id, answer) = (request(number), key(number, "output"));
    format!(
        r#"{{"schemaType":"ModelInvocationLog","schemaVersion":"1.0","timestamp":"2026-11-10T12:00:0{number}Z","accountId":"111122223333","identity":{{"arn":"arn:aws:iam::111122223333:user/svc"}},"region":"us-east-1","requestId":"{id}","operation":"Converse","modelId":"anthropic.claude-3-haiku-20240307-v1:0","input":{{"inputContentType":"application/json","inputBodyS3Path":"{path}","inputTokenCount":9}},"output":{{"outputContentType":"application/json","outputBodyS3Path":"s3://{BUCKET}/{answer}","outputTokenCount":5}}}}"#
    )
}

pub fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).expect("written");
    encoder.finish().expect("an end")
}

pub fn question(text: &str) -> String {
    format!(r#"{{"messages":[{{"role":"user","content":[{{"text":"{text}"}}]}}]}}"#)
}

pub fn answer(text: &str) -> String {
    format!(r#"{{"output":{{"message":{{"role":"assistant","content":[{{"text":"{text}"}}]}}}},"stopReason":"end_turn"}}"#)
}

/// Two records: all of the first is in S3; of the second the question is gone, and what it names as its answer is there. A third
/// names somebody else's object.
fn server() -> Server {
    let ours = |number| format!("s3://{BUCKET}/{}", key(number, "input"));
    let messages = vec![record(1, &ours(1)), record(2, &ours(2)), record(3, "s3://acme-payroll/2026/salaries.csv")];
    let lines = Lines { region: HOME.to_owned(), group: INVOCATIONS.to_owned(), stream: "s".to_owned(), messages };
    let put = |key: String, text: &str| (format!("{BUCKET}/{key}"), gzip(text));
    let secret = "my key is AKIAIOSFODNN7EXAMPLE and wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    let mut objects = vec![
        put(key(1, "input"), &question(&format!("a very long question; {secret}"))),
        put(key(1, "output"), &answer("a very long answer")),
        put(key(2, "output"), &answer("the second answer")),
        put(key(3, "output"), &answer("the third answer")),
    ];
    objects.push(("acme-payroll/2026/salaries.csv".to_owned(), b"name,salary".to_vec()));
    Server::start(World::of(vec![lines]), Options { objects: objects.into_iter().collect(), ..Options::default() })
}

fn paths(server: &Server, action: &str) -> Vec<String> {
    let calls = server.calls_of(action).into_iter().filter(|call| call.service == "s3");
    let mut paths: Vec<String> = calls.map(|call| call.body.as_str().expect("a path").to_owned()).collect();
    paths.sort();
    paths
}

fn notes(fetched: &Value) -> String {
    fetched["notes"].as_array().expect("a list").iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n")
}

#[test]
fn they_are_priced_first_and_read_when_agreed_to() {
    let server = server();
    let shell = Shell::new("bodies", &server);
    let fetch = |flags: &str, code: i32| shell.run(&format!("fetch {HOURS} --case c --format json {flags}")).exits(code).json();
    // Without the flag nobody looks at S3.
    fetch("", 0);
    assert_eq!(server.calls().iter().filter(|call| call.service == "s3").count(), 0);
    let shown = || shell.run(&format!("show {} --case c --format json", request(1))).exits(0).json()[0]["exchange"].clone();
    assert_eq!(shown()["body"], "s3");
    // Not on a terminal, and nobody has agreed: sizes and price, and no object.
    let told = notes(&fetch("--s3-bodies", 3));
    let size: usize = [key(1, "input"), key(1, "output"), key(2, "output"), key(3, "output")]
        .iter()
        .map(|key| server.objects()[&format!("{BUCKET}/{key}")].len())
        .sum();
    assert!(told.contains(&format!("4 bodies, {size} B, lie in S3 ({BUCKET}): reading them costs <$0.001 at most")), "{told}");
    assert!(told.contains("--yes"), "{told}");
    assert!(told.contains("salaries.csv: this is not the body of the request that names it"), "{told}");
    assert!(told.contains(&format!("look at s3://{BUCKET}/{}", key(2, "input"))) && told.contains("no such object"), "{told}");
    assert_eq!(paths(&server, "GetObject"), Vec::<String>::new());
    // Agreed to.
    let told = notes(&fetch("--s3-bodies --yes", 3));
    assert!(told.contains("4 bodies read from S3"), "{told}");
    let expected: Vec<String> =
        [key(1, "input"), key(1, "output"), key(2, "output"), key(3, "output")].iter().map(|key| format!("/{BUCKET}/{key}")).collect();
    assert_eq!(paths(&server, "GetObject"), expected);
    let exchange = shown();
    let text = exchange.to_string();
    assert!(text.contains("a very long question") && exchange["completion"] == "a very long answer", "{text}");
    assert!(!text.contains("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), "masked as others are: {text}");
    // What is there is not read again; what is gone is still named.
    let told = notes(&fetch("--s3-bodies --yes", 3));
    assert!(told.contains("no such object"), "{told}");
    assert_eq!(paths(&server, "GetObject").len(), 4);
    only_read(&server);
    assert!(server.calls().iter().all(|call| !call.body.to_string().contains("salaries")), "nobody asked for what is no body");
}

#[test]
fn they_are_read_from_moto_too() {
    use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};

    let Some(emulator) = Emulator::moto() else { return };
    let path = format!("s3://{BUCKET}/{}", key(1, "input"));
    let now = jiff::Timestamp::now().as_millisecond() - 1_800_000;
    let lines = Lines { region: HOME.to_owned(), group: INVOCATIONS.to_owned(), stream: "s".to_owned(), messages: vec![record(1, &path)] };
    let world = World::of(vec![lines]);
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .endpoint_url(emulator.url())
        .region(Region::new(HOME))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .force_path_style(true)
        .build();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        emulator.seed(&world, |_| now).await;
        let client = aws_sdk_s3::Client::from_conf(config);
        client.create_bucket().bucket(BUCKET).send().await.expect("a bucket");
        for (side, text) in [("input", question("asked at length")), ("output", answer("answered at length"))] {
            client.put_object().bucket(BUCKET).key(key(1, side)).body(gzip(&text).into()).send().await.expect("an object");
        }
    });
    let shell = Shell::with("bodies_moto", emulator.environment());
    let told = notes(&shell.run("fetch --since 2h --case c --format json --s3-bodies --yes").exits(0).json());
    assert!(told.contains("2 bodies read from S3"), "{told}");
    let exchange = shell.run(&format!("show {} --case c --format json", request(1))).exits(0).json()[0]["exchange"].clone();
    assert!(exchange["user_text"] == "asked at length" && exchange["completion"] == "answered at length", "{exchange}");
}

#[test]
fn what_may_not_be_read_is_said() {
    let server = server();
    server.fault(on("HeadObject", Fault::Denied));
    let shell = Shell::new("bodies_denied", &server);
    let told = notes(&shell.run(&format!("fetch {HOURS} --case c --format json --s3-bodies --yes")).exits(3).json());
    assert!(told.contains("access denied: s3:GetObject is needed"), "{told}");
    assert_eq!(paths(&server, "GetObject"), Vec::<String>::new());
}
