#!/bin/sh
# Says hello; with --check, says so only if it could.
set -eu
name=${1:-world}
if [ "$name" = --check ]; then
  test -n "$GREETING"
  echo "can say $GREETING"
else
  echo "$GREETING, $name"
fi
