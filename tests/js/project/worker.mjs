import { results } from './results.mjs';

export default {
  async test() {
    console.log(JSON.stringify(await results()));
  },
};
