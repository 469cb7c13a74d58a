//! Whatever is not on the hot path is asked through one export.
//!
//! V8 compiles a way in for every kind of signature that a module exports, before anything is called: with an export for
//! each question that was more than half of the time that Node 20 took to compile the module.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;

use crate::error::{Error, Result};
use crate::wasm::exports::{chain, connect, dev_token, exchanges, operations, test_vectors, tokens, verifiers};
use crate::wasm::wire;

/// Answers a question; `Questions` in pkg-template/src/core/questions.ts says what each comes with, and what is answered.
#[wasm_bindgen]
pub fn ask(question: &str, given: Array) -> std::result::Result<JsValue, JsValue> {
    let answer = ANSWERS.iter().find(|(name, _)| *name == question).map(|(_, answer)| answer);
    let answer = answer.ok_or_else(|| Error::internal("unknown question"));
    answer.and_then(|answer| answer(&mut Given { values: given, next: 0 })).map_err(wire::thrown)
}

type Answer = fn(&mut Given) -> Result<JsValue>;

/// A list of functions and not a `match`: that would become one function of everything, compiled before its first call.
const ANSWERS: &[(&str, Answer)] = &[
    ("chain_describe", chain::describe),
    ("chain_resolve", chain::resolve),
    ("check_jws", test_vectors::check_jws),
    ("check_signature", test_vectors::check_signature),
    ("connect_call", connect::call),
    ("connect_check", connect::check),
    ("connect_forget", connect::forget),
    ("exchange_check", exchanges::check),
    ("exchange_clear", exchanges::clear),
    ("exchange_find", exchanges::find),
    ("exchange_forget", exchanges::forget),
    ("exchange_restore", exchanges::restore),
    ("exchange_seed", exchanges::seed),
    ("flight_answered", operations::answered),
    ("flight_cancel", operations::cancel),
    ("flight_failed", operations::failed),
    ("refresh_cached", dev_token::cached),
    ("refresh_check", dev_token::check),
    ("refresh_fetch", dev_token::fetch),
    ("refresh_login", dev_token::login),
    ("refresh_printed", dev_token::printed),
    ("refresh_renew", dev_token::renew),
    ("refusal", tokens::refusal),
    ("verifier_check_keys", verifiers::check_keys),
    ("verifier_create", verifiers::create),
    ("verifier_max_token_bytes", verifiers::max_token_bytes),
    ("verifier_refresh", verifiers::refresh),
    ("verifier_restore", verifiers::restore),
    ("verifier_set_keys", verifiers::set_keys),
    ("verifier_shared_name", verifiers::shared_name),
    ("verifier_sources", verifiers::sources),
];

/// Where there is no more to say than that it is so.
pub fn nothing<T>(_: T) -> JsValue {
    JsValue::UNDEFINED
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

    /// The number of a verifier or an operation.
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

    /// Bytes.
    pub fn bytes(&mut self) -> Vec<u8> {
        self.value().unchecked_into::<Uint8Array>().to_vec()
    }

    /// Bytes, if there are any.
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
