//! The parameters of Vercel Connect, member by member: values that are sent, and values that are refused.

use countersign::error::Error;
use countersign::exchange::connect::{Action, Call};
use serde_json::{Value, json};

use super::connector;

/// The option that is refused where this member is added to parameters that are right.
fn refused(action: Action, member: &str, value: &Value) -> Option<String> {
    let mut params = match action {
        Action::Authorize => json!({ "subject": { "type": "user", "id": "a" } }),
        _ => json!({}),
    };
    params[member] = value.clone();
    let options = json!({ "connector": "a", "params": params.to_string() });
    let (options, params) = connector(options).expect("options");
    match Call::new(action, options, &params) {
        Ok(_) => None,
        Err(Error::InvalidOption { option, .. }) => Some(option.into_owned()),
        Err(other) => panic!("{other:?}"),
    }
}

fn check(action: Action, member: &str, right: &[Value], wrong: &[Value]) {
    for value in right {
        assert_eq!(refused(action, member, value), None, "{value}");
    }
    for value in wrong {
        assert_eq!(refused(action, member, value).as_deref(), Some(member), "{value}");
    }
}

#[test]
fn authorization_details_are_objects_with_a_type() {
    let right = [json!([]), json!([{"type": "a"}]), json!([{"type": "a", "n": 1}, {"type": "b"}])];
    let wrong = [json!({}), json!("a"), json!({"type": "a"}), json!([{}]), json!([{"type": ""}]), json!([{"type": 1}])];
    check(Action::Authorize, "authorizationDetails", &right, &wrong);
}

#[test]
fn a_device_code_is_wanted_or_not() {
    let wrong = [json!(1), json!("true"), Value::Null];
    check(Action::Authorize, "deviceCode", &[json!(true), json!(false)], &wrong);
}

#[test]
fn a_consent_expires_after_whole_milliseconds() {
    let wrong = [json!("60000"), json!(-1), json!(1.5), json!(true), Value::Null];
    check(Action::Authorize, "expiresInMs", &[json!(0), json!(60_000)], &wrong);
}

#[test]
fn a_webhook_is_an_https_url() {
    let right = ["https://a.example", "https://a.example:8443/hook?x=1"].map(Value::from);
    let wrong = ["http://a.example", "http://localhost/hook", "https://", "a.example", ""].map(Value::from);
    check(Action::Authorize, "webhook", &right, &wrong);
}

#[test]
fn a_browser_is_sent_to_https_or_to_this_machine() {
    let right = [
        "https://a.example/cb",
        "http://localhost/cb",
        "http://localhost:3000/cb",
        "http://app.localhost:3000/cb",
        "http://127.0.0.1:3000/cb",
    ];
    let wrong = [
        "http://a.example/cb",
        "http://127.0.0.2/cb",
        "http://localhost.a.example/cb",
        "http://notlocalhost/cb",
        "https://user@a.example/cb",
        "ftp://localhost/cb",
    ];
    check(Action::Authorize, "callbackUrl", &right.map(Value::from), &wrong.map(Value::from));
}

/// Another reader could take such a URL for one of another host.
#[test]
fn a_url_with_white_space_a_control_character_or_a_backslash_is_refused() {
    for odd in [" ", "\\", "\t", "\n", "\u{1}", "\u{7f}"] {
        let wrong = [format!("https://a{odd}.example/cb"), format!("https://a.example/cb{odd}x")].map(Value::from);
        check(Action::Authorize, "callbackUrl", &[], &wrong);
        check(Action::Authorize, "webhook", &[], &wrong);
    }
}
