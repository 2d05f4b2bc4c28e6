import { UsageError } from '../usage_error';
import type { Answers, Kind, Secret, ServiceAnswer, UserAnswer } from './answers';

/** The samples that explain all options, in the folder of the package. */
const SAMPLES: Readonly<Record<Kind, string>> = {
  embedded: 'config/embedded.conf',
  swift: 'config/swift.conf',
  keystone: 'config/swift-keystone.conf',
};

/**
 * Returns the text of a configuration.
 *
 * @throws UsageError if an answer cannot stand in one
 */
export function formatConfiguration(answers: Answers): string {
  const { kind, ip, port } = answers;
  const lines = [
    '# Written by "hindsight init". It has keys, so only its owner may read it.',
    `# ${SAMPLES[kind]}, in the folder of the package, explains all options.`,
    ...section('DEFAULT', [
      option('bind_ip', ip),
      option('bind_port', String(port)),
      '# workers = auto                  ; one process per processor; default: one process',
      ...(kind === 'embedded'
        ? []
        : ['# redis_url = redis://127.0.0.1:6379 ; needed by several servers over one Swift']),
    ]),
    ...(kind === 'embedded' ? embeddedSections(answers) : swiftSections(answers)),
  ];
  return `${lines.join('\n')}\n`;
}

function embeddedSections({ data, s3, users }: Extract<Answers, { kind: 'embedded' }>): string[] {
  return [
    ...pipeline(
      s3,
      'bulk tempurl formpost tempauth container_quotas account_quotas versioned_writes embedded',
    ),
    ...(s3
      ? section('filter:s3api', [
          '# Each user of tempauth is an access key, ACCOUNT:NAME, whose secret key is KEY.',
          'use = s3api',
        ])
      : []),
    ...section('filter:tempauth', [
      '# user_ACCOUNT_NAME = KEY [.admin]; user64_ACCOUNT_NAME has both in base64.',
      'use = tempauth',
      ...users.map(({ account, user, key }) => option(userOption(account, user), `${key} .admin`)),
    ]),
    ...section('filter:versioned_writes', [
      'use = versioned_writes',
      'allow_versioned_writes = true     ; X-Versions-Location and X-History-Location',
      'allow_object_versioning = true    ; X-Versions-Enabled: versions with ids',
    ]),
    ...section('app:embedded', ['use = embedded', option('data', data)]),
  ];
}

function swiftSections(answers: Exclude<Answers, { kind: 'embedded' }>): string[] {
  const { kind, upstream, service, noteKey, s3, users } = answers;
  return [
    ...pipeline(s3, 'bulk formpost versioned_writes proxy-server'),
    ...(s3 ? s3Section(answers) : []),
    ...users.flatMap(credentialSection),
    ...section('filter:versioned_writes', [
      'use = versioned_writes',
      'allow_versioned_writes = true     ; X-Versions-Location and X-History-Location',
      '# Versions with ids, which S3 has. Swift needs symlink in its pipeline.',
      `${s3 ? '' : '# '}allow_object_versioning = true`,
      '# Signs the notes on objects; the same on all servers over one Swift.',
      option('note_key', noteKey),
    ]),
    ...section('app:proxy-server', [
      'use = swift',
      option('upstream', upstream),
      ...(service ? serviceOptions(kind, service) : NO_SERVICE_USER),
    ]),
  ];
}

const NO_SERVICE_USER = [
  '# Without a service user everything is done with the token of the client.',
];

function serviceOptions(kind: Kind, service: ServiceAnswer): string[] {
  if (kind === 'keystone')
    return [
      '# Its role must be in reseller_admin_role of Swift.',
      ...keystoneLogin('password', service),
    ];
  return [
    '# It needs the group .reseller_admin.',
    option('auth_url', service.authUrl),
    option('auth_user', service.user),
    secret('auth_key', service.key),
  ];
}

function keystoneLogin(type: string, { authUrl, user, key, project }: ServiceAnswer): string[] {
  return [
    `auth_type = ${type}`,
    option('auth_url', authUrl),
    option('username', user),
    secret('password', key),
    option('project_name', project ?? ''),
  ];
}

function s3Section({ kind, service }: Exclude<Answers, { kind: 'embedded' }>): string[] {
  const login =
    kind === 'keystone' && service
      ? [
          '# Access keys are those of openstack ec2 credentials create, which the service user',
          '# reads: usually it needs the role admin.',
          ...keystoneLogin('ec2', service),
        ]
      : [];
  return section('filter:s3api', ['use = s3api', ...login]);
}

function credentialSection({ account, user, key, swiftKey }: UserAnswer): string[] {
  const name = `${account}:${user}`;
  return section(`credentials:${name}`, [
    '# The access key is above; the secret key is only for S3, key logs in at the Swift.',
    option('secret_key', key),
    option('user', name),
    ...(swiftKey ? [secret('key', swiftKey)] : []),
  ]);
}

function pipeline(s3: boolean, rest: string): string[] {
  const first = 'catch_errors gatekeeper healthcheck proxy-logging';
  return section('pipeline:main', [`pipeline = ${first}${s3 ? ' s3api' : ''} ${rest}`]);
}

function section(name: string, lines: readonly string[]): string[] {
  return ['', `[${name}]`, ...lines];
}

/** The name of the option of a user of `tempauth`. */
function userOption(account: string, user: string): string {
  const names = [account, user];
  if (names.every((name) => /^[A-Za-z0-9.-]+$/.test(name))) return `user_${names.join('_')}`;
  const encoded = names.map((name) => Buffer.from(name).toString('base64').replace(/=+$/, ''));
  return `user64_${encoded.join('_')}`;
}

function secret(name: string, value: Secret): string {
  if ('text' in value) return option(name, value.text);
  const { file } = value;
  if (!isPlain(file) || file.includes('}')) throw unfit(name);
  return `${name} = \${file:${file}}`;
}

/** @throws UsageError if the configuration would be read with another value */
function option(name: string, value: string): string {
  if (!isPlain(value)) throw unfit(name);
  return `${name} = ${value}`;
}

function isPlain(value: string): boolean {
  return value === value.trim() && !/(^|\s)[;#]|\$\{|[\n\r]/.test(value);
}

/** Does not show the value, which may be a secret. */
function unfit(name: string): UsageError {
  return new UsageError(
    `the value for ${name} cannot stand in a configuration: no spaces at its ends, no "#" or ";" after a space, no "\${", no line break`,
  );
}
