//! Exchanges: made once for their options, looked up in the credential cache, carried out, evicted.

use std::cell::RefCell;

use js_sys::Uint8Array;
use tsify::Ts;
use wasm_bindgen::prelude::*;

use crate::bindings::{Export, Handle, Slab, read_options, timestamp, to_js};
use crate::error::{Error, Result};
use crate::exchange::cache::{Cache, Next, Operation, Usage};
use crate::exchange::connect::Group;
use crate::exchange::{
    AwsOptions, AzureOptions, CacheIdentity, CacheKeys, ConnectorOptions, Credential, Exchange, GcpOptions, Jitter,
    TokenExchangeOptions, VercelOptions, connect,
};
use crate::options::Seconds;
use crate::secret::Secret;
use crate::time::Timestamp;
use crate::wasm::operations::{self, Completion};
use crate::wasm::random;
use crate::wire::CredentialLookup;

/// The credentials that an instance keeps.
struct Credentials {
    cache: Cache,
    /// Made at first use: not every runtime has random bytes while a module is being loaded.
    keys: Option<CacheKeys>,
}

thread_local! {
    static EXCHANGES: RefCell<Slab<Exchange>> = const { RefCell::new(Slab::new()) };
    static CREDENTIALS: RefCell<Credentials> = const {
        RefCell::new(Credentials { cache: Cache::new(), keys: None })
    };
}

/// Numbers the attempts of this instance from here on.
pub fn start(first: u64) {
    CREDENTIALS.with_borrow_mut(|credentials| credentials.cache = Cache::numbered_from(first));
}

impl Credentials {
    fn keys(&mut self) -> Result<CacheKeys> {
        if let Some(keys) = &self.keys {
            return Ok(keys.clone());
        }
        Ok(self.keys.insert(random::cache_keys()?).clone())
    }

    /// Puts what an attempt obtains into groups, so that it can be evicted with others.
    fn group(&mut self, attempt: Operation, groups: &[Group]) -> Result<()> {
        let keys = self.keys()?;
        self.cache.group(attempt, groups.iter().map(|group| keys.group(group)).collect());
        Ok(())
    }
}

fn with<T>(call: impl FnOnce(&mut Credentials) -> Result<T>) -> Result<T> {
    CREDENTIALS.with_borrow_mut(call)
}

/// How full the cache of this instance is.
pub fn usage() -> Result<Usage> {
    with(|credentials| Ok(credentials.cache.usage()))
}

/// Sets how many credentials this instance keeps.
#[wasm_bindgen]
pub fn set_credential_capacity(capacity: f64) -> Export<()> {
    // The cast gives 0 for what is negative or not a number, which is refused.
    let capacity = if capacity.fract() == 0.0 { capacity as usize } else { 0 };
    Ok(with(|credentials| credentials.cache.set_capacity(capacity))?)
}

fn exchange(handle: f64) -> Result<Exchange> {
    EXCHANGES.with_borrow(|exchanges| exchanges.get(handle).cloned())
}

fn keep(exchange: Exchange) -> f64 {
    EXCHANGES.with_borrow_mut(|exchanges| exchanges.insert(exchange)).as_f64()
}

/// Makes an exchange with the Security Token Service of AWS.
#[wasm_bindgen]
pub fn create_aws_exchange(options: Ts<AwsOptions>) -> Export<f64> {
    Ok(keep(Exchange::aws(read_options(&options, SUBJECT_OPTIONS)?)?))
}

/// Makes an exchange with Microsoft Entra ID.
#[wasm_bindgen]
pub fn create_azure_exchange(options: Ts<AzureOptions>) -> Export<f64> {
    Ok(keep(Exchange::azure(read_options(&options, SUBJECT_OPTIONS)?)?))
}

/// Makes an exchange with the Security Token Service of Google Cloud.
#[wasm_bindgen]
pub fn create_gcp_exchange(options: Ts<GcpOptions>) -> Export<f64> {
    Ok(keep(Exchange::gcp(read_options(&options, SUBJECT_OPTIONS)?)?))
}

/// Makes an exchange of a Vercel token for one with another audience.
#[wasm_bindgen]
pub fn create_vercel_exchange(options: Ts<VercelOptions>) -> Export<f64> {
    Ok(keep(Exchange::vercel(read_options(&options, SUBJECT_OPTIONS)?)?))
}

/// Makes an exchange with any service that speaks RFC 8693.
#[wasm_bindgen]
pub fn create_token_exchange(options: Ts<TokenExchangeOptions>) -> Export<f64> {
    Ok(keep(Exchange::token_exchange(read_options(&options, SUBJECT_OPTIONS)?)?))
}

/// Makes an exchange for a token of a Vercel Connect connector; `params` is the JSON object of what is asked for.
#[wasm_bindgen]
pub fn create_connect_exchange(options: Ts<ConnectorOptions>, params: &str) -> Export<f64> {
    Ok(keep(Exchange::Connect(connect::Token::new(read_options(&options, &[])?, params)?)))
}

/// The options that say which token is presented; the wrapper keeps them to itself.
const SUBJECT_OPTIONS: &[&str] = &[
    "audience",
    "captured",
    "env",
    "fetch",
    "forceRefresh",
    "minValidity",
    "onEvent",
    "refresh",
    "relay",
    "request",
    "shared",
    "token",
];

/// Frees an exchange. A handle of a lost instance is ignored.
#[wasm_bindgen]
pub fn free_exchange(exchange: f64) {
    let _ = EXCHANGES.with_borrow_mut(|exchanges| exchanges.remove(exchange));
}

/// Looks up the credential that a token is exchanged for; it must still live for `min_validity` seconds, and must not be the
/// cached one where that is undefined. `shared_key` names it in a store that instances share. Throws the last failure while
/// its back-off lasts.
#[wasm_bindgen]
pub fn find_credential(
    exchange: f64,
    token: String,
    min_validity: Option<f64>,
    shared_key: Option<Uint8Array>,
    now: f64,
) -> Export<Ts<CredentialLookup>> {
    let (exchange, now, force) = (self::exchange(exchange)?, timestamp(now)?, min_validity.is_none());
    let Seconds(min_validity) = Seconds::new(min_validity.unwrap_or_default())
        .ok_or_else(|| Error::option("minValidity", "must be a number of seconds, not negative"))?;
    let identity = CacheIdentity::presenting(Secret::new(token.clone()));
    let shared_name = match shared_key {
        Some(key) => Some(shared_keys(&key.to_vec())?.of(&identity, &exchange).to_hex()),
        None => None,
    };
    let found = with(|credentials| {
        let key = credentials.keys()?.of(&identity, &exchange);
        credentials.cache.find_valid_for(key, min_validity, force, now)
    })?;
    let mut lookup = CredentialLookup {
        credential: found.credential.map(|credential| credential.json().expose().clone()),
        shared_name,
        ..CredentialLookup::default()
    };
    match found.next {
        Next::Nothing => {}
        Next::InFlight(attempt) => lookup.attempt = Some(attempt.number()),
        Next::Begin(attempt) => {
            lookup.attempt = Some(attempt.number());
            with(|credentials| credentials.group(attempt, &exchange.groups(None)))?;
            let jitter = random::jitter()?;
            let step = match exchange.begin(&Secret::new(token), jitter, now) {
                Ok(step) => step,
                Err(error) => {
                    complete(&exchange, attempt, jitter, Completion::Refused(error.clone()), now)?;
                    return Err(error.into());
                }
            };
            let complete = move |completion, now| complete(&exchange, attempt, jitter, completion, now);
            lookup.request = operations::start(step, now, complete)?.request;
        }
    }
    Ok(to_js(&lookup))
}

/// Takes a credential that another instance has obtained, in place of what an attempt would obtain. Returns whether it is so
/// young that the attempt can be cancelled.
#[wasm_bindgen]
pub fn restore_credential(attempt: f64, credential: String, now: f64) -> Export<bool> {
    let (attempt, credential) = (Handle::read(attempt)?.as_u64(), Credential::from_json(credential)?);
    let (now, jitter) = (timestamp(now)?, random::jitter()?);
    Ok(with(|credentials| Ok(credentials.cache.restore(attempt, &credential, jitter, now)))?)
}

/// Evicts every credential.
#[wasm_bindgen]
pub fn clear_credentials() {
    CREDENTIALS.with_borrow_mut(|credentials| credentials.cache.clear());
}

/// Evicts the credentials of a group, and whatever attempts still obtain for it.
pub fn evict_group(group: &Group, now: Timestamp) -> Result<()> {
    with(|credentials| {
        let key = credentials.keys()?.group(group);
        credentials.cache.forget_group(key, now);
        Ok(())
    })
}

fn shared_keys(key: &[u8]) -> Result<CacheKeys> {
    key.try_into().map(CacheKeys::new).map_err(|_| Error::Internal("a key of another length than 32 bytes"))
}

/// Hands a credential to the cache, and its JSON to the host.
fn complete(
    exchange: &Exchange,
    attempt: Operation,
    jitter: Jitter,
    completion: Completion<Credential>,
    now: Timestamp,
) -> Result<Option<String>> {
    with(|credentials| {
        let outcome = match completion {
            Completion::Done(credential) => Ok(credential),
            Completion::Refused(error) => Err(error),
            Completion::Cancelled => {
                credentials.cache.cancel(attempt);
                return Ok(None);
            }
        };
        match &outcome {
            Ok(credential) => credentials.group(attempt, &exchange.groups(Some(credential)))?,
            Err(error) if exchange.is_withdrawn_by(error) => credentials.cache.withdraw(attempt),
            Err(_) => {}
        }
        let credential = credentials.cache.finish(attempt, outcome, jitter, now)?;
        Ok(Some(credential.json().expose().clone()))
    })
}
