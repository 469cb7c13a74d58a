import { createVerifier } from 'countersign';
import { withVerifiedToken } from 'countersign/next';
import { answer } from '../../answer.js';

export const dynamic = 'force-dynamic';

const verifier = createVerifier(JSON.parse(process.env.ROUTE_VERIFIER));

export const GET = withVerifiedToken(verifier, answer);
