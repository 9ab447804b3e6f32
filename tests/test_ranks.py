"""Ranks run one function in several processes at once, and say which one failed and what to do."""

import os

import pytest

from companion.ranks import Ranks


def environment(names):
    import os

    return {name: os.environ[name] for name in names}


def double(value):
    return 2 * value


def fails_on_one(word):
    import os
    import time

    if os.environ["RANK"] == "1":
        raise ValueError(f"no {word}")
    time.sleep(600)  # as one that waits for a rank that is gone


def dies_on_one():
    import os
    import sys

    if os.environ["RANK"] == "1":
        print("out of memory", file=sys.stderr, flush=True)
        os._exit(3)


def sleeps_on_one():
    import os
    import time

    time.sleep(600 if os.environ["RANK"] == "1" else 0)


def prints():
    print("a library's line")
    return 1


def test_each_rank_finds_what_torchrun_and_tensorflow_put_into_the_environment():
    names = ["RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT", "TF_CONFIG"]
    with Ranks(2) as ranks:
        first, second = ranks.run(environment, names=names)
    assert (first["RANK"], second["RANK"]) == ("0", "1")
    assert first["WORLD_SIZE"] == second["WORLD_SIZE"] == "2"
    assert first["MASTER_ADDR"] == "127.0.0.1" and first["MASTER_PORT"] == second["MASTER_PORT"]
    assert '"index": 0' in first["TF_CONFIG"] and '"index": 1' in second["TF_CONFIG"]
    assert first["TF_CONFIG"].replace('"index": 0', '"index": 1') == second["TF_CONFIG"]
    assert first["MASTER_PORT"] not in first["TF_CONFIG"]
    assert "RANK" not in os.environ and "TF_CONFIG" not in os.environ


def test_processes_run_one_function_after_another_and_what_they_print_is_no_answer():
    with Ranks(2) as ranks:
        assert ranks.run(double, value=[1]) == [[1, 1], [1, 1]]
        assert ranks.run(prints) == [1, 1]
        assert ranks.run(double, value=3) == [6, 6]


def test_an_error_in_one_rank_ends_all_and_names_the_rank():
    ranks = Ranks(2)
    with pytest.raises(RuntimeError, match=r"Rank 1 raised an error:(.|\n)*ValueError: no luck"):
        ranks.run(fails_on_one, word="luck")
    with pytest.raises(ValueError, match="have ended: start others"):
        ranks.run(double, value=1)


def test_a_rank_that_dies_is_named_with_its_last_words():
    with Ranks(2) as ranks, pytest.raises(RuntimeError, match="Rank 1 died. It said last: out of memory"):
        ranks.run(dies_on_one)


def test_a_rank_that_does_not_answer_is_named_with_the_way_out():
    with Ranks(2, timeout=15) as ranks, pytest.raises(TimeoutError) as error:
        ranks.run(sleeps_on_one)
    assert str(error.value).startswith("Rank 1 did not return from sleeps_on_one in 15 s.")
    assert "Ranks(2, timeout=60)" in str(error.value)


def test_the_processes_are_gone_after_the_with():
    with Ranks(1) as ranks:
        ranks.run(double, value=1)
        (process,) = ranks._processes
    assert process.poll() is not None


def test_what_the_ranks_cannot_run_is_refused():
    with Ranks(1) as ranks:
        with pytest.raises(TypeError, match="function takes a function written with def"):
            ranks.run(lambda: 1)
        with pytest.raises(TypeError, match="function takes a function written with def"):
            ranks.run(len)
        exec("def unwritten():\n    return 1", names := {})
        with pytest.raises(TypeError, match="function takes one whose source can be read"):
            ranks.run(names["unwritten"])
    with pytest.raises(ValueError, match="number"):
        Ranks(0)
    with pytest.raises(ValueError, match="timeout"):
        Ranks(1, timeout=0)
