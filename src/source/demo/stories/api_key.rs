//! A long-term Bedrock API key: made in the console on Monday, with the silent user it brings, and used from elsewhere.

use super::super::calendar::moment;
use super::super::callers::{API_KEY, LAB, SCIENTISTS};
use super::super::draw::Draw;
use super::super::phrases::{code, filled};
use super::super::talk::Talk;
use super::{Act, Details, InvokeDetails, Plot};

const EAST: &str = "us-east-1";

pub(super) fn tell(plot: &mut Plot) {
    let [priya, ..] = SCIENTISTS;
    let who = priya.in_console();
    let iam = |name| (EAST, "iam", name);
    let user = Details::change(format!(r#"{{"userName":"{}"}}"#, API_KEY.name)).at_host("iam.amazonaws.com");
    plot.call("api-key-user", moment(0, 10, 12, 1, 0), who, iam("CreateUser"), user);
    let policy = format!(r#"{{"userName":"{}","policyArn":"arn:aws:iam::aws:policy/AmazonBedrockLimitedAccess"}}"#, API_KEY.name);
    plot.call("api-key-policy", moment(0, 10, 12, 2, 0), who, iam("AttachUserPolicy"), Details::change(policy).at_host("iam.amazonaws.com"));
    let credential = format!(r#"{{"userName":"{}","serviceName":"bedrock.amazonaws.com","credentialAgeDays":365}}"#, API_KEY.name);
    let answer = format!(
        r#"{{"serviceSpecificCredential":{{"serviceName":"bedrock.amazonaws.com","serviceSpecificCredentialId":"ACCAK7DPDEMOXEXAMPLE","userName":"{}","status":"Active"}}}}"#,
        API_KEY.name
    );
    let credential = Details::change(credential).answered(answer).at_host("iam.amazonaws.com");
    plot.call("api-key-credential", moment(0, 10, 12, 3, 0), who, iam("CreateServiceSpecificCredential"), credential);

    for (day, hour, minute, region) in [
        (0, 10, 20, EAST),
        (0, 15, 4, EAST),
        (1, 9, 41, EAST),
        (2, 21, 15, EAST),
        (2, 21, 22, "eu-central-1"),
        (2, 21, 24, "eu-central-1"),
        (3, 11, 9, EAST),
        (4, 3, 33, EAST),
    ] {
        let act = Act::Invoke {
            caller: API_KEY,
            region,
            operation: "Converse",
            model: "global.anthropic.claude-sonnet-4-5-20250929-v1:0",
            script: question,
            details: InvokeDetails { bearer: true, ..InvokeDetails::default() },
        };
        plot.step("api-key-use", moment(day, hour, minute, 12, 0), act);
    }
    // The other endpoint: a data event, and never an invocation record (FORMATS §3.2).
    let mantle = Details {
        data: true,
        writes: true,
        parameters:
            r#"{"model":"anthropic.claude-opus-4-1","stream":true,"service_tier":"default","callWithBearerToken":true,"bearerTokenType":"ABSK"}"#
                .to_owned(),
        resources: format!(
            r#"[{{"accountId":"{LAB}","type":"AWS::BedrockMantle::Project","ARN":"arn:aws:bedrock-mantle:us-east-1:{LAB}:project/proj_demo01"}}]"#
        ),
        host: "bedrock-mantle.us-east-1.api.aws",
        ..Details::default()
    };
    plot.call("api-key-mantle", moment(4, 3, 41, 7, 0), API_KEY, (EAST, "bedrock-mantle", "CreateInference"), mantle);
}

fn question(_number: usize, draw: &mut Draw) -> Talk {
    let question = filled(draw.pick(code::SQL_QUESTIONS), draw);
    let answer = filled(draw.pick(code::SQL_ANSWERS), draw);
    Talk::simple("", question, answer)
}
