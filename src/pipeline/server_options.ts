import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { bodyMemory as max_body_memory } from '../config/body_memory';
import { seconds, valueForms, wholeNumber } from '../config/options';
import { redisUrl, withoutRedis } from '../coordination/redis/url';

/** A number of processes, or `auto`: one for each processor that this one may use. */
const workers = z
  .union([z.literal('auto').transform(() => availableParallelism()), wholeNumber(1, 1024)], {
    error: 'neither auto nor a whole number from 1 to 1024',
  })
  .register(valueForms, { values: '1 to 1,024, or `auto`' });

/** The options of `[DEFAULT]`. */
export const serverOptions = z.object({
  bind_ip: z
    .string()
    .default('127.0.0.1')
    .describe(
      'Address to listen on. Beyond loopback, the embedded store refuses to start with weak keys.',
    ),
  bind_port: wholeNumber(0, 65_535)
    .default(8080)
    .describe('Port to listen on. With 0 the system chooses one; the log shows it.'),
  workers: workers
    .default(1)
    .describe('Number of serving processes. `auto`: one for each processor.'),
  log_level: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
      error: 'not known; known: trace, debug, info, warn, error, fatal, silent',
    })
    .default('info')
    .describe('Lowest level that is logged. Requests are logged at `info`.'),
  client_timeout: seconds(0.01, 86_400)
    .default(60_000)
    .describe(
      'Time for which a client may send nothing of its request, or read nothing of its response.',
    ),
  shutdown_timeout: seconds(0, 86_400)
    .default(600_000)
    .describe('Time for which requests in progress may continue after SIGTERM or SIGINT.'),
  redis_url: redisUrl
    .optional()
    .describe('Redis that all servers over one store share. Required if there are several.'),
  lock_lease: seconds(1, 3600)
    .default(10_000)
    .describe('With Redis: time after which the locks of a dead process expire.'),
  without_redis: withoutRedis
    .default('refuse')
    .describe(
      "While Redis does not respond. `refuse`: writes to versioned containers and changes of settings get 503. `go_on`: each process locks on its own, so two servers may overwrite each other's objects without archiving them.",
    ),
  max_header_size: wholeNumber(8 * 1024, 1024 * 1024)
    .default(128 * 1024)
    .describe("Most bytes of a request's head (its first line and its headers); then 431."),
  max_connections: wholeNumber(1, 1_000_000)
    .optional()
    .describe('Most connections of each process; further ones are closed on arrival.'),
  max_body_memory,
});

/** The options of `[DEFAULT]` as read. */
export type ServerOptions = Readonly<z.infer<typeof serverOptions>>;

/** The option of `[pipeline:main]`; whoever reads the pipeline reports a missing one. */
export const pipelineOptions = z.object({ pipeline: z.string().optional() });
