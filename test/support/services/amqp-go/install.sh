#!/usr/bin/env bash
# Compiles the integration suite of amqp091-go as Debian ships it, for test/services/amqp. Needs golang-go and
# golang-github-rabbitmq-amqp091-go-dev.
# Goes to $AMQP_GO_LIB, or to ~/.cache/causeway-test/amqp091-go; does nothing when that was made from these very files.
set -euo pipefail

library=${AMQP_GO_LIB:-$HOME/.cache/causeway-test/amqp091-go}
package=/usr/share/gocode/src/github.com/rabbitmq/amqp091-go
fingerprint=$(cat "$package"/*.go | sha256sum | cut -d ' ' -f 1)

if [[ -e $library/installed && $(<"$library/installed") == "$fingerprint" ]]; then
  echo "the suite of amqp091-go is in $library"
  exit 0
fi

rm -rf "$library"
mkdir -p "$library"
cache=$(mktemp -d)
trap 'rm -rf "$cache"' EXIT
cd "$package"
# Debian's own compiler, of the version its library was packaged for: newer ones may refuse to work without modules.
GO111MODULE=off GOFLAGS='' GOPATH=/usr/share/gocode GOCACHE=$cache \
  CGO_ENABLED=0 /usr/bin/go test -c -tags integration -o "$library/suite" .
echo "$fingerprint" >"$library/installed"
echo "the suite of amqp091-go is in $library"
