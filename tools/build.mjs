// Builds dist/ if its sources have changed since it was.
import { compile } from './steps/compile.mjs';

await compile();
