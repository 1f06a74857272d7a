"""The queue `orders`, and `orders.failed` for what failed three times."""


def declare(channel):
    channel.exchange_declare("orders.failed", "fanout", durable=True)
    channel.queue_declare("orders.failed", durable=True)
    channel.queue_bind("orders.failed", "orders.failed")
    channel.queue_declare(
        "orders",
        durable=True,
        arguments={
            "x-queue-type": "quorum",  # RabbitMQ counts deliveries in these only
            "x-delivery-limit": 2,  # given back more often than this, an order has failed
            "x-dead-letter-exchange": "orders.failed",
        },
    )
