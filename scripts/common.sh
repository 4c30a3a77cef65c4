# Shell functions that `start`, `test` and `package` share. Sourced, not run.

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cache="${ROCKHOPPER_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/rockhopper}"
target="${CARGO_TARGET_DIR:-$root/target}"
export CARGO_TARGET_DIR="$target"

say() { printf '==> %s\n' "$*" >&2; }
fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}
has() { command -v "$1" >/dev/null 2>&1; }

# Runs a command as root, for packages of the system.
as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; elif has sudo; then sudo "$@"; else
        fail "'$*' needs root; run it yourself and start again"
    fi
}

# need COMMAND PACKAGE...: installs packages of Debian or Ubuntu where a command is missing.
need() {
    local command=$1
    shift
    has "$command" && return
    has apt-get || fail "$command is missing; install $* and start again"
    say "installing $* (for $command)"
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$@" >/dev/null
}

# The Rust toolchain: the one on PATH, else rustup's.
need_rust() {
    [ -x "$HOME/.cargo/bin/cargo" ] && PATH="$HOME/.cargo/bin:$PATH"
    has cargo && return
    need curl curl ca-certificates
    say "installing Rust with rustup (into ~/.cargo and ~/.rustup)"
    curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile minimal >/dev/null ||
        fail "Rust could not be installed; install it from https://rustup.rs and start again"
    PATH="$HOME/.cargo/bin:$PATH"
}

node_version=22.12.0

# Node 20 or newer: the one on PATH, else the official archive, checked against its published checksum.
need_node() {
    PATH="$cache/node/bin:$PATH"
    if has node && [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ]; then return; fi
    need curl curl ca-certificates
    need xz xz-utils
    local arch archive
    case "$(uname -m)" in x86_64) arch=x64 ;; aarch64) arch=arm64 ;; *) fail "no Node for $(uname -m) is known" ;; esac
    archive="node-v$node_version-linux-$arch.tar.xz"
    say "installing Node $node_version (into $cache/node)"
    mkdir -p "$cache/node"
    (
        cd "$cache"
        curl -sSfO "https://nodejs.org/dist/v$node_version/$archive" &&
            curl -sSf "https://nodejs.org/dist/v$node_version/SHASUMS256.txt" | grep " $archive\$" | sha256sum -c --quiet &&
            tar -xJf "$archive" -C node --strip-components=1 && rm -f "$archive"
    ) || fail "Node could not be installed; install Node 20 or newer and start again"
}

# node_packages FOLDER: installs what a folder's package-lock.json names, once for each state of the lock file.
node_packages() {
    local folder=$1 mark
    mark="$folder/node_modules/.installed-$(sha256sum "$folder/package-lock.json" | cut -c1-16)"
    [ -e "$mark" ] && return
    say "installing the Node packages of ${folder#"$root"/}"
    (cd "$folder" && npm ci --no-audit --no-fund --ignore-scripts --loglevel=error >&2)
    touch "$mark"
}

# python_packages REQUIREMENTS: a venv with these packages; sets $python.
python_packages() {
    local venv
    venv="$cache/venv-$(sha256sum "$1" | cut -c1-16)"
    python="$venv/bin/python"
    [ -e "$venv/.installed" ] && return
    need python3 python3 python3-venv
    say "installing the Python packages of ${1#"$root"/} (into $venv)"
    rm -rf "$venv"
    # Debian's python3 comes without the module until python3-venv is there.
    python3 -m venv "$venv" 2>/dev/null || {
        has apt-get || fail "Python's venv module is missing"
        as_root apt-get install -y -qq python3-venv >/dev/null
        python3 -m venv "$venv"
    }
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$1"
    touch "$venv/.installed"
}
