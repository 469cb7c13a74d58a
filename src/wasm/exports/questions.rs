//! Whatever is not on the hot path is asked through one export.
//!
//! V8 compiles a way in for every kind of signature that a module exports, before anything is called: with an export for
//! each question that was more than half of the time that Node 20 took to compile the module.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;

use crate::error::{Error, Result};
use crate::wasm::exports::{chain, connect, exchanges, flights, probes, refresh, tokens, verifiers};
use crate::wasm::wire;

/// Answers a question; `Questions` in pkg-template/src/questions.ts says what each comes with, and what is answered.
#[wasm_bindgen]
pub fn ask(question: &str, given: Array) -> std::result::Result<JsValue, JsValue> {
    answer(question, &mut Given { values: given, next: 0 }).map_err(wire::thrown)
}

fn answer(question: &str, given: &mut Given) -> Result<JsValue> {
    match question {
        "chain_resolve" => chain::resolve(given.value(), given.flag(), given.number()),
        "chain_describe" => chain::describe(given.value(), given.number()),
        "check_signature" => {
            nothing(probes::check_signature(&given.text()?, &given.text()?, &given.bytes(), &given.bytes()))
        }
        "check_jws" => nothing(probes::check_jws(&given.text()?, &given.text()?, given.texts())),
        "connect_check" => nothing(connect::check(&given.text()?, given.value())),
        "connect_call" => connect::call(&given.text()?, given.value(), given.text()?, given.number(), given.number()),
        "connect_forget" => nothing(connect::forget(given.value(), given.number())),
        "exchange_check" => nothing(exchanges::check(&given.text()?, given.value())),
        "exchange_clear" => {
            exchanges::clear();
            Ok(JsValue::UNDEFINED)
        }
        "exchange_find" => exchanges::find(&given.text()?, given.value(), given.text()?, given),
        "exchange_forget" => nothing(exchanges::forget(&given.text()?, given.value(), given.text()?)),
        "exchange_restore" => {
            exchanges::restore(given.number(), given.text()?, given.number(), given.number()).map(JsValue::from)
        }
        "exchange_seed" => nothing(exchanges::seed(&given.bytes())),
        "flight_answered" => {
            flights::answered(given.index(), given.index() as u16, given.texts(), given.bytes(), given.number())
        }
        "flight_failed" => flights::failed(given.index(), &given.text()?, given.number()),
        "flight_cancel" => flights::cancel(given.index(), given.number()),
        "refresh_check" => nothing(refresh::check(given.text()?, given.optional_text())),
        "refresh_cached" => {
            let cached =
                refresh::cached(&given.text()?, given.text()?, given.optional_text(), given.number(), given.number());
            cached.map(JsValue::from)
        }
        "refresh_login" => refresh::login(&given.text()?, given.number(), given.number()),
        "refresh_renew" => refresh::renew(given.text()?, given.number()),
        "refresh_fetch" => refresh::fetch(given.text()?, given.optional_text(), given.text()?, given.number()),
        "refresh_printed" => refresh::printed(&given.text()?, given.number()).map(JsValue::from),
        "refusal" => nothing(tokens::refusal()),
        "verifier_create" => {
            verifiers::create(given.value(), given.flag(), given.optional_text(), given.optional_text())
                .map(JsValue::from)
        }
        "verifier_max_token_bytes" => verifiers::max_token_bytes(given.index()).map(JsValue::from),
        "verifier_sources" => verifiers::sources(given.index()).map(JsValue::from),
        "verifier_set_keys" => nothing(verifiers::set_keys(given.index(), &given.text()?)),
        "verifier_check_keys" => nothing(verifiers::check_keys(given.index(), given.place(), given.number())),
        "verifier_refresh" => verifiers::refresh(given.index(), given.place(), given.flag(), given.number()),
        "verifier_shared_name" => verifiers::shared_name(given.index(), given.place()).map(JsValue::from),
        "verifier_restore" => {
            verifiers::restore(given.index(), given.place(), &given.text()?, given.number()).map(JsValue::from)
        }
        _ => Err(Error::Internal("unknown question")),
    }
}

fn nothing(result: Result<()>) -> Result<JsValue> {
    result.map(|()| JsValue::UNDEFINED)
}

/// What a question comes with, taken in order.
pub struct Given {
    values: Array,
    next: u32,
}

impl Given {
    /// Anything.
    pub fn value(&mut self) -> JsValue {
        self.next += 1;
        self.values.get(self.next - 1)
    }

    /// A text.
    pub fn text(&mut self) -> Result<String> {
        self.optional_text().ok_or(Error::Internal("no text was given"))
    }

    /// A text, if there is one.
    pub fn optional_text(&mut self) -> Option<String> {
        self.value().as_string()
    }

    /// A number; whatever is none is NaN, which is refused by name where it matters.
    pub fn number(&mut self) -> f64 {
        self.value().as_f64().unwrap_or(f64::NAN)
    }

    /// A number, if something is given.
    pub fn optional_number(&mut self) -> Option<f64> {
        let value = self.value();
        (!value.is_undefined()).then(|| value.as_f64().unwrap_or(f64::NAN))
    }

    /// The number of a verifier or a flight.
    pub fn index(&mut self) -> u32 {
        self.number() as u32
    }

    /// A place in a list.
    pub fn place(&mut self) -> usize {
        self.number() as usize
    }

    /// Yes or no.
    pub fn flag(&mut self) -> bool {
        self.value().as_bool().unwrap_or_default()
    }

    /// Octets.
    pub fn bytes(&mut self) -> Vec<u8> {
        self.value().unchecked_into::<Uint8Array>().to_vec()
    }

    /// Octets, if there are any.
    pub fn optional_bytes(&mut self) -> Option<Vec<u8>> {
        let value = self.value();
        (!value.is_undefined()).then(|| value.unchecked_into::<Uint8Array>().to_vec())
    }

    /// Texts.
    pub fn texts(&mut self) -> Vec<String> {
        let list: Array = self.value().unchecked_into();
        list.iter().filter_map(|text| text.as_string()).collect()
    }
}
