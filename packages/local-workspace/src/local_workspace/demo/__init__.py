"""The demo: TPC-H data that ends yesterday, two Genie spaces, and jobs on that data."""

from local_workspace.demo.seeding import Seeded, seed

__all__ = ["Seeded", "seed"]
