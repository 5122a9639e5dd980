//! Bodies that Bedrock put into S3 because they were too large for the log: how large they are, and their bytes.
//!
//! Only an object that a record of the case names as its own body can be asked for: a [`NamedBody`] is made of nothing else. It takes
//! `s3:GetObject` on these objects and no other permission.

use std::sync::atomic::AtomicBool;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::RequestId;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use futures_util::StreamExt as _;
use futures_util::stream;

use super::classify;
use super::client::ReadOnly;
use super::fault::{AwsError, Fault};
use super::link::{Link, unless_stopped};
use super::session::Aws;
use crate::decode::containers::{BodySide, body_file};

/// So many objects at once.
const AT_ONCE: usize = 8;
/// Larger ones are left: a case reads no body beyond this.
const MOST_BYTES: u64 = 256 << 20;

/// An object in S3 that a record names as its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedBody {
    /// Its Region: Bedrock writes to buckets of its own Region only.
    pub region: String,
    /// Its bucket.
    pub bucket: String,
    /// Its key.
    pub key: String,
}

impl NamedBody {
    /// The body that a record names: its request, its Region, the path as it stands there.
    ///
    /// # Errors
    /// Why it is not read: the path is none of a body of this very request.
    pub fn of(request: &str, region: &str, path: &str) -> Result<Self, String> {
        let refused = |why: &str| Err(format!("{path}: {why}"));
        let Some((bucket, key)) = path.strip_prefix("s3://").and_then(|rest| rest.split_once('/')) else {
            return refused("this is no path in S3");
        };
        let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-');
        if !(3..=63).contains(&bucket.len()) || !bucket.bytes().all(is_name) {
            return refused("this is no name of a bucket");
        }
        match body_file(key) {
            Some((id, _)) if !request.is_empty() && id == request => {
                Ok(Self { region: region.to_owned(), bucket: bucket.to_owned(), key: key.to_owned() })
            }
            _ => refused("this is not the body of the request that names it"),
        }
    }

    /// It holds what the model answered, not what it was asked.
    pub fn is_answer(&self) -> bool {
        matches!(body_file(&self.key), Some((_, BodySide::Output)))
    }

    /// Its address.
    pub fn path(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.key)
    }
}

impl Aws {
    /// How many bytes each of them has. They are not read.
    pub fn sizes(&self, bodies: &[NamedBody], cancel: &AtomicBool) -> Vec<Result<u64, AwsError>> {
        self.each(bodies, cancel, async |client, body| {
            let sent = client.head_object().bucket(&body.bucket).key(&body.key).send().await;
            let told = sent.map_err(|error| failed("look at", body, &error))?;
            let size = told.content_length().and_then(|length| u64::try_from(length).ok()).unwrap_or(0);
            if size > MOST_BYTES {
                return Err(AwsError::new(doing("read", body), Fault::Other(format!("it has {size} bytes, and no more than {MOST_BYTES} are read"))));
            }
            Ok(size)
        })
    }

    /// The bytes of each of them, as they are stored.
    pub fn read_bodies(&self, bodies: &[NamedBody], cancel: &AtomicBool) -> Vec<Result<Vec<u8>, AwsError>> {
        self.each(bodies, cancel, async |client, body| {
            let sent = client.get_object().bucket(&body.bucket).key(&body.key).send().await;
            let mut told = sent.map_err(|error| failed("read", body, &error))?;
            let mut bytes = Vec::new();
            while let Some(some) = told.body.next().await {
                bytes.extend_from_slice(&some.map_err(|_| AwsError::new(doing("read", body), Fault::Cut))?);
                if bytes.len() as u64 > MOST_BYTES {
                    return Err(AwsError::new(doing("read", body), Fault::Other(format!("it has more than {MOST_BYTES} bytes"))));
                }
            }
            Ok(bytes)
        })
    }

    fn each<T>(
        &self,
        bodies: &[NamedBody],
        cancel: &AtomicBool,
        ask: impl AsyncFn(&Client, &NamedBody) -> Result<T, AwsError>,
    ) -> Vec<Result<T, AwsError>> {
        let clients: Vec<(&str, Client)> = self.links().iter().map(|link| (link.region.as_str(), reading(link))).collect();
        let one = async |body: &NamedBody| {
            let Some((_, client)) = clients.iter().find(|(region, _)| *region == body.region) else {
                let why = format!("no site is in {}: name it with --region", body.region);
                return Err(AwsError::new(doing("read", body), Fault::Other(why)));
            };
            // The SDK's futures are large.
            let answer = unless_stopped(cancel, Box::pin(ask(client, body))).await;
            answer.unwrap_or_else(|| Err(AwsError::new(doing("read", body), Fault::Stopped)))
        };
        self.block_on(stream::iter(bodies).map(one).buffered(AT_ONCE).collect())
    }
}

/// A client of S3 that only reads.
pub(super) fn reading(link: &Link) -> Client {
    let config = aws_sdk_s3::config::Builder::from(&link.config());
    Client::from_conf(config.retry_config(RetryConfig::standard().with_max_attempts(link.manners.attempts)).interceptor(ReadOnly).build())
}

fn doing(what: &str, body: &NamedBody) -> String {
    format!("{what} {}", body.path())
}

/// S3 tells some errors by the status only.
fn failed<E>(what: &str, body: &NamedBody, error: &SdkError<E, HttpResponse>) -> AwsError
where
    E: ProvideErrorMetadata + std::error::Error + RequestId + 'static,
{
    let told = classify::error(&doing(what, body), error);
    let fault = match error.raw_response().map(|response| response.status().as_u16()) {
        Some(403) if !told.fault.is_about_credentials() && told.fault != Fault::ClockSkew => {
            Fault::Denied("s3:GetObject is needed on this object".to_owned())
        }
        Some(404) => Fault::NotFound("there is no such object any more".to_owned()),
        Some(301 | 307 | 308) => Fault::Other("its bucket is in another Region".to_owned()),
        _ => told.fault,
    };
    AwsError { fault, ..told }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUEST: &str = "c2f20e7a-0000-4000-8000-0123456789ab";

    #[test]
    fn only_the_body_of_the_very_request_is_named() {
        let key = format!("logs/AWSLogs/111122223333/BedrockModelInvocationLogs/us-east-1/2026/11/10/02/data/{REQUEST}_input.json.gz");
        let body = NamedBody::of(REQUEST, "us-east-1", &format!("s3://acme-bedrock-logs/{key}")).unwrap();
        assert_eq!((body.bucket.as_str(), body.key.as_str(), body.region.as_str()), ("acme-bedrock-logs", key.as_str(), "us-east-1"));
        for (request, path) in [
            ("another", format!("s3://acme-bedrock-logs/{key}")),
            ("", "s3://acme-bedrock-logs/data/_input.json.gz".to_owned()),
            (REQUEST, "s3://acme-bedrock-logs/secrets/passwords.txt".to_owned()),
            (REQUEST, format!("s3://acme-bedrock-logs/data/{REQUEST}_input_media_01.png")),
            (REQUEST, format!("https://acme-bedrock-logs/data/{REQUEST}_input.json.gz")),
            (REQUEST, format!("s3://Bucket?x/data/{REQUEST}_input.json.gz")),
            (REQUEST, format!("s3:///data/{REQUEST}_input.json.gz")),
            (REQUEST, "s3://acme-bedrock-logs".to_owned()),
        ] {
            assert!(NamedBody::of(request, "us-east-1", &path).is_err(), "{path}");
        }
    }
}
