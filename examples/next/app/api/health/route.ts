import { describeCredentials } from 'countersign';

/** Which credential this deployment would send, and what is wrong with the others. Shows states and times, no credential. */
export async function GET(request: Request): Promise<Response> {
  return Response.json(await describeCredentials({ request }), { headers: { 'Cache-Control': 'no-store' } });
}
