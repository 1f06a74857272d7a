#!/usr/bin/env bash
# Fetches Apache Kafka as Maven artifacts for the tests in test/services. Needs java 17 or later, and mvn.
# Goes to $KAFKA_LIB, or to ~/.cache/causeway-test/kafka-<version>; does nothing when that is complete.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
version=$(sed -n 's|.*<kafka.version>\(.*\)</kafka.version>.*|\1|p' "$here/pom.xml")
library=${KAFKA_LIB:-$HOME/.cache/causeway-test/kafka-$version}

if [[ -e $library/installed ]]; then
  echo "Kafka $version is in $library"
  exit 0
fi

fetch() {
  mvn --quiet --batch-mode --file "$here/pom.xml" dependency:copy-dependencies -DoutputDirectory="$library" </dev/null
}

for attempt in 1 2 3; do
  if fetch; then break; fi
  if [[ $attempt == 3 ]]; then
    echo "Kafka $version could not be fetched" >&2
    exit 1
  fi
  sleep $((attempt * 5))
done

# One start and stop records the loaded classes in an archive, with which later starts take a third of the time.
# The options have to be those of kafka.ts. Without the archive Kafka starts all the same, only more slowly.
archive_classes() {
  rm -f "$library/classes.jsa"
  local folder=$1 port=$((20000 + RANDOM % 5000)) server
  cat >"$folder/server.properties" <<PROPERTIES
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$((port + 1))
advertised.listeners=PLAINTEXT://127.0.0.1:$port
controller.listener.names=CONTROLLER
controller.quorum.voters=1@127.0.0.1:$((port + 1))
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs=$folder/data
PROPERTIES
  local java=(java -Xmx384m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$library/*")
  "${java[@]}" kafka.tools.StorageTool format -t Y2F1c2V3YXktdGVzdC0wMQ -c "$folder/server.properties" >"$folder/log" 2>&1 || return 1
  "${java[@]}" -XX:ArchiveClassesAtExit="$library/classes.jsa" kafka.Kafka "$folder/server.properties" >>"$folder/log" 2>&1 &
  server=$!
  for _ in {1..600}; do
    if grep -q "Kafka Server started" "$folder/log" || ! kill -0 "$server" 2>/dev/null; then break; fi
    sleep 0.1
  done
  kill "$server" 2>/dev/null || true
  wait "$server" || true
  [[ -s $library/classes.jsa ]]
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
archive_classes "$scratch" || echo "no class archive was made; Kafka will start more slowly" >&2
touch "$library/installed"
echo "Kafka $version is in $library"
