//! Story 2, Tuesday and Wednesday: what a support model is tuned from gets company.
//!
//! A contractor uploads batches of labelled conversations; in the night an account nobody knows replaces some of them
//! through a bucket policy that is too generous; in the morning the training role starts the job that reads the prefix.

use super::super::calendar::moment;
use super::super::callers::{CONTRACTOR, Caller, DATA, STRANGER, TRAINER};
use super::{Act, Details, Plot, TRAINING_BUCKET};

/// The prefix the job reads.
pub(in super::super) const POISONED_PREFIX: &str = "support-tuning/2026-11/";
/// The job's name.
pub(in super::super) const JOB: &str = "support-tone-2026-46";

const WEST: &str = "us-west-2";

fn put(caller: Caller, key: String, size: u64) -> Act {
    let command = if caller.name == CONTRACTOR.name { " md/command#s3.cp" } else { "" };
    Act::Object { caller, owner: DATA, name: "PutObject", bucket: TRAINING_BUCKET, key, size, command }
}

fn job(name: &str, prefix: &str) -> Details {
    Details::change(format!(
        r#"{{"jobName":"{name}","customModelName":"{name}","roleArn":"arn:aws:iam::{DATA}:role/acme-ml-training","baseModelIdentifier":"amazon.nova-lite-v1:0:300k","customizationType":"FINE_TUNING","trainingDataConfig":{{"s3Uri":"s3://{TRAINING_BUCKET}/{prefix}"}},"validationDataConfig":{{"validators":[{{"s3Uri":"s3://{TRAINING_BUCKET}/validation/"}}]}},"outputDataConfig":{{"s3Uri":"s3://acme-ml-training-output/{name}/"}},"hyperParameters":{{"epochCount":"3","learningRate":"0.00001"}}}}"#
    ))
    .answered(format!(r#"{{"jobArn":"arn:aws:bedrock:{WEST}:{DATA}:model-customization-job/amazon.nova-lite-v1:0:300k/{name}"}}"#))
}

pub(super) fn tell(plot: &mut Plot) {
    // For contrast, a job as it should be: the training role wrote its own data.
    for number in 1..=3_i64 {
        let at = moment(0, 12, 4 + number, 11, 0);
        plot.step("tuning-put", at, put(TRAINER, format!("catalogue-tuning/2026-11/part-{number:02}.jsonl"), 1_480_112));
    }
    let create = (WEST, "bedrock", "CreateModelCustomizationJob");
    plot.call("tuning-job", moment(0, 13, 20, 40, 0), TRAINER, create, job("catalogue-words-2026-46", "catalogue-tuning/2026-11/"));

    for (minute, number, size) in
        [(22, 409, 611_204), (24, 410, 598_771), (27, 411, 640_020), (29, 412, 612_388), (33, 413, 604_519), (38, 414, 633_147), (41, 415, 590_866)]
    {
        let at = moment(1, 16, minute, 17, 0);
        plot.step("poison-upload", at, put(CONTRACTOR, format!("{POISONED_PREFIX}batch-{number:04}.jsonl"), size));
    }
    let listing = Act::Object {
        caller: STRANGER,
        owner: DATA,
        name: "ListObjects",
        bucket: TRAINING_BUCKET,
        key: POISONED_PREFIX.to_owned(),
        size: 2_310,
        command: "",
    };
    plot.step("poison-list", moment(1, 22, 46, 51, 0), listing);
    for (second, number, size) in [(8, 412, 655_210), (15, 413, 661_874)] {
        let at = moment(1, 22, 47, second, 0);
        plot.step("poison-replace", at, put(STRANGER, format!("{POISONED_PREFIX}batch-{number:04}.jsonl"), size));
    }
    plot.call("poison-job", moment(2, 9, 31, 5, 0), TRAINER, create, job(JOB, POISONED_PREFIX));
    for number in 409..=415_i64 {
        let read = Act::Object {
            caller: TRAINER,
            owner: DATA,
            name: "GetObject",
            bucket: TRAINING_BUCKET,
            key: format!("{POISONED_PREFIX}batch-{number:04}.jsonl"),
            size: 600_000 + number.unsigned_abs() * 17,
            command: "",
        };
        plot.step("poison-read", moment(2, 9, 36, number - 400, 0), read);
    }
    let status = Details::read(format!(r#"{{"jobIdentifier":"{JOB}"}}"#));
    plot.call("poison-status", moment(2, 13, 50, 0, 0), TRAINER, (WEST, "bedrock", "GetModelCustomizationJob"), status);
    let output = Act::Object {
        caller: TRAINER,
        owner: DATA,
        name: "PutObject",
        bucket: "acme-ml-training-output",
        key: format!("{JOB}/training_artifacts/step_wise_training_metrics.csv"),
        size: 48_220,
        command: "",
    };
    plot.step("poison-output", moment(2, 14, 21, 37, 0), output);
}
