use super::*;
use crate::encoding::base64url;

const NOW: i64 = 1_718_885_600;

/// The OIDC sources, in the order of the search.
const OIDC: [Source; 7] =
    [Source::Captured, Source::Header, Source::Context, Source::Shared, Source::File, Source::Env, Source::Refresh];

fn now() -> Timestamp {
    Timestamp::from_seconds(NOW).unwrap()
}

fn token(claims: &str) -> Input {
    let part = |text: &str| base64url::encode(text.as_bytes());
    text(&format!("{}.{}.AQ", part(r#"{"alg":"RS256"}"#), part(claims)))
}

fn living(seconds: i64) -> Input {
    living_of(seconds, "team_1", "prj_1", "production")
}

fn living_of(seconds: i64, owner: &str, project: &str, environment: &str) -> Input {
    let exp = NOW + seconds;
    let ids = format!(r#""owner_id":"{owner}","project_id":"{project}","environment":"{environment}""#);
    token(&format!(r#"{{"exp":{exp},"owner":"acme",{ids}}}"#))
}

fn relay() -> RelayIdentity {
    let [owner_id, project_id, environment] = ["team_1", "prj_1", "production"].map(str::to_owned);
    RelayIdentity { owner_id, project_id, environment }
}

fn text(value: &str) -> Input {
    Input::Text(Secret::new(value.to_owned()))
}

fn inputs(given: &[(Source, Input)]) -> Inputs {
    let mut inputs = Inputs::default();
    for (source, input) in given {
        inputs.set(*source, input.clone());
        if *source == Source::Shared {
            inputs.set_relay(relay());
        }
    }
    inputs
}

fn failed(retryable: bool) -> Input {
    Input::Failed { reason: "broken".into(), retryable }
}

/// The source that is used or needed, or the code of the error.
fn outcome(given: &[(Source, Input)], requirements: &TokenRequirements) -> String {
    match resolve(&inputs(given), requirements, now()) {
        Ok(Resolution::Found(token)) => token.source.as_str().to_owned(),
        Ok(Resolution::NeedsSource(source)) => format!("needs {}", source.as_str()),
        Err(error) => error.code().to_owned(),
    }
}

fn plain(given: &[(Source, Input)]) -> String {
    outcome(given, &TokenRequirements::default())
}

#[test]
fn of_every_pair_of_sources_the_earlier_one_is_used() {
    for (index, &first) in Source::ALL.iter().enumerate() {
        for &second in &Source::ALL[index + 1..] {
            // Each has a token of its own, and the one that comes is the first one's.
            let pair = inputs(&[(second, living(90)), (first, living(60))]);
            let Ok(Resolution::Found(found)) = resolve(&pair, &TokenRequirements::default(), now()) else {
                panic!("{first:?} {second:?}")
            };
            assert_eq!(found.source, first, "before {second:?}");
            if first != Source::StaticKey {
                assert_eq!(found.expires_at.map(Timestamp::as_seconds), Some(NOW + 60), "{first:?} {second:?}");
            }
            assert_eq!(found.source.auth_method() == AuthMethod::ApiKey, first == Source::StaticKey);
        }
    }
}

#[test]
fn of_every_pair_of_sources_an_expired_token_gives_way_and_a_broken_one_does_not() {
    for (index, &first) in OIDC.iter().enumerate() {
        for &second in &OIDC[index + 1..] {
            for gives_way in [living(0), living(-5)] {
                assert_eq!(plain(&[(first, gives_way), (second, living(1))]), second.as_str(), "{first:?}");
            }
            for broken in [
                text("nonsense"),
                token("{}"),
                token(r#"{"exp":"1"}"#),
                token(r#"{"exp":null}"#),
                token(r#"{"exp":1e300}"#),
                failed(false),
            ] {
                assert_eq!(plain(&[(first, broken), (second, living(60))]), "ERR_CREDENTIAL_INVALID", "{first:?}");
            }
        }
    }
}

#[test]
fn of_every_pair_of_sources_a_blank_one_gives_way_but_for_a_file_that_someone_named() {
    for (index, &first) in Source::ALL.iter().enumerate() {
        for &second in &Source::ALL[index + 1..] {
            for blank in ["", " \r\n\t"] {
                let expected = if first == Source::File { "ERR_CREDENTIAL_INVALID" } else { second.as_str() };
                assert_eq!(plain(&[(first, text(blank)), (second, living(60))]), expected, "{first:?}");
            }
        }
    }
}

#[test]
fn a_source_that_costs_something_is_asked_only_when_it_is_needed() {
    for &costly in &[Source::Shared, Source::File, Source::Refresh] {
        for &other in &Source::ALL {
            let before = Source::ALL.iter().position(|s| *s == other) < Source::ALL.iter().position(|s| *s == costly);
            let expected = if before { other.as_str().to_owned() } else { format!("needs {}", costly.as_str()) };
            if other != costly {
                assert_eq!(
                    plain(&[(costly, Input::NotQueried), (other, living(60))]),
                    expected,
                    "{costly:?} {other:?}"
                );
            }
        }
    }
    // A broken source before it ends the search: no file is read and nothing is fetched for an answer that is clear.
    assert_eq!(plain(&[(Source::Header, text("x")), (Source::Refresh, Input::NotQueried)]), "ERR_CREDENTIAL_INVALID");
}

#[test]
fn a_static_key_is_used_whatever_it_is() {
    let key = inputs(&[(Source::StaticKey, text(" not-a-jwt \n"))]);
    let Ok(Resolution::Found(found)) = resolve(&key, &TokenRequirements::default(), now()) else { panic!() };
    assert_eq!((found.value.expose().as_str(), found.expires_at), ("not-a-jwt", None));
    let broken = [(Source::StaticKey, text("a\nb")), (Source::Env, living(60))];
    assert_eq!(plain(&broken), "ERR_CREDENTIAL_INVALID");
}

#[test]
fn a_credential_in_quotes_or_with_its_scheme_is_named_at_every_source() {
    for source in Source::ALL {
        let value = if source == Source::StaticKey { "vck_key" } else { "eyJhbGciOiJub25lIn0.e30." };
        for (mistake, reason) in [
            (format!("\"{value}\""), "is in quotes; remove them"),
            (format!(" '{value}'\n"), "is in quotes; remove them"),
            (format!("`{value}`"), "is in quotes; remove them"),
            (format!("\"Bearer {value}\""), "is in quotes; remove them"),
            ("\"\"".to_owned(), "is in quotes; remove them"),
            (format!("Bearer {value}"), "begins with `Bearer`; give the credential alone"),
            (format!("bearer\t{value}"), "begins with `Bearer`; give the credential alone"),
        ] {
            let later = (Source::Refresh, Input::NotQueried);
            let given = inputs(&[later, (source, text(&mistake))]);
            let error = resolve(&given, &TokenRequirements::default(), now()).unwrap_err();
            let Error::CredentialInvalid { causes, retryable: false } = &error else { panic!("{source:?}: {error}") };
            assert_eq!(causes.last().map(|cause| (cause.source, &*cause.reason)), Some((source.as_str(), reason)));
            assert!(!error.to_string().contains(value), "{error}");
        }
    }
}

#[test]
fn a_quote_that_is_not_on_both_sides_is_part_of_a_key() {
    for key in ["\"", "\"key", "key'", "'key\"", "Bearer-key", "bearerkey", "k\"e\"y"] {
        assert_eq!(plain(&[(Source::StaticKey, text(key))]), "static-key", "{key}");
    }
}

#[test]
fn a_token_must_outlive_the_minimum_to_the_microsecond() {
    let requirements = |min_validity| TokenRequirements { min_validity, ..TokenRequirements::default() };
    let env = [(Source::Env, living(60))];
    assert_eq!(outcome(&env, &requirements(Duration::from_micros(59_999_999))), "env");
    assert_eq!(outcome(&env, &requirements(Duration::from_secs(60))), "ERR_CREDENTIALS_NOT_FOUND");
    assert_eq!(outcome(&env, &requirements(Duration::MAX)), "ERR_CREDENTIALS_NOT_FOUND");
    let later = [(Source::Env, living(60)), (Source::Refresh, Input::NotQueried)];
    assert_eq!(outcome(&later, &requirements(Duration::from_secs(61))), "needs refresh");
}

#[test]
fn where_none_is_good_the_error_says_why_of_each() {
    let given = inputs(&[
        (Source::Header, living(-1)),
        (Source::Env, living(-1)),
        (Source::Refresh, Input::Absent("no project".into())),
    ]);
    let error = resolve(&given, &TokenRequirements::default(), now()).unwrap_err();
    let Error::CredentialsNotFound(causes) = &error else { panic!("{error}") };
    let sources: Vec<_> = causes.iter().map(|cause| cause.source).collect();
    assert_eq!(sources, ["static-key", "header", "context", "file", "env", "refresh"]);
    assert_eq!(causes[0].reason, "not configured");
    assert!(causes[1].reason.contains("expired") && causes[4].reason.contains("expired"), "{error}");
    assert_eq!(causes[5].reason, "no project");
    assert!(error.to_string().contains("refresh: no project"), "{error}");
}

#[test]
fn a_failure_says_too_why_the_sources_before_it_gave_nothing() {
    let given = inputs(&[(Source::Env, living(-1)), (Source::Refresh, failed(true))]);
    let error = resolve(&given, &TokenRequirements::default(), now()).unwrap_err();
    let Error::CredentialInvalid { causes, retryable: true } = &error else { panic!("{error}") };
    assert!(causes.iter().any(|cause| cause.source == "env" && cause.reason.contains("expired")), "{error}");
    assert_eq!(causes.last().map(|cause| (cause.source, &*cause.reason)), Some(("refresh", "broken")));
    assert!(error.is_retryable());
    let unhelpful = inputs(&[(Source::Refresh, failed(false))]);
    assert!(!resolve(&unhelpful, &TokenRequirements::default(), now()).unwrap_err().is_retryable());
}

#[test]
fn a_captured_token_that_has_expired_says_which_step_to_take() {
    let expired = (Source::Captured, living(-1));
    assert_eq!(plain(&[expired.clone(), (Source::Env, living(60))]), "env");
    let error = resolve(&inputs(&[expired]), &TokenRequirements::default(), now()).unwrap_err();
    assert_eq!(error.code(), "ERR_CREDENTIAL_EXPIRED");
    assert!(error.to_string().contains("capture a new one"), "{error}");
    assert!(error.to_string().contains("the option `relay`"), "{error}");
    // Nobody who captures nothing reads of it.
    let error = resolve(&Inputs::default(), &TokenRequirements::default(), now()).unwrap_err();
    assert!(!error.to_string().contains("captured"), "{error}");
}

#[test]
fn an_expired_token_goes_on_to_the_relay_only_where_owner_project_and_environment_are_the_same() {
    let foreign = [
        living_of(-1, "team_2", "prj_1", "production"),
        living_of(-1, "team_1", "prj_2", "production"),
        living_of(-1, "team_1", "prj_1", "preview"),
        living_of(-1, "team_1", "prj_1", "Production"),
        token(&format!(r#"{{"exp":{}}}"#, NOW - 1)),
        token(&format!(
            r#"{{"exp":{},"owner_id":["team_1"],"project_id":"prj_1","environment":"production"}}"#,
            NOW - 1
        )),
    ];
    for source in [Source::Captured, Source::Header, Source::Context] {
        for shared in [living(60), Input::NotQueried] {
            let expected = if matches!(shared, Input::NotQueried) { "needs shared" } else { "shared" };
            assert_eq!(plain(&[(source, living(-1)), (Source::Shared, shared.clone())]), expected, "{source:?}");
            for expired in &foreign {
                let given = [(source, expired.clone()), (Source::Shared, shared.clone())];
                let error = resolve(&inputs(&given), &TokenRequirements::default(), now()).unwrap_err();
                let reason = format!("the `{}` token is of another team, project or environment", source.as_str());
                assert!(error.to_string().contains(&reason), "{error}");
                // The search goes on past the relay, as it does without one.
                let later = [given[0].clone(), given[1].clone(), (Source::Env, living(60))];
                assert_eq!(plain(&later), "env", "{source:?}");
                assert_eq!(describe(&inputs(&later), &TokenRequirements::default(), now()).selected, Some(Source::Env));
            }
        }
    }
    // One expired token of the relay's identity does not open it for another that is not.
    let both = [(Source::Captured, living(-1)), (Source::Header, foreign[2].clone()), (Source::Shared, living(60))];
    assert_eq!(plain(&both), "ERR_CREDENTIAL_EXPIRED");
    // A token that lives, of another project than the caller names, is of another identity too.
    let requirements = TokenRequirements { project: Some("prj_1".to_owned()), ..TokenRequirements::default() };
    let other = [(Source::Header, living_of(60, "team_1", "prj_2", "production")), (Source::Shared, living(60))];
    assert_eq!(outcome(&other, &requirements), "ERR_CREDENTIALS_NOT_FOUND");
}

#[test]
fn a_token_of_the_relay_is_of_the_relays_identity_and_outlives_the_minimum() {
    for shared in [living_of(60, "team_2", "prj_1", "production"), living_of(60, "team_1", "prj_1", "preview")] {
        assert_eq!(plain(&[(Source::Shared, shared), (Source::Env, living(60))]), "ERR_CREDENTIAL_INVALID");
    }
    let requirements = TokenRequirements { min_validity: Duration::from_secs(60), ..TokenRequirements::default() };
    for (seconds, expected) in [(61, "shared"), (60, "env"), (0, "env"), (-5, "env")] {
        let given = [(Source::Shared, living(seconds)), (Source::Env, living(90))];
        assert_eq!(outcome(&given, &requirements), expected, "{seconds} s");
    }
    // A header that lives shorter than the minimum goes on to the relay, too.
    assert_eq!(outcome(&[(Source::Header, living(30)), (Source::Shared, living(90))], &requirements), "shared");
}

#[test]
fn without_an_identity_a_relay_has_nothing() {
    let mut given = Inputs::default();
    given.set(Source::Shared, living(60));
    let error = resolve(&given, &TokenRequirements::default(), now()).unwrap_err();
    assert_eq!(error.code(), "ERR_CREDENTIALS_NOT_FOUND");
    assert!(!error.to_string().contains("shared"), "{error}");
}

#[test]
fn a_relay_that_is_down_ends_the_search_and_an_empty_one_does_not() {
    let error = resolve(
        &inputs(&[(Source::Shared, failed(true)), (Source::Env, living(60))]),
        &TokenRequirements::default(),
        now(),
    )
    .unwrap_err();
    assert_eq!((error.code(), error.is_retryable()), ("ERR_CREDENTIAL_INVALID", true));
    assert_eq!(plain(&[(Source::Header, living(60)), (Source::Shared, failed(true))]), "header");
    assert_eq!(plain(&[(Source::Shared, Input::Absent("empty".into())), (Source::Env, living(60))]), "env");
}

#[test]
fn a_token_of_another_project_gives_way_where_one_is_named() {
    let named = |name: Option<&str>| name.map(str::to_owned);
    let requirements = |project, team| TokenRequirements {
        project: named(project),
        team: named(team),
        ..TokenRequirements::default()
    };
    let given = [(Source::Header, living(60)), (Source::Refresh, Input::NotQueried)];
    for (project, team) in
        [(Some("prj_1"), None), (Some("prj_1"), Some("team_1")), (Some("prj_1"), Some("acme")), (None, Some("acme"))]
    {
        assert_eq!(outcome(&given, &requirements(project, team)), "header", "{project:?} {team:?}");
    }
    for (project, team) in [
        (Some("prj_2"), None),
        (Some("prj_1"), Some("team_2")),
        (Some("acme"), None),
        (Some("PRJ_1"), None),
        (None, Some("x")),
    ] {
        assert_eq!(outcome(&given, &requirements(project, team)), "needs refresh", "{project:?} {team:?}");
    }
    // What was fetched for it is of that project, whatever its name has become.
    assert_eq!(outcome(&[(Source::Refresh, living(60))], &requirements(Some("old-name"), Some("old-team"))), "refresh");
    let error = resolve(&inputs(&[(Source::Env, living(60))]), &requirements(Some("prj_2"), None), now()).unwrap_err();
    assert!(error.to_string().contains("env: the token is of another project"), "{error}");
}

#[test]
fn reports_every_source_and_no_secret() {
    let given = inputs(&[
        (Source::StaticKey, text("s3cret")),
        (Source::Header, living(-1)),
        (Source::Env, text("x.y.z")),
        (Source::Refresh, Input::NotQueried),
    ]);
    let report = describe(&given, &TokenRequirements::default(), now());
    let statuses: Vec<_> = report.statuses.iter().map(|(_, answer)| answer).collect();
    let [
        SourceStatus::Found(_),
        SourceStatus::Expired(_),
        SourceStatus::NotConfigured(_),
        SourceStatus::NotConfigured(_),
        SourceStatus::Failed { .. },
        SourceStatus::NotQueried,
    ] = statuses[..]
    else {
        panic!("{report:?}")
    };
    assert_eq!(report.selected, Some(Source::StaticKey));
    let selected = |given: &[(Source, Input)]| describe(&inputs(given), &TokenRequirements::default(), now()).selected;
    assert_eq!(selected(&[(Source::Env, text("x.y.z")), (Source::Refresh, Input::NotQueried)]), None);
    assert_eq!(selected(&[(Source::Env, living(-1)), (Source::Refresh, Input::NotQueried)]), Some(Source::Refresh));
    assert!(!format!("{report:?} {given:?}").contains("s3cret"));
}

#[test]
fn only_where_nothing_is_set_up_at_all_is_the_chain_unconfigured() {
    assert!(is_unconfigured(&inputs(&[(Source::Env, text(" ")), (Source::Refresh, Input::Absent("none".into()))])));
    for set_up in [living(-1), living(60), text("broken"), failed(false), Input::NotQueried] {
        assert!(!is_unconfigured(&inputs(&[(Source::Env, set_up)])));
    }
}

#[test]
fn a_clock_that_jumps_changes_nothing_but_the_verdict() {
    let given = inputs(&[(Source::Env, living(60))]);
    for (at, good) in [(Timestamp::MIN, true), (now(), true), (Timestamp::MAX, false), (now(), true)] {
        assert_eq!(resolve(&given, &TokenRequirements::default(), at).is_ok(), good, "{at:?}");
    }
}

#[test]
fn the_expiry_of_a_token_is_its_exp_whether_it_has_passed_or_not() {
    let expiry = |input: Input| match input {
        Input::Text(token) => super::expiry(token.expose()).map(Timestamp::as_seconds),
        other => panic!("{other:?}"),
    };
    assert_eq!([60, -60].map(|seconds| expiry(living(seconds))), [Some(NOW + 60), Some(NOW - 60)]);
    assert_eq!([token("{}"), token(r#"{"exp":"soon"}"#), text("x.y.z"), text("")].map(expiry), [None; 4]);
}

/// The names of the header `ai-gateway-auth-method`.
#[test]
fn a_key_and_a_token_have_the_names_by_which_the_gateway_tells_them_apart() {
    assert_eq!([AuthMethod::ApiKey, AuthMethod::Oidc].map(AuthMethod::as_str), ["api-key", "oidc"]);
}
