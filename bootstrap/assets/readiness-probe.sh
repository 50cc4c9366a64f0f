#!/bin/bash
# Ready: the node is in the ring, and clients may come. Joining it is not. A node that leaves stays ready, or nobody
# would ask it how far it is.
here=$(dirname "$0")/multicasskop
# shellcheck source=/dev/null
. "$here/node.env"
mode=$(bash "$here/ask.sh" "$ADDRESS" OperationMode) || { echo "Jolokia does not answer"; exit 1; }
case $mode in
  '"NORMAL"') rm -f "$(dirname "$DATA")/.multicasskop-joining" ;;
  '"LEAVING"' | '"MOVING"' | '"DECOMMISSIONED"') exit 0 ;;
  *) echo "mode is $mode" && exit 1 ;;
esac
[ -z "$CQL" ] || [ "$(bash "$here/ask.sh" "$ADDRESS" NativeTransportRunning)" = true ] || { echo "no CQL yet"; exit 1; }
