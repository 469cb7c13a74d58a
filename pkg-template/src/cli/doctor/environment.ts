// Environment variables that are set and broken, or that fight each other.

import { access, constants } from 'node:fs/promises';

import { reasonOf } from '../input.js';
import type { Check } from './check.js';

type Env = Record<string, string | undefined>;

/** Looks at the environment, and says what is wrong if something is. */
type Rule = (env: Env) => Check | undefined | Promise<Check | undefined>;

export async function examineEnvironment(env: Env): Promise<Check[]> {
  const found = await Promise.all(RULES.map((rule) => rule(env)));
  const checks = found.filter((check) => check !== undefined);
  return checks.length > 0 ? checks : [{ state: 'ok', name: 'variables', message: 'none is broken, none fights another' }];
}

const isSet = (env: Env, name: string): boolean => (env[name] ?? '').trim() !== '';
const warning = (name: string, message: string, remedy: string): Check => ({ state: 'warning', name, message, remedy });
const failed = (name: string, message: string, remedy: string): Check => ({ state: 'failed', name, message, remedy });

const looksLikeToken = (value: string): boolean => /^[\w-]+\.[\w-]+\.[\w-]*$/.test(value.trim());

/** A variable that names a file which cannot be read. */
const readable =
  (name: string, remedy: string): Rule =>
  async (env) => {
    const path = env[name];
    if (path === undefined || path.trim() === '') return undefined;
    try {
      await access(path, constants.R_OK);
      return undefined;
    } catch (error) {
      return failed(name, `names a file that cannot be read: ${reasonOf(error)}`, remedy);
    }
  };

const RULES: Rule[] = [
  (env) =>
    isSet(env, 'AI_GATEWAY_API_KEY') && (isSet(env, 'VERCEL_OIDC_TOKEN') || isSet(env, 'VERCEL_OIDC_TOKEN_FILE'))
      ? warning(
          'AI_GATEWAY_API_KEY',
          'is set beside an OIDC token: the key is sent, and the token never is',
          'unset the key to use the deployment’s own identity',
        )
      : undefined,
  (env) =>
    env['AI_GATEWAY_API_KEY'] !== undefined && !isSet(env, 'AI_GATEWAY_API_KEY')
      ? warning('AI_GATEWAY_API_KEY', 'is set and blank: it counts as not set', 'unset it, or give it its value')
      : undefined,
  (env) =>
    looksLikeToken(env['AI_GATEWAY_API_KEY'] ?? '')
      ? warning(
          'AI_GATEWAY_API_KEY',
          'holds a token and not a key: it is sent as it is, also after it has expired',
          'put a token into `VERCEL_OIDC_TOKEN`',
        )
      : undefined,
  (env) =>
    isSet(env, 'VERCEL_OIDC_TOKEN') && isSet(env, 'VERCEL_OIDC_TOKEN_FILE')
      ? warning(
          'VERCEL_OIDC_TOKEN_FILE',
          'is set beside `VERCEL_OIDC_TOKEN`: two identities, of which the file’s comes first',
          'unset the one that is not meant',
        )
      : undefined,
  readable('VERCEL_OIDC_TOKEN_FILE', 'name the file that holds the token, or unset it'),
  (env) =>
    isSet(env, 'VERCEL_TOKEN') && isSet(env, 'VERCEL_TEAM_ID') !== isSet(env, 'VERCEL_PROJECT_ID')
      ? warning(
          'VERCEL_TOKEN',
          'goes with `VERCEL_TEAM_ID` and `VERCEL_PROJECT_ID`, and one of them is missing',
          'set all three, or none: Vercel’s Sandbox refuses an incomplete set',
        )
      : undefined,

  (env) =>
    isSet(env, 'AWS_ROLE_ARN') && !isSet(env, 'AWS_REGION') && !isSet(env, 'AWS_DEFAULT_REGION')
      ? warning('AWS_ROLE_ARN', 'is set without `AWS_REGION`: the AWS SDK asks for a region', 'set `AWS_REGION`')
      : undefined,
  ({ AWS_ROLE_ARN: arn = '' }) =>
    arn.trim() !== '' && !/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/.test(arn)
      ? failed('AWS_ROLE_ARN', 'is no ARN of a role', 'it is written `arn:aws:iam::<12 digits>:role/<name>`')
      : undefined,
  (env) =>
    isSet(env, 'AWS_ROLE_ARN') && isSet(env, 'AWS_ACCESS_KEY_ID')
      ? warning(
          'AWS_ACCESS_KEY_ID',
          'is set beside `AWS_ROLE_ARN`: the AWS SDK’s own chain takes the keys, and not the role',
          'unset the keys, or pass `awsCredentialsProvider` to each client',
        )
      : undefined,
  (env) =>
    isSet(env, 'AWS_ACCESS_KEY_ID') !== isSet(env, 'AWS_SECRET_ACCESS_KEY')
      ? failed('AWS_ACCESS_KEY_ID', 'and `AWS_SECRET_ACCESS_KEY` go together, and one is missing', 'set both, or none')
      : undefined,
  readable('AWS_WEB_IDENTITY_TOKEN_FILE', 'name the file that holds the token, or unset it'),

  readable('GOOGLE_APPLICATION_CREDENTIALS', 'name the file with the credentials, or unset it'),
  (env) =>
    isSet(env, 'AZURE_CLIENT_ID') !== isSet(env, 'AZURE_TENANT_ID')
      ? warning('AZURE_CLIENT_ID', 'and `AZURE_TENANT_ID` go together, and one is missing', 'set both, or none')
      : undefined,
  (env) =>
    isSet(env, 'AZURE_CLIENT_SECRET') && isSet(env, 'AZURE_FEDERATED_TOKEN_FILE')
      ? warning(
          'AZURE_CLIENT_SECRET',
          'is set beside `AZURE_FEDERATED_TOKEN_FILE`: the secret is used, and not the identity',
          'unset the secret',
        )
      : undefined,
  readable('AZURE_FEDERATED_TOKEN_FILE', 'name the file that holds the token, or unset it'),

  ({ NODE_TLS_REJECT_UNAUTHORIZED: reject }) =>
    reject === '0'
      ? failed(
          'NODE_TLS_REJECT_UNAUTHORIZED',
          'is 0: whoever sits in between can hand out keys of their own',
          'unset it; `NODE_EXTRA_CA_CERTS` adds an authority',
        )
      : undefined,
  readable('NODE_EXTRA_CA_CERTS', 'name the file with the certificates, or unset it'),
  (env) => {
    const proxy = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'].find((name) => isSet(env, name));
    if (proxy === undefined || isSet(env, 'NODE_USE_ENV_PROXY')) return undefined;
    return warning(
      proxy,
      'is set, and Node.js does not use it for `fetch` unless told',
      'set `NODE_USE_ENV_PROXY=1` with Node.js 24, or pass a `fetch` of your own',
    );
  },
];
