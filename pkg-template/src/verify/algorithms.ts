import type { Algorithm } from './types.js';

/** Every signature algorithm of the core, once each: `Ed25519` is a second name of `EdDSA`. */
export const ALGORITHMS: Algorithm[] = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
