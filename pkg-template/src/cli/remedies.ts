// Remedies: one or two sentences for each error. Its page in docs/errors says more.

import { type ErrorCode, pageOf } from '../core/errors.js';

const REMEDIES: Partial<Record<ErrorCode, string>> = {
  ERR_JWT_EXPIRED: 'Get a new token.',
  ERR_JWT_CLAIM_VALIDATION_FAILED: 'Compare the token with the options: `npx countersign inspect` shows what it says.',
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED:
    'Refuse it. If you made it yourself: the keys are those of another issuer, or the text was changed. With a `nonce` in its header it is a token of Microsoft Graph, which only Graph can check: request one for your own API.',
  ERR_JWS_INVALID: 'Check that it was copied whole: three parts, separated by dots.',
  ERR_JWT_INVALID: 'Check that the middle part was copied whole.',
  ERR_JOSE_ALG_NOT_ALLOWED: 'Name the algorithm with `--algorithm` if you trust it.',
  ERR_JOSE_NOT_SUPPORTED: 'Refuse it.',
  ERR_JWKS_NO_MATCHING_KEY:
    'The key may have been rotated, or the token is another issuer’s. `npx countersign doctor` shows the issuer’s keys.',
  ERR_JWKS_TIMEOUT: 'Try again, and check that the issuer can be reached: `npx countersign doctor --issuer …`.',
  ERR_JWKS_FETCH_FAILED: 'Check that the issuer can be reached: `npx countersign doctor --issuer …`.',
  ERR_JWKS_INVALID: 'Look at the issuer’s key set: `npx countersign doctor --issuer …` names every key that cannot be used.',
  ERR_POLICY_INVALID: 'Correct the policy: the cloud would not store it either.',
  ERR_DISCOVERY_INVALID: 'Compare the issuer with the discovery document, to the last character.',
  ERR_EXCHANGE_REJECTED: 'Compare the access token, the team and the project with those in Vercel’s dashboard.',
  ERR_EXCHANGE_TIMEOUT: 'Run it again: it goes on where it stopped.',
  ERR_EXCHANGE_FAILED: 'Run it again: it goes on where it stopped.',
};

/** Returns what to do about an error, with the path of its page in the npm package. */
export const remedy = (code: ErrorCode): string => [REMEDIES[code], `See \`${pageOf(code)}\` in the package.`].filter(Boolean).join(' ');
