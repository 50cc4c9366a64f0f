#!/bin/bash
# Alive: it answers anywhere. That Jolokia alone hangs is no reason to take a node out of the ring, nor that it waits
# for others before it starts.
here=$(dirname "$0")/multicasskop
# shellcheck source=/dev/null
. "$here/node.env"
[ -e "$here/waiting" ] && exit 0
bash "$here/reach.sh" "$ADDRESS" 7000 7001 9042 && exit 0
bash "$here/ask.sh" "$ADDRESS" OperationMode >/dev/null && exit 0
echo "neither Cassandra nor Jolokia answers" && exit 1
