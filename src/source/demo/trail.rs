//! One CloudTrail record (FORMATS §3.1).

use super::callers::{Caller, Form, second};
use super::json::Json;
use crate::model::Timestamp;

/// What happened, as CloudTrail tells it. The JSON pieces are JSON already; empty means `null`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call<'a> {
    pub(super) at: Timestamp,
    pub(super) caller: &'a Caller,
    /// The account the trail belongs to: the owner of the resource, where that is not the caller's.
    pub(super) account: &'a str,
    pub(super) region: &'a str,
    /// Service prefix, as in `bedrock.amazonaws.com`.
    pub(super) service: &'a str,
    pub(super) name: &'a str,
    pub(super) read_only: bool,
    pub(super) data: bool,
    pub(super) error: Option<(&'a str, &'a str)>,
    pub(super) parameters: &'a str,
    pub(super) response: &'a str,
    pub(super) additional: &'a str,
    pub(super) resources: &'a str,
    pub(super) request: &'a str,
    pub(super) event: &'a str,
    /// Host asked, when it is not `{service}.{region}.amazonaws.com`.
    pub(super) host: &'a str,
    /// What follows the caller's program in the user agent, such as ` md/command#s3.rm`.
    pub(super) command: &'a str,
}

impl<'a> Call<'a> {
    /// A successful read of the control plane; the caller changes what differs.
    pub(super) fn new(at: Timestamp, caller: &'a Caller, region: &'a str, service: &'a str, name: &'a str) -> Self {
        Self {
            at,
            caller,
            account: caller.account,
            region,
            service,
            name,
            read_only: true,
            data: false,
            error: None,
            parameters: "",
            response: "",
            additional: "",
            resources: "",
            request: "",
            event: "",
            host: "",
            command: "",
        }
    }

    /// Appends the record.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let or_null = |json: &'a str| if json.is_empty() { "null" } else { json };
        let mut json = Json::new(out);
        json.object().field("eventVersion", "1.11");
        self.caller.write(self.at, &mut json);
        json.field("eventTime", &second(self.at)).key("eventSource").text(&format!("{}.amazonaws.com", self.service));
        json.field("eventName", self.name).field("awsRegion", self.region);
        let service = self.caller.form == Form::Service;
        json.field("sourceIPAddress", if service { self.caller.name } else { self.caller.ip });
        match (service, self.service, self.command) {
            (true, ..) => json.field("userAgent", self.caller.name),
            (_, _, "") => json.field("userAgent", self.caller.agent),
            (_, "s3", command) => json.field("userAgent", &format!("[{}{command}]", self.caller.agent)),
            (.., command) => json.field("userAgent", &format!("{}{command}", self.caller.agent)),
        };
        if let Some((code, message)) = self.error {
            json.field("errorCode", code).field("errorMessage", message);
        }
        json.field_raw("requestParameters", or_null(self.parameters)).field_raw("responseElements", or_null(self.response));
        if !self.additional.is_empty() {
            json.field_raw("additionalEventData", self.additional);
        }
        json.field("requestID", self.request).field("eventID", self.event).field_bool("readOnly", self.read_only);
        if !self.resources.is_empty() {
            json.field_raw("resources", self.resources);
        }
        json.field("eventType", "AwsApiCall").field_bool("managementEvent", !self.data).field("recipientAccountId", self.account);
        json.field("eventCategory", if self.data { "Data" } else { "Management" });
        json.key("tlsDetails").object().field("tlsVersion", "TLSv1.3").field("cipherSuite", "TLS_AES_128_GCM_SHA256");
        if self.host.is_empty() {
            json.field("clientProvidedHostHeader", &format!("{}.{}.amazonaws.com", self.service, self.region));
        } else {
            json.field("clientProvidedHostHeader", self.host);
        }
        json.end_object();
        if self.caller.console {
            json.field("sessionCredentialFromConsole", "true");
        }
        json.end_object();
    }
}
