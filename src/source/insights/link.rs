//! One site: its client, its pace, the queries it has running, and how it is doing. Every request goes through
//! [`Link::call`], which spaces requests, tries again what may pass, and waits for a new login in the middle of a fetch.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_config::SdkConfig;
use aws_sdk_cloudwatchlogs::Client;

use super::client::{self, Timeouts};
use super::fault::{AwsError, Fault};
use super::pace::{Pace, Slots};
use crate::model::live::Site;

/// How a client behaves; tests are in more of a hurry.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manners {
    /// Requests a second, of each kind; AWS allows 10.
    pub(super) per_second: f64,
    /// Queries at once; AWS allows 100 in an account, everybody's together.
    pub(super) queries: usize,
    /// How often a call that may pass is tried.
    pub(super) attempts: u32,
    /// The first pause before trying again; doubled each time.
    pub(super) pause: Duration,
    /// How long we let ourselves be throttled before we give up.
    pub(super) throttled: Duration,
    /// How long we wait for a new login, once something has been read.
    pub(super) login: Duration,
    /// How often it is looked for meanwhile.
    pub(super) login_every: Duration,
    /// A pause between two looks at a query while no other runs.
    pub(super) poll: Duration,
    /// How long we wait for a server.
    pub(super) timeouts: Timeouts,
}

impl Default for Manners {
    fn default() -> Self {
        Self {
            per_second: 9.0,
            queries: 10,
            attempts: 5,
            pause: Duration::from_millis(300),
            throttled: Duration::from_mins(5),
            login: Duration::from_mins(15),
            login_every: Duration::from_secs(3),
            poll: Duration::from_millis(200),
            timeouts: Timeouts::default(),
        }
    }
}

/// How a site is doing, in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SiteState {
    /// Nothing has been asked yet.
    #[default]
    New,
    /// All is well.
    Well,
    /// Requests are sent more slowly, or fewer at once.
    Slowed,
    /// Something failed and is tried again; why.
    Retrying(String),
    /// Waits for the person to log in; what to do.
    WaitsForLogin(String),
    /// Given up; why.
    Failed(String),
}

/// A request may be dropped on cancel; or it has to be waited for, because it starts something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Care {
    MayDrop,
    Whole,
}

/// How long a request that starts something is waited for after a cancel.
const LAST_CHANCE: Duration = Duration::from_secs(10);
/// How often a waiting call looks whether it was cancelled.
const LOOK: Duration = Duration::from_millis(50);

/// One site.
pub(super) struct Link {
    pub(super) site: Site,
    pub(super) region: String,
    clients: Mutex<(SdkConfig, Client)>,
    pub(super) starts: Pace,
    pub(super) reads: Pace,
    pub(super) looks: Pace,
    pub(super) slots: Slots,
    pub(super) manners: Manners,
    state: Mutex<SiteState>,
    has_worked: AtomicBool,
    left: Arc<Mutex<BTreeSet<String>>>,
}

impl Link {
    /// Nothing is sent yet.
    pub(super) async fn open(site: Site, manners: Manners) -> Result<Self, AwsError> {
        let shared = client::load(&site, manners.timeouts).await;
        let client = client::reading(&shared);
        Self::with(site, shared, client, manners)
    }

    pub(super) fn with(mut site: Site, shared: SdkConfig, client: Client, manners: Manners) -> Result<Self, AwsError> {
        let region = shared
            .region()
            .map(ToString::to_string)
            .filter(|region| !region.is_empty())
            .ok_or_else(|| AwsError::new("connect to CloudWatch Logs", Fault::NoRegion))?;
        site.region = Some(region.clone());
        let pace = || Pace::new(manners.per_second);
        Ok(Self {
            site,
            region,
            clients: Mutex::new((shared, client)),
            starts: pace(),
            reads: pace(),
            looks: pace(),
            slots: Slots::new(manners.queries),
            manners,
            state: Mutex::default(),
            has_worked: AtomicBool::new(false),
            left: Arc::default(),
        })
    }

    pub(super) fn config(&self) -> SdkConfig {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    pub(super) fn client(&self) -> Client {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner).1.clone()
    }

    /// How it is doing.
    pub(super) fn state(&self) -> SiteState {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_state(&self, state: SiteState) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }

    /// Sends until there is an answer, or an error that stays one.
    pub(super) async fn call<T, F>(&self, pace: &Pace, care: Care, cancel: &AtomicBool, send: impl Fn(Client) -> F) -> Result<T, AwsError>
    where
        F: Future<Output = Result<T, AwsError>>,
    {
        let started = Instant::now();
        let (mut attempt, mut pause) = (1, self.manners.pause);
        loop {
            let sending = async {
                pace.turn().await;
                // The SDK's futures are large; there are many of them.
                Box::pin(send(self.client())).await
            };
            let answer = match care {
                Care::MayDrop => unless_stopped(cancel, sending).await,
                Care::Whole if is_stopped(cancel) => None,
                Care::Whole => {
                    let late = async {
                        stopped(cancel).await;
                        tokio::time::sleep(LAST_CHANCE).await;
                    };
                    tokio::select! { answer = sending => Some(answer), () = late => None }
                }
            };
            let error = match answer {
                None => return Err(AwsError::new("go on", Fault::Stopped)),
                Some(Ok(answer)) => {
                    pace.faster();
                    self.has_worked.store(true, Ordering::Relaxed);
                    self.set_state(SiteState::Well);
                    return Ok(answer);
                }
                Some(Err(error)) => self.with_profile(error),
            };
            let is_short = started.elapsed() < self.manners.throttled;
            let wait = match &error.fault {
                fault if fault.is_throttle() && is_short => {
                    if matches!(fault, Fault::TooManyQueries(_)) {
                        self.slots.fewer();
                    }
                    pace.slower(Instant::now());
                    self.set_state(SiteState::Slowed);
                    pause
                }
                fault if fault.is_transient() && attempt < self.manners.attempts => {
                    self.set_state(SiteState::Retrying(fault.to_string()));
                    attempt += 1;
                    pause
                }
                fault if fault.is_about_credentials() && self.has_worked.load(Ordering::Relaxed) && started.elapsed() < self.manners.login => {
                    self.set_state(SiteState::WaitsForLogin(format!("{fault}: {}", fault.remedy())));
                    self.renew().await;
                    self.manners.login_every
                }
                fault => {
                    if !matches!(fault, Fault::Stopped | Fault::NotFound(_) | Fault::Malformed { .. } | Fault::NoDataThere | Fault::Invalid(_)) {
                        self.set_state(SiteState::Failed(fault.to_string()));
                    }
                    return Err(error);
                }
            };
            // Not all of us at the same moment.
            let wait = wait.mul_f64(0.75 + f64::from(jiff::Timestamp::now().subsec_nanosecond() % 1_000) / 2_000.0);
            if unless_stopped(cancel, tokio::time::sleep(wait)).await.is_none() {
                return Err(AwsError::new("go on", Fault::Stopped));
            }
            pause = (pause * 2).min(Duration::from_secs(10));
        }
    }

    /// A profile that is nowhere defined looks to the chain like any other provider without credentials; and a login that has ended is
    /// renewed by the profile's name.
    fn with_profile(&self, error: AwsError) -> AwsError {
        let named = || std::env::var("AWS_PROFILE").ok().filter(|profile| !profile.is_empty());
        match (&error.fault, self.site.profile.clone().or_else(named)) {
            (Fault::NoCredentials, Some(profile)) => AwsError { fault: Fault::UnknownProfile(profile), ..error },
            (Fault::SsoEnded(None), Some(profile)) => AwsError { fault: Fault::SsoEnded(Some(profile)), ..error },
            _ => error,
        }
    }

    /// The chain of credentials is gone through again: there may be a new login.
    async fn renew(&self) {
        let shared = client::load(&self.site, self.manners.timeouts).await;
        let client = client::reading(&shared);
        *self.clients.lock().unwrap_or_else(PoisonError::into_inner) = (shared, client);
    }

    /// A query of ours runs from now on.
    pub(super) fn began(&self, id: &str) -> Running {
        Running { id: Some(id.to_owned()), left: Arc::clone(&self.left) }
    }

    /// Stops a query at AWS. One that has ended is an error there and well here.
    pub(super) async fn stop(&self, id: &str) {
        let client = self.client();
        let stopping = async {
            for _ in 0..3 {
                match client.stop_query().query_id(id).send().await {
                    Ok(_) => break,
                    Err(error) => {
                        let fault = super::classify::error("stop a query", &error).fault;
                        if !(fault.is_throttle() || fault.is_transient()) {
                            break;
                        }
                        tokio::time::sleep(self.manners.pause).await;
                    }
                }
            }
        };
        let _ = tokio::time::timeout(Duration::from_secs(8), stopping).await;
    }

    /// Stops what was started and nobody waits for any more.
    pub(super) async fn stop_left(&self) {
        let left: Vec<String> = std::mem::take(&mut *self.left.lock().unwrap_or_else(PoisonError::into_inner)).into_iter().collect();
        futures_util::future::join_all(left.iter().map(|id| self.stop(id))).await;
    }

    /// Something is still to be stopped.
    pub(super) fn has_left(&self) -> bool {
        !self.left.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }
}

/// A query that runs at AWS. Dropped before its end, it is among those to be stopped.
pub(super) struct Running {
    id: Option<String>,
    left: Arc<Mutex<BTreeSet<String>>>,
}

impl Running {
    /// It has come to its end.
    pub(super) fn ended(mut self) {
        self.id = None;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(id) = self.id.take() {
            self.left.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
        }
    }
}

/// Somebody asked to stop.
pub(super) fn is_stopped(cancel: &AtomicBool) -> bool {
    cancel.load(Ordering::Relaxed)
}

/// Until somebody asks to stop.
pub(super) async fn stopped(cancel: &AtomicBool) {
    while !is_stopped(cancel) {
        tokio::time::sleep(LOOK).await;
    }
}

/// What comes of it; `None` when somebody asked to stop before.
pub(super) async fn unless_stopped<T>(cancel: &AtomicBool, work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        () = stopped(cancel) => None,
        done = work => Some(done),
    }
}
