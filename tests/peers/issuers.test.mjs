// Tokens in the shape that real issuers document, under the verifiers of docs/your-issuer.md. The shapes are public; the keys, the
// names and the numbers are the tests' own.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { KEYS, publicJwk, signToken } from './keys.mjs';
import { importPackage } from './package-under-test.mjs';

const { countersign } = await importPackage('peers-issuers');

const NOW = 1_760_000_000;
const SIGNER = KEYS.rsa[0];

/** The options of the verifiers on the page, by heading, in the order of the blocks. */
const PAGE = new Map(
  (await readFile(new URL('../../docs/your-issuer.md', import.meta.url), 'utf8'))
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const blocks = [
        ...section.matchAll(
          /^```ts\nimport \{ createVerifier \} from 'countersign';\n\nexport (const verifier = createVerifier\(.*?\);)\n```$/gms,
        ),
      ];
      // The page's own code, with a `createVerifier` that returns its options.
      const options = blocks.map(([, code]) => new Function('createVerifier', `${code} return verifier;`)((given) => given));
      return [section.split('\n', 1)[0], options];
    }),
);

/**
 * Each issuer: where it publishes its keys, the header and claims as it sends them, its key as it is published, where its verifier
 * stands on the page, and what must be refused (changes to header and claims, with the claim that is blamed).
 */
const ISSUERS = {
  'GitHub Actions': {
    jwksUri: 'https://token.actions.githubusercontent.com/.well-known/jwks',
    header: { typ: 'JWT', x5t: 'Hy7vTq8Zp2Lr0sNwX4cB1dFgK9M', kid: 'CC413527-173F-4B5B-8B3C-0A5F5C1D2E3F' },
    claims: {
      jti: '5b8c1f0e-6a0e-4a8f-9b55-8f8f2e0c7a11',
      sub: 'repo:acme/site:ref:refs/heads/main',
      aud: 'https://api.acme.example',
      ref: 'refs/heads/main',
      sha: '0c4f1d2b3a49586770615243342516071829a0b1',
      repository: 'acme/site',
      repository_id: '700100200',
      repository_owner: 'acme',
      repository_owner_id: '900800',
      repository_visibility: 'private',
      actor: 'ada',
      actor_id: '4242',
      run_id: '8800112233',
      run_number: '17',
      run_attempt: '1',
      workflow: 'deploy',
      workflow_ref: 'acme/site/.github/workflows/deploy.yml@refs/heads/main',
      workflow_sha: '0c4f1d2b3a49586770615243342516071829a0b1',
      job_workflow_ref: 'acme/site/.github/workflows/deploy.yml@refs/heads/main',
      job_workflow_sha: '0c4f1d2b3a49586770615243342516071829a0b1',
      head_ref: '',
      base_ref: '',
      event_name: 'push',
      ref_protected: 'true',
      ref_type: 'branch',
      runner_environment: 'github-hosted',
      iss: 'https://token.actions.githubusercontent.com',
      nbf: NOW - 600,
      exp: NOW + 300,
      iat: NOW,
    },
    jwk: { alg: 'RS256', use: 'sig', x5t: 'Hy7vTq8Zp2Lr0sNwX4cB1dFgK9M', x5c: ['MIIC'] },
    on: { page: 'GitHub' },
    refused: {
      'a fork of the repository': [{ claims: { repository: 'mallory/site', repository_owner_id: '1' } }, 'repository_owner_id'],
      'another branch': [{ claims: { ref: 'refs/heads/attack' } }, 'ref'],
      'an audience for a cloud provider': [{ claims: { aud: 'sts.amazonaws.com' } }, 'aud'],
    },
  },
  'Google, ID token': {
    jwksUri: 'https://www.googleapis.com/oauth2/v3/certs',
    header: { kid: 'c8ab71530972bba20b49f78a09c9852c43ff9118', typ: 'JWT' },
    claims: {
      iss: 'https://accounts.google.com',
      azp: '10010010010-web.apps.googleusercontent.com',
      aud: '10010010010-web.apps.googleusercontent.com',
      sub: '110169484474386276334',
      hd: 'acme.example',
      email: 'ada@acme.example',
      email_verified: true,
      at_hash: 'HK6E_P6Dh8Y93mRNtsDB1Q',
      name: 'Ada Löwenherz 🦁',
      picture: 'https://lh3.googleusercontent.com/a/x=s96-c',
      given_name: 'Ada',
      iat: NOW,
      exp: NOW + 3600,
    },
    jwk: { alg: 'RS256', use: 'sig' },
    on: { page: 'Google' },
    refused: {
      "another app's token": [{ claims: { aud: '666-web.apps.googleusercontent.com' } }, 'aud'],
      'a private account': [{ claims: { hd: undefined } }, 'hd'],
      'an address that was not verified': [{ claims: { email_verified: false } }, 'email_verified'],
      'a Boolean in quotes': [{ claims: { email_verified: 'true' } }, 'email_verified'],
      'the issuer without its scheme': [{ claims: { iss: 'accounts.google.com' } }, 'iss'],
    },
  },
  'Microsoft Entra ID, v2.0 access token': {
    jwksUri: 'https://login.microsoftonline.com/72f988bf-86f1-41af-91ab-2d7cd011db47/discovery/v2.0/keys',
    header: { typ: 'JWT', kid: 'rPzTq3mYkX1vN8sWb2cDfGhJ4L0' },
    claims: {
      aud: '6e74172b-be56-4843-9ff4-e66a39bb12e3',
      iss: 'https://login.microsoftonline.com/72f988bf-86f1-41af-91ab-2d7cd011db47/v2.0',
      iat: NOW - 300,
      nbf: NOW - 300,
      exp: NOW + 3800,
      aio: 'AXQAi/8IAAAAtAaZLo3ChMif6KOnttRB7eBq4/DccQzjcJGxPYy/C3jDaNGxXdcNIp',
      azp: '6e74172b-be56-4843-9ff4-e66a39bb12e4',
      azpacr: '0',
      name: 'Ada Example',
      oid: '690222be-ff1a-4d56-abd1-7e4f7d38e474',
      preferred_username: 'ada@acme.example',
      rh: '0.ARoAv4j5cvGGr0GRqy180BHbR.',
      scp: 'access_as_user',
      sub: 'HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ',
      tid: '72f988bf-86f1-41af-91ab-2d7cd011db47',
      uti: 'fqiBqXLPj0eQa82S-IYFAA',
      ver: '2.0',
    },
    // Published without `alg`, and with a member of its own that names the tenant.
    jwk: { use: 'sig', x5t: 'rPzTq3mYkX1vN8sWb2cDfGhJ4L0', x5c: ['MIIC'], issuer: 'https://login.microsoftonline.com/{tenantid}/v2.0' },
    on: { page: 'Microsoft Entra ID' },
    refused: {
      'another tenant': [{ claims: { iss: 'https://login.microsoftonline.com/00000000-0000-0000-0000-000000000001/v2.0' } }, 'iss'],
      'a v1.0 token': [{ claims: { ver: '1.0' } }, 'ver'],
      'an app without the scope': [{ claims: { scp: undefined, roles: ['Admin'] } }, 'scp'],
    },
  },
  'Microsoft Entra ID, any tenant': {
    jwksUri: 'https://login.microsoftonline.com/common/discovery/v2.0/keys',
    header: { typ: 'JWT', kid: 'rPzTq3mYkX1vN8sWb2cDfGhJ4L0' },
    claims: {
      aud: '6e74172b-be56-4843-9ff4-e66a39bb12e3',
      iss: 'https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0',
      iat: NOW - 300,
      nbf: NOW - 300,
      exp: NOW + 3800,
      azp: '6e74172b-be56-4843-9ff4-e66a39bb12e4',
      oid: '690222be-ff1a-4d56-abd1-7e4f7d38e475',
      roles: ['Orders.Read', 'Orders.Write'],
      sub: '690222be-ff1a-4d56-abd1-7e4f7d38e475',
      tid: '9188040d-6c67-4c5b-b112-36a304b66dad',
      ver: '2.0',
    },
    jwk: { use: 'sig', issuer: 'https://login.microsoftonline.com/{tenantid}/v2.0' },
    on: { page: 'Microsoft Entra ID', block: 1 },
    refused: {
      "a third tenant's token": [
        {
          claims: {
            iss: 'https://login.microsoftonline.com/00000000-0000-0000-0000-000000000001/v2.0',
            tid: '00000000-0000-0000-0000-000000000001',
          },
        },
        'tid',
      ],
      'a tenant in `iss` and another in `tid`': [{ claims: { tid: '72f988bf-86f1-41af-91ab-2d7cd011db47' } }, 'iss'],
      'the template itself': [{ claims: { iss: 'https://login.microsoftonline.com/{tenantid}/v2.0' } }, 'iss'],
      'another host': [
        { claims: { iss: 'https://login.microsoftonline.com.evil.example/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0' } },
        'iss',
      ],
      'an app without the role': [{ claims: { roles: ['Orders.Write'] } }, 'roles'],
    },
  },
  'Auth0, access token': {
    jwksUri: 'https://acme.eu.auth0.com/.well-known/jwks.json',
    header: { typ: 'JWT', kid: 'NUZEMUVFMjBBN0Q4OEQ2QkMxODlGNzM2RDRDNkY3' },
    claims: {
      iss: 'https://acme.eu.auth0.com/',
      sub: 'auth0|6553da60a54af58e29493993',
      aud: ['https://api.acme.example', 'https://acme.eu.auth0.com/userinfo'],
      iat: NOW,
      exp: NOW + 86_400,
      scope: 'openid profile read:patients',
      azp: 'K1AUPhZq8mRi0Q0pjhkfu1D7y6KjDQja',
      permissions: ['read:patients'],
      'https://acme.example/roles': ['doctor'],
    },
    jwk: { alg: 'RS256', use: 'sig', x5t: 'x', x5c: ['MIIC'] },
    on: { page: 'Auth0' },
    refused: {
      'the issuer without its slash': [{ claims: { iss: 'https://acme.eu.auth0.com' } }, 'iss'],
      'a token for user information only': [{ claims: { aud: ['https://acme.eu.auth0.com/userinfo'] } }, 'aud'],
      'another client': [{ claims: { azp: 'mallory' } }, 'azp'],
    },
  },
  'Auth0, access token of RFC 9068': {
    jwksUri: 'https://acme.eu.auth0.com/.well-known/jwks.json',
    header: { typ: 'at+jwt', kid: 'NUZEMUVFMjBBN0Q4OEQ2QkMxODlGNzM2RDRDNkY3' },
    claims: {
      iss: 'https://acme.eu.auth0.com/',
      sub: 'awZfdIir8YFdGZWkvCejDoUb7SjTDicx@clients',
      aud: 'https://api.acme.example',
      iat: NOW,
      exp: NOW + 86_400,
      jti: '73WakrfVbNJBaAmhQtEeDv',
      client_id: 'awZfdIir8YFdGZWkvCejDoUb7SjTDicx',
    },
    jwk: { alg: 'RS256', use: 'sig' },
    on: { page: 'Auth0', block: 1 },
    refused: {
      'an ID token of the same issuer': [{ header: { typ: 'JWT' } }, 'typ'],
      'a token without `typ`': [{ header: { typ: undefined } }, 'typ'],
      'a token without `jti`': [{ claims: { jti: undefined } }, 'jti'],
    },
  },
  'Amazon Cognito, ID token': {
    jwksUri: 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_example/.well-known/jwks.json',
    header: { kid: 'qLZkT1cVb8mN3pXr5sYw7vA0dFgHjK2=' },
    claims: {
      sub: 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee',
      aud: '5q2examplerelyingparty',
      'cognito:groups': ['doctors'],
      'cognito:username': 'ada',
      email_verified: true,
      iss: 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_example',
      origin_jti: '66c0f0f1-0000-4000-8000-000000000001',
      event_id: '4d7a6f8e-0000-4000-8000-000000000002',
      jti: 'e1f1c6d2-0000-4000-8000-000000000003',
      token_use: 'id',
      auth_time: NOW - 10,
      exp: NOW + 3600,
      iat: NOW,
      email: 'ada@acme.example',
    },
    jwk: { alg: 'RS256', use: 'sig' },
    on: { page: 'Amazon Cognito' },
    refused: {
      'an access token': [{ claims: { aud: undefined, client_id: '5q2examplerelyingparty', token_use: 'access' } }, 'aud'],
      'another pool': [{ claims: { iss: 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_other' } }, 'iss'],
      'another app client': [{ claims: { aud: 'other' } }, 'aud'],
    },
  },
  'Amazon Cognito, access token': {
    jwksUri: 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_example/.well-known/jwks.json',
    header: { kid: 'wB0aZ1yX2cW3vV4uU5tT6sS7rR8qQ9p=' },
    claims: {
      sub: 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee',
      device_key: 'eu-central-1_b1a2',
      iss: 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_example',
      version: 2,
      client_id: '5q2examplerelyingparty',
      origin_jti: '66c0f0f1-0000-4000-8000-000000000001',
      event_id: '4d7a6f8e-0000-4000-8000-000000000002',
      token_use: 'access',
      scope: 'openid patients/read',
      auth_time: NOW - 10,
      exp: NOW + 3600,
      iat: NOW,
      jti: 'c3d4c6d2-0000-4000-8000-000000000004',
      username: 'ada',
    },
    jwk: { alg: 'RS256', use: 'sig' },
    on: { page: 'Amazon Cognito', block: 1 },
    refused: {
      'an ID token': [{ claims: { token_use: 'id', aud: '5q2examplerelyingparty', client_id: undefined } }, 'token_use'],
      'another app client': [{ claims: { client_id: 'other' } }, 'client_id'],
    },
  },
  'Apple, identity token': {
    jwksUri: 'https://appleid.apple.com/auth/keys',
    header: { kid: 'fh6Bs8C' },
    claims: {
      iss: 'https://appleid.apple.com',
      aud: 'example.acme.app',
      exp: NOW + 86_400,
      iat: NOW,
      sub: '001234.f7d0c0a1b2c3d4e5f60718293a4b5c6d.0815',
      nonce: 'n-0S6_WzA2Mj',
      c_hash: 'p9Vb1kGh2',
      email: 'x7y8z9@privaterelay.appleid.com',
      email_verified: 'true',
      is_private_email: 'true',
      auth_time: NOW,
      nonce_supported: true,
      real_user_status: 2,
    },
    jwk: { alg: 'RS256', use: 'sig' },
    on: { page: 'Apple' },
    refused: {
      'a nonce of another session': [{ claims: { nonce: 'other' } }, 'nonce'],
      "another app's token": [{ claims: { aud: 'example.mallory.app' } }, 'aud'],
      'an old token, though it lives for a day': [{ claims: { iat: NOW - 700 } }, 'iat', 'ERR_JWT_EXPIRED'],
    },
  },
  'GitLab CI, ID token': {
    jwksUri: 'https://gitlab.com/oauth/discovery/keys',
    header: { kid: '4i3sFE7sxqNPOT7FdvcGA1ZVGGI_r-tsDXnEuYT4ZqE', typ: 'JWT' },
    claims: {
      namespace_id: '72',
      namespace_path: 'acme',
      project_id: '20',
      project_path: 'acme/site',
      user_id: '1',
      user_login: 'ada',
      user_email: 'ada@acme.example',
      user_access_level: 'owner',
      user_identities: [{ provider: 'github', extern_uid: '2435223452345' }],
      pipeline_id: '574',
      pipeline_source: 'push',
      job_id: '302',
      ref: 'main',
      ref_type: 'branch',
      ref_path: 'refs/heads/main',
      ref_protected: 'true',
      environment: 'production',
      environment_protected: 'true',
      deployment_tier: 'production',
      groups_direct: ['acme', 'acme/platform'],
      runner_id: 1,
      runner_environment: 'gitlab-hosted',
      sha: '714a629c0b401fdce83e847fc9589983fc6f46bc',
      project_visibility: 'private',
      ci_config_ref_uri: 'gitlab.com/acme/site//.gitlab-ci.yml@refs/heads/main',
      ci_config_sha: '714a629c0b401fdce83e847fc9589983fc6f46bc',
      jti: '235b3a54-b797-45c7-ae9a-f72d7bc6ef5b',
      iss: 'https://gitlab.com',
      iat: NOW,
      nbf: NOW - 5,
      exp: NOW + 3600,
      sub: 'project_path:acme/site:ref_type:branch:ref:main',
      aud: 'https://vault.acme.example',
    },
    jwk: { alg: 'RS256', use: 'sig' },
    on: { page: 'GitLab' },
    refused: {
      'an unprotected branch': [{ claims: { ref_protected: 'false' } }, 'ref_protected'],
      'another project': [{ claims: { sub: 'project_path:mallory/site:ref_type:branch:ref:main', project_id: '66' } }, 'sub'],
      'a job without an environment': [{ claims: { environment: undefined } }, 'environment'],
    },
  },
  'Firebase, ID token': {
    jwksUri: 'https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com',
    header: { kid: 'a1b2c3d4e5f60718293a4b5c6d7e8f9001122334', typ: 'JWT' },
    claims: {
      iss: 'https://securetoken.google.com/acme-site',
      aud: 'acme-site',
      auth_time: NOW - 30,
      user_id: 'Q2VydGFpbmx5Tm90UmVhbA',
      sub: 'Q2VydGFpbmx5Tm90UmVhbA',
      iat: NOW,
      exp: NOW + 3600,
      email: 'ada@acme.example',
      email_verified: true,
      firebase: { identities: { email: ['ada@acme.example'] }, sign_in_provider: 'password' },
    },
    jwk: { alg: 'RS256', use: 'sig' },
    on: { page: 'Firebase' },
    refused: {
      'a token of another project': [{ claims: { iss: 'https://securetoken.google.com/mallory', aud: 'mallory' } }, 'iss'],
      'a token for another project': [{ claims: { aud: 'mallory' } }, 'aud'],
      'a token without a user': [{ claims: { sub: undefined } }, 'sub'],
    },
  },
  'Okta, access token of a custom authorization server': {
    jwksUri: 'https://acme.okta.com/oauth2/default/v1/keys',
    header: { kid: 'rQ7yB1zX0wVnT3sLk9mPjH2gFdC4aE6u' },
    claims: {
      ver: 1,
      jti: 'AT.0mP-4JBZyGGcmEuEkJKyPQTS_ShIT3yZ',
      iss: 'https://acme.okta.com/oauth2/default',
      aud: 'api://default',
      iat: NOW,
      exp: NOW + 3600,
      cid: '0oa1b2c3d4exampleApp',
      uid: '00u1b2c3d4exampleUser',
      scp: ['openid', 'orders.read'],
      auth_time: NOW - 60,
      sub: 'ada@acme.example',
      groups: ['Everyone', 'doctors'],
    },
    jwk: { alg: 'RS256', use: 'sig' },
    on: { page: 'Okta' },
    refused: {
      "a token of the organisation's own server": [{ claims: { iss: 'https://acme.okta.com', aud: 'https://acme.okta.com' } }, 'iss'],
      'a token for another API': [{ claims: { aud: 'api://other' } }, 'aud'],
      "another app's token": [{ claims: { cid: '0oaMallory' } }, 'cid'],
      'a token without the scope': [{ claims: { scp: ['openid'] } }, 'scp'],
      'scopes in one string': [{ claims: { scp: 'openid orders.read' } }, 'scp'],
      'a user of other groups': [{ claims: { groups: ['Everyone'] } }, 'groups'],
    },
  },
  'Keycloak, access token': {
    jwksUri: 'https://sso.acme.example/realms/acme/protocol/openid-connect/certs',
    header: { typ: 'JWT', kid: 'FJ86GcF3jTbNLOco4NvZkUCIUmfYCqoqtOQeMfbhNlE' },
    claims: {
      exp: NOW + 300,
      iat: NOW,
      auth_time: NOW - 5,
      jti: 'onrtac:7a1c3a4e-0000-4000-8000-000000000001',
      iss: 'https://sso.acme.example/realms/acme',
      aud: ['site-api', 'account'],
      sub: 'f1c4f64e-0000-4000-8000-000000000002',
      typ: 'Bearer',
      azp: 'site-web',
      sid: '4c0a3a8a-0000-4000-8000-000000000003',
      acr: '1',
      'allowed-origins': ['https://acme.example'],
      realm_access: { roles: ['default-roles-acme', 'doctor'] },
      resource_access: { account: { roles: ['view-profile'] } },
      scope: 'openid profile email',
      email_verified: true,
      preferred_username: 'ada',
    },
    jwk: { alg: 'RS256', use: 'sig', x5c: ['MIIC'], x5t: 'x' },
    on: { page: 'Keycloak' },
    refused: {
      'another realm': [{ claims: { iss: 'https://sso.acme.example/realms/other' } }, 'iss'],
      'a client without an audience mapper': [{ claims: { aud: 'account' } }, 'aud'],
      'an ID token': [{ claims: { typ: 'ID' } }, 'typ'],
      'another client': [{ claims: { azp: 'mallory' } }, 'azp'],
      'a user without the role': [{ claims: { realm_access: { roles: ['default-roles-acme'] } } }, 'realm_access.roles'],
      'a claim that is named like the path to the roles': [{ claims: { 'realm_access.roles': ['doctor'] } }, 'realm_access.roles'],
    },
  },
  'Kubernetes, projected service account token': {
    jwksUri: 'https://oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLE0123456789/keys',
    header: { kid: '3c8e1f0d2b4a6978f0e1d2c3b4a5968778695a4b' },
    claims: {
      aud: ['https://api.acme.example'],
      exp: NOW + 3607,
      iat: NOW,
      iss: 'https://oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLE0123456789',
      jti: '0d1e2f3a-0000-4000-8000-000000000004',
      'kubernetes.io': {
        namespace: 'shop',
        node: { name: 'node-1', uid: '1b2c3d4e-0000-4000-8000-000000000005' },
        pod: { name: 'checkout-7d4b9c', uid: '900f80ed-0000-4000-8000-000000000006' },
        serviceaccount: { name: 'checkout', uid: 'a709ef71-0000-4000-8000-000000000007' },
        warnafter: NOW + 3007,
      },
      nbf: NOW,
      sub: 'system:serviceaccount:shop:checkout',
    },
    jwk: { alg: 'RS256', use: 'sig' },
    on: { page: 'Kubernetes' },
    refused: {
      "the token for the cluster's own API": [{ claims: { aud: ['https://kubernetes.default.svc'] } }, 'aud'],
      'another namespace': [{ claims: { sub: 'system:serviceaccount:default:checkout' } }, 'sub'],
      'a token that is bound to no pod': [
        { claims: { 'kubernetes.io': { namespace: 'shop', serviceaccount: { name: 'checkout' } } } },
        'kubernetes.io.pod.name',
      ],
      "another namespace's account of the same name": [
        { claims: { 'kubernetes.io': { namespace: 'evil', pod: { name: 'x' } } } },
        'kubernetes.io.namespace',
      ],
      'another cluster': [{ claims: { iss: 'https://oidc.eks.eu-central-1.amazonaws.com/id/OTHER' } }, 'iss'],
    },
  },
  'Clerk, session token': {
    jwksUri: 'https://clerk.acme.example/.well-known/jwks.json',
    header: { cat: 'cl_B7d4PD111AAA', kid: 'ins_2exampleInstance', typ: 'JWT' },
    claims: {
      azp: 'https://acme.example',
      exp: NOW + 60,
      fva: [7, -1],
      iat: NOW,
      iss: 'https://clerk.acme.example',
      jti: '1f2e3d4c5b6a79880796',
      nbf: NOW - 10,
      sid: 'sess_2exampleSession',
      sts: 'active',
      sub: 'user_2exampleUser',
      v: 2,
    },
    jwk: { alg: 'RS256', use: 'sig' },
    on: { page: 'Clerk' },
    refused: {
      'a token that another page requested': [{ claims: { azp: 'https://mallory.example' } }, 'azp'],
      'a token without an origin': [{ claims: { azp: undefined } }, 'azp'],
      'another instance': [{ claims: { iss: 'https://name.clerk.accounts.dev' } }, 'iss'],
    },
  },
  'Supabase, access token': {
    jwksUri: 'https://abcdefghijklmnopqrst.supabase.co/auth/v1/.well-known/jwks.json',
    alg: 'ES256',
    header: { kid: 'b2c3d4e5-0000-4000-8000-000000000008', typ: 'JWT' },
    claims: {
      iss: 'https://abcdefghijklmnopqrst.supabase.co/auth/v1',
      sub: '123e4567-0000-4000-8000-000000000009',
      aud: 'authenticated',
      exp: NOW + 3600,
      iat: NOW,
      email: 'ada@acme.example',
      phone: '',
      app_metadata: { provider: 'email', providers: ['email'] },
      user_metadata: { name: 'Ada' },
      role: 'authenticated',
      aal: 'aal1',
      amr: [{ method: 'password', timestamp: NOW - 10 }],
      session_id: '4b938a09-0000-4000-8000-000000000010',
      is_anonymous: false,
    },
    jwk: { alg: 'ES256', use: 'sig', key_ops: ['verify'], ext: true },
    on: { page: 'Supabase' },
    refused: {
      "another project's user": [{ claims: { iss: 'https://mallory.supabase.co/auth/v1' } }, 'iss'],
      'the anonymous key': [{ claims: { aud: 'anon', role: 'anon' } }, 'aud'],
      'another role': [{ claims: { role: 'service_role' } }, 'role'],
      'an anonymous user': [{ claims: { is_anonymous: true } }, 'is_anonymous'],
    },
  },
};

const vercel = (iss) => ({
  jwksUri: `${iss}/.well-known/jwks`,
  header: { typ: 'JWT', kid: 'mrk-4302ec1b670f48a98ad61dade4a23be7' },
  claims: {
    iss,
    aud: 'https://vercel.com/acme',
    sub: 'owner:acme:project:acme_website:environment:production',
    scope: 'owner:acme:project:acme_website:environment:production',
    owner: 'acme',
    owner_id: 'team_7Gw5ZMzpQA8h90F832KGp7nwbuh3',
    project: 'acme_website',
    project_id: 'prj_7Gw5ZMBpQA8h9GF832KGp7nwbuh3',
    environment: 'production',
    plan: 'enterprise',
    nbf: NOW,
    iat: NOW,
    exp: NOW + 3600,
  },
  jwk: { alg: 'RS256', use: 'sig' },
  create: (options) => countersign.createVercelVerifier(options),
  refused: {
    "another team's project": [
      { claims: { owner: 'evil', owner_id: 'team_evil', sub: 'owner:evil:project:acme_website:environment:production' } },
      'owner',
    ],
    'another project': [{ claims: { project_id: 'prj_other' } }, 'project_id'],
    'a preview deployment': [{ claims: { environment: 'preview' } }, 'environment'],
    'a subject that says something else': [{ claims: { sub: 'owner:acme:project:acme_website:environment:preview' } }, 'sub'],
  },
});

ISSUERS['Vercel, issuer of the team'] = {
  ...vercel('https://oidc.vercel.com/acme'),
  options: { team: 'acme', projectId: 'prj_7Gw5ZMBpQA8h9GF832KGp7nwbuh3', environment: 'production' },
};
ISSUERS['Vercel, global issuer'] = {
  ...vercel('https://oidc.vercel.com'),
  options: {
    team: 'acme',
    issuerMode: 'global',
    ownerId: 'team_7Gw5ZMzpQA8h90F832KGp7nwbuh3',
    projectId: 'prj_7Gw5ZMBpQA8h9GF832KGp7nwbuh3',
    environment: ['production', 'staging'],
  },
};

test('Google once wrote its issuer without the scheme: both names can be trusted, with the keys from one URL', async () => {
  const { header, claims, jwk, jwksUri } = ISSUERS['Google, ID token'];
  const [options] = PAGE.get('Google');
  const fetch = async (url) => (assert.equal(url, jwksUri), Response.json({ keys: [publicJwk(SIGNER, { kid: header.kid, ...jwk })] }));
  const verifier = countersign.createVerifier({
    ...options,
    issuer: ['https://accounts.google.com', 'accounts.google.com'],
    jwks: jwksUri,
    fetch,
  });
  for (const iss of ['https://accounts.google.com', 'accounts.google.com']) {
    const verified = await verifier.verify(signToken('RS256', SIGNER, header, { ...claims, iss }), { now: NOW + 1 });
    assert.equal(verified.claims.iss, iss);
  }
});

test('every verifier of docs/your-issuer.md has a token of its shape here', () => {
  const used = Object.values(ISSUERS).flatMap(({ on }) => (on ? [`${on.page} ${on.block ?? 0}`] : []));
  const written = [...PAGE].flatMap(([heading, blocks]) => blocks.map((_, block) => `${heading} ${block}`));
  assert.ok(
    [...PAGE.values()].every((blocks) => blocks.length > 0),
    'a section has no verifier',
  );
  assert.deepEqual(used.sort(), written.sort());
});

for (const [name, issuer] of Object.entries(ISSUERS)) {
  const { jwksUri, header, claims, jwk, on, alg = 'RS256', refused, create = (options) => countersign.createVerifier(options) } = issuer;
  const options = on ? PAGE.get(on.page)?.[on.block ?? 0] : issuer.options;
  assert.ok(options, `docs/your-issuer.md has no verifier for ${name}`);
  const kind = { RS256: 'rsa', ES256: 'P-256' }[alg];
  const [signer, forger] = KEYS[kind];
  const mint = (changes = {}) => signToken(alg, signer, { ...header, ...changes.header }, { ...claims, ...changes.claims });
  // Real sets hold several keys; the other one here is the kind of another algorithm.
  const [other] = KEYS[kind === 'rsa' ? 'P-256' : 'rsa'];
  const jwks = { keys: [publicJwk(other, { kid: 'other', use: 'sig' }), publicJwk(signer, { kid: header.kid, ...jwk })] };
  const verifier = create({ ...options, jwks });
  const blame = (token, code, claim) =>
    assert.throws(
      () => verifier.verifySync(token, { now: NOW + 1 }),
      (error) => error.code === code && error.claim === claim,
      `wanted ${code} for ${claim}`,
    );

  describe(name, () => {
    test('is accepted, and the claims come through unchanged', () => {
      const verified = verifier.verifySync(mint(), { now: NOW + 1 });
      assert.deepEqual(verified.claims, claims);
      assert.deepEqual(verified.header, { alg, ...header });
    });
    test('is accepted with the keys from where the issuer publishes them', async () => {
      const served = {
        [`${claims.iss.replace(/\/$/, '')}/.well-known/openid-configuration`]: { issuer: claims.iss, jwks_uri: jwksUri },
        [jwksUri]: jwks,
      };
      const fetch = async (url) => Response.json(served[url] ?? assert.fail(`asked for ${url}`));
      assert.deepEqual((await create({ ...options, fetch }).verify(mint(), { now: NOW + 1 })).claims, claims);
    });
    for (const [what, [changes, claim, code = 'ERR_JWT_CLAIM_VALIDATION_FAILED']] of Object.entries(refused)) {
      test(`${what} is refused`, () => blame(mint(changes), code, claim));
    }
    test('an expired one is refused', () => blame(mint({ claims: { exp: NOW - 60 } }), 'ERR_JWT_EXPIRED', 'exp'));
    test('a token that another issuer signed is refused', () => {
      const forged = signToken(alg, forger, header, claims);
      blame(forged, 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED', undefined);
    });
  });
}
