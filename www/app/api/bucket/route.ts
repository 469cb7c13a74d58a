import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { CountersignError } from 'countersign';
import { awsCredentialsProvider } from 'countersign/aws';
import { withVerifiedToken } from 'countersign/next';
import { isTrustworthy } from '@/lib/trust';
import { whenConfigured } from '@/lib/verifier';

/** Trades this deployment's identity for keys of a role, and lists a bucket with them for a caller that may know. */
export const GET = whenConfigured((verifier) => withVerifiedToken(verifier, async (request) => list(request)));

async function list(request: Request): Promise<Response> {
  const { AWS_ROLE_ARN: roleArn, COUNTERSIGN_BUCKET: bucket, AWS_REGION: region, COUNTERSIGN_AWS_ENDPOINT: endpoint } = process.env;
  if (!roleArn || !bucket) return answer(503, { error: 'not_configured', message: 'set AWS_ROLE_ARN and COUNTERSIGN_BUCKET' });
  if (endpoint && !isTrustworthy(endpoint)) {
    const message = 'COUNTERSIGN_AWS_ENDPOINT must be an https URL, or http on a loopback address: it is sent the token';
    return answer(503, { error: 'not_configured', message });
  }
  const place = endpoint ? { endpoint } : {};
  try {
    // The provider is made for each request, since the token may be the request's own; the keys are kept all the same.
    const credentials = awsCredentialsProvider({ roleArn, request, ...place });
    const s3 = new S3Client({ region: region || 'us-east-1', credentials, ...place, ...(endpoint && { forcePathStyle: true }) });
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket, MaxKeys: 100 }));
    const { accountId, expiration } = await credentials();
    return answer(200, { bucket, objects: Contents.map(({ Key, Size }) => ({ key: Key, size: Size })), accountId, expiresAt: expiration });
  } catch (error) {
    if (error instanceof CountersignError) {
      const { code, message, retryable, provider } = error;
      return answer(502, { error: provider?.code ?? code, code, message, retryable });
    }
    return answer(502, { error: (error as Error).name, message: 'S3 did not list the bucket' });
  }
}

const answer = (status: number, body: object): Response => Response.json(body, { status, headers: { 'Cache-Control': 'no-store' } });
