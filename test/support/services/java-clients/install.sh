#!/usr/bin/env bash
# Fetches Eclipse Paho's, HiveMQ's and RabbitMQ's Java clients as Maven artifacts and compiles the drivers for them, for
# the tests in test/services/interop and test/services/amqp. Needs a JDK 17 or later, and mvn.
# Goes to $MQTT_JAVA_LIB, or to ~/.cache/causeway-test/java-clients; does nothing when that is complete and was
# made from these very files.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
library=${MQTT_JAVA_LIB:-$HOME/.cache/causeway-test/java-clients}
export LC_ALL=C # the order of the sources is that of java-clients.ts
sources=("$here"/src/*.java)
fingerprint=$(cat "$here/pom.xml" "${sources[@]}" | sha256sum | cut -d ' ' -f 1)

if [[ -e $library/installed && $(<"$library/installed") == "$fingerprint" ]]; then
  echo "the Java clients are in $library"
  exit 0
fi

fetch() {
  mvn --quiet --batch-mode --file "$here/pom.xml" dependency:copy-dependencies \
    -DincludeTypes=jar -DoutputDirectory="$library/lib" </dev/null
}

rm -rf "$library"
for attempt in 1 2 3; do
  if fetch; then break; fi
  if [[ $attempt == 3 ]]; then
    echo "the Java clients could not be fetched" >&2
    exit 1
  fi
  sleep $((attempt * 5))
done

# HiveMQ's class files name annotations for static analysis that are not among its dependencies.
javac -Xlint:all,-classfile -Werror -proc:none -cp "$library/lib/*" -d "$library/classes" "${sources[@]}"
echo "$fingerprint" >"$library/installed"
echo "the Java clients are in $library"
