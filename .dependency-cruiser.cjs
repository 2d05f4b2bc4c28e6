const swc = require('@swc/core/package.json');

if (!swc.version.startsWith('1.'))
  throw new Error(
    'dependency-cruiser 17 takes swc 1: with any other it sees no TypeScript, and finds nothing',
  );

/**
 * Data flows one way, and so do imports, those of types included: a layer imports only
 * from layers below it. A folder ends with a slash.
 */
const layers = [
  ['src/cli.ts', 'src/index.ts'],
  ['src/command/'],
  ['src/server/'],
  ['src/pipeline/'],
  ['middleware/'],
  ['src/dialects/'],
  ['src/buckets/'],
  ['src/versioning/', 'src/stores/'],
  ['src/plugin/'],
  ['src/auth/', 'src/coordination/'],
  ['src/config/'],
  ['src/swift_api/'],
  ['src/formats/'],
  ['src/http/'],
  ['src/util/'],
];

const pattern = (path) => `^${path.replaceAll('.', '\\.')}${path.endsWith('/') ? '' : '$'}`;

const forbid = (name, comment, from, to) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from.map(pattern) },
  to: { path: to.map(pattern) },
});

const ONE_WAY = 'Layers point one way; see docs/architecture/README.md.';
const INSIDE = 'What is inside a store is its own; see docs/architecture/README.md.';

module.exports = {
  forbidden: [
    ...layers
      .slice(1)
      .map((layer, i) => forbid('one-way', ONE_WAY, layer, layers.slice(0, i + 1).flat())),
    forbid('one-way', ONE_WAY, ['src/stores/'], ['src/versioning/']),
    forbid('one-way', ONE_WAY, ['src/auth/'], ['src/coordination/']),
    forbid('one-way', ONE_WAY, ['src/coordination/'], ['src/auth/']),
    {
      name: 'no-cycle',
      comment: 'Two files that import each other are one.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'in-a-layer',
      comment: 'Every file stands in a layer, so that these rules hold for it.',
      severity: 'error',
      from: { path: '^(src|middleware)/', pathNot: layers.flat().map(pattern) },
      to: {},
    },

    // Filters and versioning know a store by its API, whichever it is.
    forbid('inside-a-store', INSIDE, ['middleware/', 'src/versioning/'], ['src/stores/']),

    // One module decides which credentials the proxy's own requests carry.
    {
      name: 'own-requests',
      comment: "The proxy's own requests go through SwiftClient, in src/swift_api/client.ts.",
      severity: 'error',
      from: { path: '^(src|middleware)/', pathNot: pattern('src/swift_api/client.ts') },
      to: { path: pattern('src/swift_api/subrequest.ts') },
    },

    // Requests in the service user's name follow from a client's right, or from a list.
    {
      name: 'authority',
      comment:
        'Only code that has seen a right grants authority; see docs/architecture/authority.md.',
      severity: 'error',
      from: {
        path: '^(src|middleware)/',
        pathNot: [
          'src/swift_api/authority/authority.ts',
          'src/swift_api/authority/closed_list.ts',
          'src/swift_api/authority/shown_right.ts',
          'src/swift_api/authority/signed_right.ts',
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
      comment:
        "Requests in the service user's name without a right are a closed list; see docs/architecture/authority.md.",
      severity: 'error',
      from: {
        path: '^(src|middleware)/',
        pathNot: [
          'src/swift_api/quota.ts',
          'src/stores/swift/self_test.ts',
          'src/stores/swift/sole_server/server_records.ts',
          'src/swift_api/temp_url/keys.ts',
          'src/versioning/policy.ts',
          'src/versioning/object_versioning/containers/containers.ts',
        ].map(pattern),
      },
      to: { path: pattern('src/swift_api/authority/closed_list.ts') },
    },
  ],
  // TypeScript 7 has no parser to call
  options: { parser: 'swc', tsPreCompilationDeps: true, doNotFollow: { path: 'node_modules' } },
};
