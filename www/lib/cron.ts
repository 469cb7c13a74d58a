import { createHash, timingSafeEqual } from 'node:crypto';

/** How often the cron job calls, in seconds. The schedule in README.md says the same. */
export const RUN_EVERY = 600;

/** Whether a request comes from the cron job: Vercel sends `CRON_SECRET` as its bearer token. */
export function isFromCron(request: Request, secret: string): boolean {
  const given = request.headers.get('authorization') ?? '';
  // Digests have one length, so that the comparison takes one time whatever is given.
  return timingSafeEqual(digest(given), digest(`Bearer ${secret}`));
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
