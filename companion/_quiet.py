"""Keep the log of TensorFlow's C++ away from who runs a program."""

import os
import re
import sys
import tempfile
from contextlib import contextmanager

_LOG = re.compile(rb"WARNING: All log messages before absl::InitializeLog\(\)|[IWE]\d{4} ")


@contextmanager
def quiet():
    """Drop what C++ logs to stderr: on loading, TensorFlow logs a few lines whatever its log level is.

    That level is set to 3, errors alone, here and for what is started later, unless somebody has chosen one. Everything
    else that is written to stderr meanwhile, such as Python's warnings, is written at the end.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    kept = os.dup(2)
    with tempfile.TemporaryFile() as written:
        os.dup2(written.fileno(), 2)
        try:
            yield
        finally:
            if sys.stderr is not None:
                sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)
            written.seek(0)
            os.write(2, b"".join(line for line in written if not _LOG.match(line)))
