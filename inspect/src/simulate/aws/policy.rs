//! Reading a role's trust policy as strictly as IAM does.
//!
//! Source: the IAM user guide, "Grammar of the IAM JSON policy language".

use countersign::encoding::json::Kind;

use crate::document::Node;
use crate::error::{PolicyPosition, Result};
use crate::simulate::aws::operator::Operator;

/// The one action that a web identity can be let in for.
pub const ACTION: &str = "sts:AssumeRoleWithWebIdentity";

/// A trust policy.
#[derive(Debug)]
pub struct Policy {
    /// Whether `${…}` means a variable: since version 2012-10-17.
    pub variables: bool,
    /// The statements in their order.
    pub statements: Vec<Statement>,
}

/// One statement.
#[derive(Debug)]
pub struct Statement {
    /// The `Sid`, if it has one.
    pub sid: Option<String>,
    /// Its place in the document.
    pub position: PolicyPosition,
    /// `Allow` and not `Deny`.
    pub allows: bool,
    /// Whom it speaks of.
    pub principal: Principal,
    /// Which calls it speaks of, as patterns.
    pub actions: Listed,
    /// All of these must hold.
    pub conditions: Vec<Condition>,
}

/// Values of an element that has a `Not…` form.
#[derive(Debug)]
pub struct Listed {
    /// The values.
    pub values: Vec<String>,
    /// All but these.
    pub not: bool,
    /// Their places in the document.
    pub position: PolicyPosition,
}

/// Whom a statement speaks of.
#[derive(Debug)]
pub struct Principal {
    /// Federated providers: ARNs, or the hosts of AWS's built-in ones.
    pub federated: Listed,
    /// `*`, in one of its forms.
    pub everyone: bool,
}

/// One key under one operator.
#[derive(Debug)]
pub struct Condition {
    /// The operator.
    pub operator: Operator,
    /// As the policy writes it.
    pub operator_name: String,
    /// As the policy writes it; compared without case.
    pub key: String,
    /// The values.
    pub values: Vec<String>,
    /// Their places in the document.
    pub position: PolicyPosition,
}

impl Policy {
    /// Reads a policy.
    ///
    /// # Errors
    /// `ERR_POLICY_INVALID` for what IAM would answer with `MalformedPolicyDocument`.
    pub fn read(root: &Node<'_>) -> Result<Self> {
        let [version, id, statements] = root.only(["Version", "Id", "Statement"])?;
        let variables = match &version {
            None => false,
            Some(version) => match version.string()?.as_str() {
                "2012-10-17" => true,
                "2008-10-17" => false,
                _ => return Err(version.error_at("must be 2012-10-17 or 2008-10-17")),
            },
        };
        id.map(|id| id.string()).transpose()?;
        let statements = statements.ok_or_else(|| root.error_at("must have a `Statement`"))?;
        let nodes = statements.one_or_many();
        let read: Vec<_> = nodes.iter().map(Statement::read).collect::<Result<_>>()?;
        if read.is_empty() {
            return Err(statements.error_at("must have at least one statement"));
        }
        for (index, statement) in read.iter().enumerate() {
            if statement.sid.is_some() && read[..index].iter().any(|earlier| earlier.sid == statement.sid) {
                return Err(nodes[index].error_at("has the `Sid` of an earlier statement"));
            }
        }
        Ok(Self { variables, statements: read })
    }
}

impl Statement {
    const MEMBERS: [&str; 9] = [
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Condition",
        // Known, to say why they are refused.
        "Resource",
        "NotResource",
    ];

    fn read(node: &Node<'_>) -> Result<Self> {
        let [sid, effect, principal, not_principal, action, not_action, condition, resource, not_resource] =
            node.only(Self::MEMBERS)?;
        if let Some(resource) = resource.or(not_resource) {
            return Err(resource.error_at("does not belong into a trust policy: the role is the resource"));
        }
        if let Some(sid) = &sid
            && !sid.string()?.bytes().all(|byte| byte.is_ascii_alphanumeric())
        {
            return Err(sid.error_at("must have letters and digits only"));
        }
        let sid = sid.map(|sid| sid.string()).transpose()?;
        let effect = effect.ok_or_else(|| node.error_at("must have an `Effect`"))?;
        let allows = match effect.string()?.as_str() {
            "Allow" => true,
            "Deny" => false,
            _ => return Err(effect.error_at("must be `Allow` or `Deny`, written so")),
        };
        let (principal, not) = one_of(node, principal, not_principal, "Principal")?;
        let principal = Principal::read(&principal, not)?;
        let (action, not) = one_of(node, action, not_action, "Action")?;
        let actions = Listed { values: actions(&action)?, not, position: action.position() };
        let conditions = condition.map_or(Ok(Vec::new()), |condition| conditions(&condition))?;
        Ok(Self { sid, position: node.position(), allows, principal, actions, conditions })
    }
}

/// The plain element or its `Not…` form, and which of the two it is.
fn one_of<'a>(node: &Node<'_>, plain: Option<Node<'a>>, not: Option<Node<'a>>, name: &str) -> Result<(Node<'a>, bool)> {
    match (plain, not) {
        (Some(plain), None) => Ok((plain, false)),
        (None, Some(not)) => Ok((not, true)),
        (Some(_), Some(not)) => Err(not.error_at(format!("cannot stand beside `{name}`"))),
        (None, None) => Err(node.error_at(format!("must have a `{name}`"))),
    }
}

fn actions(node: &Node<'_>) -> Result<Vec<String>> {
    let actions = node.strings()?;
    for (action, node) in actions.iter().zip(node.one_or_many()) {
        // IAM's own words: "AssumeRole policy may only specify STS AssumeRole actions".
        let sts = action.split_once(':').is_some_and(|(service, name)| {
            service.eq_ignore_ascii_case("sts") && !name.is_empty() && !name.contains(':')
        });
        if !sts {
            return Err(node.error_at(format!("must be an action of STS, such as `{ACTION}`: this is a trust policy")));
        }
    }
    Ok(actions)
}

impl Principal {
    fn read(node: &Node<'_>, not: bool) -> Result<Self> {
        let position = node.position();
        if node.kind() == Kind::String {
            return match node.string()?.as_str() {
                "*" => Ok(Self { federated: Listed { values: Vec::new(), not, position }, everyone: true }),
                _ => {
                    Err(node.error_at("must be an object, such as {\"Federated\": \"arn:aws:iam::…:oidc-provider/…\"}"))
                }
            };
        }
        let [federated, aws, service, canonical] = node.only(["Federated", "AWS", "Service", "CanonicalUser"])?;
        let mut everyone = false;
        for other in [&aws, &service, &canonical].into_iter().flatten() {
            everyone |= other.strings()?.iter().any(|value| value == "*");
        }
        let values = match &federated {
            Some(federated) => federated.strings()?,
            None if aws.is_none() && service.is_none() && canonical.is_none() => {
                return Err(node.error_at("must name someone"));
            }
            None => Vec::new(),
        };
        everyone |= values.iter().any(|value| value == "*");
        for (value, node) in values.iter().zip(federated.iter().flat_map(Node::one_or_many)) {
            if value != "*" && !value.starts_with("arn:") && !BUILT_IN.contains(&value.as_str()) {
                return Err(node.error_at(
                    "must be the ARN of an identity provider, such as `arn:aws:iam::123456789012:oidc-provider/…`",
                ));
            }
            if value.starts_with("arn:") && (value.contains(['*', '?']) || value.splitn(6, ':').count() < 6) {
                return Err(node.error_at("must be the whole ARN of an identity provider, without wildcards"));
            }
        }
        let position = federated.map_or(position, |federated| federated.position());
        Ok(Self { federated: Listed { values, not, position }, everyone })
    }
}

/// Providers that need no ARN.
pub const BUILT_IN: [&str; 4] =
    ["accounts.google.com", "cognito-identity.amazonaws.com", "graph.facebook.com", "www.amazon.com"];

fn conditions(node: &Node<'_>) -> Result<Vec<Condition>> {
    let mut conditions = Vec::new();
    for (operator_name, keys) in node.members()? {
        let operator = Operator::parse(&operator_name).map_err(|problem| keys.error_at(problem))?;
        for (key, values) in keys.members()? {
            if !key.contains(':') {
                return Err(
                    values.error_at("must be a condition key with its prefix, such as `oidc.vercel.com/acme:sub`")
                );
            }
            let read =
                values.one_or_many().iter().map(|value| value_text(operator, value)).collect::<Result<Vec<_>>>()?;
            if read.is_empty() {
                return Err(values.error_at("must have at least one value"));
            }
            conditions.push(Condition {
                operator,
                operator_name: operator_name.to_string(),
                key: key.into_owned(),
                values: read,
                position: values.position(),
            });
        }
    }
    Ok(conditions)
}

fn value_text(operator: Operator, value: &Node<'_>) -> Result<String> {
    // IAM takes plain numbers and booleans for their text.
    let text = match value.kind() {
        Kind::Number | Kind::Bool => value.raw().to_owned(),
        _ => value.string()?,
    };
    match operator.problem(&text) {
        Some(problem) => Err(value.error_at(problem)),
        None => Ok(text),
    }
}
