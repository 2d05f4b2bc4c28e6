"""Does what the boto3 API has about versions, and objects besides, at an endpoint: boto3_checks.py URL REGION ACCESS_KEY SECRET_KEY CHECK BUCKET.

Each check is a function; its assertions are the test. What AWS says of them: its User Guide on versioning, and the model beside the tests.
"""
import io
import os
import sys
import urllib.error
import urllib.request

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.client import Config
from botocore.exceptions import ClientError

ODD = 'dir/k é+1 &<>%2F?#.txt'
PART = 5 * 1024 * 1024


def refused(call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        return error.response['Error']['Code'], error.response['ResponseMetadata']['HTTPStatusCode']
    raise AssertionError('was not refused')


def put(s3, bucket, key, body):
    return s3.put_object(Bucket=bucket, Key=key, Body=body).get('VersionId')


def get(s3, bucket, key, **arguments):
    return s3.get_object(Bucket=bucket, Key=key, **arguments)['Body'].read()


def enable(s3, bucket, status='Enabled'):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={'Status': status})


def objects(s3, bucket):
    s3.put_object(Bucket=bucket, Key=ODD, Body=b'body', ContentType='text/x-test', Metadata={'a': 'b'})
    told = s3.head_object(Bucket=bucket, Key=ODD)
    assert (told['ContentLength'], told['ContentType'], told['Metadata']) == (4, 'text/x-test', {'a': 'b'}), told
    assert get(s3, bucket, ODD) == b'body'
    assert get(s3, bucket, ODD, Range='bytes=1-2') == b'od'
    assert [each['Key'] for each in s3.list_objects_v2(Bucket=bucket)['Contents']] == [ODD]
    assert refused(s3.get_object, Bucket=bucket, Key='none') == ('NoSuchKey', 404)
    assert refused(s3.head_object, Bucket=bucket, Key='none') == ('404', 404)
    assert refused(s3.head_bucket, Bucket=bucket + '-none') == ('404', 404)


def pages(s3, bucket):
    keys = ['k %02d' % each for each in range(12)]
    for key in keys:
        put(s3, bucket, key, b'')
    for listing in ['list_objects', 'list_objects_v2']:
        told = s3.get_paginator(listing).paginate(Bucket=bucket, PaginationConfig={'PageSize': 5})
        assert [each['Key'] for page in told for each in page['Contents']] == keys


def versions(s3, bucket):
    enable(s3, bucket)
    ids = [put(s3, bucket, 'dir/k', b'%d' % each) for each in range(3)]
    told = s3.list_object_versions(Bucket=bucket)['Versions']
    assert [(each['VersionId'], each['IsLatest']) for each in told] == [(ids[2], True), (ids[1], False), (ids[0], False)], told
    for number, id in enumerate(ids):
        assert get(s3, bucket, 'dir/k', VersionId=id) == b'%d' % number
    assert s3.delete_object(Bucket=bucket, Key='dir/k', VersionId=ids[2])['VersionId'] == ids[2]
    assert get(s3, bucket, 'dir/k') == b'1'


def version_pages(s3, bucket):
    enable(s3, bucket)
    ids = [put(s3, bucket, key, b'') for key in ['é &'] * 5 + ['z'] * 4]
    told = s3.get_paginator('list_object_versions').paginate(Bucket=bucket, PaginationConfig={'PageSize': 2})
    found = [each['VersionId'] for page in told for each in page.get('Versions', [])]
    assert found == ids[:4:-1] + ids[4::-1] or sorted(found) == sorted(ids), (found, ids)
    assert [id for id in found if id in ids[:5]] == ids[4::-1], (found, ids)


def markers(s3, bucket):
    enable(s3, bucket)
    id = put(s3, bucket, 'k', b'1')
    marker = s3.delete_object(Bucket=bucket, Key='k')
    assert marker['DeleteMarker'] is True
    assert refused(s3.get_object, Bucket=bucket, Key='k') == ('NoSuchKey', 404)
    assert refused(s3.head_object, Bucket=bucket, Key='k') == ('404', 404)
    told = s3.list_object_versions(Bucket=bucket)
    assert [each['VersionId'] for each in told['DeleteMarkers']] == [marker['VersionId']]
    assert [each['VersionId'] for each in told['Versions']] == [id]
    s3.delete_object(Bucket=bucket, Key='k', VersionId=marker['VersionId'])
    assert get(s3, bucket, 'k') == b'1'


def marker_by_id(s3, bucket):
    enable(s3, bucket)
    id = s3.delete_object(Bucket=bucket, Key='k')['VersionId']
    assert refused(s3.get_object, Bucket=bucket, Key='k', VersionId=id) == ('MethodNotAllowed', 405)
    assert refused(s3.head_object, Bucket=bucket, Key='k', VersionId=id) == ('405', 405)


def copies(s3, bucket):
    enable(s3, bucket)
    id = put(s3, bucket, ODD, b'old')
    put(s3, bucket, ODD, b'new')
    done = s3.copy_object(Bucket=bucket, Key='to', CopySource={'Bucket': bucket, 'Key': ODD, 'VersionId': id})
    assert done['CopySourceVersionId'] == id
    assert get(s3, bucket, 'to') == b'old'


def many_deletes(s3, bucket):
    enable(s3, bucket)
    ids = [put(s3, bucket, 'k &', b'%d' % each) for each in range(3)]
    listed = [{'Key': 'k &', 'VersionId': id} for id in ids[1:]] + [{'Key': 'other'}]
    done = s3.delete_objects(Bucket=bucket, Delete={'Objects': listed})
    assert 'Errors' not in done and len(done['Deleted']) == 3, done
    told = s3.list_object_versions(Bucket=bucket)
    assert [each['VersionId'] for each in told['Versions']] == ids[:1]
    assert [each['Key'] for each in told['DeleteMarkers']] == ['other']


def null_versions(s3, bucket):
    put(s3, bucket, 'k', b'before')
    enable(s3, bucket)
    id = put(s3, bucket, 'k', b'versioned')
    assert get(s3, bucket, 'k', VersionId='null') == b'before'
    enable(s3, bucket, 'Suspended')
    assert put(s3, bucket, 'k', b'suspended') is None
    told = s3.list_object_versions(Bucket=bucket)['Versions']
    assert [each['VersionId'] for each in told] == ['null', id], told
    assert s3.delete_object(Bucket=bucket, Key='k')['VersionId'] == 'null'
    assert get(s3, bucket, 'k', VersionId=id) == b'versioned'


def resources(s3, bucket):
    """The object oriented API."""
    enable(s3, bucket)
    resource = boto3.resource('s3', config=s3._client_config, **ENDPOINT)
    it = resource.Bucket(bucket)
    it.put_object(Key='k', Body=b'1')
    it.put_object(Key='k', Body=b'2')
    found = sorted(version.get()['Body'].read() for version in it.object_versions.filter(Prefix='k'))
    assert found == [b'1', b'2'], found
    it.object_versions.delete()
    assert list(it.object_versions.all()) == []
    assert resource.BucketVersioning(bucket).status == 'Enabled'


def transfers(s3, bucket):
    """Multipart uploads by the transfer manager."""
    enable(s3, bucket)
    body = os.urandom(2 * PART + 1)
    config = TransferConfig(multipart_threshold=PART, multipart_chunksize=PART)
    for _ in range(2):
        s3.upload_fileobj(io.BytesIO(body), bucket, 'k', Config=config)
    told = s3.list_object_versions(Bucket=bucket)['Versions']
    assert [each['Size'] for each in told] == [len(body)] * 2
    assert all(each['ETag'].endswith('-3"') for each in told), told
    s3.delete_object(Bucket=bucket, Key='k', VersionId=told[0]['VersionId'])
    got = io.BytesIO()
    s3.download_fileobj(bucket, 'k', got)
    assert got.getvalue() == body


def presigned(s3, bucket):
    enable(s3, bucket)
    id = put(s3, bucket, ODD, b'1')
    put(s3, bucket, ODD, b'2')
    url = s3.generate_presigned_url('get_object', Params={'Bucket': bucket, 'Key': ODD, 'VersionId': id})
    assert urllib.request.urlopen(url).read() == b'1'


def corners(s3, bucket):
    assert s3.meta.region_name == 'us-east-1'
    s3.create_bucket(Bucket=bucket)
    put(s3, bucket, 'k', b'body')
    put(s3, bucket, 'empty', b'')
    part = s3.get_object(Bucket=bucket, Key='k', PartNumber=1)
    told = part['ResponseMetadata']['HTTPStatusCode'], part['ContentRange'], part['Body'].read()
    assert told == (206, 'bytes 0-3/4', b'body'), told
    head = s3.head_object(Bucket=bucket, Key='k', PartNumber=1)
    assert (head['ResponseMetadata']['HTTPStatusCode'], head['ContentLength']) == (206, 4), head
    assert get(s3, bucket, 'empty', PartNumber=1) == b''
    assert refused(s3.get_object, Bucket=bucket, Key='k', PartNumber=2) == ('InvalidPartNumber', 416)
    many = [{'Key': ('k%d' % i).ljust(128, 'k'), 'Value': ('v%d' % i).ljust(256, 'v')} for i in range(10)]
    s3.put_object_tagging(Bucket=bucket, Key='k', Tagging={'TagSet': many})
    assert s3.get_object_tagging(Bucket=bucket, Key='k')['TagSet'] == many
    id = s3.create_multipart_upload(Bucket=bucket, Key='u')['UploadId']
    parts = []
    for number, body in [(1, b'x' * PART), (2, b'end')]:
        etag = s3.upload_part(Bucket=bucket, Key='u', UploadId=id, PartNumber=number, Body=body)['ETag']
        parts.append({'PartNumber': number, 'ETag': etag})
    arguments = {'Bucket': bucket, 'Key': 'u', 'UploadId': id, 'MultipartUpload': {'Parts': parts}}
    assert s3.complete_multipart_upload(**arguments)['ETag'] == s3.complete_multipart_upload(**arguments)['ETag']
    told = s3.get_object_attributes(Bucket=bucket, Key='u', ObjectAttributes=['ObjectParts'], MaxParts=1)['ObjectParts']
    assert [told['TotalPartsCount'], told['IsTruncated'], told['NextPartNumberMarker']] == [2, True, 1], told
    assert [(each['PartNumber'], each['Size']) for each in told['Parts']] == [(1, PART)], told


def opened(url, method='GET', headers={}, body=None):
    # without this, urllib sends a type of its own with a body
    request = urllib.request.Request(url, data=body, headers={'Content-Type': '', **headers}, method=method)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def presigned_v2(s3, bucket):
    """What this version signs by default, for any endpoint that is not AWS's."""
    plain = boto3.client('s3', config=Config(s3={'addressing_style': 'path'}), **ENDPOINT)

    def url(operation, expires=600, **arguments):
        signed = plain.generate_presigned_url(operation, Params={'Bucket': bucket, **arguments}, ExpiresIn=expires)
        assert 'AWSAccessKeyId=' in signed and 'X-Amz-' not in signed, signed
        return signed

    enable(s3, bucket)
    id = put(s3, bucket, ODD, b'1')
    put(s3, bucket, ODD, b'2')
    assert opened(url('get_object', Key=ODD))[2] == b'2'
    assert opened(url('head_object', Key=ODD), 'HEAD')[0] == 200
    assert opened(url('head_object', Key=ODD))[0] == 403
    assert opened(url('head_bucket'), 'HEAD')[0] == 200
    assert opened(url('get_object', Key=ODD, VersionId=id))[2] == b'1'
    overrides = {'ResponseContentType': 'text/x-a', 'ResponseContentDisposition': 'inline; filename="a&b=+c"'}
    status, headers, _ = opened(url('get_object', Key=ODD, **overrides))
    assert (status, headers['Content-Type'], headers['Content-Disposition']) == (200, *overrides.values()), headers
    upload = url('put_object', Key='up', ContentType='text/x-b', Metadata={'a': 'b'})
    sent = {'Content-Type': 'text/x-b', 'x-amz-meta-a': 'b'}
    assert opened(upload, 'PUT', sent, b'up')[0] == 200
    assert opened(upload, 'PUT', {**sent, 'x-amz-meta-c': 'd'}, b'up')[0] == 403
    told = s3.head_object(Bucket=bucket, Key='up')
    assert (told['ContentType'], told['Metadata']) == ('text/x-b', {'a': 'b'}), told
    made = s3.create_multipart_upload(Bucket=bucket, Key='parts')['UploadId']
    part = opened(url('upload_part', Key='parts', UploadId=made, PartNumber=1), 'PUT', body=b'part')[1]['ETag']
    s3.complete_multipart_upload(Bucket=bucket, Key='parts', UploadId=made, MultipartUpload={'Parts': [{'PartNumber': 1, 'ETag': part}]})
    assert get(s3, bucket, 'parts') == b'part'
    assert opened(url('delete_object', Key='up'), 'DELETE')[0] == 204
    assert refused(s3.get_object, Bucket=bucket, Key='up') == ('NoSuchKey', 404)
    # not signed, or not in a way that tells them apart
    assert b'does not cover' in opened(url('list_objects', Prefix='u'))[2]
    assert opened(url('get_object', Key=ODD, VersionId=id, ResponseContentType='text/x-a'))[0] == 403
    assert opened(url('get_object', Key=ODD) + '&versionId=' + id)[0] == 403
    assert opened(url('get_object', expires=8 * 86400, Key=ODD))[0] == 403
    # headers that only the URL has are in force as well
    assert opened(url('put_object', Key='bare', Metadata={'a': 'b'}), 'PUT', body=b'x')[0] == 200
    assert s3.head_object(Bucket=bucket, Key='bare')['Metadata'] == {'a': 'b'}


def posted_v2(s3, bucket):
    plain = boto3.client('s3', config=Config(s3={'addressing_style': 'path'}), **ENDPOINT)
    fields = {'acl': 'private', 'Content-Type': 'text/x-a', 'success_action_status': '201'}
    conditions = [{name: value} for name, value in fields.items()] + [['content-length-range', 1, 10]]
    form = plain.generate_presigned_post(bucket, 'user/${filename}', Fields=dict(fields), Conditions=conditions, ExpiresIn=600)
    assert set(form['fields']) == {*fields, 'key', 'AWSAccessKeyId', 'policy', 'signature'}, form

    def post(file, more={}):
        parts = [(name, '', value) for name, value in {**form['fields'], **more}.items()] + [('file', '; filename="f"', file)]
        body = ''.join('--limit\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n' % part for part in parts)
        headers = {'Content-Type': 'multipart/form-data; boundary=limit'}
        return opened(form['url'], 'POST', headers, (body + '--limit--\r\n').encode())[0]

    assert post('posted') == 201
    assert get(s3, bucket, 'user/f') == b'posted'
    assert post('longer than allowed') == 400
    assert post('x', {'acl': 'public-read'}) == 403
    assert post('x', {'x-amz-meta-a': 'b'}) == 403
    assert post('x', {'signature': 'AAAA'}) == 403


def tags(s3, bucket):
    enable(s3, bucket)
    id = put(s3, bucket, 'k', b'1')
    wanted = [{'Key': 'colour', 'Value': 'blue'}]
    s3.put_object_tagging(Bucket=bucket, Key='k', Tagging={'TagSet': wanted})
    put(s3, bucket, 'k', b'2')
    assert s3.get_object_tagging(Bucket=bucket, Key='k', VersionId=id)['TagSet'] == wanted
    assert s3.get_object_tagging(Bucket=bucket, Key='k')['TagSet'] == []


URL, REGION, ACCESS, SECRET, CHECK, BUCKET = sys.argv[1:]
ENDPOINT = {'endpoint_url': URL, 'region_name': REGION, 'aws_access_key_id': ACCESS, 'aws_secret_access_key': SECRET}
client = boto3.client('s3', config=Config(signature_version='s3v4', retries={'max_attempts': 0}, s3={'addressing_style': 'path'}), **ENDPOINT)
client.create_bucket(Bucket=BUCKET)
globals()[CHECK](client, BUCKET)
