"""Asks for squares, all at once: client.py URL NUMBER... Answers come directly to this channel, without a queue."""

import sys
import uuid

import pika

REPLIES = "amq.rabbitmq.reply-to"

connection = pika.BlockingConnection(pika.URLParameters(sys.argv[1]))
channel = connection.channel()
asked = {str(uuid.uuid4()): number for number in sys.argv[2:]}


def on_answer(channel, _method, properties, body):
    number = asked.pop(properties.correlation_id)
    print(f"{number} squared is {body.decode()}", flush=True)
    if not asked:
        channel.stop_consuming()


channel.basic_consume(REPLIES, on_answer, auto_ack=True)
for correlation_id, number in asked.items():
    request = pika.BasicProperties(reply_to=REPLIES, correlation_id=correlation_id)
    channel.basic_publish("", "squares", number, request)
channel.start_consuming()
connection.close()
