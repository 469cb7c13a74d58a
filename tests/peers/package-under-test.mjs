// The packed package, installed as a user would and imported from there.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { installProject } from '../js/install.mjs';

/** Installs the tarball into a project called `name`; returns the module with all entries, as a URL that workers can import too. */
export const installPackage = async (name) => pathToFileURL(join(await installProject(name), 'entries.mjs')).href;

/** Installs and imports: `{ countersign, testing, next, … }`. */
export const importPackage = async (name) => import(await installPackage(name));
