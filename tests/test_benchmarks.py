"""The benchmarks on tiny sizes: that they run, and that both sides of a ratio do the same work. Never how fast."""

import math
import platform
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import nbformat
import numpy as np
import pytest
import torch

import companion.pytorch
from benchmarks import bench, peers
from benchmarks.measure import Peer, Row, alternate, epochs_alone, machine, table
from benchmarks.training import LEARNING_RATE, data
from companion.data import stratified
from tools.text import assignment

FRAMEWORKS = ("PyTorch: ", "TensorFlow: ")


def checked(rows, *, at_least, work):
    """Assert the form of rows that compare two sides, and the work that both did."""
    rows = list(rows)
    assert [row.at_least for row in rows] == at_least
    assert [row.work for row in rows] == work
    for row in rows:
        assert row.what and math.isfinite(row.ours) and math.isfinite(row.ratio)
        assert len(row.cells()) == 7 and row.cells()[5] in (("–",) if row.at_least is None else ("yes", "no"))
    return [row.what for row in rows]


def test_an_epoch_of_fit_and_of_the_idiom_take_the_same_steps():
    names = checked(bench.epochs(rows=300, batch_size=64, more=1, rounds=1), at_least=[8, 3], work=[5, 5])
    assert [name.startswith(framework) for name, framework in zip(names, FRAMEWORKS, strict=True)] == [True, True]


def test_a_sweep_and_the_loops_take_the_same_steps():
    grids = [("networks", (20, 2, 1), 2, 2, 10)]
    rows = bench.sweeps(rows=200, batch_size=64, epochs=2, more=1, grids=grids, rounds=1)
    # 140 rows for training: 3 steps an epoch, 2 epochs, 4 models; in each framework against two loops.
    names = checked(rows, at_least=[10, 1] * 2, work=[24] * 4)
    assert [name.split(", against")[0] for name in names[::2]] == [
        f"{framework}sweep of 4 networks, 6 steps each" for framework in FRAMEWORKS
    ]


@pytest.mark.filterwarnings("ignore:`torch.jit.script")  # inductor's own imports
def test_an_epoch_of_the_peers_takes_the_same_steps():
    with torch.compiler.set_stance("force_eager"):
        rows = list(
            bench.peers(trainings=[(300, 64, "float32")], sizes=(5, 3, 1), grid=(200, 64, 2, 2), more=1, rounds=1)
        )
    fits, sweeps = rows[:14], rows[14:]
    assert {row.work for row in fits} == {5}  # batches of 300 rows
    assert {row.work for row in sweeps} == {12}  # 3 batches of 140 rows, 4 models
    assert [row.what.partition(": ")[0] for row in rows] == ["PyTorch"] * 7 + ["TensorFlow"] * 7 + [
        "PyTorch",
        "TensorFlow",
    ]
    assert [row.peer for row in fits[:7]] == [row.peer for row in fits[7:]]
    for row in rows:
        assert len(row.cells()) == len(row.HEAD) and all(map(math.isfinite, (*row.ours, *row.theirs)))


PEERS = {
    "slices": peers.slices,
    "NumPy": partial(peers.by_hand, np),
    "PyTorch": partial(peers.by_hand, torch),
    "Keras": peers.keras_jit,
}


@pytest.mark.parametrize("name", PEERS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_peer_trains_the_model_that_fit_trains(name, dtype):
    # With all rows in one batch their order does not matter. Keras takes the mean of the losses in float32.
    X, y = data(40, 5, dtype)
    half, sizes = companion.pytorch, (5, 4, 3, 1)
    settings = {"epochs": 6, "batch_size": 40, "learning_rate": LEARNING_RATE, "seed": 0}
    expected = half.fit(half.mlp(sizes, seed=0, dtype=dtype), X, y, half.weighted_bce, **settings).loss[-1]
    steps, loss = PEERS[name](X, y, sizes, batch_size=40)(6)
    assert steps == 6
    assert loss == pytest.approx(expected, rel=1e-6 if "Keras" == name or dtype == "float32" else 1e-12)


def test_the_grid_of_the_peers_is_that_of_sweep():
    X, y = data(60, 5, "float64")
    splits = stratified(X, y, seeds=[2, 5], val=0, test=0.3)
    weights = [1.0, 7.0]
    expected = companion.pytorch.sweep(
        splits, pos_weights=weights, epochs=6, batch_size=42, learning_rate=LEARNING_RATE
    ).loss  # fmt: skip
    steps, loss = peers.grid(splits, np.array(weights), batch_size=42)(6)
    assert steps == expected.size
    np.testing.assert_allclose(loss, expected[..., -1], rtol=1e-12)


def test_the_limit_leaves_out_only_the_loss_and_the_update():
    X, y = data(50, 5, "float64")
    assert peers.limit(X, y, (5, 4, 1), batch_size=16)(3) == (12, None)


def test_a_grid_takes_the_same_steps_on_every_engine_that_is_installed():
    rows = list(bench.engines(rows=200, batch_size=64, epochs=2, splits=4, parts=2, rounds=1))
    names = ["loky", "Dask"] if find_spec("distributed") else ["loky"]
    checked(rows[::2], at_least=[None] * len(names), work=[96] * len(names))  # 16 models, 2 epochs of 3 steps
    assert [row.work for row in rows[1::2]] == [1] * len(names)
    assert [row.what.partition("two workers of ")[2].partition(",")[0] for row in rows[::2]] == names


def test_both_class_weights_are_the_same_numbers():
    checked(bench.labels(rows=10_000, rounds=1), at_least=[50], work=[pytest.approx([0.505, 50], rel=0.2)])


def test_a_verdict_is_timed_on_pairs_that_are_equal_differ_in_one_thing_and_in_two():
    (row,) = bench.verdicts(rounds=1)
    assert row.work == [[], [], ["divisor"], ["gamma", "weights"], ["divisor", "smoothing"]]
    assert row.what == "same_loss: one verdict, the median of 5 pairs" and row.under == 2 and row.ours > 0


def test_import_is_timed_in_a_fresh_interpreter():
    (row,) = bench.imports(rounds=1)
    assert row.work == [] and row.under == 0.2 and row.ours > 0 and row.ratio is None


def test_notebooks_are_executed_once_each(monkeypatch, tmp_path):
    executed = []

    async def execute(path, target):
        executed.append((path, target))

    monkeypatch.setattr(bench.execute, "execute", execute)

    async def at_once(paths):
        executed.append(paths)

    monkeypatch.setattr(bench.execute, "at_once", at_once)
    monkeypatch.setattr(bench.claims, "FOLDER", tmp_path / "claims")
    row, whole = bench.lessons(paths=[tmp_path / "00_one.ipynb"])
    path = tmp_path / "00_one.ipynb"
    assert executed == [(path, bench.execute.BUILD / "00_one.ipynb"), [path]]
    assert row.what == "notebook 00_one" and (row.under, whole.under) == (45, 240)


@pytest.fixture
def source(tmp_path):
    """Where the masters of a course with one small assignment are."""
    (tmp_path / "counting").mkdir()
    nbformat.write(nbformat.v4.new_notebook(), tmp_path / "header.ipynb")
    nbformat.write(assignment(Path(__file__).with_name("counting.md")), tmp_path / "counting" / "counting.ipynb")
    return tmp_path


def test_grading_is_timed_on_solutions_that_get_their_marks(source):
    (one,) = bench.grading(source=source)
    assert one.work == [("5", "6", "1")] * 2
    assert one.what == f"make grade on 2 cores: one submission, the mean of 2; {60 / one.ours:.1f} a minute"


def test_a_class_is_timed_and_then_what_comes_later_alone_and_behind_one_that_hangs(source):
    whole, later, behind = bench.classes(source=source, students=4, kinds=["dies", "half"], more=1, cell_seconds=5)
    bad = [("3", "6", "1"), ("0", "6", "0")]  # without the cell that ends the kernel, and without a notebook
    assert whole.work == [*bad, ("0", "6", "0"), ("5", "6", "1")]
    assert later.work == [*bad, *whole.work[2:], ("0", "6", "0")]
    assert behind.work == [*bad, ("3", "6", "1"), *later.work[2:], ("0", "6", "0")]
    assert (behind.idiom, behind.at_least) == (later.ours, 0.67)
    assert whole.what == "make grade on 2 cores: a class of 4, 2 of them bad in as many ways"
    assert behind.what == "make grade again: 1 more, and one that hangs before them, against 1 alone"


def test_sides_alternate_and_must_do_the_same_work():
    calls, seconds = [], iter([9.0, 90.0, 1.0, 10.0, 3.0, 30.0, 2.0, 20.0])

    def side(name, work):
        return lambda: calls.append(name) or (next(seconds), work)

    assert alternate(side("a", 5), side("b", 5), rounds=4) == ([2.0, 20.0], 5)
    assert calls == ["a", "b"] * 4
    with pytest.raises(AssertionError, match="same work"):
        alternate(lambda: (1.0, 5), lambda: (1.0, 6), rounds=1)


def test_what_a_training_pays_once_is_left_out():
    seen = []
    _, steps = epochs_alone(lambda epochs: seen.append(epochs) or 7 * epochs, more=4, times=30)()
    assert seen == [1, 5] and steps == 7 * 30


def test_the_table_shows_what_is_met():
    rows = [
        Row("a", 1.0, 9.0, at_least=8, loop=0.5),
        Row("b", 1.0, 2.0, at_least=3),
        Row("c", 0.5, under=0.2),
        Row("d", 4.0),
    ]
    assert [row.met for row in rows] == [True, False, False, None]
    lines = table(rows).splitlines()
    assert len({len(line) for line in lines}) == 1 and len(lines) == 6
    assert lines[2].split() == "| a | 1 | 9 | 9.0 | ≥ 8 | yes | 0.50 |".split()
    assert lines[5].split() == "| d | 4 | – | – | – | – | – |".split()


def test_the_table_of_peers_has_both_clocks_and_the_ratio_of_the_second():
    lines = table([Peer("fit", "NumPy", np.array([0.3, 0.2]), np.array([0.15, 0.1]), loop=0.5)]).splitlines()
    assert len({len(line) for line in lines}) == 1 and len(lines) == 3
    assert lines[2].split() == "| fit | NumPy | 300 | 200 | 150 | 100 | 2.00 | 0.50 |".split()


def test_the_machine_is_described_without_its_name_or_paths():
    assert "cores" in machine() and "torch" in machine()
    words = machine().replace(",", "").split()
    assert platform.node() not in words and not [word for word in words if word.startswith("/")]


def test_the_table_is_written_once_every_comparison_was_measured_on_this_machine(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(bench, "TABLE", tmp_path / "table.md")
    monkeypatch.setattr(bench, "KEPT", tmp_path / "kept")
    comparisons = {
        "imports": lambda: [Row("nothing", 0.1, under=0.2)],
        "peers": lambda: [Peer("all", "none", (1, 1), (2, 2))],
    }
    monkeypatch.setattr(bench, "COMPARISONS", comparisons)
    monkeypatch.setenv("PYTEST_CURRENT_TEST", "kept by monkeypatch")
    assert bench.main(["--only", "imports"]) == 0 and not bench.TABLE.exists()
    assert "not yet measured here are peers" in capsys.readouterr().out
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(bench, "machine", lambda: "another machine")
        assert bench.main(["--only", "peers"]) == 0 and not bench.TABLE.exists()
        assert "are imports" in capsys.readouterr().out
    assert bench.main(["--only", "peers", "--test-seconds", "300"]) == 0
    stored = bench.TABLE.read_text(encoding="utf-8")
    assert "| nothing" in stored and "make test" in stored and machine() in stored
    assert stored.index("| all") > stored.index("| nothing") and stored.endswith(bench.PEERS)
    assert "| nothing" in capsys.readouterr().out
