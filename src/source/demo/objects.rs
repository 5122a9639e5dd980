//! S3 object events (FORMATS §3.3).

use super::callers::Caller;
use super::draw::Draw;
use super::slot::Slot;
use super::trail::Call;
use crate::model::Timestamp;

/// One object call on a bucket of ours.
#[derive(Clone, Copy, Debug)]
pub(super) struct ObjectCall<'a> {
    pub(super) at: Timestamp,
    pub(super) caller: &'a Caller,
    /// Account that owns the bucket, and whose trail has the event.
    pub(super) owner: &'static str,
    pub(super) region: &'static str,
    pub(super) name: &'a str,
    pub(super) bucket: &'a str,
    pub(super) key: &'a str,
    pub(super) size: u64,
    pub(super) error: Option<(&'a str, &'a str)>,
    pub(super) command: &'a str,
}

impl ObjectCall<'_> {
    /// The request id: the first thing drawn, so that it can be known without writing the event.
    pub(super) fn request(draw: &mut Draw) -> String {
        draw.s3_request()
    }

    /// Writes the event; ids come from the draw.
    pub(super) fn write(&self, draw: &mut Draw, slot: &mut Slot) {
        let Self { bucket, key, region, owner, .. } = *self;
        let host = format!("{bucket}.s3.{region}.amazonaws.com");
        let listing = key.is_empty() || self.name.starts_with("List");
        let parameters = if listing {
            format!(r#"{{"list-type":"2","bucketName":"{bucket}","prefix":"{key}","Host":"{host}"}}"#)
        } else {
            format!(r#"{{"bucketName":"{bucket}","Host":"{host}","key":"{key}"}}"#)
        };
        let writes = matches!(self.name, "PutObject" | "CopyObject" | "DeleteObject" | "CompleteMultipartUpload");
        let puts = writes && self.name != "DeleteObject";
        let (bytes_in, bytes_out) = if puts { (self.size, 0) } else { (0, self.size) };
        let request = Self::request(draw);
        let id2 = draw.hex(44);
        let additional = format!(
            r#"{{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":{bytes_in},"SSEApplied":"Default_SSE_S3","AuthenticationMethod":"AuthHeader","x-amz-id-2":"{id2}","bytesTransferredOut":{bytes_out}}}"#
        );
        let bucket_resource = format!(r#"{{"accountId":"{owner}","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::{bucket}"}}"#);
        let resources = if listing {
            format!(r#"[{{"type":"AWS::S3::Object","ARNPrefix":"arn:aws:s3:::{bucket}/{key}"}},{bucket_resource}]"#)
        } else {
            format!(r#"[{{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::{bucket}/{key}"}},{bucket_resource}]"#)
        };
        let event = draw.uuid();
        let call = Call {
            read_only: !writes,
            data: true,
            error: self.error,
            parameters: &parameters,
            response: if puts && self.error.is_none() { r#"{"x-amz-server-side-encryption":"AES256"}"# } else { "" },
            additional: &additional,
            resources: &resources,
            request: &request,
            event: &event,
            host: &host,
            command: self.command,
            ..Call::new(self.at, self.caller, region, "s3", self.name)
        };
        slot.trail(owner, region, &call);
    }
}
