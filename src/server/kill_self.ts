/**
 * Ends this process immediately, like a crash. `process.exit` waits for the threads of
 * libraries, and one in the middle of a commit waits for this thread: the process would
 * never end, and would keep its locks and connections.
 */
export function killSelf(): never {
  process.kill(process.pid, 'SIGKILL');
  throw new Error('still alive');
}
