#!/usr/bin/env bash
# Walks through "Object versioning" of the Swift manual with curl, and compares each
# response with what the manual prints.
#
#   walkthrough.sh URL USER KEY [as-printed]
#
# URL is the endpoint without a path; USER and KEY log in at URL/auth/v1.0. Prints each
# command with the status line of its response and, for listings, the names. If a status,
# a name or a listing differs from the manual's, the script reports it and exits with 1.
# It works in containers of its own and always removes them.
#
# The manual sends its bodies with -H "Content-Length: 0", so that its objects are empty
# and the byte that it gives remains on the connection. "as-printed" does the same;
# otherwise that header is left out, so that the versions can be told apart.
set -euo pipefail
[ $# -ge 3 ] || { sed -n '2,14p' "$0" | cut -c3- >&2; exit 2; }
url=${1%/} user=$2 key=$3 how=${4:-with-bodies}
current=current-$$-$RANDOM archive=archive-$$-$RANDOM
version='^009my_object/[0-9]{10}\.[0-9]{5}$'
work=$(mktemp -d)
token=
publicURL=

fail() {
  echo "walkthrough: $1" >&2
  exit 1
}

# Removes everything that the script made, with as many requests as it takes: DELETE of a
# version may bring back another.
remove() { # container...
  local container name
  for container in "$@"; do
    curl -s -o "$work/removed" -X POST "$publicURL/$container" -H "X-Auth-Token: $token" \
      -H 'X-Remove-Versions-Location: x' -H 'X-Remove-History-Location: x' || true
    curl -s "$publicURL/$container" -H "X-Auth-Token: $token" -o "$work/names" || true
    while read -r name; do
      curl -s -o "$work/removed" -X DELETE "$publicURL/$container/$name" -H "X-Auth-Token: $token" || true
    done <"$work/names"
    curl -s -o "$work/removed" -X DELETE "$publicURL/$container" -H "X-Auth-Token: $token" || true
  done
}

finish() {
  local code=$?
  [ -z "$publicURL" ] || remove "$current" "$archive"
  rm -rf "$work"
  exit "$code"
}
trap finish EXIT

# Runs curl, prints the command and the status line, and fails if the status differs.
expect() { # status curl-arguments...
  local wanted=$1 said command
  shift
  printf -v command ' %q' "$@"
  printf '# curl%s\n' "${command//$token/\$token}"
  curl -sS -D "$work/head" -o "$work/body" "$@" || fail "curl failed with $?"
  read -r said <"$work/head" || fail "no response"
  said=${said%$'\r'}
  printf '%s\n\n' "$said"
  [[ $said =~ ^HTTP/1\.1\ $wanted(\ |$) ]] || fail "expected $wanted, got: $said $(head -c 500 "$work/body" | tr -d '\0')"
  expect_present Content-Type X-Trans-Id X-Openstack-Request-Id Date
  # the manual has no HEAD, which Swift answers without a length
  [[ " $* " = *' --head '* ]] || expect_present Content-Length
  header X-Trans-Id
  expect_header X-Openstack-Request-Id "$value"
}

# Sets `value` to a header of the last response, or to all of that name, in lines. Only the
# shell itself works here, since each response has a dozen headers to check, and a process
# takes longer than a response.
header() { # name
  local line
  value=
  while IFS= read -r line; do
    line=${line%$'\r'}
    [[ ${line,,} != "${1,,}: "* ]] || value=${value:+$value$'\n'}${line#*: }
  done <"$work/head"
}

expect_header() { # name value
  header "$1"
  [ "$value" = "$2" ] || fail "expected the header $1: $2, got: $value"
}

# Headers that the manual prints with example values.
expect_present() { # name...
  local name
  for name in "$@"; do
    header "$name"
    [ -n "$value" ] || fail "expected the header $name, got: $(cat "$work/head")"
  done
}

expect_body() { # text
  [ "$(<"$work/body")" = "$1" ] || fail "expected the body $1, got: $(head -c 500 "$work/body")"
}

# Lists the archive: 204 if it is empty, else 200 and `count` names of the manual's form,
# in the order of their times.
expect_archived() { # count
  local status=200 names name last=
  [ "$1" -gt 0 ] || status=204
  expect "$status" "$publicURL/$archive?prefix=009my_object" -X GET -H "X-Auth-Token: $token"
  [ "$status" = 200 ] || : >"$work/body"
  mapfile -t names <"$work/body"
  printf '%s\n' "${names[@]}"
  expect_header Content-Length "$(($1 * 30))"
  expect_header X-Container-Object-Count "$1"
  expect_header Accept-Ranges bytes
  expect_present X-Timestamp X-Container-Bytes-Used
  [ "${#names[@]}" = "$1" ] || fail "expected $1 names in the archive"
  for name in "${names[@]}"; do
    [[ $name =~ $version ]] || fail "expected names like 009my_object/1390512682.92052"
    [[ $name > $last ]] || fail 'expected the names in the order of their times'
    last=$name
  done
}

put_object() { # body
  local length=()
  [ "$how" != as-printed ] || length=(-H 'Content-Length: 0')
  expect 201 "$publicURL/$current/my_object" --data-binary "$1" -X PUT "${length[@]}" -H "X-Auth-Token: $token"
  expect_present Last-Modified Etag
  # the manual prints the hash of an empty body
  [ "$how" != as-printed ] || expect_header Etag d41d8cd98f00b204e9800998ecf8427e
}

expect_object() { # body
  expect 200 "$publicURL/$current/my_object" -X GET -H "X-Auth-Token: $token"
  [ "$how" != as-printed ] || set -- ''
  expect_body "$1"
}

# Steps 1 to 4, common to both modes: two versions, one of them in the archive.
two_versions() { # mode-header
  expect 201 "$publicURL/$archive" -X PUT -H "Content-Length: 0" -H "X-Auth-Token: $token"
  expect 201 "$publicURL/$current" -X PUT -H "Content-Length: 0" -H "X-Auth-Token: $token" -H "$1: $archive"
  expect 204 "$publicURL/$current" --head -H "X-Auth-Token: $token"
  expect_header "$1" "$archive"

  put_object 1
  expect 202 "$publicURL/$current/my_object" -X POST -H "X-Auth-Token: $token" -H 'X-Object-Meta-Colour: red'
  expect_archived 0
  put_object 2
  expect_object 2
  expect_archived 1

  # a POST changes the metadata and makes no version
  expect 202 "$publicURL/$current/my_object" -X POST -H "X-Auth-Token: $token" -H 'X-Object-Meta-Colour: blue'
  expect_archived 1
}

# Disables versioning as in the manual. Its command sends no X-Versions-Location at all,
# since curl omits a header without a value: as printed, it changes nothing. With a
# semicolon curl sends the header, and versioning ends.
disable() { # mode-header
  expect 202 "$publicURL/$current" -X PUT -H "Content-Length: 0" -H "X-Auth-Token: $token" -H "$1: "
  expect_body '<html><h1>Accepted</h1><p>The request is accepted for processing.</p></html>'
  expect 202 "$publicURL/$current" -X PUT -H "Content-Length: 0" -H "X-Auth-Token: $token" -H "$1;"
  expect_body '<html><h1>Accepted</h1><p>The request is accepted for processing.</p></html>'
  expect 204 "$publicURL/$current" --head -H "X-Auth-Token: $token"
  expect_header "$1" ''
  put_object 8
  put_object 9
  expect_archived 0
  expect 204 "$publicURL/$current/my_object" -X DELETE -H "X-Auth-Token: $token"
  expect 404 "$publicURL/$current/my_object" -X GET -H "X-Auth-Token: $token"
  expect_archived 0
}

nothing_left() {
  remove "$current" "$archive"
  expect 404 "$publicURL/$current" -X GET -H "X-Auth-Token: $token"
  expect 404 "$publicURL/$archive" -X GET -H "X-Auth-Token: $token"
}

curl -sS -D "$work/head" -o "$work/body" "$url/auth/v1.0" -H "X-Auth-User: $user" -H "X-Auth-Key: $key" ||
  fail "$url does not answer"
header X-Auth-Token
token=$value
header X-Storage-Url
publicURL=$value
[ -n "$token" ] && [ -n "$publicURL" ] || fail "$user cannot log in at $url/auth/v1.0: $(head -n 1 "$work/head")"

echo "== Example using X-Versions-Location"
two_versions X-Versions-Location
expect 204 "$publicURL/$current/my_object" -X DELETE -H "X-Auth-Token: $token"
expect_archived 0
expect_object 1
expect_header X-Object-Meta-Colour red

echo "== To completely remove an object that has five versions, DELETE it five times"
for body in 2 3 4 5; do put_object "$body"; done
expect_archived 4
for left in 3 2 1 0; do
  expect 204 "$publicURL/$current/my_object" -X DELETE -H "X-Auth-Token: $token"
  expect_archived "$left"
  expect_object $((left + 1))
done
expect 204 "$publicURL/$current/my_object" -X DELETE -H "X-Auth-Token: $token"
expect 404 "$publicURL/$current/my_object" -X GET -H "X-Auth-Token: $token"

echo "== Disabling it"
disable X-Versions-Location
nothing_left

echo "== Example using X-History-Location"
two_versions X-History-Location
expect 204 "$publicURL/$current/my_object" -X DELETE -H "X-Auth-Token: $token"
expect_archived 3
expect 404 "$publicURL/$current/my_object" -X GET -H "X-Auth-Token: $token"
mapfile -t names < <(curl -sS "$publicURL/$archive?prefix=009my_object" -H "X-Auth-Token: $token")
expect 200 "$publicURL/$archive/${names[2]}" --head -H "X-Auth-Token: $token"
expect_header Content-Type 'application/x-deleted;swift_versions_deleted=1'
expect_header Content-Length 0

echo "== To permanently delete previous versions, DELETE them in the archive"
for left in 2 1 0; do
  expect 204 "$publicURL/$archive/${names[left]}" -X DELETE -H "X-Auth-Token: $token"
  expect_archived "$left"
done

echo "== Disabling it"
disable X-History-Location
nothing_left
echo "All is as the manual says."
