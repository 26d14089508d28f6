#!/usr/bin/env bash
# Remake the three lock files from pyproject.toml. Run it when a dependency changes: `make lock`, then read the difference.
#
# Versions already locked are kept; `tools/lock.sh --upgrade` takes the newest. The files carry pins and hashes only: no index,
# no path and no comment, so that an installation uses whatever index the machine is set up for, and the hashes decide.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check uv

compile() { # compile NAME SOURCE...: write requirements/NAME.txt
    local target=requirements/$1.txt
    shift
    "$work/venv/bin/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
        --no-emit-index-url --no-emit-find-links --output-file "$target" "$@"
    echo "$target: $(grep -c == "$target") packages"
}

compile runtime pyproject.toml requirements/build.in "${@}"
compile test pyproject.toml requirements/build.in --extra test --extra check --constraint requirements/runtime.txt "${@}"
compile bench pyproject.toml requirements/build.in --extra bench --constraint requirements/test.txt "${@}"
