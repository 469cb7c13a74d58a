import { createVercelVerifier } from 'countersign';
import { withVerifiedToken } from 'countersign/next';
import { answer, options } from '../../../lib/verifier.js';

export const dynamic = 'force-dynamic';

/** After so many requests a verifier is dropped for a new one, as instances of a function are. */
const REQUESTS_EACH = 100;

let served = 0;
let verifier;

function current() {
  if (served++ % REQUESTS_EACH === 0) verifier = createVercelVerifier(options());
  return verifier;
}

export const GET = withVerifiedToken({ verify: (...args) => current().verify(...args) }, answer);
