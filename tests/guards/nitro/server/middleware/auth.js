import { createVercelVerifier } from 'countersign';
import { guard } from 'countersign/h3';
import jwks from '../../jwks.json';

const projectId = 'prj_7Gw5ZMBpQA8h9GF832KGp7nwbuh3';

export default guard(createVercelVerifier({ team: 'acme', projectId, environment: 'production', jwks }));
