use super::*;
use crate::encoding::base64url;

const NOW: i64 = 1_718_885_600;

fn now() -> Timestamp {
    Timestamp::from_seconds(NOW).unwrap()
}

fn jwt(claims: &str) -> String {
    let part = |text: &str| base64url::encode(text.as_bytes());
    format!("{}.{}.AQ", part(r#"{"alg":"RS256"}"#), part(claims))
}

fn project() -> Project {
    Project::new("prj_1".to_owned(), Some("team_1".to_owned())).unwrap()
}

fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

/// The request of a step, and the step that follows an answer.
fn answer<T: std::fmt::Debug + 'static>(step: Step<T>, status: u16, body: &str) -> (HttpRequest, Result<Step<T>>) {
    let Step::Fetch(request, pending) = step else { panic!("no request: {step:?}") };
    (request, pending.resume(Outcome::answered(status, body), now()))
}

fn done<T: std::fmt::Debug>(step: Result<Step<T>>) -> T {
    match step {
        Ok(Step::Done(value)) => value,
        other => panic!("{other:?}"),
    }
}

const DISCOVERY: &str =
    r#"{"issuer":"https://vercel.com","token_endpoint":"https://api.vercel.com/login/oauth/token"}"#;

#[test]
fn names_are_names_and_never_paths_options_or_queries() {
    for name in ["prj_7Gw5ZMBpQA8h9GF832KGp7nwbuh3", "acme_website", "a", "0", "my-app.v2", &"x".repeat(128)] {
        assert!(Project::new(name.to_owned(), Some(name.to_owned())).is_ok(), "{name}");
    }
    let hostile =
        ["", ".", "..", "../../../evil", "a/b", "a\\b", "/etc/passwd", "--token", "-x", "_", "a b", "a\0", "é"];
    let more = ["a&b=c", "a?b", "a#b", "a%2fb", "C:evil", "$(x)", "a\n", ".hidden", &"x".repeat(129)];
    for name in hostile.iter().chain(&more) {
        let refused = |project: &str, team: Option<&str>| match Project::new(project.into(), team.map(Into::into)) {
            Err(Error::InvalidOption { option, .. }) => option.into_owned(),
            other => panic!("{name:?}: {other:?}"),
        };
        assert_eq!(refused(name, None), "project");
        assert_eq!(refused("prj_1", Some(name)), "team");
    }
}

#[test]
fn a_login_is_sent_renewed_or_given_up() {
    let read = |text: &str| Login::read(text.as_bytes(), Duration::ZERO, now());
    let with =
        |expires: i64, refresh: &str| read(&format!(r#"{{"token":"t","expiresAt":{}{refresh}}}"#, NOW + expires));
    let refresh = r#","refreshToken":"r""#;
    assert_eq!(read(r#"{"token":"t"}"#), Login::Usable(secret("t")));
    assert_eq!(with(1, ""), Login::Usable(secret("t")));
    assert_eq!(with(31, refresh), Login::Usable(secret("t")));
    // Near its end it is renewed where it can be, and used where it cannot.
    assert_eq!(with(30, refresh), Login::Renewable(secret("r")));
    assert_eq!(with(0, ""), Login::Expired);
    assert_eq!(read(r#"{"refreshToken":"r"}"#), Login::Renewable(secret("r")));
    for none in ["", "{}", "[]", "null", "{", r#"{"token":""}"#, r#"{"token":7}"#, r#"{"token":"a","token":"b"}"#] {
        assert_eq!(read(none), Login::Missing, "{none}");
    }
    let minute = |text: &str| Login::read(text.as_bytes(), Duration::from_secs(60), now());
    assert_eq!(minute(&format!(r#"{{"token":"t","expiresAt":{}}}"#, NOW + 60)), Login::Expired);
    assert_eq!(minute(&format!(r#"{{"token":"t","expiresAt":{}{refresh}}}"#, NOW + 60)), Login::Renewable(secret("r")));
    assert_eq!(minute(&format!(r#"{{"token":"t","expiresAt":{}{refresh}}}"#, NOW + 61)), Login::Usable(secret("t")));
    assert!(!format!("{:?}", Login::Usable(secret("s3cret"))).contains("s3cret"));
}

#[test]
fn a_login_is_renewed_at_the_endpoint_that_the_issuer_names() {
    let (request, next) = answer(renew(secret("r+/=& é")), 200, DISCOVERY);
    assert_eq!(
        (request.method, request.url.as_str()),
        (Method::Get, "https://vercel.com/.well-known/openid-configuration")
    );
    let body = r#"{"access_token":"new","token_type":"Bearer","expires_in":3600,"refresh_token":"next"}"#;
    let (request, next) = answer(next.unwrap(), 200, body);
    assert_eq!((request.method, request.url.as_str()), (Method::Post, "https://api.vercel.com/login/oauth/token"));
    let form = request.body.unwrap().into_exposed();
    assert_eq!(
        form,
        "client_id=cl_HYyOPBNtFMfHhaUn9L4QPfTZz6TP47bp&grant_type=refresh_token&refresh_token=r%2B%2F%3D%26+%C3%A9"
    );
    let renewed = done(next);
    assert_eq!(renewed.token, secret("new"));
    assert_eq!(renewed.expires_at.as_seconds(), NOW + 3600);
    assert_eq!(renewed.refresh_token, Some(secret("next")));
}

#[test]
fn a_renewed_login_is_written_as_the_command_line_reads_it() {
    let renewed = |refresh_token| Renewed {
        token: secret("new"),
        expires_at: Timestamp::from_seconds(NOW + 3600).unwrap(),
        refresh_token,
    };
    for (refresh_token, read_later) in
        [(Some(secret("next")), Login::Renewable(secret("next"))), (None, Login::Expired)]
    {
        let file = renewed(refresh_token).to_json();
        let read = |now| Login::read(file.as_bytes(), Duration::ZERO, now);
        assert_eq!(read(now()), Login::Usable(secret("new")));
        assert_eq!(read(Timestamp::from_seconds(NOW + 3600).unwrap()), read_later);
    }
}

#[test]
fn a_renewed_login_needs_no_token_type() {
    let (_, next) = answer(renew(secret("r")), 200, DISCOVERY);
    let (_, next) = answer(next.unwrap(), 200, r#"{"access_token":"new","expires_in":3600}"#);
    assert_eq!(done(next).token, secret("new"));
}

#[test]
fn a_refresh_token_is_sent_only_to_an_https_endpoint_of_that_issuer() {
    for document in [
        "",
        "{}",
        "[]",
        r#"{"issuer":"https://vercel.com"}"#,
        r#"{"issuer":"https://evil.example","token_endpoint":"https://evil.example/token"}"#,
        r#"{"issuer":"https://vercel.com/","token_endpoint":"https://api.vercel.com/token"}"#,
        r#"{"issuer":"https://vercel.com","token_endpoint":"http://api.vercel.com/token"}"#,
        r#"{"issuer":"https://vercel.com","token_endpoint":"http://127.0.0.1/token"}"#,
        r#"{"issuer":"https://vercel.com","token_endpoint":"https://user:pass@api.vercel.com/token"}"#,
        r#"{"issuer":"https://vercel.com","token_endpoint":7}"#,
    ] {
        let (_, next) = answer(renew(secret("r")), 200, document);
        assert_eq!(next.unwrap_err().code(), "ERR_EXCHANGE_INVALID", "{document}");
    }
}

#[test]
fn answers_of_the_token_endpoint_that_are_no_login_are_refused() {
    for body in [
        "",
        "null",
        r#"{"token_type":"Bearer","expires_in":3600}"#,
        r#"{"access_token":"","token_type":"Bearer","expires_in":3600}"#,
        r#"{"access_token":"a","token_type":"DPoP","expires_in":3600}"#,
        r#"{"access_token":"a","token_type":"Bearer"}"#,
        r#"{"access_token":"a","token_type":"Bearer","expires_in":"3600"}"#,
        r#"{"access_token":"a","token_type":"Bearer","expires_in":0}"#,
        r#"{"access_token":"a","token_type":"Bearer","expires_in":-5}"#,
        r#"{"access_token":"a","access_token":"b","token_type":"Bearer","expires_in":3600}"#,
    ] {
        let (_, next) = answer(renew(secret("r")), 200, DISCOVERY);
        let (_, next) = answer(next.unwrap(), 200, body);
        assert_eq!(next.unwrap_err().code(), "ERR_EXCHANGE_INVALID", "{body}");
    }
    let long = r#"{"access_token":"a","token_type":"bearer","expires_in":253402300799}"#;
    let (_, next) = answer(renew(secret("r")), 200, DISCOVERY);
    let renewed = done(answer(next.unwrap(), 200, long).1);
    assert_eq!((renewed.expires_at, renewed.refresh_token), (Timestamp::MAX, None));
}

#[test]
fn a_token_is_fetched_for_exactly_this_project() {
    let token = jwt(&format!(r#"{{"exp":{}}}"#, NOW + 60));
    let (request, next) = answer(fetch_token(&project(), &secret("cli")), 200, &format!(r#"{{"token":"{token}"}}"#));
    assert_eq!(request.method, Method::Post);
    assert_eq!(request.url, "https://api.vercel.com/v1/projects/prj_1/token?source=vercel-oidc-refresh&teamId=team_1");
    assert!(request.headers.contains(&("authorization", secret("Bearer cli"))));
    assert!(!format!("{request:?}").contains("cli\""), "{request:?}");
    assert_eq!(done(next), secret(&token));
    let alone = Project::new("site".to_owned(), None).unwrap();
    let (request, _) = answer(fetch_token(&alone, &secret("cli")), 500, "");
    assert_eq!(request.url, "https://api.vercel.com/v1/projects/site/token?source=vercel-oidc-refresh");
}

#[test]
fn hostile_answers_are_no_tokens() {
    let expired = format!(r#"{{"token":"{}"}}"#, jwt(&format!(r#"{{"exp":{NOW}}}"#)));
    let timeless = format!(r#"{{"token":"{}"}}"#, jwt("{}"));
    for body in
        ["", "{}", "null", "<html>", r#"{"token":7}"#, r#"{"token":"x"}"#, r#"{"token":""}"#, &expired, &timeless]
    {
        let (_, next) = answer(fetch_token(&project(), &secret("cli")), 200, body);
        assert_eq!(next.unwrap_err().code(), "ERR_EXCHANGE_INVALID", "{body}");
    }
}

#[test]
fn a_response_is_read_up_to_its_bound() {
    let token = format!(r#"{{"token":"{}"}}"#, jwt(&format!(r#"{{"exp":{}}}"#, NOW + 60)));
    let padded = |length: usize| [&*token, &" ".repeat(length - token.len())].concat();
    let (_, next) = answer(fetch_token(&project(), &secret("cli")), 200, &padded(65_536));
    assert!(next.is_ok(), "{next:?}");
    let (_, next) = answer(fetch_token(&project(), &secret("cli")), 200, &padded(65_537));
    assert_eq!(next.unwrap_err(), Error::ExchangeFailed(Provider::Vercel, FetchFailure::TooLarge));
}

#[test]
fn a_refusal_has_the_id_of_its_request_unless_it_is_longer_than_any_id() {
    let request_id = |id: &str| {
        let Step::Fetch(_, pending) = fetch_token(&project(), &secret("cli")) else { panic!("a request") };
        let headers = vec![("x-vercel-id".to_owned(), id.to_owned())];
        let response = HttpResponse { status: 403, headers, body: Vec::new() };
        match pending.resume(Outcome::Response(response), now()) {
            Err(Error::ExchangeRejected(rejection)) => rejection.request_id,
            other => panic!("{other:?}"),
        }
    };
    for id in ["fra1::abcde-1718885600000-0123456789ab", &"x".repeat(128)] {
        assert_eq!(request_id(id).as_deref(), Some(id));
    }
    assert_eq!(request_id(&"x".repeat(129)), None);
}

#[test]
fn a_refusal_is_retryable_by_its_status_and_repeats_only_a_code() {
    for (status, body, code, retryable) in [
        (400, r#"{"error":"invalid_grant","error_description":"s3cret"}"#, Some("invalid_grant"), false),
        (403, r#"{"error":{"code":"forbidden","message":"s3cret"}}"#, Some("forbidden"), false),
        (401, r#"{"error":"a s3cret text"}"#, None, false),
        (302, "", None, false),
        (0, "", None, false),
        (429, "", None, true),
        (503, "<html>s3cret", None, true),
    ] {
        let error = answer(fetch_token(&project(), &secret("cli")), status, body).1.unwrap_err();
        let Error::ExchangeRejected(rejection) = &error else { panic!("{error}") };
        assert_eq!((rejection.status, rejection.code.as_deref()), (status, code));
        assert_eq!(error.is_retryable(), retryable, "{status}");
        assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
    }
    let Step::Fetch(_, pending) = fetch_token(&project(), &secret("cli")) else { panic!() };
    let error = pending.resume(Outcome::Failed(FetchFailure::Timeout), now()).unwrap_err();
    assert_eq!((error.code(), error.is_retryable()), ("ERR_EXCHANGE_TIMEOUT", true));
}

#[test]
fn a_cached_token_is_of_this_team_and_project() {
    let claims = r#""project_id":"prj_1","project":"site","owner_id":"team_1","owner":"acme""#;
    let token = jwt(&format!(r#"{{"exp":{},{claims}}}"#, NOW + 60));
    let of = |text: &str, id: &str, team: Option<&str>| {
        let project = Project::new(id.to_owned(), team.map(str::to_owned)).unwrap();
        cached(text.as_bytes(), &project, Duration::ZERO, now()).is_some()
    };
    // Written by others: the token itself says whose it is.
    let theirs = format!(r#"{{"token":"{token}"}}"#);
    assert!(of(&theirs, "prj_1", Some("team_1")) && of(&theirs, "site", Some("acme")) && of(&theirs, "prj_1", None));
    assert!(!of(&theirs, "prj_1", Some("team_2")) && !of(&theirs, "prj_2", None) && !of(&theirs, "Site", None));
    // Written here: the file says it.
    let ours = format!(r#"{{"token":"{token}","project":"shop","team":"acme"}}"#);
    assert!(of(&ours, "shop", Some("acme")));
    assert!(!of(&ours, "Shop", Some("acme")) && !of(&ours, "shop", Some("Acme")) && !of(&ours, "shop", None));
    for hostile in ["", "{}", "null", r#"{"token":7}"#, r#"{"token":"x"}"#, "{\"token\":\"x\",\"project\":7}", "\0"] {
        assert!(!of(hostile, "prj_1", None), "{hostile}");
    }
}

#[test]
fn a_cached_token_must_outlive_the_minimum() {
    let text =
        format!(r#"{{"token":"{}","project":"prj_1","team":"team_1"}}"#, jwt(&format!(r#"{{"exp":{}}}"#, NOW + 60)));
    let lives = |seconds| cached(text.as_bytes(), &project(), Duration::from_secs(seconds), now()).is_some();
    assert!(lives(0) && lives(59) && !lives(60) && !lives(u64::MAX));
}

#[test]
fn a_refusal_that_quotes_the_login_hides_it() {
    fn refused<T>(next: Result<Step<T>>, body: &str) -> String {
        let Ok(Step::Fetch(_, pending)) = next else { panic!("a request") };
        let response = HttpResponse {
            status: 400,
            headers: vec![("x-vercel-id".to_owned(), "vcrt_0123456789abcdef".to_owned())],
            body: body.into(),
        };
        format!("{:?}", pending.resume(Outcome::Response(response), now()).map(|_| ()).unwrap_err())
    }
    let (_, next) = answer(renew(secret("vcrt_0123456789abcdef")), 200, DISCOVERY);
    let said = refused(next, r#"{"error":"vcrt_0123456789abcdef"}"#);
    assert!(said.contains("[redacted]") && !said.contains("vcrt_"), "{said}");
    let said = refused(
        Ok(fetch_token(&project(), &secret("vcrt_0123456789abcdef"))),
        r#"{"error":{"code":"x.vcrt_0123456789abcdef"}}"#,
    );
    assert!(said.contains("[redacted]") && !said.contains("vcrt_"), "{said}");
}
