import { existsSync } from 'node:fs';
import { z } from 'zod';
import { textResponse } from '../../src/swift_api/message';
import type { FilterPlugin } from '../../src/plugin/plugin';

const options = z.object({
  disable_path: z.string().optional(),
});

/**
 * Answers `/healthcheck` without asking the store: the process is alive. While the file at `disable_path` exists the answer is
 * 503, so that a load balancer takes this proxy out (Swift's `healthcheck`).
 */
export const healthcheck: FilterPlugin<typeof options> = {
  name: 'healthcheck',
  options,
  create:
    ({ disable_path }) =>
    (next) =>
    (request) => {
      if (request.path !== '/healthcheck') return next(request);
      const disabled = disable_path !== undefined && existsSync(disable_path);
      return Promise.resolve(
        disabled ? textResponse(503, 'DISABLED BY FILE') : textResponse(200, 'OK'),
      );
    },
};
