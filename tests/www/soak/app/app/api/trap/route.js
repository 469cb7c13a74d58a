import { registered } from '../../../lib/modules.js';

export const dynamic = 'force-dynamic';

/** Asks for more memory than there is, which aborts the module. */
const TRAPS = {
  verify: (wasm) => wasm.buffer(0xffff_fff0),
  credentials: (wasm) => wasm.complete_operation(0, 200, [], { length: 0xffff_fff0 }, 0),
};

/** Makes every copy of the module that the query names trap. Answers with the codes of the errors that were thrown. */
export function GET(request) {
  const wanted = new URL(request.url).searchParams.get('module');
  const codes = registered()
    .filter(([name]) => name === wanted)
    .map(([name, module]) => trap(module, TRAPS[name]));
  return Response.json({ codes });
}

function trap(module, provoke) {
  const { error } = console;
  // The message of a panic, which is of no interest where it is provoked.
  console.error = () => {};
  try {
    module.call(provoke);
  } catch ({ code }) {
    return code;
  } finally {
    console.error = error;
  }
}
