"""Several processes on this machine that work on one thing, as replicas on several devices or machines do.

A notebook is one process, so it starts others. Each finds in its environment what ``torchrun`` and TensorFlow's
cluster managers put there; so a function that runs in one runs unchanged under them, on many machines.
"""

import concurrent.futures
import contextlib
import inspect
import json
import os
import pickle
import socket
import subprocess
import sys
import tempfile
import textwrap
import traceback

from companion import _checks

ALONE = {"OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
ALONE |= {"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3"}  # a core each, and no GPU


class Ranks:
    """Processes that wait for functions and run each of them at the same time.

    Parameters
    ----------
    number : int, optional
        How many processes, at least 1.
    timeout : float, optional
        Seconds that a function may take, positive. The first also waits for the processes to start.

    Attributes
    ----------
    number : int
        How many processes there are.

    Raises
    ------
    ValueError, TypeError
        If an argument lies outside its range.

    Notes
    -----
    Each process has the environment variables ``RANK``, ``WORLD_SIZE``, ``LOCAL_RANK``, ``LOCAL_WORLD_SIZE``,
    ``MASTER_ADDR`` and ``MASTER_PORT``, which ``torch.distributed.init_process_group`` reads, and ``TF_CONFIG``, which
    ``tf.distribute.MultiWorkerMirroredStrategy`` reads. The addresses are those of the loopback, with ports that the
    operating system chose. The processes end with `close`, at the end of a ``with``, or with this process.

    Examples
    --------
    >>> def square(by_rank):
    ...     import os
    ...
    ...     return by_rank[int(os.environ["RANK"])] ** 2
    >>> with Ranks(2) as ranks:
    ...     ranks.run(square, by_rank=[3, 4])
    [9, 16]
    """

    def __init__(self, number=2, *, timeout=120):
        self.number = _checks.whole("number", number, least=1)
        self._timeout = _checks.number("timeout", timeout, above=0)
        ports = free_ports(self.number + 1)
        self._logs = [tempfile.TemporaryFile() for _ in range(self.number)]
        self._processes = [
            subprocess.Popen(
                [sys.executable, "-c", "from companion.ranks import _work; _work()"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=os.environ | ALONE | group(rank, ports),
            )
            for rank, log in enumerate(self._logs)
        ]

    def run(self, function, **arguments):
        """Call a function in every process at once.

        Parameters
        ----------
        function : function
            Written with ``def``. The processes get its source, so it imports what it uses.
        **arguments
            What it is called with, the same in every process: arrays, numbers, and all else that pickle takes.

        Returns
        -------
        list
            What it returned, by rank.

        Raises
        ------
        RuntimeError
            If it raises in a process, or a process dies; the message names the rank and holds its error.
        TimeoutError
            If a process does not answer in time. All processes have ended after either error.
        ValueError, TypeError
            If `function` has no source, or the processes have ended.
        """
        if not inspect.isfunction(function) or function.__name__ == "<lambda>":
            raise TypeError(f"function takes a function written with def, got {_checks.shown(function)}.")
        if not self._processes:
            raise ValueError("The processes have ended: start others with Ranks(…).")
        try:
            source = textwrap.dedent(inspect.getsource(function))
        except OSError:
            raise TypeError("function takes one whose source can be read: written in a cell or in a file.") from None
        job = pickle.dumps((source, function.__name__, arguments))
        with concurrent.futures.ThreadPoolExecutor(self.number) as pool:
            answers = [pool.submit(self._answer, rank, job) for rank in range(self.number)]
            try:
                done, late = concurrent.futures.wait(answers, self._timeout, concurrent.futures.FIRST_EXCEPTION)
            except KeyboardInterrupt:
                self.close()  # or the pool would wait for answers
                raise
            failed = next((each.exception() for each in answers if each in done and each.exception()), None)
            if failed or late:
                self.close()  # the others may wait for one that is gone
        if failed:
            raise failed
        if late:
            names = ", ".join(str(rank) for rank, each in enumerate(answers) if each in late)
            raise TimeoutError(
                f"Rank {names} did not return from {function.__name__} in {self._timeout:g} s. On a busy machine start "
                f"them with Ranks({self.number}, timeout={4 * self._timeout:g}); else a rank waits for a collective "
                "operation that another never calls."
            )
        return [each.result() for each in answers]

    def close(self):
        """End the processes."""
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with contextlib.suppress(OSError):  # what was not sent is not needed any more
                    pipe.close()
        self._processes = []

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def _answer(self, rank, job):
        process = self._processes[rank]
        try:
            process.stdin.write(job)
            process.stdin.flush()
            raised, value = pickle.load(process.stdout)
        except (OSError, EOFError):
            self._logs[rank].seek(0)
            said = self._logs[rank].read().decode(errors="replace").strip().splitlines()[-5:]
            raise RuntimeError(f"Rank {rank} died. It said last: {' / '.join(said) or 'nothing'}") from None
        if raised:
            raise RuntimeError(f"Rank {rank} raised an error:\n{value}")
        return value


def free_ports(number):
    """Return ports that are free now, as the operating system chose them."""
    sockets = [socket.socket() for _ in range(number)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def group(rank, ports):
    """Return the environment by which a process knows the others: PyTorch's variables, and TensorFlow's."""
    store, *workers = map(str, ports)
    names = {"RANK": rank, "WORLD_SIZE": len(workers), "LOCAL_RANK": rank, "LOCAL_WORLD_SIZE": len(workers)}
    cluster = {"worker": [f"127.0.0.1:{port}" for port in workers]}
    return {
        **{name: str(value) for name, value in names.items()},
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": store,
        "TF_CONFIG": json.dumps({"cluster": cluster, "task": {"type": "worker", "index": rank}}),
    } | _loopback()


def _loopback():
    """Return the environment variable that keeps gloo on this machine: by default it looks the host's name up."""
    names = [name for _, name in getattr(socket, "if_nameindex", list)() if name.startswith("lo")]
    return {"GLOO_SOCKET_IFNAME": names[0]} if names else {}


def _work():
    """Run in a process what arrives on its standard input, until that is closed."""
    jobs, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints goes to the log, not among the answers
    while True:
        try:
            source, name, arguments = pickle.load(jobs)
        except EOFError:
            os._exit(0)  # frameworks' threads may wait for ranks that have ended
        names = {}
        try:
            exec(compile(source, f"<{name}>", "exec"), names)
            answer = False, names[name](**arguments)
        except Exception:
            answer = True, traceback.format_exc(limit=-3)
        pickle.dump(answer, answers)
        answers.flush()
