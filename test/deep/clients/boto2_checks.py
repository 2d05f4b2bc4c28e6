"""Does what boto 2 does with buckets, signing with version 2: boto2_checks.py URL REGION ACCESS_KEY SECRET_KEY CHECK BUCKET.

Each check is a function; its assertions are the test.
"""
import io
import sys
import urllib.error
import urllib.request
from urllib.parse import urlsplit

import boto.s3.connection
from boto.exception import S3ResponseError
from boto.s3.key import Key

ODD = 'dir/k é+1 &<>%2F?#.txt'


def refused(call, *args, **named):
    try:
        call(*args, **named)
    except S3ResponseError as error:
        return error.status, error.error_code
    raise AssertionError('was not refused')


def put(bucket, name, body, **named):
    key = bucket.new_key(name)
    key.set_contents_from_string(body, **named)
    return key


def opened(url, method='GET', headers={}, body=None):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data=body, headers=headers, method=method)) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def objects(s3, bucket):
    key = bucket.new_key(ODD)
    key.set_metadata('colour', 'blue')
    key.set_contents_from_string('body', headers={'Content-Type': 'text/x-test'})
    told = bucket.get_key(ODD)
    assert (told.size, told.content_type, told.get_metadata('colour')) == (4, 'text/x-test', 'blue'), vars(told)
    assert told.get_contents_as_string() == b'body'
    assert told.get_contents_as_string(headers={'Range': 'bytes=1-2'}) == b'od'
    assert told.get_contents_as_string(response_headers={'response-content-type': 'text/x-a'}) == b'body'
    put(bucket, 'plain', 'plain')
    bucket.copy_key('copy', bucket.name, 'plain')
    assert bucket.get_key('copy').get_contents_as_string() == b'plain'
    assert bucket.get_key('none') is None
    assert bucket.name in [each.name for each in s3.get_all_buckets()]
    told.delete()
    assert bucket.get_key(ODD) is None
    bucket.delete_keys(['plain', 'copy'])
    bucket.delete()
    assert s3.lookup(bucket.name) is None


def pages(s3, bucket):
    names = ['a/1', 'a/2', 'b é', 'c', 'd']
    for name in names:
        put(bucket, name, '')
    assert [each.name for each in bucket.get_all_keys(max_keys=2)] == names[:2]
    assert [each.name for each in bucket.get_all_keys(marker='a/2', max_keys=2)] == names[2:4]
    assert [each.name for each in bucket.list()] == names
    assert [each.name for each in bucket.list('a/')] == names[:2]
    assert sorted(each.name for each in bucket.list('', '/')) == sorted(['b é', 'c', 'd', 'a/'])


def versions(s3, bucket):
    bucket.configure_versioning(True)
    assert bucket.get_versioning_status() == {'Versioning': 'Enabled'}
    ids = [put(bucket, 'k', str(each)).version_id for each in range(3)]
    told = list(bucket.list_versions('k'))
    assert [each.version_id for each in told] == ids[::-1], told
    assert bucket.get_key('k', version_id=ids[0]).get_contents_as_string(version_id=ids[0]) == b'0'
    first = Key(bucket, 'k')
    assert first.get_contents_as_string(version_id=ids[1], response_headers={'response-content-type': 'text/x-a'}) == b'1'
    bucket.delete_key('k', version_id=ids[2])
    assert bucket.get_key('k').get_contents_as_string() == b'1'
    bucket.delete_key('k')
    assert bucket.get_key('k') is None
    paged = bucket.get_all_versions(key_marker='k', version_id_marker=told[1].version_id)
    assert ids[0] in [each.version_id for each in paged]


def uploads(s3, bucket):
    made = bucket.initiate_multipart_upload('big')
    body = b'x' * (5 * 1024 * 1024)
    made.upload_part_from_file(io.BytesIO(body), 1)
    made.upload_part_from_file(io.BytesIO(b'end'), 2)
    assert [each.id for each in bucket.get_all_multipart_uploads(max_uploads=1)] == [made.id]
    assert [each.part_number for each in made.get_all_parts(max_parts=1)] == [1]
    made.complete_upload()
    assert bucket.get_key('big').size == len(body) + 3
    other = bucket.initiate_multipart_upload('none')
    other.cancel_upload()


def acls(s3, bucket):
    bucket.set_canned_acl('public-read')
    assert 'READ' in [each.permission for each in bucket.get_acl().acl.grants]
    bucket.set_acl('private')
    assert [each.permission for each in bucket.get_acl().acl.grants] == ['FULL_CONTROL']


def urls(s3, bucket):
    bucket.configure_versioning(True)
    first = put(bucket, ODD, '1').version_id
    put(bucket, ODD, '2')
    assert opened(s3.generate_url(600, 'GET', bucket.name, ODD))[1] == b'2'
    assert opened(s3.generate_url(600, 'GET', bucket.name, ODD, version_id=first))[1] == b'1'
    override = {'response-content-disposition': 'inline; filename="a&b"'}
    assert opened(s3.generate_url(600, 'GET', bucket.name, ODD, response_headers=override))[1] == b'2'
    headers = {'x-amz-meta-a': 'b'}
    url = s3.generate_url(600, 'PUT', bucket.name, 'up', headers={**headers, 'Content-Type': 'text/x-a'})
    assert opened(url, 'PUT', {**headers, 'Content-Type': 'text/x-a'}, b'up')[0] == 200
    assert bucket.get_key('up').get_metadata('a') == 'b'
    assert opened(s3.generate_url(-1, 'GET', bucket.name, ODD))[0] == 403
    assert opened(s3.generate_url(600, 'GET', bucket.name, ODD), 'DELETE')[0] == 403


def forms(s3, bucket):
    # boto 2 encodes and signs what is text in Python 3
    policy, sign = s3.build_post_policy, s3._auth_handler.sign_string
    s3.build_post_policy = lambda *args: policy(*args).encode()
    s3._auth_handler.sign_string = lambda text: sign(text if isinstance(text, str) else text.decode())
    form = s3.build_post_form_args(bucket.name, 'user/${filename}', max_content_length=10, acl='private')
    fields = [(each['name'], each['value'] if isinstance(each['value'], str) else each['value'].decode()) for each in form['fields']]

    def post(file, more=()):
        parts = [(name, '', value) for name, value in [*fields, *more]] + [('file', '; filename="f"', file)]
        body = ''.join('--limit\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n' % part for part in parts)
        headers = {'Content-Type': 'multipart/form-data; boundary=limit'}
        return opened('%s/%s' % (URL, bucket.name), 'POST', headers, (body + '--limit--\r\n').encode())[0]

    assert post('posted') == 204
    assert bucket.get_key('user/f').get_contents_as_string() == b'posted'
    assert post('x', [('x-amz-meta-a', 'b')]) == 403
    assert post('x', [('acl', 'public-read')]) == 400


URL, REGION, ACCESS, SECRET, CHECK, BUCKET = sys.argv[1:]
address = urlsplit(URL)
connection = boto.s3.connection.S3Connection(
    ACCESS, SECRET, host=address.hostname, port=address.port, is_secure=False,
    calling_format=boto.s3.connection.OrdinaryCallingFormat())
globals()[CHECK](connection, connection.create_bucket(BUCKET))
