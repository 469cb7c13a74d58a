/**
 * Keys of an AWS role for the deployment's identity: no access key has to be stored anywhere.
 *
 * @module
 */

import { redact } from './exchange/access-token.js';
import { getCredential, validateOptions } from './exchange/client.js';
import { type SubjectOptions, splitOptions, subjectToken } from './exchange/subject-token.js';
import { variable } from './host/environment.js';

export type { SubjectOptions } from './exchange/subject-token.js';

/** Options of {@link awsCredentialsProvider}. Unknown members are refused. */
export interface AwsCredentialsOptions extends SubjectOptions {
  /** The role. Its trust policy must name the issuer, and should name the audience and the subject. */
  roleArn: string;
  /** What the session is called in AWS's logs. Default: `countersign`. */
  roleSessionName?: string;
  /** How many seconds the keys live, from 900 to what the role allows. Default: 3600. */
  durationSeconds?: number;
  /** A session policy: the keys may do what both it and the role allow. */
  policy?: string | object;
  /** ARNs of managed policies that narrow the session in the same way. */
  policyArns?: string[];
  /** The region whose endpoint is asked. Default: `AWS_REGION`, `AWS_DEFAULT_REGION`, else `us-east-1`. */
  region?: string;
  /** Another endpoint than the region's. */
  endpoint?: string;
  /** Exchange the token for one with this audience first. Default: the token as it is. */
  audience?: string;
}

/** Keys, as the AWS SDK wants them. Printing them, or making them JSON, shows no secret; copying them does not lose one. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
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
  const { audience, policy, region, ...rest } = wanted;
  const role = () => ({
    ...rest,
    policy: typeof policy === 'object' ? JSON.stringify(policy) : policy,
    region: region ?? (variable('AWS_REGION', subject.env) || variable('AWS_DEFAULT_REGION', subject.env) || undefined),
  });
  validateOptions('aws', role());
  return async ({ forceRefresh = host.forceRefresh } = {}) => {
    const { secretAccessKey, sessionToken, expiresAt, ...shown } = await getCredential<Keys>(
      'aws',
      role(),
      await subjectToken(subject, audience),
      { ...host, forceRefresh },
    );
    const visible = { ...shown, expiration: new Date(expiresAt * 1000) };
    // Not frozen: the SDK notes in it where it came from.
    return redact(visible, { secretAccessKey, sessionToken }, true) as AwsCredentials;
  };
}
