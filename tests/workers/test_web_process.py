"""What the web process must not carry."""

import subprocess
import sys

HEAVY = ["torch", "altair", "vl_convert", "sklearn", "boto3", "moto", "scipy.stats", "scipy.optimize", "fpdf"]


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


def test_the_room_of_money_imports_no_room_above_it():
    import re
    from pathlib import Path

    above = re.compile(r"^\s*(?:from|import) workers\.(?:training|crowd|serving|monitoring|sample)\b", re.MULTILINE)
    wrong = [str(path) for path in Path("workers/budget").rglob("*.py") if above.search(path.read_text())]
    assert not wrong


def test_imports_point_one_way():
    import ast
    from pathlib import Path

    below = {"annotator": {"datasets", "workers"}, "datasets": {"workers"}, "workers": set()}
    wrong = []
    for app, upper in below.items():
        for path in Path(app).rglob("*.py"):
            if path.name in ("urls.py", "settings.py") and path.parent.name == "annotator":
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                names = (
                    [alias.name for alias in node.names]
                    if isinstance(node, ast.Import)
                    else [node.module or ""]
                    if isinstance(node, ast.ImportFrom)
                    else []
                )
                wrong += [f"{path}: {name}" for name in names if name.split(".")[0] in upper]
    assert not wrong
