import { withVerifiedToken } from 'countersign/next';
import { publishToken } from 'countersign/refresh';
import { ask } from '@/lib/gateway';
import { openRelay } from '@/lib/relay';
import { whenConfigured } from '@/lib/verifier';

/** As much as the model is told. */
const MAX_PROMPT = 2_000;

/** Asks a model, for callers with a token: whoever could call this freely would spend this deployment's credit. */
export const POST = whenConfigured((verifier) =>
  withVerifiedToken(verifier, async (request) => {
    const prompt = (await request.text()).trim();
    if (prompt === '' || prompt.length > MAX_PROMPT) {
      return Response.json({ error: 'invalid_prompt', message: `send a text of at most ${MAX_PROMPT} characters` }, { status: 400 });
    }
    // Neither awaited nor able to fail the request: jobs find the newest token there.
    openRelay().then(
      (relay) => relay && publishToken(relay, request),
      () => {},
    );
    return ask(prompt);
  }),
);
