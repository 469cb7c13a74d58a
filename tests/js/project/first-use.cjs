// The same as first-use.mjs, with `require`.
import('./count-instances.mjs').then(({ countInstances }) =>
  countInstances(() => [require('countersign'), require('countersign/testing')]),
);
