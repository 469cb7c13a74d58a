//! Values of JavaScript as values of the core, and back.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_wasm_bindgen::Serializer;
use tsify::{Ts, Tsify};
use wasm_bindgen::JsValue;

use crate::encoding::json::{Document, JsonError};
use crate::error::{Error, Result};
use crate::options::{self, OptionValue};
use crate::time::Timestamp;
use crate::wire::ErrorDetails;

/// The result of an export: what is refused is thrown as [`ErrorDetails`].
pub type Export<T> = std::result::Result<T, JsValue>;

/// Reads options that are passed as JSON, past the strict reader.
///
/// # Errors
/// Those of [`options::read`].
pub fn read_json_options<T: DeserializeOwned>(options: &str, host: &[&str]) -> Result<T> {
    let document = Document::parse(options.as_bytes()).map_err(|JsonError(problem)| Error::Internal(problem))?;
    options::read(&OptionValue::from(document.root()), host)
}

/// Reads options. The host has replaced what is not plain data, and kept the options in `host` to itself.
///
/// # Errors
/// Those of [`options::read`].
pub fn read_options<T: Tsify + DeserializeOwned>(options: &Ts<T>, host: &[&str]) -> Result<T> {
    options::read(&to_option_value(options), host)
}

/// The unvalidated value of options.
pub fn to_option_value<T: Tsify>(options: &Ts<T>) -> OptionValue {
    serde_wasm_bindgen::from_value(options.js_value()).unwrap_or(OptionValue::Unsupported)
}

/// Hands a struct out as an object; a value that is missing is `undefined`.
pub fn to_js<T: Tsify + Serialize>(value: &T) -> Ts<T> {
    Ts::new_unchecked(to_object(value))
}

/// Hands a struct out as `JSON.parse` would: a value that is missing is `null`.
pub fn to_json_object<T: Tsify + Serialize>(value: &T) -> Ts<T> {
    Ts::new_unchecked(value.serialize(&Serializer::json_compatible()).unwrap_or(JsValue::UNDEFINED))
}

/// An object with the members of a struct, such as the details of an error that an export throws.
pub fn to_object(value: &impl Serialize) -> JsValue {
    value.serialize(&Serializer::new().serialize_maps_as_objects(true)).unwrap_or(JsValue::UNDEFINED)
}

/// Hands a struct out as JSON. For the module `verify`, where an object would cost more than all its errors: see
/// docs/decisions/typed-exports-and-serde.md.
#[cfg(feature = "verify")]
pub fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

impl From<Error> for JsValue {
    fn from(error: Error) -> Self {
        let details = ErrorDetails::from(&error);
        #[cfg(feature = "verify")]
        return to_json(&details).into();
        #[cfg(not(feature = "verify"))]
        to_object(&details)
    }
}

/// A timestamp as the host counts: seconds since the epoch.
///
/// # Errors
/// [`Error::InvalidOption`] naming `now`.
pub fn timestamp(seconds: f64) -> Result<Timestamp> {
    Timestamp::from_seconds_f64(seconds)
        .ok_or_else(|| Error::option("now", "must be a number of seconds since the epoch"))
}
