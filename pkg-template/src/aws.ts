/**
 * Keys of an AWS role for the deployment's identity: no access key has to be stored anywhere.
 *
 * @module
 */

import { ownMember, plainData, plainJson } from './core/options.js';
import type { AwsOptions } from './credentials_bg.js';
import { redact } from './core/redact.js';
import { Exchange } from './exchange/client.js';
import { type SubjectOptions, splitOptions, subjectToken } from './exchange/subject-token.js';
import { variable } from './host/environment.js';

export type { SubjectOptions } from './exchange/subject-token.js';

/** Options of {@link awsCredentialsProvider}. Unknown members are refused. */
export interface AwsCredentialsOptions extends SubjectOptions, Omit<AwsOptions, 'policy'> {
  /** A session policy, as JSON or an object: the keys may do what both it and the role allow. */
  policy?: string | object;
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

/** What the clients of the AWS SDK for JavaScript 3 take as `credentials`. */
export type AwsCredentialsProvider = (properties?: { forceRefresh?: boolean }) => Promise<AwsCredentials>;

interface Keys extends Omit<AwsCredentials, 'expiration'> {
  expiresAt: number;
}

/**
 * Makes the `credentials` of an AWS SDK client.
 *
 * Nothing is asked for yet, so it can be made at module level. The keys are kept for the token they were given for, and
 * renewed before they expire. Throws `ERR_INVALID_OPTION`; the provider rejects with `ERR_EXCHANGE_…`, or as `getBearerToken`
 * does where there is no token.
 */
export function awsCredentialsProvider(options: AwsCredentialsOptions): AwsCredentialsProvider {
  const { wanted, subject, host } = splitOptions(options);
  const { audience, policy, region = environmentRegion(subject.env), ...rest } = wanted;
  const role = {
    ...rest,
    ...(policy !== undefined && { policy: typeof policy === 'object' && policy !== null ? plainJson(policy, 'policy') : policy }),
    ...(region !== undefined && { region }),
  };
  const plain = plainData(role) as AwsOptions;
  const exchange = new Exchange((wasm) => wasm.create_aws_exchange(plain));
  return async (properties) => {
    const forceRefresh = ownMember(properties, 'forceRefresh') === undefined ? host.forceRefresh : properties?.forceRefresh;
    const token = await subjectToken(subject, audience);
    const { secretAccessKey, sessionToken, expiresAt, ...shown } = await exchange.get<Keys>(token, { ...host, forceRefresh });
    const visible = { ...shown, expiration: new Date(expiresAt * 1000) };
    // Not frozen: the SDK notes in it where it came from.
    return redact(visible, { secretAccessKey, sessionToken }) as AwsCredentials;
  };
}

/** The region that AWS's own SDK would take from the environment. */
const environmentRegion = (env: SubjectOptions['env']): string | undefined =>
  variable('AWS_REGION', env) || variable('AWS_DEFAULT_REGION', env) || undefined;
