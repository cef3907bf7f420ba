"""What only the ledger in PostgreSQL can show."""

import pytest

from lakevisor.errors import LeaseLost
from lakevisor.ledger.postgres.database import Database
from lakevisor.ledger.postgres.records import lease_parameters


async def test_what_is_sent_together_is_one_transaction(postgres, open_pool, schema):
    lease = await postgres.begin()
    async with open_pool() as pool:
        database = Database(pool, schema=schema, address="local-lakebase", role="admin")
        names = ("release_lease", "require_fence")
        with pytest.raises(LeaseLost):
            await database.run(*names, parameters=lease_parameters(lease))
    await postgres.ledger.turns.extend(lease)


async def test_a_connection_is_good_after_an_error(postgres, open_pool, schema):
    lease = await postgres.begin()
    await postgres.ledger.turns.release(lease)
    async with open_pool(min_size=1, max_size=1) as pool:
        database = Database(pool, schema=schema, address="local-lakebase", role="admin")
        for _ in range(2):
            with pytest.raises(LeaseLost):
                await database.run("require_fence", parameters=lease_parameters(lease))
        [rows] = await database.run("count_everything", parameters={})
    assert rows[0]["threads"] >= 1
