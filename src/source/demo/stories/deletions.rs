//! Story 4, Friday afternoon: an administrator's laptop lists what there is and deletes it, command by command.
//!
//! The commands are in the endpoint's telemetry, their effects in CloudTrail seconds later. One command has no echo:
//! it went to a profile of an account whose trail is not here.

use super::super::calendar::moment;
use super::super::callers::{KESSLER, PROD};
use super::super::laptop::KESSLER_LAPTOP;
use super::{Act, Details, Plot};
use crate::model::Timestamp;

/// The guardrail deleted from the laptop.
pub(in super::super) const DELETED_GUARDRAIL: &str = "gr2returnbot";
/// The agent deleted from the laptop.
pub(in super::super) const DELETED_AGENT: &str = "RETURNSBOT";
/// The knowledge base deleted from the laptop.
pub(in super::super) const DELETED_BASE: &str = "KBRETURNS1";
/// The command without an echo.
pub(in super::super) const SILENT_COMMAND: &str = "aws --profile sandbox bedrock delete-model-invocation-logging-configuration --region us-west-2";

const EAST: &str = "us-east-1";
const AGENTS: &str = "bedrock-agent.us-east-1.amazonaws.com";

fn friday(hour: i64, minute: i64, second: i64, milli: i64) -> Timestamp {
    moment(4, hour, minute, second, milli)
}

fn run(plot: &mut Plot, at: Timestamp, arguments: &'static [&'static str]) {
    plot.step("laptop-command", at, Act::Command { laptop: KESSLER_LAPTOP, arguments });
}

pub(super) fn tell(plot: &mut Plot) {
    let echo = |plot: &mut Plot, at, (service, name), details| plot.call("laptop-echo", at, KESSLER, (EAST, service, name), details);

    run(plot, friday(16, 41, 7, 214), &["aws", "sts", "get-caller-identity", "--profile", "prod"]);
    echo(plot, friday(16, 41, 9, 0), ("sts", "GetCallerIdentity"), Details::read("").by_command(" md/command#sts.get-caller-identity"));

    run(plot, friday(16, 42, 15, 880), &["aws", "bedrock", "list-guardrails", "--region", "us-east-1", "--profile", "prod"]);
    echo(plot, friday(16, 42, 18, 0), ("bedrock", "ListGuardrails"), Details::read("").by_command(" md/command#bedrock.list-guardrails"));

    run(
        plot,
        friday(16, 43, 2, 41),
        &["aws", "bedrock", "delete-guardrail", "--guardrail-identifier", DELETED_GUARDRAIL, "--region", "us-east-1", "--profile", "prod"],
    );
    let guardrail = Details::change(format!(r#"{{"guardrailIdentifier":"{DELETED_GUARDRAIL}"}}"#)).by_command(" md/command#bedrock.delete-guardrail");
    echo(plot, friday(16, 43, 4, 0), ("bedrock", "DeleteGuardrail"), guardrail);

    run(plot, friday(16, 44, 20, 507), &["aws", "--profile", "prod", "bedrock-agent", "list-agents", "--region", "us-east-1"]);
    let agents = Details::read("").at_host(AGENTS).by_command(" md/command#bedrock-agent.list-agents");
    echo(plot, friday(16, 44, 22, 0), ("bedrock", "ListAgents"), agents);

    run(
        plot,
        friday(16, 44, 58, 130),
        &["aws", "--profile", "prod", "bedrock-agent", "delete-agent", "--agent-id", DELETED_AGENT, "--skip-resource-in-use-check"],
    );
    let agent = Details::change(format!(r#"{{"agentId":"{DELETED_AGENT}","skipResourceInUseCheck":true}}"#))
        .answered(format!(r#"{{"agentId":"{DELETED_AGENT}","agentStatus":"DELETING"}}"#))
        .at_host(AGENTS)
        .by_command(" md/command#bedrock-agent.delete-agent");
    echo(plot, friday(16, 45, 1, 0), ("bedrock", "DeleteAgent"), agent);

    run(
        plot,
        friday(16, 46, 11, 662),
        &["aws", "--profile", "prod", "--region", "us-east-1", "bedrock-agent", "delete-knowledge-base", "--knowledge-base-id", DELETED_BASE],
    );
    let base = Details::change(format!(r#"{{"knowledgeBaseId":"{DELETED_BASE}"}}"#))
        .answered(format!(r#"{{"knowledgeBaseId":"{DELETED_BASE}","status":"DELETING"}}"#))
        .at_host(AGENTS)
        .by_command(" md/command#bedrock-agent.delete-knowledge-base");
    echo(plot, friday(16, 46, 14, 0), ("bedrock", "DeleteKnowledgeBase"), base);

    run(plot, friday(16, 47, 30, 75), &["aws", "s3", "rm", "s3://acme-support-articles/returns/", "--recursive", "--profile", "prod"]);
    for number in 1..=4_i64 {
        let (name, bucket, key) = ("DeleteObject", "acme-support-articles", format!("returns/article-{number:03}.json"));
        let delete = Act::Object { caller: KESSLER, owner: PROD, name, bucket, key, size: 0, command: " md/command#s3.rm" };
        plot.step("laptop-objects", friday(16, 47, 31 + number / 2, 0), delete);
    }

    run(
        plot,
        friday(16, 49, 2, 318),
        &["aws", "--profile", "sandbox", "bedrock", "delete-model-invocation-logging-configuration", "--region", "us-west-2"],
    );
    run(plot, friday(16, 50, 10, 940), &["rm", "-f", "/Users/akessler/.aws/cli/history/history.db"]);
}

#[cfg(test)]
mod tests {
    use super::super::{Act, Story, steps};
    use super::SILENT_COMMAND;

    #[test]
    fn the_silent_command_is_run() {
        let ran = steps()
            .into_iter()
            .any(|s| s.story == Story::Deletions && matches!(s.act, Act::Command { arguments, .. } if arguments.join(" ") == SILENT_COMMAND));
        assert!(ran);
    }
}
