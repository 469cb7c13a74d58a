import { describeCredentials } from 'countersign';
import { setup } from '@/lib/verifier';

/**
 * Can this deployment check callers, and which credential would it send itself? States and times only: no credential is shown.
 */
export async function GET(request: Request): Promise<Response> {
  const { problems } = setup();
  return Response.json(
    {
      status: problems ? 'not_configured' : 'ok',
      ...(problems && { problems }),
      credentials: await describeCredentials({ request }),
    },
    { status: problems ? 503 : 200, headers: { 'Cache-Control': 'no-store' } },
  );
}
