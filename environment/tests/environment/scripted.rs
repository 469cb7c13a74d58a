//! Single runs, step by step.

use std::collections::BTreeMap;
use std::time::Duration;

use countersign::flow::{HttpRequest, HttpResponse, Method, Outcome};
use countersign_environment::error::ApiFailure;
use countersign_environment::run::{Run, Step};
use countersign_environment::sync::{Sync, SyncLine, SyncReport};
use countersign_environment::{Error, Result};
use serde_json::{Value, json};

use crate::model::{Project, Trouble, Variable, read, run, try_read};

fn options(values: Value) -> Value {
    json!({ "project": "site", "team": "acme", "token": "tok3n", "values": values })
}

fn foreign(key: &str) -> Variable {
    Variable {
        id: 0,
        key: key.to_owned(),
        value: "theirs".to_owned(),
        kind: "encrypted".to_owned(),
        targets: ["preview".to_owned()].into(),
        branch: None,
        comment: None,
    }
}

/// The names of lines, for lines that are in the three standard environments.
fn names(lines: &[SyncLine]) -> Vec<&str> {
    assert!(lines.iter().all(|line| line.targets == ["development", "preview", "production"]), "{lines:?}");
    lines.iter().map(|line| &*line.name).collect()
}

fn next(step: Result<Step<SyncReport>>) -> HttpRequest {
    match step {
        Ok(Step::Send(request)) => *request,
        Ok(Step::Done(report)) => panic!("over: {report:?}"),
        Err(error) => panic!("{error}"),
    }
}

fn refusal(step: Result<Step<SyncReport>>) -> Error {
    step.err().expect("a refusal")
}

#[test]
fn every_option_is_checked_by_name() {
    for (name, value) in [
        ("project", json!("a/b")),
        ("project", json!("")),
        ("team", json!("a?b")),
        ("token", json!("")),
        ("token", json!("a b")),
        ("token", json!("a\nb")),
        ("values", json!({})),
        ("values.1A", json!({ "1A": "x" })),
        ("values.TZ", json!({ "TZ": "UTC" })),
        ("values.A", json!({ "A": "x".repeat(65_537) })),
        ("targets", json!([])),
        ("targets", json!(["prod"])),
        ("targets", json!(["env_a/b"])),
        ("type", json!("secret")),
        ("type", json!("sensitive")),
        ("stack", json!("a:b")),
        ("fingerprintKey", json!("short")),
        ("gitBranch", json!("")),
        ("gitBranch", json!("a b")),
        ("gitBranch", json!("a".repeat(251))),
        ("takeOver[0]", json!(["B"])),
        ("takeOver[1]", json!(["A", "B"])),
        ("deployHook", json!("")),
        ("deployHook", json!("hook")),
        ("deployHook", json!("http://api.vercel.com/v1/integrations/deploy/a/b")),
        ("deployHook", json!("https://user:pass@api.vercel.com/v1/integrations/deploy/a/b")),
        ("deployHook", json!("https://api.vercel.com/a b")),
        ("deployHook", json!("https:///a")),
        ("apiUrl", json!("http://api.vercel.com")),
        ("apiUrl", json!("https://api.vercel.com/x")),
        ("apiUrl", json!("http://127.0.0.1.example")),
        ("apiUrl", json!("https://user@api.vercel.com")),
    ] {
        let mut all = options(json!({ "A": "x" }));
        all[name.split(['.', '[']).next().unwrap()] = value.clone();
        let begun = try_read(all).and_then(Sync::begin);
        let error = begun.err().unwrap_or_else(|| panic!("{name}: {value} is accepted"));
        assert_eq!(error.code(), "ERR_INVALID_OPTION");
        assert!(error.to_string().starts_with(&format!("`{name}` ")), "{name}: {error}");
    }
}

#[test]
fn a_new_variable_is_never_an_upsert() {
    let (mut sync, list) = Sync::begin(read(options(json!({ "A": "x" })))).unwrap();
    assert_eq!(
        (list.method, &*list.url),
        (Method::Get, "https://api.vercel.com/v10/projects/site/env?decrypt=true&slug=acme")
    );
    let create = next(sync.resume(Outcome::answered(200, r#"{"envs":[]}"#)));
    assert_eq!((create.method, &*create.url), (Method::Post, "https://api.vercel.com/v10/projects/site/env?slug=acme"));
    // Somebody sets it in between.
    let answer = r#"{"failed":[{"error":{"code":"ENV_CONFLICT","message":"x","envVarKey":"A"}}]}"#;
    let again = next(sync.resume(Outcome::answered(201, answer)));
    assert_eq!(again.method, Method::Get);
    let theirs = r#"{"envs":[{"id":"1","key":"A","type":"plain","value":"y","target":["preview"]}]}"#;
    let Ok(Step::Done(report)) = sync.resume(Outcome::answered(200, theirs)) else { panic!("more requests") };
    assert_eq!((names(&report.foreign), names(&report.created)), (vec!["A"], vec![]));
}

#[test]
fn a_conflict_that_no_list_explains_is_an_error() {
    let (mut sync, mut request) = Sync::begin(read(options(json!({ "A": "s3cret" })))).unwrap();
    let error = loop {
        let outcome = match request.method {
            Method::Get => Outcome::answered(200, r#"{"envs":[]}"#),
            _ => Outcome::answered(
                201,
                r#"{"failed":[{"error":{"code":"ENV_CONFLICT","message":"s3cret","envVarKey":"A"}}]}"#,
            ),
        };
        match sync.resume(outcome) {
            Ok(Step::Send(next)) => request = *next,
            Ok(Step::Done(report)) => panic!("{report:?}"),
            Err(error) => break error,
        }
    };
    assert_eq!(error.code(), "ERR_EXCHANGE_REJECTED");
    assert!(!format!("{error} {error:?}").contains("s3cret"));
}

#[test]
fn an_update_never_moves_a_variable_by_accident() {
    let mut project = Project::new(50);
    run(&mut project, options(json!({ "A": "1", "B": "1" })), |_| None).unwrap();
    project.requests.clear();
    let report = run(&mut project, options(json!({ "A": "2", "B": "1" })), |_| None).unwrap();
    assert_eq!((names(&report.updated), names(&report.unchanged)), (vec!["A"], vec!["B"]));
    assert!(project.requests[1].1.contains("upsert=true"));

    project.requests.clear();
    let mut everywhere = options(json!({ "A": "2", "B": "1" }));
    everywhere["targets"] = json!(["production", "preview", "development", "env_1"]);
    let report = run(&mut project, everywhere, |_| None).unwrap();
    assert_eq!(report.updated.iter().map(|line| &*line.name).collect::<Vec<_>>(), ["A", "B"]);
    assert!(project.requests[1..].iter().all(|(method, _)| *method == Method::Patch));
}

/// The meaning of a name in each environment.
fn meanings(project: &Project, name: &str) -> BTreeMap<String, String> {
    let named = project.variables.iter().filter(|variable| variable.key == name);
    named.flat_map(|variable| variable.targets.iter().map(|target| (target.clone(), variable.value.clone()))).collect()
}

#[test]
fn what_lies_outside_the_targets_is_not_touched() {
    let mut project = Project::new(50);
    let of = |target: &str, values: Value| {
        let mut options = options(values);
        options["targets"] = json!([target]);
        options
    };
    run(&mut project, of("production", json!({ "A": "1", "OLD": "1" })), |_| None).unwrap();
    let before = project.content();
    let report = run(&mut project, of("preview", json!({ "A": "2" })), |_| None).unwrap();
    assert_eq!(report.created, [SyncLine { name: "A".to_owned(), targets: vec!["preview".to_owned()] }]);
    assert!(report.updated.is_empty() && report.removed.is_empty());
    let production = |project: &Project| {
        project.content().into_iter().filter(|variable| variable.targets.contains("production")).collect::<Vec<_>>()
    };
    assert_eq!(production(&project), before);

    // A variable that is in all of them is split.
    let mut project = Project::new(50);
    run(&mut project, options(json!({ "A": "1", "OLD": "1", "SAME": "1" })), |_| None).unwrap();
    let report = run(&mut project, of("production", json!({ "A": "2", "SAME": "1" })), |_| None).unwrap();
    let line = |name: &str| vec![SyncLine { name: name.to_owned(), targets: vec!["production".to_owned()] }];
    assert_eq!((report.updated, report.removed, report.unchanged), (line("A"), line("OLD"), line("SAME")));
    let text = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(target, value)| ((*target).to_owned(), (*value).to_owned())).collect::<BTreeMap<_, _>>()
    };
    assert_eq!(meanings(&project, "A"), text(&[("production", "2"), ("preview", "1"), ("development", "1")]));
    assert_eq!(meanings(&project, "OLD"), text(&[("preview", "1"), ("development", "1")]));
    assert_eq!(meanings(&project, "SAME"), text(&[("production", "1"), ("preview", "1"), ("development", "1")]));
}

#[test]
fn removals_are_refused_unless_they_are_allowed() {
    let mut project = Project::new(50);
    run(&mut project, options(json!({ "A": "1", "B": "1", "C": "1" })), |_| None).unwrap();
    let before = project.content();
    let mut careful = options(json!({ "A": "2" }));
    careful["allowRemovals"] = false.into();
    let error = run(&mut project, careful, |_| None).unwrap_err();
    assert_eq!(error.code(), "ERR_INVALID_OPTION");
    assert_eq!(
        error.to_string(),
        "`allowRemovals` must be true to remove 2 variables, such as B from development, preview, production"
    );
    assert_eq!(project.content(), before);
}

#[test]
fn words_of_vercels_that_repeat_what_was_sent_are_not_shown() {
    let values = json!({ "A": "s3cret-value", "B": "forbidden2" });
    for code in ["s3cret-value", "x.s3cret-value", "tok3n-0123456789", "forbidden2"] {
        let mut wish = options(values.clone());
        wish["token"] = "tok3n-0123456789".into();
        let (mut sync, _) = Sync::begin(read(wish)).unwrap();
        let headers = vec![("x-vercel-id".to_owned(), code.to_owned())];
        let body = format!(r#"{{"error":{{"code":"{code}","envVarKey":"{code}"}}}}"#).into_bytes();
        let error = refusal(sync.resume(Outcome::Response(HttpResponse { status: 400, headers, body })));
        assert!(!format!("{error} {error:?}").contains(code), "{error:?}");
    }
}

#[test]
fn a_value_changed_by_hand_is_set_right() {
    let mut project = Project::new(50);
    run(&mut project, options(json!({ "A": "1" })), |_| None).unwrap();
    project.variables[0].value = "by hand".to_owned();
    let report = run(&mut project, options(json!({ "A": "1" })), |_| None).unwrap();
    assert_eq!(names(&report.updated), ["A"]);
    assert_eq!(project.variables[0].value, "1");
}

#[test]
fn two_stacks_leave_each_other_alone() {
    let mut project = Project::new(50);
    let stack = |name: &str, values: Value| {
        let mut options = options(values);
        options["stack"] = name.into();
        options
    };
    run(&mut project, stack("one", json!({ "A": "1", "B": "1" })), |_| None).unwrap();
    let report = run(&mut project, stack("two", json!({ "B": "2", "C": "2" })), |_| None).unwrap();
    assert_eq!(
        (names(&report.created), names(&report.foreign), names(&report.removed)),
        (vec!["C"], vec!["B"], vec![])
    );
    let mut none = stack("two", json!({}));
    none["allowEmpty"] = true.into();
    let report = run(&mut project, none, |_| None).unwrap();
    assert_eq!(names(&report.removed), ["C"]);
    assert_eq!(project.variables.len(), 2);
}

#[test]
fn ten_thousand_variables_take_batches_and_report_progress() {
    let values = |version: usize| -> Value {
        (0..10_000)
            .map(|n| (format!("NAME_{n:05}"), Value::from(format!("{version}"))))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    let mut project = Project::new(100);
    (0..250).for_each(|n| assert!(project.add(foreign(&format!("THEIRS_{n}")))));
    assert!(project.add(foreign("NAME_00007")));

    let (mut sync, mut request) = Sync::begin(read(options(values(1)))).unwrap();
    let mut seen: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let report = loop {
        let progress = sync.progress();
        seen.entry(progress.phase).or_default().push(progress.done);
        assert!(request.body.as_ref().is_none_or(|body| body.expose().len() < 100_000), "a batch is small");
        match sync.resume(project.answer(&request)).unwrap() {
            Step::Send(next) => request = *next,
            Step::Done(report) => break report,
        }
    };
    assert_eq!((report.created.len(), report.foreign.len()), (9_999, 1));
    assert_eq!(seen["read"], [0, 100, 200]);
    assert_eq!(seen["write"].len(), 100);
    assert!(seen["write"].is_sorted());
    assert_eq!(sync.progress().done, 9_999);

    project.requests.clear();
    let report = run(&mut project, options(values(2)), |_| None).unwrap();
    assert_eq!((report.updated.len(), project.requests.len()), (9_999, 103 + 100));
    assert_eq!(project.variables.len(), 10_250);
}

#[test]
fn vercels_wish_for_patience_is_obeyed() {
    let busy = |seconds: &str| {
        let headers = vec![("retry-after".to_owned(), seconds.to_owned())];
        Outcome::Response(HttpResponse { status: 429, headers, body: br#"{"error":{"code":"rate_limited"}}"#.to_vec() })
    };
    let (mut sync, list) = Sync::begin(read(options(json!({ "A": "x" })))).unwrap();
    let again = next(sync.resume(busy("60")));
    assert_eq!((again.delay, &again.url), (Duration::from_secs(60), &list.url));
    let create = next(sync.resume(Outcome::answered(200, r#"{"envs":[]}"#)));
    let again = next(sync.resume(busy("5")));
    assert_eq!((again.delay, again.method, &again.body), (Duration::from_secs(5), Method::Post, &create.body));
    assert_eq!(next(sync.resume(busy("tomorrow"))).delay, Duration::from_secs(2));
    assert_eq!(next(sync.resume(busy("tomorrow"))).delay, Duration::from_secs(4));
    let error = refusal(sync.resume(busy("301")));
    assert_eq!(error.code(), "ERR_EXCHANGE_REJECTED");
}

#[test]
fn a_run_ends_where_nothing_helps() {
    let mut project = Project::new(50);
    let wish = options(json!({ "A": "s3cret" }));
    let lost = run(&mut project, wish.clone(), |_| Some(Trouble::Lost)).unwrap_err();
    assert_eq!(lost.code(), "ERR_EXCHANGE_TIMEOUT");
    let never_written =
        run(&mut project, wish.clone(), |number| (number % 2 == 1).then_some(Trouble::Lost)).unwrap_err();
    assert_eq!(never_written.code(), "ERR_EXCHANGE_TIMEOUT");
    assert!(project.variables.is_empty());

    for (status, body, code) in [
        (403, r#"{"error":{"code":"forbidden","message":"tok3n"}}"#, "ERR_EXCHANGE_REJECTED"),
        (404, r#"{"error":{"code":"not_found","message":"tok3n"}}"#, "ERR_EXCHANGE_REJECTED"),
        (302, "", "ERR_EXCHANGE_REJECTED"),
        (200, "<html>", "ERR_EXCHANGE_INVALID"),
        (200, r#"{"envs":[{"key":1}]}"#, "ERR_EXCHANGE_INVALID"),
        (200, r#"[]"#, "ERR_EXCHANGE_INVALID"),
        (200, r#"{"envs":[{"id":"../x","key":"A","type":"plain","comment":""}]}"#, "ERR_EXCHANGE_INVALID"),
    ] {
        let (mut sync, _) = Sync::begin(read(wish.clone())).unwrap();
        let error = refusal(sync.resume(Outcome::answered(status, body)));
        assert_eq!(error.code(), code, "{status} {body}");
        assert!(!format!("{error} {error:?}").contains("tok3n"));
    }
}

#[test]
fn a_list_without_an_end_is_noticed() {
    let page = |next: u64| {
        Outcome::answered(200, format!(r#"{{"envs":[],"pagination":{{"count":0,"next":{next},"prev":null}}}}"#))
    };
    let (mut sync, _) = Sync::begin(read(options(json!({ "A": "x" })))).unwrap();
    assert!(next(sync.resume(page(9))).url.contains("until=9"));
    assert!(next(sync.resume(page(8))).url.contains("until=8"));
    assert_eq!(refusal(sync.resume(page(8))).code(), "ERR_EXCHANGE_INVALID");
}

#[test]
fn a_variable_that_vercel_does_not_take_is_named() {
    let (mut sync, _) = Sync::begin(read(options(json!({ "A": "s3cret" })))).unwrap();
    next(sync.resume(Outcome::answered(200, r#"{"envs":[]}"#)));
    let answer = r#"{"failed":[{"error":{"code":"BAD_REQUEST","message":"s3cret is bad","envVarKey":"A"}}]}"#;
    let error = refusal(sync.resume(Outcome::answered(201, answer)));
    assert_eq!(error.code(), "ERR_EXCHANGE_REJECTED");
    assert!(matches!(&error, Error::Vercel(ApiFailure::Refused(refusal)) if refusal.variable.as_deref() == Some("A")));
    assert!(!format!("{error} {error:?}").contains("s3cret"));
}
