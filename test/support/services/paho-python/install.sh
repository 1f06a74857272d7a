#!/usr/bin/env bash
# Fetches Eclipse Paho's Python client for the tests in test/services/interop. Needs python3 with pip.
# Goes to $PAHO_PYTHON_LIB, or to ~/.cache/causeway-test/paho-python-<version>; does nothing when that is complete.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
version=$(sed -n 's|^paho-mqtt==||p' "$here/requirements.txt")
library=${PAHO_PYTHON_LIB:-$HOME/.cache/causeway-test/paho-python-$version}

if [[ -e $library/installed ]]; then
  echo "Paho for Python $version is in $library"
  exit 0
fi

python3 -m pip install --quiet --disable-pip-version-check --root-user-action ignore --no-deps --upgrade \
  --retries 3 --target "$library" --requirement "$here/requirements.txt"
touch "$library/installed"
echo "Paho for Python $version is in $library"
