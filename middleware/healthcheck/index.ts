import { existsSync } from 'node:fs';
import { z } from 'zod';
import { textResponse } from '../../src/swift_api/message';
import type { FilterPlugin } from '../../src/plugin/plugin';

/** As Swift's. */
const PATH = '/healthcheck';

const options = z.object({
  disable_path: z.string().optional().describe('While this file exists, `/healthcheck` is 503.'),
});

/**
 * Swift's `healthcheck`: answers `/healthcheck` without asking the store, to show that
 * the process is alive. Responds with 503 while the file at `disable_path` exists, so
 * that a load balancer takes this proxy out of rotation.
 */
export const healthcheck: FilterPlugin<typeof options> = {
  name: 'healthcheck',
  options,
  paths: [PATH],
  create:
    ({ disable_path }) =>
    (next) =>
    (request) => {
      if (request.path !== PATH) return next(request);
      const disabled = disable_path !== undefined && existsSync(disable_path);
      return Promise.resolve(
        disabled ? textResponse(503, 'DISABLED BY FILE') : textResponse(200, 'OK'),
      );
    },
};
