"""Drives pika's SelectConnection: one I/O loop for all clients, in the main thread."""

import os
import threading

import pika
from driver import commands, emit, fail, parameters, to_delivery, to_properties


class Driven:
    """A connection with one channel. `waiting` are the commands whose answer is still to come."""

    def __init__(self, name, command, loop):
        self.name = name
        self.confirms = command["confirms"]
        self.is_closing = False
        self.refusal = None
        self.waiting = {}
        self.published = 0
        self.confirming = {}
        self.expect(command)
        self.opening = command
        self.connection = pika.SelectConnection(
            parameters(command),
            on_open_callback=lambda connection: connection.channel(on_open_callback=self.on_channel),
            on_open_error_callback=self.on_open_error,
            on_close_callback=self.on_close,
            custom_ioloop=loop,
        )

    def on_open_error(self, _connection, error):
        self.fail_all(error)

    def on_channel(self, channel):
        self.channel = channel
        channel.add_on_close_callback(self.on_channel_close)
        channel.add_on_cancel_callback(self.on_cancel)
        channel.add_on_return_callback(self.on_return)
        if self.confirms:
            channel.confirm_delivery(self.on_confirm, callback=lambda _frame: self.answer(self.opening))
        else:
            self.answer(self.opening)

    def on_channel_close(self, _channel, error):
        self.refusal = error
        if not self.is_closing:
            self.fail_all(error)

    def expect(self, command):
        self.waiting[command["id"]] = command

    def answer(self, command, result=None):
        if self.waiting.pop(command["id"], None) is not None:
            emit({"id": command["id"], **(result or {})})

    def fail_all(self, error):
        for command in list(self.waiting.values()):
            fail(command, error)
        self.waiting.clear()

    def do(self, command):
        self.expect(command)
        done = lambda result=None: self.answer(command, result)
        options = {name: value for name, value in command.items() if name not in ("id", "client", "command")}
        try:
            getattr(self, command["command"])(done, **options)
        except Exception as error:  # whatever it is, the test is told
            self.waiting.pop(command["id"], None)
            fail(command, self.refusal or error)

    def declareExchange(self, done, exchange, type, durable, arguments):
        self.channel.exchange_declare(
            exchange, type, durable=durable, arguments=arguments, callback=lambda _frame: done()
        )

    def declareQueue(self, done, queue, passive, durable, exclusive, autoDelete, arguments):
        def declared(frame):
            result = frame.method
            done({"queue": result.queue, "messages": result.message_count, "consumers": result.consumer_count})

        self.channel.queue_declare(
            queue,
            passive=passive,
            durable=durable,
            exclusive=exclusive,
            auto_delete=autoDelete,
            arguments=arguments,
            callback=declared,
        )

    def bind(self, done, queue, exchange, key, arguments):
        self.channel.queue_bind(queue, exchange, key, arguments, callback=lambda _frame: done())

    def publish(self, done, exchange, key, body, mandatory, properties):
        self.channel.basic_publish(exchange, key, body.encode(), to_properties(properties), mandatory)
        if not self.confirms:
            done({"outcome": "sent"})
            return
        self.published += 1
        self.confirming[self.published] = done

    def on_confirm(self, frame):
        confirm = frame.method
        is_ack = isinstance(confirm, pika.spec.Basic.Ack)
        first = min(self.confirming) if confirm.multiple else confirm.delivery_tag
        for tag in range(first, confirm.delivery_tag + 1):
            self.confirming.pop(tag)({"outcome": "confirmed" if is_ack else "rejected"})

    def consume(self, done, queue, tag, noAck, exclusive, arguments):
        self.channel.basic_consume(
            queue,
            self.on_message,
            auto_ack=noAck,
            exclusive=exclusive,
            consumer_tag=tag,
            arguments=arguments,
            callback=lambda _frame: done(),
        )

    def cancel(self, done, tag):
        self.channel.basic_cancel(tag, callback=lambda _frame: done())

    def get(self, done, queue):
        self.channel.add_callback(lambda _frame: done({"message": None}), [pika.spec.Basic.GetEmpty])
        self.channel.basic_get(
            queue,
            lambda _channel, method, properties, body: done({"message": to_delivery(method, properties, body)}),
        )

    def ack(self, done, deliveryTag, multiple):
        self.channel.basic_ack(deliveryTag, multiple)
        done()

    def nack(self, done, deliveryTag, requeue):
        self.channel.basic_nack(deliveryTag, requeue=requeue)
        done()

    def prefetch(self, done, count):
        self.channel.basic_qos(prefetch_count=count, callback=lambda _frame: done())

    def deleteQueue(self, done, queue):
        self.channel.queue_delete(queue, callback=lambda frame: done({"messages": frame.method.message_count}))

    def purge(self, done, queue):
        self.channel.queue_purge(queue, callback=lambda frame: done({"messages": frame.method.message_count}))

    def close(self, done):
        self.is_closing = True
        self.closed = done
        self.connection.close()

    def on_close(self, _connection, error):
        if self.is_closing:
            self.closed()
            return
        self.fail_all(error)
        emit({"event": "disconnected", "client": self.name})

    def on_message(self, _channel, method, properties, body):
        emit({"event": "message", "client": self.name, "tag": method.consumer_tag, **to_delivery(method, properties, body)})

    def on_cancel(self, frame):
        emit({"event": "cancelled", "client": self.name, "tag": frame.method.consumer_tag})

    def on_return(self, _channel, method, _properties, body):
        emit({"event": "returned", "client": self.name, "code": method.reply_code, "body": body.decode()})


def main():
    loop = pika.adapters.select_connection.IOLoop()
    clients = {}

    def do(command):
        name = command["client"]
        try:
            if command["command"] == "open":
                before = clients.get(name)
                if before is not None and before.connection.is_open:
                    before.is_closing = True
                    before.closed = lambda: None
                    before.connection.close()
                clients[name] = Driven(name, command, loop)
            else:
                clients[name].do(command)
        except Exception as error:  # whatever it is, the test is told
            fail(command, error)

    def read():
        for command in commands():
            loop.add_callback_threadsafe(lambda command=command: do(command))
        os._exit(0)

    threading.Thread(target=read, daemon=True).start()
    loop.start()


main()
