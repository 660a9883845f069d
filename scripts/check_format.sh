#!/usr/bin/env bash
# Fails if a C++ file is not as clang-format-19 would write it; --fix rewrites instead.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
mode=(--dry-run -Werror)
[ "${1:-}" != --fix ] || mode=(-i)

mapfile -d '' -t files < <(git ls-files -z --cached --others --exclude-standard -- \
  '*.h' '*.cc' '*.cu' '*.cuh')
present=()
for file in "${files[@]}"; do
  [ ! -f "$file" ] || present+=("$file")
done
if ! clang-format-19 "${mode[@]}" "${present[@]}"; then
  echo "format: error: run scripts/check_format.sh --fix" >&2
  exit 1
fi
echo "format: ${#present[@]} files as they should be"
