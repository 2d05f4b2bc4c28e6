import type { Content, Spelling, Store, Way } from '../history';

/** One request, as far as versions with ids are concerned. */
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
  /** GET, PUT (which makes it the current one) and DELETE of a version. */
  | { readonly do: 'read' | 'restore' | 'drop'; readonly object: string; readonly id: string }
  /** A listing of the versions of an object. */
  | { readonly do: 'list'; readonly object: string }
  /** Switches versions on and off. */
  | { readonly do: 'set'; readonly enabled: boolean }
  /** A HEAD of the container. */
  | { readonly do: 'show' };

/** A line of a listing; `null` is the id of what has none. */
export interface Line {
  readonly id: string;
  readonly isLatest: boolean;
  readonly isMarker: boolean;
}

/** A request and what came of it. Instants are milliseconds since the history began. */
export interface Operation {
  readonly client: number;
  readonly through: number;
  readonly call: Call;
  readonly began: number;
  readonly ended: number;
  /** Undefined: no answer came. */
  readonly status?: number;
  /** The id that the answer told. */
  readonly id?: string;
  /** What was read, or copied. */
  readonly content?: Content;
  readonly lines?: readonly Line[];
  /** Of an answered HEAD of the container. */
  readonly enabled?: boolean;
}

/** What was found of an object when all was quiet; versions the newest first, null for a delete marker. */
export interface Found {
  readonly current: { readonly id: string; readonly content: Content } | null;
  readonly lines: readonly Line[];
  readonly contents: Readonly<Record<string, Content | null>>;
}

/** What several clients did to a container with ids and saw of it. A plain value, so that it can be kept as JSON. */
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

/** Whether it is not known what became of the request. */
export function isOpen({ status }: Operation): boolean {
  return status === undefined || status === 503;
}

/** Statuses that each request may get. */
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

/** Whether an answer is one that may be. */
export function isPossible({ call, status }: Operation): boolean {
  if (status === undefined) return true;
  if (call.do === 'put' && call.way === 'wrong ETag' && status === 201) return false;
  return STATUSES[call.do].includes(status);
}

/** The object that a request is about, or writes. */
export function objectOf(call: Call): string | undefined {
  if (call.do === 'copy') return call.to;
  return 'object' in call ? call.object : undefined;
}
