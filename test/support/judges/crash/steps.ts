import { mustBe, pathOf } from '../../clients/containers';
import type { Place } from './place';
import type { Content, Setting, World } from './world';
import type { Which } from './world_with_ids';

/** A client's request, and its effect according to the manual. */
export interface Step {
  readonly title: string;
  /** Sends it. Returns the status. */
  send(at: Place, name: string): Promise<number>;
  /** Applies it to a model. Returns the status. */
  foresee(world: World, name: string): number;
}

/** An object for cells to copy and link to. */
const SOURCE = 'source';

export function createShared(at: Place): Promise<unknown> {
  const path = pathOf(at.shared, SOURCE);
  return mustBe(201, at.client.ask('PUT', `/${at.shared}`)).then(() =>
    mustBe(201, at.client.ask('PUT', path, { 'X-Object-Meta-Step': 'copied' }, 'copied')),
  );
}

const COPIED: Content = { body: 'copied', meta: 'copied' };

export function put(body: string): Step {
  return {
    title: 'PUT',
    send: async (at, name) => (await at.ask('PUT', name, { meta: body, body })).status,
    foresee: (world, name) => world.write(name, { body, meta: body }),
  };
}

export const remove: Step = {
  title: 'DELETE',
  send: async (at, name) => (await at.ask('DELETE', name)).status,
  foresee: (world, name) => world.delete(name),
};

export const post: Step = {
  title: 'POST',
  send: async (at, name) => (await at.ask('POST', name, { meta: 'posted' })).status,
  foresee: (world, name) => world.post(name, 'posted'),
};

export const copy: Step = {
  title: 'COPY over',
  send: async (at, name) => {
    const headers = { Destination: pathOf(at.container, name).slice(1) };
    return (await at.client.ask('COPY', pathOf(at.shared, SOURCE), headers)).status;
  },
  foresee: (world, name) => world.write(name, COPIED),
};

export const copyFrom: Step = {
  title: 'PUT with X-Copy-From',
  send: async (at, name) => {
    const headers = { 'X-Copy-From': pathOf(at.shared, SOURCE).slice(1) };
    return (await at.ask('PUT', name, { headers })).status;
  },
  foresee: (world, name) => world.write(name, COPIED),
};

/** Restores the oldest version as a client would; it stays in the archive. */
export const restore: Step = {
  title: 'COPY from the archive',
  send: async (at, name) => {
    const oldest = (await at.entries(name))[0]?.name ?? 'none';
    const headers = { Destination: pathOf(at.container, name).slice(1) };
    return (await at.client.ask('COPY', pathOf(at.archive, oldest), headers)).status;
  },
  foresee: (world, name) => {
    const oldest = world.at(name).archive[0];
    if (typeof oldest !== 'object') throw new Error('there is no version to restore');
    return world.write(name, oldest);
  },
};

export function putLarge(segment: string): Step {
  const body = `slo(${segment})`;
  return {
    title: 'PUT of a large object',
    send: async (at, name) => {
      const path = pathOf(at.segments, segment);
      await at.client.ask('PUT', `/${at.segments}`);
      await mustBe(201, at.client.ask('PUT', path, {}, 'content'));
      const query = '?multipart-manifest=put';
      return (await at.ask('PUT', name, { meta: body, query, body: JSON.stringify([{ path }]) }))
        .status;
    },
    foresee: (world, name) => world.write(name, { body, meta: body }),
  };
}

export const putParts: Step = {
  title: 'PUT of a dynamic large object',
  send: async (at, name) => {
    const headers = { 'X-Object-Manifest': `${at.shared}/${SOURCE}` };
    return (await at.ask('PUT', name, { meta: 'dlo', headers })).status;
  },
  foresee: (world, name) => world.write(name, { body: 'dlo', meta: 'dlo' }),
};

export const removeLarge: Step = {
  title: 'DELETE ?multipart-manifest=delete',
  send: async (at, name) =>
    (await at.ask('DELETE', name, { query: '?multipart-manifest=delete' })).status,
  foresee: (world, name) => {
    world.delete(name);
    return 200;
  },
};

export const putLink: Step = {
  title: 'PUT of a symlink',
  send: async (at, name) => {
    const headers = { 'X-Symlink-Target': `${at.shared}/${SOURCE}` };
    return (await at.ask('PUT', name, { meta: 'link', headers })).status;
  },
  foresee: (world, name) => world.write(name, { body: `link(${SOURCE})`, meta: 'link' }),
};

/** Deletes several objects in one request, whichever object it is called for. */
export function removeAll(names: readonly string[]): Step {
  return {
    title: 'bulk delete',
    send: async (at) => {
      const body = names.map((name) => pathOf(at.container, name)).join('\n');
      return (await at.client.ask('POST', '?bulk-delete', { 'Content-Type': 'text/plain' }, body))
        .status;
    },
    foresee: (world) => {
      for (const name of names) world.delete(name);
      return 200;
    },
  };
}

/** Makes a version the current one. */
export function restoreVersion(which: Which): Step {
  return {
    title: `PUT ?version-id= of the ${which}`,
    send: async (at, name) =>
      (await at.ask('PUT', name, { query: await at.queryOf(name, which) })).status,
    foresee: (world, name) => world.restore(name, which),
  };
}

export function removeVersion(which: Which): Step {
  return {
    title: `DELETE ?version-id= of the ${which}`,
    send: async (at, name) =>
      (await at.ask('DELETE', name, { query: await at.queryOf(name, which) })).status,
    foresee: (world, name) => world.remove(name, which),
  };
}

/** PUT by a filter for another API. */
export function putNull(body: string): Step {
  return {
    title: 'PUT for a dialect',
    send: async (at, name) => (await at.dialect.ask('PUT', name, { meta: body, body })).status,
    foresee: (world, name) => world.writeNull(name, { body, meta: body }),
  };
}

export const copyNull: Step = {
  title: 'PUT with X-Copy-From for a dialect',
  send: async (at, name) => {
    const headers = { 'X-Copy-From': pathOf(at.shared, SOURCE).slice(1) };
    return (await at.dialect.ask('PUT', name, { headers })).status;
  },
  foresee: (world, name) => world.writeNull(name, COPIED),
};

export const removeNull: Step = {
  title: 'DELETE for a dialect',
  send: async (at, name) => (await at.dialect.ask('DELETE', name)).status,
  foresee: (world, name) => world.markNull(name),
};

/** Removes a version; the one before becomes current. */
export function removeAndSucceed(which: Which): Step {
  return {
    title: `DELETE ?version-id= of the ${which} for a dialect`,
    send: async (at, name) =>
      (await at.dialect.ask('DELETE', name, { query: await at.queryOf(name, which) })).status,
    foresee: (world, name) => world.removeAndSucceed(name, which),
  };
}

export function postToVersion(which: Which): Step {
  return {
    title: `POST ?version-id= of the ${which} for a dialect`,
    send: async (at, name) =>
      (await at.dialect.ask('POST', name, { meta: 'posted', query: await at.queryOf(name, which) }))
        .status,
    foresee: (world, name) => world.postToVersion(name, which, 'posted'),
  };
}

export function switchTo(setting: Setting | undefined): Step {
  return {
    title: setting ? `switch to ${setting}` : 'switch versions off',
    send: async (at) =>
      (await at.client.ask('POST', `/${at.container}`, at.headersOf(setting))).status,
    foresee: (world) => {
      world.mode = setting;
      return 204;
    },
  };
}

/** PUT of the container, with object versioning. */
export const setUp: Step = {
  title: 'PUT of the container',
  send: async (at) => (await at.client.ask('PUT', `/${at.container}`, at.headersOf('ids'))).status,
  foresee: (world) => world.setUp('ids'),
};

/** DELETE of the container, which must be empty. */
export const removeContainer: Step = {
  title: 'DELETE of the container',
  send: async (at) => (await at.client.ask('DELETE', `/${at.container}`)).status,
  foresee: (world) => world.removeContainer(),
};
