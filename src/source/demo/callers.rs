//! Who acts: the identities of the demo and how CloudTrail and the invocation log write them (FORMATS §3.5).

use super::json::Json;
use crate::model::Timestamp;

/// The shop itself: the assistant, the agents, the document pipeline.
pub(super) const PROD: &str = "111122223333";
/// Where data scientists work.
pub(super) const LAB: &str = "444455556666";
/// Buckets, embeddings and training.
pub(super) const DATA: &str = "777788889999";
/// Somebody else's account.
pub(super) const FOREIGN: &str = "999900001111";

/// How an identity is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) enum Form {
    /// An IAM user with a long-term credential.
    User,
    /// A session of a role.
    #[default]
    Role,
    /// A caller of another account, as the owner of the resource sees it: no ARN.
    Foreign,
    /// An AWS service acting for itself.
    Service,
    /// The root user of an account, signed in at the console.
    Root,
    /// Nobody to IAM: who calls with a token of another issuer. The account is the owner's of what is called.
    Anonymous,
}

/// An identity with one credential.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Caller {
    pub(super) form: Form,
    pub(super) account: &'static str,
    /// User, role or service name.
    pub(super) name: &'static str,
    /// IAM path with its slashes; `/` when there is none.
    pub(super) path: &'static str,
    /// `AROA…` or `AIDA…`.
    pub(super) id: &'static str,
    /// Session name; a `*` in it is replaced by digits of the hour, as scanners and runners do.
    pub(super) session: &'static str,
    pub(super) ip: &'static str,
    pub(super) agent: &'static str,
    pub(super) key: &'static str,
    /// Signed in at the console in this session.
    pub(super) console: bool,
}

impl Caller {
    const fn role(account: &'static str, name: &'static str, id: &'static str, session: &'static str, ip: &'static str, agent: &'static str) -> Self {
        Self { form: Form::Role, account, name, path: "/", id, session, ip, agent, key: "", console: false }
    }

    const fn sso(account: &'static str, name: &'static str, id: &'static str, person: &'static str, agent: &'static str) -> Self {
        let path = "/aws-reserved/sso.amazonaws.com/eu-west-1/";
        Self { form: Form::Role, account, name, path, id, session: person, ip: OFFICE, agent, key: "", console: false }
    }

    const fn user(account: &'static str, name: &'static str, id: &'static str, key: &'static str, ip: &'static str, agent: &'static str) -> Self {
        Self { form: Form::User, account, name, path: "/", id, session: "", ip, agent, key, console: false }
    }

    /// The same person or role from another address and program.
    pub(super) const fn from(mut self, ip: &'static str, agent: &'static str) -> Self {
        self.ip = ip;
        self.agent = agent;
        self
    }

    /// The same person in the AWS console.
    pub(super) const fn in_console(mut self) -> Self {
        self.agent = BROWSER;
        self.console = true;
        self
    }

    /// The session's name at that time.
    pub(super) fn session_at(&self, at: Timestamp) -> String {
        self.session.replace('*', &(at.as_millis() / 3_600_000 * 3600).to_string())
    }

    /// `identity.arn` of the invocation log, and `userIdentity.arn`.
    pub(super) fn arn(&self, at: Timestamp) -> String {
        match self.form {
            Form::User => format!("arn:aws:iam::{}:user{}{}", self.account, self.path, self.name),
            Form::Root => format!("arn:aws:iam::{}:root", self.account),
            _ => format!("arn:aws:sts::{}:assumed-role/{}/{}", self.account, self.name, self.session_at(at)),
        }
    }

    /// The access key in use: a user's own, or the session's, which changes twice a day as sessions do.
    pub(super) fn access_key(&self, at: Timestamp) -> String {
        if !self.key.is_empty() {
            return self.key.to_owned();
        }
        let half_day = at.as_millis() / 43_200_000;
        super::draw::Draw::labelled(self.id, half_day as usize).example_id("ASIA")
    }

    /// `userIdentity` of a CloudTrail record.
    pub(super) fn write(&self, at: Timestamp, json: &mut Json<'_>) {
        json.key("userIdentity").object();
        match self.form {
            Form::User => {
                json.field("type", "IAMUser").field("principalId", self.id).field("arn", &self.arn(at)).field("accountId", self.account);
                if !self.key.is_empty() {
                    json.field("accessKeyId", self.key);
                }
                json.field("userName", self.name);
            }
            Form::Role => self.write_session(at, json),
            Form::Foreign => {
                json.field("type", "AWSAccount").field("principalId", &format!("{}:{}", self.id, self.session)).field("accountId", self.account);
            }
            Form::Root => {
                json.field("type", "Root").field("principalId", self.account).field("arn", &self.arn(at)).field("accountId", self.account);
                json.field("accessKeyId", &self.access_key(at)).key("sessionContext").object().key("attributes").object();
                json.field("creationDate", &second(at.plus_millis(-240_000))).field("mfaAuthenticated", "false").end_object().end_object();
            }
            Form::Anonymous => {
                json.field("type", "AWSAccount").field("principalId", "").field("accountId", "anonymous");
            }
            Form::Service => {
                json.field("type", "AWSService").field("invokedBy", self.name);
            }
        }
        json.end_object();
    }

    fn write_session(&self, at: Timestamp, json: &mut Json<'_>) {
        let started = Timestamp::from_millis(at.as_millis() / 43_200_000 * 43_200_000 + 2_000);
        json.field("type", "AssumedRole").field("principalId", &format!("{}:{}", self.id, self.session_at(at)));
        json.field("arn", &self.arn(at)).field("accountId", self.account).field("accessKeyId", &self.access_key(at));
        json.key("sessionContext").object().key("sessionIssuer").object();
        json.field("type", "Role").field("principalId", self.id);
        json.field("arn", &format!("arn:aws:iam::{}:role{}{}", self.account, self.path, self.name));
        json.field("accountId", self.account).field("userName", self.name).end_object();
        json.key("attributes").object().field("creationDate", &second(started));
        json.field("mfaAuthenticated", if self.console { "true" } else { "false" }).end_object().end_object();
    }
}

/// `2026-11-09T08:00:01Z`: both logs write whole seconds.
pub(super) fn second(at: Timestamp) -> String {
    let days_seconds = at.as_millis().div_euclid(1000);
    // The week lies in one month, which spares the calendar on a path taken millions of times.
    let since = days_seconds - super::calendar::START / 1000;
    if !(0..7 * 86_400).contains(&since) {
        return at.to_jiff().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    }
    let (day, clock) = (9 + since / 86_400, since % 86_400);
    format!("2026-11-{day:02}T{:02}:{:02}:{:02}Z", clock / 3600, clock / 60 % 60, clock % 60)
}

/// The office's way out.
pub(super) const OFFICE: &str = "192.0.2.18";
/// Where production's private networks leave.
const NAT: &str = "198.51.100.24";
const DATA_NAT: &str = "198.51.100.87";

pub(super) const BROWSER: &str =
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36";
pub(super) const BOTO_LAMBDA: &str = "Boto3/1.40.61 md/Botocore#1.40.61 ua/2.1 os/linux#5.10.244 md/arch#arm64 lang/python#3.13.7 md/pyimpl#CPython exec-env/AWS_Lambda_python3.13 cfg/retry-mode#standard Botocore/1.40.61";
pub(super) const BOTO_LAPTOP: &str = "Boto3/1.40.70 md/Botocore#1.40.70 ua/2.1 os/macos#25.1.0 md/arch#arm64 lang/python#3.12.11 md/pyimpl#CPython cfg/retry-mode#legacy Botocore/1.40.70";
const BOTO_BATCH: &str = "Boto3/1.39.4 md/Botocore#1.39.4 ua/2.1 os/linux#6.1.153 md/arch#x86_64 lang/python#3.11.13 md/pyimpl#CPython exec-env/AWS_ECS_FARGATE cfg/retry-mode#adaptive Botocore/1.39.4";
const JS_SDK: &str =
    "aws-sdk-js/3.921.0 ua/2.1 os/linux#5.10.244 lang/js md/nodejs#22.20.0 exec-env/AWS_Lambda_nodejs22.x api/bedrock-runtime#3.921.0";
const RUNNER: &str = "aws-sdk-go-v2/1.39.4 ua/2.1 os/linux lang/go#1.25.3 md/GOARCH#amd64 md/GOOS#linux api/bedrock-runtime#1.42.1";

/// The web shop's assistant, a Lambda function.
pub(super) const ASSISTANT: Caller = Caller::role(PROD, "acme-support-assistant", "AROAASSISTANTEXAMPLE", "acme-support-assistant-chat", NAT, JS_SDK);
/// Its twin for the European shop.
pub(super) const ASSISTANT_EU: Caller =
    Caller::role(PROD, "acme-support-assistant-eu", "AROAASSISTEUXEXAMPLE", "acme-support-assistant-eu-chat", "198.51.100.31", JS_SDK);
/// Summaries, product texts and translations; a task on Fargate.
pub(super) const PIPELINE: Caller =
    Caller::role(PROD, "acme-doc-pipeline", "AROADOCPIPELNEXAMPLE", "8c1f0a52d7be4c0f9d1be6a7430c2d11", NAT, BOTO_BATCH);
/// The service role of the order-desk agent.
pub(super) const ORDER_AGENT: Caller = Caller::role(
    PROD,
    "AmazonBedrockExecutionRoleForAgents_ORDERDESK",
    "AROAORDERDESKEXAMPLE",
    "BedrockAgents-ORDERDESK1",
    "bedrock.amazonaws.com",
    "bedrock.amazonaws.com",
);
/// Nightly embeddings of the catalogue.
pub(super) const EMBEDDER: Caller = Caller::role(DATA, "acme-embedding-etl", "AROAEMBEDDERXEXAMPLE", "etl-*", DATA_NAT, BOTO_BATCH);
/// Builds and deploys; also asks a model to review changes.
pub(super) const DEPLOYER: Caller = Caller::role(PROD, "acme-ci-deploy", "AROACIDEPLOYXEXAMPLE", "GitHubActions", "198.51.100.140", RUNNER);
/// Lists everything every night, under a new session name each time.
pub(super) const SCANNER: Caller =
    Caller::role(PROD, "acme-posture-scanner", "AROASCANNERXXEXAMPLE", "scan-*", "198.51.100.200", "acme-posture/4.2 Botocore/1.40.12");
/// The same scanner in the other accounts.
pub(super) const SCANNER_LAB: Caller = Caller { account: LAB, id: "AROASCANNERLBEXAMPLE", ..SCANNER };
/// The same scanner in the other accounts.
pub(super) const SCANNER_DATA: Caller = Caller { account: DATA, id: "AROASCANNERDTEXAMPLE", ..SCANNER };
/// Starts customisation jobs.
pub(super) const TRAINER: Caller = Caller::role(DATA, "acme-ml-training", "AROATRAINERXXEXAMPLE", "tuning-scheduler", DATA_NAT, BOTO_BATCH);

const SCIENCE: &str = "AWSReservedSSO_DataScience_4f1c2ab98d0e7735";
/// Data scientists, by e-mail.
pub(super) const SCIENTISTS: [Caller; 4] = [
    Caller::sso(LAB, SCIENCE, "AROADATASCIENEXAMPLE", "priya.raman@example.com", BOTO_LAPTOP),
    Caller::sso(LAB, SCIENCE, "AROADATASCIENEXAMPLE", "tomas.berger@example.com", BOTO_LAPTOP),
    Caller::sso(LAB, SCIENCE, "AROADATASCIENEXAMPLE", "maya.lindqvist@example.com", BOTO_LAPTOP),
    Caller::sso(LAB, SCIENCE, "AROADATASCIENEXAMPLE", "owen.hartley@example.com", BOTO_LAPTOP),
];
const ADMIN: &str = "AWSReservedSSO_PlatformAdmin_90be1d6a55c3f812";
/// The administrator who repairs things.
pub(super) const OKAFOR: Caller = Caller::sso(PROD, ADMIN, "AROAPLATADMINEXAMPLE", "n.okafor@example.com", BROWSER).in_console();
/// The administrator whose laptop speaks in the fourth story.
pub(super) const KESSLER: Caller = Caller::sso(PROD, ADMIN, "AROAPLATADMINEXAMPLE", "a.kessler@example.com", CLI_LAPTOP);
const CLI_LAPTOP: &str = "aws-cli/2.31.32 md/awscrt#0.28.4 ua/2.1 os/macos#25.1.0 md/arch#arm64 lang/python#3.13.9 md/pyimpl#CPython cfg/retry-mode#standard md/installer#exe md/prompt#off";
/// A contractor who labels support conversations.
pub(super) const CONTRACTOR: Caller =
    Caller::sso(DATA, "AWSReservedSSO_DataLabeling_c2077be1a94d3f60", "AROALABELINGXEXAMPLE", "j.kowal.ext@example.com", BOTO_LAPTOP)
        .from("203.0.113.140", CLI_LAPTOP);
/// The chat on the start page, open to everybody: where the third story happens.
pub(super) const CONCIERGE: Caller =
    Caller::role(PROD, "acme-web-concierge", "AROACONCIERGEEXAMPLE", "acme-web-concierge-chat", "198.51.100.25", BOTO_LAMBDA);
/// A principal of an account nobody here knows, through a bucket policy that is too generous.
pub(super) const STRANGER: Caller = Caller {
    form: Form::Foreign,
    account: FOREIGN,
    name: "",
    path: "/",
    id: "AROASTRANGERXEXAMPLE",
    session: "sync",
    ip: "203.0.113.77",
    agent: "[Boto3/1.37.1 md/Botocore#1.37.1 ua/2.0 os/linux#6.8.0 md/arch#x86_64 lang/python#3.12.3 Botocore/1.37.1]",
    key: "",
    console: false,
};
/// The user whose key leaked; by day it runs a report from production's own network.
pub(super) const REPORTING: Caller = Caller::user(PROD, "svc-ml-reporting", "AIDAMLREPORTXEXAMPLE", "AKIALEAKDEMO7EXAMPLE", NAT, BOTO_BATCH);
/// The silent user behind a long-term Bedrock API key.
pub(super) const API_KEY: Caller = Caller::user(LAB, "BedrockAPIKey-k7dp", "AIDABEDROCKAKEXAMPLE", "", "203.0.113.201", "python-requests/2.32.5");
/// The role of the pilot's AgentCore runtime, in the laboratory.
pub(super) const PILOT: Caller = Caller::role(
    LAB,
    "AmazonBedrockAgentCoreSDKRuntime-us-east-1-7c9d31ab20",
    "AROARETPILOTXEXAMPLE",
    "BedrockAgentCore-returns_pilot",
    "198.51.100.61",
    "Boto3/1.40.72 md/Botocore#1.40.72 ua/2.1 os/linux#6.1.155 md/arch#arm64 lang/python#3.13.9 md/pyimpl#CPython cfg/retry-mode#legacy Botocore/1.40.72",
);
/// Who calls the pilot's gateway from outside, with a token of somebody else's identity provider.
pub(super) const GUEST: Caller = Caller {
    form: Form::Anonymous,
    account: LAB,
    name: "",
    path: "/",
    id: "",
    session: "",
    ip: "203.0.113.118",
    agent: "python-httpx/0.28.1",
    key: "",
    console: false,
};
/// The laboratory's root user, from the guest's address.
pub(super) const LAB_ROOT: Caller = Caller { form: Form::Root, id: "LABROOT", agent: BROWSER, console: true, ..GUEST };
