//! AWS: an identity provider, and a role that trusts it.

use serde::Deserialize;
use serde_json::{Value, json};

use super::quote::{hcl, hcl_list, json as pretty, sh, ts, ts_list, ts_one_or_many};
use super::{GeneratedPolicy, PolicyOutput, Trust};
use crate::error::{Error, Result};

/// The account of the role.
struct Account {
    id: String,
    partition: AwsPartition,
    role: String,
}

/// A role of AWS.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct AwsRole {
    /// The AWS account, twelve digits.
    pub account_id: String,
    /// Default: `aws`.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "AwsPartition"))]
    pub partition: AwsPartition,
    /// Default: `vercel-<project>`.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "string"))]
    pub role_name: Option<String>,
}

/// A partition of AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "kebab-case")]
pub enum AwsPartition {
    /// The commercial regions.
    #[default]
    Aws,
    /// The regions in China.
    AwsCn,
    /// AWS GovCloud (US).
    AwsUsGov,
}

impl AwsPartition {
    /// The name in ARNs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::AwsCn => "aws-cn",
            Self::AwsUsGov => "aws-us-gov",
        }
    }
}

/// Generates the identity provider and the role.
///
/// # Errors
/// `ERR_INVALID_OPTION` where an option is not of AWS's form.
pub fn generate(trust: &Trust, role: AwsRole) -> Result<GeneratedPolicy> {
    let account = check(trust, role)?;
    let provider = format!("arn:{}:iam::{}:oidc-provider/{}", account.partition.as_str(), account.id, trust.host());
    let policy = trust_policy(trust, &provider);
    let outputs = vec![
        PolicyOutput::new("json", pretty(&policy) + "\n"),
        PolicyOutput::new("terraform", terraform(trust, &account)),
        PolicyOutput::new("pulumi", pulumi(trust, &account)),
        PolicyOutput::new("sst", sst(trust, &account)),
        PolicyOutput::new("cli", cli(trust, &account, &policy)),
    ];
    Ok(GeneratedPolicy { kind: "aws", policy, outputs })
}

fn check(trust: &Trust, AwsRole { account_id: id, partition, role_name }: AwsRole) -> Result<Account> {
    if id.len() != 12 || !id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Error::option("accountId", "must be the twelve digits of an AWS account, as a string"));
    }
    if role_name.as_deref().is_some_and(|name| !is_role_name(name)) {
        return Err(Error::option("roleName", "must have 1 to 64 letters, digits and characters of `+=,.@-_`"));
    }
    let role = role_name.unwrap_or_else(|| trust.name.chars().take(64).collect());
    Ok(Account { id, partition, role })
}

fn is_role_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+=,.@-_".contains(&byte);
    (1..=64).contains(&name.len()) && name.bytes().all(plain)
}

/// The narrowest trust policy for tokens of one provider: this audience, these subjects.
pub fn trust_policy(trust: &Trust, provider_arn: &str) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Federated": provider_arn },
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {
                    format!("{}:aud", trust.host()): literal(&trust.audience),
                    format!("{}:sub", trust.host()): one_or_many(&subjects(trust)),
                }
            }
        }]
    })
}

fn one_or_many(values: &[String]) -> Value {
    match values {
        [one] => json!(one),
        many => json!(many),
    }
}

/// A value that IAM does not take for a variable.
fn literal(text: &str) -> String {
    text.replace("${", "${$}{")
}

fn subjects(trust: &Trust) -> Vec<String> {
    trust.subjects.iter().map(|subject| literal(subject)).collect()
}

fn terraform(trust: &Trust, account: &Account) -> String {
    let condition = |claim: &str, values: &[String]| {
        format!(
            "    condition {{\n      test     = \"StringEquals\"\n      variable = {}\n      values   = {}\n    }}\n",
            hcl(&format!("{}:{claim}", trust.host())),
            hcl_list(values),
        )
    };
    format!(
        r#"resource "aws_iam_openid_connect_provider" "oidc" {{
  url            = {url}
  client_id_list = [{audience}]
}}

data "aws_iam_policy_document" "trust" {{
  statement {{
    effect  = "Allow"
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {{
      type        = "Federated"
      identifiers = [aws_iam_openid_connect_provider.oidc.arn]
    }}

{aud}
{sub}  }}
}}

resource "aws_iam_role" "role" {{
  name               = {role}
  assume_role_policy = data.aws_iam_policy_document.trust.json
}}

output "role_arn" {{
  value = aws_iam_role.role.arn
}}
"#,
        url = hcl(&trust.issuer),
        audience = hcl(&trust.audience),
        aud = condition("aud", &[literal(&trust.audience)]),
        sub = condition("sub", &subjects(trust)),
        role = hcl(&account.role),
    )
}

/// The resources, as Pulumi and SST share them; `stringify` is what makes text of a document with outputs in it.
fn resources(trust: &Trust, account: &Account, stringify: &str, indent: &str) -> String {
    let text = format!(
        r"const provider = new aws.iam.OpenIdConnectProvider('oidc', {{
  url: {url},
  clientIdLists: {audience},
}});

const role = new aws.iam.Role('role', {{
  name: {role},
  assumeRolePolicy: {stringify}({{
    Version: '2012-10-17',
    Statement: [
      {{
        Effect: 'Allow',
        Principal: {{ Federated: provider.arn }},
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: {{
          StringEquals: {{
            {aud_key}: {aud},
            {sub_key}: {sub},
          }},
        }},
      }},
    ],
  }}),
}});
",
        url = ts(&trust.issuer),
        audience = ts_list(std::slice::from_ref(&trust.audience)),
        role = ts(&account.role),
        aud_key = ts(&format!("{}:aud", trust.host())),
        aud = ts(&literal(&trust.audience)),
        sub_key = ts(&format!("{}:sub", trust.host())),
        sub = ts_one_or_many(&subjects(trust)),
    );
    text.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("{indent}{line}\n") }).collect()
}

fn pulumi(trust: &Trust, account: &Account) -> String {
    let resources = resources(trust, account, "pulumi.jsonStringify", "");
    format!(
        "import * as aws from '@pulumi/aws';\nimport * as pulumi from '@pulumi/pulumi';\n\n{resources}\nexport const roleArn = role.arn;\n"
    )
}

fn sst(trust: &Trust, account: &Account) -> String {
    format!(
        r#"/// <reference path="./.sst/platform/config.d.ts" />

export default $config({{
  app() {{
    return {{ name: {name}, home: 'aws' }};
  }},
  async run() {{
{resources}
    return {{ roleArn: role.arn }};
  }},
}});
"#,
        name = ts(&trust.name),
        resources = resources(trust, account, "$jsonStringify", "    "),
    )
}

fn cli(trust: &Trust, account: &Account, policy: &Value) -> String {
    format!(
        "aws iam create-open-id-connect-provider \\\n  --url {} \\\n  --client-id-list {}\n\n\
         aws iam create-role \\\n  --role-name {} \\\n  --assume-role-policy-document {}\n",
        sh(&trust.issuer),
        sh(&trust.audience),
        sh(&account.role),
        sh(&pretty(policy)),
    )
}
