"""Squares numbers for who asks: server.py URL."""

import sys

import pika

connection = pika.BlockingConnection(pika.URLParameters(sys.argv[1]))
channel = connection.channel()
channel.queue_declare("squares")


def on_request(channel, method, properties, body):
    answer = pika.BasicProperties(correlation_id=properties.correlation_id)
    channel.basic_publish("", properties.reply_to, str(int(body) ** 2), answer)
    channel.basic_ack(method.delivery_tag)


channel.basic_consume("squares", on_request)
print("waiting for requests", flush=True)
channel.start_consuming()
