// The arithmetic of runs: how long a token must live to reach the next run. All times are seconds.

/** The least life of a function's token on arrival: it lives 2 h and is handed out again for up to 90 min. */
export const LEAST_LIFE_ON_ARRIVAL = 1800;

/** The possible delay of a run: jitter of the scheduler and the time that the run itself takes. */
export const SLACK = 300;

/** The longest time between two runs. A token that arrives with its least life still reaches the next run, with `SLACK` and as much again to spare. */
export const MAX_RUN_EVERY = 1200;

/** How long a token must live to be sure of reaching the next run. */
export const reachOfNextRun = (runEvery: number): number => runEvery + SLACK;

/** A target with a longer life than this would still, at the next run, be as well off as with the shortest-lived token that can arrive. */
export const defaultRefreshBefore = (runEvery: number): number => runEvery + LEAST_LIFE_ON_ARRIVAL;
