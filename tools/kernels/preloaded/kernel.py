"""A kernel that finds what is slow to import imported: the import of both frameworks costs ten seconds of CPU.

It is a fork of one process that has done nothing but import. So each kernel has a memory of its own, in which no cell
of another notebook has run; the course's own modules it imports itself. The folder in the variable PRELOADED has one
such process: the first kernel starts it, in its own environment, and it ends when the folder is gone.
"""

import contextlib
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

MODULES = ("companion", "torch", "torch._dynamo", "tensorflow", "keras", "pandas", "matplotlib.pyplot", "scipy.stats")
MODULES += ("sklearn.linear_model", "sklearn.metrics", "sklearn.model_selection", "ipykernel.kernelapp")
IDLE = 600  # seconds after which nobody is expected any more, though the folder was left behind


def connected(address):
    """Return a connection to the process at `address`, once there is one."""
    server = None
    while True:
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(address)
            return connection
        except (FileNotFoundError, ConnectionRefusedError):
            connection.close()
        if server is None:
            nothing = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
            server = subprocess.Popen([sys.executable, __file__, address], start_new_session=True, **nothing)
        elif server.poll():
            raise SystemExit(f"The process that preloads ended with status {server.returncode}.")
        time.sleep(0.1)


def ask(address, arguments):
    """Have a kernel forked, with this process' folder, environment and streams, and wait until it has ended."""
    with connected(address) as connection:
        wanted = {"arguments": arguments, "folder": os.getcwd(), "environment": dict(os.environ)}
        socket.send_fds(connection, [json.dumps(wanted).encode()], [0, 1, 2])
        connection.recv(1)


def serve(address):
    """Import `MODULES`, as far as they are there, and fork a kernel for each who connects; but in one process only."""
    lock = open(f"{address}.lock", "w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    sys.path.pop(0)  # the folder of this file
    os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"  # as a kernel sets it, before matplotlib
    for module in MODULES:
        with contextlib.suppress(ModuleNotFoundError):
            __import__(module)
    sys.modules["pandas"].set_option("display.max_columns", 20)  # in a kernel; elsewhere it takes what a terminal shows
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the kernels
    with contextlib.suppress(FileNotFoundError):
        os.unlink(address)  # of one that nobody had expected any more
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(address)
        server.listen()
        server.settimeout(1)
        last = time.monotonic()
        while os.path.exists(address) and time.monotonic() - last < IDLE:
            with contextlib.suppress(TimeoutError):
                connection, _ = server.accept()
                last = time.monotonic()
                if os.fork() == 0:
                    try:
                        server.close()
                        lock.close()
                        kernel(connection)
                    finally:
                        os._exit(1)
                connection.close()


def kernel(connection):
    """Become the kernel that is asked for, and end with whoever asked."""
    connection.setblocking(True)
    wanted, descriptors, *_ = socket.recv_fds(connection, 2**20, 3)
    wanted = json.loads(wanted)
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
        os.close(descriptor)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    os.chdir(wanted["folder"])
    os.environ.clear()
    os.environ.update(wanted["environment"])
    sys.argv[1:] = wanted["arguments"]
    threading.Thread(target=lambda: (connection.recv(1), os._exit(1)), daemon=True).start()
    from ipykernel import kernelapp

    kernelapp.launch_new_instance()
    os._exit(0)


if __name__ == "__main__":
    if sys.platform != "linux":  # macOS forks no process that has loaded its own libraries
        os.execv(sys.executable, [sys.executable, "-m", "ipykernel_launcher", *sys.argv[1:]])
    elif sys.argv[1] == "-f":
        ask(os.path.join(os.environ["PRELOADED"], "socket"), sys.argv[1:])
    else:
        serve(sys.argv[1])
