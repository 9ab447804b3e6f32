#!/bin/sh
# Make the virtual environment $VENV with $PYTHON and install the project, at the versions of $CONSTRAINTS (may be empty).
# FRAMEWORK=pytorch (or tensorflow) installs that framework alone; EXTRA=site (or assignments, cluster, slides, trainers)
# adds that extra to an environment that is there.
# TORCH=cpu takes the CPU build of PyTorch, TORCH=cuda what is found; unset, Linux without an NVIDIA driver takes the
# CPU build, and everybody else what is found. Called by the Makefile.
set -eu

if [ "${PYTHON:-}" ]; then set -- "$PYTHON"; else set -- python3.11 python3.12 python3.13 python3; fi
for python; do
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
    echo "Installing into $VENV with Python $version: a few minutes and ${FRAMEWORK:+less than }4 GB, once (log: $log)."
fi

give_up() {
    echo "$*" >&2
    exit 1
}

if [ -z "${EXTRA:-}" ]; then
    "$python" -m venv "$VENV" >"$log" 2>&1 ||
        give_up "The virtual environment could not be made (the reason is at the end of $log): Debian and Ubuntu need" \
            "their package python3-venv, else most often the disk is full; mend that and run the same command again."
    # JupyterLab then shows a page such as the glossary as a page, not its source, and does not ask about news; and
    # TensorFlow's log, which says of a computer without a GPU that it has none, goes to the terminal, not into a lesson.
    cp -R "${0%/*}/jupyter/." "$VENV" || give_up "$VENV cannot be written: most often the disk is full."
fi

# What pip was told, in its variables or its files, uv has to be told: a mirror, folders of wheels, certificates.
told() {
    echo "$config" | sed -n "s/^[^=]*\.$1='\(.*\)'\$/\1/p" | head -n 1
}
config=$("$VENV/bin/python" -m pip config list 2>>"$log") || config=
tell() {
    if [ "$2" ]; then export "$1=$2"; fi
}
tell UV_DEFAULT_INDEX "${UV_DEFAULT_INDEX:-$(told index-url)}"
tell UV_FIND_LINKS "${UV_FIND_LINKS:-$(told find-links | sed 's/\\n\| /,/g')}"
tell SSL_CERT_FILE "${SSL_CERT_FILE:-$(told cert)}"
tell UV_HTTP_TIMEOUT "${UV_HTTP_TIMEOUT:-180}"
# uv leaves compiling to whoever imports first. Where Python is told not to write what it compiled, that is everybody.
tell UV_COMPILE_BYTECODE "${UV_COMPILE_BYTECODE:-${PYTHONDONTWRITEBYTECODE:-}}"
with_uv() {
    "$VENV/bin/uv" pip install --python "$VENV/bin/python" "$@" >>"$log" 2>&1
}

# The build that is found on Linux brings CUDA, several gigabytes. uv knows where PyTorch keeps the one for the CPU.
if [ -z "${TORCH:-}${EXTRA:-}" ] && [ "${FRAMEWORK:-}" != tensorflow ] && [ "$(uname -s)" = Linux ] && ! command -v nvidia-smi >/dev/null; then
    TORCH=cpu
fi
set -- ${CONSTRAINTS:+-c "$CONSTRAINTS"} -e ".[${EXTRA:-${FRAMEWORK:-pytorch,tensorflow,test}}]"
# uv does in seconds what pip does in minutes; pip has the last word.
if "$VENV/bin/python" -m pip install uv >>"$log" 2>&1; then
    if [ "${TORCH:-}" = cpu ]; then
        with_uv --torch-backend cpu "$@" && exit
        echo "The CPU build of PyTorch could not be fetched (the reason is in $log): taking the build that is found."
    fi
    with_uv "$@" && exit
    with_uv --offline "$@" && exit # what an earlier install left on this computer may do
fi
"$VENV/bin/python" -m pip install "$@" >>"$log" 2>&1 ||
    give_up "The install failed (the reason is at the end of $log): most often there is no network, a proxy that pip was" \
        "not told of (HTTPS_PROXY), or a full disk; mend that and run the same command again."
