// The sources of credentials on the machine that the program runs on: a file, and the login of Vercel's command line.

export { node } from './node.js';
export { foresee, isDeployment, refresh } from './refresh.js';
export { tokenFromFile } from './token-file.js';
