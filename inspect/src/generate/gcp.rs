//! Google Cloud: a workload identity pool with one provider, and who of it may act as a service account.

use serde::Deserialize;
use serde_json::{Value, json};

use super::quote::{hcl, json as pretty, sh, ts, ts_list};
use super::{GeneratedPolicy, PolicyOutput, Trust};
use crate::error::{Error, Result};

/// How long `google.subject` may be, in bytes.
const MAX_SUBJECT: usize = 127;

/// The project of the pool.
struct Pool {
    project: String,
    pool: String,
    provider: String,
    service_account: Option<String>,
}

/// A provider of a Google Cloud workload identity pool.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct GcpProvider {
    /// The digits of the project's number.
    pub project_number: String,
    /// Default: `vercel`.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "string"))]
    pub pool_id: Option<String>,
    /// Default: `vercel`.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "string"))]
    pub provider_id: Option<String>,
    /// The address of a service account that these workloads may act as.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "string"))]
    pub service_account: Option<String>,
}

/// Generates the pool and the provider.
///
/// # Errors
/// `ERR_INVALID_OPTION` where an option is not of Google's form, or a subject is too long for it.
pub fn generate(trust: &Trust, provider: GcpProvider) -> Result<GeneratedPolicy> {
    let pool = check(provider)?;
    let subject = Subject::of(trust)?;
    let policy = self::provider(trust, &pool, &subject);
    let outputs = vec![
        PolicyOutput::new("json", pretty(&policy) + "\n"),
        PolicyOutput::new("terraform", terraform(trust, &pool, &subject)),
        PolicyOutput::new("pulumi", pulumi(trust, &pool, &subject)),
        PolicyOutput::new("cli", cli(trust, &pool, &subject)),
    ];
    Ok(GeneratedPolicy { kind: "gcp", policy, outputs })
}

fn check(provider: GcpProvider) -> Result<Pool> {
    let GcpProvider { project_number: project, pool_id, provider_id, service_account } = provider;
    if !(6..=20).contains(&project.len()) || !project.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Error::option("projectNumber", "must be the digits of a project's number, as a string"));
    }
    let (pool, provider) = (check_id("poolId", pool_id)?, check_id("providerId", provider_id)?);
    if service_account.as_deref().is_some_and(|email| !is_email(email)) {
        return Err(Error::option("serviceAccount", "must be the address of a service account"));
    }
    Ok(Pool { project, pool, provider, service_account })
}

fn check_id(option: &'static str, id: Option<String>) -> Result<String> {
    let id = id.unwrap_or_else(|| "vercel".to_owned());
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !(4..=32).contains(&id.len()) || !id.bytes().all(plain) || id.starts_with("gcp-") {
        let problem = "must have 4 to 32 small letters, digits and `-`, and not begin with `gcp-`";
        return Err(Error::option(option, problem));
    }
    Ok(id)
}

fn is_email(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
    let parts = text.split_once('@');
    parts.is_some_and(|(name, host)| {
        !name.is_empty()
            && [name, host].iter().all(|part| part.bytes().all(plain))
            && host.ends_with("gserviceaccount.com")
            && text.len() <= 200
    })
}

/// How a token's subject becomes one of Google's.
struct Subject {
    expression: String,
    /// The values that it may have.
    values: Vec<String>,
}

impl Subject {
    fn of(trust: &Trust) -> Result<Self> {
        if trust.subjects.iter().all(|subject| subject.len() <= MAX_SUBJECT) {
            return Ok(Self { expression: "assertion.sub".to_owned(), values: trust.subjects.clone() });
        }
        // Too long for Google. The project's id with the environment says the same and is shorter.
        let id = trust.ids.iter().find(|(claim, _)| claim == "project_id").map(|(_, id)| id);
        let environments = trust.subjects.iter().map(|subject| subject.rsplit_once(":environment:"));
        let values = id.and_then(|id| environments.map(|parts| Some(format!("{id}:{}", parts?.1))).collect());
        let values: Vec<String> = values.ok_or_else(|| {
            Error::option("projectId", "is required here: the subject has more than 127 bytes, too many for Google")
        })?;
        Ok(Self { expression: "assertion.project_id + ':' + assertion.environment".to_owned(), values })
    }
}

/// The provider, as Google's REST interface has it: this issuer, this audience, these subjects, these ids.
fn provider(trust: &Trust, pool: &Pool, subject: &Subject) -> Value {
    let Pool { project, pool, provider, .. } = pool;
    json!({
        "name": format!("projects/{project}/locations/global/workloadIdentityPools/{pool}/providers/{provider}"),
        "attributeMapping": { "google.subject": subject.expression },
        "attributeCondition": condition(trust),
        "oidc": { "issuerUri": trust.issuer, "allowedAudiences": [trust.audience] },
    })
}

fn condition(trust: &Trust) -> String {
    let subjects: Vec<String> = trust.subjects.iter().map(|subject| cel(subject)).collect();
    let mut condition = match subjects.as_slice() {
        [one] => format!("assertion.sub == {one}"),
        many => format!("assertion.sub in [{}]", many.join(", ")),
    };
    for (claim, id) in &trust.ids {
        condition += &format!(" && assertion.{claim} == {}", cel(id));
    }
    condition
}

/// A string of CEL.
fn cel(text: &str) -> String {
    format!("'{}'", text.replace('\\', r"\\").replace('\'', r"\'"))
}

/// One item of a list of gcloud's: with a separator that it does not hold, as `gcloud topic escaping` has it.
fn list_item(text: &str) -> String {
    let separator = [";", "|", "#", "~"].into_iter().find(|separator| !text.contains(separator));
    match separator {
        Some(separator) if text.contains(',') => format!("^{separator}^{text}"),
        _ => text.to_owned(),
    }
}

fn principal(pool: &Pool, subject: &str) -> String {
    let Pool { project, pool, .. } = pool;
    format!(
        "principal://iam.googleapis.com/projects/{project}/locations/global/workloadIdentityPools/{pool}/subject/{subject}"
    )
}

fn terraform(trust: &Trust, pool: &Pool, subject: &Subject) -> String {
    let mut text = format!(
        r#"resource "google_iam_workload_identity_pool" "pool" {{
  project                   = {project}
  workload_identity_pool_id = {pool_id}
}}

resource "google_iam_workload_identity_pool_provider" "provider" {{
  project                            = {project}
  workload_identity_pool_id          = google_iam_workload_identity_pool.pool.workload_identity_pool_id
  workload_identity_pool_provider_id = {provider}
  attribute_mapping                  = {{ "google.subject" = {mapping} }}
  attribute_condition                = {condition}

  oidc {{
    issuer_uri        = {issuer}
    allowed_audiences = [{audience}]
  }}
}}
"#,
        project = hcl(&pool.project),
        pool_id = hcl(&pool.pool),
        provider = hcl(&pool.provider),
        mapping = hcl(&subject.expression),
        condition = hcl(&condition(trust)),
        issuer = hcl(&trust.issuer),
        audience = hcl(&trust.audience),
    );
    if let Some(account) = &pool.service_account {
        let members: String =
            subject.values.iter().map(|value| format!("    {},\n", hcl(&principal(pool, value)))).collect();
        text += &format!(
            r#"
resource "google_service_account_iam_member" "member" {{
  for_each = toset([
{members}  ])
  service_account_id = {id}
  role               = "roles/iam.workloadIdentityUser"
  member             = each.value
  depends_on         = [google_iam_workload_identity_pool_provider.provider]
}}
"#,
            id = hcl(&format!("projects/-/serviceAccounts/{account}")),
        );
    }
    text
}

fn pulumi(trust: &Trust, pool: &Pool, subject: &Subject) -> String {
    let mut text = format!(
        r"import * as gcp from '@pulumi/gcp';

const pool = new gcp.iam.WorkloadIdentityPool('pool', {{
  project: {project},
  workloadIdentityPoolId: {pool_id},
}});

const provider = new gcp.iam.WorkloadIdentityPoolProvider('provider', {{
  project: {project},
  workloadIdentityPoolId: pool.workloadIdentityPoolId,
  workloadIdentityPoolProviderId: {provider},
  attributeMapping: {{ 'google.subject': {mapping} }},
  attributeCondition: {condition},
  oidc: {{ issuerUri: {issuer}, allowedAudiences: {audience} }},
}});
",
        project = ts(&pool.project),
        pool_id = ts(&pool.pool),
        provider = ts(&pool.provider),
        mapping = ts(&subject.expression),
        condition = ts(&condition(trust)),
        issuer = ts(&trust.issuer),
        audience = ts_list(std::slice::from_ref(&trust.audience)),
    );
    if let Some(account) = &pool.service_account {
        let members: Vec<String> = subject.values.iter().map(|value| principal(pool, value)).collect();
        text += &format!(
            r"
for (const [index, member] of {members}.entries()) {{
  new gcp.serviceaccount.IAMMember(
    `member-${{index}}`,
    {{ serviceAccountId: {id}, role: 'roles/iam.workloadIdentityUser', member }},
    {{ dependsOn: provider }},
  );
}}
",
            members = ts_list(&members),
            id = ts(&format!("projects/-/serviceAccounts/{account}")),
        );
    }
    text + "\nexport const providerName = provider.name;\n"
}

fn cli(trust: &Trust, pool: &Pool, subject: &Subject) -> String {
    let Pool { project, pool: pool_id, provider, service_account } = pool;
    let mut text = format!(
        "gcloud iam workload-identity-pools create {pool_id} \\\n  --project={project} \\\n  --location=global\n\n\
         gcloud iam workload-identity-pools providers create-oidc {provider} \\\n  --project={project} \\\n  \
         --location=global \\\n  --workload-identity-pool={pool_id} \\\n  --issuer-uri={issuer} \\\n  \
         --allowed-audiences={audience} \\\n  --attribute-mapping={mapping} \\\n  --attribute-condition={condition}\n",
        issuer = sh(&trust.issuer),
        audience = sh(&list_item(&trust.audience)),
        mapping = sh(&format!("google.subject={}", subject.expression)),
        condition = sh(&condition(trust)),
    );
    for value in service_account.iter().flat_map(|_| &subject.values) {
        text += &format!(
            "\ngcloud iam service-accounts add-iam-policy-binding {account} \\\n  --project={project} \\\n  \
             --role=roles/iam.workloadIdentityUser \\\n  --member={member}\n",
            account = service_account.as_deref().unwrap_or_default(),
            member = sh(&principal(pool, value)),
        );
    }
    text
}
