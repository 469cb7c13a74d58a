// Carries out a run of the module `inspect`: one request after another, until it has a result.

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
