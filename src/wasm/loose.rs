//! Values as a caller of JavaScript may pass them, before anyone has checked them.

/// Any plain value. Reading one never fails, so that what is wrong with it can be said by name.
#[derive(Debug, Clone, PartialEq)]
pub enum Loose {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Loose>),
    Map(Vec<(String, Loose)>),
    /// No plain value: a function, a symbol, a bigint, a `Map` or something else to iterate over, or one nested too deeply.
    Other,
}

#[cfg(all(target_arch = "wasm32", feature = "module"))]
mod read {
    use js_sys::{Array, Object, Symbol};
    use wasm_bindgen::{JsCast, JsValue};

    use super::Loose;

    /// How many lists and objects may be nested; options need two. A bound, since objects can hold themselves.
    const MAX_DEPTH: u32 = 8;

    impl From<JsValue> for Loose {
        fn from(value: JsValue) -> Self {
            read(&value, MAX_DEPTH)
        }
    }

    fn read(value: &JsValue, depth: u32) -> Loose {
        if value.is_null() || value.is_undefined() {
            return Loose::Null;
        }
        if let Some(text) = value.as_string() {
            return Loose::Text(text);
        }
        if let Some(number) = value.as_f64() {
            return Loose::Number(number);
        }
        if let Some(bool) = value.as_bool() {
            return Loose::Bool(bool);
        }
        if depth == 0 || !value.is_object() {
            return Loose::Other;
        }
        if Array::is_array(value) {
            return Loose::List(items(value, depth).collect());
        }
        // An iterable has no members of its own that could be read, and would pass for an empty object.
        if Symbol::iterator().js_in(value) {
            return Loose::Other;
        }
        let member = |entry: JsValue| {
            let entry: Array = entry.unchecked_into();
            Some((entry.get(0).as_string()?, read(&entry.get(1), depth - 1)))
        };
        Loose::Map(Object::entries(value.unchecked_ref()).iter().filter_map(member).collect())
    }

    fn items(list: &JsValue, depth: u32) -> impl Iterator<Item = Loose> {
        let list: &Array = list.unchecked_ref();
        list.iter().map(move |item| read(&item, depth - 1))
    }
}
