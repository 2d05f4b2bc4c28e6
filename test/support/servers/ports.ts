import { createServer, type Server } from 'node:net';
import { platform } from 'node:os';

/**
 * Below the range from which systems take ports for outgoing connections, which nobody
 * can keep free.
 */
const FIRST = 10_000;
const COUNT = 22_000;
const ATTEMPTS = 1000;

/**
 * Finds ports of the loopback interface on which nothing listens. They are reserved for
 * this process until it ends: no other test run on this machine gets them, so there is no
 * race between finding a port and listening on it.
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  for (let attempt = 0; ports.length < count; attempt++) {
    if (attempt > ATTEMPTS) throw new Error('no port of the loopback interface is free');
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if ((await claim(port)) && (await isFree(port))) ports.push(port);
  }
  return ports;
}

/**
 * Reserves a port for this process. The lock is a name that the system frees when the
 * process ends.
 */
async function claim(port: number): Promise<boolean> {
  if (platform() !== 'linux') return true;
  const server = await listen(`\0hindsight-test-port-${port}`);
  server?.unref();
  return server !== undefined;
}

async function isFree(port: number): Promise<boolean> {
  const server = await listen(port);
  if (!server) return false;
  await new Promise<void>((closed) => server.close(() => closed()));
  return true;
}

/** Listens at an address of the loopback interface. Returns undefined if it is taken. */
function listen(address: number | string): Promise<Server | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(undefined));
    const done = () => resolve(server);
    if (typeof address === 'number') server.listen(address, '127.0.0.1', done);
    else server.listen(address, done);
  });
}
