//! Clients that refuse, before anything is sent, every action that is not on the allow-list.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::config::interceptors::BeforeSerializationInterceptorContextRef;
use aws_sdk_cloudwatchlogs::config::retry::RetryConfig;
use aws_sdk_cloudwatchlogs::config::timeout::TimeoutConfig;
use aws_sdk_cloudwatchlogs::config::{BehaviorVersion, Builder, ConfigBag, Intercept, Region, RuntimeComponents};
use aws_sdk_cloudwatchlogs::error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::Metadata;

use super::ReadAction;
use crate::model::live::Site;

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
        let action = config.load::<Metadata>().map(|metadata| (metadata.service().to_owned(), metadata.name().to_owned()));
        match action {
            Some((service, name)) if ReadAction::allows(&service, &name) => Ok(()),
            Some((_, name)) => Err(format!("outcrop only reads: {name} is not on its list of actions and was not sent").into()),
            None => Err("outcrop only reads: the action has no name and was not sent".into()),
        }
    }
}

/// How long we wait for a server. Without these a server that accepts and says nothing hangs a call for ever.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timeouts {
    pub(super) connect: Duration,
    pub(super) read: Duration,
    pub(super) attempt: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(4), read: Duration::from_secs(30), attempt: Duration::from_secs(60) }
    }
}

/// What the ordinary chain gives for a site: profiles, SSO, roles, environment, instance; `AWS_ENDPOINT_URL`.
pub(super) async fn load(site: &Site, timeouts: Timeouts) -> SdkConfig {
    let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12()).timeout_config(
        TimeoutConfig::builder().connect_timeout(timeouts.connect).read_timeout(timeouts.read).operation_attempt_timeout(timeouts.attempt).build(),
    );
    if let Some(profile) = &site.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(region) = &site.region {
        loader = loader.region(Region::new(region.clone()));
    }
    loader.load().await
}

/// A client that only reads. It does not retry by itself: who calls it paces, and wants to know of every refusal.
pub(super) fn reading(shared: &SdkConfig) -> Client {
    Client::from_conf(Builder::from(shared).retry_config(RetryConfig::disabled()).interceptor(ReadOnly).build())
}

/// A client that asks who we are, and nothing else.
pub(super) fn identity(shared: &SdkConfig) -> aws_sdk_sts::Client {
    aws_sdk_sts::Client::from_conf(aws_sdk_sts::config::Builder::from(shared).interceptor(ReadOnly).build())
}
