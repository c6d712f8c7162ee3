#!/usr/bin/env bash
# Third-party servers and clients that tests talk to, in an environment of their own below .callwright/peers:
# datasette with GraphQL and simple-salesforce from Python's registry, an OData server and the editors' YAML
# language server from Node's.
set -eu
here="$(cd "$(dirname "$0")/.." && pwd)"
peers="$here/.callwright/peers"
wanted="$here/tests/connectors/crm/peers/requirements.txt"
mkdir -p "$peers"
exec 9>"$peers/.lock"
flock 9

if ! cmp -s "$wanted" "$peers/requirements.txt"; then
  "${PYTHON:-python3}" -m venv "$peers/venv"
  "$peers/venv/bin/python" -m pip install --quiet --disable-pip-version-check --retries 1 -r "$wanted"
  cp "$wanted" "$peers/requirements.txt"
fi

if command -v npm >/dev/null && [ ! -d "$peers/odata/node_modules/simple-odata-server" ]; then
  mkdir -p "$peers/odata"
  npm install --silent --no-fund --no-audit --no-package-lock --prefix "$peers/odata" \
    simple-odata-server@1.2.2 simple-odata-server-nedb@1.0.0 @seald-io/nedb@4.1.2
fi

if command -v npm >/dev/null && [ ! -d "$peers/editor/node_modules/yaml-language-server" ]; then
  mkdir -p "$peers/editor"
  npm install --silent --no-fund --no-audit --no-package-lock --prefix "$peers/editor" yaml-language-server@1.25.0
fi
