// What came out of many cases: counts, and of whatever is wrong the first few examples.
import { isDeepStrictEqual } from 'node:util';
import { PEER_READING, PEER_STRICTER, PEER_WIDER, findPeerReason } from './peer-reasons.mjs';
import { STRICTER, WIDER, find } from './reasons.mjs';

const EXAMPLES = 5;

export class Tally {
  /** Cases by pair of verdicts. */
  verdicts = {};
  /** Cases whose verdicts differ for a reason on the list: by reason. */
  explained = {};
  /** By mutation: how many cases, and how many of them jose accepts. */
  mutations = {};
  /** The same of the other peers, by peer. */
  peerVerdicts = {};
  peerExplained = {};
  /** Cases that nothing explains, and faults, each with how to make it again. */
  wrong = [];
  wrongCount = 0;

  add(given, { here, jose, faults }) {
    const { number, alg, policy, mutations } = given;
    increase(this.verdicts, `${here.ok ? 'accepted' : 'refused'} here, ${jose.ok ? 'accepted' : 'refused'} by jose`);
    for (const name of new Set(mutations.length > 0 ? mutations : ['none'])) {
      const row = (this.mutations[name] ??= { cases: 0, acceptedByJose: 0 });
      row.cases += 1;
      row.acceptedByJose += jose.ok;
    }
    const wrong = (problem) => {
      this.wrongCount += 1;
      if (this.wrong.length < EXAMPLES) this.wrong.push({ problem, number, alg, policy, mutations, here: short(here), jose: short(jose) });
    };
    faults.forEach(wrong);
    if (here.ok === jose.ok) return;
    const reason = find(here.ok ? WIDER : STRICTER, given, here, jose);
    if (reason) increase(this.explained, reason);
    else wrong(`${here.ok ? 'accepted here and refused' : 'refused here and accepted'} by jose, for a reason that is not on the list`);
  }

  /** Adds the verdicts of the other peers on a case. */
  addPeers(given, here, verdicts) {
    for (const [peer, there] of Object.entries(verdicts)) {
      increase(
        (this.peerVerdicts[peer] ??= {}),
        `${here.ok ? 'accepted' : 'refused'} here, ${there.ok ? 'accepted' : 'refused'} by ${peer}`,
      );
      const reads = here.ok && there.ok;
      if (reads ? isDeepStrictEqual(here.claims, there.claims) : here.ok === there.ok) continue;
      const reasons = reads ? PEER_READING : here.ok ? PEER_WIDER : PEER_STRICTER;
      const reason = findPeerReason(reasons, peer, given, here, there);
      if (reason) increase(this.peerExplained, `${peer}: ${reason}`);
      else {
        this.wrongCount += 1;
        const { number, alg, policy, mutations } = given;
        const problem = `a difference to ${peer} that is not on the list`;
        if (this.wrong.length < EXAMPLES)
          this.wrong.push({ problem, number, alg, policy, mutations, here: short(here), there: short(there) });
      }
    }
  }

  /** The sum of the tallies of several threads. */
  static sum(tallies) {
    const total = new Tally();
    for (const { verdicts, explained, peerVerdicts, peerExplained, mutations, wrong, wrongCount } of tallies) {
      const sums = [
        [verdicts, total.verdicts],
        [explained, total.explained],
        [peerExplained, total.peerExplained],
        ...Object.entries(peerVerdicts).map(([peer, counts]) => [counts, (total.peerVerdicts[peer] ??= {})]),
      ];
      for (const [from, to] of sums) {
        for (const [name, count] of Object.entries(from)) increase(to, name, count);
      }
      for (const [name, { cases, acceptedByJose }] of Object.entries(mutations)) {
        const row = (total.mutations[name] ??= { cases: 0, acceptedByJose: 0 });
        row.cases += cases;
        row.acceptedByJose += acceptedByJose;
      }
      total.wrong.push(...wrong);
      total.wrongCount += wrongCount;
    }
    return total;
  }
}

const increase = (counts, name, by = 1) => {
  counts[name] = (counts[name] ?? 0) + by;
};

/** A verdict without the claims. */
const short = ({ ok, code, claim, reason, message }) => (ok ? 'accepted' : { code, claim, reason, message });
