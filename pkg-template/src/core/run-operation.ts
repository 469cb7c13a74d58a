// Carries out the operations of a module that wait for responses.

import type { Progress } from '../verify_bg.js';
import { ownOptions } from './options.js';
import { clock } from './runtime.js';
import { Failure, send } from './send.js';
import type { Glue, WasmModule } from './wasm-module.js';

/** A module with operations. Every module has the same exports for them. */
export interface OperationGlue extends Glue {
  complete_operation(operation: number, status: number, headers: string[], body: Uint8Array, now: number): Progress | string;
  fail_operation(operation: number, failure: string, now: number): Progress | string;
  cancel_operation(operation: number, now: number): void;
}

/**
 * Carries out the requests of an operation, one after the other. Resolves to its result, and rejects with what it refuses.
 * `onFailure` gets what `fetch` has thrown.
 */
export async function runOperation<G extends OperationGlue>(
  module: WasmModule<G>,
  first: Progress,
  fetcher: typeof fetch,
  onFailure?: (thrown: unknown) => void,
): Promise<string | undefined> {
  let progress = ownOptions(first);
  while (progress.request) {
    const { request } = progress;
    const outcome = await send(request, fetcher);
    if (outcome instanceof Failure) onFailure?.(outcome.cause);
    const next = module.call((wasm) =>
      outcome instanceof Failure
        ? wasm.fail_operation(request.operation, outcome.name, clock())
        : wasm.complete_operation(request.operation, outcome.status, outcome.headers, outcome.body, clock()),
    );
    // `verify` returns JSON, the other modules an object.
    progress = ownOptions<Progress>(typeof next === 'string' ? JSON.parse(next) : next);
  }
  return progress.result;
}
