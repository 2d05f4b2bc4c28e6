import { login } from '../../support/servers/swift';
import { SEGMENT_BODIES, SEGMENTS } from './steps';

/** Writes the segments of large objects and symlinks into both accounts of a server. */
export async function putSegments(url: string): Promise<void> {
  for (const user of ['tester', 'tester2'] as const) {
    const client = await login(url, user);
    await client.ask('PUT', `/${SEGMENTS}`, { 'X-Container-Read': '.r:*,.rlistings' });
    for (const [name, body] of Object.entries(SEGMENT_BODIES))
      await client.ask('PUT', `/${SEGMENTS}/${name}`, {}, body);
  }
}
