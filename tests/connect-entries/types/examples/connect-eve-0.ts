import { connect } from 'countersign/connect/eve';
import { defineMcpClientConnection } from 'eve/connections';

export default defineMcpClientConnection({
  url: 'https://mcp.linear.app/mcp',
  description: 'Issues and projects of Linear',
  auth: connect('oauth/linear'),
});
