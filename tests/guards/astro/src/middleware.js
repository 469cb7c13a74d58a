// The test puts the options there: they are in the same process.
import { guard } from 'countersign/astro';

const { verifier, options } = globalThis.guardUnderTest;
export const onRequest = guard(verifier, options);
