// Prints of which modules there are instances after each step of a program that first verifies, then needs a credential.
import { countInstances } from './count-instances.mjs';

await countInstances(() => Promise.all([import('countersign'), import('countersign/testing')]));
