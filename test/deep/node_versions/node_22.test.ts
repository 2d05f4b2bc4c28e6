import { nodeSuite } from './lane';

nodeSuite(22);
