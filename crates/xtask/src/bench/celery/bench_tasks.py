"""A Celery application with one task that does nothing, and its producer.

`python bench_tasks.py <jobs> <in hand>` publishes the tasks, waits until PostgreSQL has the result of each, and
prints the tasks a second. The settings make it as durable as Celery can be: publisher confirms, a quorum queue, an
acknowledgement after the work, and results in PostgreSQL.
"""

import os
import sys
import time

import sqlalchemy
from celery import Celery

DATABASE = os.environ["BENCH_DATABASE"].replace("postgres://", "postgresql+psycopg2://", 1)
PAUSE = 0.005

app = Celery("bench", broker=os.environ["BENCH_BROKER"], backend="db+" + DATABASE)
app.conf.update(
    broker_connection_retry_on_startup=True,
    broker_transport_options={"confirm_publish": True},
    database_short_lived_sessions=False,
    task_acks_late=True,
    task_default_queue="bench-celery",
    task_default_queue_type="quorum",
    worker_prefetch_multiplier=int(os.environ.get("BENCH_PREFETCH", "32")),
)


@app.task(name="bench.nothing")
def nothing(server_id, domain):
    return "nothing to do"


def main(jobs, in_hand):
    count = sqlalchemy.text("SELECT count(*) FROM celery_taskmeta WHERE status = 'SUCCESS'")
    with sqlalchemy.create_engine(DATABASE, isolation_level="AUTOCOMMIT").connect() as connection:
        # The first task creates the table of results.
        nothing.delay("0", "first.ro").get(timeout=60)
        before = connection.execute(count).scalar()
        start = time.monotonic()
        sent = done = 0
        while done < jobs:
            while sent < jobs and sent - done < in_hand:
                nothing.delay("0", "example.ro")
                sent += 1
            time.sleep(PAUSE)
            done = connection.execute(count).scalar() - before
        print(jobs / (time.monotonic() - start))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
