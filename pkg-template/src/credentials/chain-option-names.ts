// The names of `ChainOptions`, apart from the code that loads a module.

/** Every option of the functions that resolve a credential. */
export const CHAIN_OPTION_NAMES = ['staticKey', 'captured', 'request', 'relay', 'env', 'minValidity', 'refresh', 'audience', 'fetch'];
