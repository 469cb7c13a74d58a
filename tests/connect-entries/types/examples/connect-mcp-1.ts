import { createMCPClient } from '@tanstack/ai-mcp';
import { connectMCPTransport } from 'countersign/connect/tanstack-ai';

const subject = { type: 'user', id: 'ada' } as const;
const transport = connectMCPTransport({ type: 'http', url: 'https://mcp.linear.app/mcp' }, 'oauth/linear', { subject });
export const linear = await createMCPClient({ transport });
