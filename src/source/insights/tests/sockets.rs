//! Servers that misbehave below HTTP: the real connector against sockets on loopback.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_cloudwatchlogs::config::timeout::TimeoutConfig;
use aws_sdk_cloudwatchlogs::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};

use super::super::client;
use super::super::fault::{AwsError, Fault};
use super::super::link::Link;
use super::super::session::{Aws, Question};
use super::fake::hurried;
use crate::model::live::{Seconds, Site};

/// Longer than any answer takes.
const LONG: Duration = Duration::from_mins(1);

/// What is said of a server whose answer is waited for so long.
fn asked(wait: Duration, endpoint: &str) -> AwsError {
    let timeouts = TimeoutConfig::builder().connect_timeout(LONG).read_timeout(wait).build();
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("us-east-1"))
        .endpoint_url(endpoint)
        .timeout_config(timeouts)
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new("AKIDEXAMPLE", "secret", None, None, "test")))
        .build();
    let mut manners = hurried();
    manners.attempts = 2;
    let aws = Aws::of(vec![Link::with(Site::default(), config.clone(), client::reading(&config), manners).unwrap()]);
    let question = Question { text: "fields a".into(), groups: vec!["g".into()], span: Seconds::new(0, 9), ..Question::default() };
    aws.run(&question, &AtomicBool::new(false), &mut |_| {}).expect_err("a mishap")
}

/// A server that does the same to every connection.
fn server(treat: fn(TcpStream)) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || listener.incoming().flatten().for_each(treat));
    format!("http://{address}")
}

fn read_some(stream: &mut TcpStream) {
    let _ = stream.read(&mut [0; 4096]);
}

#[test]
fn below_http_too_each_mishap_has_its_words() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = asked(LONG, &format!("http://{closed}"));
    assert!(matches!(error.fault, Fault::Unreachable(ref why) if why.contains("refused")), "{error:?}");
    let error = asked(LONG, &server(|mut stream| read_some(&mut stream)));
    assert_eq!(error.fault, Fault::Cut, "closed without an answer");
    let error = asked(
        LONG,
        &server(|mut stream| {
            read_some(&mut stream);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.1\r\ncontent-length: 100\r\n\r\n{\"que");
        }),
    );
    assert_eq!(error.fault, Fault::Cut, "half an answer");
    let error = asked(
        Duration::from_millis(200),
        &server(|mut stream| {
            read_some(&mut stream);
            std::thread::sleep(LONG);
        }),
    );
    assert_eq!(error.fault, Fault::Silent, "nothing at all");
    let error = asked(
        LONG,
        &server(|mut stream| {
            read_some(&mut stream);
            let _ = stream.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 13\r\n\r\n<html></html>");
        }),
    );
    assert!(matches!(error.fault, Fault::NotAws(ref what) if what.contains("403")), "{error:?}");
}
