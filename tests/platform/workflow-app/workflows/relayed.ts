import { createGateway } from '@ai-sdk/gateway';
import { type CapturedToken, createAiGateway } from 'countersign';
import { openRelay } from '../relay';

/** Sends a message to the AI Gateway, in a step that may run after the captured token has expired. */
export async function relayed(captured: CapturedToken, baseURL: string) {
  'use workflow';
  return await callGateway(captured, baseURL);
}

async function callGateway(captured: CapturedToken, baseURL: string) {
  'use step';
  const gateway = createAiGateway(createGateway, { captured, relay: await openRelay(), refresh: false, baseURL });
  const { content } = await gateway('demo/echo').doGenerate({ prompt: [{ role: 'user', content: [{ type: 'text', text: 'hello' }] }] });
  let answer = '';
  for (const part of content) if (part.type === 'text') answer += part.text;
  return answer;
}
