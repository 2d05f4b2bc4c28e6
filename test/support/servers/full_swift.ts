import { labOfWorker, runLab } from './lab';
import { freePorts } from './ports';

/**
 * Starts a third proxy over the lab's Swift for the tests of a suite, with every
 * middleware of Swift that can write or changes the meaning of a request. A Swift other
 * than the lab's has no third proxy and is used as it is.
 *
 * @param plain the URL of the Swift to use without a lab
 * @returns a function for its URL, once the suite runs
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
