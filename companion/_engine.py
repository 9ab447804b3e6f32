"""Where the parts of a grid are trained: in this process, on its cores or on other machines, as joblib is told."""

import os
from contextlib import nullcontext
from functools import partial

import joblib
from joblib.parallel import get_active_backend

from companion import _checks

TRIES = 3
# What a worker does as the process that calls it was told to, and what it does because it has neighbours.
CHOSEN = ("CUDA_VISIBLE_DEVICES", "KERAS_BACKEND", "TF_CPP_MIN_LOG_LEVEL", "TF_ENABLE_ONEDNN_OPTS", "XLA_FLAGS")
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"), "1")


class WorkerDied(Exception):
    """The engine gave up, not what it ran."""


def parallel(backend):
    """Return joblib's `Parallel` for an engine, and how many parts it runs at once.

    Without `backend` that is what `joblib.parallel_config` says, or else this process.
    """
    try:
        with nullcontext() if backend is None else joblib.parallel_config(backend=backend, n_jobs=-1):
            active, n_jobs = get_active_backend()
            if hasattr(active, "client"):
                active = _reporting(active)
            run = joblib.Parallel(backend=active, n_jobs=n_jobs, return_as="generator_unordered", batch_size=1)
            return run, active.effective_n_jobs(n_jobs)
    except (ValueError, TypeError) as error:
        raise type(error)(
            f'backend takes an engine that joblib knows, such as "loky", or "dask" where a dask.distributed.Client is '
            f"open; got {_checks.shown(backend)}: {error}"
        ) from error


def finished(call, parts, names, backend):
    """Yield the number and the result of ``call(part)`` of every part, in the order in which they are done.

    A part whose worker died is tried again: by Dask itself, and on other engines alone, so that it is known which part
    it was. What `call` raises gets the name of the part, and is not tried again.
    """
    todo = list(range(len(parts)))
    settings = {name: os.environ[name] for name in CHOSEN if name in os.environ} | ONE_THREAD
    task = joblib.delayed(partial(_named, call, os.getpid(), settings))

    def run(numbers):
        engine, _ = parallel(backend)
        try:
            for number, result in engine([task(names[i], i, parts[i]) for i in numbers]):
                todo.remove(number)
                yield number, result
        except Exception as error:
            if hasattr(error, "__notes__"):
                raise
            raise WorkerDied from error

    def run_alone(number):
        for _ in range(TRIES - 1):
            try:
                return (yield from run([number]))
            except WorkerDied as death:
                reason = death.__cause__
        raise _dead(names[number]) from reason

    while todo:
        try:
            yield from run(list(todo))
        except WorkerDied:
            for number in todo[: 2 * parallel(backend)[1]]:  # joblib hands out two parts for each worker
                yield from run_alone(number)


def _named(call, caller, settings, name, number, part):
    """Return the number and ``call(part)``; what that raises says in which part."""
    if os.getpid() != caller:
        os.environ.update(settings)  # before the framework is loaded, the first time
    try:
        return number, call(part)
    except Exception as error:
        error.add_note(f"Raised at {name}.")
        raise


def _dead(name):
    return RuntimeError(
        f"a worker died at {name}, as did those that tried again; if its memory was full, take a smaller memory=… or "
        "fewer workers."
    )


def _reporting(dask):
    """Return joblib's engine for Dask so that it says where Dask gave up; joblib 1.6 waits for ever instead."""

    class Reporting(type(dask)):
        def effective_n_jobs(self, n_jobs):
            return max(2, super().effective_n_jobs(n_jobs))  # with one at work, joblib would work in this process

        def submit(self, func, callback=None):
            [[_, (name, *_), _]] = func.items

            def report(done):
                if done.exception():
                    error = _dead(name)
                    error.add_note(f"{type(done.exception()).__name__}: {done.exception()}")
                    callback(error)

            future = super().submit(func, callback)
            future.add_done_callback(report)
            return future

        def retrieve_result_callback(self, out):
            if isinstance(out, Exception):
                raise out
            return super().retrieve_result_callback(out)

    wait = dask.wait_for_workers_timeout
    return Reporting(client=dask.client, wait_for_workers_timeout=wait, **dask.submit_kwargs)
