// Which Vercel project a folder belongs to: `vercel link` writes it down.

import { tryReadSmall } from './files.js';
import type { Node } from './node.js';
import { member } from './vercel-cli.js';

/** A project and its team, by ids or names, and the folder that was linked to it. */
export interface Link {
  readonly folder: string;
  readonly project: string | undefined;
  readonly team: string | undefined;
}

/** The nearest `.vercel/project.json` from the working folder upwards; undefined where there is none. */
export async function findLink(host: Node): Promise<Link | undefined> {
  const { path, process } = host;
  let folder = process.cwd();
  for (;;) {
    const text = await tryReadSmall(host, path.join(folder, '.vercel', 'project.json'));
    if (text !== undefined) {
      const name = (name: string) => {
        const value = member(text, name);
        return typeof value === 'string' && value !== '' ? value : undefined;
      };
      return { folder, project: name('projectId'), team: name('orgId') };
    }
    const above = path.dirname(folder);
    if (above === folder) return undefined;
    folder = above;
  }
}
