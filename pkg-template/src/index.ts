/** The version of this package. */
export { version } from './core.js';
