//! Microsoft Entra: one federated credential for each subject, on an application.

use serde::Deserialize;
use serde_json::{Value, json};

use super::quote::{hcl, json as pretty, sh, ts};
use super::{GeneratedPolicy, PolicyOutput, Trust};
use crate::error::{Error, Result};

/// How many credentials an application may have.
const MAX_CREDENTIALS: usize = 20;

/// One federated credential.
struct Credential<'a> {
    name: String,
    subject: &'a str,
}

/// An application of Microsoft Entra, which gets federated credentials.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct AzureApplication {
    /// The application's client id.
    pub app_id: String,
}

/// Generates the federated credentials.
///
/// # Errors
/// `ERR_INVALID_OPTION` where `appId` is not an application's id, or where there are more subjects than an application may
/// have.
pub fn generate(trust: &Trust, AzureApplication { app_id: app }: &AzureApplication) -> Result<GeneratedPolicy> {
    let group = |group: &str, length| group.len() == length && group.bytes().all(|byte| byte.is_ascii_hexdigit());
    let groups: Vec<&str> = app.split('-').collect();
    if groups.len() != 5 || !groups.iter().zip([8, 4, 4, 4, 12]).all(|(text, length)| group(text, length)) {
        let problem = "must be the client id of an application, as in `00000000-0000-0000-0000-000000000000`";
        return Err(Error::option("appId", problem));
    }
    if trust.subjects.len() > MAX_CREDENTIALS {
        let problem = "and `environment` make more than 20 subjects, and an application may have no more credentials";
        return Err(Error::option("project", problem));
    }
    let credentials: Vec<Credential<'_>> = trust.subjects.iter().map(|subject| credential(trust, subject)).collect();
    let bodies: Vec<Value> = credentials.iter().map(|credential| body(trust, credential)).collect();
    let policy = json!(bodies);
    let outputs = vec![
        PolicyOutput::new("json", pretty(&policy) + "\n"),
        PolicyOutput::new("terraform", terraform(trust, app, &credentials)),
        PolicyOutput::new("pulumi", pulumi(trust, app, &credentials)),
        PolicyOutput::new("cli", bodies.iter().map(|body| cli(app, body)).collect::<Vec<_>>().join("\n")),
    ];
    Ok(GeneratedPolicy { kind: "azure", policy, outputs })
}

fn credential<'a>(trust: &Trust, subject: &'a str) -> Credential<'a> {
    // At most 120 letters, digits, `-` and `_`. Where one of them was changed for that, two could clash: a number
    // tells them apart.
    let plain = trust.name_of(subject);
    let number = trust.subjects.iter().position(|other| other == subject).unwrap_or_default();
    let name = plain.replace('.', "-");
    let name = if name.len() > 100 || name != plain { format!("{:.100}-{number}", name) } else { name };
    Credential { name, subject }
}

fn body(trust: &Trust, credential: &Credential<'_>) -> Value {
    json!({
        "name": credential.name,
        "issuer": trust.issuer,
        "subject": credential.subject,
        "audiences": [trust.audience],
    })
}

fn terraform(trust: &Trust, app: &str, credentials: &[Credential<'_>]) -> String {
    let subjects: String =
        credentials.iter().map(|one| format!("    {} = {}\n", hcl(&one.name), hcl(one.subject))).collect();
    format!(
        r#"data "azuread_application" "app" {{
  client_id = {app}
}}

resource "azuread_application_federated_identity_credential" "credential" {{
  for_each = {{
{subjects}  }}
  application_id = data.azuread_application.app.id
  display_name   = each.key
  issuer         = {issuer}
  subject        = each.value
  audiences      = [{audience}]
}}
"#,
        app = hcl(app),
        issuer = hcl(&trust.issuer),
        audience = hcl(&trust.audience),
    )
}

fn pulumi(trust: &Trust, app: &str, credentials: &[Credential<'_>]) -> String {
    let mut text = format!(
        "import * as azuread from '@pulumi/azuread';\n\nconst app = azuread.getApplicationOutput({{ clientId: {} }});\n",
        ts(app)
    );
    for Credential { name, subject } in credentials {
        text += &format!(
            r"
new azuread.ApplicationFederatedIdentityCredential({name}, {{
  applicationId: app.id,
  displayName: {name},
  issuer: {issuer},
  subject: {subject},
  audiences: [{audience}],
}});
",
            name = ts(name),
            issuer = ts(&trust.issuer),
            subject = ts(subject),
            audience = ts(&trust.audience),
        );
    }
    text
}

fn cli(app: &str, body: &Value) -> String {
    format!("az ad app federated-credential create \\\n  --id {} \\\n  --parameters {}\n", sh(app), sh(&pretty(body)))
}
