import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.Envelope;
import com.rabbitmq.client.GetResponse;
import com.rabbitmq.client.ShutdownSignalException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/** A connection of RabbitMQ's Java client, with one channel. */
final class AmqpConnection {
  private static final int RECOVERY_INTERVAL_MS = 200;

  private final String name;
  private final Connection connection;
  private final Channel channel;
  private final boolean confirms;

  /** The commands whose publications are not confirmed yet, by delivery tag. */
  private final TreeMap<Long, Integer> unconfirmed = new TreeMap<>();

  AmqpConnection(String name, JsonObject command) throws Exception {
    this.name = name;
    confirms = command.get("confirms").getAsBoolean();
    ConnectionFactory factory = new ConnectionFactory();
    factory.setHost("127.0.0.1");
    factory.setPort(command.get("port").getAsInt());
    factory.setUsername(command.get("user").getAsString());
    factory.setPassword(command.get("password").getAsString());
    factory.setVirtualHost(command.get("virtualHost").getAsString());
    factory.setRequestedHeartbeat(command.get("heartbeat").getAsInt());
    factory.setAutomaticRecoveryEnabled(command.get("recovers").getAsBoolean());
    factory.setNetworkRecoveryInterval(RECOVERY_INTERVAL_MS);
    connection = factory.newConnection();
    connection.addShutdownListener(signal -> {
      if (!signal.isInitiatedByApplication()) tell("disconnected", new JsonObject());
    });
    channel = connection.createChannel();
    channel.addShutdownListener(this::failUnconfirmed);
    channel.addReturnListener(returned -> {
      JsonObject event = new JsonObject();
      event.addProperty("code", returned.getReplyCode());
      event.addProperty("body", new String(returned.getBody(), StandardCharsets.UTF_8));
      tell("returned", event);
    });
    if (!confirms) return;
    channel.confirmSelect();
    channel.addConfirmListener(
        (tag, multiple) -> confirm(tag, multiple, "confirmed"), (tag, multiple) -> confirm(tag, multiple, "rejected"));
  }

  void close() {
    connection.abort(1000);
  }

  void carryOut(int id, JsonObject command) throws Exception {
    if (command.get("command").getAsString().equals("publish")) publish(id, command);
    else AmqpDriver.succeed(id, answer(command));
  }

  private JsonObject answer(JsonObject command) throws Exception {
    JsonObject answer = new JsonObject();
    String queue = text(command, "queue");
    switch (command.get("command").getAsString()) {
      case "declareExchange" ->
          channel.exchangeDeclare(
              text(command, "exchange"), text(command, "type"), flag(command, "durable"), false, fields(command));
      case "declareQueue" -> {
        AMQP.Queue.DeclareOk declared = declareQueue(queue, command);
        answer.addProperty("queue", declared.getQueue());
        answer.addProperty("messages", declared.getMessageCount());
        answer.addProperty("consumers", declared.getConsumerCount());
      }
      case "bind" -> channel.queueBind(queue, text(command, "exchange"), text(command, "key"), fields(command));
      case "consume" ->
          channel.basicConsume(
              queue,
              flag(command, "noAck"),
              text(command, "tag"),
              false,
              flag(command, "exclusive"),
              fields(command),
              new Consumer());
      case "cancel" -> channel.basicCancel(text(command, "tag"));
      case "get" -> {
        GetResponse response = channel.basicGet(queue, false);
        answer.add(
            "message",
            response == null
                ? JsonNull.INSTANCE
                : delivery(response.getEnvelope(), response.getProps(), response.getBody()));
      }
      case "ack" -> channel.basicAck(command.get("deliveryTag").getAsLong(), flag(command, "multiple"));
      case "nack" -> channel.basicNack(command.get("deliveryTag").getAsLong(), false, flag(command, "requeue"));
      case "prefetch" -> channel.basicQos(command.get("count").getAsInt());
      case "deleteQueue" -> answer.addProperty("messages", channel.queueDelete(queue).getMessageCount());
      case "purge" -> answer.addProperty("messages", channel.queuePurge(queue).getMessageCount());
      case "close" -> connection.close();
      default -> throw new IllegalArgumentException(command.toString());
    }
    return answer;
  }

  private AMQP.Queue.DeclareOk declareQueue(String queue, JsonObject command) throws Exception {
    if (flag(command, "passive")) return channel.queueDeclarePassive(queue);
    return channel.queueDeclare(
        queue, flag(command, "durable"), flag(command, "exclusive"), flag(command, "autoDelete"), fields(command));
  }

  private void publish(int id, JsonObject command) throws Exception {
    if (confirms) {
      synchronized (unconfirmed) {
        unconfirmed.put(channel.getNextPublishSeqNo(), id);
      }
    }
    try {
      channel.basicPublish(
          text(command, "exchange"),
          text(command, "key"),
          flag(command, "mandatory"),
          AmqpFields.toProperties(command.getAsJsonObject("properties")),
          text(command, "body").getBytes(StandardCharsets.UTF_8));
    } catch (Exception error) {
      synchronized (unconfirmed) {
        unconfirmed.values().remove(id);
      }
      throw error;
    }
    if (!confirms) AmqpDriver.succeed(id, outcome("sent"));
  }

  private void confirm(long tag, boolean multiple, String outcome) {
    synchronized (unconfirmed) {
      var confirmed = multiple ? unconfirmed.headMap(tag, true) : unconfirmed.subMap(tag, true, tag, true);
      for (int id : confirmed.values()) AmqpDriver.succeed(id, outcome(outcome));
      confirmed.clear();
    }
  }

  private void failUnconfirmed(ShutdownSignalException signal) {
    synchronized (unconfirmed) {
      for (int id : unconfirmed.values()) AmqpDriver.fail(id, signal);
      unconfirmed.clear();
    }
  }

  private void tell(String event, JsonObject line) {
    line.addProperty("event", event);
    line.addProperty("client", name);
    Driver.print(line);
  }

  private static JsonObject outcome(String outcome) {
    JsonObject answer = new JsonObject();
    answer.addProperty("outcome", outcome);
    return answer;
  }

  private static String text(JsonObject command, String key) {
    return command.has(key) ? command.get(key).getAsString() : "";
  }

  private static boolean flag(JsonObject command, String key) {
    return command.get(key).getAsBoolean();
  }

  private static Map<String, Object> fields(JsonObject command) {
    return AmqpFields.toMap(command.getAsJsonObject("arguments"));
  }

  private static JsonObject delivery(Envelope envelope, AMQP.BasicProperties properties, byte[] body) {
    JsonObject delivery = new JsonObject();
    delivery.addProperty("body", new String(body, StandardCharsets.UTF_8));
    delivery.addProperty("exchange", envelope.getExchange());
    delivery.addProperty("key", envelope.getRoutingKey());
    delivery.addProperty("deliveryTag", envelope.getDeliveryTag());
    delivery.addProperty("redelivered", envelope.isRedeliver());
    delivery.add("properties", AmqpFields.fromProperties(properties));
    return delivery;
  }

  private final class Consumer extends DefaultConsumer {
    Consumer() {
      super(channel);
    }

    @Override
    public void handleDelivery(String tag, Envelope envelope, AMQP.BasicProperties properties, byte[] body) {
      JsonObject event = delivery(envelope, properties, body);
      event.addProperty("tag", tag);
      tell("message", event);
    }

    @Override
    public void handleCancel(String tag) {
      JsonObject event = new JsonObject();
      event.addProperty("tag", tag);
      tell("cancelled", event);
    }
  }
}
