import { nodeSuite } from './lane';

nodeSuite(24);
