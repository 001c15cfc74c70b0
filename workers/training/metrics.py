"""How right a model is: error, precision, recall and the confusion matrix, from codes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support


def judge(truth: NDArray[np.int64], predicted: NDArray[np.int64], classes: list[str]) -> dict[str, Any]:
    """Return the figures of a test.

    Args:
        truth: shape (n,), class codes of the test labels.
        predicted: shape (n,), class codes the model gave.
        classes: the names of the classes.

    Returns:
        `error` (share of wrong answers), `guess_error` (the error of always naming the commonest class), `precision` and
        `recall` (means over the classes the test set holds), `classes` (each with its own figures), `confusion`
        (rows: truth, columns: predicted).
    """
    codes = list(range(len(classes)))
    precision, recall, f1, support = precision_recall_fscore_support(truth, predicted, labels=codes, zero_division=0.0)
    present = support > 0
    return {
        "error": float(np.mean(truth != predicted)),
        "guess_error": float(1.0 - support.max() / support.sum()),
        "precision": float(precision[present].mean()),
        "recall": float(recall[present].mean()),
        "classes": [
            {
                "class": name,
                "precision": round(float(p), 4),
                "recall": round(float(r), 4),
                "f1": round(float(f), 4),
                "count": int(n),
            }
            for name, p, r, f, n in zip(classes, precision, recall, f1, support, strict=True)
        ],
        "confusion": confusion_matrix(truth, predicted, labels=codes).tolist(),
    }
