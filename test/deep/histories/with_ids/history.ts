import type { Content, Spelling, Store, Way } from '../history';

/** One request, as far as it concerns versions with ids. */
export type Call =
  | { readonly do: 'put'; readonly object: string; readonly content: Content; readonly way: Way }
  /** A copy of an object, or of one of its versions. */
  | {
      readonly do: 'copy';
      readonly from: string;
      readonly id?: string;
      readonly to: string;
      readonly spelled: Spelling;
    }
  | { readonly do: 'delete' | 'post'; readonly object: string }
  | { readonly do: 'get' | 'head'; readonly object: string }
  /** GET, PUT (which restores it) and DELETE of a version. */
  | { readonly do: 'read' | 'restore' | 'drop'; readonly object: string; readonly id: string }
  /** A listing of the versions of an object. */
  | { readonly do: 'list'; readonly object: string }
  /** Enables or suspends versions. */
  | { readonly do: 'set'; readonly enabled: boolean }
  /** A HEAD of the container. */
  | { readonly do: 'show' };

/** A line of a listing; `null` is the id of an object without one. */
export interface Line {
  readonly id: string;
  readonly isLatest: boolean;
  readonly isMarker: boolean;
}

/** A request and its result. Instants are in milliseconds since the history began. */
export interface Operation {
  readonly client: number;
  readonly through: number;
  readonly call: Call;
  readonly began: number;
  readonly ended: number;
  /** Undefined if there was no response. */
  readonly status?: number;
  /** The id in the response. */
  readonly id?: string;
  /** The content that was read or copied. */
  readonly content?: Content;
  readonly lines?: readonly Line[];
  /** What an answered HEAD of the container reported. */
  readonly enabled?: boolean;
}

/** The final state of an object; versions are newest first, null is a delete marker. */
export interface Found {
  readonly current: { readonly id: string; readonly content: Content } | null;
  readonly lines: readonly Line[];
  readonly contents: Readonly<Record<string, Content | null>>;
}

/**
 * What several clients did to a container with ids and saw of it. Plain, so it can be
 * saved as JSON.
 */
export interface History {
  readonly seed: number;
  readonly where: string;
  readonly store: Store;
  readonly initially: boolean;
  readonly operations: readonly Operation[];
  readonly finally: {
    readonly enabled: boolean;
    readonly objects: Readonly<Record<string, Found>>;
  };
}

/** Whether the result of the request is unknown. */
export function isOpen({ status }: Operation): boolean {
  return status === undefined || status === 503;
}

/** The allowed statuses of each request. */
const STATUSES: Readonly<Record<Call['do'], readonly number[]>> = {
  put: [201, 412, 422, 503],
  copy: [201, 404, 503],
  delete: [204, 404, 503],
  post: [202, 404, 503],
  get: [200, 404, 503],
  head: [200, 404, 503],
  read: [200, 404, 503],
  restore: [201, 404, 503],
  drop: [204, 404, 503],
  list: [200, 503],
  set: [204, 503],
  show: [204, 503],
};

/** Whether a response is allowed. */
export function isPossible({ call, status }: Operation): boolean {
  if (status === undefined) return true;
  if (call.do === 'put' && call.way === 'wrong ETag' && status === 201) return false;
  return STATUSES[call.do].includes(status);
}

/** Returns the object that a request concerns or writes. */
export function objectOf(call: Call): string | undefined {
  if (call.do === 'copy') return call.to;
  return 'object' in call ? call.object : undefined;
}
