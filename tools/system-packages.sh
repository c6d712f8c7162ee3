#!/usr/bin/env bash
# What Python's registry cannot give: installed when we are root on Debian, otherwise named.
#   system-packages.sh venv    what a bare machine needs for a virtual environment
#   system-packages.sh tests   what the tests drive from outside: a browser, a PostgreSQL server, graphviz, Node
set -u

missing=()
case "${1:-}" in
  venv)
    "${PYTHON:-python3}" -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv)
    ;;
  tests)
    command -v chromium >/dev/null || missing+=(chromium)
    # The program with which playwright drives it is linked to a library that a bare Debian does not have.
    ls /usr/lib/*/libatomic.so.1 >/dev/null 2>&1 || missing+=(libatomic1)
    command -v dot >/dev/null || missing+=(graphviz)
    command -v npm >/dev/null || missing+=(nodejs npm)
    ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing+=(postgresql)
    ;;
  *)
    echo "usage: $0 venv|tests" >&2
    exit 2
    ;;
esac
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
  echo "installing ${missing[*]} ..."
  # The package would create and start a cluster of its own; the tests start theirs.
  if [[ " ${missing[*]} " == *" postgresql "* ]]; then
    mkdir -p /etc/postgresql-common
    [ -e /etc/postgresql-common/createcluster.conf ] ||
      echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
  fi
  export DEBIAN_FRONTEND=noninteractive
  if apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null; then
    exit 0
  fi
fi
if [ "$1" = venv ]; then
  echo "please install: ${missing[*]}   (Debian: apt-get install ${missing[*]})" >&2
  exit 1
fi
echo "not installed, their tests are skipped: ${missing[*]}   (Debian: apt-get install ${missing[*]})" >&2
exit 0
