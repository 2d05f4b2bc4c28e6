import type { Mode } from '../../support/containers';

/** What is in force on the container of a history. */
export type Setting = Mode | 'off';

/** The name of a body: each PUT sends one of its own. What nobody sent is named `?` and its checksum. */
export type Content = string;

/** How a PUT is sent: in small pieces, on the condition that there is no object, with a wrong ETag, or never to its end. */
export type Way = 'whole' | 'in pieces' | 'unless there' | 'wrong ETag' | 'leaving';

/** How a copy is asked for. */
export type Spelling = 'COPY' | 'PUT';

/** One request, as far as versions are concerned. */
export type Call =
  | { readonly do: 'put'; readonly object: string; readonly content: Content; readonly way: Way }
  | { readonly do: 'copy'; readonly from: string; readonly to: string; readonly spelled: Spelling }
  /** A copy of an entry of the archive. */
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

/** A request and what came of it. Instants are milliseconds since the history began. */
export interface Operation {
  readonly client: number;
  /** By which of the proxies. */
  readonly through: number;
  readonly call: Call;
  readonly began: number;
  readonly ended: number;
  /** Undefined: no answer came. */
  readonly status?: number;
  /** Of an answered GET, HEAD or copy: what was read. */
  readonly content?: Content;
  /** Of an answered GET of the container. */
  readonly setting?: Setting;
}

/** A name in the archive container, and what is there; null is a delete marker. */
export interface Entry {
  readonly name: string;
  readonly content: Content | null;
}

/** What was found of an object when all was quiet; the archive's entries in the order of their names. */
export interface Found {
  readonly current: Content | null;
  readonly archive: readonly Entry[];
}

/** What a history is over: a real Swift, or our own store. */
export type Store = 'swift' | 'embedded';

/** What several clients did to a container and saw of it. A plain value, so that it can be kept as JSON. */
export interface History {
  /** Of what was done; when it was done is another matter. */
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

/** Whether a request must not change anything, whatever its answer. */
export function cannotTakeEffect(call: Call): boolean {
  return call.do === 'put' && (call.way === 'wrong ETag' || call.way === 'leaving');
}

/**
 * Statuses that Swift gives to each request. 202 and 409 are its answers to a write in a plain container that came too late, and 412 is
 * that to one in a versioned container that could not archive what is there.
 */
const STATUSES: Readonly<Record<Call['do'] | Way, readonly number[]>> = {
  put: [],
  whole: [201, 202, 412, 503],
  'in pieces': [201, 202, 412, 503],
  'unless there': [201, 202, 412, 503],
  // 202: what came too late is not looked at
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

/** Whether an answer is one that Swift gives. */
export function isPossible({ call, status }: Operation): boolean {
  return status === undefined || STATUSES[call.do === 'put' ? call.way : call.do].includes(status);
}
