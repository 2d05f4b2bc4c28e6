import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, type Mistake } from '../../../src/config/error';
import { readConfig } from '../../../src/pipeline/load';
import { versionedWrites } from '../../../src/server/express/middleware';

const SAMPLE = readFileSync(join(__dirname, '../../../config/embedded.conf'), 'utf8');
const PIPELINE = /^pipeline = .*$/m;

/** A configuration of the embedded store with a pipeline; `more` adds sections. */
const embedded = (filters: string, more = '', defaults = '') => `[DEFAULT]
${defaults}
[pipeline:main]
pipeline = ${filters} embedded
[filter:tempauth]
user_test_tester = a key of 12.. .admin
[app:embedded]
data = /nowhere
${more}`;

function mistakesIn(text: string): readonly Mistake[] {
  try {
    readConfig(text, 'test.conf', {});
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes;
    throw error;
  }
}

const causes = (text: string) => mistakesIn(text).map(({ cause }) => cause);

describe('a pipeline over the embedded store', () => {
  it.each([
    [
      'catch_errors gatekeeper versioned_writes tempauth',
      'tempauth must stand before versioned_writes',
    ],
    [
      'catch_errors gatekeeper versioned_writes',
      'no client could do anything: add a filter that authenticates',
    ],
    [
      'catch_errors gatekeeper tempauth versioned_writes container_quotas',
      'container_quotas must stand before versioned_writes',
    ],
    ['gatekeeper tempauth versioned_writes bulk', 'bulk must stand before versioned_writes'],
    [
      'gatekeeper tempauth versioned_writes formpost',
      'formpost must stand before versioned_writes',
    ],
    ['gatekeeper tempauth versioned_writes tempurl', 'tempurl must stand before versioned_writes'],
  ])('%s is refused', (filters, cause) => {
    expect(causes(embedded(filters)).join('\n')).toContain(cause);
  });

  it("is refused in the sample's order with versioned_writes before tempauth", () => {
    const names = (PIPELINE.exec(SAMPLE)?.[0] ?? '').replace(' versioned_writes', '');
    const text = SAMPLE.replace(PIPELINE, names.replace('tempauth', 'versioned_writes tempauth'));
    expect(causes(text).join('\n')).toContain('tempauth must stand before versioned_writes');
  });
});

describe('access without a login', () => {
  const open = (defaults = '', filters = 'gatekeeper versioned_writes') =>
    embedded(filters, 'anonymous = all\n', defaults);

  it('is for those who ask for it, on loopback', () => {
    const more = '[filter:versioned_writes]\nallow_versioned_writes = true\n';
    expect(mistakesIn(`${open()}${more}`)).toEqual([]);
    expect(mistakesIn(`${open('bind_ip = ::1')}${more}`)).toEqual([]);
  });

  it('is refused beyond loopback', () => {
    expect(mistakesIn(open('bind_ip = 0.0.0.0'))).toEqual([
      {
        file: 'test.conf',
        line: 9,
        cause:
          '[app:embedded] anonymous: every client that reaches 0.0.0.0 could do everything; bind_ip must be a loopback address',
      },
    ]);
  });

  it('is refused beside a filter that authenticates', () => {
    expect(causes(open('', 'gatekeeper tempauth versioned_writes')).join()).toContain(
      'tempauth would still decide',
    );
  });
});

describe('a section that is not in the pipeline', () => {
  const inPipeline = 'gatekeeper tempauth versioned_writes';

  it.each([
    ['[filter:versioned_write]\nuse = versioned_writes', 'did you mean [filter:versioned_writes]?'],
    [
      '[filter:versioned_write]\nallow_versioned_writes = on',
      'did you mean [filter:versioned_writes]?',
    ],
    ['[filter:other]\nuse = versioned_writes', 'did you mean [filter:versioned_writes]?'],
    ['[filter:gatekeper]', 'did you mean [filter:gatekeeper]?'],
  ])('%j is refused', (section, cause) => {
    const mistakes = mistakesIn(embedded(inPipeline, section));
    expect(mistakes[0]).toMatchObject({ line: 9 });
    expect(mistakes.map((each) => each.cause).join('\n')).toContain(cause);
  });

  it('is refused as what it is meant for, if it is the app', () => {
    const text = embedded(inPipeline).replace('[app:embedded]', '[app:embeded]\nuse = embedded');
    expect(causes(text)).toEqual([
      '[app:embeded] is not in the pipeline, where embedded has no section; did you mean [app:embedded]?',
    ]);
  });

  it('is listed as unused', () => {
    const text = embedded(inPipeline, '[filter:bulk]\n[filter:quota]\nuse = container_quotas\n');
    expect(readConfig(text, 'test.conf', {}).remarks).toEqual([
      '[filter:bulk] (line 9) is unused: it is not in the pipeline',
      '[filter:quota] (line 10) is unused: it is not in the pipeline',
    ]);
  });
});

describe('keys over the embedded store', () => {
  const withKey = (key: string, bindIp: string) =>
    embedded('gatekeeper tempauth versioned_writes', '', `bind_ip = ${bindIp}`).replace(
      'a key of 12..',
      key,
    );

  it.each(['test', 'testing', 'elevenchars', 'aaaaaaaaaaaaaaaa', 'AWS_SECRET_ACCESS_KEY'])(
    '%s is refused beyond loopback',
    (key) => {
      expect(mistakesIn(withKey(key, '127.0.0.1'))).toEqual([]);
      const [mistake, ...more] = mistakesIn(withKey(key, '0.0.0.0'));
      expect(more).toEqual([]);
      expect(mistake).toMatchObject({ line: 6 });
      expect(mistake?.cause).toContain('change it before you bind to 0.0.0.0');
      expect(mistake?.cause).not.toContain(`= ${key}`);
    },
  );

  it('of credentials are refused beyond loopback as well', () => {
    const section = '[credentials:ak]\nsecret_key = short\nuser = test:tester\nkey = testing\n';
    const text = embedded('gatekeeper tempauth versioned_writes', section, 'bind_ip = 10.0.0.1');
    expect(
      mistakesIn(text.replace('a key of 12..', 'Xq7-a-key-of-mine')).map(({ line }) => line),
    ).toEqual([10, 12]);
  });

  it('that are long and nobody has printed are taken', () => {
    expect(mistakesIn(withKey('Xq7-a-key-of-mine', '0.0.0.0'))).toEqual([]);
  });
});

it('tempauth is refused in front of a Swift, which has users of its own', () => {
  const text = `[pipeline:main]
pipeline = gatekeeper tempauth versioned_writes swift
[app:swift]
upstream = http://127.0.0.1:1
[filter:tempauth]
user_a_b = c
`;
  expect(causes(text).join()).toContain('does not know the users of tempauth');
});

it('all mistakes of a file are reported at once, with their lines', () => {
  const text = `[DEFAULT]
bind_port = many
bind_prot = 80
bind_ip = \${NOT_SET}
[pipeline:main]
pipeline = gatekeeper catch_errors healthczech tempauth versioned_writes embedded
nonsense
[fliter:bulk]
[filter:tempauth]
user_test_tester = a http://storage
token_life = 0
token_life = 1
[filter:versioned_writes]
allow_versioned_writes = yep
[app:embedded]
expirer_interval = soon
`;
  expect(mistakesIn(text).map(({ line, cause }) => [line, cause.slice(0, 44)])).toEqual([
    [2, '[DEFAULT] bind_port = many: not a whole numb'],
    [3, '[DEFAULT] has no option bind_prot; known: bi'],
    [4, 'the environment variable NOT_SET is not set,'],
    [6, 'unknown filter healthczech; known: catch_err'],
    [6, 'catch_errors must be the first of the pipeli'],
    [7, 'neither a [section] nor "option = value": no'],
    [8, 'unknown section [fliter:bulk]; known: [DEFAU'],
    [10, '[filter:tempauth] user_test_tester: storage '],
    [11, '[filter:tempauth] token_life = 0: not a whol'],
    [12, 'option token_life is given twice in [filter:'],
    [14, '[filter:versioned_writes] allow_versioned_wr'],
    [15, '[app:embedded] needs the option data'],
    [16, '[app:embedded] expirer_interval = soon: not '],
  ]);
});

describe('the key of notes', () => {
  const configured = (lines: string) =>
    embedded(
      'gatekeeper tempauth versioned_writes',
      `[filter:versioned_writes]\nallow_versioned_writes = true\n${lines}\n`,
    );

  it.each([
    'note_key = long-enough-and-new',
    'note_key = long-enough-and-new the-one-that-was-before',
    'note_key =\nunbound_notes = accept',
    'note_key = long-enough-and-new\nunbound_notes = ignore',
  ])('may be so: %j', (lines) => {
    expect(mistakesIn(configured(lines))).toEqual([]);
  });

  it.each([
    ['note_key = shortkey', 'the key has fewer than 12 characters'],
    ['note_key = abababababababab', 'the key has too few different characters'],
    ['note_key = AWS_SECRET_ACCESS_KEY', 'the key is published in documentation'],
    ['note_key = secret_admin_key', 'the key is published in documentation'],
    [
      'note_key = changeme/changeme/changeme/changeme/change/=',
      'the key is published in documentation',
    ],
    ['note_key = long-enough-and-new tooshort', 'key 2 of 2 has fewer than 12 characters'],
  ])('is refused on loopback, too, and is not shown: %j', (lines, cause) => {
    expect(causes(configured(lines))).toEqual([`[filter:versioned_writes] note_key: ${cause}`]);
  });

  it('is taken from the environment', () => {
    const text = configured('note_key = ${NOTE_KEY}');
    expect(() => readConfig(text, 'test.conf', { NOTE_KEY: 'from-the-environment' })).not.toThrow();
    expect(() => readConfig(text, 'test.conf', { NOTE_KEY: 'short' })).toThrow(
      'fewer than 12 characters',
    );
  });

  it('is judged so in an Express app as well', () => {
    const making = () => versionedWrites({ upstream: 'http://127.0.0.1:1', note_key: 'shortkey' });
    expect(making).toThrow('note_key: the key has fewer than 12 characters');
    expect(making).not.toThrow('shortkey');
  });

  it('goes with notes that are accepted or ignored', () => {
    expect(causes(configured('unbound_notes = refuse')).join()).toMatch(
      /unbound_notes = refuse: .*accept.*ignore/,
    );
  });
});
