import { decode } from 'countersign';
import { bearerToken } from 'countersign/guard';

export const dynamic = 'force-dynamic';

/** Behind the guard of proxy.js, so the token has been verified. */
export function GET(request) {
  const { sub, jti } = decode(bearerToken(request)).claims;
  return Response.json({ sub, jti });
}
