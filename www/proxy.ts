import { guard } from 'countersign/next';
import { NextResponse, type NextRequest } from 'next/server';
import { contentSecurityPolicy } from '@/lib/csp';
import { whenConfigured } from '@/lib/verifier';

// proxy.ts and not middleware.ts: Next.js 16 deprecates the latter, and a proxy runs on Node, where one process keeps the verifier
// and its keys between requests. The Edge runtime is shown by app/api/edge.

export const config = { matcher: ['/((?!api/|_next/static/).*)'] };

const checkCaller = whenConfigured((verifier) => guard(verifier));

export async function proxy(request: NextRequest): Promise<Response> {
  if (isProtected(request.nextUrl.pathname)) {
    const refusal = await checkCaller(request);
    if (refusal) return refusal;
  }
  return withContentSecurityPolicy(request);
}

/** `/protected` and all below it, however the path is written. */
function isProtected(pathname: string): boolean {
  try {
    return /^\/+protected(\/|$)/i.test(decodeURIComponent(pathname));
  } catch {
    return true;
  }
}

/** Next.js reads the nonce from the request's policy and puts it on every script tag that it writes. */
function withContentSecurityPolicy(request: NextRequest): Response {
  const policy = contentSecurityPolicy(btoa(crypto.randomUUID()));
  const headers = new Headers(request.headers);
  headers.set('Content-Security-Policy', policy);
  const response = NextResponse.next({ request: { headers } });
  response.headers.set('Content-Security-Policy', policy);
  return response;
}
