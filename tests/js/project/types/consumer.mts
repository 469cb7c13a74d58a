// A user's code, as an ES module. It is only type-checked: what counts is that the declarations say what we document.
import { version } from 'countersign';

export const text: string = version();
// @ts-expect-error no such thing is exported: the declarations are not `any`
version.nothing;
