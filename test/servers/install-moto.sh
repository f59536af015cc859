#!/usr/bin/env bash
# Installs moto, which plays AWS KMS and STS, in a folder of its own: test/servers/install-moto.sh FOLDER
# Then name its server for the tests: export MOTO_SERVER=FOLDER/bin/moto_server
set -euo pipefail
python3 -m venv "$1"
"$1/bin/pip" install --quiet --disable-pip-version-check 'moto[server]==5.2.5'
test -x "$1/bin/moto_server"
