// Installs packages if package-lock.json has changed since they were.
import { install } from './steps/install.mjs';

await install();
