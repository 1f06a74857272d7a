"""Drives pika's BlockingConnection: one thread per client, which is the only one to touch its connection."""

import os
import threading

import pika
from driver import commands, emit, fail, parameters, to_delivery, to_properties
from pika.exceptions import AMQPError, ChannelWrongStateError, NackError, UnroutableError


class Driven:
    """A connection with one channel."""

    def __init__(self, name, command):
        self.name = name
        self.is_open = False
        self.confirms = command["confirms"]
        self.thread = threading.Thread(target=self.run, args=(command,), daemon=True)
        self.thread.start()

    def run(self, command):
        try:
            self.connection = pika.BlockingConnection(parameters(command))
            self.channel = self.connection.channel()
            if self.confirms:
                self.channel.confirm_delivery()
            self.channel.add_on_cancel_callback(self.on_cancel)
            self.channel.add_on_return_callback(lambda _channel, method, _properties, body: self.returned(method, body))
        except Exception as error:  # whatever it is, the test is told
            fail(command, error)
            return
        self.is_open = True
        emit({"id": command["id"]})
        try:
            while self.is_open:
                self.connection.process_data_events(time_limit=None)
        except AMQPError:
            if self.is_open:
                self.is_open = False
                emit({"event": "disconnected", "client": self.name})

    def do(self, command):
        """From the thread that reads the commands."""
        self.connection.add_callback_threadsafe(lambda: self.attempt(command))

    def attempt(self, command):
        try:
            emit({"id": command["id"], **(getattr(self, command["command"])(**arguments_of(command)) or {})})
        except ChannelWrongStateError as error:  # closed since the last command: the reason is the broker's
            fail(command, self.channel._closing_reason or error)
        except Exception as error:  # whatever it is, the test is told
            fail(command, error)

    def end(self):
        if self.is_open:
            self.do({"id": 0, "command": "close"})
        self.thread.join(5)

    def declareExchange(self, exchange, type, durable, arguments):
        self.channel.exchange_declare(exchange, type, durable=durable, arguments=arguments)

    def declareQueue(self, queue, passive, durable, exclusive, autoDelete, arguments):
        result = self.channel.queue_declare(
            queue, passive=passive, durable=durable, exclusive=exclusive, auto_delete=autoDelete, arguments=arguments
        ).method
        return {"queue": result.queue, "messages": result.message_count, "consumers": result.consumer_count}

    def bind(self, queue, exchange, key, arguments):
        self.channel.queue_bind(queue, exchange, key, arguments)

    def publish(self, exchange, key, body, mandatory, properties):
        try:
            self.channel.basic_publish(exchange, key, body.encode(), to_properties(properties), mandatory)
        except UnroutableError:
            pass  # the callback has been told
        except NackError:
            return {"outcome": "rejected"}
        return {"outcome": "confirmed" if self.confirms else "sent"}

    def consume(self, queue, tag, noAck, exclusive, arguments):
        self.channel.basic_consume(
            queue, self.on_message, auto_ack=noAck, exclusive=exclusive, consumer_tag=tag, arguments=arguments
        )

    def cancel(self, tag):
        self.channel.basic_cancel(tag)

    def get(self, queue):
        method, properties, body = self.channel.basic_get(queue)
        return {"message": None if method is None else to_delivery(method, properties, body)}

    def ack(self, deliveryTag, multiple):
        self.channel.basic_ack(deliveryTag, multiple)

    def nack(self, deliveryTag, requeue):
        self.channel.basic_nack(deliveryTag, requeue=requeue)

    def prefetch(self, count):
        self.channel.basic_qos(prefetch_count=count)

    def deleteQueue(self, queue):
        return {"messages": self.channel.queue_delete(queue).method.message_count}

    def purge(self, queue):
        return {"messages": self.channel.queue_purge(queue).method.message_count}

    def close(self):
        self.is_open = False
        self.connection.close()

    def on_message(self, _channel, method, properties, body):
        emit({"event": "message", "client": self.name, "tag": method.consumer_tag, **to_delivery(method, properties, body)})

    def on_cancel(self, frame):
        emit({"event": "cancelled", "client": self.name, "tag": frame.method.consumer_tag})

    def returned(self, method, body):
        emit({"event": "returned", "client": self.name, "code": method.reply_code, "body": body.decode()})


def arguments_of(command):
    return {name: value for name, value in command.items() if name not in ("id", "client", "command")}


def main():
    clients = {}
    for command in commands():
        name = command["client"]
        try:
            if command["command"] == "open":
                if name in clients:
                    clients[name].end()
                clients[name] = Driven(name, command)
            else:
                clients[name].do(command)
        except Exception as error:  # whatever it is, the test is told
            fail(command, error)
    os._exit(0)


main()
