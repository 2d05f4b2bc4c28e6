import { z } from 'zod';
import { wordList } from '../../src/config/options';
import { digestInfo } from '../../src/http/digest';
import { withInfo } from '../../src/plugin/info';
import type { FilterPlugin } from '../../src/plugin/plugin';
import { tempUrlFilter } from './filter';
import { headerRules, SHOWN_HEADERS } from '../../src/swift_api/temp_url/header_rules';
import { allowedDigests } from '../../src/config/digests';
import { X_TIMESTAMP } from '../../src/swift_api/header_names';

const options = z.object({
  methods: wordList
    .default(['GET', 'HEAD', 'PUT', 'POST', 'DELETE'])
    .describe('Methods that URLs can be signed for.'),
  incoming_remove_headers: wordList
    .default([X_TIMESTAMP])
    .describe('Headers that are removed from requests; a `*` at the end matches a prefix.'),
  incoming_allow_headers: wordList
    .default([])
    .describe('Headers of requests that stay although they match that.'),
  outgoing_remove_headers: wordList
    .default([...SHOWN_HEADERS.removed])
    .describe('Headers that are removed from responses; a `*` at the end matches a prefix.'),
  outgoing_allow_headers: wordList
    .default([...SHOWN_HEADERS.allowed])
    .describe('Headers of responses that stay although they match that.'),
  allowed_digests: allowedDigests,
});

/**
 * Swift's `tempurl`: URLs that let their holder read or write an object for a while,
 * signed with a key that the owner keeps in the metadata of the account or the container.
 * For an app that stores objects itself; a Swift behind the proxy has its own.
 */
export const tempurl: FilterPlugin<typeof options> = {
  name: 'tempurl',
  options,
  precedesGuard: true,
  precedes: { versioned_writes: 'it decides what the client may do' },
  create: (config) => {
    const { allowed_digests, ...rest } = config;
    const filter = tempUrlFilter({
      methods: config.methods,
      digests: allowed_digests,
      cleanIncoming: headerRules(config.incoming_remove_headers, config.incoming_allow_headers),
      cleanOutgoing: headerRules(config.outgoing_remove_headers, config.outgoing_allow_headers),
    });
    return (next) =>
      withInfo(filter(next), { tempurl: { ...rest, ...digestInfo(allowed_digests) } });
  },
};
