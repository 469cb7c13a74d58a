// The packed package, put beside its peers as a user would have it.
import { unpackPackage } from '../js/install.mjs';

/** Unpacks the tarball into node_modules. */
export const installPackage = () => unpackPackage(import.meta.url);
