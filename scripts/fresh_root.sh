#!/usr/bin/env bash
# Proves that two commands are enough: makes a fresh Debian 12 root (base system, git, make,
# ca-certificates), clones the committed state of this repository into it, and runs there, timed,
#   make demo     (at most 30 minutes on two cores)
#   make test     (at most 45 minutes)
#   sextant chat  (the capital of France is Paris)
#
#   fresh_root.sh [--host-pip] [--keep] FOLDER
#
# FOLDER is made and, unless --keep, removed again; needs root, debootstrap and about 8 GB.
# apt inside uses this machine's package sources, proxies and certificates, and pip its PIP_* and
# proxy variables. --host-pip also copies pip's configuration files and shows the local package
# folders they name read-only at the same place, so that large wheels can come from the disk.
# Everything is mounted in a namespace of its own: nothing stays mounted, whatever happens.
set -euo pipefail

readonly kDemoLimit=1800
readonly kTestLimit=2700

say() { echo "fresh root: $*"; }

fail() {
  echo "fresh root: error: $*" >&2
  exit 1
}

parse_arguments() {
  host_pip=no keep=no root=
  while [ $# -gt 0 ]; do
    case $1 in
      --host-pip) host_pip=yes ;;
      --keep) keep=yes ;;
      -*) fail "unknown option $1; expected --host-pip or --keep" ;;
      *) root=$(realpath -m "$1") ;;
    esac
    shift
  done
  [ -n "$root" ] || fail "expected a folder to make the root in"
  [ ! -e "$root" ] || fail "$root exists; expected a new folder"
  [ "$(id -u)" -eq 0 ] || fail "expected to run as root"
  command -v debootstrap >/dev/null || fail "no debootstrap; apt-get install debootstrap"
}

# The mirror that apt uses here for the main part of Debian 12.
host_mirror() {
  # shellcheck disable=SC2016  # apt's own placeholders
  apt-get indextargets --format '$(CODENAME) $(COMPONENT) $(SITE)' 'Created-By: Packages' |
    awk '$1 == "bookworm" && $2 == "main" { print $3; exit }'
}

make_root() {
  local mirror
  mirror=$(host_mirror)
  mkdir -p "$root"
  say "installing the base system"
  debootstrap --variant=minbase --include=git,make,ca-certificates bookworm "$root" \
    ${mirror:+"$mirror"} >"$root.log" 2>&1 || { tail "$root.log" >&2 && fail "debootstrap failed"; }
  rm -f "$root.log"
}

# copy_into PATH...: the same files at the same place in the root; absent ones are passed over.
copy_into() {
  local path
  for path in "$@"; do
    if [ -e "$path" ]; then
      mkdir -p "$root$(dirname "$path")"
      cp -rLT "$path" "$root$path"
    fi
  done
}

# Package sources, proxy settings, certificates and name service as on this machine.
copy_network_settings() {
  copy_into /etc/resolv.conf /etc/hosts /etc/apt/sources.list /etc/apt/sources.list.d \
    /etc/apt/trusted.gpg.d /etc/apt/keyrings /etc/apt/auth.conf /etc/apt/auth.conf.d \
    /usr/share/keyrings /usr/local/share/ca-certificates
  apt-config dump Acquire >"$root/etc/apt/apt.conf.d/90host"
  chroot "$root" update-ca-certificates >/dev/null 2>&1
  # Variables that name a certificate file point at this machine's bundle.
  copy_into /etc/ssl/certs/ca-certificates.crt
}

# Proxy, certificate and pip variables, as NAME=VALUE separated by zero bytes.
host_environment() {
  env -0 | grep -zE '^((https?|no|all|ftp)_proxy|(HTTPS?|NO|ALL|FTP)_PROXY|PIP_[A-Z_]+|SSL_CERT_FILE|CURL_CA_BUNDLE|REQUESTS_CA_BUNDLE|GIT_SSL_CAINFO)=' || true
}

# pip's configuration files, and the local folders that they or the variables name.
show_host_packages() {
  local path
  while read -r path; do
    copy_into "$path"
  done < <(python3 -m pip config debug | sed -n 's/^ *\(\/.*\), exists: True$/\1/p')
  while read -r path; do
    # The pages of a simple index link to files beside it.
    [ "$(basename "$path")" != simple ] || path=$(dirname "$path")
    if [ -f "$path" ]; then
      copy_into "$path"
    elif [ -d "$path" ]; then
      say "using packages from $path"
      mkdir -p "$root$path"
      mount --bind "$path" "$root$path"
      mount -o remount,bind,ro "$root$path"
    fi
  done < <({ python3 -m pip config list && host_environment | tr '\0' '\n'; } |
    grep -oE "(file://)?/[^ '\"]+" | sed 's|^file://||; s|/$||' | sort -u)
}

clone_repository() {
  local source
  source=$(git -C "$(dirname "${BASH_SOURCE[0]}")" rev-parse --show-toplevel)
  git clone -q --no-hardlinks "$source" "$root/src/sextant"
  say "cloned $(git -C "$source" rev-parse --short HEAD)"
}

# in_root COMMAND...: runs in the clone with a bare environment plus the host's network variables.
in_root() {
  local variables=()
  mapfile -d '' -t variables < <(host_environment)
  chroot "$root" env -i HOME=/root LANG=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin "${variables[@]}" \
    bash -c 'cd /src/sextant && exec "$@"' _ "$@"
}

# timed LIMIT COMMAND...: fails past the limit even if the command succeeds.
timed() {
  local limit=$1 started=$SECONDS
  shift
  say "$*"
  in_root "$@" </dev/null || fail "$* failed"
  local took=$((SECONDS - started))
  say "$* took $took s, at most $limit s"
  [ "$took" -le "$limit" ] || fail "$* took $took s, expected at most $limit s"
}

check_chat() {
  local answer
  answer=$(in_root build/bin/sextant chat <<<'What is the capital of France?')
  say "chat: $answer"
  grep -q Paris <<<"$answer" || fail "chat: expected an answer with Paris, found: $answer"
}

main() {
  parse_arguments "$@"
  # Again in a mount namespace, in which every mount ends with this process.
  if [ -z "${SEXTANT_FRESH_ROOT_UNSHARED:-}" ]; then
    local status=0
    SEXTANT_FRESH_ROOT_UNSHARED=1 unshare --mount --propagation private \
      "${BASH_SOURCE[0]}" "$@" || status=$?
    [ "$keep" = yes ] || rm -rf --one-file-system "$root"
    exit "$status"
  fi
  make_root
  copy_network_settings
  mount --bind /dev "$root/dev"
  mount -t proc proc "$root/proc"
  mount -t tmpfs tmpfs "$root/dev/shm"
  [ "$host_pip" = no ] || show_host_packages
  clone_repository
  timed "$kDemoLimit" make demo
  timed "$kTestLimit" make test
  check_chat
  say "all good on $(nproc) cores"
}

main "$@"
