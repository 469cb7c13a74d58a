//! Google Cloud: a workload identity pool with one provider, and who of it may act as a service account.

use serde_json::{Value, json};

use super::quote::{hcl, json as pretty, sh, ts, ts_list};
use super::{Generated, Output, Trust};
use crate::document::{Fields, Node};
use crate::error::{Error, Result};

/// How long `google.subject` may be, in bytes.
const MAX_SUBJECT: usize = 127;

/// Where the pool lives.
struct Pool {
    project: String,
    pool: String,
    provider: String,
    service_account: Option<String>,
}

/// Reads `projectNumber`, `poolId`, `providerId` and `serviceAccount`, and generates.
///
/// # Errors
/// `ERR_INVALID_OPTION` where one of these is not of Google's form, or a subject is too long for it.
pub fn generate(trust: &Trust, fields: &mut Fields<'_>) -> Result<Generated> {
    let pool = read(fields)?;
    let subject = Subject::of(trust)?;
    let policy = provider(trust, &pool, &subject);
    let outputs = vec![
        Output::new("json", pretty(&policy) + "\n"),
        Output::new("terraform", terraform(trust, &pool, &subject)),
        Output::new("pulumi", pulumi(trust, &pool, &subject)),
        Output::new("cli", cli(trust, &pool, &subject)),
    ];
    Ok(Generated { kind: "gcp", policy, outputs })
}

fn read(fields: &mut Fields<'_>) -> Result<Pool> {
    let number = fields.required("projectNumber")?;
    let project = number.string()?;
    if !(6..=20).contains(&project.len()) || !project.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(number.error_at("must be the digits of a project's number, as a string"));
    }
    let mut id = |name| match fields.take(name) {
        None => Ok("vercel".to_owned()),
        Some(node) => pool_id(&node),
    };
    let (pool, provider) = (id("poolId")?, id("providerId")?);
    let service_account = match fields.take("serviceAccount") {
        None => None,
        Some(node) => match node.string()? {
            email if is_email(&email) => Some(email),
            _ => return Err(node.error_at("must be the address of a service account")),
        },
    };
    Ok(Pool { project, pool, provider, service_account })
}

fn pool_id(node: &Node<'_>) -> Result<String> {
    let id = node.string()?;
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !(4..=32).contains(&id.len()) || !id.bytes().all(plain) || id.starts_with("gcp-") {
        return Err(node.error_at("must have 4 to 32 small letters, digits and `-`, and not begin with `gcp-`"));
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
