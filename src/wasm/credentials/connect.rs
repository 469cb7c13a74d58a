//! The calls of Vercel Connect that give no token.

use std::cell::RefCell;

use tsify::Ts;
use wasm_bindgen::prelude::*;

use super::exchanges::evict_group;
use crate::bindings::{Export, Slab, read_options, timestamp, to_js};
use crate::error::{Error, Result};
use crate::exchange::connect::{self, Action, Call, SignIn, SignInOptions, Token};
use crate::exchange::{ConnectorOptions, Credential};
use crate::flow::Step;
use crate::secret::Secret;
use crate::wasm::operations::start;
use crate::wasm::random;
use crate::wire::Progress;

thread_local! {
    static CALLS: RefCell<Slab<Call>> = const { RefCell::new(Slab::new()) };
}

/// Prepares a call: `authorize`, `describe`, `install`, `provision` or `revoke`. `params` is a JSON object.
#[wasm_bindgen]
pub fn create_connect_call(action: &str, options: Ts<ConnectorOptions>, params: &str) -> Export<f64> {
    let action = match action {
        "authorize" => Action::Authorize,
        "describe" => Action::Describe,
        "install" => Action::Install,
        "provision" => Action::Provision,
        "revoke" => Action::Revoke,
        _ => return Err(Error::Internal("unknown action").into()),
    };
    let call = Call::new(action, read_options(&options, &[])?, params)?;
    Ok(CALLS.with_borrow_mut(|calls| calls.insert(call)).as_f64())
}

/// Frees a call that is not begun. A handle of a lost instance is ignored.
#[wasm_bindgen]
pub fn free_connect_call(call: f64) {
    let _ = CALLS.with_borrow_mut(|calls| calls.remove(call));
}

/// Begins a call, whose handle is then used up. The result is the response as JSON. Tokens that a revocation ends are evicted
/// at once, and again when it is over, whatever came of it.
#[wasm_bindgen]
pub fn begin_connect_call(call: f64, token: String, now: f64) -> Export<Ts<Progress>> {
    let (call, now) = (CALLS.with_borrow_mut(|calls| calls.remove(call))?, timestamp(now)?);
    let (step, ends) = (call.begin(&Secret::new(token), random::jitter()?)?, call.ends());
    let evict = move |now| ends.as_ref().map_or(Ok(()), |group| evict_group(group, now));
    evict(now)?;
    let progress = start(step, now, move |completion, now| {
        evict(now)?;
        Ok(completion.into_result()?.map(|response| response.json().expose().clone()))
    })?;
    Ok(to_js(&progress))
}

/// Evicts the tokens of exactly these parameters, of every caller.
#[wasm_bindgen]
pub fn evict_connect_tokens(options: Ts<ConnectorOptions>, params: &str, now: f64) -> Export<()> {
    let token = Token::new(read_options(&options, &[])?, params)?;
    Ok(evict(&token, now)?)
}

fn evict(token: &Token, now: f64) -> Result<()> {
    // The first is the very thing that was asked for.
    token.groups().first().map_or(Ok(()), |group| evict_group(group, timestamp(now)?))
}

/// The address of an OAuth endpoint of a connector: `authorize`, `token` or `userinfo`.
#[wasm_bindgen]
pub fn sign_in_address(options: Ts<SignInOptions>, endpoint: &str) -> Export<String> {
    Ok(SignIn::new(read_options(&options, &[])?)?.address(endpoint))
}

/// Begins a token request of a sign-in. `fields` is a JSON object of strings, and `token` the identity of the deployment. The
/// result is the response as JSON.
#[wasm_bindgen]
pub fn begin_sign_in_tokens(options: Ts<SignInOptions>, fields: &str, token: String, now: f64) -> Export<Ts<Progress>> {
    let client = SignIn::new(read_options(&options, &[])?)?;
    begin(client.request_tokens(fields, &Secret::new(token), random::jitter()?)?, now)
}

/// Begins the request for a user's profile. The result is the response as JSON.
#[wasm_bindgen]
pub fn begin_sign_in_profile(options: Ts<SignInOptions>, access_token: String, now: f64) -> Export<Ts<Progress>> {
    let client = SignIn::new(read_options(&options, &[])?)?;
    begin(client.request_profile(&Secret::new(access_token), random::jitter()?)?, now)
}

fn begin(step: Step<Credential>, now: f64) -> Export<Ts<Progress>> {
    let progress = start(step, timestamp(now)?, |completion, _| {
        Ok(completion.into_result()?.map(|response| response.json().expose().clone()))
    })?;
    Ok(to_js(&progress))
}

/// The value of an `Authorization` header in which a connector is the client and an identity its secret.
#[wasm_bindgen]
pub fn connect_basic_credentials(connector: &str, token: &str) -> String {
    connect::basic_credentials(connector, token)
}

/// Returns whether a connector may be created under this uid.
#[wasm_bindgen]
pub fn is_provisionable_connector(uid: &str) -> bool {
    connect::is_provisionable(uid)
}

/// The `owner_id` of a token of Vercel, which is not verified.
#[wasm_bindgen]
pub fn owner_of_token(token: &str) -> Option<String> {
    connect::owner_of(token)
}
