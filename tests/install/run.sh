#!/usr/bin/env bash
# Installs a build into a temporary prefix and uses it as a stranger would: run.sh BUILD_FOLDER.
# Checks the installed command, a consumer through find_package and through pkg-config, and that the
# installed headers compile with nothing but what is installed.
set -euo pipefail
build=$(realpath "$1")
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=$work/prefix
readonly kExpected="80 bytes; "

# check WHAT EXPECTED-PREFIX OUTPUT
check() {
  if [[ "$3" != "$2"* ]]; then
    echo "install: error: $1: expected a line that begins with \"$2\", found \"$3\"" >&2
    exit 1
  fi
  echo "install: $1: $3"
}

cmake --install "$build" --prefix "$prefix" >"$work/install.log"
check "installed command" "sextant" "$("$prefix/bin/sextant" --version)"
check "installed models" "fashion-vit" "$("$prefix/bin/sextant" list --names | grep -x fashion-vit)"

cmake -G Ninja -S "$here/consumer" -B "$work/consumer" -DCMAKE_PREFIX_PATH="$prefix" \
  >"$work/configure.log"
cmake --build "$work/consumer" >"$work/consumer.log" || { cat "$work/consumer.log" >&2 && exit 1; }
check "find_package" "$kExpected" "$("$work/consumer/consumer")"

PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name sextant.pc)")
export PKG_CONFIG_PATH
read -ra flags <<<"$(pkg-config --cflags --libs sextant)"
g++ "$here/consumer/main.cc" "${flags[@]}" -o "$work/with_pkg_config"
check "pkg-config" "$kExpected" \
  "$(LD_LIBRARY_PATH=$(pkg-config --variable=libdir sextant) "$work/with_pkg_config")"

# Headers of the LibTorch side, and those that include one of them, need LibTorch and are left out.
/usr/bin/python3 - "$prefix/include" >"$work/all_headers.cc" <<'PY'
import pathlib, re, sys

root = pathlib.Path(sys.argv[1])
texts = {str(path.relative_to(root)): path.read_text() for path in sorted(root.rglob("*.h"))}
includes = {name: re.findall(r'#include ["<]([^">]+)', text) for name, text in texts.items()}
torch = {name for name, list_ in includes.items() if any(i.startswith("torch/") for i in list_)}
while more := {n for n, list_ in includes.items() if n not in torch and torch & set(list_)}:
    torch |= more
for name in texts:
    if name not in torch:
        print(f'#include "{name}"')
PY
read -ra flags <<<"$(pkg-config --cflags sextant)"
g++ -fsyntax-only -Wall -Werror "${flags[@]}" "$work/all_headers.cc"
echo "install: $(wc -l <"$work/all_headers.cc") headers compile on their own"
