"""What the web process must not carry."""

import subprocess
import sys

HEAVY = [
    "torch",
    "altair",
    "vl_convert",
    "sklearn",
    "boto3",
    "moto",
    "scipy.stats",
    "scipy.optimize",
    "scipy.spatial",
    "fpdf",
    "pyarrow",
]


def test_serving_every_page_imports_no_torch():
    code = (
        "import django, sys; from annotator.wsgi import application; from django.urls import get_resolver; "
        "get_resolver().url_patterns; from annotator import admin; "
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_rooms_of_numbers_import_no_django():
    code = (
        "import sys, datasets.aggregation, workers.training.curve.fit, workers.training.curve.forecast; "
        "print([name for name in ('django', 'torch', 'celery') if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
