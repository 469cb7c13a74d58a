//! Properties that hold for every project and every request.

use std::collections::{BTreeMap, BTreeSet};

use countersign::flow::Method;
use countersign_environment::ownership_marker;
use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use crate::model::{Project, Trouble, Variable, run, run_and_kill};

const NAMES: [&str; 6] = ["A", "B", "C", "D", "E", "F"];

fn targets() -> impl Strategy<Value = BTreeSet<String>> {
    btree_set(select(vec!["production", "preview", "development", "env_1"]).prop_map(str::to_owned), 1..4)
}

/// Options of a run. Few names and values, so that they meet what is there.
fn wish() -> impl Strategy<Value = Value> {
    let values = btree_map(select(&NAMES[..]), select(vec!["1", "2", ""]), 0..6);
    let kind = select(vec!["encrypted", "plain", "sensitive"]);
    (values, targets(), kind, any::<bool>()).prop_map(|(values, mut targets, kind, keyed)| {
        if kind == "sensitive" && targets.remove("development") {
            targets.insert("production".to_owned());
        }
        let key = keyed.then_some("0123456789abcdef");
        json!({ "project": "site", "team": "acme", "token": "t", "values": values, "targets": targets, "type": kind,
            "fingerprintKey": key, "allowEmpty": true })
    })
}

fn foreign_variable() -> impl Strategy<Value = Variable> {
    let comments = vec![
        None,
        Some("by hand".to_owned()),
        Some(ownership_marker::write("other", Some("abc"))),
        Some(ownership_marker::write("default", None)),
        Some(ownership_marker::write("default", Some("abc"))),
    ];
    let branch = prop_oneof![4 => Just(None), 1 => Just(Some("main".to_owned()))];
    let kind = select(vec!["encrypted", "plain", "sensitive", "system"]);
    (select(&NAMES[..]), select(vec!["1", "2", "3"]), kind, targets(), branch, select(comments)).prop_map(
        |(key, value, kind, targets, branch, comment)| Variable {
            id: 0,
            key: key.to_owned(),
            value: value.to_owned(),
            kind: kind.to_owned(),
            targets,
            branch,
            comment,
        },
    )
}

fn project() -> impl Strategy<Value = Project> {
    (vec(foreign_variable(), 0..10), 1..8usize).prop_map(|(variables, page)| {
        let mut project = Project::new(page);
        for variable in variables {
            project.add(variable);
        }
        project
    })
}

/// Everything that a run may not change.
fn foreign(project: &Project) -> Vec<Variable> {
    let ours = |variable: &Variable| {
        variable.branch.is_none()
            && variable.comment.as_deref().is_some_and(|text| ownership_marker::read("default", text).is_some())
    };
    project.variables.iter().filter(|variable| !ours(variable)).cloned().collect()
}

/// The wanted environments.
fn places(wish: &Value) -> BTreeSet<String> {
    serde_json::from_value(wish["targets"].clone()).unwrap()
}

/// The meaning of each name in each environment that is not wanted: value, type and comment.
fn outside(project: &Project, wish: &Value) -> BTreeMap<(String, String), Vec<String>> {
    let places = places(wish);
    let mut meanings = BTreeMap::new();
    for variable in project.variables.iter().filter(|variable| variable.branch.is_none()) {
        for target in variable.targets.difference(&places) {
            let meaning = [Some(variable.value.clone()), Some(variable.kind.clone()), variable.comment.clone()];
            meanings.insert((variable.key.clone(), target.clone()), meaning.into_iter().flatten().collect());
        }
    }
    meanings
}

/// Returns whether the variables are as wanted, but for those whose place is taken.
fn check(project: &Project, wish: &Value) {
    let places = places(wish);
    for name in NAMES {
        let ours: Vec<_> = project
            .variables
            .iter()
            .filter(|variable| variable.key == name && !foreign(project).contains(variable))
            .filter(|variable| !variable.targets.is_disjoint(&places))
            .collect();
        let taken = foreign(project)
            .iter()
            .any(|other| other.key == name && other.branch.is_none() && !other.targets.is_disjoint(&places));
        match wish["values"][name].as_str() {
            Some(_) if taken => {}
            Some(value) => {
                assert_eq!(ours.len(), 1, "{name} is there once: {ours:?}");
                assert_eq!(&*ours[0].value, value);
                assert!(ours[0].targets.is_superset(&places), "{name} is everywhere: {ours:?}");
                assert_eq!(ours[0].kind, wish["type"].as_str().unwrap());
            }
            None => assert!(ours.is_empty(), "{name} is not wanted: {ours:?}"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    /// A run does what is wanted and touches nothing foreign; the next has nothing to do and writes nothing.
    #[test]
    fn twice_is_once(mut project in project(), wish in wish()) {
        let before = (foreign(&project), outside(&project, &wish));
        let first = run(&mut project, wish.clone(), |_| None).unwrap();
        prop_assert_eq!((foreign(&project), outside(&project, &wish)), before);
        check(&project, &wish);

        let state = project.variables.clone();
        project.requests.clear();
        let second = run(&mut project, wish.clone(), |_| None).unwrap();
        prop_assert_eq!(&second.foreign, &first.foreign);
        prop_assert!(second.created.is_empty() && second.removed.is_empty());
        // A sensitive value without a fingerprint cannot be compared.
        if wish["type"] != "sensitive" || !wish["fingerprintKey"].is_null() {
            prop_assert!(second.updated.is_empty());
            prop_assert!(project.requests.iter().all(|(method, _)| *method == Method::Get));
        }
        prop_assert_eq!(project.variables, state);
    }

    /// A dry run says what a run does, and does nothing.
    #[test]
    fn a_dry_run_foretells(mut project in project(), wish in wish()) {
        let state = project.variables.clone();
        let mut dry = wish.clone();
        dry["dryRun"] = true.into();
        let told = run(&mut project, dry, |_| None).unwrap();
        prop_assert_eq!(&project.variables, &state);
        prop_assert_eq!(run(&mut project, wish, |_| None).unwrap(), told);
    }

    /// A run that may not remove anything either has nothing to remove, or changes nothing.
    #[test]
    fn removals_need_leave(mut project in project(), wish in wish()) {
        let state = project.variables.clone();
        let [mut told, mut careful] = [wish.clone(), wish];
        told["dryRun"] = true.into();
        careful["allowRemovals"] = false.into();
        let removed = run(&mut project, told, |_| None).unwrap().removed;
        match run(&mut project, careful, |_| None) {
            Ok(report) => prop_assert!(removed.is_empty() && report.removed.is_empty()),
            Err(error) => {
                let start = format!("`allowRemovals` must be true to remove {} ", removed.len());
                let text = error.to_string();
                prop_assert!(text.starts_with(&start), "{text}", text = text);
                prop_assert_eq!(&project.variables, &state);
            }
        }
    }

    /// Killed after any number of requests, a second run comes to where an undisturbed one comes.
    #[test]
    fn every_prefix_converges(project in project(), wish in wish()) {
        let mut undisturbed = project.clone();
        run(&mut undisturbed, wish.clone(), |_| None).unwrap();
        for requests in 0..=undisturbed.requests.len() - project.requests.len() {
            let mut killed = project.clone();
            run_and_kill(&mut killed, wish.clone(), requests);
            prop_assert_eq!(foreign(&killed), foreign(&project));
            prop_assert_eq!(outside(&killed, &wish), outside(&project, &wish));
            run(&mut killed, wish.clone(), |_| None).unwrap();
            prop_assert_eq!(killed.content(), undisturbed.content(), "killed after {} requests", requests);
        }
    }

    /// Whatever goes wrong with any two requests, the run itself comes to the same end.
    #[test]
    fn every_fault_is_survived(
        project in project(),
        wish in wish(),
        first in (0..8usize, select(vec![Trouble::Lost, Trouble::AnswerLost, Trouble::Busy, Trouble::FailedLate])),
        second in (0..12usize, select(vec![Trouble::Lost, Trouble::AnswerLost, Trouble::Busy, Trouble::FailedLate])),
    ) {
        let mut undisturbed = project.clone();
        run(&mut undisturbed, wish.clone(), |_| None).unwrap();
        let mut disturbed = project.clone();
        let fault = |number| [second, first].iter().find(|(at, _)| *at == number).map(|(_, fault)| *fault);
        run(&mut disturbed, wish.clone(), fault).unwrap();
        prop_assert_eq!(foreign(&disturbed), foreign(&project));
        prop_assert_eq!(outside(&disturbed, &wish), outside(&project, &wish));
        prop_assert_eq!(disturbed.content(), undisturbed.content());
    }
}
