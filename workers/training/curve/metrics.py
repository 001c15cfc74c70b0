"""The accuracy of a classifier, from codes and probabilities. Uses NumPy and scikit-learn only."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, confusion_matrix, precision_recall_fscore_support

BINS = 10


def of_classes(truth: NDArray[np.int64], probabilities: NDArray[np.float64], classes: list[str]) -> dict[str, Any]:
    """Return the figures of a test.

    Args:
        truth: shape (n,), class codes of the test labels.
        probabilities: shape (n, n_classes), the model's probability of each class.
        classes: the names of the classes.

    Returns:
        `error` (share of wrong answers), `guess_error` (the error of always naming the commonest class), `precision`, `recall`,
        `f1` and `average_precision` (means over the classes that occur in the test set), `classes` (each with its own figures),
        `confusion` (rows: truth, columns: predicted), `calibration` (see `calibration`).

    Example:
        >>> of_classes(np.array([0, 1]), np.array([[0.9, 0.1], [0.2, 0.8]]), ["no", "yes"])["error"]
        0.0
    """
    codes = list(range(len(classes)))
    predicted = probabilities.argmax(axis=1)
    precision, recall, f1, support = precision_recall_fscore_support(truth, predicted, labels=codes, zero_division=0.0)
    present = support > 0
    average = [
        float(average_precision_score(truth == code, probabilities[:, code])) if present[code] else 0.0
        for code in codes
    ]
    return {
        "error": float(np.mean(truth != predicted)),
        "guess_error": float(1.0 - support.max() / support.sum()),
        "precision": float(precision[present].mean()),
        "recall": float(recall[present].mean()),
        "f1": float(f1[present].mean()),
        "average_precision": float(np.mean([average[code] for code in codes if present[code]])),
        "classes": [
            {
                "class": name,
                "precision": round(float(p), 4),
                "recall": round(float(r), 4),
                "f1": round(float(f), 4),
                "average_precision": round(ap, 4),
                "count": int(n),
            }
            for name, p, r, f, ap, n in zip(classes, precision, recall, f1, average, support, strict=True)
        ],
        "confusion": confusion_matrix(truth, predicted, labels=codes).tolist(),
        "calibration": calibration(truth, probabilities),
    }


def calibration(truth: NDArray[np.int64], probabilities: NDArray[np.float64]) -> dict[str, Any]:
    """Return how far the likeliest class's probability is from how often that class is right.

    `error`: the expected calibration error over ten bins of equal width (M. Naeini et al., AAAI 2015). `log_loss`: the mean of
    −log p of the true class. `bins`: the mean probability, the share that is right and the count of each bin that holds items.
    """
    sure, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == truth
    place = np.minimum((sure * BINS).astype(np.int64), BINS - 1)
    bins = [
        {
            "sure": round(float(sure[here].mean()), 4),
            "right": round(float(right[here].mean()), 4),
            "count": int(here.sum()),
        }
        for here in (place == number for number in range(BINS))
        if here.any()
    ]
    off = sum(abs(one["sure"] - one["right"]) * one["count"] for one in bins) / len(truth)
    log_loss = -float(np.log(np.clip(probabilities[np.arange(len(truth)), truth], 1e-12, 1.0)).mean())
    return {"error": round(off, 4), "log_loss": round(log_loss, 4), "bins": bins}
