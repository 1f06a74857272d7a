"""Puts orders into the queue `orders`: send.py URL AMOUNT..."""

import json
import sys

import orders
import pika

with pika.BlockingConnection(pika.URLParameters(sys.argv[1])) as connection:
    channel = connection.channel()
    orders.declare(channel)
    channel.confirm_delivery()
    for number, amount in enumerate(sys.argv[2:], start=1):
        order = {"number": number, "amount": float(amount)}
        channel.basic_publish("", "orders", json.dumps(order), pika.BasicProperties(delivery_mode=2))
    print(f"sent {len(sys.argv) - 2} orders", flush=True)
