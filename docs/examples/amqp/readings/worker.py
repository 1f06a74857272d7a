"""Takes readings from the queue `readings`: worker.py URL. Workers share it; what one held goes to the others."""

import json
import sys

import pika

connection = pika.BlockingConnection(pika.URLParameters(sys.argv[1]))
channel = connection.channel()
channel.basic_qos(prefetch_count=20)


def on_reading(channel, method, _properties, body):
    # From the exchange mqtt the routing key is the topic.
    print(f"reading {json.loads(body)['id']} of {method.routing_key}", flush=True)
    channel.basic_ack(method.delivery_tag)


channel.basic_consume("readings", on_reading)
print("waiting for readings", flush=True)
channel.start_consuming()
