//! The operators by the tables of the IAM user guide: each just where it holds and just where it does not.

use crate::simulate::aws::operator::Operator;

/// One row of a table: an operator, a policy's values, the request's, and whether the condition holds.
type Row<'a> = (&'a str, &'a [&'a str], Option<&'a [&'a str]>, bool);

fn holds((name, wanted, found, _): Row<'_>) -> bool {
    let operator = Operator::parse(name).unwrap_or_else(|problem| panic!("{name} {problem}"));
    let strings = |values: &[&str]| values.iter().map(|&value| value.to_owned()).collect::<Vec<_>>();
    let found = found.map(strings);
    operator.holds(found.as_deref(), &strings(wanted), true, &|_| None).unwrap().expect("known")
}

#[test]
fn operators_are_those_of_the_user_guide() {
    let rows: [Row<'_>; 88] = [
        ("StringEquals", &["a"], Some(&["a"]), true),
        ("StringEquals", &["a"], Some(&["A"]), false),
        ("StringEquals", &["a*"], Some(&["ab"]), false),
        ("StringEquals", &["a*"], Some(&["a*"]), true),
        ("StringEquals", &["a", "b"], Some(&["b"]), true),
        ("StringEquals", &["a"], None, false),
        ("StringNotEquals", &["a"], Some(&["b"]), true),
        ("StringNotEquals", &["a", "b"], Some(&["b"]), false),
        ("StringNotEquals", &["a"], None, true),
        ("StringEqualsIgnoreCase", &["Production"], Some(&["PRODUCTION"]), true),
        ("StringEqualsIgnoreCase", &["a"], Some(&["b"]), false),
        ("StringNotEqualsIgnoreCase", &["a"], Some(&["A"]), false),
        ("StringNotEqualsIgnoreCase", &["a"], None, true),
        ("StringLike", &["owner:acme:*"], Some(&["owner:acme:x"]), true),
        ("StringLike", &["v?"], Some(&["v1"]), true),
        ("StringLike", &["v?"], Some(&["v12"]), false),
        ("StringLike", &["V*"], Some(&["v1"]), false),
        ("StringLike", &["x", "v*"], Some(&["v1"]), true),
        ("StringLike", &["*"], None, false),
        ("StringNotLike", &["v*"], Some(&["v1"]), false),
        ("StringNotLike", &["v*"], Some(&["w1"]), true),
        ("StringNotLike", &["v*"], None, true),
        ("NumericEquals", &["10"], Some(&["10.0"]), true),
        ("NumericNotEquals", &["10"], Some(&["10"]), false),
        ("NumericNotEquals", &["10"], None, true),
        ("NumericLessThan", &["10"], Some(&["9"]), true),
        ("NumericLessThan", &["10"], Some(&["10"]), false),
        ("NumericLessThanEquals", &["10"], Some(&["10"]), true),
        ("NumericLessThanEquals", &["10"], Some(&["11"]), false),
        ("NumericGreaterThan", &["10"], Some(&["11"]), true),
        ("NumericGreaterThan", &["10"], Some(&["10"]), false),
        ("NumericGreaterThanEquals", &["10"], Some(&["10"]), true),
        ("NumericGreaterThanEquals", &["10"], Some(&["9.9"]), false),
        ("NumericEquals", &["10"], Some(&["ten"]), false),
        ("NumericEquals", &["10"], None, false),
        ("DateEquals", &["2020-01-01T00:00:00Z"], Some(&["1577836800"]), true),
        ("DateEquals", &["2020"], Some(&["2020-01-01T00:00:00Z"]), true),
        ("DateEquals", &["2020-02"], Some(&["2020-02-01"]), true),
        ("DateNotEquals", &["2020-01-01"], Some(&["2020-01-02"]), true),
        ("DateNotEquals", &["2020-01-01"], None, true),
        ("DateLessThan", &["2020-01-01T00:00:01Z"], Some(&["2020-01-01T00:00:00Z"]), true),
        ("DateLessThan", &["2020-01-01T00:00:00Z"], Some(&["2020-01-01T00:00:00Z"]), false),
        ("DateLessThanEquals", &["2020-01-01T00:00:00Z"], Some(&["2020-01-01T01:00+01:00"]), true),
        ("DateGreaterThan", &["2020-01-01T00:00:01Z"], Some(&["2020-01-01T00:00:01.5Z"]), true),
        ("DateGreaterThan", &["2020-02-29"], Some(&["2020-02-28T23:59:59Z"]), false),
        ("DateGreaterThanEquals", &["1577836800"], Some(&["2019-12-31T19:00:00-05:00"]), true),
        ("DateGreaterThanEquals", &["2020-01-01"], None, false),
        ("Bool", &["true"], Some(&["true"]), true),
        ("Bool", &["true"], Some(&["false"]), false),
        ("Bool", &["TRUE"], Some(&["true"]), true),
        ("Bool", &["true"], None, false),
        ("Null", &["true"], None, true),
        ("Null", &["true"], Some(&["x"]), false),
        ("Null", &["false"], None, false),
        ("Null", &["false"], Some(&["x"]), true),
        ("ArnEquals", &["arn:aws:iam::1:role/*"], Some(&["arn:aws:iam::1:role/a"]), true),
        ("ArnLike", &["arn:aws:iam::*:role/a"], Some(&["arn:aws:iam::12:role/a"]), true),
        ("ArnLike", &["arn:aws:*:role/a:x"], Some(&["arn:aws:iam::12:role/a"]), false),
        ("ArnLike", &["arn:aws:sns:*:*:a"], Some(&["arn:aws:sns:x:y:a:b"]), false),
        ("ArnLike", &["arn:aws:sns:*:*:a*"], Some(&["arn:aws:sns:x:y:a:b"]), true),
        ("ArnNotEquals", &["arn:aws:iam::1:role/a"], Some(&["arn:aws:iam::1:role/a"]), false),
        ("ArnNotLike", &["arn:aws:iam::1:role/*"], Some(&["arn:aws:iam::2:role/a"]), true),
        ("ArnNotLike", &["arn:aws:iam::1:role/*"], None, true),
        ("StringEqualsIfExists", &["a"], None, true),
        ("StringEqualsIfExists", &["a"], Some(&["b"]), false),
        ("StringEqualsIfExists", &["a"], Some(&["a"]), true),
        ("NumericLessThanIfExists", &["10"], None, true),
        ("BoolIfExists", &["true"], Some(&["false"]), false),
        ("ForAllValues:StringEquals", &["a", "b"], Some(&["a"]), true),
        ("ForAllValues:StringEquals", &["a", "b"], Some(&["a", "b"]), true),
        ("ForAllValues:StringEquals", &["a", "b"], Some(&["a", "c"]), false),
        ("ForAllValues:StringEquals", &["a"], None, true),
        ("ForAllValues:StringEquals", &["a"], Some(&[]), true),
        ("ForAllValues:StringEquals", &["a"], Some(&[""]), true),
        ("ForAllValues:StringNotEquals", &["a"], Some(&["b", "c"]), true),
        ("ForAllValues:StringNotEquals", &["a"], Some(&["b", "a"]), false),
        ("ForAllValues:StringNotEquals", &["a"], None, true),
        ("ForAnyValue:StringEquals", &["a", "b"], Some(&["c", "b"]), true),
        ("ForAnyValue:StringEquals", &["a", "b"], Some(&["c", "d"]), false),
        ("ForAnyValue:StringEquals", &["a"], None, false),
        ("ForAnyValue:StringEquals", &[""], Some(&[""]), false),
        ("ForAnyValue:StringNotEquals", &["a"], Some(&["a", "b"]), true),
        ("ForAnyValue:StringNotEquals", &["a"], Some(&["a"]), false),
        ("ForAnyValue:StringNotEquals", &["a"], None, false),
        ("ForAnyValue:StringLike", &["a*"], Some(&["b", "ab"]), true),
        ("ForAllValues:StringLike", &["a*"], Some(&["a", "ab"]), true),
        ("ForAnyValue:StringEqualsIfExists", &["a"], None, true),
        ("ForAllValues:StringLikeIfExists", &["a*"], Some(&["b"]), false),
    ];
    for row in rows {
        assert_eq!(holds(row), row.3, "{row:?}");
    }
    for (name, ..) in Operator::NAMES {
        let tested = rows.iter().any(|row| row.0.trim_end_matches("IfExists").rsplit(':').next() == Some(name));
        assert!(tested || ["IpAddress", "NotIpAddress", "BinaryEquals"].contains(&name), "{name} is in no row");
    }
}
