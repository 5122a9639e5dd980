//! What CloudTrail says about the stories besides logging each call: an Insight of the burst, five minutes of the training
//! bucket in one record, and an endpoint that turns the stranger away.

use super::super::calendar::moment;
use super::super::callers::{Caller, DATA, PROD, STRANGER, second};
use super::super::draw::Draw;
use super::super::slot::Log;
use super::{Act, INTRUDER, POISONED_PREFIX, Plot, TRAINING_BUCKET};
use crate::model::Timestamp;

/// The intruder's sixty requests are more than the account ever made. Two records, start and end, share an id.
pub(super) fn tell_burst(plot: &mut Plot) {
    let shared = Draw::labelled("burst-insight-shared", 0).uuid();
    for (number, (at, state)) in [(moment(2, 3, 12, 0, 0), "Start"), (moment(2, 3, 52, 0, 0), "End")].into_iter().enumerate() {
        let json = insight(&shared, &Draw::labelled("burst-insight-event", number).uuid(), at, state);
        plot.step("burst-insight", at, Act::Record { log: Log::Insight, account: PROD, region: "us-east-1", json });
    }
}

fn insight(shared: &str, event: &str, at: Timestamp, state: &str) -> String {
    let Caller { agent, .. } = INTRUDER;
    let (time, arn) = (second(at), INTRUDER.arn(at));
    format!(
        r#"{{"eventVersion":"1.09","eventTime":"{time}","awsRegion":"us-east-1","eventID":"{event}","eventType":"AwsCloudTrailInsight","recipientAccountId":"{PROD}","sharedEventID":"{shared}","insightDetails":{{"state":"{state}","eventSource":"bedrock.amazonaws.com","eventName":"InvokeModel","insightType":"ApiCallRateInsight","insightContext":{{"statistics":{{"baseline":{{"average":0.0071}},"insight":{{"average":1.46}},"insightDuration":40,"baselineDuration":10080}},"attributions":[{{"attribute":"userIdentityArn","insight":[{{"value":"{arn}","average":1.46}}],"baseline":[{{"value":"arn:aws:sts::{PROD}:assumed-role/acme-ci-deploy/GitHubActions","average":0.0071}}]}},{{"attribute":"userAgent","insight":[{{"value":"{agent}","average":1.46}}],"baseline":[]}},{{"attribute":"errorCode","insight":[{{"value":"null","average":1.46}}],"baseline":[{{"value":"null","average":0.0071}}]}}]}}}},"eventCategory":"Insight"}}"#
    )
}

/// Tuesday night: the uploads that replace two batches, summed up; Wednesday night: the same credentials at an endpoint.
pub(super) fn tell_stranger(plot: &mut Plot) {
    let (from, until) = (moment(1, 22, 45, 0, 0), moment(1, 22, 50, 0, 0));
    let counted = |dimension: &str, name: &str| {
        format!(r#"{{"dimension":"{dimension}","statistics":[{{"name":"{name}","value":2}}],"aggregationType":"Count"}}"#)
    };
    let json = format!(
        r#"{{"eventVersion":"1.0","accountId":"{DATA}","eventId":"{}","eventCategory":"Aggregated","eventType":"AwsAggregatedEvent","awsRegion":"us-west-2","eventSource":"s3.amazonaws.com","timeWindow":{{"windowStart":"{}","windowEnd":"{}","windowSize":"PT5M"}},"summary":{{"primaryDimension":{},"details":[{},{}]}}}}"#,
        Draw::labelled("poison-summary-event", 0).uuid(),
        second(from),
        second(until),
        counted("eventName", "PutObject"),
        counted("resourceARN", &format!("arn:aws:s3:::{TRAINING_BUCKET}")),
        counted("sourceIpAddress", STRANGER.ip),
    );
    plot.step("poison-summary", from, Act::Record { log: Log::Aggregated, account: DATA, region: "us-west-2", json });

    let at = moment(2, 22, 48, 30, 0);
    let mut draw = Draw::labelled("poison-endpoint-event", 0);
    let (request, event, shared) = (draw.s3_request(), draw.uuid(), draw.uuid());
    let json = format!(
        r#"{{"eventVersion":"1.11","userIdentity":{{"type":"AWSAccount","principalId":"{}:{}","accountId":"{}"}},"eventTime":"{}","eventSource":"s3.amazonaws.com","eventName":"GetObject","awsRegion":"us-west-2","sourceIPAddress":"10.20.8.31","errorCode":"VpceAccessDenied","errorMessage":"The request was denied due to a VPC endpoint policy","requestParameters":{{"bucketName":"{TRAINING_BUCKET}","key":"{POISONED_PREFIX}batch-0412.jsonl"}},"responseElements":null,"requestID":"{request}","eventID":"{event}","eventType":"AwsVpceEvent","recipientAccountId":"{DATA}","sharedEventID":"{shared}","vpcEndpointId":"vpce-0d41acme5train2a7","vpcEndpointAccountId":"{DATA}","eventCategory":"NetworkActivity"}}"#,
        STRANGER.id,
        STRANGER.session,
        STRANGER.account,
        second(at),
    );
    plot.step("poison-endpoint", at, Act::Record { log: Log::Network, account: DATA, region: "us-west-2", json });
}
