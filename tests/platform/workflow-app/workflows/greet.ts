import { createGateway } from '@ai-sdk/gateway';
import { type CapturedToken, CountersignError, createAiGateway, getAiGatewayBearerToken } from 'countersign';
import { FatalError } from 'workflow';

/** Sends two messages to the AI Gateway, each in a step of its own. */
export async function greet(captured: CapturedToken, baseURL: string) {
  'use workflow';
  const first = await callGateway(captured, baseURL, 'hello');
  const second = await callGateway(captured, baseURL, 'again');
  return [first, second];
}

async function callGateway(captured: CapturedToken, baseURL: string, text: string) {
  'use step';
  const options = { captured, refresh: false };
  // A step is retried after an error. Another attempt does not renew a token, so such an error ends the run.
  await getAiGatewayBearerToken(options).catch((error: unknown) => {
    if (error instanceof CountersignError && !error.retryable) throw new FatalError(`${error.code}: ${error.message}`);
    throw error;
  });
  const gateway = createAiGateway(createGateway, { ...options, baseURL });
  const { content } = await gateway('demo/echo').doGenerate({ prompt: [{ role: 'user', content: [{ type: 'text', text }] }] });
  let answer = '';
  for (const part of content) if (part.type === 'text') answer += part.text;
  return answer;
}
