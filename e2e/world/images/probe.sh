#!/bin/bash
# Whether the node of this pod sees itself alive, as CassKop's own probes ask it. A shell's own means are enough: probes
# run all the time, and to start a Python for each would cost more than all that the nodes do.
exec 3<>"/dev/tcp/$POD_IP/8778" || exit 1
body='{"type":"read","mbean":"org.apache.cassandra.db:type=StorageService","attribute":"LiveNodes"}'
who=
if [ "$CASSANDRA_AUTH_JOLOKIA" = true ]; then
    who="Authorization: Basic $(printf %s "$JOLOKIA_USER:$JOLOKIA_PASSWORD" | base64 --wrap=0)"$'\r\n'
fi
printf 'POST /jolokia/ HTTP/1.1\r\nHost: %s\r\n%sContent-Length: %d\r\nConnection: close\r\n\r\n%s' \
    "$POD_IP" "$who" "${#body}" "$body" >&3
grep --quiet "\"value\":\[[^]]*\"$POD_IP\"" <&3
