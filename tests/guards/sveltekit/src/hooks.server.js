// The test puts the options there: they are in the same process.
import { guard } from 'countersign/sveltekit';

const { verifier, options } = globalThis.guardUnderTest;
export const handle = guard(verifier, options);
