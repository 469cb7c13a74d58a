// Routing Middleware. `middleware.js` runs on the Edge runtime; `proxy.js` would run on Node.js.
import { guard } from 'countersign/next';
import { NextResponse } from 'next/server';
import { verifier } from './verifier.js';

export const config = { matcher: '/guarded/:path*' };

const checkCaller = guard(verifier);

export async function middleware(request) {
  return (await checkCaller(request)) ?? NextResponse.next();
}
