// Carries out a run of the module `inspect`: one request after another, until it has a result.

import { invalidOption } from '../core/errors.js';
import { ownOptions, plainData } from '../core/options.js';
import { clock } from '../core/runtime.js';
import { Failure, send } from '../core/send.js';
import { inspectModule } from '../inspect/module.js';
import type { RunProgress, RunStep } from '../inspect_bg.js';

/** How far a run is. */
export type Progress = Readonly<RunProgress>;

/** The options of a run that the core does not see. */
export interface RunHost {
  /** Default: the runtime's own. */
  fetch?: typeof fetch;
  /** Called after every response. An error that it throws ends the run. */
  onProgress?: (progress: Progress) => void;
}

/** The options of the host, and plain data of the others. */
export function splitHost<T extends RunHost>(options: T): { host: RunHost; plain: Omit<T, keyof RunHost> } {
  const { fetch, onProgress, ...others } = ownOptions(options);
  for (const [name, value] of Object.entries({ fetch, onProgress })) {
    if (value !== undefined && typeof value !== 'function') throw invalidOption(name, 'must be a function');
  }
  return { host: { ...(fetch && { fetch }), ...(onProgress && { onProgress }) }, plain: plainData(others) as typeof others };
}

/** Carries a run out, and resolves to its report. */
export async function carryOut<T>(first: RunStep, { fetch: fetcher = fetch, onProgress }: RunHost): Promise<T> {
  let step = first;
  while (step.request) {
    const { operation } = step.request;
    const outcome = await send(step.request, fetcher);
    step = inspectModule.call((wasm) =>
      outcome instanceof Failure
        ? wasm.fail_operation(operation, outcome.name, clock())
        : wasm.complete_operation(operation, outcome.status, outcome.headers, outcome.body, clock()),
    );
    try {
      onProgress?.(step.progress);
    } catch (thrown) {
      const next = step.request?.operation;
      if (next !== undefined) inspectModule.call((wasm) => wasm.cancel_operation(next, clock()));
      throw thrown;
    }
  }
  return JSON.parse(step.result ?? 'null') as T;
}
