//! Exchanges: looked up in the cache of credentials, carried out where there is none, forgotten.

use js_sys::Array;
use wasm_bindgen::prelude::*;

use crate::error::{Error, Result};
use crate::exchange::cache::{Flight, Next};
use crate::exchange::connect::Group;
use crate::exchange::{Caller, Credential, Exchange, Jitter, Names};
use crate::secret::Secret;
use crate::time::Timestamp;
use crate::wasm::exchange_options;
use crate::wasm::exports::flights::{Landing, launch};
use crate::wasm::exports::questions::{Given, nothing};
use crate::wasm::exports::state::{State, instant, with_state};
use crate::wasm::loose::Loose;
use crate::wasm::options;

/// Throws where no exchange can be made with these options.
pub fn check(given: &mut Given) -> Result<JsValue> {
    let (service, options) = (given.text()?, given.value());
    read(&service, options).map(nothing)
}

/// Gives the instance the random key under which it names credentials; 32 bytes.
pub fn seed(given: &mut Given) -> Result<JsValue> {
    let key = given.bytes();
    let names = names(&key)?;
    with_state(|state| state.names = Some(names));
    Ok(JsValue::UNDEFINED)
}

/// Looks a credential up that lives for longer than `min_validity` seconds (undefined for another than the one that is
/// there): its JSON or undefined, then what to do besides (undefined for nothing, `true` to wait for another caller's flight,
/// or the request to carry out), then the number of the flight, then the credential's name in a store with this key, if one
/// is given. Throws what went wrong lately.
pub fn find(given: &mut Given) -> Result<JsValue> {
    let (service, options, token) = (given.text()?, given.value(), given.text()?);
    let (min_validity, jitter, clock) = (given.optional_number(), given.number(), given.number());
    let store_key = given.optional_bytes();
    with_state(|state| {
        let (exchange, now, jitter) = (read(&service, options)?, instant(clock)?, Jitter::new(jitter.to_bits()));
        let caller = Caller::presenting(Secret::new(token.clone()));
        let (name, span) =
            (state.names()?.of(&caller, &exchange), options::min_validity(min_validity.unwrap_or_default())?);
        let found = state.credentials.find_living(name, span, min_validity.is_none(), now)?;
        let shared = store_key.map(|key| names(&key)).transpose()?.map(|names| names.of(&caller, &exchange).to_text());
        let (next, flight) = match found.next {
            Next::Nothing => (JsValue::UNDEFINED, None),
            Next::InFlight(flight) => (JsValue::TRUE, Some(flight)),
            Next::Begin(flight) => {
                state.group(flight, exchange.groups(None));
                let begun = exchange.begin(&Secret::new(token), jitter, now);
                let land = land(exchange, flight, jitter);
                let next = match begun {
                    Ok(step) => launch(state, step, now, land)?,
                    Err(error) => land(state, Landing::Refused(error), now)?,
                };
                (next, Some(flight))
            }
        };
        let credential = found.credential.map_or(JsValue::UNDEFINED, |credential| text(&credential));
        let number = flight.map_or(JsValue::UNDEFINED, |flight| (flight.number() as f64).into());
        Ok(Array::of4(&credential, &next, &number, &shared.into()).into())
    })
}

/// Takes a credential that another instance has obtained, in place of what a flight would bring; whether it will do.
pub fn restore(given: &mut Given) -> Result<JsValue> {
    let (flight, credential, jitter, clock) = (given.number(), given.text()?, given.number(), given.number());
    with_state(|state| {
        let (credential, now) = (Credential::from_json(credential)?, instant(clock)?);
        Ok(state.credentials.restore(flight as u64, &credential, Jitter::new(jitter.to_bits()), now).into())
    })
}

/// Forgets a credential, and whatever a flight for it still brings.
pub fn forget(given: &mut Given) -> Result<JsValue> {
    let (service, options, token) = (given.text()?, given.value(), given.text()?);
    with_state(|state| {
        let name = state.names()?.of(&Caller::presenting(Secret::new(token)), &read(&service, options)?);
        state.credentials.forget(name);
        Ok(JsValue::UNDEFINED)
    })
}

/// Forgets every credential.
pub fn clear(_: &mut Given) -> Result<JsValue> {
    with_state(|state| state.credentials.clear());
    Ok(JsValue::UNDEFINED)
}

impl State {
    fn group(&mut self, flight: Flight, groups: Vec<Group>) {
        let Some(names) = &self.names else { return };
        self.credentials.group(flight, groups.iter().map(|group| names.group(group)).collect());
    }

    /// Forgets the credentials of a group, and whatever is on its way to it.
    pub fn forget_group(&mut self, group: &Group, now: Timestamp) {
        let Some(names) = &self.names else { return };
        self.credentials.forget_group(names.group(group), now);
    }

    fn names(&self) -> Result<&Names> {
        self.names.as_ref().ok_or_else(|| Error::internal("the cache has no key yet"))
    }
}

fn names(key: &[u8]) -> Result<Names> {
    key.try_into().map(Names::new).map_err(|_| Error::internal("a key of another length than 32 octets"))
}

/// Reads what a service is asked for.
pub fn read(service: &str, options: JsValue) -> Result<Exchange> {
    exchange_options::exchange(service, Loose::from(options))
}

fn text(credential: &Credential) -> JsValue {
    credential.json().expose().as_str().into()
}

/// Hands a credential to the cache, and its JSON to the host.
fn land(
    exchange: Exchange,
    flight: Flight,
    jitter: Jitter,
) -> impl FnOnce(&mut State, Landing<Credential>, Timestamp) -> Result<JsValue> {
    move |state, landing, now| {
        let outcome = match landing {
            Landing::Done(credential) => Ok(credential),
            Landing::Refused(error) => Err(error),
            Landing::GivenUp => {
                state.credentials.cancel(flight);
                return Ok(JsValue::UNDEFINED);
            }
        };
        match &outcome {
            Ok(credential) => state.group(flight, exchange.groups(Some(credential))),
            Err(error) if exchange.is_withdrawn_by(error) => state.credentials.withdraw(flight),
            Err(_) => {}
        }
        state.credentials.finish(flight, outcome, jitter, now).map(|credential| text(&credential))
    }
}
