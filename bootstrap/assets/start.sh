#!/bin/bash
# What a node starts with: prints options of the JVM, at each start of Cassandra, once it may start.
#
# A node with data starts as it is: it knows its ring. One without data joins a ring in which a node is up; where that
# ring has keyspaces, it joins as no seed, or it would own ranges of which nothing was streamed to it. Only the first of
# the seeds begins a ring, and only where no other node can be found, nor the name of one: names are given to pods that
# are there. All others wait.
set -u
shopt -s extglob
here=$(dirname "$0")
# shellcheck source=/dev/null
. "$here/node.env"
marker=$(dirname "$DATA")/.multicasskop-joining
waiting=$here/waiting

say() { printf 'multicasskop: %s\n' "$*" >&2; }

addresses() { getent ahosts "$1" | cut -d' ' -f1 | sort -u; }

# The nodes of the same Kubernetes cluster, by their headless service.
neighbours() {
  local service
  service=$(hostname -d 2>/dev/null)
  [ -z "$service" ] || addresses "$service"
}

# The other nodes that may be up.
others() {
  {
    for seed in $OTHERS; do printf '%s\n' "$seed"; done
    neighbours
  } | grep -vFx -e "$ADDRESS" -e ''
}

# A node that is in the ring, by its own word; where nobody may ask it, by its port.
is_up() {
  case $(bash "$here/ask.sh" "$1" OperationMode) in
    '"NORMAL"' | '"MOVING"' | '"LEAVING"') return 0 ;;
    '') bash "$here/reach.sh" "$1" 7000 7001 ;;
    *) return 1 ;;
  esac
}

# Whether the ring of a node that is up has data to stream; where nobody says, it has. Cassandra counts its own keyspaces
# that are replicated among them.
has_keyspaces() {
  local names
  names=$(bash "$here/ask.sh" "$1" NonSystemKeyspaces) || return 0
  [[ ${names//\"system_+([a-z])\"/} == *\"* ]]
}

# The first other seed in another Kubernetes cluster whose name is known. Neighbours do not count: no network is between
# them and this node, so they are seen when they are up; nor do seeds given as addresses, which nobody needs to have.
named_seed() {
  local seed near
  near=$(neighbours)
  for seed in $OTHERS; do
    [[ $seed =~ ^[0-9.]+$ || $seed == *:* ]] && continue
    if addresses "$seed" | grep -qvFx -e "${near:-none}"; then echo "$seed" && return; fi
  done
}

has_run() { compgen -G "$DATA/system/local-*" >/dev/null && [ ! -e "$marker" ]; }

joining() {
  sed "s/@ANSWERING@/$1/" "$here/joining.yaml" >"$here/joining-now.yaml" && touch "$marker" || return 1
  printf -- '-Dcassandra.config=file://%s/joining-now.yaml' "$here"
}

rm -f "$waiting"
trap 'rm -f "$waiting"' EXIT
tried=0
while :; do
  up=
  for node in $(others); do
    if is_up "$node"; then up=$node && break; fi
  done
  if has_run; then
    [ -n "$up" ] || say "no other node is up; this one has data, and starts"
    exit 0
  elif [ -n "$up" ] && [ -n "$IS_SEED" ] && has_keyspaces "$up"; then
    say "no data here, and the ring of $up has keyspaces: this seed joins it as other nodes do"
    joining "$up"
    exit
  elif [ -n "$up" ]; then
    say "joins the ring of $up"
    exit 0
  fi
  known=$(named_seed)
  if [ -n "$IS_FIRST" ] && [ -z "$known" ] && [ "$tried" -ge "${MULTICASSKOP_TRIES:-2}" ]; then
    say "first of the seeds, and there is no other node: begins the ring"
    exit 0
  fi
  touch "$waiting"
  if [ $((tried % 6)) -eq 0 ]; then
    say "waits for a node that is up on port 8778 or 7000: ${OTHERS:-no other seed}${known:+; $known has a name, so it is there}"
  fi
  tried=$((tried + 1))
  sleep "${MULTICASSKOP_PAUSE:-2}"
done
