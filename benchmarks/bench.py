"""Measure the course's package against the idioms of practitioners, and write ``benchmarks/table.md``.

``make bench``, or ``python -m benchmarks.bench``, measures all; ``--only sweeps`` measures one comparison anew. The
rows of each are kept in ``build/benchmarks/``: what was cut off can go on, and the table is written once all are there.
Both sides of a ratio run in this process, in turn, with the threads that the libraries choose by themselves; the
seconds are medians of five, after one uncounted run of each.

- An epoch of `fit` and of its idiom is (the time of 1 + k epochs − the time of one) / k. So neither side is charged for
  what a training pays once: our checks and tracing, Keras' compiling. A practitioner pays them once for many epochs.
- A `sweep` is timed whole, checks, splits, tracing and compiling included. The loops that it is compared with are
  charged for their bare steps alone: the epochs of one model, measured as above, times epochs times models. That
  favours the loops, which would trace or compile every model anew. Both do the same number of steps, on as many rows
  as the split leaves for training.
- `engines` times a grid on two workers, with a thread each, against this process with the threads that it chooses.
- `verdicts` times `same_loss` alone: what loads the frameworks, some seconds, is paid before.
- `peers` compares `fit` and `sweep` with code that is tuned by hand, in seconds of the wall and of the CPU.
- `model.fit` casts its rows to float32, Keras' default, also where the model computes in float64.
"""

import argparse
import asyncio
import csv
import json
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import joblib
import numpy as np
from sklearn.utils.class_weight import compute_class_weight
from threadpoolctl import threadpool_limits

from benchmarks.measure import (
    ROUNDS,
    Peer,
    Row,
    alternate,
    clocks,
    epochs_alone,
    loop,
    machine,
    table,
    timed,
)
from companion._quiet import quiet
from companion.data import stratified
from companion.weights import class_weights
from tools import claims, execute, notebooks, offline
from tools.course import BUILD, FRAMEWORKS, ROOT

# What, layer sizes, weights, seeds, and the ratio to reach against the framework's idiom.
GRIDS = (("logistic models", (20, 1), 8, 16, 30), ("networks 20-32-16-1", (20, 32, 16, 1), 4, 8, 10))
# Rows, the size of a batch, and the dtype of what `fit` and its tuned peers train on.
TRAININGS = ((182_276, 2048, "float32"), (182_276, 2048, "float64"), (20_000, 64, "float64"))
TABLE = Path(__file__).with_name("table.md")
KEPT = BUILD / "benchmarks"
NOTES = """\
Seconds are medians of five, the two sides in turn. An epoch is measured without what a training pays once, on both
sides. A sweep is timed whole, compiling included; the loops are extrapolated from the steps of one model, without
what each model would pay once. Notebooks are executed once, each alone, imports included, and all of them two at
once, as `make course` does. Each comparison is one run; they may be of different hours. The last column is the CPU
seconds of one fixed loop of Python after the row: the machine's speed at that moment, which on shared machines varies
within minutes. Two workers have a thread each; this process, with which they are compared, has two threads, so both
sides use both cores. The submissions that are graded are the masters' own solutions, one in each framework for every
assignment; the class, a cell of which may run for ten seconds, has every kind of `benchmarks/misfits.py`, too. One
that hangs may make the others last half as long again, a ratio of 0.67.
"""
PEERS = """\
Milliseconds of one epoch: medians of five, all sides of a setting in turn, the linear algebra and PyTorch on one
thread. They leave out what is paid once, as above: some seconds of compiling for `torch.compile` and Keras. A network
29-16-1 is trained by each in the same steps; for the sweep, 128 logistic models on 14,000 rows each. The ratio is of
CPU seconds, ours over theirs: above 1, theirs is faster. The limit gathers the rows of an epoch, multiplies the
matrices of both passes and goes over the units once; it has neither loss nor update, and trains nothing. JAX is no
dependency of the course and was left out.
"""


def epochs(*, rows=182_276, batch_size=2048, more=5, rounds=ROUNDS):
    """Compare an epoch of `fit` in float32 with an epoch of the framework's idiom."""
    with quiet():
        from benchmarks.training import HALVES, data, our_fit

    sizes = (29, 16, 1)
    X, y = data(rows, sizes[0], "float32")
    for (name, (half, idiom, called)), target in zip(HALVES.items(), (8, 3), strict=True):
        runs = [build(X, y, sizes, batch_size=batch_size) for build in (partial(our_fit, half), idiom)]
        (ours, theirs), work = alternate(*(epochs_alone(run, more=more) for run in runs), rounds=rounds)
        yield Row(f"{name}: an epoch of fit, against {called}", ours, theirs, at_least=target, work=work)


def sweeps(*, rows=20_000, batch_size=256, epochs=20, more=5, grids=GRIDS, rounds=ROUNDS):
    """Compare `sweep` in float64 with loops over single models: the framework's idiom, and our own `fit`."""
    with quiet():
        from benchmarks.training import HALVES, data, our_fit, our_sweep

    X, y = data(rows, 20, "float64")
    n_train = rows - int(np.ceil(0.3 * rows))
    for kind, sizes, n_weights, n_seeds, target in grids:
        models = n_weights * n_seeds
        weights = np.geomspace(1, 19, n_weights)
        for name, (half, idiom, called) in HALVES.items():
            whole = our_sweep(half, X, y, sizes, batch_size=batch_size, pos_weights=weights, seeds=n_seeds)
            single = {"batch_size": batch_size, "pos_weight": float(weights[-1])}
            loops = [build(X[:n_train], y[:n_train], sizes, **single) for build in (idiom, partial(our_fit, half))]
            (ours, *others), work = alternate(
                lambda whole=whole: timed(whole, epochs),
                *(epochs_alone(run, more=more, times=epochs * models) for run in loops),
                rounds=rounds,
            )
            for against, seconds, least in zip((called, "our own fit"), others, (target, 1), strict=True):
                what = f"{name}: sweep of {models} {kind}, {work // models:,} steps each, against {against}"
                yield Row(what, ours, seconds, at_least=least, work=work)


def peers(*, trainings=TRAININGS, sizes=(29, 16, 1), grid=(20_000, 256, 8, 16), more=5, rounds=ROUNDS):
    """Compare an epoch of `fit` and of `sweep` with tuned code, and `fit` with the least that any training has to do.

    All sides take turns, the linear algebra and PyTorch on one thread.
    """
    with quiet():
        from benchmarks import peers
        from benchmarks.training import HALVES, data, our_fit, our_sweep

    import torch

    def epoch_of(run):
        return epochs_alone(run, more=more, clock=clocks)

    def compared(what, ours, theirs):
        theirs = {name: epoch_of(lambda epochs, run=run: run(epochs)[0]) for name, run in theirs.items()}
        with threadpool_limits(1):
            seconds, work = alternate(*map(epoch_of, ours.values()), *theirs.values(), rounds=rounds)
        for name, own in zip(ours, seconds, strict=False):
            for peer, other in zip(theirs, seconds[len(ours) :], strict=True):
                yield Peer(f"{name}: {what}", peer, own, other, work=work)

    for rows, batch_size, dtype in trainings:
        data_and_sizes, settings = (*data(rows, sizes[0], dtype), sizes), {"batch_size": batch_size}
        yield from compared(
            f"fit, {rows:,} rows, B = {batch_size:,}, {dtype}",
            {name: our_fit(half, *data_and_sizes, **settings) for name, (half, *_) in HALVES.items()},
            {
                "PyTorch, slices": peers.slices(*data_and_sizes, **settings),
                "PyTorch, slices, torch.compile": peers.slices(*data_and_sizes, **settings, compiled=True),
                "PyTorch, slices, gradient by hand": peers.by_hand(torch, *data_and_sizes, **settings),
                "Keras, XLA, 64 steps a call": peers.keras_jit(*data_and_sizes, **settings),
                "NumPy, slices, gradient by hand": peers.by_hand(np, *data_and_sizes, **settings),
                "scikit-learn's MLPClassifier": peers.scikit_learn(*data_and_sizes, **settings),
                "the limit": peers.limit(*data_and_sizes, **settings),
            },
        )
    rows, batch_size, n_weights, n_seeds = grid
    X, y = data(rows, 20, "float64")
    weights, settings = np.geomspace(1, 19, n_weights), {"batch_size": batch_size}
    ours = {
        name: our_sweep(half, X, y, (20, 1), pos_weights=weights, seeds=n_seeds, **settings)
        for name, (half, *_) in HALVES.items()
    }
    splits = stratified(X, y, seeds=range(n_seeds), val=0, test=0.3)
    theirs = {"NumPy, all weights in one product": peers.grid(splits, weights, **settings)}
    yield from compared(f"sweep, {n_weights * n_seeds} logistic models, B = {batch_size}", ours, theirs)


def engines(*, rows=20_000, batch_size=256, epochs=10, splits=16, parts=200, rounds=ROUNDS):
    """Time a grid on two workers of each engine against this process, and what a part costs beside its training."""
    with quiet():
        from benchmarks.training import HALVES, data, our_sweep

    from companion import _engine

    X, y = data(rows, 20, "float64")
    grid = {"batch_size": batch_size, "pos_weights": np.geomspace(1, 19, 4), "seeds": splits}
    run = our_sweep(HALVES["PyTorch"][0], X, y, (20, 32, 16, 1), **grid, memory=1)  # two splits a part

    def trained(config):
        with config():
            return timed(run, epochs)

    def empty(config):
        def cost(number):
            with config():
                done = dict(_engine.finished(abs, range(number), [f"part {i}" for i in range(number)], None))
            return len(done)

        return epochs_alone(cost, more=parts)

    with _two_workers() as configs:
        for name, config in configs.items():
            (ours, theirs), work = alternate(
                lambda config=config: trained(config),
                lambda: trained(partial(joblib.parallel_config, backend="sequential")),
                rounds=rounds,
            )
            what = f"PyTorch: sweep of {4 * splits} networks in {splits // 2} parts, two workers of {name}"
            yield Row(f"{what}, against this process", ours, theirs, work=work)
            (seconds,), work = alternate(empty(config), rounds=rounds)
            yield Row(f"a part that does nothing, two workers of {name}", seconds, under=0.02, work=work)


@contextmanager
def _two_workers():
    """For each engine that is installed, a function that returns joblib's context with two workers of it."""
    configs = {"loky": partial(joblib.parallel_config, backend="loky", n_jobs=2)}
    if not find_spec("distributed"):
        yield configs
        return
    from distributed import Client, LocalCluster

    quiet_cluster = {"dashboard_address": "127.0.0.1:0", "silence_logs": 50}
    with LocalCluster(n_workers=2, threads_per_worker=1, **quiet_cluster) as two, Client(two):
        yield configs | {"Dask": partial(joblib.parallel_config, backend="dask")}


def labels(*, rows=10_000_000, rounds=ROUNDS):
    """Compare `class_weights`, its checks included, with scikit-learn's "balanced" weights."""
    y = (np.random.default_rng(0).random(rows) < 0.01).astype(np.int64)

    def side(function):
        seconds, result = timed(function)
        return seconds, result.round(12).tolist()

    (ours, theirs), work = alternate(
        lambda: side(lambda: class_weights(y)),
        lambda: side(lambda: compute_class_weight("balanced", classes=np.unique(y), y=y)),
        rounds=rounds,
    )
    yield Row(f"class_weights of {rows:,} labels, against scikit-learn's", ours, theirs, at_least=50, work=work)


def verdicts(*, rounds=ROUNDS):
    """Time `same_loss` on pairs that are equal, differ in one thing, and in two, once both frameworks are loaded."""
    with quiet():
        import keras
        import torch

        from companion.same_loss import same_loss

    weight = torch.tensor([1.0, 9.0, 99.0])
    own, theirs = torch.nn.CrossEntropyLoss, keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    weighted = {"n_classes": 3, "class_weight": dict(enumerate(weight.tolist()))}
    focal = keras.losses.BinaryFocalCrossentropy(from_logits=True)
    binary = torch.nn.BCEWithLogitsLoss(), keras.losses.BinaryCrossentropy(from_logits=True)
    pairs = [
        (own(), theirs, {"n_classes": 3}),
        (*binary, {}),
        (own(weight=weight), theirs, weighted),
        (torch.nn.BCEWithLogitsLoss(pos_weight=torch.tensor(99.0)), focal, {}),
        (own(weight=weight, label_smoothing=0.1), theirs, weighted),
    ]

    def side(ours, theirs, options):
        seconds, found = timed(partial(same_loss, ours, theirs, **options))
        return seconds, sorted(found.kinds)

    timings = [alternate(partial(side, *pair), rounds=rounds) for pair in pairs]
    seconds = np.median([median for (median,), _ in timings])
    yield Row(
        f"same_loss: one verdict, the median of {len(pairs)} pairs",
        seconds,
        under=2,
        work=[kinds for _, kinds in timings],
    )


def imports(*, rounds=ROUNDS):
    """Time ``import companion`` in fresh interpreters; a framework among what it loads is an error."""
    program = (
        "import sys, time; start = time.perf_counter(); import companion; seconds = time.perf_counter() - start\n"
        "import json; print(json.dumps([seconds, [m for m in ('torch', 'tensorflow') if m in sys.modules]]))"
    )

    def side():
        result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=True)
        return json.loads(result.stdout)

    (ours,), loaded = alternate(side, rounds=rounds)
    if loaded:
        raise AssertionError(f"import companion loads {loaded}.")
    yield Row("import companion, which loads neither framework", ours, under=0.2, work=loaded)


def lessons(*, paths=None):
    """Time every notebook, executed afresh into ``build/``."""
    for path in notebooks.stored() if paths is None else paths:
        seconds, _ = timed(lambda path=path: asyncio.run(execute.execute(path, BUILD / path.name)))
        yield Row(f"notebook {path.stem}", seconds, under=45)
    claims.FOLDER.mkdir(parents=True, exist_ok=True)
    seconds, _ = timed(lambda: asyncio.run(execute.at_once(notebooks.stored() if paths is None else paths)))
    yield Row("make course, the install left out", seconds, under=240)


def course(folder, source=None):
    """Make a course in `folder`, with its releases; return it and the names of its assignments."""
    from tools import assignments  # nbgrader is an extra

    root = Path(folder, "course")
    if source:
        shutil.copytree(source, root / "source")
    else:
        assignments.write_masters(root)
    names = sorted(path.parent.name for path in root.glob("source/*/*.ipynb"))
    for name in names:
        assignments.release(name, root)
    return root, names


def graded(folder, root, cores, cell_seconds=60):
    """Run `make grade` as on so many cores; say when each submission was done, and the rows of the table of marks."""
    command = [sys.executable, "-m", "tools.grading", folder, "--course", root, "--jobs", str(cores + 1)]
    command += ["--cell-seconds", str(cell_seconds)]
    start, done = time.perf_counter(), {}
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            if line.startswith("["):
                done[line.split()[1]] = time.perf_counter() - start
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    with open(root / "marks.csv", encoding="utf-8") as file:
        return done, [(row["total"], row["out of"], row["by hand"]) for row in csv.DictReader(file)]


def grading(*, source=None, cores=2):
    """Time `make grade` on made-up submissions: the solution of every assignment in each framework."""
    from tools import assignments

    with tempfile.TemporaryDirectory() as folder:
        root, names = course(folder, source)
        for name in names:
            for tag in (framework.tag for framework in FRAMEWORKS):
                assignments.hand_in(assignments.solved(name, tag, root), tag, name, Path(folder, "class"))
        done, marks = graded(Path(folder, "class"), root, cores)
    each = max(done.values()) / len(marks)
    what = f"make grade on {cores} cores: one submission, the mean of {len(marks)}; {60 / each:.1f} a minute"
    yield Row(what, each, work=marks)


def classes(*, source=None, students=240, kinds=None, more=12, cores=2, cell_seconds=10):
    """Time `make grade` on a class of one assignment, and on later work, alone and behind a submission that never ends.

    The class has a bad submission of each of the `kinds`, by default of all; of the others one in forty is a solution,
    and the rest are empty.
    """
    from benchmarks import misfits
    from tools import assignments

    kinds = list(misfits.KINDS) if kinds is None else kinds
    with tempfile.TemporaryDirectory() as folder:
        root, (name, *_) = course(folder, source)
        handed_in = Path(folder, "class")
        empty = notebooks.read(root / "release" / name / f"{name}.ipynb")
        solution = assignments.solved(name, FRAMEWORKS[0].tag, root)

        def add(term, count, bad):
            for kind in bad:  # the first in the alphabet
                misfits.KINDS[kind](assignments.hand_in(solution, f"bad-{term}-{kind}", name, handed_in))
            for number in range(count):
                notebook = solution if number % 40 == 1 else empty
                assignments.hand_in(notebook, f"student-{term}-{number:03}", name, handed_in)
            return graded(handed_in, root, cores, cell_seconds)

        done, marks = add(0, students - len(kinds), kinds)
        what = f"make grade on {cores} cores: a class of {students}, {len(kinds)} of them bad in as many ways"
        yield Row(what, max(done.values()), work=marks)
        done, marks = add(1, more, [])
        alone = max(done.values())
        yield Row(f"make grade again: {more} more", alone, work=marks)
        done, marks = add(2, more, ["hangs"])
        others = max(seconds for student, seconds in done.items() if student.startswith("student"))
        what = f"make grade again: {more} more, and one that hangs before them, against {more} alone"
        yield Row(what, others, alone, at_least=0.67, work=marks)


COMPARISONS = {
    one.__name__: one for one in (epochs, sweeps, peers, engines, labels, verdicts, imports, lessons, grading, classes)
}


def main(arguments=None):
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(description="Measure the course's package against the idioms of practitioners.")
    parser.add_argument(
        "--only", nargs="+", choices=COMPARISONS, help="measure these alone; the others keep their rows"
    )
    parser.add_argument("--test-seconds", type=float, metavar="S", help="what `make test` took, for the table")
    options = parser.parse_args(arguments)

    offline.settle()
    kept = {name: KEPT / f"{name}.joblib" for name in COMPARISONS}
    if not options.only:
        shutil.rmtree(KEPT, ignore_errors=True)
    KEPT.mkdir(parents=True, exist_ok=True)
    for name in options.only or COMPARISONS:
        measured = []
        for row in COMPARISONS[name]():
            measured.append(replace(row, loop=loop(), work=None))
            print(" | ".join(measured[-1].cells()), file=sys.stderr, flush=True)
        joblib.dump((machine(), measured), kept[name])

    found = {name: joblib.load(file) for name, file in kept.items() if file.exists()}
    found = {name: measured for name, (where, measured) in found.items() if where == machine()}
    rows = [row for measured in found.values() for row in measured]
    if options.test_seconds is not None:
        rows.append(Row("make test, the notebooks' outputs included", options.test_seconds))
    kinds = [[row for row in rows if isinstance(row, kind)] for kind in (Row, Peer)]
    tables = [table(of_kind) for of_kind in kinds if of_kind]
    print("", *tables, machine(), sep="\n\n")
    if missing := COMPARISONS.keys() - found:
        print(f"\nThe stored table is left as it is: not yet measured here are {', '.join(sorted(missing))}.")
    else:
        untimed = "" if options.test_seconds is not None else "`make test` was not timed.\n"
        notes = [NOTES + untimed, PEERS]
        parts = [part for pair in zip(tables, notes, strict=False) for part in pair]
        TABLE.write_text("\n\n".join(["# Benchmarks", machine(), *parts]), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
