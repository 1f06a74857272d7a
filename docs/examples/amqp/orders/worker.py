"""Handles orders one at a time: worker.py URL. What fails is tried again, three times in all."""

import json
import sys

import orders
import pika

connection = pika.BlockingConnection(pika.URLParameters(sys.argv[1]))
channel = connection.channel()
orders.declare(channel)
channel.basic_qos(prefetch_count=1)


def handle(order):
    if order["amount"] <= 0:
        raise ValueError("nothing to pay")


def on_order(channel, method, _properties, body):
    order = json.loads(body)
    try:
        handle(order)
    except ValueError as error:
        print(f"failed {order['number']}: {error}", flush=True)
        channel.basic_nack(method.delivery_tag, requeue=True)
    else:
        print(f"handled {order['number']}", flush=True)
        channel.basic_ack(method.delivery_tag)


channel.basic_consume("orders", on_order)
print("waiting for orders", flush=True)
channel.start_consuming()
