import { CountersignError, getBearerToken } from 'countersign';
import { publishToken, refreshAll } from 'countersign/refresh';
import { RUN_EVERY, isFromCron } from '@/lib/cron';
import { openRelay } from '@/lib/relay';
import { sandboxRegistry, writeToSandbox } from '@/lib/sandboxes';

export const runtime = 'nodejs';
export const maxDuration = 60;

/** Hands a fresh token to every sandbox, and to the relay if there is one; for a cron job that has `CRON_SECRET`. Vercel's cron sends GET. */
export async function GET(request: Request): Promise<Response> {
  const secret = process.env.CRON_SECRET;
  if (!secret)
    return answer(503, { error: 'not_configured', problems: [{ variable: 'CRON_SECRET', problem: 'is not set: nobody may call this' }] });
  if (!isFromCron(request, secret)) return answer(401, { error: 'unauthorized' }, { 'WWW-Authenticate': 'Bearer' });
  try {
    const relay = await openRelay();
    const published = relay && (await publishToken(relay, request));
    const summary = await refreshAll(await sandboxRegistry(), writeToSandbox, {
      token: () => getBearerToken({ request, minValidity: 600 }),
      concurrency: 20,
      runEvery: RUN_EVERY,
      // Ends in time to say what was done before the platform ends it.
      signal: AbortSignal.timeout((maxDuration - 10) * 1000),
    });
    // Not 200: a failure is to be seen among the cron job's runs.
    const isWhole = summary.failed === 0 && summary.shortLived === 0 && summary.stopped === undefined && published?.status !== 'failed';
    return answer(isWhole ? 200 : 500, { ...summary, ...(published && { relay: published.status }) });
  } catch (error) {
    if (error instanceof CountersignError) return answer(503, { error: 'not_refreshed', code: error.code, message: error.message });
    return answer(503, { error: 'not_refreshed', message: 'Redis cannot be reached' });
  }
}

function answer(status: number, body: object, headers: Record<string, string> = {}): Response {
  return Response.json(body, { status, headers: { 'Cache-Control': 'no-store', ...headers } });
}
