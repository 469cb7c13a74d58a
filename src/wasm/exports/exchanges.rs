//! Exchanges: looked up in the cache of credentials, carried out where there is none, forgotten.

use js_sys::Array;
use wasm_bindgen::prelude::*;

use crate::error::{Error, Result};
use crate::exchange::cache::{Next, Operation};
use crate::exchange::connect::Group;
use crate::exchange::{CacheIdentity, CacheKeys, Credential, Exchange, Jitter};
use crate::secret::Secret;
use crate::time::Timestamp;
use crate::wasm::exchange_options;
use crate::wasm::exports::operations::{Completion, start};
use crate::wasm::exports::questions::{Given, nothing};
use crate::wasm::exports::state::{State, timestamp, with_state};
use crate::wasm::loose::Loose;
use crate::wasm::options;

/// Throws where no exchange can be made with these options.
pub fn check(given: &mut Given) -> Result<JsValue> {
    let (service, options) = (given.text()?, given.value());
    read(&service, options).map(nothing)
}

/// Gives the instance the random secret of its cache keys; 32 bytes.
pub fn seed(given: &mut Given) -> Result<JsValue> {
    let key = given.bytes();
    let keys = cache_keys(&key)?;
    with_state(|state| state.cache_keys = Some(keys));
    Ok(JsValue::UNDEFINED)
}

/// Looks a credential up that lives for longer than `min_validity` seconds (undefined for another than the one that is
/// there): its JSON or undefined, then what to do besides (undefined for nothing, `true` to wait for another caller's operation,
/// or the request to carry out), then the number of the operation, then the credential's cache key in a store with this secret, if one
/// is given. Throws what went wrong lately.
pub fn find(given: &mut Given) -> Result<JsValue> {
    let (service, options, token) = (given.text()?, given.value(), given.text()?);
    let (min_validity, jitter, clock) = (given.optional_number(), given.number(), given.number());
    let store_key = given.optional_bytes();
    with_state(|state| {
        let (exchange, now, jitter) = (read(&service, options)?, timestamp(clock)?, Jitter::new(jitter.to_bits()));
        let identity = CacheIdentity::presenting(Secret::new(token.clone()));
        let (key, span) =
            (state.cache_keys()?.of(&identity, &exchange), options::min_validity(min_validity.unwrap_or_default())?);
        let found = state.credentials.find_valid_for(key, span, min_validity.is_none(), now)?;
        let shared =
            store_key.map(|key| cache_keys(&key)).transpose()?.map(|keys| keys.of(&identity, &exchange).to_hex());
        let (next, operation) = match found.next {
            Next::Nothing => (JsValue::UNDEFINED, None),
            Next::InFlight(operation) => (JsValue::TRUE, Some(operation)),
            Next::Begin(operation) => {
                state.group(operation, exchange.groups(None));
                let begun = exchange.begin(&Secret::new(token), jitter, now);
                let complete = complete(exchange, operation, jitter);
                let next = match begun {
                    Ok(step) => start(state, step, now, complete)?,
                    Err(error) => complete(state, Completion::Refused(error), now)?,
                };
                (next, Some(operation))
            }
        };
        let credential = found.credential.map_or(JsValue::UNDEFINED, |credential| text(&credential));
        let number = operation.map_or(JsValue::UNDEFINED, |operation| (operation.number() as f64).into());
        Ok(Array::of4(&credential, &next, &number, &shared.into()).into())
    })
}

/// Takes a credential that another instance has obtained, in place of what an operation would bring; whether it will do.
pub fn restore(given: &mut Given) -> Result<JsValue> {
    let (operation, credential, jitter, clock) = (given.number(), given.text()?, given.number(), given.number());
    with_state(|state| {
        let (credential, now) = (Credential::from_json(credential)?, timestamp(clock)?);
        Ok(state.credentials.restore(operation as u64, &credential, Jitter::new(jitter.to_bits()), now).into())
    })
}

/// Forgets a credential, and whatever an operation for it still brings.
pub fn forget(given: &mut Given) -> Result<JsValue> {
    let (service, options, token) = (given.text()?, given.value(), given.text()?);
    with_state(|state| {
        let key = state.cache_keys()?.of(&CacheIdentity::presenting(Secret::new(token)), &read(&service, options)?);
        state.credentials.forget(key);
        Ok(JsValue::UNDEFINED)
    })
}

/// Forgets every credential.
pub fn clear(_: &mut Given) -> Result<JsValue> {
    with_state(|state| state.credentials.clear());
    Ok(JsValue::UNDEFINED)
}

impl State {
    fn group(&mut self, operation: Operation, groups: Vec<Group>) {
        let Some(keys) = &self.cache_keys else { return };
        self.credentials.group(operation, groups.iter().map(|group| keys.group(group)).collect());
    }

    /// Forgets the credentials of a group, and whatever is on its way to it.
    pub fn forget_group(&mut self, group: &Group, now: Timestamp) {
        let Some(keys) = &self.cache_keys else { return };
        self.credentials.forget_group(keys.group(group), now);
    }

    fn cache_keys(&self) -> Result<&CacheKeys> {
        self.cache_keys.as_ref().ok_or_else(|| Error::internal("the cache has no key yet"))
    }
}

fn cache_keys(key: &[u8]) -> Result<CacheKeys> {
    key.try_into().map(CacheKeys::new).map_err(|_| Error::internal("a key of another length than 32 octets"))
}

/// Reads what a service is asked for.
pub fn read(service: &str, options: JsValue) -> Result<Exchange> {
    exchange_options::exchange(service, Loose::from(options))
}

fn text(credential: &Credential) -> JsValue {
    credential.json().expose().as_str().into()
}

/// Hands a credential to the cache, and its JSON to the host.
fn complete(
    exchange: Exchange,
    operation: Operation,
    jitter: Jitter,
) -> impl FnOnce(&mut State, Completion<Credential>, Timestamp) -> Result<JsValue> {
    move |state, completion, now| {
        let outcome = match completion {
            Completion::Done(credential) => Ok(credential),
            Completion::Refused(error) => Err(error),
            Completion::Cancelled => {
                state.credentials.cancel(operation);
                return Ok(JsValue::UNDEFINED);
            }
        };
        match &outcome {
            Ok(credential) => state.group(operation, exchange.groups(Some(credential))),
            Err(error) if exchange.is_withdrawn_by(error) => state.credentials.withdraw(operation),
            Err(_) => {}
        }
        state.credentials.finish(operation, outcome, jitter, now).map(|credential| text(&credential))
    }
}
