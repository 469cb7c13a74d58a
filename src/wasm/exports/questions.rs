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
    let answer = ANSWERS.iter().find(|(name, _)| *name == question).map(|(_, answer)| answer);
    let answer = answer.ok_or_else(|| Error::internal("unknown question"));
    answer.and_then(|answer| answer(&mut Given { values: given, next: 0 })).map_err(wire::thrown)
}

type Answer = fn(&mut Given) -> Result<JsValue>;

/// A list and not a `match`: that would become one function of everything, which engines compile before its first call.
const ANSWERS: &[(&str, Answer)] = &[
    ("chain_describe", |given| chain::describe(given.value(), given.number())),
    ("chain_resolve", |given| chain::resolve(given.value(), given.flag(), given.number())),
    ("check_jws", |given| nothing(probes::check_jws(&given.text()?, &given.text()?, given.texts()))),
    ("check_signature", |given| {
        nothing(probes::check_signature(&given.text()?, &given.text()?, &given.bytes(), &given.bytes()))
    }),
    ("connect_call", |given| {
        connect::call(&given.text()?, given.value(), given.text()?, given.number(), given.number())
    }),
    ("connect_check", |given| nothing(connect::check(&given.text()?, given.value()))),
    ("connect_forget", |given| nothing(connect::forget(given.value(), given.number()))),
    ("exchange_check", |given| nothing(exchanges::check(&given.text()?, given.value()))),
    ("exchange_clear", |_| {
        exchanges::clear();
        Ok(JsValue::UNDEFINED)
    }),
    ("exchange_find", |given| exchanges::find(&given.text()?, given.value(), given.text()?, given)),
    ("exchange_forget", |given| nothing(exchanges::forget(&given.text()?, given.value(), given.text()?))),
    ("exchange_restore", |given| {
        exchanges::restore(given.number(), given.text()?, given.number(), given.number()).map(JsValue::from)
    }),
    ("exchange_seed", |given| nothing(exchanges::seed(&given.bytes()))),
    ("flight_answered", |given| {
        flights::answered(given.index(), given.index() as u16, given.texts(), given.bytes(), given.number())
    }),
    ("flight_cancel", |given| flights::cancel(given.index(), given.number())),
    ("flight_failed", |given| flights::failed(given.index(), &given.text()?, given.number())),
    ("refresh_cached", |given| {
        let (text, project, team) = (given.text()?, given.text()?, given.optional_text());
        refresh::cached(&text, project, team, given.number(), given.number()).map(JsValue::from)
    }),
    ("refresh_check", |given| nothing(refresh::check(given.text()?, given.optional_text()))),
    ("refresh_fetch", |given| refresh::fetch(given.text()?, given.optional_text(), given.text()?, given.number())),
    ("refresh_login", |given| refresh::login(&given.text()?, given.number(), given.number())),
    ("refresh_printed", |given| refresh::printed(&given.text()?, given.number()).map(JsValue::from)),
    ("refresh_renew", |given| refresh::renew(given.text()?, given.number())),
    ("refusal", |_| nothing(tokens::refusal())),
    ("verifier_check_keys", |given| nothing(verifiers::check_keys(given.index(), given.place(), given.number()))),
    ("verifier_create", |given| {
        let (options, vercel) = (given.value(), given.flag());
        verifiers::create(options, vercel, given.optional_text(), given.optional_text()).map(JsValue::from)
    }),
    ("verifier_max_token_bytes", |given| verifiers::max_token_bytes(given.index()).map(JsValue::from)),
    ("verifier_refresh", |given| verifiers::refresh(given.index(), given.place(), given.flag(), given.number())),
    ("verifier_restore", |given| {
        verifiers::restore(given.index(), given.place(), &given.text()?, given.number()).map(JsValue::from)
    }),
    ("verifier_set_keys", |given| nothing(verifiers::set_keys(given.index(), &given.text()?))),
    ("verifier_shared_name", |given| verifiers::shared_name(given.index(), given.place()).map(JsValue::from)),
    ("verifier_sources", |given| verifiers::sources(given.index()).map(JsValue::from)),
];

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
        self.optional_text().ok_or_else(|| Error::internal("no text was given"))
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
