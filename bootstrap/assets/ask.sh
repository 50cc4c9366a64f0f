#!/bin/bash
# Ask a node's Jolokia for an attribute of the storage service: ask.sh HOST ATTRIBUTE
#
# Prints the value as JSON. Fails when there is no answer within three seconds, or it is no answer of Jolokia's. Needs
# nothing but bash and coreutils, which every image of Cassandra has.
set -u
host=$1 attribute=$2

talk() {
  exec 3<>"/dev/tcp/$host/8778" || exit 1
  {
    printf 'GET /jolokia/read/org.apache.cassandra.db:type=StorageService/%s HTTP/1.0\r\n' "$attribute"
    printf 'Host: %s\r\n' "$host"
    if [ "${CASSANDRA_AUTH_JOLOKIA:-}" = true ]; then
      printf 'Authorization: Basic %s\r\n' "$(printf %s "$JOLOKIA_USER:$JOLOKIA_PASSWORD" | base64 --wrap=0)"
    fi
    printf '\r\n'
  } >&3
  cat <&3
}

export host attribute
export -f talk
answer=$(timeout 3 bash -c talk 2>/dev/null) || exit 1
[[ $answer == *'"status":200'* && $answer =~ \"value\":(\"[^\"]*\"|\[[^]]*\]|true|false) ]] || exit 1
printf '%s\n' "${BASH_REMATCH[1]}"
