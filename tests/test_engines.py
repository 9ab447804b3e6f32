"""A grid is the same on every engine, outlives its workers, goes on where it was cut short, holds a part at a time."""

import os
import re
import tracemalloc
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

import joblib
import numpy as np
import pandas as pd
import pytest
import torch
from plain_half import dies, environment, equal, refuses, square, tried

from companion import _engine, _sweep
from companion.data import stratified

PARTS = [0, 1, 2, 3, 4, 5]
NAMES = [f"splits[{i}]" for i in PARTS]
SETTINGS = {"epochs": 3, "batch_size": 32, "learning_rate": 0.1, "momentum": 0.0, "weight_decay": 0.0}
REST = {"class_weights": None, "gamma": 0.0, "sizes": None, "shuffle": True, "start": "random"}


@contextmanager
def loky():
    with joblib.parallel_config(backend="loky", n_jobs=2):
        yield


@pytest.fixture(scope="module")
def cluster():
    """A scheduler and two workers, started once for all tests."""
    distributed = pytest.importorskip("distributed", reason="the extra cluster is not installed")
    patience = {
        "distributed.scheduler.allowed-failures": _engine.TRIES - 1,
        "distributed.deploy.lost-worker-timeout": "5 minutes",  # a busy machine starts one in half a minute
    }
    with (
        distributed.dask.config.set(patience),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs=50
        ) as two,
    ):
        yield two


@contextmanager
def dask(cluster):
    from distributed import Client

    with Client(cluster), joblib.parallel_config(backend="dask", wait_for_workers_timeout=120):
        yield


@pytest.fixture(params=["loky", "dask"])
def engine(request):
    """Two workers, in this test."""
    with loky() if request.param == "loky" else dask(request.getfixturevalue("cluster")):
        yield request.param


def drawn(n_splits, n=300):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, 4))
    return stratified(X, (X[:, 0] + rng.normal(size=n) > 1.5).astype(int), seeds=range(n_splits))


def plain(splits, *, memory=2**30, backend=None, folder=None, **changes):
    options = REST | {"pos_weights": [0.5, 1.0, 7.0]} | SETTINGS | changes
    return _sweep.run_grid(("plain_half", "1"), splits, memory=memory, backend=backend, folder=folder, **options)


def finished(call):
    return dict(_engine.finished(call, PARTS, NAMES, None))


def test_an_engine_by_name_takes_all_cores_and_none_is_this_process():
    assert _engine.parallel("loky")[1] == joblib.cpu_count()
    assert _engine.parallel(None)[1] == 1


def test_results_come_back_by_the_number_of_their_part(engine):
    assert finished(square) == {i: i**2 for i in PARTS}


def test_a_grid_on_an_engine_is_the_one_of_this_process(engine, tmp_path):
    splits = drawn(5)
    with joblib.parallel_config(backend="sequential"):
        here = plain(splits)
    assert equal(plain(splits), here) and equal(plain(splits, memory=1), here)


def test_a_part_whose_worker_dies_is_tried_again(engine, tmp_path):
    assert finished(partial(dies, tmp_path, 1)) == {i: i**2 for i in PARTS}
    assert tried(tmp_path) == 1


def test_a_part_that_kills_every_worker_is_named(engine, tmp_path):
    done = {}
    with pytest.raises(RuntimeError, match=r"a worker died at splits\[2\], as did those that tried again; .* memory="):
        done.update(_engine.finished(partial(dies, tmp_path, 99), PARTS, NAMES, None))
    assert tried(tmp_path) == _engine.TRIES


def test_what_a_part_raises_is_raised_once_and_with_its_name(engine, tmp_path):
    with pytest.raises(ZeroDivisionError, match="part 2 has no square") as caught:
        finished(partial(refuses, tmp_path))
    assert caught.value.__notes__ == ["Raised at splits[2]."]
    assert tried(tmp_path) == 1


def test_a_worker_takes_one_thread_and_the_devices_of_its_caller(engine, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "7")
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    before = dict(os.environ)
    for seen in finished(environment).values():
        assert seen["CUDA_VISIBLE_DEVICES"] == "7" and seen["KERAS_BACKEND"] == "tensorflow"
        assert {seen[name] for name in _engine.ONE_THREAD} == {"1"}
    assert os.environ == before


def test_a_grid_that_was_cut_short_goes_on(tmp_path, monkeypatch):
    splits, trained, seen = drawn(5), _sweep._trained, []

    def train(*arguments):
        if len(seen) == cut:
            raise KeyboardInterrupt
        seen.append([split.seed for split in arguments[-1]])
        return trained(*arguments)

    monkeypatch.setattr(_sweep, "_trained", train)
    cut = None
    whole, cut = plain(splits), 3
    with pytest.raises(KeyboardInterrupt):
        plain(splits, memory=1, folder=tmp_path)
    assert seen == [[0, 1, 2, 3, 4], [0, 1], [2, 3]]
    cut = None
    assert equal(plain(splits, folder=tmp_path), whole)
    assert seen[3:] == [[4]]
    assert equal(plain(splits[::-1], folder=tmp_path), plain(splits[::-1]))
    assert seen[4:] == [[4, 3, 2, 1, 0]]


@pytest.mark.parametrize(
    "changes",
    [{"learning_rate": 0.2}, {"pos_weights": [0.5, 1.0, 7.5]}, {"epochs": 4}, {"shuffle": False}, {"start": "zeros"}],
    ids=lambda changes: next(iter(changes)),
)
def test_what_changes_the_numbers_is_trained_afresh(changes, tmp_path):
    splits = drawn(2)
    before = plain(splits, folder=tmp_path)
    after = plain(splits, folder=tmp_path, **changes)
    assert equal(after, plain(splits, **changes)) and not equal(after, before)


def test_other_rows_and_another_framework_are_trained_afresh(tmp_path, monkeypatch):
    kept, asked = _sweep._kept, []
    monkeypatch.setattr(_sweep, "_kept", lambda key, arrays: asked.append(key) or kept(key, arrays))
    one, other = drawn(1), drawn(1, n=301)
    for splits in (one, other):
        _sweep.run_grid(
            ("plain_half", "1"), splits, memory=1, backend=None, folder=tmp_path, pos_weights=[1.0], **REST, **SETTINGS
        )
    _sweep.run_grid(
        ("plain_half", "2"), one, memory=1, backend=None, folder=tmp_path, pos_weights=[1.0], **REST, **SETTINGS
    )
    assert len(set(asked)) == 3


@pytest.mark.parametrize("left", [0, 50])
def test_a_damaged_file_is_trained_again_once(tmp_path, monkeypatch, left):
    splits, trained, seen = drawn(3), _sweep._trained, []
    monkeypatch.setattr(_sweep, "_trained", lambda *args: seen.append(len(args[-1])) or trained(*args))
    whole = plain(splits, folder=tmp_path)
    os.truncate(next(tmp_path.rglob("output.pkl")), left)
    assert equal(plain(splits, folder=tmp_path), whole) and equal(plain(splits, folder=tmp_path), whole)
    assert seen == [3, 1]


def test_an_empty_path_is_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first = plain(drawn(2), folder="")
    assert equal(plain(drawn(2), folder=tmp_path), first)
    assert not equal(plain(drawn(2), folder="", learning_rate=0.2), first)


def test_memory_holds_the_result_and_a_part():
    # 8 MB of results: the threads of the cluster above, which is still open, allocate some hundred kB meanwhile.
    splits, settings = drawn(40, n=20_000), {"epochs": 1, "batch_size": 1000, "memory": 1}
    plain(splits[:2], **settings)

    def peak(splits):
        tracemalloc.start()
        result = plain(splits, **settings)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return peak, sum(array.nbytes for array in (*result.parameters, result.val, result.test, result.loss))

    (few, size_few), (many, size_many) = peak(splits[:2]), peak(splits)
    assert many - few < 1.5 * (size_many - size_few)  # twice, if the parts were kept until all are done


def test_progress_is_what_joblib_says(capfd):
    with joblib.parallel_config(verbose=10):
        plain(drawn(6), memory=1)
    assert re.search("3 out of +3", capfd.readouterr().err)


@pytest.mark.parametrize(
    "kind",
    [
        lambda array: array.astype(np.float32),
        lambda array: array.astype(np.uint8),
        np.ndarray.tolist,
        torch.tensor,
        pd.DataFrame,
        np.asfortranarray,
    ],
)
def test_parts_are_taken_in_whatever_holds_them(kind):
    def changed(split, of):
        whole = {name: np.abs(getattr(split, name).round()) for name in ("X_train", "X_val", "X_test")}
        kept = {name: getattr(split, name) for name in ("y_train", "y_val", "y_test")}
        if kind is pd.DataFrame:
            return replace(split, **{name: of(array) for name, array in whole.items()})
        return replace(split, **{name: of(array) for name, array in (whole | kept).items()})

    result = plain([changed(split, kind) for split in drawn(2)])
    assert equal(result, plain([changed(split, np.asarray) for split in drawn(2)]))
    assert result.y_val.dtype == result.y_test.dtype == np.int64


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"backend": "loki"}, ValueError, "backend takes an engine that joblib knows.*; got 'loki'"),
        ({"backend": "dask"}, ValueError, "backend takes .*dask.distributed.Client is open; got 'dask'"),
        ({"folder": 3}, TypeError, "folder takes a path, got 3"),
    ],
)
def test_bad_input_is_refused_by_name(changes, error, message):
    with pytest.raises(error, match=message):
        plain(drawn(1), **changes)
