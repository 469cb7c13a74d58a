import { PutObjectCommand } from '@aws-sdk/client-s3';
import { CountersignError } from 'countersign';
import { withVerifiedToken } from 'countersign/next';
import { bucket } from '@/lib/bucket';
import { whenConfigured } from '@/lib/verifier';

export const runtime = 'nodejs';

/** Larger uploads belong in a presigned request, past the function. */
const MAX_BYTES = 1024 * 1024;

/**
 * Keeps the body as an object in the bucket. The caller shows a token; the app has no key of AWS's, and trades its own token for keys
 * that live an hour.
 */
export const POST = whenConfigured((verifier) =>
  withVerifiedToken(verifier, async (request, { token }) => {
    const { bucket: target, problems } = bucket();
    if (!target) return answer(503, { error: 'not_configured', message: 'this app does not know yet where to keep objects', problems });
    const body = await readBody(request);
    if (!body) return answer(413, { error: 'too_large', message: `at most ${MAX_BYTES} bytes` });
    // A name of its own for each: nobody can write over what another has sent.
    const key = `uploads/${token.claims.project_id}/${crypto.randomUUID()}`;
    try {
      await target.client.send(
        new PutObjectCommand({ Bucket: target.name, Key: key, Body: body, ContentType: 'application/octet-stream' }),
      );
    } catch (error) {
      // What the service says may hold names that are nobody's business here; its code is enough to look it up.
      const code = error instanceof CountersignError ? error.code : (error as Error).name;
      return answer(502, { error: 'not_stored', code });
    }
    return answer(201, { bucket: target.name, key, bytes: body.byteLength });
  }),
);

/** The body; undefined where it is larger than it may be. */
async function readBody(request: Request): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = request.body?.getReader();
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    length += part.value.byteLength;
    if (length > MAX_BYTES) {
      await reader?.cancel();
      return undefined;
    }
    chunks.push(part.value);
  }
  return Buffer.concat(chunks, length);
}

function answer(status: number, body: object): Response {
  return Response.json(body, { status, headers: { 'Cache-Control': 'no-store' } });
}
