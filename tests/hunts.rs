//! Every hunt, run: on the demo it finds the story it is meant for; what the demo does not tell is tried with records of the
//! form that AWS documents.

#![cfg(test)]

mod evidence;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use outcrop::case::{Reader, Writable};
use outcrop::hunt::{Catalogue, Hunt, bind};
use outcrop::model::{Scope, Strand, StrandSet, Timestamp};
use outcrop::query::ql::{check, parse};
use outcrop::query::run::{Answer, Options, run};
use outcrop::query::value::Value;
use outcrop::source::{Input, demo};

struct Bench {
    _folder: Option<tempfile::TempDir>,
    reader: Reader,
    catalogue: Catalogue,
}

impl Bench {
    fn of(inputs: impl IntoIterator<Item = Input, IntoIter: Send>) -> Self {
        let (folder, case) = evidence::case_of(inputs);
        Self { reader: case.reader().expect("a reader"), _folder: Some(folder), catalogue: Catalogue::embedded() }
    }

    fn ask(&mut self, text: &str, scope: &Scope) -> Answer {
        let query = parse(text).unwrap_or_else(|error| panic!("{}", error.render(text)));
        assert_eq!(check(&query), []);
        let options = Options { scope, now: Timestamp::from_millis(1_795_000_000_000), push_down: true };
        run(&mut self.reader, text, &query, &options, &mut |_, _| ()).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn hunt(&mut self, name: &str, params: &[(&str, &str)]) -> Found {
        let catalogue = self.catalogue.clone();
        let hunt = catalogue.hunt(name).unwrap_or_else(|error| panic!("{error}"));
        let given: Vec<(String, String)> = params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let scope = Scope { strands: StrandSet::from_bits(hunt.strands.bits()), ..Scope::all() };
        let mut bound = bind(&catalogue, hunt, &given).unwrap_or_else(|error| panic!("{error}"));
        if let Some(baseline) = &bound.baseline {
            let measured = self.ask(baseline, &scope).rows[0].values[0].as_number().expect("a number");
            bound = bound.measured(measured);
        }
        let mut answer = self.ask(&bound.text, &scope);
        hunt.arrange(&mut answer, bound.every);
        Found::of(hunt, &answer)
    }
}

/// Rows as texts, by column.
struct Found {
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Found {
    fn of(hunt: &Hunt, answer: &Answer) -> Self {
        // What a hunt says it shows it has.
        assert_eq!(answer.columns, hunt.show, "{}", hunt.name);
        let rows = answer.rows.iter().map(|row| row.values.iter().map(Value::to_string).collect()).collect();
        Self { columns: answer.columns.clone(), rows }
    }

    fn column(&self, name: &str) -> Vec<&str> {
        let at = self.columns.iter().position(|column| column == name).unwrap_or_else(|| panic!("no column {name}"));
        self.rows.iter().map(|row| row[at].as_str()).collect()
    }

    fn set(&self, name: &str) -> BTreeSet<&str> {
        self.column(name).into_iter().collect()
    }

    /// A sum of nothing is missing: it counts as zero.
    fn numbers(&self, name: &str) -> Vec<f64> {
        self.column(name).into_iter().map(|text| if text.is_empty() { 0.0 } else { text.parse().expect("a number") }).collect()
    }
}

/// Questions to the demo, which is read once.
fn demo_bench() -> Bench {
    static DEMO: LazyLock<(tempfile::TempDir, Writable)> = LazyLock::new(|| {
        // A small week with the pilot on top.
        let options = demo::Options { events: 1533, ..demo::Options::default() };
        evidence::case_of(demo::files(&options).map(Input::from))
    });
    Bench { reader: DEMO.1.reader().expect("a reader"), catalogue: Catalogue::embedded(), _folder: None }
}

/// Values of the planted steps with these labels.
fn requests<'c>(cast: &'c demo::Cast, labels: &[&str]) -> BTreeSet<&'c str> {
    labels.iter().flat_map(|label| cast.requests(label)).collect()
}

#[test]
fn every_hunt_runs_on_the_demo() {
    let mut bench = demo_bench();
    let cast = demo::cast();
    let names: Vec<String> = bench.catalogue.hunts().iter().map(|hunt| hunt.name.clone()).collect();
    for name in names {
        let params: &[(&str, &str)] = match name.as_str() {
            "training-objects" => &[("bucket", cast.training_bucket)],
            "key-activity" => &[("key", cast.leaked_key)],
            "address-activity" => &[("address", cast.intruder_ip)],
            _ => &[],
        };
        bench.hunt(&name, params);
    }
}

#[test]
fn prompts_of_the_demo() {
    let mut bench = demo_bench();
    let cast = demo::cast();

    let all = bench.hunt("who-asked-what", &[]);
    let asked = bench.hunt("who-asked-what", &[("who", cast.concierge_role), ("words", "(?i)ignore (all |your )?previous")]);
    assert!(asked.rows.len() >= 4 && asked.rows.len() < all.rows.len());
    assert!(asked.column("who").iter().all(|who| who.contains(cast.concierge_role)));
    assert!(
        asked.column("asked").iter().zip(asked.column("said")).all(|(asked, said)| format!("{asked} {said}").to_lowercase().contains("previous"))
    );

    // Nothing is dropped: every invocation record has a row, also those whose body cannot be had.
    assert_eq!(bench.hunt("prompt-review", &[]).rows.len(), all.rows.len());

    // Sensitive words and words of injection: visitors of the concierge, nobody else.
    for (hunt, least) in [("keyword-hits", 3), ("injection-words", 8)] {
        let hits = bench.hunt(hunt, &[]);
        assert!(hits.rows.len() >= least, "{hunt}");
        assert!(hits.column("who").iter().all(|who| who.contains(cast.concierge_role)), "{hunt}: {:?}", hits.set("who"));
        assert!(hits.column("hits").iter().all(|hits| hits.ends_with("; ")), "{hunt}");
    }
    let tries = bench.hunt("override-attempts", &[]);
    assert_eq!(tries.set("who").len(), 1);
    assert!(tries.column("who")[0].contains(cast.concierge_role) && tries.numbers("attempts")[0] >= 2.0);
    let refused = bench.hunt("refusals", &[]);
    assert!(refused.rows.len() == 1 && refused.column("who")[0].contains(cast.concierge_role), "{:?}", refused.rows);

    // The agent's own check said A and B; nothing of the background is called that.
    let judged: BTreeSet<String> = bench.hunt("model-verdicts", &[]).set("requestId").into_iter().map(str::to_owned).collect();
    let sorted: BTreeSet<String> = requests(&cast, &["inject-sorted"]).into_iter().map(str::to_owned).collect();
    assert!(!judged.is_empty() && judged.is_subset(&sorted), "{judged:?} {sorted:?}");
}

#[test]
fn lengths_and_tokens_of_the_demo() {
    let mut bench = demo_bench();
    let cast = demo::cast();
    let burst = requests(&cast, &["leak-burst"]);

    let lengths = bench.hunt("prompt-lengths", &[]);
    let longest: BTreeSet<&str> = lengths.column("requestId").into_iter().take(20).collect();
    assert!(longest.is_subset(&burst), "the resold listings are the longest prompts");
    let spread = bench.hunt("prompt-length-spread", &[]);
    assert!(spread.column("who")[0].ends_with(cast.leaked_user));
    for row in 0..spread.rows.len() {
        let of = |name: &str| spread.numbers(name)[row];
        assert!(of("p50") <= of("p95") && of("p95") <= of("p99") && of("p99") <= of("longest"));
    }
    let above = bench.hunt("long-prompts", &[("longer_than", "30000")]);
    assert!(above.numbers("chars").iter().all(|chars| *chars > 30_000.0));
    assert!(above.set("requestId").is_subset(&burst));
    // A percentile is a number that is measured first: one in fifty is longer.
    let measured = bench.hunt("long-prompts", &[("longer_than", "p98")]);
    let share = measured.rows.len() as f64 / lengths.rows.len() as f64;
    assert!(!measured.rows.is_empty() && share <= 0.02, "{share}");

    // The slice with the burst stands out of its account, its caller and its model.
    for (hunt, group, expected) in
        [("tokens-per-account", "account", cast.account), ("tokens-per-caller", "who", cast.leaked_user), ("tokens-per-model", "called", "opus-4-1")]
    {
        let found = bench.hunt(hunt, &[]);
        let top = found.numbers("tokens").iter().enumerate().max_by(|one, other| one.1.total_cmp(other.1)).map(|(row, _)| row).expect("a row");
        assert!(found.column(group)[top].contains(expected), "{hunt}: {:?}", found.rows[top]);
        assert_eq!(found.column("slice")[top], "2026-11-11 00:00:00.000", "{hunt}");
        if hunt == "tokens-per-account" {
            let far: f64 = found.column("deviation")[top].parse().expect("a deviation");
            assert!(far > 3.0, "{far}");
        }
    }
    // The sum of all slices is the sum of all records: nothing is counted twice.
    let sliced: f64 = bench.hunt("tokens-per-account", &[]).numbers("tokens").iter().sum();
    let whole: f64 = bench.hunt("tokens-per-account", &[("every", "24h")]).numbers("tokens").iter().sum();
    let summed = bench.ask("filter isPresent(modelId) | stats sum(x.tokens_in) as n", &Scope::all()).rows[0].values[0].as_number().expect("a number");
    assert!((sliced - summed).abs() < 0.5 && (whole - summed).abs() < 0.5);

    let heavy = bench.hunt("heavy-requests", &[]);
    assert!(heavy.rows.len() == 1 && heavy.column("who")[0].ends_with(cast.leaked_user));
    assert_eq!(heavy.numbers("heavy")[0] as usize, burst.len());
    // Three long answers of the pilot's agent; no other answer of the demo takes five seconds.
    let slow = bench.hunt("slow-answers", &[]);
    assert!(slow.rows.len() == 1 && slow.column("who")[0].contains(cast.pilot_role), "{:?}", slow.rows);
    assert_eq!((slow.numbers("slow")[0] as usize, slow.column("slice")[0]), (requests(&cast, &["pilot-slow"]).len(), "2026-11-12 00:00:00.000"));
    assert!(!bench.hunt("slow-answers", &[("slower_than", "1000"), ("least", "1")]).rows.is_empty());
    // Where logging was off CloudTrail still counts the calls.
    let counted = bench.hunt("tokens-in-cloudtrail", &[]);
    assert!(counted.set("at_region").contains(cast.blind_region));
}

#[test]
fn training_data_of_the_demo() {
    let mut bench = demo_bench();
    let cast = demo::cast();
    let jobs = bench.hunt("customization-jobs", &[("bucket", cast.poisoned_prefix)]);
    assert_eq!((jobs.column("job"), jobs.column("bucket")), (vec![cast.job], vec![cast.training_bucket]));
    assert_eq!(jobs.column("prefix"), [cast.poisoned_prefix]);

    let objects = bench.hunt("training-objects", &[("bucket", cast.training_bucket), ("prefix", cast.poisoned_prefix), ("writes", "PutObject")]);
    let writers = objects.set("who");
    assert!(writers.iter().any(|who| who.contains(cast.contractor)) && objects.set("account").contains(cast.foreign_account), "{writers:?}");
    assert_eq!(objects.rows.len(), requests(&cast, &["poison-upload", "poison-replace"]).len());

    // One principal: the scheduler's own upload before its own job, which is as it should be; not the poisoning.
    let same = bench.hunt("poisoning-by-principal", &[]);
    assert!(!same.column("what").contains(&cast.job));
    // The stronger view: somebody else wrote last before the job.
    let other = bench.hunt("poisoning-by-bucket", &[]);
    let at = other.column("what").iter().position(|what| *what == cast.job).expect("the poisoned job");
    assert_eq!((other.column("hands")[at], other.column("order_of_steps")[at]), ("two principals", "write, then job"));
    assert!(other.column("principal_before")[at].contains("STRANGER") && other.column("what_before")[at].starts_with(cast.poisoned_prefix));
    assert!(other.numbers("gap_minutes")[at] < 24.0 * 60.0);
    assert!(!bench.hunt("poisoning-by-bucket", &[("within", "1h")]).column("what").contains(&cast.job));
}

#[test]
fn command_lines_of_the_demo() {
    let mut bench = demo_bench();
    let cast = demo::cast();
    let commands = bench.hunt("bedrock-commands", &[]);
    assert!(commands.column("service").iter().all(|service| service.starts_with("bedrock")));
    let deletes = bench.hunt("command-deletes", &[]);
    assert_eq!(deletes.set("host"), [cast.laptop].into());
    for part in [cast.deleted_guardrail, cast.deleted_agent, cast.deleted_knowledge_base, cast.silent_command] {
        assert!(deletes.column("command").iter().any(|command| command.contains(part)), "{part}");
    }
    let actions = bench.hunt("command-actions", &[]);
    assert!(!actions.set("class").contains("") && actions.set("class").contains("delete"));
    assert_eq!(actions.numbers("calls").iter().sum::<f64>() as usize, commands.rows.len());
    let counts = bench.hunt("command-counts", &[]);
    assert_eq!(counts.numbers("calls").iter().sum::<f64>() as usize, commands.rows.len());
    let deleting: Vec<usize> = (0..counts.rows.len()).filter(|row| counts.column("class")[*row] == "delete").collect();
    assert!(deleting.len() == 1 && counts.column("host")[deleting[0]] == cast.laptop);
    assert_eq!(counts.numbers("calls")[deleting[0]] as usize, deletes.rows.len());
}

#[test]
fn access_and_changes_of_the_demo() {
    let mut bench = demo_bench();
    let cast = demo::cast();
    let denied = bench.hunt("denied-callers", &[]);
    assert_eq!(denied.column("key")[0], cast.leaked_key, "most different actions were denied to the leaked key");
    let key = bench.hunt("key-activity", &[("key", cast.leaked_key)]);
    for action in ["PutUseCaseForModelAccess", "DeleteModelInvocationLoggingConfiguration", "DeleteGuardrail", "CreateUser", "InvokeModel"] {
        assert!(key.set("eventName").contains(action), "{action}");
    }
    let address = bench.hunt("address-activity", &[("address", cast.intruder_ip)]);
    assert_eq!(address.set("key"), [cast.leaked_key].into());
    let from = bench.hunt("unexpected-addresses", &[("known", r"^(198\.51\.100\.|192\.0\.2\.|10\.)")]);
    assert!(from.set("sourceIPAddress").contains(cast.intruder_ip));
    for (address, who) in from.column("sourceIPAddress").into_iter().zip(from.column("who")) {
        // A guest with a token of its own has no name that IAM knows.
        let guest = address == cast.guest_ip && (who.is_empty() || who == format!("arn:aws:iam::{}:root", cast.pilot_account));
        assert!(guest || who.ends_with(cast.leaked_user) || who.contains("BedrockAPIKey-"), "{address} {who}");
    }

    let blocked = bench.hunt("endpoint-denials", &[]);
    assert_eq!((blocked.column("account"), blocked.rows.len()), (vec![cast.foreign_account], 1));
    let reached = bench.hunt("data-access", &[("who", "GitHubActions")]);
    assert!(reached.rows.iter().all(|row| row[0].contains("GitHubActions")));
    assert!(bench.hunt("data-access", &[]).set("eventName").contains("Retrieve"));

    let logging = bench.hunt("logging-changes", &[]);
    let off = (0..logging.rows.len())
        .find(|row| logging.column("eventName")[*row] == "DeleteModelInvocationLoggingConfiguration" && logging.column("failed")[*row].is_empty());
    let off = off.expect("logging was switched off");
    assert_eq!((logging.column("awsRegion")[off], logging.column("sourceIPAddress")[off]), (cast.blind_region, cast.intruder_ip));
    let guardrails = bench.hunt("guardrail-changes", &[]);
    for gone in [cast.removed_guardrail, cast.deleted_guardrail] {
        assert!(
            guardrails
                .column("guardrail")
                .iter()
                .zip(guardrails.column("eventName"))
                .any(|(guardrail, action)| guardrail.contains(gone) && action == "DeleteGuardrail"),
            "{gone}"
        );
    }
    let security = bench.hunt("security-changes", &[]);
    for action in ["PutUseCaseForModelAccess", "DeleteGuardrail", "DeleteAgent", "CreateServiceSpecificCredential", "CreateModelCustomizationJob"] {
        assert!(security.set("eventName").contains(action), "{action}");
    }
    assert!(
        security.column("eventName").iter().all(|action| !action.starts_with("List") && !action.starts_with("Get") && !action.starts_with("Invoke"))
    );

    // The exchanges after a change lie in the account and Region of the change, and not later than asked for.
    let after = bench.hunt("after-guardrail-change", &[]);
    assert!(!after.rows.is_empty() && after.numbers("minutes_after").iter().all(|minutes| (0.0..=120.0).contains(minutes)));
    assert!(after.column("changed").iter().any(|changed| changed.contains("DeleteGuardrail")));
    for (changed, region) in after.column("changed").into_iter().zip(after.column("at_region")) {
        if changed.contains(cast.removed_guardrail) {
            assert_eq!(region, cast.blind_region);
        }
    }
    let longer = bench.hunt("after-guardrail-change", &[("within", "24h")]);
    assert!(longer.rows.len() > after.rows.len() && longer.numbers("minutes_after").iter().any(|minutes| *minutes > 120.0));
    // The root user's two calls in the laboratory, from the guest's address; and both ends of the policy that it deletes.
    let root = bench.hunt("root-activity", &[]);
    assert_eq!(root.column("eventName"), ["ListAutomatedReasoningPolicies", "DeleteAutomatedReasoningPolicy"]);
    assert_eq!((root.set("account"), root.set("sourceIPAddress")), ([cast.pilot_account].into(), [cast.guest_ip].into()));
    let policies = bench.hunt("reasoning-policy-changes", &[]);
    assert_eq!(policies.column("eventName"), ["CreateAutomatedReasoningPolicy", "DeleteAutomatedReasoningPolicy"]);
    assert_eq!((policies.column("policy")[1], policies.column("sourceIPAddress")[1]), (cast.deleted_policy, cast.guest_ip));
    // The pilot's role at the services that turn it away; no other agent's role is refused anything.
    let refused = bench.hunt("agent-role-denials", &[]);
    assert_eq!(refused.set("role"), [cast.pilot_role].into());
    assert_eq!(refused.set("eventSource"), ["dynamodb.amazonaws.com", "secretsmanager.amazonaws.com"].into());
    assert_eq!(refused.numbers("denied").iter().sum::<f64>() as usize, requests(&cast, &["pilot-denied"]).len());
}

#[test]
fn the_pilot_of_the_demo() {
    let mut bench = demo_bench();
    let cast = demo::cast();
    let of_role = |who: &str| who.contains(cast.pilot_role);

    let failed = bench.hunt("gateway-failures", &[]);
    assert_eq!(failed.set("who"), ["anonymous", cast.guest_subject].into(), "{:?}", failed.rows);
    assert_eq!(failed.set("addresses"), [format!("[\"{}\"]", cast.guest_ip).as_str()].into());
    let problem = |who: &str| failed.column("problems")[failed.column("who").iter().position(|found| *found == who).expect("a row")].to_owned();
    assert!(problem("anonymous").contains("Invalid Bearer token") && problem(cast.guest_subject).contains("the tool failed"));
    let subjects = bench.hunt("gateway-subjects", &[]);
    let guest = subjects.column("subject").iter().position(|subject| *subject == cast.guest_subject).expect("the guest");
    assert_eq!((subjects.column("issuer")[guest], subjects.numbers("calls")[guest]), (cast.guest_issuer, 3.0));
    assert!(subjects.column("tools")[guest].contains("crm___add_note") && subjects.column("addresses")[guest].contains(cast.guest_ip));

    let tools = bench.hunt("builtin-tools", &[]);
    assert!(tools.rows.len() == 1 && of_role(tools.column("who")[0]), "{:?}", tools.rows);
    assert_eq!((tools.column("eventName")[0], tools.column("tool")[0]), ("StartCodeInterpreterSession", "aws.codeinterpreter.v1"));
    let tokens = bench.hunt("agentcore-credentials", &[]);
    assert!(tokens.column("who").into_iter().all(of_role));
    assert_eq!(tokens.set("provider"), [cast.pilot_runtime, "partner-crm"].into());
    let runtimes = bench.hunt("agentcore-runtimes", &[]);
    assert_eq!(runtimes.set("eventName"), ["CreateAgentRuntime", "InvokeAgentRuntime"].into());
    assert!(runtimes.column("roles").iter().any(|roles| roles.contains(cast.pilot_role)));
    assert!(runtimes.column("runtime").iter().any(|runtime| runtime.ends_with(cast.pilot_runtime)));
    let memory = bench.hunt("agentcore-memory", &[]);
    assert_eq!(memory.set("eventName"), ["CreateMemory", "CreateEvent", "RetrieveMemoryRecords"].into());
    for (who, (action, kept)) in memory.column("who").into_iter().zip(memory.column("eventName").into_iter().zip(memory.column("memory"))) {
        // It has no id before it is made.
        assert!(action == "CreateMemory" || (of_role(who) && kept == cast.pilot_memory), "{action} {who} {kept}");
    }

    let flows = bench.hunt("flow-activity", &[]);
    assert!(flows.column("flow") == ["RETURNFLOW"] && of_role(flows.column("who")[0]), "{:?}", flows.rows);
    let documents = bench.hunt("data-automation-activity", &[]);
    assert_eq!(documents.column("written_to"), ["[\"s3://acme-lab-notebooks/returns/read/\"]"]);
    assert!(of_role(documents.column("who")[0]));
}

#[test]
fn agents_of_the_demo() {
    let mut bench = demo_bench();
    let cast = demo::cast();
    let three = bench.hunt("call-three-ways", &[]);
    assert!(!three.rows.is_empty() && three.set("sides_found") == ["3"].into());
    assert_eq!(three.set("session"), [cast.agent_session].into());
    assert_eq!(three.set("trace"), [cast.agent_trace.as_str()].into());
    // Of a call in a blind window only one side is there.
    let blind = cast.requests("leak-blind")[0].to_owned();
    let one = bench.hunt("call-three-ways", &[("request", &blind), ("sides", "1")]);
    assert_eq!((one.rows.len(), one.column("in_invocations")[0]), (1, "0"));

    assert!(bench.hunt("agent-activity", &[("agent", cast.deleted_agent)]).set("eventName").contains("DeleteAgent"));
    assert!(bench.hunt("knowledge-base-activity", &[("base", cast.deleted_knowledge_base)]).set("eventName").contains("DeleteKnowledgeBase"));
    let held = bench.hunt("session-activity", &[]);
    assert!(held.column("who").iter().all(|who| who.contains("GitHubActions")));
    let tools = bench.hunt("tool-activity", &[]);
    assert!(tools.set("tool").is_superset(&["get_order", "get_stock", "move_line"].into()));
    assert_eq!(tools.set("session"), [cast.agent_session].into());
    let asked_for = bench.hunt("tools-in-answers", &[("tool", "voucher")]);
    assert!(asked_for.rows.len() == 1 && asked_for.column("who")[0].contains(cast.concierge_role));
    let sessions = bench.hunt("agent-sessions", &[("session", cast.agent_session)]);
    assert!(sessions.rows.len() == 1 && sessions.numbers("spans")[0] > 5.0 && sessions.column("tools")[0].contains("move_line"));
    let refused = bench.hunt("agent-session-denials", &[]);
    assert_eq!(refused.column("session"), [cast.agent_session]);
    assert!(refused.column("tools_taken")[0].contains("refund_order"));
}

/// A CloudTrail event with these members beside the usual ones.
fn trail(number: u32, source: &str, name: &str, members: &str) -> String {
    let category = if members.contains("\"managementEvent\":false") { "Data" } else { "Management" };
    format!(
        r#"{{"eventVersion":"1.11","eventTime":"2026-11-10T10:{:02}:00Z","eventSource":"{source}.amazonaws.com","eventName":"{name}","awsRegion":"us-west-2","requestID":"r-{number}","eventID":"e-{number}","eventType":"AwsApiCall","recipientAccountId":"111122223333","eventCategory":"{category}",{members}}}"#,
        number % 60
    )
}

const ROLE: &str = r#""userIdentity":{"type":"AssumedRole","principalId":"AROAX:run","arn":"arn:aws:sts::111122223333:assumed-role/shop-agent/run","accountId":"111122223333","sessionContext":{"sessionIssuer":{"type":"Role","userName":"shop-agent"}}},"sourceIPAddress":"203.0.113.9""#;
const ANYBODY: &str = r#""userIdentity":{"type":"AWSAccount","principalId":"","accountId":"anonymous"},"sourceIPAddress":"203.0.113.9","userAgent":"python-httpx/0.28.1","managementEvent":false,"resources":[{"type":"AWS::BedrockAgentCore::Gateway","ARN":"arn:aws:bedrock-agentcore:us-west-2:111122223333:gateway/shop-tools"}]"#;

#[test]
fn what_the_demo_does_not_tell() {
    let core = "bedrock-agentcore";
    let lines = [
        // A token that is not valid, and a tool called with a good one (AWS, events of AgentCore Gateway).
        trail(1, core, "InvokeGateway", &format!(r#"{ANYBODY},"requestParameters":{{"body":{{"id":0,"method":"initialize"}}}},"responseElements":{{"body":{{"id":0,"error":{{"code":-32001,"message":"Invalid Bearer token"}}}},"statusCode":401}}"#)),
        trail(2, core, "InvokeGateway", &format!(r#"{ANYBODY},"requestParameters":{{"body":{{"id":1,"method":"tools/call","params":{{"name":"shop___ListOrders"}}}}}},"responseElements":{{"body":{{"id":1,"result":{{"isError":false}}}},"statusCode":200}},"additionalEventData":{{"jwt":{{"claims":{{"sub":"client-7","iss":"https://id.example.com"}}}}}}"#)),
        trail(3, core, "InvokeGateway", &format!(r#"{ANYBODY},"requestParameters":{{"body":{{"id":2,"method":"tools/call","params":{{"name":"shop___Refund"}}}}}},"responseElements":{{"body":{{"id":2,"result":{{"isError":true}}}},"statusCode":200}},"additionalEventData":{{"jwt":{{"claims":{{"sub":"client-7","iss":"https://id.example.com"}}}}}}"#)),
        trail(4, core, "StartCodeInterpreterSession", &format!(r#"{ROLE},"managementEvent":false,"requestParameters":{{"codeInterpreterIdentifier":"aws.codeinterpreter.v1"}}"#)),
        trail(5, core, "GetResourceOauth2Token", &format!(r#"{ROLE},"managementEvent":false,"requestParameters":{{"resourceCredentialProviderName":"crm"}}"#)),
        trail(6, core, "InvokeAgentRuntime", &format!(r#"{ROLE},"managementEvent":false,"requestParameters":{{"agentRuntimeArn":"arn:aws:bedrock-agentcore:us-west-2:111122223333:runtime/shop-x","runtimeSessionId":"s-1"}}"#)),
        trail(7, core, "CreateEvent", &format!(r#"{ROLE},"managementEvent":false,"requestParameters":{{"memoryId":"mem-1","actorId":"a-1","sessionId":"s-1"}}"#)),
        trail(8, "s3", "GetObject", &format!(r#"{ROLE},"managementEvent":false,"errorCode":"AccessDenied","errorMessage":"not authorized","requestParameters":{{"bucketName":"acme-payroll","key":"all.csv"}}"#)),
        trail(9, "iam", "CreateAccessKey", r#""userIdentity":{"type":"Root","principalId":"111122223333","arn":"arn:aws:iam::111122223333:root","accountId":"111122223333"},"sourceIPAddress":"203.0.113.9""#),
        trail(10, "bedrock", "DeleteAutomatedReasoningPolicy", &format!(r#"{ROLE},"requestParameters":{{"policyArn":"arn:aws:bedrock:us-west-2:111122223333:automated-reasoning-policy/p1"}}"#)),
        trail(11, "bedrock", "InvokeFlow", &format!(r#"{ROLE},"managementEvent":false,"requestParameters":{{"flowIdentifier":"FLOW1"}}"#)),
        trail(12, "bedrock", "InvokeDataAutomationAsync", &format!(r#"{ROLE},"managementEvent":false,"requestParameters":{{"inputConfiguration":{{"s3Uri":"s3://acme-in/a.pdf"}},"outputConfiguration":{{"s3Uri":"s3://acme-out/"}}}}"#)),
        trail(13, core, "InvokeAgentRuntime", &format!(r#"{ROLE},"managementEvent":false,"errorCode":"AccessDenied","requestParameters":{{"runtimeSessionId":"s-2"}}"#)),
        // One model answers slowly four times.
        r#"{"schemaType":"ModelInvocationLog","timestamp":"2026-11-10T11:00:00Z","accountId":"111122223333","region":"us-west-2","requestId":"i-1","operation":"Converse","modelId":"amazon.nova-pro-v1:0","identity":{"arn":"arn:aws:iam::111122223333:user/ann"},"input":{"inputBodyJson":{"messages":[{"role":"user","content":[{"text":"one"}]}]},"inputTokenCount":3},"output":{"outputBodyJson":{"output":{"message":{"role":"assistant","content":[{"text":"ok"}]}},"stopReason":"end_turn","metrics":{"latencyMs":9000}},"outputTokenCount":1}}"#.to_owned(),
    ];
    let slow: Vec<String> = (2..6).map(|n| lines[13].replace("i-1", &format!("i-{n}")).replace("11:00:00", &format!("11:0{n}:00"))).collect();
    let text = lines.iter().chain(&slow).cloned().collect::<Vec<_>>().join("\n");
    let mut bench = Bench::of([Input::Bytes { name: "records.jsonl".to_owned(), bytes: text.into_bytes() }]);

    let failed = bench.hunt("gateway-failures", &[]);
    assert_eq!(failed.set("who"), ["anonymous", "client-7"].into(), "{:?}", failed.rows);
    assert!(failed.column("problems").iter().any(|problem| problem.contains("Invalid Bearer token")));
    let subjects = bench.hunt("gateway-subjects", &[]);
    let client = subjects.column("subject").iter().position(|subject| *subject == "client-7").expect("the subject");
    assert_eq!((subjects.column("calls")[client], subjects.column("issuer")[client]), ("2", "https://id.example.com"));
    for (hunt, column, value) in [
        ("builtin-tools", "tool", "aws.codeinterpreter.v1"),
        ("agentcore-credentials", "provider", "crm"),
        ("agentcore-memory", "memory", "mem-1"),
        ("agent-role-denials", "role", "shop-agent"),
        ("root-activity", "eventName", "CreateAccessKey"),
        ("reasoning-policy-changes", "eventName", "DeleteAutomatedReasoningPolicy"),
        ("flow-activity", "flow", "FLOW1"),
        ("data-automation-activity", "written_to", "[\"s3://acme-out/\"]"),
        ("agent-session-denials", "session", "s-2"),
    ] {
        let found = bench.hunt(hunt, &[]);
        assert_eq!(found.column(column), [value], "{hunt}: {:?}", found.rows);
    }
    assert!(bench.hunt("agentcore-runtimes", &[]).column("runtime").iter().any(|runtime| runtime.ends_with("runtime/shop-x")));
    let slow = bench.hunt("slow-answers", &[]);
    assert_eq!((slow.column("slow"), slow.column("slowest")), (vec!["5"], vec!["9000"]));
}

/// Hunts that look for something that ordinary work does not do: without the stories they find nothing. Of the others each row is
/// worth a look, or they count everything.
const SILENT: &[&str] = &[
    "keyword-hits",
    "injection-words",
    "override-attempts",
    "refusals",
    "slow-answers",
    "heavy-requests",
    "long-prompts",
    "poisoning-by-bucket",
    "command-deletes",
    "key-activity",
    "address-activity",
    "agent-role-denials",
    "unexpected-addresses",
    "root-activity",
    "endpoint-denials",
    "reasoning-policy-changes",
    "flow-activity",
    "data-automation-activity",
    "gateway-failures",
    "gateway-subjects",
    "builtin-tools",
    "agentcore-credentials",
    "agentcore-runtimes",
    "agentcore-memory",
];

/// The demo's records of which no step of a story tells: what is left is ordinary work.
fn ordinary_work() -> Bench {
    let mut demo = demo_bench();
    let cast = demo::cast();
    let planted: BTreeSet<&str> = cast.steps.iter().map(|step| step.request.as_str()).filter(|request| !request.is_empty()).collect();
    let refs = demo.reader.refs(&Scope::all()).expect("a list");
    let ids: Vec<_> = refs.iter().map(|event| event.id).collect();
    let mut lines = Vec::new();
    for event in demo.reader.events(&ids).expect("events") {
        let is_of_step = event.request_id.as_deref().is_some_and(|request| planted.contains(request));
        let is_of_laptop = event.strand == Strand::Endpoint && cast.steps.iter().any(|step| Some(step.at) == event.time);
        // Spans and the endpoint of a network tell of steps again.
        if !is_of_step && !is_of_laptop && !matches!(event.strand, Strand::Span | Strand::Network) {
            let record = demo.reader.record(&event).expect("its record");
            lines.push(String::from_utf8(record).expect("text").replace('\n', " "));
        }
    }
    Bench::of([Input::Bytes { name: "ordinary.jsonl".to_owned(), bytes: lines.join("\n").into_bytes() }])
}

/// Prints the table of hunts with what they find in the demo and in ordinary work: `-- --nocapture hunts_find_stories`.
#[test]
fn hunts_find_stories_and_not_ordinary_work() {
    let mut demo = demo_bench();
    let mut ordinary = ordinary_work();
    let cast = demo::cast();
    let mut loud = Vec::new();
    println!("| hunt | finds in the demo | rows | rows without the stories |");
    println!("|---|---|---|---|");
    for (name, story) in FOUND {
        let params: &[(&str, &str)] = match *name {
            "training-objects" => &[("bucket", cast.training_bucket), ("prefix", cast.poisoned_prefix)],
            "key-activity" => &[("key", cast.leaked_key)],
            "address-activity" => &[("address", cast.intruder_ip)],
            "long-prompts" => &[("longer_than", "30000")],
            "unexpected-addresses" => &[("known", r"^(198\.51\.100\.|192\.0\.2\.|10\.)")],
            _ => &[],
        };
        let (found, left) = (demo.hunt(name, params).rows, ordinary.hunt(name, params).rows);
        println!("| `{name}` | {story} | {} | {} |", found.len(), left.len());
        assert_eq!(found.is_empty(), story.starts_with("nothing"), "{name}");
        if SILENT.contains(name) && !left.is_empty() {
            loud.push(format!("{name}: {left:?}"));
        }
    }
    assert_eq!(loud, Vec::<String>::new());
}

/// What each hunt finds in the demo, in the order of the catalogue; the tests above check it.
const FOUND: &[(&str, &str)] = &[
    ("who-asked-what", "every call; with `words` the visitors' attempts on the assistant"),
    ("prompt-review", "every call"),
    ("keyword-hits", "the visitors' attempts on the assistant, nothing else"),
    ("injection-words", "the visitors' attempts on the assistant, nothing else"),
    ("override-attempts", "the assistant's visitors, nobody else"),
    ("refusals", "the assistant, nobody else"),
    ("model-verdicts", "the prompts that the agent's own check sorted as harmful, nothing else"),
    ("prompt-lengths", "every call, the resold bulk texts first"),
    ("prompt-length-spread", "every caller, the leaked key's user first"),
    ("long-prompts", "above 30,000 characters the resold bulk texts alone"),
    ("tokens-per-account", "every slice; the night of the bulk texts more than 3 deviations away"),
    ("tokens-per-caller", "every slice; the leaked key's user in that night above all"),
    ("tokens-per-model", "every slice; the largest model in that night above all"),
    ("tokens-in-cloudtrail", "every slice, also of the Region whose logging was off"),
    ("slow-answers", "the pilot's agent on the evening when it obeys a note, nothing else"),
    ("heavy-requests", "the resold bulk texts, nothing else"),
    ("customization-jobs", "the job on the poisoned prefix, and one as it should be"),
    ("training-objects", "the contractor's uploads and the stranger's replacements"),
    ("poisoning-by-principal", "a scheduler's own upload before its job, which is as it should be"),
    ("poisoning-by-bucket", "the stranger's write before the job that reads it, and the one above"),
    ("bedrock-commands", "all calls of the AWS CLI to Bedrock"),
    ("command-actions", "the same by class, none without"),
    ("command-counts", "the same by user and host; one of them deletes"),
    ("command-deletes", "the four deletions from the administrator's laptop, nothing else"),
    ("denied-callers", "the leaked key first; among six thousand events also a data scientist who tried a model that he may not use"),
    ("key-activity", "everything the leaked key did"),
    ("address-activity", "the leaked key at the intruder's address"),
    ("agent-role-denials", "the pilot's role at two services that are none of its business, nothing else"),
    (
        "unexpected-addresses",
        "with the company's networks as `known` the intruder, the user of the API key, the pilot's guest and the root user, nobody else",
    ),
    ("root-activity", "the root user of the laboratory, from the guest's address"),
    ("endpoint-denials", "the stranger at the endpoint, nothing else"),
    ("data-access", "the assistant's and the order desk's retrievals"),
    ("logging-changes", "the intruder's, and those that set it up and put it right"),
    ("guardrail-changes", "the intruder's and the laptop's deletions, and those as they should be"),
    ("reasoning-policy-changes", "the policy that the pilot got, and that the root user deletes"),
    ("security-changes", "every change of all stories"),
    ("after-guardrail-change", "the exchanges in the two hours after each change, in its account and Region"),
    ("call-three-ways", "the agent's calls that its spans name; of a blind call only CloudTrail's side"),
    ("agent-activity", "the agents in use, and the one deleted from the laptop"),
    ("knowledge-base-activity", "the knowledge bases in use, and the one deleted from the laptop"),
    ("session-activity", "the order desk's sessions"),
    ("flow-activity", "the flow that the pilot's agent runs, nothing else"),
    ("data-automation-activity", "the documents that the pilot's agent sends through, nothing else"),
    ("tool-activity", "the tools of the long loop"),
    ("tools-in-answers", "the order desk's tools, and the one voucher that a visitor got"),
    ("agent-sessions", "the order desk's sessions, the long loop with its spans and tools; the pilot's two"),
    ("agent-session-denials", "the session whose gateway took a tool away, nothing else"),
    ("gateway-failures", "the guest at the pilot's gateway: two tokens that are not valid, a tool that fails"),
    ("gateway-subjects", "the guest by the subject and issuer of the token; what else called the pilot has no token"),
    ("builtin-tools", "the code interpreter that the pilot's agent starts, nothing else"),
    ("agentcore-credentials", "the tokens that the pilot's role fetches: its own, and one of the partner's"),
    ("agentcore-runtimes", "the pilot's runtime, made and invoked"),
    ("agentcore-memory", "the pilot's memory: made, searched, and what was written into it"),
];

#[test]
fn the_hunts_are_documented() {
    let catalogue = Catalogue::embedded();
    let names: Vec<&str> = catalogue.hunts().iter().map(|hunt| hunt.name.as_str()).collect();
    assert_eq!(names, FOUND.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    let mut text = HEAD.to_owned();
    for (hunt, (_, found)) in catalogue.hunts().iter().zip(FOUND) {
        let params: Vec<String> = hunt.params.iter().map(param).collect();
        let place = if hunt.at_aws { "case, AWS" } else { "case" };
        let id = hunt.id.as_deref().unwrap_or_default();
        text.push_str(&format!("| `{}` | {id} | {} | {place} | {} | {found} |\n", hunt.name, hunt.title, params.join(" ")));
    }
    text.push_str("\n## Keyword lists\n\n| list | words | what |\n|---|---|---|\n");
    for list in catalogue.lists() {
        text.push_str(&format!("| `{}` | {} | {} |\n", list.name, list.words.len(), list.about));
    }
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/HUNTS.md");
    if std::env::var_os("OUTCROP_WRITE_DOCS").is_some() {
        std::fs::write(&path, &text).expect("docs can be written");
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), text, "docs/HUNTS.md is out of date: run the tests with OUTCROP_WRITE_DOCS=1");
}

fn param(param: &outcrop::hunt::Param) -> String {
    match &param.default {
        Some(default) if default.len() <= 24 => format!("`{}={default}`", param.name),
        Some(_) => format!("`{}=…`", param.name),
        None if param.optional => format!("`[{}]`", param.name),
        None => format!("`{}!`", param.name),
    }
}

const HEAD: &str = r#"# Hunts

A hunt is a query with a purpose and parameters. `outcrop hunt` lists them; pane 8 of the workbench (`8`, then `H`) has them in a menu.

```
outcrop hunt                                              the catalogue
outcrop hunt who-asked-what -p who=svc-ml                 by its name …
outcrop hunt S19 -p longer_than=p99                       … or by its number; p99 is measured first, in the same scope
outcrop hunt tokens-per-account -p every=1h --since 7d    with the scope flags of every command
outcrop hunt denied-callers --print                       the query, to paste into Logs Insights
outcrop hunt denied-callers --on aws --log-group GROUP    at AWS: the price is told first, and only the result travels
```

The texts are Logs Insights QL (QUERY.md). Of a hunt that runs at AWS too the text is the same there: where a case knows more than the
log group (`x.user_text`), the text says `coalesce(x.user_text, …)`, and what is missing at AWS is taken from the record. Commands that Logs
Insights got in 2026 (`autoregress`, `filldown`) are used by the poisoning hunts and by `after-guardrail-change`.
What a query cannot say is worked out of its rows: `delta`, `mean` and `deviation` of the token hunts (slices without a row count as
nothing), and columns called `…_at` are shown as times.

## Your own

A file `hunts/*.toml` in the configuration folder (`~/.config/outcrop`) adds hunts, or replaces those of the same name; `hunts/lists/NAME.toml`
adds or replaces a keyword list. `lists/seed_sensitive.toml` adds words to the list of that name, which the rule S14 uses too
([RULES.md](RULES.md), lists of words). What is wrong with a file is said by name, and the rest is used.

```toml
[[hunt]]
name = "big-spenders"
title = "Callers with many output tokens"
purpose = "Who is answered most."
strands = ["invocation"]            # management data invocation endpoint network span
on = ["case", "aws"]                # only ["case"] when it asks for derived fields alone
params = [{ name = "least", type = "number", default = 1000, about = "tokens" }]
text = '''
filter isPresent(modelId)
| stats sum(output.outputTokenCount) as tokens by identity.arn as who
| filter tokens >= {{least}}
| sort tokens desc
'''
show = ["who", "tokens"]
chart = { x = "who", y = "tokens" }
frameworks = ["AML.T0034"]
next = [{ why = "read what was asked", hunt = "who-asked-what", with = { who = "who" } }]
```

A parameter is written as a literal of its type, so that no value can add to the query: `text` (a string), `contains` (part of a text, in any
case), `pattern` (a regular expression), `number`, `threshold` (a number, or a percentile of what `baseline` measures), `duration`
(`{{name:ms}}` in milliseconds), `list`, `keywords` (`{{name}}` any of them, `{{name:score field}}` the sum of their weights, `{{name:hits field}}`
which). A line that asks for an `optional` parameter is left out with it.

```toml
about = "words of our trade"
[[word]]
text = "project aurora"       # whole words, in any case
weight = 3
[[word]]
text = "an order number"
pattern = '\bAC-\\d{6}\b'
```

## The catalogue

`name=value` has a default, `[name]` may be left out, `name!` is needed.

| hunt | id | what | runs on | parameters | finds in the demo |
|---|---|---|---|---|---|
"#;
