// The team and the project of the tokens that the test issuer mints, as Vercel's documentation names its examples.

export const TEAM_ID = 'team_7Gw5ZMzpQA8h90F832KGp7nwbuh3';
export const PROJECT_ID = 'prj_7Gw5ZMBpQA8h9GF832KGp7nwbuh3';
