import { UsageError } from '../usage_error';
import { KINDS, type Kind } from './answers';

/** The flags of `hindsight init`, as given. */
export interface InitFlags {
  readonly kind?: string;
  readonly ip?: string;
  readonly port?: string;
  readonly s3?: boolean;
  readonly data?: string;
  readonly user?: readonly string[];
  readonly upstream?: string;
  readonly authUrl?: string;
  /** False: there is none. */
  readonly serviceUser?: string | false;
  readonly serviceKeyFile?: string;
  readonly serviceProject?: string;
}

/** The flags that only some kinds have, as on the command line. */
const FORMS = {
  data: '--data FOLDER',
  user: '--user ACCOUNT:NAME',
  upstream: '--upstream URL',
  authUrl: '--auth-url URL',
  serviceUser: '--service-user NAME (with --service-key-file FILE) or --no-service-user',
  serviceKeyFile: '--service-key-file FILE',
  serviceProject: '--service-project NAME',
} as const;

type SpecialFlag = keyof typeof FORMS;

const SERVICE = ['upstream', 'authUrl', 'serviceUser', 'serviceKeyFile'] as const;

const APPLICABLE: Readonly<Record<Kind, readonly SpecialFlag[]>> = {
  embedded: ['data', 'user'],
  swift: ['user', ...SERVICE],
  keystone: [...SERVICE, 'serviceProject'],
};

const OF_SERVICE_USER: readonly SpecialFlag[] = ['authUrl', 'serviceKeyFile', 'serviceProject'];

/** @throws UsageError if it is not known */
export function readKind(text: string): Kind {
  const kind = KINDS.find((each) => each === text);
  if (kind === undefined) throw new UsageError(`not known; known: ${KINDS.join(', ')}`);
  return kind;
}

/** @throws UsageError with flags that a kind, or the lack of a service user, excludes */
export function refuseInapplicable(flags: InitFlags, kind: Kind): void {
  const given = (Object.keys(FORMS) as SpecialFlag[]).filter((flag) => flags[flag] !== undefined);
  refuse(
    given.filter((flag) => !APPLICABLE[kind].includes(flag)),
    `--kind ${kind}`,
  );
  if (flags.serviceUser === false)
    refuse(
      given.filter((flag) => OF_SERVICE_USER.includes(flag)),
      '--no-service-user',
    );
}

function refuse(flags: readonly SpecialFlag[], other: string): void {
  if (flags.length === 0) return;
  throw new UsageError(`${flags.map((flag) => FORMS[flag]).join(', ')}: not with ${other}`);
}

/**
 * Checks that nobody has to be asked.
 *
 * @throws UsageError with all flags that are missing
 */
export function requireAll(flags: InitFlags): void {
  if (flags.kind === undefined) {
    const needs = KINDS.map((kind) => `for ${kind} ${missingFor(kind, flags).join(', ')}`);
    throw new UsageError(`${NOBODY} --kind ${KINDS.join('|')}; ${needs.join('; ')}`);
  }
  const missing = missingFor(readKind(flags.kind), flags);
  if (missing.length > 0) throw new UsageError(`${NOBODY} ${missing.join(', ')}`);
}

const NOBODY = 'there is no terminal to ask at, so these flags are needed:';

function missingFor(kind: Kind, flags: InitFlags): string[] {
  const hasService = flags.serviceUser !== false;
  const needed: readonly (SpecialFlag | false)[] =
    kind === 'embedded'
      ? ['user']
      : [
          'upstream',
          hasService && kind === 'keystone' && 'authUrl',
          'serviceUser',
          flags.serviceUser !== undefined && hasService && 'serviceKeyFile',
        ];
  return needed
    .filter((flag) => flag !== false)
    .filter((flag) => flags[flag] === undefined)
    .map((flag) => FORMS[flag]);
}
