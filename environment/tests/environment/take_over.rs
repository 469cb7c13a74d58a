//! Variables of a branch, variables that are taken over, and the deployment that a change needs.

use countersign::flow::{FetchFailure, HttpRequest, HttpResponse, Method, Outcome};
use countersign_environment::ownership_marker;
use countersign_environment::run::{Run, Step};
use countersign_environment::sync::{DeployHookCall, Sync, SyncReport};
use serde_json::{Value, json};

use crate::model::{Project, Trouble, Variable, read, run, run_and_kill, try_read};

const HOOK: &str = "https://api.vercel.com/v1/integrations/deploy/prj_1/s3cret";

fn options(values: Value, more: &Value) -> Value {
    let mut options = json!({ "project": "site", "team": "acme", "token": "tok3n", "values": values });
    options.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    options
}

fn set(key: &str, targets: &[&str], comment: Option<&str>) -> Variable {
    Variable {
        id: 0,
        key: key.to_owned(),
        value: "by hand".to_owned(),
        kind: "encrypted".to_owned(),
        targets: targets.iter().map(|target| (*target).to_owned()).collect(),
        branch: None,
        comment: comment.map(str::to_owned),
    }
}

/// The value of a name in each environment and branch, in order.
fn meanings(project: &Project, key: &str) -> Vec<String> {
    let mut meanings: Vec<String> = project
        .variables
        .iter()
        .filter(|variable| variable.key == key)
        .flat_map(|variable| {
            let place = variable.branch.clone().map_or_else(String::new, |branch| format!("@{branch}"));
            variable.targets.iter().map(move |target| format!("{target}{place}={}", variable.value))
        })
        .collect();
    meanings.sort();
    meanings
}

/// The names in the lists of a report that are not empty.
fn lists(report: &SyncReport) -> Value {
    let report = serde_json::to_value(report).unwrap();
    let lists = report.as_object().unwrap().iter().filter_map(|(list, lines)| {
        let names: Vec<&str> = lines.as_array()?.iter().filter_map(|line| line["name"].as_str()).collect();
        (!names.is_empty()).then(|| (list.clone(), names.into()))
    });
    Value::Object(lists.collect())
}

#[test]
fn a_branch_has_its_own_variables_and_touches_no_other() {
    let mut project = Project::new(2);
    let everywhere = options(json!({ "A": "1", "OLD": "1" }), &json!({}));
    run(&mut project, everywhere.clone(), |_| None).unwrap();
    let before = project.content();
    let branch = |name: &str, values: Value| options(values, &json!({ "gitBranch": name }));
    let report = run(&mut project, branch("feature/x", json!({ "A": "2" })), |_| None).unwrap();
    assert_eq!(lists(&report), json!({ "created": ["A"] }));
    assert_eq!(report.created[0].targets, ["preview"]);
    run(&mut project, branch("other", json!({ "A": "3", "OLD": "3" })), |_| None).unwrap();
    assert_eq!(
        meanings(&project, "A"),
        ["development=1", "preview=1", "preview@feature/x=2", "preview@other=3", "production=1"]
    );
    let report = run(&mut project, branch("other", json!({ "A": "4" })), |_| None).unwrap();
    assert_eq!(lists(&report), json!({ "updated": ["A"], "removed": ["OLD"] }));
    // A run about no branch leaves those of branches alone, too.
    let report = run(&mut project, everywhere, |_| None).unwrap();
    assert_eq!(lists(&report), json!({ "unchanged": ["A", "OLD"] }));
    let of_no_branch: Vec<_> = project.content().into_iter().filter(|variable| variable.branch.is_none()).collect();
    assert_eq!(of_no_branch, before);
    for targets in [json!(["production"]), json!(["preview", "env_1"])] {
        let error = try_read(options(json!({ "A": "1" }), &json!({ "gitBranch": "x", "targets": targets })))
            .and_then(Sync::begin)
            .err()
            .unwrap();
        assert_eq!(error.to_string(), "`targets` must be `preview` where there is a `gitBranch`");
    }
}

#[test]
fn only_what_a_person_has_set_is_taken_over() {
    let names = ["HAND", "NOTED", "THEIRS", "SYSTEM", "UNNAMED", "PARTLY"];
    let values: Value =
        names.iter().map(|name| ((*name).to_owned(), json!("new"))).collect::<serde_json::Map<_, _>>().into();
    let mut project = Project::new(3);
    project.add(set("HAND", &["production", "preview", "development"], None));
    project.add(set("NOTED", &["production"], Some("Ask Ada before you change this.")));
    project.add(set("NOTED", &["preview"], None));
    project.add(set("THEIRS", &["production"], Some(&ownership_marker::write("other", Some("abc")))));
    project.add(Variable { kind: "system".to_owned(), ..set("SYSTEM", &["production"], None) });
    project.add(set("UNNAMED", &["production"], None));
    project.add(set("PARTLY", &["production", "env_1"], None));
    let take_over = json!({ "takeOver": ["HAND", "NOTED", "THEIRS", "SYSTEM", "PARTLY"] });
    let plan = run(
        &mut project.clone(),
        options(values.clone(), &json!({ "takeOver": take_over["takeOver"], "dryRun": true })),
        |_| None,
    )
    .unwrap();
    let report = run(&mut project, options(values.clone(), &take_over), |_| None).unwrap();
    let expected = json!({ "takenOver": ["HAND", "NOTED", "PARTLY"], "foreign": ["SYSTEM", "THEIRS", "UNNAMED"] });
    assert_eq!((lists(&plan), lists(&report)), (expected.clone(), expected));
    for name in ["HAND", "NOTED"] {
        assert_eq!(meanings(&project, name), ["development=new", "preview=new", "production=new"], "{name}");
    }
    assert_eq!(meanings(&project, "PARTLY"), ["development=new", "env_1=by hand", "preview=new", "production=new"]);
    for name in ["THEIRS", "SYSTEM", "UNNAMED"] {
        assert_eq!(meanings(&project, name), ["production=by hand"], "{name}");
    }
    let again = run(&mut project, options(values, &take_over), |_| None).unwrap();
    assert_eq!(lists(&again)["unchanged"], json!(["HAND", "NOTED", "PARTLY"]));
}

#[test]
fn an_integration_keeps_its_variable() {
    let all = options(json!({ "A": "x" }), &json!({ "takeOver": ["A"] }));
    let list = |member: Value| {
        let mut row = json!({ "id": "1", "key": "A", "type": "encrypted", "value": "y", "target": ["preview"] });
        row.as_object_mut().unwrap().extend(member.as_object().unwrap().clone());
        Outcome::answered(200, json!({ "envs": [row] }).to_string())
    };
    let (mut sync, _) = Sync::begin(read(all.clone())).unwrap();
    let Ok(Step::Done(report)) = sync.resume(list(json!({ "configurationId": "icfg_1" }))) else { panic!("a request") };
    assert_eq!(lists(&report), json!({ "foreign": ["A"] }));
    let (mut sync, _) = Sync::begin(read(all)).unwrap();
    let Ok(Step::Send(request)) = sync.resume(list(json!({ "configurationId": null }))) else { panic!("no request") };
    assert_eq!(request.method, Method::Patch);
}

#[test]
fn taking_over_survives_faults_and_kills() {
    let prepared = || {
        let mut project = Project::new(2);
        project.add(set("A", &["production"], None));
        project.add(set("A", &["preview"], None));
        project.add(set("B", &["production", "env_1"], None));
        project.add(set("C", &["preview"], None));
        project
    };
    let all = options(json!({ "A": "1", "B": "2", "C": "3" }), &json!({ "takeOver": ["A", "B"] }));
    let check = |project: &Project| {
        assert_eq!(meanings(project, "A"), ["development=1", "preview=1", "production=1"]);
        assert_eq!(meanings(project, "B"), ["development=2", "env_1=by hand", "preview=2", "production=2"]);
        assert_eq!(meanings(project, "C"), ["preview=by hand"]);
    };
    for trouble in [Trouble::Lost, Trouble::AnswerLost, Trouble::Busy, Trouble::FailedLate] {
        for at in 0..12 {
            let mut project = prepared();
            let report = run(&mut project, all.clone(), |number| (number == at).then_some(trouble)).unwrap();
            check(&project);
            assert_eq!(lists(&report), json!({ "takenOver": ["A", "B"], "foreign": ["C"] }), "{trouble:?} at {at}");
        }
    }
    for requests in 0..12 {
        let mut project = prepared();
        run_and_kill(&mut project, all.clone(), requests);
        run(&mut project, all.clone(), |_| None).unwrap();
        check(&project);
    }
}

/// Runs a change with a hook; `answer` is what the hook's requests get.
fn with_hook(more: &Value, values: Value, mut answer: impl FnMut(&HttpRequest) -> Outcome) -> SyncReport {
    let mut project = Project::new(50);
    run(&mut project, options(json!({ "KEPT": "1" }), &json!({})), |_| None).unwrap();
    let mut all = options(values, more);
    all["deployHook"] = json!(HOOK);
    let (mut sync, mut request) = Sync::begin(read(all)).unwrap();
    loop {
        let outcome = if request.url == HOOK { answer(&request) } else { project.answer(&request) };
        match sync.resume(outcome).unwrap() {
            Step::Send(next) => request = *next,
            Step::Done(report) => return report,
        }
    }
}

#[test]
fn a_hook_is_called_once_where_a_deployment_is_needed() {
    let calls = |more: Value, values: Value| {
        let mut calls = 0;
        let report = with_hook(&more, values, |request| {
            calls += 1;
            assert_eq!(request.method, Method::Post);
            assert!(
                request.body.is_none() && request.headers.iter().all(|(name, _)| *name == "accept"),
                "no access token"
            );
            Outcome::answered(201, r#"{"job":{"id":"1","state":"PENDING"}}"#)
        });
        (calls, report.needs_deployment, report.deploy_hook)
    };
    let ok = Some(DeployHookCall { ok: true, reason: None });
    let deployed = vec!["preview".to_owned(), "production".to_owned()];
    assert_eq!(calls(json!({}), json!({ "KEPT": "1", "A": "1" })), (1, deployed.clone(), ok.clone()));
    assert_eq!(calls(json!({}), json!({ "A": "1" })), (1, deployed.clone(), ok.clone()), "a removal");
    assert_eq!(calls(json!({}), json!({ "KEPT": "1" })), (0, vec![], None), "nothing changed");
    assert_eq!(calls(json!({ "dryRun": true }), json!({ "KEPT": "2" })), (0, deployed, None), "a plan");
    let only = |target: &str| calls(json!({ "targets": [target] }), json!({ "KEPT": "1", "A": "1" }));
    assert_eq!(only("development"), (0, vec![], None), "no deployment has them");
    assert_eq!(only("preview"), (1, vec!["preview".to_owned()], ok));
}

#[test]
fn a_hook_that_fails_is_reported_and_its_url_is_not() {
    let failing = |answer: fn() -> Outcome| {
        let mut calls = 0;
        let report = with_hook(&json!({}), json!({ "KEPT": "2" }), |_| {
            calls += 1;
            answer()
        });
        let text = serde_json::to_string(&report).unwrap();
        assert!(!text.contains("s3cret") && !text.contains("prj_1"), "{text}");
        assert_eq!(report.updated.len(), 1, "the variables are in step");
        let call = report.deploy_hook.unwrap();
        assert!(!call.ok);
        (calls, call.reason.unwrap())
    };
    let quoting = || Outcome::answered(404, json!({ "error": { "code": "s3cret", "message": HOOK } }).to_string());
    assert_eq!(failing(quoting), (1, "it answered with status 404".to_owned()));
    assert_eq!(failing(|| Outcome::answered(500, "")), (6, "it answered with status 500".to_owned()));
    let busy = || {
        let headers = vec![("retry-after".to_owned(), "301".to_owned())];
        Outcome::Response(HttpResponse { status: 429, headers, body: Vec::new() })
    };
    assert_eq!(failing(busy), (1, "it answered with status 429".to_owned()));
    assert_eq!(failing(|| Outcome::Failed(FetchFailure::Timeout)), (6, "it did not answer in time".to_owned()));
    assert_eq!(failing(|| Outcome::Failed(FetchFailure::Network)), (6, "it could not be reached".to_owned()));
    assert_eq!(
        failing(|| Outcome::answered(0, "")),
        (1, "it redirected the request, which is not followed".to_owned())
    );
}
