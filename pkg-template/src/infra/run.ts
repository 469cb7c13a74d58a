// Carries out a run of the second module: one request after another, until it says what came of it.

import { Failure, type Sendable, send } from '../core/send.js';
import { ask } from '../inspect/module.js';

/** How far a run is. */
export interface Progress {
  /** Whether the project is being read or written. */
  readonly phase: 'read' | 'write';
  /** Variables read or written so far. */
  readonly done: number;
  /** How many there are to write; absent while reading. */
  readonly total?: number;
}

/** What the module wants next. */
interface Next<T> {
  send?: { run: number; request: Sendable; progress: WireProgress };
  done?: { report: T; progress: WireProgress };
}

type WireProgress = Omit<Progress, 'total'> & { total: number | null };

/** What the host adds to the options of a run. */
export interface RunHost {
  /** Default: the runtime's own. */
  fetch?: typeof fetch;
  /** Called after every answer. What it throws ends the run. */
  onProgress?: (progress: Progress) => void;
}

/** Carries a run out. */
export async function carryOut<T>(begin: (wasm: Module) => string, { fetch: fetcher = fetch, onProgress }: RunHost): Promise<T> {
  let next = ask<Next<T>>(begin);
  while (next.send) {
    const { run, request } = next.send;
    const outcome = await send(request, fetcher);
    next = ask<Next<T>>((wasm) =>
      outcome instanceof Failure
        ? wasm.run_failed(run, outcome.name)
        : wasm.run_answered(run, outcome.status, outcome.headers, outcome.body),
    );
    try {
      onProgress?.(readProgress((next.send ?? next.done)?.progress as WireProgress));
    } catch (thrown) {
      if (next.send) ask((wasm) => wasm.run_given_up(run));
      throw thrown;
    }
  }
  return next.done?.report as T;
}

type Module = Parameters<Parameters<typeof ask>[0]>[0];

const readProgress = ({ phase, done, total }: WireProgress): Progress => ({ phase, done, ...(total !== null && { total }) });
