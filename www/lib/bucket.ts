import { S3Client } from '@aws-sdk/client-s3';
import { awsCredentialsProvider } from 'countersign/aws';
import { isTrustworthy } from './trust';
import type { Problem } from './verifier';

/** The bucket that www/infra has set up, and a client that may write to it. */
export interface Bucket {
  client: S3Client;
  name: string;
}

type Setup = { bucket: Bucket; problems?: never } | { bucket?: never; problems: Problem[] };

let made: Setup | undefined;

/** The bucket, from the variables that www/infra sets, or what is wrong with them. */
export function bucket(): Setup {
  return (made ??= fromEnvironment());
}

function fromEnvironment(): Setup {
  const { AWS_ROLE_ARN, AWS_REGION, S3_BUCKET_NAME, VERCEL_ENV, COUNTERSIGN_AWS_ENDPOINT: endpoint } = process.env;
  // Outside of a deployment the AWS SDK looks for keys as ever, for instance in the profile of AWS_PROFILE.
  const deployed = VERCEL_ENV === 'production' || VERCEL_ENV === 'preview';
  const needed = { S3_BUCKET_NAME, AWS_REGION, ...(deployed && { AWS_ROLE_ARN }) };
  const problems = Object.entries(needed)
    .filter(([, value]) => !value)
    .map(([variable]) => ({ variable, problem: 'is not set: www/infra sets it' }));
  if (endpoint && !isTrustworthy(endpoint)) {
    const problem = 'must be an https URL, or http on a loopback address: it is sent the token';
    problems.push({ variable: 'COUNTERSIGN_AWS_ENDPOINT', problem });
  }
  if (problems.length > 0 || !S3_BUCKET_NAME || !AWS_REGION) return { problems };

  const place = endpoint ? { endpoint } : {};
  const client = new S3Client({
    region: AWS_REGION,
    ...place,
    // A fake on this machine has no host for each bucket.
    ...(endpoint && { forcePathStyle: true }),
    // Made once: on Vercel the token is looked up in the context of each request.
    ...(deployed && { credentials: awsCredentialsProvider({ roleArn: AWS_ROLE_ARN as string, region: AWS_REGION, ...place }) }),
  });
  return { bucket: { client, name: S3_BUCKET_NAME } };
}
