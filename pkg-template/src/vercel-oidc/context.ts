/** The request that is being handled, as Vercel's runtimes make it known; an empty object where there is none. */
export function getContext(): { headers?: Record<string, string> } {
  type Context = { get?: () => { headers?: Record<string, string> } | undefined };
  return (globalThis as Record<symbol, Context | undefined>)[Symbol.for('@vercel/request-context')]?.get?.() ?? {};
}
