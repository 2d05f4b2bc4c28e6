/**
 * Ends this process now, as a crash would. `process.exit` waits for threads of libraries, and one that is in the middle of a commit waits for
 * this one: it would never end, and keep its locks and connections.
 */
export function killSelf(): never {
  process.kill(process.pid, 'SIGKILL');
  throw new Error('still alive');
}
