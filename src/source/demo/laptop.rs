//! Endpoint telemetry of the office's laptops, as Jamf Protect streams it (FORMATS §5).

use super::draw::Draw;
use super::json::Json;
use crate::model::Timestamp;

/// A computer and its user.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Laptop {
    pub(super) host: &'static str,
    pub(super) user: &'static str,
    pub(super) uid: u64,
    pub(super) address: &'static str,
    pub(super) serial: &'static str,
}

/// The fourth story's laptop.
pub(super) const KESSLER_LAPTOP: Laptop = Laptop { host: "mb-kessler-14", user: "akessler", uid: 503, address: "10.20.4.61", serial: "FVFDEMO14KES" };

/// All laptops.
pub(super) const LAPTOPS: [Laptop; 4] = [
    KESSLER_LAPTOP,
    Laptop { host: "mb-raman-07", user: "praman", uid: 501, address: "10.20.4.17", serial: "FVFDEMO07RAM" },
    Laptop { host: "mb-berger-11", user: "tberger", uid: 501, address: "10.20.4.32", serial: "FVFDEMO11BER" },
    Laptop { host: "mb-lindqvist-03", user: "mlindqvist", uid: 502, address: "10.20.4.45", serial: "FVFDEMO03LIN" },
];

/// Appends the execution of a command.
pub(super) fn exec(laptop: &Laptop, at: Timestamp, arguments: &[&str], draw: &mut Draw, out: &mut Vec<u8>) {
    let program = arguments.first().copied().unwrap_or_default();
    let path = match program {
        "aws" => "/usr/local/bin/aws".to_owned(),
        "python3" | "node" | "gh" | "jq" | "terraform" => format!("/opt/homebrew/bin/{program}"),
        _ => format!("/usr/bin/{program}"),
    };
    let (pid, parent) = (u64::from(draw.between(2_000, 98_000)), u64::from(draw.between(600, 2_000)));
    let time = at.to_string();
    let token = |json: &mut Json<'_>, key: &str, pid: u64, draw: &mut Draw| {
        json.key(key).object().field_number("asid", 100_010).field_number("auid", laptop.uid).field_number("egid", 20);
        json.field_number("euid", laptop.uid).field_number("pid", pid).field_number("pidversion", pid * 6 + 11).field_number("rgid", 20);
        json.field_number("ruid", laptop.uid).field("uuid", &draw.uuid().to_uppercase()).end_object();
    };
    let mut json = Json::new(out);
    json.object().key("action").object().key("result").object().key("result").object().field_number("auth", 0).end_object();
    json.field_number("result_type", 0).end_object().end_object().field_number("action_type", 1).field_number("deadline", 0);
    json.key("event").object().key("exec").object().key("args").array();
    for argument in arguments {
        json.text(argument);
    }
    json.end_array().key("cwd").object().field("path", &format!("/Users/{}/work", laptop.user)).field_bool("path_truncated", false).end_object();
    json.field("dyld_exec_path", &path).key("env").array().text(&format!("USER={}", laptop.user)).text("SHELL=/bin/zsh");
    json.text("TERM=xterm-256color").text(&format!("HOME=/Users/{}", laptop.user)).text("LANG=en_GB.UTF-8").end_array();
    json.key("target").object();
    token(&mut json, "audit_token", pid, draw);
    json.field("cdhash", &draw.hex(40)).field_number("codesigning_flags", 570_493_697).key("executable").object().field("path", &path);
    json.field_bool("path_truncated", false).end_object().field_number("group_id", pid).field_bool("is_es_client", false);
    json.field_bool("is_platform_binary", path.starts_with("/usr/bin")).field_number("original_ppid", parent);
    token(&mut json, "parent_audit_token", parent, draw);
    json.field_number("ppid", parent).field_number("session_id", 1).field("signing_id", &format!("com.example.{program}"));
    json.field("start_time", &time).end_object().end_object().end_object();
    json.field_number("event_type", 9).field_number("glob_seq_num", u64::from(draw.between(1_000, 900_000)));
    json.key("host").object().field("hostname", laptop.host).key("ips").array().text(laptop.address).end_array();
    json.field("os", "Version 26.1 (Build 25B78)").field("protectVersion", "7.2.0.4").field("serial", laptop.serial).end_object();
    json.field_number("mach_time", at.as_millis() as u64 % 1_000_000_000 * 24_000);
    json.key("metadata").object().field("product", "Device Telemetry Stream").field("schemaVersion", "1.0").field("vendor", "Jamf").end_object();
    json.key("process").object();
    token(&mut json, "audit_token", pid, draw);
    json.key("executable").object().field("path", "/bin/zsh").field_bool("path_truncated", false).end_object();
    json.field_number("ppid", parent).field("signing_id", "com.apple.zsh").field("start_time", &time).end_object();
    json.field_number("seq_num", u64::from(draw.between(100, 90_000))).field("time", &time);
    json.field("uuid", &draw.uuid().to_uppercase()).field_number("version", 9).end_object();
}
