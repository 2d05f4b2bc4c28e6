import type { Tag } from '../../buckets/kept_tags';
import { checkTags, getTags, putTags } from '../../buckets/tags';
import { Headers } from '../../http/headers';
import { NO_BODY } from '../../swift_api/message';
import type { Operation, Route, Call } from './call';
import { child, childrenOf, xml, xmlAnswer, type XmlElement } from '../xml';
import { documentOf, keyOf, malformed } from './arguments';
import { versionOf } from './conditions';
import { BODY, BY_VERSION } from './vocabulary';

const parameters = ['tagging'];

export const taggingRoutes: readonly Route[] = [
  {
    name: 'GetObjectTagging',
    method: 'GET',
    on: 'object',
    parameters,
    vocabulary: BY_VERSION,
    run: (call) => get(call),
  },
  {
    name: 'PutObjectTagging',
    method: 'PUT',
    on: 'object',
    parameters,
    vocabulary: { ...BY_VERSION, headers: BODY },
    run: (call) => put(call),
  },
  {
    name: 'DeleteObjectTagging',
    method: 'DELETE',
    on: 'object',
    parameters,
    vocabulary: BY_VERSION,
    run: (call) => remove(call),
  },
];

const objectOf = (call: Call) => ({ ...keyOf(call), versionId: versionOf(call) });

const get: Operation = async (call) => {
  const { tags, versionId } = await getTags(call.caller, objectOf(call));
  const elements = tags.map(({ key, value }) => xml('Tag', [xml('Key', key), xml('Value', value)]));
  return xmlAnswer(call, 200, 'Tagging', [xml('TagSet', elements)], versionHeader(versionId));
};

const put: Operation = async (call) => {
  const object = objectOf(call);
  const tags = tagsOf(await documentOf(call, 'Tagging'));
  const versionId = await putTags(call.caller, object, tags);
  const headers = versionHeader(versionId).with('Content-Length', '0');
  return { status: 200, headers, body: NO_BODY };
};

const remove: Operation = async (call) => {
  const versionId = await putTags(call.caller, objectOf(call), []);
  return { status: 204, headers: versionHeader(versionId), body: NO_BODY };
};

/**
 * Returns the tags of a `Tagging` document.
 *
 * @throws BucketError `malformed-body`, and for tags beyond the limits
 */
export function tagsOf(root: XmlElement): readonly Tag[] {
  const set = child(root, 'TagSet');
  if (!set) throw malformed();
  return checkTags(
    childrenOf(set, 'Tag').map((tag) => {
      const [key, value] = [child(tag, 'Key')?.text, child(tag, 'Value')?.text];
      if (key === undefined || value === undefined) throw malformed();
      return { key, value };
    }),
  );
}

function versionHeader(versionId: string | undefined): Headers {
  return Headers.of({ 'x-amz-version-id': versionId });
}
