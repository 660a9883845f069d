#!/usr/bin/env bash
# Configures and builds: build.sh PRESET FOLDER JOBS. On a terminal ninja shows its progress;
# otherwise the output goes to FOLDER/*.log and is shown only if a step fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
preset=$1 folder=$2 jobs=$3
mkdir -p "$folder"

step() {
  local log=$folder/$1.log
  shift
  if ! "$@" >"$log" 2>&1; then
    # The failing commands and what they said, without the long list of finished steps.
    grep -vE '^\[[0-9]+/[0-9]+\] (Building|Linking|Generating)' "$log" | tail -n 80 >&2
    echo "build: error: $* failed (whole log: $log)" >&2
    exit 1
  fi
}

step configure cmake --preset "$preset" -B "$folder"
if [ -t 1 ]; then
  cmake --build "$folder" --parallel "$jobs"
else
  started=$SECONDS
  step compile cmake --build "$folder" --parallel "$jobs"
  echo "build: $preset is up to date in $folder ($((SECONDS - started)) s)"
fi
