const swc = require('@swc/core/package.json');

if (!swc.version.startsWith('1.'))
  throw new Error(
    'dependency-cruiser 17 takes swc 1: with any other it sees no TypeScript, and finds nothing',
  );

/**
 * Data flows one way, and imports with it, those of types too: what stands further down never imports from what
 * stands further up. A folder ends with a slash.
 */
const layers = [
  ['src/server/', 'src/cli.ts', 'src/index.ts'],
  ['src/pipeline/'],
  ['middleware/'],
  ['src/dialects/'],
  ['src/buckets/'],
  ['src/core/'],
  ['src/coordination/'],
  ['src/stores/', 'src/identity/', 'src/lockers/', 'src/caches/', 'src/plugin/info.ts'],
  [
    'src/config/',
    'src/credentials/',
    'src/http/',
    'src/redis/',
    'src/util/log.ts',
    'src/util/errors.ts',
    'src/util/clock.ts',
    'src/coordination/sole_server.ts',
    'src/swift_api/reserved.ts',
    'src/util/concurrency.ts',
  ],
];

const pattern = (path) => `^${path.replaceAll('.', '\\.')}${path.endsWith('/') ? '' : '$'}`;

const forbid = (name, comment, from, to) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from.map(pattern) },
  to: { path: to.map(pattern) },
});

const ONE_WAY = 'Layers point one way; see ARCHITECTURE.md.';

/** What an app and a filter are knows of coordination, and apps know of it: it has a place between the layers. */
const CONTRACT = 'src/plugin/plugin.ts';

module.exports = {
  forbidden: [
    ...layers.slice(1).map((layer, i) => forbid('one-way', ONE_WAY, layer, layers.slice(0, i + 1).flat())),
    forbid('one-way', ONE_WAY, [CONTRACT], layers.slice(0, 6).flat()),
    forbid('one-way', ONE_WAY, [...layers[6], ...layers[8]], [CONTRACT]),

    // What filters and versions know of a store they know by its API, whichever it is.
    forbid(
      'inside-an-app',
      'What is inside an app is its own; see ARCHITECTURE.md.',
      ['middleware/', 'src/core/'],
      ['src/stores/embedded/', 'src/stores/swift/'],
    ),

    // What the service user may be asked for follows from a client's right, or is on a closed list.
    {
      name: 'authority',
      comment: 'Only what has seen a right makes authority of it; see ARCHITECTURE.md.',
      severity: 'error',
      from: {
        path: '^(src|middleware)/',
        pathNot: [
          'src/swift_api/authority/authority.ts',
          'src/swift_api/authority/closed_list.ts',
          'src/swift_api/authority/shown_right.ts',
          'src/versioning/authority.ts',
          'src/stores/swift/rights.ts',
          'src/stores/embedded/app.ts',
          'src/stores/embedded/api/call.ts',
        ].map(pattern),
      },
      to: { path: pattern('src/swift_api/authority/grants.ts') },
    },
    {
      name: 'closed-list',
      comment: "What is asked in the service user's name on no right is a closed list; see ARCHITECTURE.md.",
      severity: 'error',
      from: {
        path: '^(src|middleware)/',
        pathNot: [
          'src/swift_api/quota.ts',
          'src/stores/swift/self_test.ts',
          'src/stores/swift/sole_server/server_records.ts',
          'middleware/tempurl/keys.ts',
          'src/versioning/policy.ts',
          'src/versioning/object_versioning/containers/containers.ts',
        ].map(pattern),
      },
      to: { path: pattern('src/swift_api/authority/closed_list.ts') },
    },

    // A rule against cycles belongs here. There are some today.
  ],
  // TypeScript 7 has no parser to call
  options: { parser: 'swc', tsPreCompilationDeps: true, doNotFollow: { path: 'node_modules' } },
};
