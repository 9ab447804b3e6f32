#!/bin/sh
# Make the virtual environment $VENV with $PYTHON and install the project, at the versions of $CONSTRAINTS (may be empty).
# EXTRA=site (or assignments, slides) adds that extra to an environment that is there.
# TORCH=cpu takes the CPU build of PyTorch, TORCH=cuda what pip finds; unset, Linux without an NVIDIA driver takes the
# CPU build, and everybody else what pip finds. Called by the Makefile.
set -eu

for python in ${PYTHON:-python3.11 python3.12 python3.13 python3}; do
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || version="not there"
    case $version in 3.11 | 3.12 | 3.13) break ;; esac
done
case $version in
    3.11 | 3.12 | 3.13) ;;
    *)
        echo "The course needs Python 3.11, 3.12 or 3.13, and $python is $version: install one, then say where it is," \
            "as in make course PYTHON=/path/to/python3.11." >&2
        exit 1
        ;;
esac

mkdir -p build
if [ "${EXTRA:-}" ]; then
    log=build/install-$EXTRA.log
    echo "Installing into $VENV what \"$EXTRA\" needs besides: a minute, once (log: $log)."
else
    log=build/install.log
    echo "Installing into $VENV with Python $version: some minutes and several GB, once (log: $log)."
fi

give_up() {
    echo "$1 (the reason is at the end of $log): most often there is no network, a proxy that pip was not told of" \
        "(HTTPS_PROXY), or a full disk; mend that and run the same command again." >&2
    exit 1
}

[ "${EXTRA:-}" ] || "$python" -m venv "$VENV" >"$log" 2>&1 || give_up "The virtual environment could not be made"

# The build that pip takes on Linux brings CUDA, several gigabytes. uv knows where PyTorch keeps the one for the CPU.
if [ -z "${TORCH:-}" ] && [ -z "${EXTRA:-}" ] && [ "$(uname -s)" = Linux ] && ! command -v nvidia-smi >/dev/null; then
    TORCH=cpu
fi
set -- ${CONSTRAINTS:+-c "$CONSTRAINTS"} -e ".[${EXTRA:-test}]"
if [ "${TORCH:-}" = cpu ]; then
    "$VENV/bin/python" -m pip install uv >>"$log" 2>&1 &&
        "$VENV/bin/uv" pip install --python "$VENV/bin/python" --torch-backend cpu "$@" >>"$log" 2>&1 && exit
    echo "The CPU build of PyTorch could not be fetched (the reason is in $log): taking the build that pip finds."
fi
"$VENV/bin/python" -m pip install "$@" >>"$log" 2>&1 || give_up "The install failed"
