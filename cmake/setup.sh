#!/usr/bin/env bash
# Installs what nnq needs on Debian bookworm and builds it into build/. What is
# there already is not installed again, so a second run needs neither root nor
# the network.
#
#   cmake/setup.sh           all programs
#   cmake/setup.sh --demo    the programs of the demo, and npm for its data
#   cmake/setup.sh --test    all programs and everything that test/run.sh uses
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
build=$root/build
venv=$build/venv
log=$build/setup.log

demo=false
test=false
for argument in "$@"; do
  case $argument in
    --demo) demo=true ;;
    --test) test=true ;;
    *) echo "usage: cmake/setup.sh [--demo] [--test]" >&2; exit 2 ;;
  esac
done

packages=(clang-22 lld-22 llvm-22-dev llvm-22-tools libmlir-22-dev
  libomp-22-dev mlir-22-tools libeigen3-dev cmake ninja-build zlib1g-dev
  libgtest-dev python3 python3-venv ca-certificates)
requirements=("$root/python/requirements.txt")
targets=()
options=()
if $test; then
  packages+=(gcc libc6-dev gcc-aarch64-linux-gnu libc6-dev-arm64-cross
    qemu-user-static clang-format-22 python3-dev)
  requirements+=("$root/test/requirements.txt")
  options+=(-DNNQ_BUILD_PYTHON=ON)
elif $demo; then
  targets=(nnq-opt nnq-compile nnq-run)
fi
if $demo && ! command -v npm > /dev/null; then
  packages+=(npm)
fi

fail() {
  echo "setup: $*" >&2
  exit 1
}

# step TITLE COMMAND...: runs the command quietly; shows the end of its output
# when it fails.
step() {
  local title=$1 started=$SECONDS size
  shift
  echo "setup: $title ..."
  printf '\n== %s\n$ %s\n' "$title" "$*" >> "$log"
  size=$(wc -c < "$log")
  if ! "$@" >> "$log" 2>&1 < /dev/null; then
    tail -c +$((size + 1)) "$log" | tail -n 40 >&2
    fail "$title failed; the whole output is in $log"
  fi
  if ((SECONDS - started > 5)); then
    echo "setup: ... $((SECONDS - started)) s"
  fi
}

missing_packages() {
  local package
  for package in "${packages[@]}"; do
    if [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2> /dev/null) \
        != installed ]]; then
      echo "$package"
    fi
  done
}

# The packages of LLVM 22 are in bookworm's security suite.
check_candidates() {
  local package
  for package in "$@"; do
    if ! apt-cache show "$package" > /dev/null 2>&1; then
      fail "apt knows no package $package: nnq is built on Debian bookworm" \
        "with the suites bookworm and bookworm-security"
    fi
  done
}

install_packages() {
  command -v dpkg-query > /dev/null ||
    fail "no dpkg here: install the equivalents of ${packages[*]}"
  local missing
  mapfile -t missing < <(missing_packages)
  if ((${#missing[@]} == 0)); then
    return
  fi
  ((EUID == 0)) ||
    fail "run as root, or install by hand: apt-get install ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  step "updating the package lists" apt-get update
  check_candidates "${missing[@]}"
  step "installing ${missing[*]}" \
    apt-get install -y --no-install-recommends "${missing[@]}"
}

make_venv() {
  if ! "$venv/bin/python" -c 'import pip' > /dev/null 2>&1; then
    step "making a Python environment" \
      /usr/bin/python3 -m venv --clear "$venv"
  fi
  local list arguments=()
  for list in "${requirements[@]}"; do
    arguments+=(-r "$list")
  done
  step "installing Python packages" "$venv/bin/python" -m pip install \
    --disable-pip-version-check --only-binary :all: "${arguments[@]}"
}

# A compilation may take 1.5 GB, a link less.
parallel_jobs() {
  local cores memory
  cores=$(nproc)
  memory=$(awk '/^MemAvailable/ { print int($2 / 1500000) }' /proc/meminfo)
  ((memory >= 1)) || memory=1
  echo $((cores < memory ? cores : memory))
}

mkdir -p "$build"
: > "$log"
install_packages
make_venv
cd "$root"
step "configuring" \
  cmake --preset release -DPython3_EXECUTABLE="$venv/bin/python" "${options[@]}"
step "building (some minutes when nothing is built)" \
  ninja -C "$build" -j "$(parallel_jobs)" "${targets[@]}"
echo "setup: done, the programs are in $build/bin"
