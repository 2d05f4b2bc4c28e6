import type { Mode } from '../../support/clients/containers';

/** The setting of a history's container. */
export type Setting = Mode | 'off';

/**
 * The name of a body, unique to its PUT; unknown bodies are named `?` and their checksum.
 */
export type Content = string;

/**
 * How a PUT is sent: in small pieces, only if absent, with a wrong ETag, or cut short.
 */
export type Way = 'whole' | 'in pieces' | 'unless there' | 'wrong ETag' | 'leaving';

/** The method of a copy. */
export type Spelling = 'COPY' | 'PUT';

/** One request, as far as it concerns versions. */
export type Call =
  | { readonly do: 'put'; readonly object: string; readonly content: Content; readonly way: Way }
  | { readonly do: 'copy'; readonly from: string; readonly to: string; readonly spelled: Spelling }
  /** A copy of an archive entry. */
  | {
      readonly do: 'restore';
      readonly entry: string;
      readonly object: string;
      readonly spelled: Spelling;
    }
  | { readonly do: 'delete'; readonly object: string }
  /** A change of metadata, which makes no version. */
  | { readonly do: 'post'; readonly object: string }
  | { readonly do: 'get' | 'head'; readonly object: string }
  /** A change of the container's setting. */
  | { readonly do: 'set'; readonly setting: Setting }
  /** A GET of the container. */
  | { readonly do: 'show' };

/** A request and its result. Instants are in milliseconds since the history began. */
export interface Operation {
  readonly client: number;
  /** The index of its proxy. */
  readonly through: number;
  readonly call: Call;
  readonly began: number;
  readonly ended: number;
  /** Undefined if there was no response. */
  readonly status?: number;
  /** What an answered GET, HEAD or copy read. */
  readonly content?: Content;
  /** What an answered GET of the container reported. */
  readonly setting?: Setting;
}

/** A name in the archive container, and its content; null is a delete marker. */
export interface Entry {
  readonly name: string;
  readonly content: Content | null;
}

/** The final state of an object; archive entries are in the order of their names. */
export interface Found {
  readonly current: Content | null;
  readonly archive: readonly Entry[];
}

/** The store of a history: a real Swift, or our own. */
export type Store = 'swift' | 'embedded';

/**
 * What several clients did to a container and saw of it. Plain, so it can be saved as
 * JSON.
 */
export interface History {
  /** Determines what was done, but not when. */
  readonly seed: number;
  readonly where: string;
  readonly store: Store;
  readonly initially: Setting;
  readonly operations: readonly Operation[];
  readonly finally: {
    readonly setting: Setting;
    readonly objects: Readonly<Record<string, Found>>;
    /** Names in the archive container that belong to none of the objects. */
    readonly strays: readonly string[];
  };
}

/** Whether the request may or may not have taken effect, at any time after it began. */
export function isOpen({ status, call }: Operation): boolean {
  return (status === undefined || status === 503) && !cannotTakeEffect(call);
}

/** Whether a request must not change anything, whatever the response. */
export function cannotTakeEffect(call: Call): boolean {
  return call.do === 'put' && (call.way === 'wrong ETag' || call.way === 'leaving');
}

/**
 * The statuses that Swift sends to each request. 202 and 409 answer a write to a plain
 * container that came too late, and 412 one to a versioned container that could not
 * archive the object.
 */
const STATUSES: Readonly<Record<Call['do'] | Way, readonly number[]>> = {
  put: [],
  whole: [201, 202, 412, 503],
  'in pieces': [201, 202, 412, 503],
  'unless there': [201, 202, 412, 503],
  // 202: the body of a late write is not checked
  'wrong ETag': [202, 412, 422, 503],
  leaving: [],
  copy: [201, 202, 404, 412, 503],
  restore: [201, 202, 404, 412, 503],
  delete: [204, 404, 409, 412, 503],
  post: [202, 404, 409, 503],
  get: [200, 404, 503],
  head: [200, 404, 503],
  set: [204, 503],
  show: [200, 204, 503],
};

/** Whether Swift may send this response. */
export function isPossible({ call, status }: Operation): boolean {
  return status === undefined || STATUSES[call.do === 'put' ? call.way : call.do].includes(status);
}
