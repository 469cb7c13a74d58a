// The one instance of the second module. Questions and answers cross as JSON text.

import { CountersignError, type ErrorDetails } from '../core/errors.js';
import { type Host, Instance } from '../core/instance.js';
import * as glue from '../inspect_bg.js';

const inspect = new Instance('inspect', glue);

/** Takes the compiled module from a loader. */
export const install = (module: WebAssembly.Module, host: Host): void => inspect.install(module, host);

/** Puts a question; throws where it is refused. */
export function ask<T>(question: (wasm: typeof glue) => string): T {
  const { answer, error } = JSON.parse(inspect.call(question)) as { answer: T; error?: ErrorDetails };
  if (error) throw new CountersignError(error);
  return answer;
}

/** How much memory the instance has taken, for the tests that watch it. */
export const memoryBytes = (): number => inspect.memory.buffer.byteLength;
