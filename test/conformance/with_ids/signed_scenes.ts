import { createHash } from 'node:crypto';
import type { Client } from '../../support/clients/client';
import { mustBe, newContainer, pathOf } from '../../support/clients/containers';

/** The keys of the containers in a scene, and of their account. */
export const KEYS = { container: 'key of the container', other: 'key of the other' } as const;
export const ACCOUNT_KEY = 'key of the account';

/** What a signed URL may be for: containers with objects of all kinds. */
export interface Scene {
  readonly owner: Client;
  /** A container with ids. */
  readonly container: string;
  /** Another container with ids, with another key. */
  readonly other: string;
  /** A container without versions and without a key. */
  readonly plain: string;
}

/** An object that a signed URL is for. */
export interface Place {
  readonly container: string;
  readonly object: string;
}

/** A row of the table: makes an object, and whatever it leads to. */
export interface SceneRow {
  readonly name: string;
  make(scene: Scene): Promise<Place>;
}

const ENABLED = { 'X-Versions-Enabled': 'true' };
const KEY = 'X-Container-Meta-Temp-URL-Key';
const PARTS = ['first ', 'second ', 'third'];
const OTHER_PARTS = ['FIRST ', 'SECOND ', 'THIRD'];
/** Names with what URLs and manifests must encode. */
const ODD = 'a folder/é+%2F?#&=;"name';

const md5 = (text: string) => createHash('md5').update(text).digest('hex');

/** Creates the containers of a scene; those that have ids get versions at once. */
export async function newScene(owner: Client): Promise<Scene> {
  const [container, other, plain] = await Promise.all([
    newContainer(owner, 'signed', { ...ENABLED, [KEY]: KEYS.container }),
    newContainer(owner, 'other', { ...ENABLED, [KEY]: KEYS.other }),
    newContainer(owner, 'unversioned'),
  ]);
  return { owner, container, other, plain };
}

/** Writes an object, over an older version of it. */
async function write(
  owner: Client,
  container: string,
  object: string,
  body: string,
  headers: Record<string, string> = {},
): Promise<Place> {
  for (const content of [`an old version of ${object}`, body])
    await mustBe(201, owner.ask('PUT', pathOf(container, object), headers, content));
  return { container, object };
}

/** Writes the parts of a large object, and returns where they are. */
async function writeParts(
  { owner }: Scene,
  container: string,
  prefix = 'part',
  bodies = PARTS,
): Promise<Place[]> {
  const places = bodies.map((body, i) => ({ body, object: `${prefix}/${i}` }));
  for (const { object, body } of places) await write(owner, container, object, body);
  return places.map(({ object }) => ({ container, object }));
}

type Segment =
  Place | { readonly place: Place; readonly range: string } | { readonly data: string };

async function slo(
  { owner }: Scene,
  { container, object }: Place,
  segments: readonly Segment[],
): Promise<Place> {
  const manifest = segments.map((segment) => {
    if ('data' in segment) return { data: Buffer.from(segment.data).toString('base64') };
    const { place, ...rest } = 'place' in segment ? segment : { place: segment };
    return { path: `/${place.container}/${place.object}`, ...rest };
  });
  await mustBe(
    201,
    owner.ask(
      'PUT',
      `${pathOf(container, object)}?multipart-manifest=put`,
      { 'Content-Type': 'text/slo', 'X-Object-Meta-A': 'private', 'X-Object-Meta-Public-B': 'b' },
      JSON.stringify(manifest),
    ),
  );
  return { container, object };
}

async function dlo(
  { owner }: Scene,
  { container, object }: Place,
  parts: string,
  prefix = 'part/',
): Promise<Place> {
  const manifest = pathOf(parts, prefix).slice(1);
  const headers = {
    'X-Object-Manifest': manifest,
    'Content-Type': 'text/dlo',
    'X-Object-Meta-A': 'private',
    'X-Object-Meta-Public-B': 'b',
  };
  await mustBe(201, owner.ask('PUT', pathOf(container, object), headers, ''));
  return { container, object };
}

async function link(
  { owner }: Scene,
  { container, object }: Place,
  to: Place,
  headers: Record<string, string> = {},
): Promise<Place> {
  const target = { 'X-Symlink-Target': pathOf(to.container, to.object).slice(1) };
  await mustBe(201, owner.ask('PUT', pathOf(container, object), { ...target, ...headers }, ''));
  return { container, object };
}

async function enable({ owner }: Scene, container: string, value: boolean): Promise<void> {
  const headers = { 'X-Versions-Enabled': String(value) };
  await mustBe(204, owner.ask('POST', `/${container}`, headers));
}

/** A container that gets its key now, and versions later. */
async function withoutIds({ owner }: Scene): Promise<string> {
  return newContainer(owner, 'later', { [KEY]: KEYS.container });
}

const large = (container: string): Place => ({ container, object: 'large' });

const rows: Readonly<Record<string, SceneRow['make']>> = {
  'an object': ({ owner, container }) =>
    write(owner, container, ODD, 'an object', { 'X-Object-Meta-A': 'private' }),
  'a DLO': async (scene) => {
    await writeParts(scene, scene.container);
    return dlo(scene, large(scene.container), scene.container);
  },
  'an SLO': async (scene) =>
    slo(scene, large(scene.container), await writeParts(scene, scene.container)),
  'an SLO with a name that is encoded': async (scene) => {
    const part = await write(scene.owner, scene.container, ODD, 'odd part');
    return slo(scene, { container: scene.container, object: `${ODD}2` }, [part]);
  },
  'an SLO of ranges and of data': async (scene) => {
    const [one, two] = await writeParts(scene, scene.container);
    return slo(scene, large(scene.container), [
      { place: one!, range: '1-2' },
      { data: 'inline' },
      { place: two!, range: '-3' },
      one!,
    ]);
  },
  'an SLO of SLOs': async (scene) => {
    const { container } = scene;
    const parts = await writeParts(scene, container);
    const inner = await slo(scene, { container, object: 'inner' }, parts);
    const middle = await slo(scene, { container, object: 'middle' }, [
      { place: inner, range: '3-12' },
      parts[0]!,
    ]);
    return slo(scene, large(container), [middle, { place: inner, range: '2-5' }, { data: 'end' }]);
  },
  'a symlink to an object': async (scene) => {
    const to = await write(scene.owner, scene.container, 'object', 'behind a link');
    return link(scene, { container: scene.container, object: 'link' }, to);
  },
  'a static symlink to an object': async (scene) => {
    const to = await write(scene.owner, scene.container, 'object', 'behind a link');
    const headers = { 'X-Symlink-Target-Etag': md5('behind a link') };
    return link(scene, { container: scene.container, object: 'link' }, to, headers);
  },
  'a static symlink to what has changed': async (scene) => {
    const to = await write(scene.owner, scene.container, 'object', 'before');
    const place = await link(scene, { container: scene.container, object: 'link' }, to, {
      'X-Symlink-Target-Etag': md5('before'),
    });
    await write(scene.owner, scene.container, 'object', 'after');
    return place;
  },
  'a symlink to an SLO': async (scene) => {
    const { container } = scene;
    const to = await slo(scene, large(container), await writeParts(scene, container));
    return link(scene, { container, object: 'link' }, to);
  },
  'a symlink to a symlink to a DLO': async (scene) => {
    const { container } = scene;
    await writeParts(scene, container);
    const to = await dlo(scene, large(container), container);
    const middle = await link(scene, { container, object: 'middle' }, to);
    return link(scene, { container, object: 'link' }, middle);
  },
  'a symlink of three': async (scene) => {
    const { container } = scene;
    let place = await write(scene.owner, container, 'object', 'behind three');
    for (const object of ['one', 'two', 'three'])
      place = await link(scene, { container, object }, place);
    return place;
  },
  'a symlink to nothing': (scene) =>
    link(
      scene,
      { container: scene.container, object: 'link' },
      { container: scene.container, object: 'nothing' },
    ),
  'a symlink to an object of another container': async (scene) => {
    const to = await write(scene.owner, scene.other, 'object', 'secret');
    return link(scene, { container: scene.container, object: 'link' }, to);
  },
  'a symlink to an SLO of another container with parts in this one': async (scene) => {
    const to = await slo(scene, large(scene.other), await writeParts(scene, scene.container));
    return link(scene, { container: scene.container, object: 'link' }, to);
  },
  'a symlink that leads out and back': async (scene) => {
    const to = await write(scene.owner, scene.container, 'object', 'here');
    const away = await link(scene, { container: scene.other, object: 'away' }, to);
    return link(scene, { container: scene.container, object: 'link' }, away);
  },
  'an SLO with parts in a container without versions': async (scene) =>
    slo(scene, large(scene.container), await writeParts(scene, scene.plain)),
  'an SLO with parts in another container with ids': async (scene) =>
    slo(scene, large(scene.container), await writeParts(scene, scene.other)),
  'an SLO of an SLO with parts in another container': async (scene) => {
    const { container } = scene;
    const parts = await writeParts(scene, scene.other);
    const inner = await slo(scene, { container, object: 'inner' }, parts);
    return slo(scene, large(container), [inner]);
  },
  'an SLO whose second part is in another container': async (scene) => {
    const [one] = await writeParts(scene, scene.container);
    const [, two] = await writeParts(scene, scene.other);
    return slo(scene, large(scene.container), [one!, two!]);
  },
  'an SLO of a symlink in this container': async (scene) => {
    const container = await withoutIds(scene);
    const to = await write(scene.owner, container, 'object', 'behind a link');
    const part = await link(scene, { container, object: 'link' }, to);
    const place = await slo(scene, large(container), [part]);
    await enable(scene, container, true);
    await write(scene.owner, container, 'object', 'behind a link');
    return place;
  },
  'an SLO of a symlink to another container': async (scene) => {
    const container = await withoutIds(scene);
    const to = await write(scene.owner, scene.other, 'object', 'secret');
    const part = await link(scene, { container, object: 'link' }, to);
    const place = await slo(scene, large(container), [part]);
    await enable(scene, container, true);
    return place;
  },
  'an SLO whose part has changed': async (scene) => {
    const place = await slo(
      scene,
      large(scene.container),
      await writeParts(scene, scene.container),
    );
    await write(scene.owner, scene.container, 'part/0', 'CHANGED');
    return place;
  },
  'an SLO whose part is deleted': async (scene) => {
    const place = await slo(
      scene,
      large(scene.container),
      await writeParts(scene, scene.container),
    );
    await mustBe(204, scene.owner.ask('DELETE', pathOf(scene.container, 'part/0')));
    return place;
  },
  'an SLO that is deleted': async (scene) => {
    const place = await slo(
      scene,
      large(scene.container),
      await writeParts(scene, scene.container),
    );
    await mustBe(204, scene.owner.ask('DELETE', pathOf(scene.container, 'large')));
    return place;
  },
  'an SLO that is replaced by one of other parts': async (scene) => {
    const { container } = scene;
    await slo(scene, large(container), await writeParts(scene, container));
    const others = await writeParts(scene, container, 'others', OTHER_PARTS);
    return slo(scene, large(container), others);
  },
  'an SLO from before its container had ids': async (scene) => {
    const container = await withoutIds(scene);
    const place = await slo(scene, large(container), await writeParts(scene, container));
    await enable(scene, container, true);
    return place;
  },
  'an SLO from before, whose parts are written again': async (scene) => {
    const container = await withoutIds(scene);
    const place = await slo(scene, large(container), await writeParts(scene, container));
    await enable(scene, container, true);
    await writeParts(scene, container);
    return place;
  },
  'an SLO from before, whose last part is written again': async (scene) => {
    const container = await withoutIds(scene);
    const place = await slo(scene, large(container), await writeParts(scene, container));
    await enable(scene, container, true);
    await write(scene.owner, container, 'part/2', PARTS[2]!);
    return place;
  },
  'an SLO after its parts had ids': async (scene) => {
    const container = await withoutIds(scene);
    const parts = await writeParts(scene, container);
    await enable(scene, container, true);
    return slo(scene, large(container), parts);
  },
  'a DLO from before, whose parts are written again': async (scene) => {
    const container = await withoutIds(scene);
    await writeParts(scene, container);
    const place = await dlo(scene, large(container), container);
    await enable(scene, container, true);
    await write(scene.owner, container, 'part/1', PARTS[1]!);
    return place;
  },
  'a DLO while versions are off': async (scene) => {
    await writeParts(scene, scene.container);
    const place = await dlo(scene, large(scene.container), scene.container);
    await enable(scene, scene.container, false);
    return place;
  },
  'a DLO of no parts': (scene) => dlo(scene, large(scene.container), scene.container),
  'a DLO with parts in a container without versions': async (scene) => {
    await writeParts(scene, scene.plain);
    return dlo(scene, large(scene.container), scene.plain);
  },
  'a DLO with parts in another container with ids': async (scene) => {
    await writeParts(scene, scene.other);
    return dlo(scene, large(scene.container), scene.other);
  },
  'a DLO of symlinks in this container': async (scene) => {
    const { container } = scene;
    await write(scene.owner, container, 'object', 'behind a link');
    await link(scene, { container, object: 'part/0' }, { container, object: 'object' });
    return dlo(scene, large(container), container);
  },
  'a DLO of symlinks to another container': async (scene) => {
    const { container, other } = scene;
    await write(scene.owner, other, 'object', 'secret');
    await link(scene, { container, object: 'part/0' }, { container: other, object: 'object' });
    return dlo(scene, large(container), container);
  },
  'a DLO of DLOs': async (scene) => {
    const { container } = scene;
    await writeParts(scene, container);
    await dlo(scene, { container, object: 'inner/0' }, container);
    return dlo(scene, large(container), container, 'inner/');
  },
  'a DLO of SLOs': async (scene) => {
    const { container } = scene;
    const parts = await writeParts(scene, container);
    await slo(scene, { container, object: 'inner/0' }, parts);
    await write(scene.owner, container, 'inner/1', 'plain');
    return dlo(scene, large(container), container, 'inner/');
  },
  'a DLO without versions with parts that have ids': async (scene) => {
    await writeParts(scene, scene.other);
    const outside = await newContainer(scene.owner, 'outside', { [KEY]: KEYS.container });
    return dlo(scene, large(outside), scene.other);
  },
};

/** Objects of all kinds, each in or out of reach of a container's key. */
export const SCENES: readonly SceneRow[] = Object.entries(rows).map(([name, make]) => ({
  name,
  make,
}));
