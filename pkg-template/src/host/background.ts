/**
 * Lets work end that no caller waits for. Vercel freezes a function that has answered, unless its request context is told of
 * such work.
 */
export function keepAlive(work: Promise<unknown>): void {
  type Context = { get?: () => { waitUntil?: (work: Promise<unknown>) => void } | undefined };
  const handled = work.catch(() => undefined);
  try {
    const context = (globalThis as Record<symbol, Context | undefined>)[Symbol.for('@vercel/request-context')];
    context?.get?.()?.waitUntil?.(handled);
  } catch {
    // Without it the work ends when the function thaws.
  }
}
