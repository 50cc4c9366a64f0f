#!/bin/bash
# Whether a node takes connections, on any of the ports: reach.sh HOST PORT...
set -u
export host=$1
shift
for port in "$@"; do
  timeout 3 bash -c "exec 3<>/dev/tcp/\$host/$port" 2>/dev/null && exit 0
done
exit 1
