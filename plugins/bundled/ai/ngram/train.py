"""Training, not part of the running product: python -m plugins.bundled.ai.ngram.train (needs requirements/train.txt).

Measures by cross-validation and on a part kept apart, trains on all rows, writes weights, metrics and a sample.
"""

from __future__ import annotations

import base64
import csv
import gzip
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score
from sklearn.model_selection import StratifiedKFold

from plugins.bundled.ai.ngram import model
from plugins.bundled.ai.ngram.features import BLOCKS, extract

DATA = Path(__file__).parent / "data"
VERSION = "ngram-1"
LEAST_ROWS = 2  # a feature must be seen in this many texts
STRENGTH = 10.0
FOLDS = 10


def read_rows() -> list[dict[str, str]]:
    with (DATA / "repair_requests.csv").open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))


def kept_apart(text: str) -> bool:
    """A fifth of the rows, by hash, so that the split never moves when rows are added."""
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) % 5 == 0


def vectorizers() -> list[TfidfVectorizer]:
    return [
        TfidfVectorizer(analyzer=_same, sublinear_tf=not block.binary, binary=block.binary, min_df=LEAST_ROWS)
        for block in BLOCKS
    ]


def _same(names: list[str]) -> list[str]:
    return names


def block_names(text: str) -> list[list[str]]:
    found = extract(text)
    return [[feature.name for feature in found[block.name]] for block in BLOCKS]


class Trained:
    """Vectorizers and the heads of the model: category, urgency, and emergency against the rest."""

    def __init__(self, names: list[list[list[str]]], categories: list[str], urgencies: list[str]) -> None:
        self.vectorizers = vectorizers()
        columns = [
            vectorizer.fit_transform(self._column(names, at))
            for at, vectorizer in enumerate(self.vectorizers)
        ]
        rows = self._weighted(columns)
        self.heads = {
            "category": self._fit(rows, categories),
            "urgency": self._fit(rows, urgencies),
            "emergency": self._fit(
                rows, ["yes" if urgency == "emergency" else "no" for urgency in urgencies]
            ),
        }

    @staticmethod
    def _column(names: list[list[list[str]]], at: int) -> list[list[str]]:
        return [row[at] for row in names]

    @staticmethod
    def _weighted(columns: list[csr_matrix]) -> csr_matrix:
        return hstack([column * block.weight for column, block in zip(columns, BLOCKS, strict=True)]).tocsr()

    @staticmethod
    def _fit(rows: csr_matrix, labels: list[str]) -> LogisticRegression:
        return LogisticRegression(C=STRENGTH, class_weight="balanced", max_iter=400, tol=1e-4).fit(
            rows, labels
        )

    def rows(self, names: list[list[list[str]]]) -> csr_matrix:
        return self._weighted(
            [vectorizer.transform(self._column(names, at)) for at, vectorizer in enumerate(self.vectorizers)]
        )

    def weights(self) -> dict[str, Any]:
        """The exported form: names and idf per block, int8 weights with one scale per label."""
        heads = {}
        for head, fitted in self.heads.items():
            matrix, intercepts, labels = (
                fitted.coef_,
                fitted.intercept_,
                [str(name) for name in fitted.classes_],
            )
            if head == "emergency":
                labels = ["yes"]
            scales = np.abs(matrix).max(axis=1) / 127
            quantised = np.rint(matrix / scales[:, None]).astype(np.int8)
            heads[head] = {
                "labels": labels,
                "intercepts": [round(float(value), 5) for value in intercepts],
                "scales": [float(f"{value:.6g}") for value in scales],
                "weights": base64.b64encode(np.ascontiguousarray(quantised.T).tobytes()).decode(),
            }
        blocks = {
            block.name: {
                "names": [str(name) for name in vectorizer.get_feature_names_out()],
                "idf": [round(float(value), 4) for value in vectorizer.idf_],
            }
            for block, vectorizer in zip(BLOCKS, self.vectorizers, strict=True)
        }
        return {"version": VERSION, "blocks": blocks, "heads": heads}


def scored(true: list[dict[str, str]], answers: list[model.Answer]) -> dict[str, float]:
    category, said_category = [row["category"] for row in true], [answer.category for answer in answers]
    urgency, said_urgency = [row["urgency"] for row in true], [answer.urgency for answer in answers]
    emergency = [value == "emergency" for value in urgency]
    said_emergency = [value == "emergency" for value in said_urgency]
    figures = {
        "rows": len(true),
        "category_accuracy": accuracy_score(category, said_category),
        "category_macro_f1": f1_score(category, said_category, average="macro"),
        "urgency_accuracy": accuracy_score(urgency, said_urgency),
        "urgency_macro_f1": f1_score(urgency, said_urgency, average="macro"),
        "emergency_recall": recall_score(emergency, said_emergency),
        "emergency_precision": precision_score(emergency, said_emergency),
    }
    return {name: round(float(value), 3) for name, value in figures.items()}


def measured(train: list[dict[str, str]], test: list[dict[str, str]]) -> list[model.Answer]:
    """Train on one part, answer the other with the exported weights: what is measured is what runs."""
    trained = train_on(train)
    runtime = model.Model(trained.weights())
    return [runtime.answer(row["text"]) for row in test]


def train_on(rows: list[dict[str, str]]) -> Trained:
    names = [block_names(row["text"]) for row in rows]
    return Trained(names, [row["category"] for row in rows], [row["urgency"] for row in rows])


def cross_validated(rows: list[dict[str, str]]) -> dict[str, float]:
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=1)
    true: list[dict[str, str]] = []
    answers: list[model.Answer] = []
    for train, test in folds.split(rows, [row["category"] for row in rows]):
        part = [rows[at] for at in test]
        true += part
        answers += measured([rows[at] for at in train], part)
    return scored(true, answers)


def sample_of(trained: Trained, rows: list[dict[str, str]]) -> list[dict[str, Any]]:
    """What scikit-learn itself answers, kept to be compared with the exported weights."""
    chosen = rows[::40]
    matrix = trained.rows([block_names(row["text"]) for row in chosen])
    said = {head: fitted.predict_proba(matrix) for head, fitted in trained.heads.items()}
    return [
        {
            "text": row["text"],
            "category": str(trained.heads["category"].classes_[said["category"][at].argmax()]),
            "category_score": round(float(said["category"][at].max()), 4),
            "emergency_score": round(float(said["emergency"][at][1]), 4),
        }
        for at, row in enumerate(chosen)
    ]


def write_json(path: Path, content: object) -> None:
    path.write_text(
        json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8"
    )


def main() -> None:
    rows = read_rows()
    apart = [row for row in rows if kept_apart(row["text"])]
    rest = [row for row in rows if not kept_apart(row["text"])]
    metrics = {
        "kept_apart": scored(apart, measured(rest, apart)),
        "cross_validation": cross_validated(rows),
        "emergency_threshold": model.EMERGENCY_FROM,
    }
    trained = train_on(rows)
    packed = json.dumps(trained.weights(), ensure_ascii=False, separators=(",", ":")).encode()
    (DATA / "weights.json.gz").write_bytes(gzip.compress(packed, mtime=0))
    write_json(DATA / "metrics.json", metrics)
    write_json(DATA / "sample.json", sample_of(trained, rows))
    sys.stdout.write(json.dumps(metrics, indent=1) + "\n")


if __name__ == "__main__":
    main()
