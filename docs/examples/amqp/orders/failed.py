"""Shows the orders that failed, and leaves them where they are: failed.py URL."""

import json
import sys

import orders
import pika

with pika.BlockingConnection(pika.URLParameters(sys.argv[1])) as connection:
    channel = connection.channel()
    orders.declare(channel)
    for _ in range(channel.queue_declare("orders.failed", passive=True).method.message_count):
        _method, properties, body = channel.basic_get("orders.failed")
        death = properties.headers["x-death"][0]
        print(f"order {json.loads(body)['number']} from {death['queue']}: {death['reason']}", flush=True)
    # Closing the connection gives back what was taken.
