"""Check that an item is in a version: `python check_proof.py PROOF.json FINGERPRINT`. Needs nothing but Python."""

import hashlib
import json
import sys
from pathlib import Path

proof = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
one = hashlib.sha256(b"\x00" + bytes.fromhex(proof["salt"]) + proof["entry"].encode()).digest()
for side, other in proof["path"]:
    pair = bytes.fromhex(other) + one if side == "left" else one + bytes.fromhex(other)
    one = hashlib.sha256(b"\x01" + pair).digest()
if one.hex() != sys.argv[2]:
    sys.exit("This item is not in the version.")
print("The item is in the version:", proof["entry"])
