//! A client that refuses, before anything is sent, every action that is not on the allow-list.

use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::config::interceptors::BeforeSerializationInterceptorContextRef;
use aws_sdk_cloudwatchlogs::config::{BehaviorVersion, ConfigBag, Intercept, Region, RuntimeComponents};
use aws_sdk_cloudwatchlogs::error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::Metadata;

use super::ReadAction;

/// The guard in front of every request.
#[derive(Debug, Default)]
pub struct ReadOnly;

impl Intercept for ReadOnly {
    fn name(&self) -> &'static str {
        "outcrop reads only"
    }

    fn read_before_serialization(
        &self,
        _context: &BeforeSerializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let name = config.load::<Metadata>().map(|metadata| metadata.name().to_owned());
        match name {
            Some(name) if ReadAction::allows(&name) => Ok(()),
            Some(name) => Err(format!("outcrop only reads: {name} is not on its list of actions and was not sent").into()),
            None => Err("outcrop only reads: the action has no name and was not sent".into()),
        }
    }
}

/// A client for a Region with the ordinary credential chain (`--profile`, SSO, assume-role, environment, IMDS,
/// `AWS_ENDPOINT_URL`).
pub async fn client(profile: Option<&str>, region: Option<&str>) -> Client {
    let mut loader = aws_config::defaults(BehaviorVersion::latest());
    if let Some(profile) = profile {
        loader = loader.profile_name(profile);
    }
    if let Some(region) = region {
        loader = loader.region(Region::new(region.to_owned()));
    }
    let shared = loader.load().await;
    Client::from_conf(aws_sdk_cloudwatchlogs::config::Builder::from(&shared).interceptor(ReadOnly).build())
}
