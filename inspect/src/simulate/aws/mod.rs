//! Trust policies of AWS IAM roles, evaluated as IAM does for AssumeRoleWithWebIdentity.
//!
//! Not evaluated: permissions of the role, service and resource control policies, session policies. Addresses and
//! bytes are not compared; a condition with them is undecided.

mod operator;
mod policy;
mod request;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use countersign::options::{self, OneOrMore, OptionValue};
use countersign::time::Timestamp;
use serde::Deserialize;

use crate::document::Source;
use crate::error::{Error, PolicyPosition, Result};
use crate::simulate::claims::Claims;
use crate::simulate::pattern::{Pattern, Syntax};
use crate::simulate::report::{Effect, PolicyCheck, PolicyRule, PolicyWarning, WarningCode};
use crate::simulate::{Evaluation, Evaluator, HOST_OPTIONS};
use operator::{Comparison, Quantifier};
use policy::{ACTION, Condition, Policy, Statement};
use request::{CLAIMS, Found, Request};

/// The values that AWS knows besides the token.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct AwsContext {
    /// The client ids of the identity provider. Default: not looked at.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "readonly string[]"))]
    pub client_ids: Option<OneOrMore>,
    /// Values of condition keys that only the call would have, such as `aws:SourceIp` or `sts:RoleSessionName`.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "Readonly<Record<string, string | readonly string[]>>"))]
    pub context: BTreeMap<String, OneOrMore>,
}

/// A trust policy, ready to be held against tokens.
pub struct Aws {
    policy: Policy,
    /// The audiences that the identity provider lists, if the caller said so.
    client_ids: Option<Vec<String>>,
    context: Vec<(String, Vec<String>)>,
    now: Option<Timestamp>,
}

impl Aws {
    /// Reads a policy.
    ///
    /// # Errors
    /// `ERR_POLICY_INVALID`, or `ERR_INVALID_OPTION` for the context.
    pub fn read(policy: &Source<'_>, context: &OptionValue, now: Option<Timestamp>) -> Result<Self> {
        let AwsContext { client_ids, context } = options::read(context, HOST_OPTIONS)?;
        let client_ids = client_ids.map(|OneOrMore(ids)| ids);
        if client_ids.as_ref().is_some_and(Vec::is_empty) {
            return Err(Error::option("clientIds", "must have at least one value"));
        }
        let context: Vec<_> = context.into_iter().map(|(key, OneOrMore(values))| (key, values)).collect();
        if let Some((key, _)) = context.iter().find(|(_, values)| values.is_empty()) {
            return Err(Error::option(format!("context.{key}"), "must have at least one value"));
        }
        Ok(Self { policy: Policy::read(&policy.root())?, client_ids, context, now })
    }

    fn rule(&self, index: usize, statement: &Statement, request: &Request<'_>) -> PolicyRule {
        let mut checks = vec![principal(statement, request), action(statement)];
        checks.extend(statement.conditions.iter().map(|condition| self.condition(condition, request)));
        let effect = if statement.allows { Effect::Allow } else { Effect::Deny };
        let name = statement.sid.clone().unwrap_or_else(|| format!("Statement[{index}]"));
        PolicyRule::new(name, effect, checks, Some(statement.position.clone()))
    }

    fn condition(&self, condition: &Condition, request: &Request<'_>) -> PolicyCheck {
        let Condition { operator, operator_name, key, values, position } = condition;
        let found = request.find(key);
        let variable = |name: &str| match request.find(name) {
            Found::Values(values) if values.len() == 1 => values.into_iter().next(),
            _ => None,
        };
        let values_found = match &found {
            Found::Values(values) => Some(values.clone()),
            _ => None,
        };
        let holds = operator.holds(values_found.as_deref(), values, self.policy.variables, &variable);
        let passed = match &holds {
            _ if found == Found::Unknown => None,
            Ok(holds) => *holds,
            // A statement with a variable that has no value does not match.
            Err(_) => Some(false),
        };
        let fix = || match &holds {
            Err(name) => format!("the variable `${{{name}}}` has no value in such a call"),
            Ok(_) => advice(condition, &found, request),
        };
        let what = format!("{operator_name} of {key}");
        PolicyCheck::new(what, values.clone(), values_found, passed, fix, Some(position.clone()))
    }
}

impl Evaluator for Aws {
    fn evaluate(&self, claims: Claims<'_>) -> Evaluation {
        let request = Request::new(claims, &self.context, self.now);
        let mut checks = Vec::new();
        if let Some(wanted) = &self.client_ids {
            let found = claims.texts("aud");
            let passed = found.iter().flatten().any(|audience| wanted.contains(audience));
            let fix = || "add the token's audience to the client ids of the identity provider".to_owned();
            checks.push(PolicyCheck::new("the provider's client ids", wanted.clone(), found, Some(passed), fix, None));
        }
        let statements = self.policy.statements.iter().enumerate();
        let rules = statements.map(|(index, statement)| self.rule(index, statement, &request)).collect();
        Evaluation { checks, rules }
    }

    fn warnings(&self, claims: Claims<'_>) -> Vec<PolicyWarning> {
        let request = Request::new(claims, &self.context, self.now);
        let warn = |code, message: String, position: &PolicyPosition| {
            PolicyWarning::new(code, message, Some(position.clone()))
        };
        let mut warnings = Vec::new();
        for statement in &self.policy.statements {
            if statement.allows && statement.principal.federated.not {
                let message = "`NotPrincipal` with `Allow` lets in every principal that is not named";
                warnings.push(warn(
                    WarningCode::NotPrincipal,
                    message.to_owned(),
                    &statement.principal.federated.position,
                ));
            }
            if statement.allows && statement.principal.everyone {
                let message = "`*` lets in tokens of every provider in the account; name one provider by its ARN";
                warnings.push(warn(
                    WarningCode::AnyPrincipal,
                    message.to_owned(),
                    &statement.principal.federated.position,
                ));
            }
            for condition in &statement.conditions {
                let Condition { operator, key, position, values, .. } = condition;
                let found = request.find(key);
                if found == Found::NotProvided {
                    let message =
                        format!("AWS provides no key `{key}` for this token: {}", advice(condition, &found, &request));
                    warnings.push(warn(WarningCode::UnknownKey, message, position));
                }
                let lax = operator.if_exists || operator.quantifier == Some(Quantifier::All);
                if statement.allows && lax && operator.comparison != Comparison::Null {
                    let message = format!("`{}` also holds where `{key}` is absent", condition.operator_name);
                    warnings.push(warn(WarningCode::HoldsWhenAbsent, message, position));
                }
                if operator.quantifier.is_none() && matches!(&found, Found::Values(values) if values.len() > 1) {
                    let message = format!(
                        "`{key}` has several values here, for which IAM asks for `ForAnyValue:` or `ForAllValues:`"
                    );
                    warnings.push(warn(WarningCode::SeveralValues, message, position));
                }
                if !self.policy.variables && values.iter().any(|value| value.contains("${")) {
                    let message = "without `\"Version\": \"2012-10-17\"`, `${…}` is no variable but text";
                    warnings.push(warn(WarningCode::NoVariables, message.to_owned(), position));
                }
            }
        }
        warnings
    }
}

fn principal(statement: &Statement, request: &Request<'_>) -> PolicyCheck {
    let policy::Principal { federated, everyone } = &statement.principal;
    let provider = request.provider.map(str::to_owned);
    let is_it = |value: &String| {
        let resource = value.splitn(6, ':').nth(5).and_then(|resource| resource.strip_prefix("oidc-provider/"));
        let name = if value.starts_with("arn:") { resource } else { Some(value.as_str()) };
        name.is_some() && name == request.provider
    };
    let named = *everyone || federated.values.iter().any(is_it);
    let wanted = if *everyone { vec!["*".to_owned()] } else { federated.values.clone() };
    let fix = || match &provider {
        None => "the token has no `iss` that begins with `https://`".to_owned(),
        Some(provider) => {
            let slipped = federated.values.iter().any(|value| value.contains("oidc-provider/https://"));
            let hint = if slipped { ", without `https://`" } else { "" };
            let arn = format!("arn:aws:iam::<account>:oidc-provider/{provider}");
            format!("`Principal.Federated` must name the token's issuer{hint}: `{arn}`")
        }
    };
    let what = if federated.not { "the provider is none of" } else { "the provider" };
    let passed = provider.is_some() && named != federated.not;
    PolicyCheck::new(
        what,
        wanted,
        provider.clone().map(|p| vec![p]),
        Some(passed),
        fix,
        Some(federated.position.clone()),
    )
}

fn action(statement: &Statement) -> PolicyCheck {
    let policy::Listed { values, not, position } = &statement.actions;
    let syntax = Syntax { wildcards: true, variables: false };
    let names =
        |value: &String| Pattern::new(value, syntax, |_| None).is_ok_and(|pattern| pattern.matches(ACTION, true));
    let passed = values.iter().any(names) != *not;
    let fix = || format!("the call is `{ACTION}`: name that action");
    let what = if *not { "the action is none of" } else { "the action" };
    PolicyCheck::new(what, values.clone(), Some(vec![ACTION.into()]), Some(passed), fix, Some(position.clone()))
}

/// How a condition that does not hold could be met.
fn advice(condition: &Condition, found: &Found, request: &Request<'_>) -> String {
    let Condition { operator, key, values, .. } = condition;
    let provider = request.provider.unwrap_or_default();
    let quoted = |values: &[String]| values.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", ");
    match found {
        Found::Unknown => format!("the value of `{key}` is not known here: give it in `context`"),
        Found::NotProvided => {
            let name = key.rsplit_once(':').map_or("", |(_, name)| name);
            if let Some(without) = key.strip_prefix("https://") {
                format!("leave out `https://`: `{without}`")
            } else if CLAIMS.contains(&name) {
                format!("the key must begin with the token's issuer: `{provider}:{name}`")
            } else {
                let known = CLAIMS.map(|claim| format!("`{provider}:{claim}`")).join(", ");
                format!("AWS provides {known}; what the token says of its {name} is in `{provider}:sub`")
            }
        }
        Found::Absent => format!("`{key}` has no value in this call"),
        Found::Values(found) => {
            let wildcard = matches!(operator.comparison, Comparison::Equals { .. })
                && values.iter().any(|value| value.contains(['*', '?']));
            let near = |same: fn(&str, &str) -> bool| found.iter().any(|a| values.iter().any(|b| same(a, b)));
            if operator.comparison == Comparison::Unknown {
                "this simulator does not compare such values".to_owned()
            } else if operator.negated {
                format!("the condition keeps out {}", quoted(found))
            } else if wildcard {
                "this operator takes `*` and `?` for themselves: use `StringLike`".to_owned()
            } else if near(|a, b| a != b && a.eq_ignore_ascii_case(b)) {
                format!("upper and lower case differ: the token has {}", quoted(found))
            } else if near(|a, b| a.trim_end_matches('/') == b.trim_end_matches('/')) {
                format!("only a slash at the end differs: the token has {}", quoted(found))
            } else {
                format!("the token has {}: add that value if such tokens may come in", quoted(found))
            }
        }
    }
}
