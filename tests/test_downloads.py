"""The two sets that scikit-learn downloads: small files in its cache, or from a server that is not there."""

import dataclasses
import gzip
import hashlib
import io
import json
import shutil

import joblib
import numpy as np
import pytest
import sklearn.datasets._base as base
import sklearn.datasets._covtype as covtype
import sklearn.datasets._openml as openml

from companion import data

FRAUD, FOREST = "credit-card-fraud", "covertype"
NAMES = [FRAUD, FOREST]


def fraud_files():
    """Return what openml.org sends for data 1597, by path, with 40 rows instead of 284,807."""
    rng = np.random.default_rng(0)
    columns = [*(f"V{k}" for k in range(1, 29)), "Amount", "Class"]
    header = "".join(f"@ATTRIBUTE {name} REAL\n" for name in columns[:-1])
    rows = (",".join([*map(str, rng.normal(size=29).round(6)), f"'{int(row < 10)}'"]) for row in range(40))
    table = "\n".join([f"@RELATION creditcard\n\n{header}@ATTRIBUTE Class {{'0','1'}}\n\n@DATA", *rows, ""]).encode()
    features = [
        {
            "index": str(index),
            "name": name,
            "data_type": "nominal" if name == "Class" else "numeric",
            "is_target": str(name == "Class").lower(),
            "is_ignore": "false",
            "is_row_identifier": "false",
            "number_of_missing_values": "0",
        }
        for index, name in enumerate(columns)
    ]
    description = {
        "id": "1597",
        "name": "creditcard",
        "version": "1",
        "description": "",
        "format": "ARFF",
        "status": "active",
        "url": "https://api.openml.org/data/v1/download/1673544/creditcard.arff",
        "md5_checksum": hashlib.md5(table).hexdigest(),
    }
    answers = {
        "api/v1/json/data/1597": {"data_set_description": description},
        "api/v1/json/data/features/1597": {"data_features": {"feature": features}},
        "api/v1/json/data/qualities/1597": {
            "data_qualities": {"quality": [{"name": "NumberOfInstances", "value": "40"}]}
        },
    }
    files = {path: json.dumps(answer).encode() for path, answer in answers.items()}
    return files | {"data/v1/download/1673544/creditcard.arff": table}


def forest_table():
    """Return features (70, 54) and labels 1…7: ten numbers, and 4 + 40 columns of which one in each group is 1."""
    rng = np.random.default_rng(0)
    area, soil = np.eye(4)[rng.integers(4, size=70)], np.eye(40)[rng.integers(40, size=70)]
    X = np.hstack([rng.integers(0, 3000, size=(70, 10)).astype(float), area, soil])
    return X, np.repeat(np.arange(1, 8), 10).astype(np.int32)


class Server:
    """Stands in for the network below scikit-learn; `share` is how much of the table arrives."""

    def __init__(self, share=1.0):
        self.share, self.asked = share, []

    def urlopen(self, request):
        self.asked.append(request.full_url)
        path = request.full_url.partition("openml.org/")[2]
        content = fraud_files()[path]
        answer = io.BytesIO(content[: int(self.share * len(content))] if path.endswith("arff") else content)
        answer.info = dict
        return answer

    def urlretrieve(self, url, path):
        self.asked.append(url)
        content = forest_archive()
        with open(path, "wb") as file:
            file.write(content[: int(self.share * len(content))])


def forest_archive():
    """Return the compressed rows as UCI hands them out."""
    X, y = forest_table()
    text = io.StringIO()
    np.savetxt(text, np.column_stack([X, y]), fmt="%d", delimiter=",")
    return gzip.compress(text.getvalue().encode(), mtime=0)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty cache, small sets expected, and no waiting between attempts."""
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path))
    for name, counts in ((FRAUD, (30, 10)), (FOREST, (10,) * 7)):
        monkeypatch.setitem(data.DOWNLOADS, name, dataclasses.replace(data.DOWNLOADS[name], counts=counts))
    for module in (openml, base):
        monkeypatch.setattr(module.time, "sleep", lambda seconds: None)
    return tmp_path


@pytest.fixture
def online(home, monkeypatch):
    """Return a function that connects scikit-learn to a server."""

    def connect(server):
        monkeypatch.setattr(openml, "urlopen", server.urlopen)
        monkeypatch.setattr(base, "urlretrieve", server.urlretrieve)
        checksum = hashlib.sha256(forest_archive()).hexdigest()
        monkeypatch.setattr(covtype, "ARCHIVE", covtype.ARCHIVE._replace(checksum=checksum))
        return server

    return connect


def fill(home, *, read=True):
    """Write both sets into the cache, as scikit-learn does, and the marks that `load` has read them."""
    for path, content in fraud_files().items():
        file = home / "openml" / "openml.org" / f"{path}.gz"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(gzip.compress(content))
    (home / "covertype").mkdir()
    for part, array in zip(("samples", "targets"), forest_table(), strict=True):
        joblib.dump(array, home / "covertype" / f"{part}_py3", compress=9)
    for name in NAMES if read else ():
        data._mark(name, home).touch()


def test_the_sizes_expected_of_the_real_sets():
    sizes = {name: (sum(source.counts), source.columns, min(source.counts)) for name, source in data.DOWNLOADS.items()}
    assert sizes == {FRAUD: (284_807, 29, 492), FOREST: (581_012, 54, 2_747)}
    assert not set(data.DOWNLOADS) & set(data.available())


def test_cached_fraud_is_read_without_a_word(home, capsys):
    fill(home)
    dataset = data.load(FRAUD)
    assert dataset.X_train.shape == (24, 29) and dataset.feature_names[-1] == "Amount"
    assert [np.bincount(y).tolist() for y in (dataset.y_train, dataset.y_val, dataset.y_test)] == [
        [18, 6],
        [6, 2],
        [6, 2],
    ]
    assert dataset.class_names == ("legitimate", "fraud")
    np.testing.assert_allclose(dataset.X_train.std(axis=0), 1)
    assert (dataset.X_train.dtype, dataset.y_train.dtype) == (np.float64, np.int64)
    assert capsys.readouterr().out == ""


def test_cached_covertype_keeps_its_columns_of_zero_and_one(home, capsys):
    fill(home)
    dataset = data.load(FOREST)
    numbers = np.array([not name.startswith(("Soil", "Wilderness")) for name in dataset.feature_names])
    X = np.concatenate([dataset.X_train, dataset.X_val, dataset.X_test])
    assert numbers.sum() == 10 and set(np.unique(X[:, ~numbers])) == {0, 1}
    np.testing.assert_allclose(dataset.X_train[:, numbers].std(axis=0), 1)
    assert len(dataset.class_names) == 7 and np.bincount(dataset.y_test).tolist() == [2] * 7
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("name", NAMES)
def test_a_row_keeps_its_label(name, home):
    fill(home)
    table, y = data._downloaded(name, home)
    if name == FRAUD:
        assert y.tolist() == [1] * 10 + [0] * 30
        assert table.loc[0, "V1"] == np.random.default_rng(0).normal(size=29).round(6)[0]
    else:
        assert (y == forest_table()[1] - 1).all()
        assert (table.to_numpy(dtype=float) == forest_table()[0]).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_download_is_cached_once_load_has_read_it_until_its_folder_is_deleted(name, home, capsys):
    fill(home, read=False)
    assert not data.is_cached(name)
    data.load(name)
    assert "unless scikit-learn has it already" in capsys.readouterr().out
    assert data.is_cached(name)
    shutil.rmtree(home / data.DOWNLOADS[name].folder)
    assert not data.is_cached(name)
    assert data.is_cached("stroke")
    with pytest.raises(ValueError, match="name='covertypes' is not known. Did you mean 'covertype'"):
        data.is_cached("covertypes")


@pytest.mark.parametrize("name", NAMES)
def test_offline_the_error_names_the_command(name, home, capsys):
    with pytest.raises(ConnectionError, match=rf"{name} is not on this machine.*No network.*data\.load\('{name}'\)"):
        data.load(name)
    assert capsys.readouterr().out.startswith(f"Downloading {name}, about ")
    assert not data.is_cached(name)


@pytest.mark.parametrize("name", NAMES)
def test_a_download_is_announced_once_and_kept(name, online, capsys):
    server = online(Server())
    first = data.load(name)
    assert capsys.readouterr().out.count(f"Downloading {name}") == 1
    assert data.is_cached(name)
    asked = len(server.asked)
    data._downloaded.cache_clear()
    again = data.load(name)
    assert len(server.asked) == asked and capsys.readouterr().out == ""
    assert np.array_equal(first.X_test, again.X_test) and np.array_equal(first.y_test, again.y_test)


@pytest.mark.parametrize("name", NAMES)
def test_a_truncated_download_is_refused_and_the_next_one_taken(name, online):
    online(Server(share=0.5))
    with pytest.raises(ConnectionError, match=rf"{name} .* could not be downloaded \(\w+: .*[cC]hecksum"):
        data.load(name)
    online(Server())
    assert len(data.load(name).class_names) == len(data.DOWNLOADS[name].counts)


TABLE = "openml/openml.org/data/v1/download/1673544/creditcard.arff.gz"
DESCRIPTION = "openml/openml.org/api/v1/json/data/1597.gz"


@pytest.mark.parametrize(
    ("name", "file"),
    [(FRAUD, TABLE), (FRAUD, DESCRIPTION), (FOREST, "covertype/samples_py3"), (FOREST, "covertype/targets_py3")],
)
def test_a_broken_cache_is_named_with_the_folder_to_delete(name, file, home):
    fill(home)
    path = home / file
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    folder = home / data.DOWNLOADS[name].folder
    with pytest.raises(OSError, match=rf"files of {name} in {folder} cannot be read .* Delete that folder.*data\.load"):
        data.load(name)


@pytest.mark.parametrize("name", NAMES)
def test_a_set_of_another_size_is_refused_by_name(name, home, monkeypatch):
    fill(home)
    source = data.DOWNLOADS[name]
    monkeypatch.setitem(data.DOWNLOADS, name, dataclasses.replace(source, counts=(*source.counts[:-1], 11)))
    with pytest.raises(ValueError, match=rf"{name} in .* is not the expected set: found \d\d rows .* expected"):
        data.load(name)
