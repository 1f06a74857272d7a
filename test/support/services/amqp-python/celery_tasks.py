"""Tasks that a Celery worker does in test/services/amqp/celery.test.ts, against the broker named by AMQP_URL."""

import itertools
import os
import signal
import time

from celery import Celery

app = Celery("tasks", broker=os.environ["AMQP_URL"], backend="rpc://")
app.conf.update(
    task_queue_max_priority=10,
    task_default_priority=0,
    task_acks_late=True,
    worker_prefetch_multiplier=1,
    broker_connection_retry_on_startup=True,
    broker_transport_options={"confirm_publish": True},
    broker_heartbeat=10,
)

done = itertools.count(1)


@app.task
def add(x, y):
    return x + y


@app.task
def turn(name):
    """Says as which of this worker's turns it was done."""
    return [next(done), name]


@app.task
def now():
    return time.time()


@app.task(bind=True, max_retries=3)
def flaky(self):
    """Succeeds at the third attempt."""
    if self.request.retries < 2:
        raise self.retry(countdown=0.1)
    return self.request.retries


@app.task(bind=True, max_retries=1)
def hopeless(self):
    raise self.retry(countdown=0.1, exc=ValueError("never"))


@app.task
def hold(marker):
    """Never ends where it is done first."""
    if not os.path.exists(marker):
        open(marker, "w").close()
        signal.pause()
    return "done by another"
