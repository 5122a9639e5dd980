//! The real binary against emulators that nobody here wrote: moto and ministack, as programs of their own on loopback. Neither knows
//! conditions, so what they prove is the wire: discovery, pages, times, and that every event comes in once.
//!
//! They come from PyPI (`pip install 'moto[server]==5.2.5' 'ministack==1.5.33'`). `OUTCROP_EMULATORS` names the folder of their
//! programs when that is not in `PATH`.

use std::collections::BTreeMap;
use std::env;
use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::config::{BehaviorVersion, Builder, Credentials, Region};
use aws_sdk_cloudwatchlogs::types::InputLogEvent;

use crate::fetching::{answers_as_the_files, records_in, records_of};
use crate::server::seed::TRAIL;
use crate::server::world::{LogEvent, World};
use crate::shell::Shell;
use crate::worlds::demo;

const DAY: i64 = 86_400_000;

/// An emulator at work. It ends when dropped.
pub struct Emulator {
    child: Child,
    port: u16,
}

impl Emulator {
    /// Starts one, unless it is not installed.
    fn start(program: &str, arguments: &dyn Fn(u16) -> (Vec<String>, Vec<(&'static str, String)>)) -> Option<Self> {
        let Some(path) = installed(program) else {
            let _ = writeln!(
                std::io::stderr(),
                "skipped: {program} is not installed (tests/aws/emulators.rs says how; OUTCROP_EMULATORS names its folder)"
            );
            return None;
        };
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr()).expect("a port").port();
        let (words, variables) = arguments(port);
        let mut command = Command::new(path);
        command.args(words).envs(variables).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut emulator = Self { child: command.spawn().expect("it starts"), port };
        let until = Instant::now() + Duration::from_mins(2);
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            assert!(Instant::now() < until && emulator.child.try_wait().expect("a status").is_none(), "{program} does not come up");
            thread::sleep(Duration::from_millis(100));
        }
        Some(emulator)
    }

    pub fn moto() -> Option<Self> {
        Self::start("moto_server", &|port| (["-H", "127.0.0.1", "-p"].map(str::to_owned).into_iter().chain([port.to_string()]).collect(), Vec::new()))
    }

    fn ministack() -> Option<Self> {
        Self::start("ministack", &|port| {
            (Vec::new(), vec![("BIND_HOST", "127.0.0.1".to_owned()), ("GATEWAY_PORT", port.to_string()), ("SERVICES", "logs,sts".to_owned())])
        })
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let url = self.url();
        let all = [("AWS_ENDPOINT_URL", url.as_str()), ("AWS_REGION", "us-east-1"), ("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")];
        all.map(|(name, value)| (name, value.to_owned())).to_vec()
    }

    fn client(&self, region: &str) -> Client {
        let config = Builder::new()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .endpoint_url(self.url())
            .region(Region::new(region.to_owned()))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"));
        Client::from_conf(config.build())
    }

    /// Puts all events of a world into their groups and streams, each at its time.
    pub async fn seed(&self, world: &World, logged: impl Fn(&LogEvent) -> i64) {
        for region in world.region_names() {
            let client = self.client(&region);
            let mut streams: BTreeMap<(String, String), Vec<(i64, String)>> = BTreeMap::new();
            let groups = world.region(&region).expect("a Region").groups().clone();
            for (name, group) in &groups {
                client.create_log_group().log_group_name(name).send().await.expect("a group");
                for event in &group.events {
                    streams.entry((name.clone(), event.stream.clone())).or_default().push((logged(event), event.message.clone()));
                }
            }
            for ((group, stream), events) in streams {
                client.create_log_stream().log_group_name(&group).log_stream_name(&stream).send().await.expect("a stream");
                for batch in batches(&events) {
                    let events =
                        batch.iter().map(|(at, message)| InputLogEvent::builder().timestamp(*at).message(message).build().expect("an event"));
                    let put = client.put_log_events().log_group_name(&group).log_stream_name(&stream).set_log_events(Some(events.collect()));
                    let answer = put.send().await.expect("events are taken");
                    assert!(answer.rejected_log_events_info().is_none(), "all of them: {answer:?}");
                }
            }
        }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn installed(program: &str) -> Option<PathBuf> {
    let folders = env::var_os("OUTCROP_EMULATORS").map(PathBuf::from).into_iter();
    let path = env::var_os("PATH").unwrap_or_default();
    folders.chain(env::split_paths(&path)).map(|folder| folder.join(program)).find(|path| path.is_file())
}

/// As `PutLogEvents` takes them: 1 MB, and a day at most.
fn batches(events: &[(i64, String)]) -> Vec<&[(i64, String)]> {
    let (mut batches, mut start, mut size) = (Vec::new(), 0, 0);
    for (at, (time, message)) in events.iter().enumerate() {
        size += message.len() + 26;
        if at > start && (size > 1_000_000 || at - start >= 10_000 || time - events[start].0 >= DAY) {
            batches.push(&events[start..at]);
            (start, size) = (at, message.len() + 26);
        }
    }
    batches.push(&events[start..]);
    batches
}

/// The demo's week within the last day: events are logged when they are sent, whenever they happened, and emulators take none that
/// are older than two weeks.
fn logged(events: &[Arc<LogEvent>]) -> impl Fn(&LogEvent) -> i64 + use<> {
    let newest = events.iter().map(|event| event.time).max().expect("events");
    let now = jiff::Timestamp::now().as_millisecond() - 600_000;
    move |event| now - (newest - event.time) / 8
}

fn fetches_the_demo(name: &str, emulator: &Emulator) {
    let world = demo();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(emulator.seed(&world, logged(&world.events())));
    let shell = Shell::with(name, emulator.environment());
    let regions = world.region_names().join(",");
    let answer = shell.run(&format!("fetch --since 24h --region {regions} --case fetched --format json")).exits(0);
    let fetched = answer.json();
    assert_eq!((fetched["complete"].as_bool(), fetched["duplicate"].as_u64()), (Some(true), Some(0)), "{fetched}");
    assert_eq!(records_of(&shell.at("fetched")), records_in(&world));
    // And once more: nothing new, nothing twice.
    let again = shell.run(&format!("fetch --since 24h --region {regions} --case fetched --format json")).exits(0).json();
    assert_eq!(again["events"].as_object().map(|strands| strands.values().filter_map(serde_json::Value::as_u64).sum::<u64>()), Some(0), "{again}");
    assert_eq!(records_of(&shell.at("fetched")), records_in(&world));
    answers_as_the_files(&shell, "fetched");
    let newest = shell
        .ask("fields @timestamp, @message | sort @timestamp desc | limit 7", &format!("--since 24h --log-group {TRAIL} --format ndjson"))
        .exits(0);
    assert_eq!(newest.out.lines().count(), 7, "{}", newest.err);
}

#[test]
fn the_demo_comes_in_once_from_moto() {
    if let Some(emulator) = Emulator::moto() {
        fetches_the_demo("moto", &emulator);
    }
}

#[test]
fn the_demo_comes_in_once_from_ministack() {
    if let Some(emulator) = Emulator::ministack() {
        fetches_the_demo("ministack", &emulator);
    }
}
