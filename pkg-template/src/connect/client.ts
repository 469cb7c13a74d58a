// The calls of Vercel Connect that give no token.

import { runOperation } from '../core/run-operation.js';
import { clock } from '../core/runtime.js';
import { WasmObject, dispose } from '../core/wasm-module.js';
import { credentialsModule } from '../credentials/module.js';
import type { ConnectorOptions } from '../credentials_bg.js';

/** A call, by its name in the core. */
export type Action = 'authorize' | 'describe' | 'install' | 'provision' | 'revoke';

/** Calls on behalf of the caller whose token `subject` finds, once the options are known to be right. */
export async function callConnect<T>(
  action: Action,
  options: ConnectorOptions,
  params: string,
  subject: () => Promise<string>,
  fetcher = globalThis.fetch,
): Promise<T> {
  const call = new WasmObject(
    credentialsModule,
    (wasm) => wasm.create_connect_call(action, options, params),
    (wasm, handle) => wasm.free_connect_call(handle),
  );
  try {
    const token = await subject();
    const { handle } = call;
    const first = credentialsModule.call((wasm) => wasm.begin_connect_call(handle, token, clock()));
    return JSON.parse((await runOperation(credentialsModule, first, fetcher)) as string);
  } finally {
    call[dispose]();
  }
}

/** Evicts the tokens of exactly these parameters. */
export function evictTokens(options: ConnectorOptions, params: string): void {
  credentialsModule.call((wasm) => wasm.evict_connect_tokens(options, params, clock()));
}
