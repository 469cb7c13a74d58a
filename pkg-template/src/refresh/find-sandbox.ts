// Finding the sandbox of a target through the caller's SDK.

import { invalidOption } from '../core/errors.js';

/** States of a session that takes writes. A handle without a status counts as running. */
const RUNNING: readonly unknown[] = ['running', 'pending', undefined];

export const isRunning = (handle: { readonly status?: string }): boolean => RUNNING.includes(handle.status);

/**
 * Calls the caller's look-up. Returns undefined where there is no such sandbox: the SDK throws an error with status 404 then.
 *
 * Throws `ERR_INVALID_OPTION` where the SDK was called without a name: it looks for a sandbox named `undefined`, and that 404 says nothing about the target.
 */
export async function findSandbox<H>(get: () => H | undefined | Promise<H | undefined>): Promise<H | undefined> {
  try {
    return await get();
  } catch (thrown) {
    const { status, url } = (thrown as { response?: { status?: unknown; url?: unknown } } | undefined)?.response ?? {};
    if (status !== 404) throw thrown;
    if (/\/sandboxes\/undefined(\?|$)/.test(String(url)))
      throw invalidOption('sandbox', 'must pass the `name` of the sandbox to `Sandbox.get`');
    return undefined;
  }
}
