#!/usr/bin/env bash
# Gives the operator access to a member: an account with its rights there, and its credentials as a Secret in home.
set -euo pipefail
umask 077

KUBECTL=${KUBECTL_PATH:-kubectl}
RIGHTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/rights
TOKEN_SECONDS=30

usage() {
  cat <<'TEXT'
Usage: import-member.sh --context CONTEXT --namespace NAMESPACE --as NAME [options]

In the member: a ServiceAccount, a Role with the verbs of rights/member.yaml, a RoleBinding, a token;
and in kube-system the Role of rights/identity.yaml, by which the operator tells the member from another cluster.
For home: a Secret NAME with ca.crt, token, server and namespace. NAME is what the member is called everywhere else.

  --context CONTEXT         kubectl's context of the member
  --namespace NAMESPACE     where the children are, and the account that may change them; it must exist
  --as NAME                 the member's name, and the Secret's
  --server URL              the API server's address as the operator's pods reach it; else the context's own
  --ca-file FILE            the CA of that server, PEM; else the context's own
  --account NAME            the ServiceAccount, Role and RoleBinding; else multicasskop
  --expiring DURATION       a token that ends after DURATION (24h, at least 10m); else one that does not end
  --apply                   write the Secret into home
  --print                   print the Secret, token included; the default when stdout is no terminal
  --home-context CONTEXT    kubectl's context of home; else the current one
  --home-namespace NAME     the operator's namespace in home; else NAMESPACE
  --dry-run                 change nothing, show what would change; prints no Secret

All news go to stderr. The files of KUBECONFIG and the program in KUBECTL_PATH are used, if they are set.
TEXT
}

say() { printf '%s\n' "$*" >&2; }
fail() { say "import-member: $*"; exit 1; }
misuse() { say "import-member: $*. See --help."; exit 2; }

read_flags() {
  context='' namespace='' name='' server='' ca_file='' account=multicasskop expiring='' output=''
  home_context='' home_namespace='' dry_run=''
  while (($#)); do
    case $1 in
      --apply | --print) output=${1#--}; shift; continue ;;
      --dry-run) dry_run=yes; shift; continue ;;
      -h | --help) usage; exit 0 ;;
      --*=*) set -- "${1%%=*}" "${1#*=}" "${@:2}" ;;
    esac
    (($# > 1)) || misuse "$1 needs a value, or is no flag"
    case $1 in
      --context) context=$2 ;;
      -n | --namespace) namespace=$2 ;;
      --as) name=$2 ;;
      --server) server=$2 ;;
      --ca-file) ca_file=$2 ;;
      --account) account=$2 ;;
      --expiring) expiring=$2 ;;
      --home-context) home_context=$2 ;;
      --home-namespace) home_namespace=$2 ;;
      *) misuse "$1 is no flag" ;;
    esac
    shift 2
  done
  home_namespace=${home_namespace:-$namespace}
}

check_flags() {
  [[ $context && $namespace && $name ]] || misuse 'needs --context, --namespace and --as'
  is_name "$name" || misuse "--as $name: lower-case letters, digits, - and . only"
  is_name "$account" || misuse "--account $account: lower-case letters, digits, - and . only"
  [[ -z $server || $server == https://* ]] || misuse "--server $server: not an https:// address"
  [[ -z $ca_file ]] || grep -q '^-----BEGIN CERTIFICATE-----' "$ca_file" || misuse "--ca-file $ca_file: holds no certificate"
  if [[ -z $output && -z $dry_run ]]; then
    [[ ! -t 1 ]] || misuse 'say --apply, or --print to see the Secret, token included'
    output=print
  fi
}

is_name() { [[ $1 =~ ^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$ ]]; }

member() { "$KUBECTL" --context "$context" --namespace "$namespace" "$@"; }
home() { "$KUBECTL" ${home_context:+--context "$home_context"} --namespace "$home_namespace" "$@"; }

# what the context says of its cluster
of_context() {
  "$KUBECTL" config view --raw --flatten --minify --context "$context" -o jsonpath="{.clusters[0].cluster.$1}"
}

announce() {
  say "This will"
  say "  in $context  apply ServiceAccount, Role and RoleBinding $account in namespace $namespace"
  say "  in $context  apply Role and RoleBinding $namespace.$account.identity in namespace kube-system"
  if [[ $expiring ]]; then
    say "  in $context  ask for a token of $account for $expiring"
  else
    say "  in $context  apply Secret $account-token: a token of $account that does not end"
  fi
  case $output in
    apply) say "  in ${home_context:-the current context}  apply Secret $home_namespace/$name for $server" ;;
    print) say "  print Secret $home_namespace/$name for $server" ;;
  esac
  [[ -z $dry_run ]] || say 'Nothing of it is done, because of --dry-run.'
}

find_server() {
  server=${server:-$(of_context server)}
  [[ $server == https://* ]] || fail "$context: its server is no https:// address; give one with --server"
  if [[ $server =~ ^https://(127\.|localhost|\[::1\]) ]]; then
    say "Warning: $server is this machine's own address. From a pod it leads nowhere; give another one with --server."
  fi
}

check_rights() {
  local file
  for file in "$RIGHTS"/{member,identity}.yaml; do
    [[ -r $file ]] || fail "$file is missing: it comes with this script, and says which rights the account gets"
  done
}

check_namespaces() {
  member get namespace "$namespace" -o name >/dev/null \
    || fail "$context: no namespace $namespace to be seen. Make it: kubectl --context $context create namespace $namespace"
  [[ $output != apply ]] || home get namespace "$home_namespace" -o name >/dev/null \
    || fail "home: no namespace $home_namespace to be seen. Make it, as in the member"
}

# a Secret of that name with other keys is somebody else's; one that lacks keys is what we came to mend
check_home_secret() {
  local keys key
  # shellcheck disable=SC2016  # it is kubectl that puts in values here
  keys=$(home get secret "$name" --ignore-not-found -o go-template='{{range $key, $_ := .data}}{{$key}} {{end}}')
  for key in $keys; do
    case $key in
      ca.crt | token | server | namespace) ;;
      *) fail "home: Secret $home_namespace/$name has a key $key, so it is no member's. Nothing was done; see --as" ;;
    esac
  done
}

apply_rights() {
  sed "s/name: multicasskop\$/name: $account/" "$RIGHTS/member.yaml" | member apply ${dry_run:+--dry-run=server} -f - >&2
}

# not everybody may make a Role there; the member works without it, but could be mistaken for another one
apply_identity() {
  sed -e "s/name: multicasskop-identity\$/name: $namespace.$account.identity/" -e "s/name: multicasskop\$/name: $account/" \
    -e "s/namespace: cassandra\$/namespace: $namespace/" "$RIGHTS/identity.yaml" \
    | "$KUBECTL" --context "$context" --namespace kube-system apply ${dry_run:+--dry-run=server} -f - >&2 \
    || say "Warning: $context: its identity will not be checked: $account may not get namespace kube-system there." \
      'Let somebody who may make Roles in kube-system run this again.'
}

lasting_token() {
  member apply ${dry_run:+--dry-run=server} -f - >&2 <<YAML
apiVersion: v1
kind: Secret
type: kubernetes.io/service-account-token
metadata:
  name: $account-token
  annotations: {kubernetes.io/service-account.name: $account}
YAML
  [[ -z $dry_run ]] || return 0
  local tries
  for ((tries = TOKEN_SECONDS; tries > 0; tries--)); do
    token=$(member get secret "$account-token" -o jsonpath='{.data.token}' | base64 --decode)
    [[ -z $token ]] || return 0
    sleep 1
  done
  fail "$context: no token in Secret $namespace/$account-token within ${TOKEN_SECONDS}s; runs kube-controller-manager?"
}

ending_token() {
  [[ -z $dry_run ]] || return 0
  local ends
  read -r token ends < <(member create token "$account" --duration "$expiring" \
    -o go-template='{{.status.token}} {{.status.expirationTimestamp}}{{"\n"}}') \
    || fail "$context: no token of $account for $expiring"
  say "The token ends at $ends. Nobody renews it: run this again before."
}

find_authority() {
  if [[ $ca_file ]]; then
    authority=$(<"$ca_file")
  else
    authority=$(of_context certificate-authority-data | base64 --decode)
    # a context that trusts the machine's CAs, or nobody: what pods of that cluster trust
    [[ $authority ]] || authority=$(member get configmap kube-root-ca.crt -o jsonpath='{.data.ca\.crt}') || true
  fi
  [[ $authority == *'-----BEGIN CERTIFICATE-----'* ]] || fail "$context: no CA of $server to be found; give it with --ca-file"
}

# with the credentials themselves, in files: arguments can be seen by others
try_it() {
  local answer
  scratch=$(mktemp -d)
  trap 'rm -r "$scratch"' EXIT
  printf '%s\n' "$authority" >"$scratch/ca.crt"
  cat >"$scratch/config" <<YAML
{apiVersion: v1, kind: Config, current-context: x, contexts: [{name: x, context: {cluster: x, user: x}}],
 clusters: [{name: x, cluster: {server: "$server", certificate-authority: "$scratch/ca.crt"}}],
 users: [{name: x, user: {token: "$token"}}]}
YAML
  answer=$("$KUBECTL" --kubeconfig "$scratch/config" --namespace "$namespace" --request-timeout=5s \
    auth can-i create cassandraclusters.db.orange.com 2>&1) || true
  case $answer in
    *yes) say "$server answers, and lets $account create CassandraClusters in $namespace." ;;
    *) say "Warning: tried from this machine: $(tail -n 1 <<<"$answer"). The operator's pods must reach $server." ;;
  esac
}

encoded() { base64 | tr -d '\n'; }

secret() {
  cat <<YAML
apiVersion: v1
kind: Secret
metadata:
  name: $name
  namespace: $home_namespace
type: Opaque
data:
  ca.crt: $(printf '%s\n' "$authority" | encoded)
  token: $(printf '%s' "$token" | encoded)
  server: $(printf '%s' "$server" | encoded)
  namespace: $(printf '%s' "$namespace" | encoded)
YAML
}

# server-side, because the other way would write the token into an annotation as well
hand_over() {
  case $output in
    apply) secret | home apply --server-side --force-conflicts --field-manager=import-member -f - >&2 ;;
    print) secret ;;
  esac
}

main() {
  read_flags "$@"
  check_flags
  check_rights
  find_server
  announce
  check_namespaces
  [[ $output != apply ]] || check_home_secret
  find_authority
  apply_rights
  apply_identity
  if [[ $expiring ]]; then ending_token; else lasting_token; fi
  [[ -z $dry_run ]] || return 0
  try_it
  hand_over
}

main "$@"
