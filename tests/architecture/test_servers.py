"""The private servers are what they say."""

import asyncio

import boto3
import pytest
from botocore.exceptions import ClientError
from redis.asyncio import Redis
from sqlalchemy import text

from scaicontrol.db.engine import Database
from scaicontrol.db.tenant_filter import UNBOUND
from tests.servers import Galera


async def test_redis_answers_and_is_empty(redis_url: str):
    async with Redis.from_url(redis_url) as redis:
        assert await redis.ping()
        assert await redis.dbsize() == 0


def test_the_object_store_keeps_the_first_of_two_writers(s3_url: str):
    s3 = boto3.client(
        "s3", endpoint_url=s3_url, region_name="eu-west-1", aws_access_key_id="test", aws_secret_access_key="test"
    )
    s3.create_bucket(Bucket="documents", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="documents", Key="a", Body=b"first", IfNoneMatch="*")
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket="documents", Key="a", Body=b"second", IfNoneMatch="*")


@pytest.mark.galera
@pytest.mark.long
async def test_every_node_is_safe_and_sees_what_another_wrote(galera: Galera):
    nowhere = Database(galera.nodes[0].url())
    (problem,) = await nowhere.check()
    assert problem.startswith("the database is a cluster and DB_WRITER_URL is not set")
    await nowhere.dispose()
    databases = [Database(node.url(), node.url()) for node in galera.nodes]
    assert [await database.check() for database in databases] == [[], [], []]
    async with databases[0].writer.connect() as connection:
        await connection.execution_options(**UNBOUND)
        await connection.execute(text("CREATE TABLE seen (id INT PRIMARY KEY)"))
        await connection.execute(text("INSERT INTO seen VALUES (1)"))
        await connection.commit()
    async with databases[2].writer.connect() as connection:
        await connection.execution_options(**UNBOUND)
        assert (await connection.execute(text("SELECT id FROM seen"))).scalar_one() == 1
    await asyncio.gather(*(database.dispose() for database in databases))


@pytest.mark.galera
@pytest.mark.long
def test_a_killed_node_comes_back_with_everything(galera: Galera):
    galera.nodes[0].sql("CREATE TABLE app.kept (id INT PRIMARY KEY)")
    galera.nodes[2].kill()
    galera.settle()
    galera.nodes[0].sql("INSERT INTO app.kept VALUES (1)")
    assert galera.start(2).sql("SELECT id FROM app.kept") == "1"
