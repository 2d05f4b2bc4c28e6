import { labOfWorker, runLab } from './lab';
import { freePorts } from './ports';

/**
 * Starts a third proxy over the lab's Swift while the tests of a suite run, with all of Swift's middleware that can write or changes what a
 * request means. A Swift that is not the lab's has no third proxy: it is walked as it is.
 *
 * @param plain the Swift to take for want of a lab
 * @returns tells where it listens, once the suite runs
 */
export function suiteFullSwift(plain: string): () => string {
  let url = plain;
  const lab = process.env['SWIFT_PLAIN'] ? undefined : labOfWorker();
  if (!lab) return () => url;
  beforeAll(async () => {
    const [port = 0] = await freePorts(1);
    runLab(lab.env, 'full', String(port));
    url = `http://127.0.0.1:${port}`;
  });
  afterAll(() => runLab(lab.env, 'end', 'full'));
  return () => url;
}
