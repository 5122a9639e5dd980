//! Records that nobody here wrote: each sample file, with the number of records counted by other means (`jq`, `wc -l`).

use super::*;
use std::io::Write as _;

fn sample(name: &str) -> Option<Vec<u8>> {
    let folder =
        std::env::var_os("OUTCROP_SAMPLES").map_or_else(|| std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/samples"), Into::into);
    let bytes = std::fs::read(folder.join(name)).ok();
    if bytes.is_none() {
        let _ = writeln!(std::io::stderr(), "skipped: no {name} in {}", folder.display());
    }
    bytes
}

#[test]
fn every_sample_is_read_whole() {
    // The audit logs have 17 and 50 lines of 5 and 47 serials.
    const FILES: [(&str, u64, Container); 20] = [
        ("cloudtrail/218007301253_CloudTrail_us-east-1_20230710T1205Z_nx9Yx1FyJdBaTqKj.json", 10, Container::CloudTrailFile),
        ("cloudtrail/218007301253_CloudTrail_us-east-1_20230710T1210Z_bXGZYqBeCCsqWq1U.json.gz", 6, Container::CloudTrailFile),
        ("cloudtrail/aws_docs_bedrock.ndjson", 2, Container::Documents),
        ("cloudtrail/panther_identity_forms.ndjson", 5, Container::Documents),
        ("cloudtrail/panther_s3_object_events.ndjson", 6, Container::Documents),
        ("cloudtrail/stratus_aws.impact.bedrock-invoke-model.json", 15, Container::Array),
        ("endpoint/auditd_normal.log", 5, Container::LogLines),
        ("endpoint/auditd_rhel7.log", 47, Container::LogLines),
        ("endpoint/crowdstrike_fdr_processrollup2.ndjson", 6, Container::Documents),
        ("endpoint/defender_device_process_events.json", 1, Container::Documents),
        ("endpoint/jamf_protect_telemetry.ndjson", 1, Container::Documents),
        ("endpoint/jamf_protect_telemetry_legacy.ndjson", 2, Container::Documents),
        ("endpoint/osquery_shell_history.ndjson", 5, Container::Documents),
        ("endpoint/sysmon_certutil_download.json", 1, Container::Documents),
        ("endpoint/windows_4688_panther.ndjson", 2, Container::Documents),
        ("invocation/log_record_aws_docs.json", 1, Container::Documents),
        ("invocation/log_records_elastic.ndjson", 5, Container::Documents),
        ("invocation/log_records_panther.ndjson", 4, Container::Documents),
        ("invocation/wire_otel_invoke_model_stream.ndjson", 5, Container::Documents),
        ("invocation/wire_openllmetry_invoke_model.ndjson", 9, Container::Documents),
    ];
    let limits = Limits::default();
    for (name, count, container) in FILES {
        let Some(stored) = sample(name) else { continue };
        let mut bytes = Vec::new();
        plain(Box::new(stored.as_slice()), compression_of(&stored), &limits).read_to_end(&mut bytes).unwrap();
        assert_eq!(reason_to_skip(name, &bytes), None, "{name}");
        let (got, report) = read(&bytes);
        assert_eq!((report.records, report.container, report.problem.as_deref()), (count, container, None), "{name}");
        for item in got {
            assert!(matches!(item, Got::Record { wrap: Wrap::None, .. }), "{name}: {item:?}");
        }
    }
}
