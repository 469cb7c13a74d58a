// The same in CommonJS, where TypeScript reads the declarations under `require`.
import countersign = require('countersign');

export const text: string = countersign.version();
// @ts-expect-error no such thing is exported: the declarations are not `any`
countersign.version.nothing;
