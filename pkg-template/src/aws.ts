/**
 * Keys of an AWS role for the deployment's identity: no access key has to be stored anywhere.
 *
 * @module
 */

import { CountersignError, invalidOption } from './core/errors.js';
import { ownMember, plainData, plainJson } from './core/options.js';
import type { AwsOptions } from './credentials_bg.js';
import { redact } from './core/redact.js';
import { Exchange } from './exchange/client.js';
import { type SubjectOptions, splitOptions, subjectToken } from './exchange/subject-token.js';
import { variable } from './host/environment.js';

export type { SubjectOptions } from './exchange/subject-token.js';

/** Options of {@link awsCredentialsProvider}. Unknown members are refused. */
export interface AwsCredentialsOptions extends SubjectOptions, Omit<AwsOptions, 'policy' | 'policyArns'> {
  /** A session policy, as JSON or an object: the keys may do what both it and the role allow. */
  policy?: string | object;
  /** ARNs of managed policies that narrow the session in the same way; also as `{ arn }`, the AWS SDK's form. */
  policyArns?: string | readonly (string | { readonly arn: string })[];
  /** Exchange the token for one with this audience first. Default: the token as it is. */
  audience?: string;
}

/** Keys, as the AWS SDK wants them. Printing them, or making them JSON, shows no secret. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  /** Not an own member: a copy of the object, as in `{ ...keys }`, does not have it. */
  readonly secretAccessKey: string;
  /** Not an own member either. */
  readonly sessionToken: string;
  readonly accountId?: string;
  readonly expiration: Date;
}

/** The type of `credentials` in the clients of the AWS SDK for JavaScript 3. */
export type AwsCredentialsProvider = (properties?: { forceRefresh?: boolean }) => Promise<AwsCredentials>;

interface Keys extends Omit<AwsCredentials, 'expiration'> {
  expiresAt: number;
}

/**
 * Makes the `credentials` of an AWS SDK client.
 *
 * Nothing is asked for yet, so it can be made at module level. The keys are kept for the token they were given for, and
 * renewed before they expire. Throws `ERR_INVALID_OPTION`; the provider rejects with `ERR_EXCHANGE_…`, or as `getBearerToken`
 * does where there is no token. That error has `tryNextLink` where no source is configured, so `createCredentialChain` of the
 * AWS SDK goes on; a source that is broken ends the chain.
 */
export function awsCredentialsProvider(options: AwsCredentialsOptions): AwsCredentialsProvider {
  const { wanted, subject, host } = splitOptions(options);
  const foreign = Object.keys(wanted).find((name) => Object.hasOwn(NEIGHBOURS, name));
  if (foreign !== undefined) throw invalidOption(foreign, NEIGHBOURS[foreign] as string);
  const { audience, policy, policyArns, region = environmentRegion(subject.env), ...rest } = wanted;
  const role = {
    ...rest,
    ...(policyArns !== undefined && { policyArns: Array.isArray(policyArns) ? policyArns.map(arnOf) : policyArns }),
    ...(policy !== undefined && { policy: typeof policy === 'object' && policy !== null ? plainJson(policy, 'policy') : policy }),
    ...(region !== undefined && { region }),
  };
  const plain = plainData(role) as AwsOptions;
  const exchange = new Exchange('aws', (wasm) => wasm.create_aws_exchange(plain));
  return async (properties) => {
    const forceRefresh = ownMember(properties, 'forceRefresh') === undefined ? host.forceRefresh : properties?.forceRefresh;
    const token = await subjectToken(subject, audience).catch(rethrowForChain);
    const { secretAccessKey, sessionToken, expiresAt, ...shown } = await exchange.get<Keys>(token, { ...host, forceRefresh });
    const visible = { ...shown, expiration: new Date(expiresAt * 1000) };
    // Not frozen: the SDK notes in it where it came from.
    return redact(visible, { secretAccessKey, sessionToken }) as AwsCredentials;
  };
}

/** Options of `@vercel/oidc-aws-credentials-provider` that have another form here, with what to write. */
const NEIGHBOURS: Record<string, string> = {
  clientConfig: 'is not an option here; pass its `region` or `endpoint` directly',
  clientPlugins: 'is not an option here: no AWS SDK is loaded; `fetch` carries the request out',
  jti: 'is not an option here; pass a function as `token` that calls `exchangeAudience({ audience, jti })`',
  providerId: 'is for OAuth 2.0 providers, and an OIDC token needs none; leave it out',
  roleAssumerWithWebIdentity: 'is not an option here; `fetch` carries the request out',
  skipTokenCache: 'is not an option here; use `forceRefresh`',
};

/** The ARN of a policy, also where it is an object of the AWS SDK. */
const arnOf = (policy: unknown): unknown => {
  const arn = ownMember(policy, 'arn');
  return arn !== undefined && Object.keys(policy as object).length === 1 ? arn : policy;
};

/** Lets a credential chain of the AWS SDK go on to its next provider where no source of this one is configured. */
function rethrowForChain(thrown: unknown): never {
  if (thrown instanceof CountersignError && thrown.code === 'ERR_CREDENTIALS_NOT_FOUND') {
    Object.defineProperty(thrown, 'tryNextLink', { value: true });
  }
  throw thrown;
}

/** The region that AWS's own SDK would take from the environment. */
const environmentRegion = (env: SubjectOptions['env']): string | undefined =>
  variable('AWS_REGION', env) || variable('AWS_DEFAULT_REGION', env) || undefined;
