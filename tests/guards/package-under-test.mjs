// The packed package, put beside the frameworks as a user would have it.
import { unpackPackage } from '../js/install.mjs';

/** Unpacks the tarball into node_modules. */
export const installPackage = () => unpackPackage(import.meta.url);
