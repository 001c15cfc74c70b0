"""`python -m benchmarks.prior`: learn the prior that ships from all real curves, and write it."""

from benchmarks.forecast import curves
from workers.training.curve import prior
from workers.training.curve.calibration import learned


def main() -> None:
    """Learn and write the prior."""
    found = learned(curves())
    prior.save(found)
    print(f"{(found.weight > 1e-4).sum()} shapes; interval factors by doublings ahead: {found.low}, {found.high}")


if __name__ == "__main__":
    main()
