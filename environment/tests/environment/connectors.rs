//! Runs for connectors, request by request.

use countersign::flow::{HttpRequest, Method, Outcome};
use countersign::options::OptionValue;
use countersign_environment::Result;
use countersign_environment::connectors::{ConnectorsOptions, ConnectorsReport, ConnectorsRun};
use countersign_environment::run::{Run, Step};
use serde_json::{Value, json};

fn begin(more: Value) -> Result<(ConnectorsRun, HttpRequest)> {
    let mut options = json!({ "token": "tok3n", "team": "team_1" });
    for (name, value) in more.as_object().unwrap() {
        options[name] = value.clone();
    }
    let options: OptionValue = serde_json::from_value(options).unwrap();
    ConnectorsRun::begin(ConnectorsOptions::read(&options)?)
}

fn answered(status: u16, body: &Value) -> Outcome {
    Outcome::answered(status, body.to_string())
}

fn next(step: Result<Step<ConnectorsReport>>) -> HttpRequest {
    match step {
        Ok(Step::Send(request)) => *request,
        Ok(Step::Done(report)) => panic!("over: {report:?}"),
        Err(error) => panic!("{error}"),
    }
}

fn done(step: Result<Step<ConnectorsReport>>) -> ConnectorsReport {
    match step {
        Ok(Step::Done(report)) => report,
        Ok(Step::Send(request)) => panic!("goes on: {request:?}"),
        Err(error) => panic!("{error}"),
    }
}

fn line(request: &HttpRequest) -> String {
    let method = match request.method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Patch => "PATCH",
        Method::Delete => "DELETE",
    };
    format!("{method} {}", request.url.trim_start_matches("https://api.vercel.com"))
}

fn connector(destinations: &Value) -> Value {
    json!({ "id": "scl_1", "triggerDestinations": destinations })
}

fn projects(rows: &[(&str, &[&str])], next: &Value) -> Value {
    let row =
        |(id, environments): &(&str, &[&str])| json!({ "project": { "id": id }, "enabledEnvironments": environments });
    json!({ "projects": rows.iter().map(row).collect::<Vec<_>>(), "pagination": { "next": next } })
}

#[test]
fn what_is_added_comes_before_what_is_removed() {
    let destination = json!([{ "projectId": "prj_1", "path": "/new" }]);
    let settings = json!({ "projects": { "prj_1": ["production", "preview"] }, "triggerDestinations": destination });
    let (mut run, first) = begin(json!({ "connectors": { "a/b": settings }, "allowRemovals": true })).unwrap();
    assert_eq!(line(&first), "GET /v1/connect/connectors/a%2Fb?teamId=team_1");
    let list = next(run.resume(answered(200, &connector(&json!([{ "projectId": "prj_1", "path": "/old" }])))));
    assert_eq!(line(&list), "GET /v2/connect/connectors/a%2Fb/projects?limit=100&teamId=team_1");
    let more = next(run.resume(answered(200, &projects(&[("prj_1", &["production"])], &json!("c +")))));
    assert_eq!(line(&more), "GET /v2/connect/connectors/a%2Fb/projects?limit=100&cursor=c%20%2B&teamId=team_1");
    let attach = next(run.resume(answered(200, &projects(&[("prj_2", &["preview"])], &Value::Null))));
    assert_eq!(line(&attach), "POST /v1/connect/connectors/a%2Fb/projects/prj_1?teamId=team_1");
    assert_eq!(attach.body.unwrap().expose(), r#"{"environments":["preview","production"]}"#);
    let replace = next(run.resume(answered(200, &json!({}))));
    assert_eq!(line(&replace), "PATCH /v1/connect/connectors/a%2Fb/trigger-destinations?teamId=team_1");
    assert_eq!(replace.body.unwrap().expose(), r#"{"destinations":[{"projectId":"prj_1","path":"/new"}]}"#);
    let detach = next(run.resume(answered(200, &json!({}))));
    assert_eq!(line(&detach), "DELETE /v1/connect/connectors/a%2Fb/projects/prj_2?teamId=team_1");
    // Another program was faster.
    let report = done(run.resume(answered(404, &json!({ "error": { "code": "not_found" } }))));
    assert_eq!((report.connections.len(), report.destinations.len(), report.unchanged.len()), (2, 1, 0));
    assert_eq!(run.resume(answered(200, &json!({}))).err().unwrap().code(), "ERR_INTERNAL");
}

#[test]
fn a_list_without_an_end_is_refused() {
    let (mut run, _) = begin(json!({ "connectors": { "a": { "projects": {} } } })).unwrap();
    next(run.resume(answered(200, &connector(&json!([])))));
    next(run.resume(answered(200, &projects(&[], &json!("1")))));
    next(run.resume(answered(200, &projects(&[], &json!("2")))));
    let error = run.resume(answered(200, &projects(&[], &json!("1")))).err().unwrap();
    assert_eq!(error.code(), "ERR_EXCHANGE_INVALID");
}

#[test]
fn a_connector_that_may_have_been_created_is_read_again() {
    let create = json!({ "uid": "a", "name": "a", "type": "oauth", "data": { "clientSecret": "s3cr3t-s3cr3t" } });
    let (mut run, _) = begin(json!({ "connectors": { "a": { "create": create.to_string() } } })).unwrap();
    let post = next(run.resume(answered(404, &json!({}))));
    assert_eq!(
        (line(&post), post.body.unwrap().expose()),
        ("POST /v1/connect/connectors?teamId=team_1".into(), &create.to_string())
    );
    for status in [500, 409] {
        let again = next(run.resume(answered(status, &json!({ "error": { "code": "x.s3cr3t-s3cr3t" } }))));
        assert_eq!(line(&again), "GET /v1/connect/connectors/a?teamId=team_1");
        if status == 500 {
            assert_eq!(line(&next(run.resume(answered(404, &json!({}))))), "POST /v1/connect/connectors?teamId=team_1");
        }
    }
    assert_eq!(done(run.resume(answered(200, &connector(&json!([]))))).created, ["a"]);
}

#[test]
fn a_refusal_names_the_connector_and_no_secret() {
    let create = json!({ "uid": "a", "data": { "clientSecret": "s3cr3t-s3cr3t" } }).to_string();
    let (mut run, _) = begin(json!({ "connectors": { "a": { "create": create } } })).unwrap();
    next(run.resume(answered(404, &json!({}))));
    let error = run.resume(answered(422, &json!({ "error": { "code": "bad.s3cr3t-s3cr3t" } }))).err().unwrap();
    assert_eq!(error.to_string(), "Vercel refused a request about the connector `a` with status 422");
    assert!(!format!("{error:?}").contains("s3cr3t"));
}

#[test]
fn what_others_add_during_a_run_is_not_removed() {
    let destination = |path: &str| json!([{ "projectId": "prj_1", "path": path }]);
    let settings = json!({ "triggerDestinations": destination("/new") });
    let (mut run, _) = begin(json!({ "connectors": { "a": settings }, "allowRemovals": true })).unwrap();
    next(run.resume(answered(200, &connector(&destination("/old")))));
    next(run.resume(answered(500, &json!({}))));
    let error = run.resume(answered(200, &connector(&destination("/theirs")))).err().unwrap();
    assert_eq!(
        error.to_string(),
        "`allowRemovals` must be true to remove the destination prj_1 production /theirs from a"
    );
}
