"""Uses kombu as Celery and others do; prints one line of JSON with what came. AMQP_URL names the broker."""

import json
import os
import socket

from kombu import Connection, Consumer, Exchange, Producer, Queue

TIMEOUT = 15


def drain(connection, is_done):
    while not is_done():
        connection.drain_events(timeout=TIMEOUT)


def simple_queue(connection):
    queue = connection.SimpleQueue("kombu-simple")
    for n in range(3):
        queue.put({"n": n})
    received = []
    for _ in range(3):
        message = queue.get(timeout=TIMEOUT)
        received.append(message.payload["n"])
        message.ack()
    queue.close()
    queue.queue.bind(connection.default_channel).delete()
    return received


def topics(connection):
    exchange = Exchange("kombu-logs", type="topic", durable=False)
    errors = Queue("kombu-errors", exchange, routing_key="*.error", exclusive=True, durable=False)
    received = []
    with connection.channel() as channel:
        with Consumer(channel, [errors], callbacks=[lambda body, message: (received.append(body), message.ack())]):
            producer = Producer(channel, exchange, serializer="json", compression="zlib")
            for key in ("api.error", "api.info", "db.error"):
                producer.publish({"from": key}, routing_key=key, declare=[errors])
            drain(connection, lambda: len(received) == 2)
    return [body["from"] for body in received]


def requeue_and_reject(connection):
    dead = Queue("kombu-dead", exclusive=True, durable=False)
    fields = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": "kombu-dead"}
    work = Queue("kombu-work", exclusive=True, durable=False, queue_arguments=fields)
    seen = []

    def on_work(_body, message):
        seen.append(message.delivery_info["redelivered"])
        if len(seen) == 1:
            message.requeue()
        else:
            message.reject()

    def on_dead(body, message):
        seen.append([body, message.headers["x-death"][0]["reason"]])
        message.ack()

    with connection.channel() as channel:
        with Consumer(channel, [work], callbacks=[on_work]), Consumer(channel, [dead], callbacks=[on_dead]):
            Producer(channel).publish("job", routing_key="kombu-work", declare=[work, dead])
            drain(connection, lambda: len(seen) == 3)
    return seen


def heartbeat(connection):
    """Also what a drain without messages does."""
    connection.heartbeat_check()
    try:
        connection.drain_events(timeout=0.05)
    except socket.timeout:
        return connection.connected
    return None


with Connection(os.environ["AMQP_URL"], heartbeat=10, transport_options={"confirm_publish": True}) as connection:
    connection.ensure_connection(max_retries=3)
    print(
        json.dumps(
            {
                "simpleQueue": simple_queue(connection),
                "topics": topics(connection),
                "requeueAndReject": requeue_and_reject(connection),
                "heartbeat": heartbeat(connection),
            }
        )
    )
