#!/usr/bin/env bash
# Third-party servers and clients that tests talk to, in an environment of their own below .callwright/peers:
# datasette with GraphQL, simple-salesforce and the queueing simulator Ciw from Python's registry, an OData server and
# the editors' YAML language server from Node's. Ciw brings a package "tests", so it has an environment to itself.
# The heavy one comes by name only, `tools/test-peers.sh directus`: Directus (500 MB, some minutes) for `make soak`.
set -eu
here="$(cd "$(dirname "$0")/.." && pwd)"
peers="$here/.callwright/peers"
mkdir -p "$peers"
exec 9>"$peers/.lock"
flock 9

# python_peers REQUIREMENTS FOLDER MARK: an environment, made anew when the requirements are others than in MARK.
python_peers() {
  if ! cmp -s "$1" "$3"; then
    "${PYTHON:-python3}" -m venv "$2"
    "$2/bin/python" -m pip install --quiet --disable-pip-version-check --retries 1 -r "$1"
    cp "$1" "$3"
  fi
}

python_peers "$here/tests/connectors/crm/peers/requirements.txt" "$peers/venv" "$peers/requirements.txt"
python_peers "$here/tests/simulator/traffic/peers/requirements.txt" "$peers/queueing" "$peers/queueing/requirements.txt"

if command -v npm >/dev/null && [ ! -d "$peers/odata/node_modules/simple-odata-server" ]; then
  mkdir -p "$peers/odata"
  npm install --silent --no-fund --no-audit --no-package-lock --prefix "$peers/odata" \
    simple-odata-server@1.2.2 simple-odata-server-nedb@1.0.0 @seald-io/nedb@4.1.2
fi

if command -v npm >/dev/null && [ ! -d "$peers/editor/node_modules/yaml-language-server" ]; then
  mkdir -p "$peers/editor"
  npm install --silent --no-fund --no-audit --no-package-lock --prefix "$peers/editor" yaml-language-server@1.25.0
fi

if [ "${1:-}" = directus ] && [ ! -d "$peers/directus/node_modules/directus" ]; then
  new="$peers/directus.new" # what was broken off is begun anew
  rm -rf "$new" && mkdir -p "$new"
  npm install --silent --no-fund --no-audit --no-package-lock --prefix "$new" directus@11.3.5 sqlite3@5.1.7
  rm -rf "$peers/directus" && mv "$new" "$peers/directus"
fi
